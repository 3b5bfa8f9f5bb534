"""Calls of tools: what a request may offer, how an answer's text calls it, and what OpenAI's own client makes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import openai
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from r3mes_engine.backends.protocol import GenerationRequest
from r3mes_engine.backends.scripted import ScriptedAnswer, ScriptedBackend
from r3mes_engine.backends.stop_strings import StopStrings
from r3mes_engine.errors import GenerationFailed
from r3mes_engine.node.credit import Credit
from r3mes_engine.node.job import CreditGate, JobRun
from r3mes_engine.node.usage import UsageMeter
from r3mes_engine.serving.chat_request import generation_request
from r3mes_engine.serving.chat_service import ChatService
from r3mes_engine.serving.http import build_app
from r3mes_engine.serving.job_queue import JobQueue
from r3mes_engine.tools.call_reader import ToolCallReader
from r3mes_engine.tools.delta import ToolDelta
from r3mes_engine.tools.formats import ToolFormat, tool_format
from r3mes_engine.tools.offer import tool_offer
from r3mes_protocol.chat import parse_chat_request
from r3mes_protocol.frames import FrameKind, decode_frame
from r3mes_protocol.messages import Done, Job
from r3mes_protocol.origin import gateway_origin

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tells the weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CLOCK: Any = {"type": "function", "function": {"name": "clock"}}
NAMES = ("weather", "clock")


# --- the request -----------------------------------------------------------------------------------------------------


def chat(**more: Any) -> Any:
    return parse_chat_request({"model": "m", "messages": [{"role": "user", "content": "hi"}], **more})


def test_tools_are_offered_forced_or_left_out() -> None:
    offer = tool_offer(chat(tools=[WEATHER, CLOCK]))
    assert offer is not None and offer.names == {"weather", "clock"} and not offer.forced and offer.parallel
    assert tool_offer(chat(tools=[WEATHER], tool_choice="none")) is None
    assert tool_offer(chat(tools=[], tool_choice="auto")) is None
    required = tool_offer(chat(tools=[WEATHER, CLOCK], tool_choice="required", parallel_tool_calls=False))
    assert required is not None and required.forced and not required.parallel
    schema = json.loads(required.call_schema())
    assert [one["properties"]["name"] for one in schema["anyOf"]] == [{"const": "weather"}, {"const": "clock"}]
    named = tool_offer(chat(tools=[WEATHER, CLOCK], tool_choice={"type": "function", "function": {"name": "clock"}}))
    assert named is not None and named.names == {"clock"} and named.forced
    assert json.loads(named.call_schema())["properties"]["arguments"] == {"type": "object"}


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"tools": "x"}, "tools"),
        ({"tools": [{"type": "retrieval"}]}, "tools"),
        ({"tools": [{"type": "function", "function": {"name": "two words"}}]}, "tools"),
        ({"tools": [CLOCK, CLOCK]}, "tools"),
        ({"tools": [{"type": "function", "function": {"name": "x", "parameters": 3}}]}, "tools"),
        ({"tools": [CLOCK] * 129}, "tools"),
        ({"tools": [{"type": "function", "function": {"name": "x", "description": "y" * 200_000}}]}, "tools"),
        ({"tools": [CLOCK], "tool_choice": "perhaps"}, "tool_choice"),
        ({"tools": [CLOCK], "tool_choice": {"type": "function", "function": {"name": "weather"}}}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": [CLOCK], "parallel_tool_calls": "no"}, "parallel_tool_calls"),
        ({"tools": [CLOCK], "logprobs": True}, "logprobs"),
        ({"tools": [CLOCK], "tool_choice": "required", "response_format": {"type": "json_object"}}, "response_format"),
        ({"messages": [{"role": "assistant", "content": None, "tool_calls": [{}]}]}, "messages.0.tool_calls"),
        ({"messages": [{"role": "tool", "content": "x", "tool_call_id": 5}]}, "messages.0.tool_call_id"),
    ],
)
def test_what_is_no_tool_is_refused_by_name(more: dict[str, Any], param: str) -> None:
    with pytest.raises(GenerationFailed) as refused:
        generation_request(chat(**more), served_model="m", takes_tools=True)
    assert refused.value.param == param


def test_a_model_without_tools_refuses_them_instead_of_forgetting_them() -> None:
    with pytest.raises(GenerationFailed) as refused:
        generation_request(chat(tools=[CLOCK]), served_model="m")
    assert refused.value.param == "tools"
    assert generation_request(chat(tools=[CLOCK], tool_choice="none"), served_model="m").tools is None


def test_earlier_calls_and_their_results_reach_the_template() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
    messages = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    ]
    got = generation_request(chat(messages=messages, tools=[WEATHER]), served_model="m", takes_tools=True)
    assert got.messages[1].tool_calls[0]["function"]["arguments"] == {"city": "Rome"}
    assert (got.messages[2].role, got.messages[2].text, got.messages[2].tool_call_id) == ("tool", "sunny", "call_1")


@pytest.mark.parametrize(
    ("template", "format"),
    [
        ("{% for m in messages %}{{ m.content }}{% endfor %}", None),
        ("{# tools #}{{ messages }}", None),
        ("{% if broken", None),
        ("{% if tools %}{{ tools | tojson }}<tool_call></tool_call>{% endif %}", "hermes"),
        ("{%- generation -%}{% for t in tools %}{% break %}{% endfor %}<tool_call>{% endgeneration %}", "hermes"),
        ("{% if tools is not none %}[AVAILABLE_TOOLS]{% endif %}[TOOL_CALLS]", "mistral"),
        ("{% if tools %}Environment: ipython {'\"parameters\"'}{% endif %}<|python_tag|>", "llama"),
        ("{% if tools %}<function_calls>{% endif %}", "plain"),
    ],
)
def test_a_template_tells_how_its_model_calls(template: str, format: ToolFormat | None) -> None:
    assert tool_format(template) == format


# --- the text --------------------------------------------------------------------------------------------------------


def read(format: Any, pieces: list[str], *, parallel: bool = True) -> tuple[str, list[tuple[str, str]], bool]:
    """Text, and each call's name and arguments."""
    numbers = iter(range(100))
    reader = ToolCallReader(format, NAMES, lambda: f"call_{next(numbers)}", parallel=parallel)
    found = [one for piece in pieces for one in reader.push(piece)] + reader.finish()
    text = "".join(one for one in found if isinstance(one, str))
    names: list[str] = []
    arguments: list[str] = []
    for one in found:
        if isinstance(one, ToolDelta):
            if one.id is not None:
                assert one.index == len(names) and one.name is not None and one.id == f"call_{one.index}"
                names.append(one.name)
                arguments.append("")
            arguments[one.index] += one.arguments
    return text, list(zip(names, arguments, strict=True)), reader.called


