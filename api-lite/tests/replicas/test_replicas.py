"""Two gateways and one Redis, as processes: a request that lands on one is answered by a node of the other."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from typing import Any

import httpx
import pytest
from nacl.signing import SigningKey

from r3mes_protocol.limits import INITIAL_WINDOW_BYTES
from r3mes_protocol.messages import AdapterOffer, FailureCode

MIB = 1024 * 1024
WORDS = ("One", " two", " three", " four", " five")


async def test_a_request_is_answered_by_a_node_of_the_other_replica(
    replicas: Any, start_node: Any, sees: Any, ask: Any, client: httpx.AsyncClient, chat_prompt: Any
) -> None:
    here, there = replicas
    node = await start_node(there, name="far", adapters=(AdapterOffer(name="lora"),))
    await sees(here, 1)
    answer = await ask(here, chat_prompt(stream_options={"include_usage": True}))
    assert (answer.status, answer.text, answer.finish_reason, answer.done) == (200, "Hello from far", "stop", True)
    assert answer.events[-1]["usage"]["completion_tokens"] == 4
    whole = await client.post(f"{here.url}/v1/chat/completions", json=chat_prompt(model="lora"))
    assert whole.json()["choices"][0]["message"]["content"] == "Hello from far"
    assert node.jobs[1].job.body["adapter"] == "lora"
    text = await client.post(f"{here.url}/chat", json={"message": "Hello?"})
    assert text.text == "Hello from far"
    assert [card["id"] for card in (await client.get(f"{here.url}/v1/models")).json()["data"]][:2] == [
        "test-model", "lora",
    ]  # fmt: skip
    record = (await client.get(f"{here.url}/v1/requests/{whole.headers['x-request-id']}")).json()
    assert record["tries"][0]["node"] == node.node_id and record["tries"][0]["options"][0]["hop_ms"] > 0
    shown = (await client.get(f"{here.url}/v1/nodes/{node.node_id}")).json()
    assert (shown["status"], shown["jobs"]) == ("serving", 0)


async def test_a_node_that_comes_or_leaves_is_known_everywhere_at_once(
    replicas: Any, start_node: Any, sees: Any, ask: Any
) -> None:
    here, there = replicas
    node = await start_node(there)
    await sees(here, 1)
    node.vanish()
    await sees(here, 0)
    assert (await ask(here)).error["code"] == "NO_SERVING_NODES"


async def test_the_nodes_own_word_crosses_replicas(
    replicas: Any, start_node: Any, sees: Any, ask: Any, chat_prompt: Any
) -> None:
    async def refuses(job: Any) -> None:
        await job.fail(FailureCode.CONTEXT_TOO_LONG, "the prompt has 9000 tokens, 2048 fit")

    here, there = replicas
    await start_node(there, refuses)
    await sees(here, 1)
    answer = await ask(here)
    assert (answer.status, answer.error["code"]) == (400, "CONTEXT_TOO_LONG")
    assert answer.error["message"] == "the prompt has 9000 tokens, 2048 fit"
    large = await ask(here, chat_prompt("x" * 900_000))
    assert large.status == 400, "a job larger than a control frame crosses too"


async def test_nodes_here_and_there_share_the_load(replicas: Any, start_node: Any, sees: Any, ask: Any) -> None:
    async def slow(job: Any) -> None:
        await job.preamble()
        await job.say("a")
        await asyncio.sleep(0.3)
        await job.done()

    here, there = replicas
    nodes = [await start_node(here, slow, max_concurrency=4), await start_node(there, slow, max_concurrency=4)]
    await sees(here, 2)
    answers = await asyncio.gather(*(ask(here) for _ in range(8)))
    assert all(answer.done and answer.error is None for answer in answers)
    assert [len(node.jobs) for node in nodes] == [4, 4]


async def test_the_replica_that_holds_a_node_gives_its_places(
    replicas: Any, start_node: Any, sees: Any, ask: Any, until: Any
) -> None:
    """Both ask at once for the one place: nobody is refused, and it is never given twice."""
    running = most = 0

    async def alone(job: Any) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await job.preamble()
        await job.say("a")
        await asyncio.sleep(0.1)
        running -= 1
        await job.done()

    here, there = replicas
    await start_node(there, alone, max_concurrency=1)
    await sees(here, 1)
    answers = await asyncio.gather(*(ask(gateway) for gateway in (here, there) * 3))
    assert all(answer.done and answer.error is None for answer in answers), answers
    assert most == 1


@pytest.mark.alone
async def test_a_client_that_leaves_frees_the_node_there_within_100_ms(
    replicas: Any, start_node: Any, sees: Any, until: Any, chat_prompt: Any, client: httpx.AsyncClient
) -> None:
    async def for_ever(job: Any) -> None:
        await job.preamble()
        while True:
            await job.say("word ")
            await asyncio.sleep(0.01)

    async def thinks(job: Any) -> None:
        await job.preamble()
        await asyncio.sleep(60)

    here, there = replicas
    for script, reads in ((for_ever, True), (thinks, False)):
        node = await start_node(there, script)
        await sees(here, 1)
        reader, writer = await _post(here.url, chat_prompt(stream=True))
        await until(lambda node=node: node.jobs, "the job came")
        if reads:
            assert b"word" in await asyncio.wait_for(reader.readuntil(b"word"), 60)
        left_at = time.monotonic()
        writer.transport.abort()
        await asyncio.wait_for(node.jobs[0].cancelled.wait(), 60)
        assert node.jobs[0].cancelled_at - left_at < 0.1
        await node.close()
        await sees(here, 0)


async def _post(url: str, body: dict[str, Any]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    data = json.dumps(body).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    return reader, writer


@pytest.mark.alone
async def test_a_slow_reader_stops_the_generation_at_the_other_replica(
    replicas: Any, start_node: Any, sees: Any, ask: Any, until: Any, chat_prompt: Any
) -> None:
    sent = 0

    async def endless(job: Any) -> None:
        nonlocal sent
        if job.job.body["messages"][0]["content"] != "endless":
            return await job.answer("quick")
        words = "word " * 200
        while True:
            await job.say(words)
            sent += len(job.event(words))

    here, there = replicas
    node = await start_node(there, endless)
    await sees(here, 1)
    await ask(here)
    before = [gateway.rss_bytes() for gateway in replicas]
    host, port = here.url.removeprefix("http://").split(":")
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    reader.setblocking(False)
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_connect(reader, (host, int(port)))
        data = json.dumps(chat_prompt("endless", stream=True)).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(data)}\r\n\r\n"
        await loop.sock_sendall(reader, head.encode() + data)
        await until(lambda: sent > INITIAL_WINDOW_BYTES, "the stream is under way")
        seen = -1
        while seen != sent:
            seen = sent
            await asyncio.sleep(0.3)
        assert sent < (2 if sys.platform == "linux" else 16) * MIB
        assert (await ask(here)).text == "quick", "others run on over the same connection"
        for gateway, size in zip(replicas, before, strict=True):
            assert gateway.rss_bytes() - size < 4 * MIB
        while sent < seen + MIB:
            assert await asyncio.wait_for(loop.sock_recv(reader, 256 * 1024), 60)
    finally:
        reader.close()
    await asyncio.wait_for(node.jobs[1].cancelled.wait(), 60)


async def test_a_node_that_comes_back_at_another_replica_is_replaced_everywhere(
    replicas: Any, start_node: Any, sees: Any, ask: Any, client: httpx.AsyncClient, until: Any
) -> None:
    here, there = replicas
    key = SigningKey.generate()
    older = await start_node(there, name="older", key=key)
    await sees(here, 1)
    newer = await start_node(here, name="newer", key=key)
    assert await older.close_code() == 4002 and "another replica" in older.bye.reason
    await sees(there, 1)

    async def one_answers_everywhere() -> bool:
        return [(await ask(gateway)).text for gateway in replicas] == ["Hello from newer"] * 2

    await until(one_answers_everywhere, "the newer registration is asked everywhere")
    again = await start_node(there, name="again", key=key)
    assert await newer.close_code() == 4002
    await sees(here, 1)
    assert (await ask(there)).text == "Hello from again"
    assert again.bye is None


async def test_strangers_get_no_further_than_the_door(replicas: Any, start_node: Any, sees: Any, ask: Any) -> None:
    import websockets
    from websockets.asyncio.client import connect

    here, there = replicas
    url = there.url.replace("http", "ws") + "/v1/replicas/session"
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connect(url, compression=None):
            pass
    assert refused.value.response.status_code == 400
    subprotocol = websockets.Subprotocol("r3mes.replica.v1")
    join = {"type": "join", "replica_id": "0" * 32, "nonce": "0" * 64, "proof": "0" * 64}
    forward = {"type": "forward", "job_id": "0" * 16, "node_id": "0" * 64, "deadline_ms": 1000}
    for words in (json.dumps(join), json.dumps(forward) + "\n{}", "no JSON", "x" * 5000, b"\x00" * 100):
        async with connect(url, compression=None, subprotocols=[subprotocol]) as socket_:
            assert json.loads(await socket_.recv())["type"] == "hello"
            await socket_.send(words)
            with pytest.raises(websockets.ConnectionClosed):
                await asyncio.wait_for(socket_.recv(), 60)
            assert socket_.close_code == 1008
    await start_node(there)
    await sees(here, 1)
    assert (await ask(here)).done
