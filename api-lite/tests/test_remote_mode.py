"""Remote mode with real processes: nodes dial in, answers stream, and a bad node among good ones loses nothing."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx
import openai
import pytest

from r3mes_protocol.messages import AdapterOffer, Capacity, FailureCode


@pytest.fixture(scope="module")
def lasting_impatient_gateway(start_process: Any) -> Any:
    return start_process(
        {
            "R3MES_INFERENCE_MODE": "remote",
            "R3MES_NODE_AUTH": "open",
            "R3MES_NODE_FIRST_TOKEN_S": "0.3",
            "R3MES_FIRST_TOKEN_S": "4",
            "R3MES_STALL_S": "0.5",
            "R3MES_ROOM_WAIT_S": "0.5",
            "R3MES_KEEP_ALIVE_S": "0.5",
        }
    )


@pytest.fixture
async def impatient_gateway(lasting_impatient_gateway: Any, when_empty: Any) -> Any:
    """With short time-outs, for nodes that are slow or silent."""
    return await when_empty(lasting_impatient_gateway)


async def test_no_node_is_said_at_once(remote_gateway: Any, client: httpx.AsyncClient, chat_prompt: Any) -> None:
    for path, body in (("/chat", {"message": "Hi"}), ("/v1/chat/completions", chat_prompt())):
        response = await client.post(remote_gateway.url + path, json=body)
        assert response.status_code == 503
        assert response.json()["error"]["code"] == "NO_SERVING_NODES"
        assert int(response.headers["retry-after"]) > 0


async def test_an_answer_streams_token_by_token(
    remote_gateway: Any, start_node: Any, client: httpx.AsyncClient, chat_prompt: Any
) -> None:
    async def slowly(job: Any) -> None:
        await job.answer(*(f" word{n}" for n in range(8)), pause_s=0.05)

    await start_node(remote_gateway, slowly)
    arrivals: list[float] = []
    body = chat_prompt(stream=True, stream_options={"include_usage": True})
    async with client.stream("POST", f"{remote_gateway.url}/v1/chat/completions", json=body) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = []
        async for line in response.aiter_lines():
            if line:
                lines.append(line)
                arrivals.append(time.monotonic())
    events = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    assert lines[-1] == "data: [DONE]"
    assert events[-1]["choices"] == [] and events[-1]["usage"]["completion_tokens"] == 8
    assert events[-2]["choices"][0]["finish_reason"] == "stop"
    assert len({event["id"] for event in events}) == 1
    assert "".join(e["choices"][0]["delta"].get("content", "") for e in events[:-1]).split() == [
        f"word{n}" for n in range(8)
    ]
    # They came one after another and not together at the end.
    assert arrivals[6] - arrivals[1] > 0.15


async def test_the_official_client_streams_and_asks_whole(remote_gateway: Any, start_node: Any) -> None:
    await start_node(remote_gateway, name="Ada")
    async with openai.AsyncOpenAI(base_url=f"{remote_gateway.url}/v1", api_key="none", max_retries=0) as ai:
        assert [model.id async for model in ai.models.list()] == ["test-model", "auto"]
        whole = await ai.chat.completions.create(model="test-model", messages=[{"role": "user", "content": "Hi"}])
        assert whole.choices[0].message.content == "Hello from Ada"
        assert whole.choices[0].finish_reason == "stop"
        assert whole.usage is not None and whole.usage.total_tokens == 5
        text = ""
        async for part in await ai.chat.completions.create(
            model="test-model", messages=[{"role": "user", "content": "Hi"}], stream=True
        ):
            text += part.choices[0].delta.content or ""
        assert text == "Hello from Ada"
        with pytest.raises(openai.NotFoundError) as unknown:
            await ai.chat.completions.create(model="nothing", messages=[{"role": "user", "content": "Hi"}])
        assert unknown.value.code == "MODEL_NOT_FOUND"


async def test_chat_is_plain_text(remote_gateway: Any, start_node: Any, client: httpx.AsyncClient) -> None:
    node = await start_node(remote_gateway)
    response = await client.post(
        f"{remote_gateway.url}/chat",
        json={"message": "Hi “you”", "wallet_address": "remes1qqqqqq", "session_id": "s", "unknown": 1},
    )
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    assert response.text == "Hello from node"
    body = node.jobs[0].job.body
    assert body["messages"] == [{"role": "user", "content": "Hi “you”"}]
    assert body["model"] == "test-model" and body["adapter"] is None


async def test_a_job_carries_the_request_as_it_came(
    remote_gateway: Any, start_node: Any, ask: Any, chat_prompt: Any
) -> None:
    adapter = AdapterOffer(name="pirate", base_model="test-model")
    node = await start_node(remote_gateway, adapters=(adapter,))
    await ask(remote_gateway, chat_prompt(temperature=0.5, seed=7, newer_parameter={"a": [1]}, adapter="pirate"))
    await ask(remote_gateway, chat_prompt(model="pirate"))
    first, second = (job.job for job in node.jobs)
    assert first.body["temperature"] == 0.5 and first.body["seed"] == 7
    assert first.body["newer_parameter"] == {"a": [1]} and first.body["adapter"] == "pirate"
    assert second.body["model"] == "test-model" and second.body["adapter"] == "pirate"
    assert 0 < first.first_token_deadline_ms <= first.deadline_ms


async def test_what_nobody_offers_is_refused_at_once(
    remote_gateway: Any, start_node: Any, ask: Any, chat_prompt: Any
) -> None:
    node = await start_node(remote_gateway, adapters=(AdapterOffer(name="pirate", base_model="test-model"),))
    assert (await ask(remote_gateway, chat_prompt(model="other"))).error["code"] == "MODEL_NOT_FOUND"
    unknown = await ask(remote_gateway, chat_prompt(adapter="poet"))
    assert (unknown.status, unknown.error["code"], unknown.error["param"]) == (404, "ADAPTER_NOT_FOUND", "adapter")
    assert node.jobs == []


async def test_a_model_that_left_a_moment_ago_is_missing_and_not_unknown(
    remote_gateway: Any, start_node: Any, ask: Any, chat_prompt: Any, until: Any, client: httpx.AsyncClient
) -> None:
    await start_node(remote_gateway)
    leaving = await start_node(remote_gateway, models=("rare",))
    assert (await ask(remote_gateway, chat_prompt(model="rare"))).done
    leaving.vanish()

    async def gone() -> bool:
        listed = (await client.get(f"{remote_gateway.url}/v1/models")).json()["data"]
        return [card["id"] for card in listed] == ["test-model", "auto"]

    await until(gone, "the model is off the list")
    assert (await ask(remote_gateway, chat_prompt(model="rare"))).error["code"] == "NO_SERVING_NODES"


async def test_nodes_are_listed(remote_gateway: Any, start_node: Any, client: httpx.AsyncClient) -> None:
    first = await start_node(remote_gateway)
    second = await start_node(remote_gateway, models=("other",))
    listed = (await client.get(f"{remote_gateway.url}/v1/nodes")).json()["data"]
    assert [node["id"] for node in listed] == [first.node_id, second.node_id]
    assert listed[0]["generation"] < listed[1]["generation"]
    assert "gpu_uuids" not in listed[0]["device"]
    one = (await client.get(f"{remote_gateway.url}/v1/nodes/{second.node_id}")).json()
    assert one["models"] == ["other"] and one["status"] == "serving"
    health = (await client.get(f"{remote_gateway.url}/health")).json()
    assert health["nodes"] == 2 and health["serving"] is True


# --- bad nodes among good ones ---------------------------------------------------------------------------------


async def _engine_error(job: Any) -> None:
    await job.preamble()
    await job.fail(FailureCode.ENGINE_ERROR)


async def _not_retryable(job: Any) -> None:
    await job.fail(FailureCode.OUT_OF_MEMORY, retryable=False)


async def _full(job: Any) -> None:
    await job.fail(FailureCode.CAPACITY, capacity=Capacity(active=8, queued=3, max_concurrency=8))


async def _draining(job: Any) -> None:
    await job.fail(FailureCode.DRAINING)


async def _dies_before_content(job: Any) -> None:
    await job.preamble()
    job.node.vanish()


async def _breaks_credit(job: Any) -> None:
    for _ in range(4):
        await job.frame(0, b"data: " + b"x" * 60_000 + b"\n\n", mind_credit=False)


async def _no_events(job: Any) -> None:
    await job.frame(1, b"this is no event")


@pytest.mark.parametrize(
    "bad",
    [_engine_error, _not_retryable, _full, _draining, _dies_before_content, _breaks_credit, _no_events],
)
async def test_a_bad_node_among_two_loses_no_request(remote_gateway: Any, start_node: Any, ask: Any, bad: Any) -> None:
    await start_node(remote_gateway, bad, name="bad", max_concurrency=64)
    await start_node(remote_gateway, name="good", max_concurrency=64)
    answers = await asyncio.gather(*(ask(remote_gateway) for _ in range(20)))
    assert [(answer.status, answer.text, answer.done) for answer in answers] == [(200, "Hello from good", True)] * 20
    assert all(answer.error is None for answer in answers)


async def test_a_silent_node_is_left_for_another_one(impatient_gateway: Any, start_node: Any, ask: Any) -> None:
    gateway = impatient_gateway

    async def silent(job: Any) -> None:
        await asyncio.sleep(60)

    quiet = await start_node(gateway, silent, max_concurrency=64)
    await start_node(gateway, name="good", max_concurrency=64)
    answers = await asyncio.gather(*(ask(gateway) for _ in range(8)))
    assert {answer.text for answer in answers} == {"Hello from good"}
    assert quiet.jobs and all(job.cancelled.is_set() for job in quiet.jobs)


async def test_a_slow_node_that_is_alone_keeps_the_request(impatient_gateway: Any, start_node: Any, ask: Any) -> None:
    gateway = impatient_gateway

    async def slow(job: Any) -> None:
        await asyncio.sleep(0.6)
        await job.answer("at", " last")

    node = await start_node(gateway, slow)
    assert (await ask(gateway)).text == "at last"
    assert len(node.jobs) == 1


async def test_the_deadline_of_the_first_token_is_kept(start_gateway: Any, start_node: Any, ask: Any) -> None:
    gateway = start_gateway(inference_mode="remote", node_auth="open", first_token_s=0.4)

    async def preamble_only(job: Any) -> None:
        await job.preamble()
        await asyncio.sleep(60)

    node = await start_node(gateway, preamble_only)
    started = time.monotonic()
    answer = await ask(gateway)
    assert (answer.status, answer.error["code"]) == (504, "FIRST_TOKEN_TIMEOUT")
    assert time.monotonic() - started < 3
    await asyncio.wait_for(node.jobs[0].cancelled.wait(), 60)


@pytest.mark.parametrize(
    ("code", "status", "name"),
    [
        (FailureCode.INVALID_REQUEST, 400, "INVALID_REQUEST"),
        (FailureCode.CONTEXT_TOO_LONG, 400, "CONTEXT_TOO_LONG"),
        (FailureCode.MODEL_NOT_FOUND, 404, "MODEL_NOT_FOUND"),
    ],
)
async def test_the_fault_of_the_request_is_not_tried_again(
    remote_gateway: Any, start_node: Any, ask: Any, code: FailureCode, status: int, name: str
) -> None:
    async def refuse(job: Any) -> None:
        await job.fail(code, "4097 tokens do not fit", retryable=False)

    nodes = [await start_node(remote_gateway, refuse) for _ in range(2)]
    answer = await ask(remote_gateway)
    assert (answer.status, answer.error["code"], answer.error["message"]) == (status, name, "4097 tokens do not fit")
    assert sum(len(node.jobs) for node in nodes) == 1


async def test_three_failures_are_the_end(remote_gateway: Any, start_node: Any, ask: Any) -> None:
    nodes = [await start_node(remote_gateway, _engine_error) for _ in range(4)]
    answer = await ask(remote_gateway)
    assert (answer.status, answer.error["code"]) == (502, "NODE_FAILED")
    assert sum(len(node.jobs) for node in nodes) == 3
    assert max(len(node.jobs) for node in nodes) == 1


async def test_a_full_network_makes_requests_wait_and_then_says_so(
    impatient_gateway: Any, start_node: Any, ask: Any
) -> None:
    gateway = impatient_gateway
    release = asyncio.Event()

    async def until_released(job: Any) -> None:
        await job.say("one")
        while not release.is_set():
            await job.say(".")
            await asyncio.sleep(0.1)
        await job.done()

    node = await start_node(gateway, until_released, max_concurrency=1)
    first = asyncio.create_task(ask(gateway))
    while not node.jobs:
        await asyncio.sleep(0.005)
    busy = await ask(gateway)
    assert (busy.status, busy.error["code"]) == (503, "NETWORK_BUSY")
    second = asyncio.create_task(ask(gateway))
    await asyncio.sleep(0.05)
    release.set()
    assert (await first).done and (await second).text.startswith("one")


# --- failures after the first token ----------------------------------------------------------------------------


async def _dies_in_the_middle(job: Any) -> None:
    await job.say("One two")
    await asyncio.sleep(0.05)
    job.node.vanish()


async def _errs_in_the_middle(job: Any) -> None:
    await job.say("One two")
    await job.fail(FailureCode.ENGINE_ERROR)


async def _stalls_in_the_middle(job: Any) -> None:
    await job.say("One two")
    await asyncio.sleep(60)


async def _oversized_in_the_middle(job: Any) -> None:
    await job.say("One two")
    await job.node.send_bytes(bytes.fromhex(job.job_id) + b"\x01" + b"x" * 70_000)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (_dies_in_the_middle, "NODE_FAILED"),
        (_errs_in_the_middle, "NODE_FAILED"),
        (_stalls_in_the_middle, "STREAM_STALLED"),
        (_oversized_in_the_middle, "NODE_FAILED"),
    ],
)
async def test_a_broken_stream_is_said_to_be_broken(
    impatient_gateway: Any,
    start_node: Any,
    ask: Any,
    client: httpx.AsyncClient,
    chat_prompt: Any,
    script: Any,
    code: str,
) -> None:
    gateway = impatient_gateway
    for _ in range(3):
        await start_node(gateway, script)
    await start_node(gateway, models=("other",))
    answer = await ask(gateway)
    assert (answer.status, answer.text, answer.done) == (200, "One two", True)
    assert answer.error["code"] == code and answer.finish_reason is None
    text = await client.post(f"{gateway.url}/chat", json={"message": "Hi", "adapter": None})
    if text.text != "Hello from node":
        assert text.text.startswith("One two") and f"[{code}]" in text.text
    whole = await client.post(f"{gateway.url}/v1/chat/completions", json=chat_prompt())
    assert whole.status_code in (502, 504) and whole.json()["error"]["code"] == code


async def test_a_violation_costs_the_job_and_not_the_session(remote_gateway: Any, start_node: Any, ask: Any) -> None:
    async def first_bad_then_good(job: Any) -> None:
        if len(job.node.jobs) == 1:
            await _oversized_in_the_middle(job)
        else:
            await job.answer("fine")

    node = await start_node(remote_gateway, first_bad_then_good)
    assert (await ask(remote_gateway)).error["code"] == "NODE_FAILED"
    assert (await ask(remote_gateway)).text == "fine"
    assert node.jobs[0].cancelled.is_set()


async def test_an_answer_without_a_tail_is_closed_by_the_gateway(
    remote_gateway: Any, start_node: Any, ask: Any
) -> None:
    async def no_tail(job: Any) -> None:
        await job.say("all")
        await job.done(reason="length", tail=False)

    await start_node(remote_gateway, no_tail)
    answer = await ask(remote_gateway)
    assert (answer.text, answer.finish_reason, answer.done, answer.error) == ("all", "length", True, None)


async def test_an_empty_answer_is_an_answer(remote_gateway: Any, start_node: Any, ask: Any) -> None:
    async def nothing(job: Any) -> None:
        await job.preamble()
        await job.done(0)

    await start_node(remote_gateway, nothing)
    answer = await ask(remote_gateway)
    assert (answer.text, answer.finish_reason, answer.done, answer.error) == ("", "stop", True, None)


async def test_a_long_quiet_stream_is_kept_alive(
    impatient_gateway: Any, start_node: Any, client: httpx.AsyncClient, chat_prompt: Any
) -> None:
    gateway = impatient_gateway

    async def thinks(job: Any) -> None:
        await asyncio.sleep(2.2)
        await job.fail(FailureCode.ENGINE_ERROR)

    await start_node(gateway, thinks)
    response = await client.post(f"{gateway.url}/v1/chat/completions", json=chat_prompt(stream=True))
    assert response.status_code == 200
    assert response.text.startswith(": keep-alive\n\n")
    # Once a comment is out, the error can only be an event.
    assert '"code":"NODE_FAILED"' in response.text and response.text.endswith("data: [DONE]\n\n")


async def test_load_is_spread(remote_gateway: Any, start_node: Any, ask: Any, until: Any) -> None:
    release = asyncio.Event()

    async def hold(job: Any) -> None:
        await release.wait()
        await job.answer("x")

    nodes = [await start_node(remote_gateway, hold, max_concurrency=8) for _ in range(3)]
    asked = asyncio.gather(*(ask(remote_gateway) for _ in range(12)))
    await until(lambda: sum(len(node.jobs) for node in nodes) == 12, "all jobs are on their nodes")
    release.set()
    assert all(answer.text == "x" for answer in await asked)
    assert [len(node.jobs) for node in nodes] == [4, 4, 4]
