"""Properties 1 and 2: what each mode does, and that none of them needs a GPU or its libraries."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r3mes_api.modes.mock import MARK, MockMode, mock_answer, tokens
from r3mes_api.routing.question import End, Question
from r3mes_api.setting_kinds import InferenceMode
from r3mes_api.settings_loading import SettingsError, load_settings

GPU_LIBRARIES = ("torch", "transformers", "bitsandbytes", "accelerate", "peft", "sentence_transformers")
DESKTOP_LIBRARIES = ("PySide6", "keyring")

MODES = st.sampled_from(InferenceMode)


@st.composite
def _spellings(draw: st.DrawFn) -> tuple[str, InferenceMode]:
    """A mode as people write it: any case, blanks around it."""
    mode = draw(MODES)
    letters = [draw(st.sampled_from([letter.upper(), letter.lower()])) for letter in mode.value]
    blanks = st.text(" \t\n", max_size=3)
    return draw(blanks) + "".join(letters) + draw(blanks), mode


@given(_spellings())
def test_property_1_inference_mode_behavior_forgives_case_and_blanks(spelling: tuple[str, InferenceMode]) -> None:
    text, mode = spelling
    assert load_settings({"R3MES_INFERENCE_MODE": text}).inference_mode is mode


@given(st.text(" \t\n", max_size=5))
def test_property_1_inference_mode_behavior_defaults_to_disabled(blank: str) -> None:
    assert load_settings({}).inference_mode is InferenceMode.DISABLED
    assert load_settings({"R3MES_INFERENCE_MODE": blank}).inference_mode is InferenceMode.DISABLED


@given(st.text(min_size=1).filter(lambda t: t.strip().lower() not in ("", "disabled", "mock", "remote", "local")))
def test_property_1_inference_mode_behavior_refuses_anything_else(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"R3MES_INFERENCE_MODE": text})
    message = str(refused.value)
    assert "R3MES_INFERENCE_MODE" in message and "disabled, mock, remote" in message and "Example:" in message


_PROBE = """
import json, sys
import r3mes_api, r3mes_api.__main__, r3mes_api.server
after_import = sorted(sys.modules)
import asyncio, os
from r3mes_api.settings_loading import load_settings
settings = load_settings(os.environ)
from r3mes_api.server import bind, serve

async def serve_and_ask():
    listener = bind("127.0.0.1", 0, 10)
    port = listener.getsockname()[1]
    ready = asyncio.Event()
    serving = asyncio.create_task(serve(settings, listener, watch_stdin=False, announce=lambda line: ready.set()))
    await ready.wait()
    answers = []
    for message in json.loads(sys.argv[1]):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = json.dumps({"message": message}).encode()
        head = "POST /chat HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\nContent-Length: {}\\r\\n\\r\\n"
        writer.write(head.format(len(body)).encode() + body)
        answers.append((await reader.read()).decode())
        writer.close()
    import signal
    signal.raise_signal(signal.SIGTERM)
    await serving
    return answers

answers = asyncio.run(serve_and_ask())
print(json.dumps({"after_import": after_import, "after_run": sorted(sys.modules), "answers": answers}))
"""


def _probe(mode: InferenceMode, messages: list[str], home: str) -> dict[str, Any]:
    """Imports and runs the gateway in a fresh interpreter, asks it, and tells what was loaded."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("R3MES_")}
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, json.dumps(messages)],
        env={
            **environment,
            "R3MES_INFERENCE_MODE": mode.value,
            "R3MES_NODE_AUTH": "open",
            "R3MES_MOCK_FIRST_TOKEN_S": "0",
            "R3MES_MOCK_TOKENS_PER_SECOND": "10000",
            "R3MES_LOCAL_DEVICE": "cpu",
            "R3MES_LOCAL_BACKEND": "scripted",
            "R3MES_HOME": home,
            # As on a machine without a GPU, even where there is one.
            "CUDA_VISIBLE_DEVICES": "",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def _loaded(modules: list[str], libraries: tuple[str, ...]) -> list[str]:
    return [name for name in modules if name.split(".")[0] in libraries]


@pytest.mark.parametrize("mode", [InferenceMode.DISABLED, InferenceMode.MOCK, InferenceMode.REMOTE])
@given(messages=st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=4))
@settings(max_examples=2, deadline=None)
def test_property_1_inference_mode_behavior_loads_no_gpu_library(mode: InferenceMode, messages: list[str]) -> None:
    with tempfile.TemporaryDirectory() as home:
        seen = _probe(mode, messages, home)
    assert _loaded(seen["after_import"], GPU_LIBRARIES + DESKTOP_LIBRARIES) == []
    assert _loaded(seen["after_run"], GPU_LIBRARIES + DESKTOP_LIBRARIES) == []
    expected = {"disabled": "503", "mock": "200", "remote": "503"}[mode.value]
    assert [answer.split(" ")[1] for answer in seen["answers"]] == [expected] * len(messages)


