"""A client that leaves stops its generation, whenever it leaves."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

CANCEL_WITHIN_S = 0.2


async def _post(url: str, path: str, body: dict[str, Any]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    return reader, writer


async def _for_ever(job: Any) -> None:
    await job.preamble()
    while True:
        await job.say("word ")
        await asyncio.sleep(0.01)


async def _thinks_for_ever(job: Any) -> None:
    await job.preamble()
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("path", "stream", "script", "read_first"),
    [
        ("/v1/chat/completions", True, _for_ever, True),
        ("/v1/chat/completions", True, _thinks_for_ever, False),
        ("/v1/chat/completions", False, _for_ever, False),
        ("/chat", None, _for_ever, True),
        ("/chat", None, _thinks_for_ever, False),
    ],
    ids=["mid-stream", "before-first-token", "whole", "text-mid-stream", "text-before-first-token"],
)
@pytest.mark.parametrize("abruptly", [False, True], ids=["close", "reset"])
async def test_the_node_is_told_within_200_ms(
    remote_gateway: Any,
    start_node: Any,
    until: Any,
    chat_prompt: Any,
    path: str,
    stream: bool | None,
    script: Any,
    read_first: bool,
    abruptly: bool,
) -> None:
    node = await start_node(remote_gateway, script)
    body = chat_prompt(stream=stream) if stream is not None else {"message": "Hi"}
    reader, writer = await _post(remote_gateway.url, path, body)
    await until(lambda: node.jobs, "the job reached the node")
    if read_first:
        while b"word" not in await reader.read(4096):
            pass
    left_at = time.monotonic()
    if abruptly:
        writer.transport.abort()
    else:
        writer.close()
    job = node.jobs[0]
    await until(lambda: job.cancelled_at, "the node got the cancel")
    assert job.cancelled_at - left_at < CANCEL_WITHIN_S


async def test_a_client_that_leaves_while_it_waits_for_room_leaves_no_trace(
    remote_gateway: Any, start_node: Any, until: Any, chat_prompt: Any, client: Any
) -> None:
    node = await start_node(remote_gateway, _for_ever, max_concurrency=1)
    _, first = await _post(remote_gateway.url, "/chat", {"message": "one"})
    await until(lambda: node.jobs, "the first has the node's only place")
    _, second = await _post(remote_gateway.url, "/chat", {"message": "two"})

    async def requests() -> int:
        return int((await client.get(f"{remote_gateway.url}/health")).json()["requests"])

    async def both_run() -> bool:
        return await requests() == 2

    await until(both_run, "the second waits")
    second.close()

    async def one_runs() -> bool:
        return await requests() == 1

    await until(one_runs, "the second left")
    first.close()
    await until(lambda: node.jobs[0].cancelled_at, "the first left")
    assert len(node.jobs) == 1


async def test_a_place_is_free_again_once_the_node_confirms(
    remote_gateway: Any, start_node: Any, until: Any, client: Any
) -> None:
    node = await start_node(remote_gateway, _for_ever, max_concurrency=1)
    for round_number in range(1, 6):
        _, writer = await _post(remote_gateway.url, "/chat", {"message": "again"})
        await until(lambda: len(node.jobs) == round_number, "the job came")  # noqa: B023
        writer.close()
        await until(lambda: node.jobs[-1].cancelled_at, "it was cancelled")

    async def nothing_left() -> bool:
        listed = (await client.get(f"{remote_gateway.url}/v1/nodes/{node.node_id}")).json()
        return bool(listed["jobs"] == 0)

    await until(nothing_left, "no place is held")


async def test_a_node_that_ignores_cancel_holds_its_place_only_for_the_grace(
    start_gateway: Any, start_node: Any, until: Any, ask: Any
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", cancel_grace_s=0.3)

    async def deaf_once(job: Any) -> None:
        if len(job.node.jobs) == 1:
            await _for_ever(job)
        await job.answer("next")

    node = await start_node(gateway, deaf_once, max_concurrency=1, confirms_cancel=False)
    _, writer = await _post(gateway.url, "/chat", {"message": "Hi"})
    await until(lambda: node.jobs, "the job came")
    writer.close()
    await until(lambda: node.jobs[0].cancelled_at, "it was cancelled")
    assert (await ask(gateway)).text == "next"
