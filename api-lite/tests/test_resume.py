"""A real engine behind a cable that is cut: its answers go on without a gap or a repeat, or they end in time."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

TOKENS = 120
PER_SECOND = 60


class Cable:
    """A TCP proxy in front of the gateway. `cut` ends all its connections at once."""

    def __init__(self) -> None:
        self.target = 0
        self.is_up = True
        self.cuts = 0
        self.connections = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def lay(self) -> str:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_up:
            writer.transport.abort()
            return
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        both = {writer, far_writer}
        self._writers |= both

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with suppress(OSError):
                while data := await source.read(65536):
                    sink.write(data)
                    await sink.drain()
            for end in both:
                end.transport.abort()

        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
        self._writers -= both

    def cut(self) -> None:
        self.cuts += 1
        for writer in self._writers:
            writer.transport.abort()

    async def take_up(self) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()


@pytest.fixture
async def cable() -> AsyncIterator[Cable]:
    laid = Cable()
    yield laid
    await laid.take_up()


@pytest.fixture
def start_engine(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    engines: list[subprocess.Popen[bytes]] = []

    def start(gateway: str, *more: str) -> subprocess.Popen[bytes]:
        number = len(engines)
        with (tmp_path / f"engine-{number}.log").open("wb") as log:
            engines.append(
                subprocess.Popen(
                    [
                        *(sys.executable, "-m", "r3mes_engine", "serve", "--gateway", gateway, "--device", "cpu"),
                        *("--backend", "scripted", "--state-dir", str(tmp_path / f"engine-{number}")),
                        *("--scripted-tokens", str(TOKENS), "--scripted-tokens-per-second", str(PER_SECOND)),
                        *more,
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=dict(os.environ),
                )
            )
        return engines[-1]

    yield start
    for engine in engines:
        engine.kill()
        engine.wait(10)
    for log in tmp_path.glob("engine-*.log"):
        assert "Traceback" not in log.read_text(), log.read_text()


async def nodes(client: httpx.AsyncClient, url: str) -> int:
    return int((await client.get(f"{url}/health")).json()["nodes"])


def question(**changes: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Recite, please."}]
    return {"model": "scripted", "messages": messages, "stream": True, **changes}


async def read(client: httpx.AsyncClient, url: str, on_piece: Callable[[int], None] = lambda count: None) -> str:
    """The whole body of a stream; tells how many lines with content came so far."""
    body, count = "", 0
    async with client.stream("POST", f"{url}/v1/chat/completions", json=question()) as response:
        assert response.status_code == 200, await response.aread()
        async for line in response.aiter_lines():
            body += line + "\n"
            if '"content":"' in line:
                count += 1
                on_piece(count)
    return body


def text_of(body: str) -> str:
    events = [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: {")]
    assert body.count("data: [DONE]") == 1
    assert sum(choice["finish_reason"] is not None for event in events for choice in event["choices"]) == 1
    assert not [event for event in events if "error" in event], body[-600:]
    return "".join(choice["delta"].get("content") or "" for event in events for choice in event["choices"])


async def test_a_cut_cable_leaves_no_gap_and_no_repeat(
    start_gateway: Any, start_engine: Any, cable: Cable, client: httpx.AsyncClient, until: Any
) -> None:
    public = await cable.lay()
    gateway = start_gateway(inference_mode="remote", node_auth="open", public_url=public, resume_grace_s=5)
    cable.target = int(gateway.url.rsplit(":", 1)[1])
    start_engine(public)
    await until(lambda: nodes(client, gateway.url), "the engine is registered")
    whole = text_of(await read(client, gateway.url))
    assert len(whole.split()) == TOKENS

    cut_at = iter((5, 40, 80))
    due = next(cut_at)

    def cut(count: int) -> None:
        nonlocal due
        if count >= due:
            cable.cut()
            due = next(cut_at, 10**9)

    # Three answers at once, cut three times by the pace of the first.
    bodies = await asyncio.gather(read(client, gateway.url, cut), *(read(client, gateway.url) for _ in range(2)))
    assert [text_of(body) for body in bodies] == [whole] * 3
    assert cable.cuts == 3 and cable.connections >= 4
    assert gateway.log_text().count("is back with 3 jobs") == 3
    health = (await client.get(f"{gateway.url}/health")).json()
    assert (health["nodes"], health["requests"]) == (1, 0)
    # And the node is as good as new.
    assert text_of(await read(client, gateway.url)) == whole
