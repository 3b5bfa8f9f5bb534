"""Everything at once, over two replicas: nodes that vanish, fail, refuse and come back; clients that leave."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import httpx
import pytest
from nacl.signing import SigningKey

from r3mes_protocol.messages import Capacity, FailureCode

ENDINGS = ("whole", "whole", "whole", "fails", "vanishes", "vanishes late", "refuses")


@pytest.mark.parametrize("requests", [60, pytest.param(1000, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
async def test_each_request_has_one_end_and_nothing_is_left_behind(
    replicas: Any, start_node: Any, sees: Any, client: httpx.AsyncClient, chat_prompt: Any, until: Any, requests: int
) -> None:
    chance = random.Random(7)
    keys = [SigningKey.generate() for _ in range(6)]
    nodes: dict[int, Any] = {}

    async def script(job: Any) -> None:
        ending = chance.choice(ENDINGS)
        if ending == "refuses":
            capacity = Capacity(active=8, queued=0, max_concurrency=8)
            await job.fail(FailureCode.CAPACITY, "full", capacity=capacity)
            return
        await job.preamble()
        if ending == "fails":
            await job.fail(FailureCode.ENGINE_ERROR)
            return
        if ending == "vanishes" and chance.random() < 0.3:
            job.node.vanish()
        for word in ("a", "b", "c"):
            await job.say(word)
            await asyncio.sleep(chance.random() / 100)
        if ending == "vanishes late" and chance.random() < 0.3:
            job.node.vanish()
        await job.done(3)

    async def keep_nodes() -> None:
        while True:
            for number, key in enumerate(keys):
                node = nodes.get(number)
                if node is None or node.socket.close_code is not None:
                    gateway = chance.choice(replicas)
                    nodes[number] = await start_node(gateway, script, key=key, max_concurrency=8, continues=True)
            await asyncio.sleep(0.05)

    ends: list[str] = []
    gate = asyncio.Semaphore(12)

    async def one_request() -> None:
        async with gate:
            gateway = chance.choice(replicas)
            leaves_after = chance.choice((None, None, None, 1, 3))
            lines: list[str] = []
            body = chat_prompt(stream=True)
            async with client.stream("POST", f"{gateway.url}/v1/chat/completions", json=body) as response:
                if response.status_code != 200:
                    document = await response.aread()
                    assert b'"error"' in document
                    ends.append("refused")
                    return
                async for line in response.aiter_lines():
                    if line.startswith("data: "):
                        lines.append(line)
                        if leaves_after == len(lines):
                            ends.append("left")
                            return
            assert lines[-1] == "data: [DONE]" and lines.count("data: [DONE]") == 1
            text = "".join(lines)
            finished, failed = text.count('"finish_reason":"stop"'), text.count('"error"')
            assert (finished, failed) in ((1, 0), (0, 1)), text
            ends.append("whole" if finished else "told")

    keeping = asyncio.create_task(keep_nodes())
    try:
        await sees(replicas[0], len(keys))
        await asyncio.wait_for(asyncio.gather(*(one_request() for _ in range(requests))), 500)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    assert len(ends) == requests and ends.count("whole") > requests / 3

    async def nothing_left() -> bool:
        for gateway in replicas:
            health = (await client.get(f"{gateway.url}/health")).json()
            shown = (await client.get(f"{gateway.url}/v1/nodes")).json()["data"]
            if health["requests"] or any(node["jobs"] for node in shown):
                return False
        return True

    await until(nothing_left, "no request and no place is left behind")
