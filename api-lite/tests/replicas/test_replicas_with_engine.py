"""Two replicas with a real engine's process between them: each serves it, and it moves when its own is killed."""

from __future__ import annotations

import asyncio
import json
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

    def start(*gateways: str, per_second: int = 200) -> None:
        chosen = [word for gateway in gateways for word in ("--gateway", gateway)]
        command = [sys.executable, "-m", "r3mes_engine", "serve", *chosen, "--device", "cpu", "--backend", "scripted"]
        command += ["--scripted-tokens-per-second", str(per_second), "--state-dir", str(tmp_path / "engine")]
        with log.open("ab") as file:
            engines.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file))

    yield start
    for engine in engines:
        engine.kill()
        engine.wait(60)
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


async def test_an_engine_that_comes_back_at_another_replica_makes_its_answers_whole(
    replicas: Any, start_engine: Any, sees: Any, cable: Any, client: httpx.AsyncClient
) -> None:
    """As behind a load balancer: its way leads to one replica, is lost, and leads to the other."""
    here, there = replicas
    url = await cable.lay()
    cable.target = int(here.url.rsplit(":", 1)[1])
    start_engine(url, per_second=40)
    await sees(there, 1)

    async def say(gateway: Any, words: list[str], begun: Callable[[], None] = lambda: None) -> str:
        body = {"model": "scripted", "messages": [{"role": "user", "content": "Recite."}], "max_tokens": 80}
        ends = 0
        request = client.stream("POST", f"{gateway.url}/v1/chat/completions", json={**body, "stream": True})
        async with request as response:
            async for line in response.aiter_lines():
                assert '"error"' not in line, line
                ends += line == "data: [DONE]"
                for choice in json.loads(line[6:])["choices"] if line.startswith("data: {") else ():
                    words.append(choice["delta"].get("content") or "")
                begun()
        assert ends == 1
        return "".join(words)

    answers: list[list[str]] = [[], [], []]

    def cut_when_all_have_begun() -> None:
        if not cable.cuts and all(len(words) >= 5 for words in answers):
            cable.target = int(there.url.rsplit(":", 1)[1])
            cable.cut()

    asked = zip((here, there, here), answers, strict=True)
    said = await asyncio.gather(*(say(gateway, words, cut_when_all_have_begun) for gateway, words in asked))
    assert cable.cuts == 1
    assert said == [await say(here, [])] * 3
