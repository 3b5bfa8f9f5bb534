"""Strangers by the thousand knock on the node session, and everybody else is served."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from typing import Any

import pytest

from r3mes_protocol import NODE_SUBPROTOCOL

AT_ONCE = 100
"""Far more than the 64 that may be unregistered at a time, and few enough for any limit of open files."""

MOST_GROWTH_BYTES = 24 * 1024 * 1024


async def knock(host: str, port: int, outcomes: Counter[str], hold_s: float) -> None:
    """One stranger: asks for a session, says nothing, and is refused or waits."""
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        outcomes[f"not connected: {type(error).__name__}"] += 1
        return
    try:
        writer.write(
            f"GET /v1/nodes/session HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {NODE_SUBPROTOCOL}\r\n\r\n".encode()
        )
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        status = head.split(b" ", 2)[1].decode()
        if status == "101":
            outcomes["let in"] += 1
            # Longer than the gateway waits for a registration is for the gateway to end.
            await asyncio.sleep(hold_s)
        else:
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            error = json.loads(await asyncio.wait_for(reader.readexactly(length), 30))["error"]
            outcomes[f"{status} {error['code']}"] += 1
    finally:
        writer.transport.abort()


async def flood(count: int, start_gateway: Any, start_node: Any, ask: Any) -> None:
    # The good node lives in this process, which is busy with being the strangers: its pauses are no stalls.
    gateway = start_gateway(inference_mode="remote", node_auth="open", register_timeout_s=2, stall_floor_s=20)
    host, port = gateway.url.removeprefix("http://").split(":")
    node = await start_node(gateway, max_concurrency=64)
    assert (await ask(gateway)).done
    before = gateway.rss_bytes()
    outcomes: Counter[str] = Counter()
    answered: list[float] = []
    flooding = True

    async def others() -> None:
        while flooding:
            start = time.monotonic()
            answer = await ask(gateway)
            assert (answer.status, answer.text, answer.error) == (200, "Hello from node", None)
            answered.append(time.monotonic() - start)
            await asyncio.sleep(0.02)

    numbers = iter(range(count))

    async def strangers() -> None:
        for number in numbers:
            # Most hang up at once; every tenth that is let in stays as long as it may.
            await knock(host, int(port), outcomes, 0.3 if number % 10 == 0 else 0.0)

    traffic = asyncio.create_task(others())
    await asyncio.gather(*(strangers() for _ in range(AT_ONCE)))
    flooding = False
    await traffic
    growth = gateway.rss_bytes() - before
    print(dict(outcomes), f"{len(answered)} answers, slowest {max(answered):.2f} s, {growth / 2**20:.1f} MiB more")
    assert sum(outcomes.values()) == count
    assert outcomes.keys() == {"let in", "503 NETWORK_BUSY"}, outcomes
    assert len(answered) >= 5 and max(answered) < 20
    assert growth < MOST_GROWTH_BYTES
    assert node.registered is not None
    # And a node gets in again.
    assert (await start_node(gateway, name="late")).registered is not None


async def test_hundreds_of_strangers_disturb_nobody(start_gateway: Any, start_node: Any, ask: Any) -> None:
    await flood(400, start_gateway, start_node, ask)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_ten_thousand_strangers_disturb_nobody(start_gateway: Any, start_node: Any, ask: Any) -> None:
    await flood(10_000, start_gateway, start_node, ask)
