"""The end of a gateway: streams finish, nodes are told, nothing is left behind."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from typing import Any

import httpx
import pytest
import websockets


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_running_stream_is_finished_and_new_requests_are_refused(
    start_gateway: Any, start_node: Any, ask: Any, client: httpx.AsyncClient, until: Any, number: int
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open")
    go_on = asyncio.Event()

    async def two_halves(job: Any) -> None:
        await job.say("first half")
        await go_on.wait()
        await job.say(", second half")
        await job.done()

    node = await start_node(gateway, two_halves)
    running = asyncio.create_task(ask(gateway))
    await until(lambda: node.jobs, "the stream runs")
    gateway.process.send_signal(number)
    await until(lambda: node.draining, "the node was told to move")

    refused = await ask(gateway)
    assert (refused.status, refused.error["code"]) == (503, "SHUTTING_DOWN")
    ready = await client.get(f"{gateway.url}/health/ready")
    assert (ready.status_code, ready.json()["error"]["code"]) == (503, "SHUTTING_DOWN")
    assert (await client.get(f"{gateway.url}/health/live")).status_code == 200
    late = await start_node(gateway, register=False)
    with pytest.raises(websockets.InvalidStatus) as turned_away:
        await late.dial()
    assert turned_away.value.response.status_code == 503
    assert gateway.process.poll() is None

    go_on.set()
    answer = await running
    assert (answer.text, answer.done, answer.error) == ("first half, second half", True, None)
    assert await gateway.ended() == 0
    await until(lambda: node.bye, "the gateway said good-bye")
    assert await node.close_code() == 1001


async def test_a_stream_that_does_not_end_in_time_is_said_to_be_broken(
    start_gateway: Any, start_node: Any, ask: Any, until: Any
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", drain_s=0.3)

    async def endless(job: Any) -> None:
        while True:
            await job.say("word ")
            await asyncio.sleep(0.02)

    node = await start_node(gateway, endless)
    running = asyncio.create_task(ask(gateway))
    await until(lambda: node.jobs, "the stream runs")
    gateway.terminate()
    answer = await running
    assert answer.text.startswith("word") and answer.done
    assert answer.error["code"] == "SHUTTING_DOWN"
    assert await gateway.ended() == 0
    assert node.jobs[0].cancelled.is_set()


async def test_with_the_launcher_gone_it_ends_within_three_seconds(
    start_gateway: Any, start_node: Any, ask: Any, until: Any
) -> None:
    gateway = start_gateway("--control", "stdio", inference_mode="remote", node_auth="open")

    async def endless(job: Any) -> None:
        while True:
            await job.say("word ")
            await asyncio.sleep(0.02)

    # A node that never closes its side and does not confirm a cancel must not hold the end up.
    node = await start_node(gateway, endless, confirms_cancel=False)
    running = asyncio.create_task(ask(gateway))
    await until(lambda: node.jobs, "the stream runs")
    started = time.monotonic()
    gateway.process.stdin.close()
    assert await gateway.ended() == 0
    assert time.monotonic() - started < 3
    assert (await running).error["code"] == "SHUTTING_DOWN"


async def test_without_control_the_end_of_stdin_means_nothing(start_gateway: Any, client: httpx.AsyncClient) -> None:
    gateway = start_gateway(inference_mode="mock")
    gateway.process.stdin.close()
    await asyncio.sleep(0.3)
    assert (await client.get(f"{gateway.url}/health/live")).status_code == 200


async def test_a_stalled_reader_does_not_hold_up_the_end(
    start_gateway: Any, start_node: Any, chat_prompt: Any, until: Any
) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", drain_s=0.3)

    async def endless(job: Any) -> None:
        while True:
            await job.say("word " * 200)

    node = await start_node(gateway, endless)
    host, port = gateway.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port), limit=1024)
    data = json.dumps(chat_prompt(stream=True)).encode()
    writer.write(
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data
    )
    await until(lambda: node.jobs, "the stream runs")
    started = time.monotonic()
    gateway.terminate()
    assert await gateway.ended() == 0
    assert time.monotonic() - started < 5
    writer.close()


async def test_idle_it_ends_at_once(start_gateway: Any) -> None:
    gateway = start_gateway(inference_mode="disabled")
    started = time.monotonic()
    gateway.terminate()
    assert await gateway.ended() == 0
    assert time.monotonic() - started < 2


async def test_none_of_many_streams_is_lost(start_gateway: Any, start_node: Any, ask: Any, until: Any) -> None:
    """Streams that began, and requests that wait for room while the gateway is told to end."""
    gateway = start_gateway(inference_mode="remote", node_auth="open")
    words = tuple(f"{number} " for number in range(20))

    async def recite(job: Any) -> None:
        await job.answer(*words, pause_s=0.03)

    nodes = [await start_node(gateway, recite, max_concurrency=4) for _ in range(3)]
    running = [asyncio.create_task(ask(gateway)) for _ in range(16)]
    await until(lambda: sum(len(node.jobs) for node in nodes) == 12, "all places are taken")
    gateway.process.send_signal(signal.SIGTERM)
    answers = await asyncio.gather(*running)
    assert {(answer.status, answer.text, answer.finish_reason, answer.done) for answer in answers} == {
        (200, "".join(words), "stop", True)
    }
    assert await gateway.ended() == 0