def test_property_1_inference_mode_behavior_local_loads_gpu_libraries_in_its_child_alone(tmp_path: Path) -> None:
    seen = _probe(InferenceMode.LOCAL, ["Hello"], str(tmp_path))
    assert _loaded(seen["after_run"], GPU_LIBRARIES + DESKTOP_LIBRARIES) == []
    assert seen["answers"][0].split(" ")[1] == "200"


def test_property_2_gpu_less_graceful_degradation_disabled_says_so(start_gateway: Any) -> None:
    gateway = start_gateway(inference_mode="disabled")
    for path, body in (
        ("/chat", {"message": "Hi"}),
        ("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}),
        ("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}),
    ):
        response = httpx.post(gateway.url + path, json=body, timeout=60)
        error = response.json()["error"]
        assert (response.status_code, error["code"]) == (503, "INFERENCE_DISABLED")
        assert "inference" in error["message"].lower() and "disabled" in error["message"].lower()
    for path in ("/health", "/health/live", "/health/ready", "/v1/models", "/v1/nodes", "/system/version"):
        assert httpx.get(gateway.url + path, timeout=60).status_code == 200
    assert httpx.get(f"{gateway.url}/v1/models", timeout=60).json()["data"] == []


@pytest.mark.parametrize("mode", ["disabled", "mock", "remote"])
def test_property_2_gpu_less_graceful_degradation_idle_memory_is_small(start_gateway: Any, mode: str) -> None:
    gateway = start_gateway(inference_mode=mode)
    assert httpx.get(f"{gateway.url}/health", timeout=60).json()["mode"] == mode
    assert gateway.rss_bytes() <= 80 * 1024 * 1024


# --- mock mode -------------------------------------------------------------------------------------------------


def _question(prompt: str, token_limit: int | None = None) -> Question:
    return Question("chatcmpl-1", 1, 0.0, "m", None, {}, prompt, token_limit)


class Listener:
    """Takes an answer of the mock, which never goes on at another node."""

    def __init__(self) -> None:
        self.text = ""
        self.ends: list[End] = []

    async def events(self, payload: bytes) -> None:
        event = json.loads(payload.removeprefix(b"data: "))
        self.text += event["choices"][0]["delta"].get("content", "")

    async def continued(self) -> None:
        raise AssertionError("the mock has no nodes")

    async def end(self, end: End) -> None:
        self.ends.append(end)


async def _ask(prompt: str, token_limit: int | None = None) -> tuple[str, End]:
    listener = Listener()
    mode = MockMode(tokens_per_second=10_000, first_token_s=0, first_token_within_s=0.01, stall_s=0.01)
    await mode.answer(_question(prompt, token_limit), listener)
    (end,) = listener.ends
    return listener.text, end


@given(st.text(max_size=300))
def test_the_mock_is_marked_and_answers_anything(prompt: str) -> None:
    answer = mock_answer(prompt)
    assert answer.startswith(MARK) and answer == mock_answer(prompt)
    assert "".join(tokens(answer)) == answer


@given(st.text(max_size=40), st.integers(1, 30))
@settings(deadline=None, max_examples=30)
def test_the_mock_keeps_the_token_limit(prompt: str, limit: int) -> None:
    text, end = asyncio.run(_ask(prompt, limit))
    whole = list(tokens(mock_answer(prompt)))
    assert text == "".join(whole[:limit])
    assert end.finish_reason == ("length" if limit < len(whole) else "stop")
    assert end.usage.completion_tokens == min(limit, len(whole))


def test_the_mock_reacts_to_the_prompt() -> None:
    prompts = ("Hello", "What is a node?", "Write python code", "Rain again.", "merhaba")
    answers = [mock_answer(prompt) for prompt in prompts]
    assert len(set(answers)) == len(answers)
    assert all(prompt in answer or "python" in answer for prompt, answer in zip(prompts, answers, strict=True))
    assert "```" in answers[2] and "mock" in answers[3]


async def test_the_mock_streams_at_a_readers_pace(start_gateway: Any, client: httpx.AsyncClient) -> None:
    gateway = start_gateway(inference_mode="mock")
    loop = asyncio.get_running_loop()
    asked_at = loop.time()
    arrivals = []
    async with client.stream("POST", f"{gateway.url}/chat", json={"message": "What is a node?"}) as response:
        async for _ in response.aiter_raw():
            arrivals.append(loop.time())
    assert arrivals[0] - asked_at < 1
    assert len(arrivals) > 10 and arrivals[-1] - arrivals[0] > 0.5
