"""`n`: several answers to one prompt, through a real gateway."""

from __future__ import annotations

from typing import Any

import httpx
import openai
import pytest

from r3mes_api.routes.whole_answer import WholeAnswer
from r3mes_protocol.chat import chunk
from r3mes_protocol.errors import ApiError
from r3mes_protocol.frames import FrameKind
from r3mes_protocol.sse import encode_event

WORDS = (("One", " two"), ("Bir", " iki", " üç"), ("Eins",))
REASONS: tuple[Any, ...] = ("stop", "length", "stop")


def _event(job: Any, choice: int, **delta: Any) -> bytes:
    return encode_event(chunk(job.job.completion_id, job.job.body["model"], 1, choice=choice, **delta))


async def _answers(job: Any) -> None:
    """As a node does it: the words of all choices mixed, and their ends last."""
    assert job.job.body["n"] == len(WORDS)
    for choice in range(len(WORDS)):
        await job.frame(FrameKind.PREAMBLE, _event(job, choice, role="assistant", content=""))
    for number in range(max(map(len, WORDS))):
        for choice, words in enumerate(WORDS):
            if number < len(words):
                await job.frame(FrameKind.CONTENT, _event(job, choice, content=words[number]))
    for choice, reason in enumerate(REASONS):
        await job.frame(FrameKind.TAIL, _event(job, choice, finish_reason=reason))
    await job.done(sum(map(len, WORDS)), tail=False)


async def test_whole_answers_have_their_choices_in_order(
    remote_gateway: Any, start_node: Any, client: httpx.AsyncClient, chat_prompt: Any
) -> None:
    await start_node(remote_gateway, _answers)
    response = await client.post(f"{remote_gateway.url}/v1/chat/completions", json=chat_prompt(n=3))
    answer = response.json()
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2]
    assert [choice["message"]["content"] for choice in answer["choices"]] == ["".join(words) for words in WORDS]
    assert tuple(choice["finish_reason"] for choice in answer["choices"]) == REASONS
    assert answer["usage"]["completion_tokens"] == 6


async def test_the_official_client_reads_a_stream_of_several_choices(remote_gateway: Any, start_node: Any) -> None:
    await start_node(remote_gateway, _answers)
    texts, reasons = {}, {}
    async with openai.AsyncOpenAI(base_url=f"{remote_gateway.url}/v1", api_key="none", max_retries=0) as ai:
        messages: Any = [{"role": "user", "content": "Hi"}]
        async for part in await ai.chat.completions.create(model="test-model", messages=messages, stream=True, n=3):
            for choice in part.choices:
                texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
                if choice.finish_reason is not None:
                    assert reasons.setdefault(choice.index, choice.finish_reason) == choice.finish_reason
    assert [texts[choice] for choice in range(3)] == ["".join(words) for words in WORDS]
    assert tuple(reasons[choice] for choice in range(3)) == REASONS


async def test_an_emoji_in_two_halves_and_a_lone_half_do_no_harm_to_a_whole_answer(
    remote_gateway: Any, start_node: Any, client: httpx.AsyncClient, chat_prompt: Any
) -> None:
    async def halves(job: Any) -> None:
        head = f'{{"id":"{job.job.completion_id}","choices":[{{"index":0,"delta":{{"content":"'
        for piece in ("a\\ud83d", "\\ude00", "b\\ud800"):
            await job.frame(FrameKind.CONTENT, f'data: {head}{piece}"}}}}]}}\n\n'.encode())
        await job.done(3)

    await start_node(remote_gateway, halves)
    response = await client.post(f"{remote_gateway.url}/v1/chat/completions", json=chat_prompt())
    assert response.status_code == 200, response.text
    assert response.json()["choices"][0]["message"]["content"] == "a\U0001f600b\ufffd"


async def test_each_choice_gets_its_end_where_the_node_told_none(
    remote_gateway: Any, start_node: Any, ask: Any, chat_prompt: Any
) -> None:
    async def no_tail(job: Any) -> None:
        for choice in range(2):
            await job.frame(FrameKind.CONTENT, _event(job, choice, content="x"))
        await job.done(2, "length", tail=False)

    await start_node(remote_gateway, no_tail)
    answer = await ask(remote_gateway, chat_prompt(n=2))
    ends = [choice for event in answer.events for choice in event["choices"] if choice["finish_reason"]]
    assert [(end["index"], end["finish_reason"]) for end in ends] == [(0, "length"), (1, "length")]


async def test_an_answer_of_several_choices_is_not_continued(
    remote_gateway: Any, start_node: Any, ask: Any, chat_prompt: Any
) -> None:
    async def dies(job: Any) -> None:
        assert not job.job.body.get("continue_final_message")
        await job.frame(FrameKind.CONTENT, _event(job, 0, content="x"))
        job.node.vanish()

    for _ in range(2):
        await start_node(remote_gateway, dies, continues=True)
    answer = await ask(remote_gateway, chat_prompt(n=2))
    assert answer.error["code"] == "NODE_FAILED" and answer.done


@pytest.mark.parametrize("index", [2, -1, "0", None])
async def test_a_choice_that_nobody_asked_for_is_an_error(
    remote_gateway: Any, start_node: Any, client: httpx.AsyncClient, chat_prompt: Any, index: Any
) -> None:
    async def wrong(job: Any) -> None:
        await job.frame(FrameKind.CONTENT, _event(job, index, content="x"))
        await job.done(1, tail=False)

    await start_node(remote_gateway, wrong)
    response = await client.post(f"{remote_gateway.url}/v1/chat/completions", json=chat_prompt(n=2))
    assert response.status_code == 502 and response.json()["error"]["code"] == "NODE_FAILED"


# --- what is gathered --------------------------------------------------------------------------------------------


def test_tool_calls_and_log_probabilities_are_gathered_too() -> None:
    gathered = WholeAnswer(1)
    pieces: list[dict[str, Any]] = [
        {
            "tool_calls": [
                {"index": 0, "id": "call_1", "type": "function", "function": {"name": "add", "arguments": ""}}
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a":'}}]},
        {"tool_calls": [{"index": 1, "id": "call_2", "function": {"name": "now", "arguments": "{}"}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]},
    ]
    for number, delta in enumerate(pieces):
        choice = {"index": 0, "delta": delta, "finish_reason": None, "logprobs": {"content": [number]}}
        gathered.add(encode_event({"choices": [choice]}))
    gathered.add(encode_event({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}))
    (choice,) = gathered.choices("stop")
    assert choice["finish_reason"] == "tool_calls"
    assert choice["logprobs"] == {"content": [0, 1, 2, 3]}
    assert choice["message"] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}},
            {"id": "call_2", "type": "function", "function": {"name": "now", "arguments": "{}"}},
        ],
    }


@pytest.mark.parametrize("event", [b"1", b"{}", b'{"choices":[1]}', b'{"choices":[{"delta":7}]}', b'{"choices":'])
def test_events_that_are_no_chunks_are_an_error(event: bytes) -> None:
    with pytest.raises(ApiError):
        WholeAnswer(1).add(b"data: " + event + b"\n\n")
