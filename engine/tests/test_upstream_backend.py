"""The `upstream` backend against a server in a process of its own: given by URL, and run by the engine."""

from __future__ import annotations

import asyncio
import json
import stat
import sys
import time
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest

from r3mes_engine.adapters.folder import LayerSize
from r3mes_engine.backends.protocol import GenerationRequest, Message, Sampling
from r3mes_engine.backends.upstream_backend import UpstreamBackend
from r3mes_engine.errors import GenerationFailed
from r3mes_engine.upstream.address import UpstreamAddress
from r3mes_engine.upstream.keeper import UpstreamKeeper
from r3mes_engine.upstream.liveness import Progress
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import Done, Failed, FailureCode

MESSAGES = [{"role": "user", "content": "hi there"}]
LAYERS = {"model.layers.0.self_attn.q_proj": LayerSize(16, 16)}

posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for vLLM is a shell script")


def start_upstream(start_engine: Any, server: Any, *more: str, **options: Any) -> Any:
    engine = start_engine("--upstream", server.url, *more, backend="upstream", **options)
    engine.event("ready")
    return engine


def client_of(engine: Any) -> openai.OpenAI:
    ready = engine.event("ready")
    return openai.OpenAI(base_url=f"http://127.0.0.1:{ready.port}/v1", api_key=ready.token, max_retries=0)


