"""An engine is killed in the middle of an answer, and another one goes on with it: real gateway, real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from r3mes_engine.backends.protocol import GenerationRequest, Message, Sampling
from r3mes_engine.backends.scripted import ScriptedBackend
from r3mes_engine.errors import GenerationFailed
from r3mes_engine.serving.chat_request import generation_request
from r3mes_protocol.chat import parse_chat_request
from r3mes_protocol.control import parse_api_ready

ASK = (Message("user", "Say it."),)


@pytest.fixture
def real_gateway(tmp_path: Path) -> Iterator[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("R3MES_")}
    with (tmp_path / "gateway.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "r3mes_api", "--port", "0"],
            env={**kept, "R3MES_INFERENCE_MODE": "remote", "R3MES_NODE_AUTH": "open"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    assert process.stdout is not None and process.stdin is not None
    lines: list[bytes] = []
    # Windows can't wait for a pipe with select.
    reader = threading.Thread(target=lambda: lines.append(process.stdout.readline()), daemon=True)
    reader.start()
    reader.join(30)
    assert lines and lines[0], (tmp_path / "gateway.log").read_text()
    yield parse_api_ready(lines[0]).url
    process.terminate()
    process.wait(60)
    process.stdin.close()
    process.stdout.close()


def wait_for(condition: Any, what: str) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.01)


def contents(text: str) -> list[str]:
    events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    return [choice["delta"].get("content") or "" for event in events for choice in event["choices"]]


async def whole(request: GenerationRequest, tokens: int = 40) -> str:
    answer = await ScriptedBackend(tokens, 0).answer(request)
    return "".join([text async for text in answer])


async def test_the_answer_of_a_killed_engine_goes_on_where_it_broke_off(
    start_engine: Any, real_gateway: str, tmp_path: Path
) -> None:
    pace = ("--scripted-tokens", "40", "--scripted-tokens-per-second", "20")
    engines = [start_engine(*pace, gateway=real_gateway, state_dir=tmp_path / f"node-{n}") for n in range(2)]
    for engine in engines:
        engine.event("registered")
    body = {"model": "scripted", "messages": [{"role": "user", "content": "Say it."}], "stream": True}
    body["stream_options"] = {"include_usage": True}
    text = ""
    with (
        httpx.Client(timeout=30, trust_env=False) as client,
        client.stream("POST", f"{real_gateway}/v1/chat/completions", json=body) as answer,
    ):
        pieces = answer.iter_text()
        while sum(map(bool, contents(text))) < 5:
            text += next(pieces)
        wait_for(lambda: any(stats.active for engine in engines for stats in engine.all("stats")), "a busy engine")
        busy = next(engine for engine in engines if any(stats.active for stats in engine.all("stats")))
        busy.process.kill()
        text += "".join(pieces)
    assert text.count(": continued by another node") == 1
    assert "".join(contents(text)) == await whole(GenerationRequest(ASK, None, Sampling()))
    last = json.loads([line for line in text.splitlines() if line.startswith("data: {")][-1][6:])
    assert last["usage"]["completion_tokens"] == 40
    assert text.rstrip().endswith("data: [DONE]") and '"error"' not in text


@pytest.mark.parametrize("said", [1, 7, 39, 40])
async def test_the_scripted_engine_goes_on_with_its_script(said: int) -> None:
    everything = await whole(GenerationRequest(ASK, None, Sampling()))
    beginning = " ".join(everything.split(" ")[:said]) + " "
    rest = await whole(GenerationRequest((*ASK, Message("assistant", beginning)), None, Sampling(), continues=True))
    assert beginning + rest == everything


def asked(role: str = "assistant", content: str = "One", **body: Any) -> GenerationRequest:
    messages = [{"role": "user", "content": "Hi"}, {"role": role, "content": content}]
    return generation_request(parse_chat_request({"model": "m", "messages": messages, **body}), served_model="m")


def test_a_continuation_is_asked_for_as_vllm_reads_it() -> None:
    assert asked(continue_final_message=True, add_generation_prompt=False).continues
    assert not asked(continue_final_message=False, add_generation_prompt=True).continues
    assert not asked(role="user").continues


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"continue_final_message": True}, "add_generation_prompt"),
        ({"continue_final_message": True, "add_generation_prompt": True}, "add_generation_prompt"),
        ({"add_generation_prompt": False}, "add_generation_prompt"),
        ({"continue_final_message": "yes"}, "continue_final_message"),
        (
            {"continue_final_message": True, "add_generation_prompt": False, "role": "user"},
            "continue_final_message",
        ),
        (
            {"continue_final_message": True, "add_generation_prompt": False, "content": ""},
            "continue_final_message",
        ),
    ],
)
def test_half_a_continuation_is_refused_by_name(body: dict[str, Any], param: str) -> None:
    with pytest.raises(GenerationFailed) as refusal:
        asked(**body)
    assert refusal.value.param == param
