"""Replicas that die, end or lose their store while answers run: each request still has one end, and soon."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from typing import Any

import httpx
import pytest

WORDS = ("One", " two", " three", " four", " five")
REST = (" six", " seven")


async def _five_words_then_silence(job: Any) -> None:
    await job.preamble()
    for word in WORDS:
        await job.say(word)
        await asyncio.sleep(0.01)
    await asyncio.sleep(60)


async def _goes_on(job: Any) -> None:
    assert job.job.body["continue_final_message"] is True
    assert job.job.body["messages"][-1] == {"role": "assistant", "content": "".join(WORDS)}
    await job.answer(*REST)


@pytest.mark.alone
@pytest.mark.parametrize("continues", [True, False], ids=["continued", "ended"])
async def test_a_replica_that_is_killed_in_mid_stream(
    start_replica: Any, redis: str, replicas: Any, start_node: Any, connected: Any, sees: Any, chat_prompt: Any,
    client: httpx.AsyncClient, continues: bool,
) -> None:  # fmt: skip
    here, there = replicas[0], start_replica(redis)
    await connected(here, there)
    far = await start_node(there, _five_words_then_silence)
    await sees(here, 1)
    killed_at = 0.0
    lines: list[str] = []
    request = client.stream("POST", f"{here.url}/v1/chat/completions", json=chat_prompt(stream=True))
    async with request as response:
        async for line in response.aiter_lines():
            lines.append(line)
            if "five" in line:
                if continues:
                    await start_node(here, _goes_on, continues=True)
                there.process.send_signal(signal.SIGKILL)
                killed_at = time.monotonic()
        ended_after_s = time.monotonic() - killed_at
    assert ended_after_s < 2
    text = "\n".join(lines)
    events = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    content = "".join(choice["delta"].get("content") or "" for event in events for choice in event.get("choices", ()))
    assert text.count("data: [DONE]") == 1 and len(far.jobs) == 1
    if continues:
        assert content == "".join(WORDS + REST) and ": continued by another node" in text
        assert not any("error" in event for event in events)
    else:
        assert content == "".join(WORDS)
        assert [event["error"]["code"] for event in events if "error" in event] == ["NODE_FAILED"]
    # Its nodes went with it, without waiting until it is forgotten.
    await sees(here, 1 if continues else 0)


async def test_a_replica_that_is_killed_before_the_first_token_loses_no_request(
    start_replica: Any, redis: str, replicas: Any, start_node: Any, connected: Any, sees: Any, ask: Any, until: Any
) -> None:
    async def thinks(job: Any) -> None:
        await job.preamble()
        await asyncio.sleep(60)

    here, there = replicas[0], start_replica(redis)
    await connected(here, there)
    far = await start_node(there, thinks, max_concurrency=64)
    await sees(here, 1)
    asking = [asyncio.create_task(ask(here)) for _ in range(20)]
    await until(lambda: len(far.jobs) == 20, "all jobs are there")
    await start_node(here, name="near", max_concurrency=64)
    there.process.send_signal(signal.SIGKILL)
    answers = await asyncio.wait_for(asyncio.gather(*asking), 10)
    assert [answer.text for answer in answers] == ["Hello from near"] * 20


async def test_a_replica_that_is_told_to_end_finishes_what_others_asked_of_it(
    start_replica: Any, redis: str, replicas: Any, start_node: Any, connected: Any, sees: Any, ask: Any, until: Any
) -> None:
    async def paced(job: Any) -> None:
        await job.answer(*WORDS, pause_s=0.15)

    here, there = replicas[0], start_replica(redis)
    await connected(here, there)
    far = await start_node(there, paced)
    await sees(here, 1)
    asking = [asyncio.create_task(ask(here)) for _ in range(4)]
    await until(lambda: len(far.jobs) == 4, "all jobs are there")
    there.terminate()
    # From now on nothing new goes there, though its node is still connected.
    await sees(here, 0)
    assert far.draining and (await ask(here)).error["code"] == "NO_SERVING_NODES"
    answers = await asyncio.gather(*asking)
    assert all(answer.text == "".join(WORDS) and answer.done and answer.error is None for answer in answers)
    assert await there.ended() == 0
    # The node comes back at the other replica, as it was told.
    await start_node(here, name="back", key=far.key)
    assert (await ask(here)).text == "Hello from back"


async def test_a_replica_that_ends_leaves_its_requests_to_nobody(
    start_replica: Any, redis: str, replicas: Any, start_node: Any, connected: Any, sees: Any, chat_prompt: Any,
    until: Any, client: httpx.AsyncClient,
) -> None:  # fmt: skip
    """The one that asked is killed: the node is told to stop, and its place is free."""
    here, there = start_replica(redis), replicas[0]
    await connected(here, there)
    far = await start_node(there, _five_words_then_silence, max_concurrency=1)
    await sees(here, 1)
    with pytest.raises(httpx.HTTPError):
        async with client.stream("POST", f"{here.url}/v1/chat/completions", json=chat_prompt(stream=True)) as response:
            async for line in response.aiter_lines():
                if "five" in line:
                    here.process.send_signal(signal.SIGKILL)
    await asyncio.wait_for(far.jobs[0].cancelled.wait(), 2)

    async def is_free() -> bool:
        shown = (await client.get(f"{there.url}/v1/nodes")).json()["data"]
        return [node["jobs"] for node in shown] == [0]

    await until(is_free, "the place is free")


async def test_without_redis_everything_that_is_connected_goes_on(
    start_replica: Any, mortal_redis: Any, start_node: Any, connected: Any, sees: Any, ask: Any, until: Any,
    client: httpx.AsyncClient,
) -> None:  # fmt: skip
    ttl_s = 1.0
    here, there = (start_replica(mortal_redis.url, replica_ttl_s=ttl_s) for _ in range(2))
    await connected(here, there)
    await start_node(there, name="far", max_concurrency=32)
    await sees(here, 1)

    async def ready(gateway: Any) -> tuple[int, str, str]:
        answer = await client.get(f"{gateway.url}/health/ready")
        return answer.status_code, answer.json()["status"], answer.json()["stores"]["redis"]

    assert await ready(here) == (200, "ready", "ok")
    mortal_redis.kill()

    async def is_degraded() -> bool:
        return bool(await ready(here) == (200, "degraded", "away") == await ready(there))

    await until(is_degraded, "both have noticed")
    near = await start_node(here, name="near", max_concurrency=32)
    # Longer than a replica is remembered: the connection shows that it is alive.
    until_s = time.monotonic() + 1.5 * ttl_s
    while time.monotonic() < until_s:
        answers = await asyncio.gather(*(ask(gateway) for gateway in (here, there)))
        assert all(answer.done and answer.error is None for answer in answers), answers
        await asyncio.sleep(0.05)
    mortal_redis.start()

    async def is_well() -> bool:
        return bool(await ready(here) == (200, "ready", "ok") == await ready(there))

    await until(is_well, "both have recovered")
    # What came meanwhile is found now.
    await sees(there, 2)
    await near.close()
    await sees(there, 1)
    for gateway in (here, there):
        log = gateway.log_text()
        assert log.count("Redis does not answer") == 1 and log.count("Redis answers again") == 1, log


async def test_a_gateway_starts_while_redis_is_away(
    start_replica: Any, mortal_redis: Any, start_node: Any, connected: Any, ask: Any
) -> None:
    mortal_redis.kill()
    pair = [start_replica(mortal_redis.url) for _ in range(2)]
    await start_node(pair[0], name="near")
    assert (await ask(pair[0])).text == "Hello from near"
    mortal_redis.start()
    await connected(*pair)
    assert (await ask(pair[1])).text == "Hello from near"


async def test_replicas_with_different_secrets_stay_apart_and_say_why(
    start_replica: Any, redis: str, start_node: Any, until: Any, ask: Any
) -> None:
    here, there = start_replica(redis, replica_secret="a" * 40), start_replica(redis, replica_secret="b" * 40)
    await start_node(there)
    await until(lambda: "is not connected" in here.log_text(), "it says so")
    await until(lambda: "does not know the secret" in there.log_text(), "the other says so too")
    assert (await ask(here)).error["code"] == "NO_SERVING_NODES"
    assert "aaaa" not in here.log_text() and "bbbb" not in there.log_text()
