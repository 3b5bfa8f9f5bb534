"""Answers that break off in the middle, with real processes: continued by another node, or ended with a word."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx
import openai
import pytest

from r3mes_api.routing.replay import POLICIES, replay
from r3mes_protocol.messages import FailureCode

WORDS = ("One", " two", " three", " four", " five")
REST = (" six", " seven")


async def _five_words(job: Any) -> None:
    await job.preamble()
    for word in WORDS:
        await job.say(word)
        await asyncio.sleep(0.02)


async def _go_on(job: Any) -> bool:
    """Whether the job was to go on with another node's answer; then it is answered."""
    body = job.job.body
    if not body.get("continue_final_message"):
        return False
    assert body["messages"][-1] == {"role": "assistant", "content": "".join(WORDS)}
    assert body["add_generation_prompt"] is False and body["model"] == "test-model"
    await job.answer(*REST)
    return True


async def _dies(job: Any) -> None:
    if not await _go_on(job):
        await _five_words(job)
        job.node.vanish()


async def _stalls(job: Any) -> None:
    if not await _go_on(job):
        await _five_words(job)
        await asyncio.sleep(60)


@pytest.fixture(scope="module")
def lasting_plain_gateway(start_process: Any) -> Any:
    return start_process(
        {"R3MES_INFERENCE_MODE": "remote", "R3MES_NODE_AUTH": "open", "R3MES_CONTINUE_ANSWERS": "false"}
    )


@pytest.mark.parametrize(("script", "resumes"), [(_dies, False), (_dies, True), (_stalls, False)])
async def test_a_broken_answer_is_continued_by_another_node(
    remote_gateway: Any, start_node: Any, client: httpx.AsyncClient, chat_prompt: Any, script: Any, resumes: bool
) -> None:
    """`resumes`: the node might come back for its answer, and does not."""
    nodes = [await start_node(remote_gateway, script, continues=True, resumes=resumes) for _ in range(2)]
    body = chat_prompt(stream=True, stream_options={"include_usage": True}, max_tokens=50)
    answer = await client.post(f"{remote_gateway.url}/v1/chat/completions", json=body)
    assert answer.text.count(": continued by another node\n\n") == 1
    assert answer.text.endswith("data: [DONE]\n\n") and '"error"' not in answer.text
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    text = "".join(choice["delta"].get("content") or "" for event in events for choice in event["choices"])
    assert text == "".join(WORDS + REST)
    assert len({event["id"] for event in events}) == 1
    assert events[-1]["usage"]["completion_tokens"] == len(WORDS + REST)
    assert sum(choice["finish_reason"] == "stop" for event in events for choice in event["choices"]) == 1
    second = next(job for node in nodes for job in node.jobs if job.job.body.get("continue_final_message"))
    assert second.job.body["max_tokens"] == 45

    record = (await client.get(f"{remote_gateway.url}/v1/requests/{answer.headers['x-request-id']}")).json()
    assert (record["outcome"], record["continued"], len(record["tries"])) == ("done", True, 2)
    assert record["tries"][0]["node"] != record["tries"][1]["node"]
    assert replay([record], POLICIES["cost"]).choices == 2


async def test_the_official_client_and_whole_answers_see_one_answer(remote_gateway: Any, start_node: Any) -> None:
    for _ in range(2):
        await start_node(remote_gateway, _dies, continues=True)
    async with openai.AsyncOpenAI(base_url=f"{remote_gateway.url}/v1", api_key="none", max_retries=0) as ai:
        messages: Any = [{"role": "user", "content": "Hi"}]
        text = ""
        async for part in await ai.chat.completions.create(model="test-model", messages=messages, stream=True):
            text += part.choices[0].delta.content or ""
        assert text == "".join(WORDS + REST)


async def test_a_whole_answer_says_that_it_was_continued(
    remote_gateway: Any, start_node: Any, client: httpx.AsyncClient, chat_prompt: Any
) -> None:
    for _ in range(2):
        await start_node(remote_gateway, _dies, continues=True)
    answer = (await client.post(f"{remote_gateway.url}/v1/chat/completions", json=chat_prompt())).json()
    assert answer["choices"][0]["message"]["content"] == "".join(WORDS + REST)
    assert answer["r3mes"] == {"continued": True}


async def test_an_answer_is_continued_once(remote_gateway: Any, start_node: Any, ask: Any) -> None:
    async def dies_again(job: Any) -> None:
        if job.job.body.get("continue_final_message"):
            await job.say(" six")
            job.node.vanish()
        else:
            await _dies(job)

    for _ in range(3):
        await start_node(remote_gateway, dies_again, continues=True)
    answer = await ask(remote_gateway)
    assert answer.text == "".join(WORDS) + " six" and answer.done
    assert answer.error["code"] == "NODE_FAILED"


@pytest.mark.parametrize(("script", "resumes"), [(_dies, False), (_dies, True), (_stalls, False)])
@pytest.mark.parametrize("why", ["switched off", "no node can"])
async def test_without_a_continuation_an_error_and_a_terminal_come_within_two_seconds(
    remote_gateway: Any,
    lasting_plain_gateway: Any,
    when_empty: Any,
    start_node: Any,
    ask: Any,
    script: Any,
    resumes: bool,
    why: str,
) -> None:
    gateway = remote_gateway if why == "no node can" else await when_empty(lasting_plain_gateway)
    broke_at = 0.0

    async def noted(job: Any) -> None:
        nonlocal broke_at
        await _five_words(job)
        broke_at = time.monotonic()
        if script is _dies:
            job.node.vanish()
        else:
            await asyncio.sleep(60)

    for _ in range(2):
        await start_node(gateway, noted, continues=why == "switched off", resumes=resumes)
    answer = await ask(gateway)
    assert time.monotonic() - broke_at < 2
    assert (answer.text, answer.done, answer.finish_reason) == ("".join(WORDS), True, None)
    assert answer.error["code"] == ("NODE_FAILED" if script is _dies else "STREAM_STALLED")


async def test_a_node_that_is_well_again_is_used_within_five_seconds(
    remote_gateway: Any, start_node: Any, ask: Any
) -> None:
    sick = True

    async def sick_at_first(job: Any) -> None:
        await (job.fail(FailureCode.ENGINE_ERROR) if sick else job.answer("well"))

    node = await start_node(remote_gateway, sick_at_first)
    for _ in range(3):
        assert (await ask(remote_gateway)).error["code"] == "NODE_FAILED"
    asked = len(node.jobs)
    sick = False
    start = time.monotonic()
    answers = await asyncio.gather(*(ask(remote_gateway) for _ in range(8)))
    assert [answer.text for answer in answers] == ["well"] * 8
    assert time.monotonic() - start < 5
    assert node.jobs[asked].received_at - start > 0.3, "it was left alone for a while"


async def test_what_is_not_known_has_no_record(remote_gateway: Any, client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{remote_gateway.url}/v1/requests/chatcmpl-0")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
