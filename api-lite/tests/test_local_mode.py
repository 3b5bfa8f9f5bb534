"""Local mode: one engine beside the gateway, whose every word and end is scripted; and the real engine once."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import websockets
from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.local.engine_command import EngineCommand, default_state_folder, engine_environment
from r3mes_api.local.engine_state import EnginePhase, EngineState, start_failure
from r3mes_api.local.restart_policy import RestartPolicy
from r3mes_protocol.errors import ErrorCode
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.wire import GatewayOrigin

FAKE = Path(__file__).parent / "fake_engine.py"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fake engine is a script with a first line")

StartLocal = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    state = tmp_path / "engine"
    state.mkdir()
    return state


@pytest.fixture
def start_local(start_gateway: Any, folder: Path, tmp_path: Path) -> StartLocal:
    """A gateway whose engine acts by the script: one dict for each run."""
    program = tmp_path / "python-of-the-engine"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{os.pathsep.join(sys.path)}" exec "{sys.executable}" "{FAKE}" "$@"\n')
    program.chmod(0o755)

    def start(*script: dict[str, Any], arguments: tuple[str, ...] = (), **settings: Any) -> Any:
        (folder / "script.json").write_text(json.dumps(script))
        chosen = {"engine_python": program, "local_state_folder": folder, **settings}
        return start_gateway(*arguments, inference_mode="local", **chosen)

    return start


def _runs(folder: Path) -> list[int]:
    """Process ids; none where the machine was too busy for the first engine to begin."""
    runs = folder / "runs"
    return [int(line) for line in runs.read_text().splitlines()] if runs.exists() else []


# --- the start ---


async def test_the_engine_serves_when_the_gateway_says_that_it_is_ready(
    start_local: StartLocal, folder: Path, client: httpx.AsyncClient
) -> None:
    gateway = start_local({"late": True})
    assert gateway.mode == "local"
    ready = await client.get(f"{gateway.url}/health/ready")
    assert (ready.status_code, ready.json()["serving"]) == (200, True)
    nodes = (await client.get(f"{gateway.url}/v1/nodes")).json()["data"]
    assert [node["models"] for node in nodes] == [["fake-model"]]
    assert "fake-model" in (await client.get(gateway.url)).text
    arguments = json.loads((folder / "arguments.json").read_text())
    assert arguments[1:5] == ["-m", "r3mes_engine", "serve", "--control"] and "--device" in arguments


async def test_only_its_own_engine_may_register(
    start_local: StartLocal, start_node: Any, folder: Path, client: httpx.AsyncClient
) -> None:
    gateway = start_local({})
    # Not at the public address,
    stranger = await start_node(gateway, register=False)
    with pytest.raises(websockets.InvalidStatus) as turned_away:
        await stranger.dial()
    assert turned_away.value.response.status_code == 503
    # and not at the engine's own door either.
    arguments = json.loads((folder / "arguments.json").read_text())
    door = arguments[arguments.index("--gateway") + 1]
    assert door.startswith("http://127.0.0.1:") and door != gateway.url

    class Door:
        url = door

    intruder = await start_node(Door)
    assert intruder.rejected.code.value == "grant_invalid"
    assert len((await client.get(f"{gateway.url}/v1/nodes")).json()["data"]) == 1


def test_a_child_that_registers_with_another_key_than_it_told_is_refused(start_local: StartLocal) -> None:
    gateway = start_local({"other_key": True}, wait=False)
    assert gateway.process.wait(60) == ExitCode.KEY_OR_GRANT_INVALID
    assert "own engine only" in gateway.log_text()


@pytest.mark.parametrize(
    ("act", "exit_code", "words"),
    [
        ({"exit": 10, "error": "No usable GPU: the NVIDIA driver is missing."}, 10, ("GPU", "R3MES_LOCAL_DEVICE=cpu")),
        ({"exit": 11, "error": "The model is damaged."}, 11, ("The model is damaged",)),
        ({"exit": 14}, 14, ("memory ran out",)),
        ({"exit": 2}, 78, ("different versions",)),
        ({"exit": 0}, 70, ("did not start",)),
        (
            {"exit": 1, "mute": True, "stderr": "No module named r3mes_engine"},
            78,
            ("no “r3mes_engine”", "ENGINE_PYTHON"),
        ),
        (
            {"exit": 70, "stderr": "ModuleNotFoundError: No module named 'torch'"},
            78,
            ("no “torch”", "Install the engine"),
        ),
    ],
)
def test_property_2_gpu_less_graceful_degradation_a_start_that_fails_says_why(
    start_local: StartLocal, folder: Path, act: dict[str, Any], exit_code: int, words: tuple[str, ...]
) -> None:
    gateway = start_local(act, wait=False)
    assert gateway.process.wait(60) == exit_code
    last = gateway.log_text().splitlines()[-1]
    assert all(word in last for word in words), gateway.log_text()
    assert len(_runs(folder)) == 1


def test_property_2_gpu_less_graceful_degradation_no_such_python(start_gateway: Any, tmp_path: Path) -> None:
    gateway = start_gateway(
        inference_mode="local", engine_python="/nowhere/python", local_state_folder=tmp_path / "state", wait=False
    )
    assert gateway.process.wait(60) == ExitCode.CONFIGURATION
    assert "/nowhere/python" in gateway.log_text() and "R3MES_ENGINE_PYTHON" in gateway.log_text()


def test_an_engine_that_hangs_while_loading_fails_the_start(start_local: StartLocal, folder: Path) -> None:
    gateway = start_local({"hang": True}, local_start_s=2, wait=False)
    assert gateway.process.wait(60) == ExitCode.INTERNAL
    assert "not ready within 2 s" in gateway.log_text()
    assert all(_gone(pid) for pid in _runs(folder))


async def test_while_it_loads_the_gateway_says_so_and_can_be_stopped(
    start_local: StartLocal, client: httpx.AsyncClient, folder: Path, until: Any, chat_prompt: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        free_port = free.getsockname()[1]
    gateway = start_local({"hang": True, "grandchild": True}, arguments=("--port", str(free_port)), wait=False)
    url = f"http://127.0.0.1:{free_port}"

    async def answers() -> bool:
        try:
            return (await client.get(f"{url}/health/live")).status_code == 200
        except httpx.TransportError:
            return False

    await until(answers, "the gateway answers")
    for response in (
        await client.get(f"{url}/health/ready"),
        await client.post(f"{url}/v1/chat/completions", json=chat_prompt()),
    ):
        error = response.json()["error"]
        assert (response.status_code, error["code"]) == (503, "NO_SERVING_NODES")
        assert "local engine is starting" in error["message"]
    await until(lambda: (folder / "grandchild").exists(), "the engine has a child of its own")
    gateway.terminate()
    assert await gateway.ended() == 0
    # The hanging engine does not listen; it and what it started are ended by force.
    for pid in (*_runs(folder), int((folder / "grandchild").read_text())):
        await until(lambda pid=pid: _gone(pid), "nothing is left")


def _gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


# --- in service ---


async def test_an_engine_that_ends_is_started_again(
    start_local: StartLocal, client: httpx.AsyncClient, folder: Path, until: Any, chat_prompt: Any
) -> None:
    gateway = start_local({"later": 14, "after": 0.3}, {})

    seen: dict[str, Any] = {}

    async def down() -> bool:
        # It is down for about a second: what each address says is kept as it is seen.
        response = await client.post(f"{gateway.url}/v1/chat/completions", json=chat_prompt(model="fake-model"))
        if response.status_code == 503 and "memory ran out" in response.text:
            seen["code"] = response.json()["error"]["code"]
        page = (await client.get(gateway.url)).text
        if "No engine" in page and "memory ran out" in page:
            seen["page"] = True
        if (await client.get(f"{gateway.url}/health/ready")).status_code == 503:
            seen["ready"] = False
        return len(seen) == 3 or len(_runs(folder)) > 1

    await until(down, "the loss is told")
    assert seen == {"code": "NO_SERVING_NODES", "page": True, "ready": False}

    async def ready() -> bool:
        return (await client.get(f"{gateway.url}/health/ready")).status_code == 200

    await until(ready, "it serves again")
    assert len(_runs(folder)) == 2


async def test_property_2_gpu_less_graceful_degradation_a_gpu_that_goes_is_told_to_users(
    start_local: StartLocal, client: httpx.AsyncClient, until: Any, chat_prompt: Any
) -> None:
    gateway = start_local({"later": 10, "after": 0.3})

    async def refused() -> Any:
        response = await client.post(f"{gateway.url}/v1/chat/completions", json=chat_prompt(model="fake-model"))
        return response if response.json().get("error", {}).get("code") == "GPU_REQUIRED" else None

    response = await until(refused, "the missing GPU is told")
    assert response.status_code == 503 and "GPU" in response.json()["error"]["message"]
    assert (await client.get(f"{gateway.url}/health/ready")).json()["error"]["code"] == "GPU_REQUIRED"
    # No fall-back, and the gateway itself lives on.
    assert (await client.get(f"{gateway.url}/health/live")).status_code == 200


@pytest.mark.parametrize(
    "deaf", [False, pytest.param(True, marks=pytest.mark.skipif(sys.platform != "linux", reason="Linux ends it"))]
)
async def test_a_killed_gateway_leaves_no_engine(start_local: StartLocal, folder: Path, until: Any, deaf: bool) -> None:
    gateway = start_local({"deaf": deaf})
    gateway.process.kill()
    await until(lambda: _gone(_runs(folder)[0]), "the engine ends with its stdin")


async def test_with_the_launcher_gone_gateway_and_deaf_engine_end_within_three_seconds(
    start_local: StartLocal, folder: Path, until: Any
) -> None:
    gateway = start_local({"deaf": True}, arguments=("--control", "stdio"))
    started = time.monotonic()
    gateway.process.stdin.close()
    assert await gateway.ended() == 0
    assert time.monotonic() - started < 3
    await until(lambda: _gone(_runs(folder)[0]), "the engine was ended by force")


def test_the_engine_sees_no_secret_of_the_gateway(start_local: StartLocal, folder: Path) -> None:
    start_local({})
    environment = json.loads((folder / "environment.json").read_text())
    assert "PATH" in environment
    assert not any(name.startswith("R3MES_") or name in ("DATABASE_URL", "REDIS_URL") for name in environment)


async def test_the_real_engine_answers_and_sigterm_lets_its_stream_finish(
    start_gateway: Any, tmp_path: Path, client: httpx.AsyncClient, folder: Path, until: Any
) -> None:
    gateway = start_gateway(
        inference_mode="local", local_device="cpu", local_backend="scripted", local_state_folder=folder
    )
    model = (await client.get(f"{gateway.url}/v1/models")).json()["data"][0]["id"]
    body = {"model": model, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 30, "stream": True}
    text = ""
    async with client.stream("POST", f"{gateway.url}/v1/chat/completions", json=body) as response:
        assert response.status_code == 200
        async for line in response.aiter_lines():
            if not text:
                engine = psutil.Process(gateway.process.pid).children()[0]
                gateway.process.send_signal(signal.SIGTERM)
            text += line
    assert text.endswith("data: [DONE]") and '"finish_reason":"length"' in text and "error" not in text
    assert await gateway.ended() == 0
    assert not engine.is_running()


@pytest.mark.model
@pytest.mark.slow  # the engine's own tests load the model at each run already
async def test_the_embedded_model_answers_in_local_mode(
    start_gateway: Any, client: httpx.AsyncClient, folder: Path
) -> None:
    gateway = start_gateway(inference_mode="local", local_device="cpu", local_state_folder=folder, wait=False)
    gateway.wait_ready(100)
    body = {"model": "auto", "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 8}
    body["model"] = (await client.get(f"{gateway.url}/v1/models")).json()["data"][0]["id"]
    answer = (await client.post(f"{gateway.url}/v1/chat/completions", json=body, timeout=60)).json()
    assert answer["choices"][0]["message"]["content"].strip()


# --- the pure parts ---


@given(st.integers(1, 10_000), st.sampled_from([None, *ExitCode]), st.floats(0, 1), st.floats(0, 1e6))
def test_the_back_off_is_bounded_and_forgets(
    losses: int, code: ExitCode | None, chance: float, served_s: float
) -> None:
    policy = RestartPolicy()
    delay = policy.delay_s(losses, code, chance)
    assert policy.first_s * (1 - policy.spread) <= delay <= policy.longest_s * (1 + policy.spread) + 1e-9
    if code in (ExitCode.NO_USABLE_GPU, ExitCode.MODEL_UNUSABLE):
        assert delay >= policy.longest_s * (1 - policy.spread) - 1e-9
    assert policy.delay_s(losses + 1, code, chance) >= delay
    assert policy.losses(losses, served_s) == (1 if served_s >= policy.healthy_s else losses + 1)


@given(st.integers(-64, 300), st.text(max_size=50), st.lists(st.text(max_size=30), max_size=5), st.booleans())
def test_every_end_of_a_first_engine_fails_the_start_with_a_sentence(
    returncode: int, complaint: str, log: list[str], greeted: bool
) -> None:
    failure = start_failure(returncode, complaint, log, greeted=greeted, python="python3")
    assert failure.exit_code is not ExitCode.OK and failure.exit_code is not ExitCode.USAGE
    assert str(failure).endswith((".", "above."))
    if greeted and returncode == 10 and not any("No module named" in line for line in log):
        assert failure.exit_code is ExitCode.NO_USABLE_GPU and "GPU" in str(failure)


@given(st.sampled_from(EnginePhase), st.sampled_from([None, *ExitCode]))
def test_a_prompt_is_refused_unless_the_engine_serves(phase: EnginePhase, code: ExitCode | None) -> None:
    error = EngineState(phase, "why", code).refusal(5)
    assert (error is None) == (phase is EnginePhase.SERVING)
    if error is not None:
        gone = phase is EnginePhase.WAITING and code is ExitCode.NO_USABLE_GPU
        assert error.code is (ErrorCode.GPU_REQUIRED if gone else ErrorCode.NO_SERVING_NODES)


@given(
    st.dictionaries(
        st.sampled_from(["R3MES_X", "DATABASE_URL", "MY_TOKEN", "PATH", "LD_LIBRARY_PATH", "HF_HOME"]), st.text()
    )
)
def test_the_engines_environment_keeps_what_libraries_need_and_no_secret(given_environment: dict[str, str]) -> None:
    kept = engine_environment(given_environment)
    for name in given_environment:
        assert (name in kept) == (name in ("PATH", "LD_LIBRARY_PATH", "HF_HOME"))


def test_the_engine_is_told_what_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plain = EngineCommand("python", "builtin", "cpu", "transformers", tmp_path)
    door = GatewayOrigin("http://127.0.0.1:1")
    assert not {"--adapters", "--embedding-model", "--max-concurrency"} & set(plain.arguments(door))
    # The engine runs in its own folder, so paths that are relative to the gateway's are made whole.
    full = replace(plain, adapters=Path("loras"), embedding_model=Path("mini"), max_concurrency=3)
    told = full.arguments(door)[len(plain.arguments(door)) :]
    assert told == (
        *("--max-concurrency", "3", "--adapters", str(tmp_path / "loras")),
        *("--embedding-model", str(tmp_path / "mini")),
    )


def test_the_state_folder_is_the_data_folder_of_all_programs() -> None:
    home = Path("/home/me")
    assert default_state_folder({"R3MES_HOME": "/data"}, home, "linux") == Path("/data/gateway/engine")
    assert default_state_folder({}, home, "linux") == Path("/home/me/.local/share/r3mes/gateway/engine")
    assert default_state_folder({}, home, "darwin").parts[-4:] == ("Application Support", "r3mes", "gateway", "engine")