def test_the_key_comes_from_a_file_and_goes_nowhere_else(start_engine: Any, start_server: Any, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("s3cret-of-upstream\n")
    (tmp_path / "server").write_text("s3cret-of-upstream")
    server = start_server("--api-key-file", str(tmp_path / "server"))
    engine = start_upstream(start_engine, server, "--upstream-key-file", str(key))
    with client_of(engine) as client:
        assert client.chat.completions.create(model="fake", messages=MESSAGES, max_tokens=2).usage
    server.rules(status=401, message="wrong key s3cret-of-upstream")
    with client_of(engine) as client, pytest.raises(openai.InternalServerError) as refusal:
        client.chat.completions.create(model="fake", messages=MESSAGES)
    assert "s3cret" not in str(refusal.value) + engine.stderr
    assert all("s3cret" not in part for part in psutil.Process(engine.process.pid).cmdline())


def test_a_server_that_does_not_take_the_engine_ends_it_with_a_hint(
    start_engine: Any, start_server: Any, tmp_path: Path
) -> None:
    (tmp_path / "server").write_text("right")
    (tmp_path / "own").write_text("wrong")
    server = start_server("--api-key-file", str(tmp_path / "server"))
    more = ("--upstream", server.url)
    for arguments, hint in (
        (("--upstream-key-file", str(tmp_path / "own")), "--upstream-key-file"),
        (("--upstream-key-file", str(tmp_path / "none")), "first line"),
        (("--upstream-key-file", str(tmp_path / "server"), "--upstream-model", "other"), "--upstream-model"),
    ):
        engine = start_engine(*more, *arguments, backend="upstream")
        assert engine.exit_code() == ExitCode.CONFIGURATION
        assert hint in engine.event("error").hint


def test_refusals_become_codes(start_engine: Any, start_server: Any, gateway: Any) -> None:
    server = start_server()
    start_upstream(start_engine, server, gateway=gateway.url)
    session = gateway.session()
    for rules, code, retryable in (
        ({"status": 429}, FailureCode.CAPACITY, True),
        ({"status": 503}, FailureCode.CAPACITY, True),
        ({"status": 500, "message": "CUDA out of memory"}, FailureCode.OUT_OF_MEMORY, True),
        ({"status": 500}, FailureCode.ENGINE_ERROR, True),
        ({"status": 400}, FailureCode.INVALID_REQUEST, False),
        ({"status": 400, "message": "maximum context length"}, FailureCode.CONTEXT_TOO_LONG, False),
        ({"status": 302}, FailureCode.ENGINE_ERROR, True),
        ({"break_after": 3}, FailureCode.ENGINE_ERROR, True),
        ({"error_event": True, "tokens": 3}, FailureCode.ENGINE_ERROR, True),
    ):
        server.rules(**rules)
        failed = session.terminal(session.job())
        assert isinstance(failed, Failed), rules
        assert (failed.code, failed.retryable) == (code, retryable), failed.message
    server.rules()
    assert isinstance(session.terminal(session.job()), Done)


def test_a_reader_that_waits_and_one_that_leaves_reach_the_server(
    start_engine: Any, start_server: Any, start_gateway: Any
) -> None:
    server = start_server("--pause", "0.002")
    server.rules(tokens=1000)
    gateway = start_gateway(refill=False)
    start_upstream(start_engine, server, gateway=gateway.url)
    session = gateway.session()
    job = session.job(max_tokens=1000)
    session.wait(lambda: bool(session.text(job)), "token")
    session.cancel(job)
    assert isinstance(session.terminal(job), Failed)
    server.wait(lambda seen: seen["closed_early"] == 1 and seen["running"] == 0, "closed connection")


def test_adapters_are_loaded_by_digest_when_they_are_wanted(
    start_engine: Any, start_server: Any, gateway: Any, make_adapter: Any, tmp_path: Path
) -> None:
    make_adapter(tmp_path / "adapters" / "poet", LAYERS, seed=1, targets=["q_proj"])
    make_adapter(tmp_path / "adapters" / "cook", LAYERS, seed=2, targets=["q_proj"])
    server = start_server()
    engine = start_upstream(start_engine, server, "--adapters", str(tmp_path / "adapters"), gateway=gateway.url)
    session = gateway.session()
    offers = {offer.name: offer for offer in session.register.available_loras}
    assert set(offers) == {"listed", "poet", "cook"}
    for _ in range(2):
        assert isinstance(session.terminal(session.job(adapter="poet")), Done)
    assert isinstance(session.terminal(session.job(adapter=offers["cook"].digest)), Done)
    assert isinstance(session.terminal(session.job(adapter="listed")), Done)
    seen = server.seen
    digest = f"sha256-{offers['poet'].digest}"
    assert [load["lora_name"] for load in seen["loads"]] == [digest, f"sha256-{offers['cook'].digest}"]
    assert all("load_inplace" not in load for load in seen["loads"])
    assert [body["model"] for body in seen["bodies"]][:2] == [digest, digest]
    # A server that somebody started again has lost them.
    server.rules(forget=True)
    assert isinstance(session.terminal(session.job(adapter="poet")), Done)
    engine.command(cmd="unload_adapter", name="poet")
    engine.event("adapter")
    failed = session.terminal(session.job(adapter="poet"))
    assert isinstance(failed, Failed) and failed.code is FailureCode.ADAPTER_NOT_FOUND


def test_another_kind_of_server_promises_less(start_engine: Any, start_server: Any, gateway: Any) -> None:
    server = start_server("--owned-by", "somebody")
    engine = start_upstream(start_engine, server, "--endpoint", "https://gpu.example.org/v1", gateway=gateway.url)
    register = gateway.session().register
    assert not register.continues_answers
    assert register.endpoint == "https://gpu.example.org/v1"
    with client_of(engine) as client, pytest.raises(openai.BadRequestError) as refusal:
        client.chat.completions.create(model="fake", messages=MESSAGES, extra_body={"top_k": 5})
    assert refusal.value.param == "top_k"


@pytest.fixture
def fake_vllm(tmp_path: Path) -> Path:
    """Stands in for a Python that has vLLM."""
    script = tmp_path / "python"
    fake = Path(__file__).with_name("fake_openai_server.py")
    # Like vLLM, it leaves work to a process of its own.
    script.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\nsleep 1000 &\nexec {sys.executable} {fake} "$@"\n')
    script.chmod(0o755)
    return script


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    import numpy
    from safetensors.numpy import save_file

    folder = tmp_path / "Tiny"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}))
    (folder / "tokenizer.json").write_text("{}")
    weights = {f"{name}.weight": numpy.zeros((16, 16), numpy.float32) for name in LAYERS}
    save_file(weights, folder / "model.safetensors")
    return folder


def start_local(start_engine: Any, fake: Path, folder: Path, *more: str, **options: Any) -> Any:
    arguments = ("--upstream-server", "vllm", "--upstream-program", str(fake), "--model", str(folder))
    return start_engine(*arguments, *more, backend="upstream", **options)


