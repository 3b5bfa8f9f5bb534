"""Credit: a slow reader stops its own generation, and nobody's memory grows."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from typing import Any

from r3mes_protocol.limits import INITIAL_WINDOW_BYTES

MIB = 1024 * 1024
GROWTH_ALLOWED = 4 * MIB


async def _connect_and_stall(url: str, body: dict[str, Any]) -> socket.socket:
    """Sends a request and reads nothing, with a receive buffer that is soon full."""
    host, port = url.removeprefix("http://").split(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, (host, int(port)))
    data = json.dumps(body).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(data)}\r\n\r\n"
    await loop.sock_sendall(client, head.encode() + data)
    return client


class Endless:
    """A node's script that sends as fast as its credit allows and counts."""

    def __init__(self) -> None:
        self.sent = 0

    async def __call__(self, job: Any) -> None:
        words = "word " * 200
        while True:
            await job.say(words)
            self.sent += len(job.event(words))


async def _settled(script: Endless) -> None:
    """Returns when nothing was sent for a while: the generation stands still."""
    seen = -1
    while seen != script.sent:
        seen = script.sent
        await asyncio.sleep(0.3)


async def test_a_stalled_reader_stops_its_generation_and_costs_no_memory(
    remote_gateway: Any, start_node: Any, ask: Any, until: Any, chat_prompt: Any
) -> None:
    endless = Endless()

    async def endless_for_one(job: Any) -> None:
        await (endless(job) if job.job.body["messages"][0]["content"] == "endless" else job.answer("quick"))

    node = await start_node(remote_gateway, endless_for_one)
    await ask(remote_gateway)
    before = remote_gateway.rss_bytes()
    client = await _connect_and_stall(remote_gateway.url, chat_prompt("endless", stream=True))
    try:
        await until(lambda: endless.sent > INITIAL_WINDOW_BYTES, "the stream is under way")
        await _settled(endless)
        # Elsewhere the kernel takes some megabytes more.
        assert endless.sent < (2 if sys.platform == "linux" else 16) * MIB
        # The other requests of the same node run on.
        assert (await ask(remote_gateway)).text == "quick"
        assert remote_gateway.rss_bytes() - before < GROWTH_ALLOWED
        # When the reader reads on, so does the generation.
        stopped_at = endless.sent
        loop = asyncio.get_running_loop()
        while endless.sent < stopped_at + MIB:
            assert await asyncio.wait_for(loop.sock_recv(client, 256 * 1024), 60)
    finally:
        client.close()
    await asyncio.wait_for(node.jobs[1].cancelled.wait(), 60)


async def test_many_stalled_readers_cost_a_window_each(
    remote_gateway: Any, start_node: Any, until: Any, chat_prompt: Any
) -> None:
    scripts: list[Endless] = []

    async def endless(job: Any) -> None:
        scripts.append(Endless())
        await scripts[-1](job)

    await start_node(remote_gateway, endless, max_concurrency=16)
    before = remote_gateway.rss_bytes()
    clients = [await _connect_and_stall(remote_gateway.url, chat_prompt(stream=True)) for _ in range(8)]
    try:
        await until(lambda: len(scripts) == 8 and all(s.sent for s in scripts), "all streams are under way")
        for script in scripts:
            await _settled(script)
        assert remote_gateway.rss_bytes() - before < 8 * 512 * 1024
    finally:
        for client in clients:
            client.close()


async def test_a_reader_that_never_comes_back_loses_its_answer(
    start_gateway: Any, start_node: Any, chat_prompt: Any, until: Any
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", client_stall_s=1)
    endless = Endless()
    node = await start_node(gateway, endless)
    client = await _connect_and_stall(gateway.url, chat_prompt(stream=True))
    try:
        await until(lambda: node.jobs, "the job came")
        await asyncio.wait_for(node.jobs[0].cancelled.wait(), 60)
    finally:
        client.close()


async def test_many_tiny_frames_cost_no_more_than_their_bytes(
    remote_gateway: Any, start_node: Any, until: Any, chat_prompt: Any
) -> None:
    """A hostile node may cut its credit into the smallest events there are."""
    event = b"data: 1\n\n"
    sent = 0

    async def tiny(job: Any) -> None:
        nonlocal sent
        while True:
            await job.frame(1, event)
            sent += len(event)

    await start_node(remote_gateway, tiny)
    before = remote_gateway.rss_bytes()
    client = await _connect_and_stall(remote_gateway.url, chat_prompt(stream=True))
    try:
        seen = -1
        while seen != sent or not sent:
            seen = sent
            await asyncio.sleep(0.3)
        assert remote_gateway.rss_bytes() - before < GROWTH_ALLOWED
    finally:
        client.close()
