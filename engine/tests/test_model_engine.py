"""The engine with the real embedded model, in a process of its own, over the node session."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest
from malformed_corpus import malformed_adapters

from r3mes_protocol.frames import FrameKind
from r3mes_protocol.messages import Done, FailureCode

pytestmark = pytest.mark.model

STORY = [{"role": "user", "content": "Write a long story about a fox who wants to learn to count to one hundred."}]


@pytest.fixture
def session(model_engine: Any, model_gateway: Any) -> Any:
    session = model_gateway.session()
    yield session
    model_gateway.rules.refill = True
    for job_id in set(session.frames) - set(session.terminals):
        session.cancel(job_id)
    session.wait(lambda: idle(session), "idle engine")


def idle(session: Any) -> bool:
    return bool(session.heartbeats) and session.heartbeats[-1][1].active == 0


def cpu_seconds(engine: Any) -> float:
    times = psutil.Process(engine.process.pid).cpu_times()
    return float(times.user + times.system)


def cpu_share(engine: Any, session: Any) -> float:
    """Cores in use over the next second, which is told by heartbeats."""
    before, started = cpu_seconds(engine), time.monotonic()
    beats = len(session.heartbeats)
    session.wait(lambda: len(session.heartbeats) >= beats + 6, "six heartbeats")
    return (cpu_seconds(engine) - before) / (time.monotonic() - started)


def test_it_says_what_it_is(model_engine: Any, session: Any) -> None:
    ready = model_engine.event("ready")
    assert ready.model == "SmolLM2-135M-Instruct"
    assert ready.device.kind == "cpu"
    (offer,) = session.register.models
    assert (offer.name, offer.context_tokens) == ("SmolLM2-135M-Instruct", 8192)
    stages = [event.stage for event in model_engine.all("loading")]
    assert stages.index("checking the model") < stages.index("loading the model")


def test_the_capital_of_france(session: Any) -> None:
    job_id = session.job(temperature=0)
    done = session.terminal(job_id)
    assert isinstance(done, Done)
    assert "Paris" in session.text(job_id)
    assert done.finish_reason == "stop"
    assert done.usage.prompt_tokens == 37
    assert 3 <= done.usage.completion_tokens <= 40


def test_tokens_arrive_one_after_another(session: Any) -> None:
    job_id = session.job(messages=STORY, max_tokens=24, temperature=0)
    done = session.terminal(job_id)
    assert (done.finish_reason, done.usage.completion_tokens) == ("length", 24)
    times = [when for when, frame in session.frames[job_id] if frame.kind is FrameKind.CONTENT]
    assert len(times) >= 16
    gaps = [b - a for a, b in itertools.pairwise(times)]
    # None in one lump with the next: a token of this model takes some tens of milliseconds here.
    assert sum(gap > 0.005 for gap in gaps) >= 14


def test_a_cancel_frees_the_model_within_a_token(model_engine: Any, session: Any) -> None:
    job_id = session.job(messages=STORY, temperature=0)
    session.wait(lambda: len(session.frames.get(job_id, [])) > 5, "text")
    cancelled = time.monotonic()
    session.cancel(job_id)
    assert session.terminal(job_id).code is FailureCode.CANCELLED
    assert time.monotonic() - cancelled < 1.0
    session.wait(lambda: idle(session), "idle heartbeat")
    # The proof that nothing goes on in secret.
    assert cpu_share(model_engine, session) < 0.3


def test_a_job_without_credit_pauses_the_model(model_engine: Any, session: Any, model_gateway: Any) -> None:
    model_gateway.rules.refill = False
    stalled = session.job(messages=STORY, max_tokens=60, temperature=0)
    session.wait(lambda: session.payload_bytes(stalled) > 4096 - 400, "the first window to be used")
    # It may run ahead by a bounded number of tokens; then it rests.
    deadline = time.monotonic() + 20
    while (share := cpu_share(model_engine, session)) > 0.3 and time.monotonic() < deadline:
        pass
    assert share < 0.3
    assert stalled not in session.terminals
    # The others have the model for themselves meanwhile.
    other = session.job(temperature=0)
    assert isinstance(session.terminal(other), Done)
    session.window(stalled, 10**6)
    done = session.terminal(stalled, 60)
    assert done.usage.completion_tokens == 60


def test_two_requests_are_answered_at_once(session: Any) -> None:
    first = session.job(messages=STORY, max_tokens=20, temperature=0)
    second = session.job(
        max_tokens=20, temperature=0.8, seed=1, messages=[{"role": "user", "content": "Name some animals."}]
    )
    assert isinstance(session.terminal(first), Done)
    assert isinstance(session.terminal(second), Done)
    spans = [[when for when, _ in session.frames[job_id]] for job_id in (first, second)]
    assert max(spans[0][1], spans[1][1]) < min(spans[0][-1], spans[1][-1])


def test_a_seed_repeats_and_stop_strings_stop(session: Any) -> None:
    body = {"messages": STORY, "max_tokens": 6, "temperature": 1.0}
    texts = []
    for seed in (7, 7, 8):
        job_id = session.job(**body, seed=seed)
        session.terminal(job_id)
        texts.append(session.text(job_id))
    assert texts[0] == texts[1] != texts[2]
    stopped = session.job(temperature=0, stop=[" is Par"])
    done = session.terminal(stopped)
    assert done.finish_reason == "stop"
    assert session.text(stopped) == "The capital of France"


def test_adapters_answer_beside_the_base_model(model_engine: Any, session: Any, model_adapters: Path) -> None:
    (offer,) = session.register.available_loras
    assert (offer.name, offer.base_model, len(offer.digest)) == ("fox", "SmolLM2-135M-Instruct", 64)
    asked = {"messages": STORY, "max_tokens": 6, "temperature": 0}
    plain, changed = session.job(**asked), session.job(**asked, adapter="fox")
    by_digest, unknown = session.job(**asked, adapter=offer.digest), session.job(**asked, adapter="nobody")
    assert isinstance(session.terminal(plain), Done) and isinstance(session.terminal(changed), Done)
    assert session.terminal(unknown).code is FailureCode.ADAPTER_NOT_FOUND
    session.terminal(by_digest)
    assert session.text(changed) != session.text(plain)
    assert session.text(changed) == session.text(by_digest)
    model_engine.command(cmd="unload_adapter", name="fox")
    assert model_engine.event("adapter", 1).offer is None
    gone = session.job(**asked, adapter="fox")
    assert session.terminal(gone).code is FailureCode.ADAPTER_NOT_FOUND
    model_engine.command(cmd="load_adapter", name="fox", path=str(model_adapters / "fox"))
    assert model_engine.event("adapter", 2).offer == offer.model_copy(update={"residency": "cpu"})
    model_engine.command(cmd="load_adapter", name="owl", path=str(model_adapters))
    assert "can't be read" in model_engine.event("error", 1).message


def test_requests_that_can_never_work_do_no_harm(model_engine: Any, session: Any) -> None:
    image = [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]
    long = [{"role": "user", "content": "word " * 9000}]
    schema = {"type": "json_schema", "json_schema": {"schema": {"type": "x"}}}
    for body, code in (
        ({"messages": long}, FailureCode.CONTEXT_TOO_LONG),
        ({"messages": image}, FailureCode.INVALID_REQUEST),
        ({"logit_bias": {"999999": 100}}, FailureCode.INVALID_REQUEST),
        ({"response_format": schema}, FailureCode.INVALID_REQUEST),
        ({"model": "gpt-4"}, FailureCode.MODEL_NOT_FOUND),
    ):
        assert session.terminal(session.job(**body)).code is code
    answer = session.job(temperature=0)
    session.terminal(answer)
    assert "Paris" in session.text(answer)
    assert "Traceback" not in model_engine.stderr


def test_malformed_adapters_do_no_harm(model_engine: Any, session: Any, model_adapters: Path, tmp_path: Path) -> None:
    """A sample of the corpus, and weights that are no numbers, beside an answer that goes on."""
    whole = {path.name: path.read_bytes() for path in (model_adapters / "fox").iterdir()}
    cases = list(malformed_adapters(whole, json.loads(whole["adapter_config.json"])))[::9]
    weights = whole["adapter_model.safetensors"]
    header = 8 + int.from_bytes(weights[:8], "little")
    not_numbers = weights[:header] + b"\xff\xff\xff\x7f" * ((len(weights) - header) // 4)
    cases.append(("not numbers", {**whole, "adapter_model.safetensors": not_numbers}))
    answer = session.job(messages=STORY, temperature=0, max_tokens=24)
    for number, (name, files) in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        for file, data in files.items():
            (folder / file).write_bytes(data)
        before = len(model_engine.all("error"))
        model_engine.command(cmd="load_adapter", name=f"bad{number}", path=str(folder))
        model_engine.wait(lambda before=before: len(model_engine.all("error")) > before, name)
        code = model_engine.all("error")[-1].code
        assert code == ("adapter_not_found" if name == "not numbers" else "adapter_unusable"), name
    assert isinstance(session.terminal(answer, timeout=100), Done)
    assert len(session.text(answer)) > 20
    fox = session.job(messages=STORY, temperature=0, max_tokens=4, adapter="fox")
    assert isinstance(session.terminal(fox), Done)
    assert "Traceback" not in model_engine.stderr


def test_openais_client_talks_to_it_on_loopback(model_engine: Any) -> None:
    ready = model_engine.event("ready")
    question = [{"role": "user", "content": "What is the capital of France?"}]
    with openai.OpenAI(base_url=f"http://127.0.0.1:{ready.port}/v1", api_key=ready.token, max_retries=0) as client:
        parts = list(client.chat.completions.create(model=ready.model, messages=question, stream=True, temperature=0))
        assert "Paris" in "".join(part.choices[0].delta.content or "" for part in parts)
        assert len(parts) > 5


def test_an_engine_left_while_it_loads_ends_in_time(start_engine: Any) -> None:
    engine = start_engine(backend="transformers")
    # From here on it imports, converts and loads for many seconds, most of it in native code.
    engine.wait(lambda: "loading the libraries" in [event.stage for event in engine.all("loading")], "stage")
    ended = time.monotonic()
    engine.close_stdin()
    assert engine.exit_code(timeout=6) == 0
    assert time.monotonic() - ended < 4


def test_damaged_weights_in_a_folder_end_with_11(converted_model: Path, start_engine: Any, tmp_path: Path) -> None:
    other = tmp_path / "damaged"
    other.mkdir()
    for path in converted_model.iterdir():
        (other / path.name).symlink_to(path)
    (other / "model.safetensors").unlink()
    (other / "model.safetensors").write_bytes((converted_model / "model.safetensors").read_bytes()[: 2**20])
    engine = start_engine("--model", str(other), backend="transformers")
    assert engine.exit_code() == 11
    assert "damaged" in engine.event("error").message