def family(engine: Any) -> list[psutil.Process]:
    return psutil.Process(engine.process.pid).children(recursive=True)


@posix
def test_a_server_of_its_own_is_started_again_and_leaves_no_orphan(
    start_engine: Any, fake_vllm: Path, model_folder: Path, gateway: Any, tmp_path: Path, make_adapter: Any
) -> None:
    make_adapter(tmp_path / "adapters" / "poet", LAYERS, targets=["q_proj"])
    other = {"model.layers.9.self_attn.q_proj": LayerSize(16, 16)}
    make_adapter(tmp_path / "adapters" / "other", other, targets=["q_proj"])
    more = ("--pipeline-parallel", "2", "--adapters", str(tmp_path / "adapters"))
    engine = start_local(start_engine, fake_vllm, model_folder, *more, gateway=gateway.url)
    assert engine.event("ready").model == "Tiny"
    (calls,) = (tmp_path / "calls").read_text().splitlines()
    assert calls.startswith("-m vllm.entrypoints.openai.api_server --config ")
    for words in ("--pipeline-parallel-size 2", "--distributed-executor-backend mp", "--enable-lora"):
        assert words in calls
    key_file = tmp_path / "state" / "upstream_key.yaml"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert json.loads(key_file.read_text())["api-key"] not in calls
    session = gateway.session()
    # The adapter that does not fit this model is not offered.
    assert [offer.name for offer in session.register.available_loras] == ["listed", "poet"]
    assert isinstance(session.terminal(session.job(adapter="poet")), Done)
    first = family(engine)
    (server,) = [one for one in first if "fake_openai_server.py" in " ".join(one.cmdline())]
    server.kill()
    _, left = psutil.wait_procs([one for one in first if one.pid != server.pid], 10)
    assert not left, "workers of the dead server go on"
    deadline = time.monotonic() + 30
    while not isinstance(session.terminal(session.job(adapter="poet")), Done):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert len((tmp_path / "calls").read_text().splitlines()) == 2
    last = family(engine)
    assert last
    engine.process.kill()
    _, left = psutil.wait_procs(last, 15)
    assert not left, "the server outlived its engine"


@posix
def test_a_stop_ends_the_server_too(start_engine: Any, fake_vllm: Path, model_folder: Path) -> None:
    engine = start_local(start_engine, fake_vllm, model_folder)
    engine.event("ready")
    processes = family(engine)
    assert len(processes) >= 3
    engine.command(cmd="stop")
    assert engine.exit_code() == 0
    _, left = psutil.wait_procs(processes, 10)
    assert not left


@posix
def test_a_server_that_can_not_start_is_an_error_with_its_last_words(
    start_engine: Any, model_folder: Path, tmp_path: Path
) -> None:
    script = tmp_path / "broken"
    script.write_text("#!/bin/sh\necho no module named vllm\nexit 3\n")
    script.chmod(0o755)
    engine = start_local(start_engine, script, model_folder)
    assert engine.exit_code() == ExitCode.INTERNAL
    assert "exit code 3: no module named vllm" in engine.event("error").message


def test_a_server_that_makes_no_token_is_left_alone_and_taken_up_again(start_server: Any) -> None:
    """In this process, where the patience can be short."""
    server = start_server()
    progress = Progress(stall_s=0.6)
    keeper = UpstreamKeeper(UpstreamAddress(server.url), None, None, progress, watch_s=0.05, rest_s=0.5)
    backend = UpstreamBackend(keeper, progress)
    backend.load(lambda stage, fraction: None)
    request = GenerationRequest((Message("user", "hi"),), 50, Sampling())

    async def use() -> None:
        server.rules(stall=True)
        answer = await backend.answer(request)
        with pytest.raises(GenerationFailed) as failure:
            await anext(answer)
        assert failure.value.code is FailureCode.ENGINE_ERROR
        answer.close()
        assert backend.problem
        with pytest.raises(GenerationFailed):
            await backend.answer(request)
        server.rules()
        async with asyncio.timeout(60):
            while backend.problem:
                await asyncio.sleep(0.02)
        assert len([text async for text in await backend.answer(request)]) > 0
        await backend.close()

    asyncio.run(use())