CALL = '<tool_call>{"name": "clock", "arguments": {}}</tool_call>'
UNKNOWN = '<tool_call>{"name": "rm", "arguments": {}}</tool_call>'
ROME = ("weather", '{"city": "Rome"}')
CASES: list[tuple[str, str, str, list[tuple[str, str]]]] = [
    ("hermes", "Just text, 1 < 2.\n", "Just text, 1 < 2.\n", []),
    ("hermes", '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>', "", [ROME]),
    (
        "hermes",
        'Let me see.\n<tool_call>{"name": "weather", "arguments": {"city": "Rome"}}</tool_call>\n'
        '<tool_call>{"name":"clock","arguments":{}}</tool_call>\n',
        "Let me see.", [ROME, ("clock", "{}")],
    ),
    (
        "hermes",
        '<tool_call>[{"name": "clock", "arguments": {}}, '
        '{"name": "weather", "arguments": {"city": "Rome"}}]</tool_call>',
        "", [("clock", "{}"), ROME],
    ),
    ("hermes", '<tool_call>{"name": "clock", "arguments": null}</tool_call>', "", [("clock", "{}")]),
    ("hermes", '<tool_call>{"name": "clock", "arguments": "{\\"a\\": 1}"}</tool_call>', "", [("clock", '{"a": 1}')]),
    ("hermes", '<tool_call>{"name": "clock", "arguments": {"a": "}</tool_call>\\""}}</tool_call> bye', " bye",
     [("clock", '{"a": "}</tool_call>\\""}')]),
    # Cut off in the middle: what came is handed on, as OpenAI does.
    ("hermes", '<tool_call>{"name": "weather", "arguments": {"city": "Ro', "", [("weather", '{"city": "Ro')]),
    ("hermes", '<tool_call>{"name": "clock", "arguments": {}}</tool_c', "", [("clock", "{}")]),
    # No calls: an unknown name, other JSON, no JSON, a mark alone.
    ("hermes", UNKNOWN, UNKNOWN, []),
    ("hermes", 'a <tool_call>{"x": 1}</tool_call> b', 'a <tool_call>{"x": 1}</tool_call> b', []),
    ("hermes", "a <tool_call>what?</tool_call> b", "a <tool_call>what?</tool_call> b", []),
    ("hermes", "a <tool_call>", "a <tool_call>", []),
    ("hermes", "a <tool_call></tool_call> b", "a <tool_call></tool_call> b", []),
    ("mistral", '[TOOL_CALLS][{"name": "weather", "arguments": {"city": "Rome"}}]', "", [ROME]),
    ("mistral", ' [{"name": "clock", "arguments": {}}, {"name": "clock", "arguments": {}}]', "", [("clock", "{}")] * 2),
    ("mistral", "[1] says so", "[1] says so", []),
    ("mistral", "[TOOL] box", "[TOOL] box", []),
    ("llama", '<|python_tag|>{"name": "weather", "parameters": {"city": "Rome"}}', "", [ROME]),
    (
        "llama", '{"name": "weather", "parameters": {"city": "Rome"}}; {"name": "clock", "parameters": {}}',
        "", [ROME, ("clock", "{}")],
    ),
    ("llama", '{"just": "json"}', '{"just": "json"}', []),
    ("llama", "Hello {you}", "Hello {you}", []),
    ("forced", '{"name": "weather", "arguments": {"city": "Rome"}}', "", [ROME]),
    ("plain", CALL, CALL, []),
]  # fmt: skip


