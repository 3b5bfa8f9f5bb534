"""Two replicas with a real engine's process between them: each serves it, and it moves when its own is killed."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest


@pytest.fixture
def start_engine(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """An engine with a script in the place of a model, and so many gateways in the order of preference."""
    engines: list[subprocess.Popen[bytes]] = []
    log = tmp_path / "engine.log"

    def start(*gateways: str) -> None:
        chosen = [word for gateway in gateways for word in ("--gateway", gateway)]
        command = [sys.executable, "-m", "r3mes_engine", "serve", *chosen, "--device", "cpu", "--backend", "scripted"]
        command += ["--scripted-tokens-per-second", "200", "--state-dir", str(tmp_path / "engine")]
        with log.open("ab") as file:
            engines.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file))

    yield start
    for engine in engines:
        engine.kill()
        engine.wait(10)
    assert "Traceback" not in log.read_text(), log.read_text()


async def test_an_engine_answers_by_both_replicas_and_moves_when_its_own_is_killed(
    start_replica: Any,
    redis: str,
    replicas: Any,
    start_engine: Any,
    connected: Any,
    sees: Any,
    until: Any,
    client: httpx.AsyncClient,
) -> None:
    here, there = replicas[0], start_replica(redis)
    await connected(here, there)
    start_engine(there.url, here.url)
    await sees(here, 1)
    await sees(there, 1)

    async def ask(gateway: Any, **more: Any) -> httpx.Response:
        body = {"model": "scripted", "messages": [{"role": "user", "content": "Recite."}], "max_tokens": 6, **more}
        return await client.post(f"{gateway.url}/v1/chat/completions", json=body)

    answers = await asyncio.gather(*(ask(gateway) for gateway in (here, there) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.json()["choices"][0]["message"]["content"] for answer in answers}) == 1
    assert all(answer.json()["usage"]["completion_tokens"] == 6 for answer in answers)
    stream = await ask(here, stream=True)
    assert stream.text.count("data: [DONE]") == 1 and '"error"' not in stream.text

    there.process.send_signal(signal.SIGKILL)

    async def answered() -> bool:
        return (await ask(here)).status_code == 200

    await until(answered, "the engine answers by the replica that is left")
