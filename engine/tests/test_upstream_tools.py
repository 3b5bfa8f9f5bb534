"""Tools through another server, which reads the calls itself: handed over as they came, and its calls handed back."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from r3mes_engine.backends.protocol import GenerationRequest, Message, Sampling
from r3mes_engine.errors import GenerationFailed
from r3mes_engine.tools.delta import ToolDelta
from r3mes_engine.tools.offer import ToolOffer
from r3mes_engine.upstream.chat_body import chat_body
from r3mes_engine.upstream.event_reader import MAX_CALLS, EventReader

WEATHER: Any = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
CLOCK: Any = {"type": "function", "function": {"name": "clock"}}
PARTS: list[dict[str, Any]] = [
    {"index": 0, "id": "call_a", "type": "function", "function": {"name": "weather", "arguments": ""}},
    # Some servers repeat what was said before.
    {"index": 0, "id": "call_a", "function": {"name": "weather", "arguments": '{"city": '}},
    {"index": 0, "function": {"arguments": '"Rome"}'}},
    {"index": 1, "id": "call_b", "type": "function", "function": {"name": "clock", "arguments": "{}"}},
]


def body(offer: ToolOffer | None, *messages: Message) -> dict[str, Any]:
    request = GenerationRequest(messages or (Message("user", "hi"),), None, Sampling(), tools=offer, json_schema="{}")
    return chat_body(request, "m", "vllm")


def test_the_server_is_offered_the_tools_as_they_came() -> None:
    free = body(ToolOffer((WEATHER, CLOCK)))
    assert (free["tools"], free["tool_choice"]) == ([WEATHER, CLOCK], "auto")
    assert "parallel_tool_calls" not in free and "response_format" not in free
    forced = body(ToolOffer((WEATHER, CLOCK), forced=True, parallel=False))
    assert (forced["tool_choice"], forced["parallel_tool_calls"]) == ("required", False)
    named = body(ToolOffer((CLOCK,), forced=True, parallel=False))
    assert named["tool_choice"] == {"type": "function", "function": {"name": "clock"}}
    assert "tools" not in body(None)


def test_earlier_calls_go_over_the_wire_as_text() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": {"city": "Rome"}}}
    told = body(ToolOffer((WEATHER,)), Message("assistant", "", (call,)), Message("tool", "sunny", (), "call_1"))
    assert told["messages"][0]["tool_calls"][0]["function"]["arguments"] == '{"city": "Rome"}'
    assert told["messages"][1] == {"role": "tool", "content": "sunny", "tool_call_id": "call_1"}


def event(*parts: Any, finish: str | None = None) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": {"tool_calls": list(parts)}, "finish_reason": finish}]})


def test_parts_of_calls_are_read_once() -> None:
    reader = EventReader()
    found = [delta for part in PARTS for delta in (reader.read(event(part)) or pytest.fail("nothing")).calls]
    assert [one.id for one in found] == ["call_a", None, None, "call_b"]
    assert found[1] == ToolDelta(0, None, None, '{"city": ')
    reader.read(json.dumps({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}))
    assert reader.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    "wrong",
    [
        {"index": 1, "id": "x", "function": {"name": "a"}},
        {"index": 0, "function": {"arguments": "{}"}},
        {"index": 0, "id": "x", "function": {"name": 5}},
        {"index": 0, "id": "x", "function": {"name": "a", "arguments": [1]}},
        {"index": "0", "id": "x", "function": {"name": "a"}},
        "text",
        None,
    ],
)
def test_calls_of_another_shape_are_the_servers_failure(wrong: Any) -> None:
    with pytest.raises(GenerationFailed, match="another shape"):
        EventReader().read(event(wrong))


def test_calls_without_end_are_the_servers_failure() -> None:
    reader = EventReader()
    for index in range(MAX_CALLS):
        reader.read(event({"index": index, "id": "x", "function": {"name": "a"}}))
    with pytest.raises(GenerationFailed):
        reader.read(event({"index": MAX_CALLS, "id": "x", "function": {"name": "a"}}))


def test_openais_client_gets_the_servers_calls_whole_and_streamed(start_engine: Any, start_server: Any) -> None:
    server = start_server()
    server.rules(calls=PARTS)
    engine = start_engine("--upstream", server.url, backend="upstream")
    ready = engine.event("ready")
    messages = [{"role": "user", "content": "Weather?"}]
    ask: Any = {"model": ready.model, "messages": messages, "tools": [WEATHER, CLOCK], "tool_choice": "required"}
    with openai.OpenAI(base_url=f"http://127.0.0.1:{ready.port}/v1", api_key=ready.token, max_retries=0) as client:
        (choice,) = client.chat.completions.create(**ask).choices
        calls = [(call.id, call.function.name, call.function.arguments) for call in choice.message.tool_calls or ()]
        assert calls == [("call_a", "weather", '{"city": "Rome"}'), ("call_b", "clock", "{}")]
        assert choice.finish_reason == "tool_calls" and choice.message.content is None
        arguments = ["", ""]
        for part in client.chat.completions.create(**ask, stream=True):
            for delta in part.choices[0].delta.tool_calls or ():
                arguments[delta.index] += delta.function.arguments
        assert arguments == ['{"city": "Rome"}', "{}"]
        # A server that can't says so itself.
        server.rules(status=400, message='"auto" tool choice requires --enable-auto-tool-choice')
        with pytest.raises(openai.BadRequestError, match="enable-auto-tool-choice"):
            client.chat.completions.create(**ask)
    assert server.seen["bodies"][0]["tools"] == [WEATHER, CLOCK]