@pytest.mark.parametrize(("format", "text", "said", "calls"), CASES)
def test_calls_are_found_and_all_else_stays_text(
    format: str, text: str, said: str, calls: list[tuple[str, str]]
) -> None:
    assert read(format, [text]) == (said, calls, bool(calls))
    assert read(format, list(text)) == (said, calls, bool(calls)), "character by character"


@given(st.sampled_from(CASES), st.lists(st.integers(0, 200), max_size=8))
def test_how_the_text_is_cut_changes_nothing(case: Any, cuts: list[int]) -> None:
    format, text, said, calls = case
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(places)]
    assert read(format, pieces)[:2] == (said, calls)


FRAGMENTS = st.sampled_from(
    ["<tool_call>", "</tool_call>", '{"name": "clock", ', '"arguments": ', "{", "}", "[", "]", '"', "\\", " ", "\n",
     "a", "<", "null", '{"name": "clock", "arguments": {}}', ",", ";", "[TOOL_CALLS]", "<|python_tag|>"]
)  # fmt: skip


@given(st.sampled_from(["hermes", "mistral", "llama", "forced", "plain"]), st.lists(FRAGMENTS, max_size=14))
@example("hermes", ["<tool_call>", '{"name": "clock", ', '"arguments": ', "1", "2", "}", "</tool_call>"])
def test_no_text_breaks_the_reader_and_pieces_never_matter(format: str, pieces: list[str]) -> None:
    whole = read(format, ["".join(pieces)])
    assert read(format, list("".join(pieces))) == whole
    if not whole[1]:
        assert whole[0] == "".join(pieces), "without a call nothing is lost"


def test_one_call_is_enough_where_only_one_is_wanted() -> None:
    two = '<tool_call>{"name": "clock", "arguments": {}}</tool_call>' * 2 + "text"
    assert read("hermes", list(two), parallel=False)[1] == [("clock", "{}")]


def test_arguments_come_as_they_are_made() -> None:
    reader = ToolCallReader("hermes", NAMES, lambda: "id")
    assert reader.push('<tool_call>{"name": "weather", "arguments": {"ci') == [
        ToolDelta(0, "id", "weather", ""), ToolDelta(0, None, None, '{"ci'),
    ]  # fmt: skip
    assert reader.push('ty": "') == [ToolDelta(0, None, None, 'ty": "')]


# --- OpenAI's client and the node session ----------------------------------------------------------------------------


class ReciteBackend(ScriptedBackend):
    """Says given text, some characters at a time, as a model with a known template would."""

    tool_format: ToolFormat | None = "hermes"

    def __init__(self, text: str) -> None:
        super().__init__(1, 0)
        self.text = text
        self.asked: list[GenerationRequest] = []

    async def answer(self, request: GenerationRequest) -> ScriptedAnswer:
        self.asked.append(request)
        return _Recital(self.text)


class _Recital(ScriptedAnswer):
    def __init__(self, text: str) -> None:
        super().__init__(5, 0, 1, 1, 0.0, StopStrings(()))
        self._pieces = [text[at : at + 7] for at in range(0, len(text), 7)]

    async def __anext__(self) -> str:
        if not self._pieces:
            self.finish_reason = "stop"
            raise StopAsyncIteration
        await asyncio.sleep(0)
        self.completion_tokens += 1
        return self._pieces.pop(0)


TWO_CALLS = (
    'One moment. <tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>\n'
    '<tool_call>\n{"name": "clock", "arguments": {}}\n</tool_call>'
)


@pytest.fixture
def serve(openai_client: Any) -> Callable[[ScriptedBackend], openai.AsyncOpenAI]:
    def start(backend: ScriptedBackend) -> Any:
        return openai_client(build_app(ChatService(backend, JobQueue(2, 2), lambda event: None), "secret"))

    return start


ASK: Any = {"model": "scripted", "messages": [{"role": "user", "content": "Weather?"}], "tools": [WEATHER, CLOCK]}


async def test_openais_client_gets_calls_whole_and_streamed(serve: Any) -> None:
    client = serve(ReciteBackend(TWO_CALLS))
    whole = await client.chat.completions.create(**ASK)
    (choice,) = whole.choices
    assert choice.finish_reason == "tool_calls" and choice.message.content == "One moment."
    calls = [(call.function.name, json.loads(call.function.arguments)) for call in choice.message.tool_calls]
    assert calls == [("weather", {"city": "Rome"}), ("clock", {})]
    assert len({call.id for call in choice.message.tool_calls}) == 2
    text, names, arguments = "", [], ["", ""]
    async for chunk in await client.chat.completions.create(**ASK, stream=True):
        (part,) = chunk.choices
        text += part.delta.content or ""
        for delta in part.delta.tool_calls or ():
            names += [delta.function.name] if delta.function.name else []
            arguments[delta.index] += delta.function.arguments
    assert (text, part.finish_reason) == ("One moment.", "tool_calls")
    assert [(name, json.loads(one)) for name, one in zip(names, arguments, strict=True)] == calls


async def test_an_answer_without_calls_is_an_answer(serve: Any) -> None:
    client = serve(ReciteBackend("It is sunny. "))
    whole = await client.chat.completions.create(**ASK)
    assert (whole.choices[0].finish_reason, whole.choices[0].message.content) == ("stop", "It is sunny. ")
    assert whole.choices[0].message.tool_calls is None


async def test_a_forced_call_follows_a_schema(serve: Any) -> None:
    backend = ReciteBackend('{"name": "weather", "arguments": {"city": "Rome"}}')
    whole = await serve(backend).chat.completions.create(**ASK, tool_choice="required")
    assert whole.choices[0].message.content is None
    assert whole.choices[0].message.tool_calls[0].function.name == "weather"
    assert json.loads(backend.asked[0].json_schema or "") == json.loads(
        tool_offer(chat(tools=[WEATHER, CLOCK], tool_choice="required")).call_schema()  # type: ignore[union-attr]
    )


async def test_refusals_are_the_clients_own_classes_of_errors(serve: Any) -> None:
    plain = ReciteBackend("x")
    plain.tool_format = None
    client = serve(plain)
    with pytest.raises(openai.BadRequestError) as bad:
        await client.chat.completions.create(**ASK)
    assert (bad.value.code, bad.value.param) == ("INVALID_REQUEST", "tools")
    with pytest.raises(openai.NotFoundError):
        await client.chat.completions.create(**{**ASK, "model": "other", "tools": openai.NOT_GIVEN})
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("other")
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="wrong").chat.completions.create(**ASK)


async def test_a_job_carries_calls_in_content_frames_within_their_size() -> None:
    big = "x" * 3000
    text = f'<tool_call>{{"name": "clock", "arguments": "{{\\"a\\": \\"{big}\\"}}"}}</tool_call>'
    service = ChatService(ReciteBackend(text), JobQueue(1, 1), lambda event: None)
    job = Job(
        job_id="0" * 16, completion_id="chatcmpl-1", body={**ASK, "model": "scripted"},
        first_token_deadline_ms=60_000, deadline_ms=60_000,
    )  # fmt: skip
    frames: list[bytes] = []

    async def send(data: bytes) -> None:
        frames.append(data)

    meter = UsageMeter(SigningKey.generate(), gateway_origin("http://127.0.0.1:9"), job)
    done = await JobRun(job, CreditGate(Credit(10**6)), 2048, service, send, meter).run()
    assert isinstance(done, Done) and done.finish_reason == "tool_calls"
    arguments = ""
    for data in frames:
        frame = decode_frame(data)
        assert len(frame.payload) <= 2048
        if frame.kind is FrameKind.CONTENT:
            event = json.loads(frame.payload[6:])
            arguments += event["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(arguments) == {"a": big}
