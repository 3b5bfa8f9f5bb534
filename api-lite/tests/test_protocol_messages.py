"""Messages, commands and events: every valid one survives the wire, everything else is a ProtocolError."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, BeforeValidator, StringConstraints

from r3mes_protocol.control import (
    ApiReadyEvent,
    Command,
    Event,
    ReadyEvent,
    command_line,
    parse_api_ready,
    parse_command,
    parse_event,
)
from r3mes_protocol.grants import SignedGrant, parse_signed_grant
from r3mes_protocol.limits import MAX_CONTROL_BYTES, MAX_CONTROL_LINE_BYTES, MAX_JOB_BYTES, MAX_SENTENCE_CHARS
from r3mes_protocol.messages import (
    Bye,
    Failed,
    FailureCode,
    GatewayMessage,
    Hello,
    Job,
    NodeMessage,
    Register,
    encode_job,
    parse_gateway_message,
    parse_node_message,
)
from r3mes_protocol.wire import JobId, ProtocolError, WireModel

few = settings(deadline=None, max_examples=20)
"""For properties that run once for each of the 26 kinds."""
many = settings(deadline=None, max_examples=100)

Parse = Callable[[str | bytes], WireModel]


def members(union: Any) -> tuple[type[WireModel], ...]:
    return get_args(get_args(union)[0])


SPOKEN: list[tuple[type[WireModel], Parse]] = [
    *((model, parse_gateway_message) for model in members(GatewayMessage)),
    *((model, parse_node_message) for model in members(NodeMessage)),
    *((model, parse_command) for model in members(Command)),
    *((model, parse_event) for model in members(Event)),
    (ApiReadyEvent, parse_api_ready),
    (SignedGrant, parse_signed_grant),
]
every_kind = pytest.mark.parametrize(
    ("model", "parse"), SPOKEN, ids=[f"{model.__name__}-{parse.__name__}" for model, parse in SPOKEN]
)

# --- strategies, built from the models themselves ----------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
PRINTABLE = st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp"))
HEX = re.compile(r"\^\[0-9a-f\]\{(\d+)\}\$")
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@cache
def message(model: type[WireModel]) -> st.SearchStrategy[WireModel]:
    return strategy_of(model)


def strategy_of(annotation: Any, metadata: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return strategy_of(get_args(annotation)[0], (*metadata, *get_args(annotation)[1:]))
    if origin in (Union, UnionType):
        return st.one_of([strategy_of(part, metadata) for part in get_args(annotation)])
    if origin is Literal:
        return st.sampled_from(get_args(annotation))
    if origin is tuple:
        most = min(bounds(metadata).get("max_length", 3), 3)
        items = strategy_of(get_args(annotation)[0])
        return st.lists(items, min_size=bounds(metadata).get("min_length", 0), max_size=most).map(tuple)
    if origin is dict:
        return st.dictionaries(TEXT, JSON_VALUES, max_size=4)
    if annotation is NoneType:
        return st.none()
    if annotation is bool:
        return st.booleans()
    if issubclass(annotation, Enum):
        return st.sampled_from(annotation)
    if issubclass(annotation, BaseModel):
        return st.builds(
            annotation,
            **{
                name: strategy_of(field.annotation, tuple(field.metadata))
                for name, field in annotation.model_fields.items()
            },
        )
    return {int: integers, float: floats, str: texts}[annotation](metadata)


def bounds(metadata: tuple[Any, ...]) -> dict[str, Any]:
    """The constraints of a field under the names that pydantic gives them."""
    found: dict[str, Any] = {}
    for item in metadata:
        if isinstance(item, annotated_types.GroupedMetadata):
            found |= bounds(tuple(item))
        for name in ("ge", "le", "gt", "lt", "min_length", "max_length", "pattern"):
            value = getattr(item, name, None)
            if value is not None:
                found[name] = value
        # `Field(ge=0)` inside of Annotated keeps its constraints one level down.
        found |= bounds(tuple(getattr(item, "metadata", ())))
    return found


def integers(metadata: tuple[Any, ...]) -> st.SearchStrategy[int]:
    found = bounds(metadata)
    return st.integers(found.get("ge"), found.get("le"))


def floats(metadata: tuple[Any, ...]) -> st.SearchStrategy[float]:
    found = bounds(metadata)
    return st.floats(
        found.get("ge", found.get("gt")),
        found.get("le"),
        exclude_min="gt" in found,
        allow_nan=False,
        allow_infinity=False,
    )


def texts(metadata: tuple[Any, ...]) -> st.SearchStrategy[str]:
    if any(isinstance(item, BeforeValidator) for item in metadata):
        return st.text(PRINTABLE, max_size=60)
    found = bounds(metadata)
    most = found.get("max_length")
    if "pattern" in found:
        pattern = getattr(found["pattern"], "pattern", found["pattern"])
        if digits := HEX.fullmatch(pattern):
            size = int(digits[1]) // 2
            return st.binary(min_size=size, max_size=size).map(bytes.hex)
        if pattern.startswith("^[^"):
            return st.text(PRINTABLE, min_size=1, max_size=most)
        return st.from_regex(pattern, fullmatch=True).filter(lambda text: most is None or len(text) <= most)
    return st.text(st.characters(codec="utf-8"), min_size=found.get("min_length", 0), max_size=most or 60)


# --- what is valid -----------------------------------------------------------------------------------------------


@every_kind
@few
@given(data=st.data())
def test_a_message_survives_the_wire(model: type[WireModel], parse: Parse, data: st.DataObject) -> None:
    spoken = data.draw(message(model))
    text = spoken.to_json()
    assert parse(text) == spoken
    assert parse(text.encode()) == spoken
    assert command_line(spoken) == text.encode() + b"\n"
    assert "\n" not in text and "\r" not in text, "one message is one line"
    newer = {name for name, field in model.model_fields.items() if field.exclude_if and getattr(spoken, name) is None}
    assert json.loads(text).keys() == model.model_fields.keys() - newer, "both ends see the same keys"


@many
@given(text=st.text(max_size=1500))
def test_any_text_can_become_a_sentence(text: str) -> None:
    sentence = Bye(reason=text).reason
    assert len(sentence) <= MAX_SENTENCE_CHARS
    assert len(sentence) == min(len(text), MAX_SENTENCE_CHARS)
    assert Bye(reason=sentence).reason == sentence
    for forbidden in ("\n", "\r", "\t", "\x1b", "\x9b", "\u2028", "\u202e", "\x00"):
        assert forbidden not in sentence
    assert parse_node_message(Bye(reason=text).to_json()) == Bye(reason=sentence)


def test_a_long_sentence_of_a_peer_is_cut_and_not_refused() -> None:
    failed = parse_node_message(
        json.dumps(
            {
                "type": "failed",
                "job_id": "0" * 16,
                "code": "engine_error",
                "message": "\x1b[31m" + "é" * 5000,
                "retryable": True,
            }
        )
    )
    assert isinstance(failed, Failed) and failed.code is FailureCode.ENGINE_ERROR
    assert failed.message == " [31m" + "é" * 995


# --- what is refused ---------------------------------------------------------------------------------------------


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON document below its root, what is free to be anything left out."""
    items: Any = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list) and key != "body":
            yield from places(value, (*path, key))


def put(document: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


@every_kind
@few
@given(data=st.data())
def test_a_wrong_type_is_refused_in_every_place(model: type[WireModel], parse: Parse, data: st.DataObject) -> None:
    document = json.loads(data.draw(message(model)).to_json())
    path = data.draw(st.sampled_from(list(places(document))))
    put(document, path, "text" if isinstance(at(document, path), dict) else {"unexpected": []})
    with pytest.raises(ProtocolError):
        parse(json.dumps(document))


@every_kind
@few
@given(data=st.data())
def test_an_unknown_field_is_refused_on_every_level(model: type[WireModel], parse: Parse, data: st.DataObject) -> None:
    document = json.loads(data.draw(message(model)).to_json())
    objects = [(), *(path for path in places(document) if isinstance(at(document, path), dict) and path != ("body",))]
    put(document, (*data.draw(st.sampled_from(objects)), "surprise\x1b[31m"), data.draw(JSON_VALUES))
    with pytest.raises(ProtocolError) as refusal:
        parse(json.dumps(document))
    assert "\x1b" not in refusal.value.reason, "a peer's field name must not write into a terminal"


@every_kind
@few
@given(data=st.data())
def test_a_required_field_is_missed(model: type[WireModel], parse: Parse, data: st.DataObject) -> None:
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    document = json.loads(data.draw(message(model)).to_json())
    del document[data.draw(st.sampled_from(required or list(document)[:1]))]
    with pytest.raises(ProtocolError):
        parse(json.dumps(document))


@many
@given(kind=TEXT, data=st.data())
def test_an_unknown_kind_is_refused(kind: str, data: st.DataObject) -> None:
    for parse, tag in (
        (parse_gateway_message, "type"),
        (parse_node_message, "type"),
        (parse_command, "cmd"),
        (parse_event, "event"),
    ):
        with pytest.raises(ProtocolError):
            parse(json.dumps({tag: f"{kind}?"}))
        with pytest.raises(ProtocolError):
            parse(json.dumps({tag: data.draw(JSON_VALUES.filter(lambda value: not isinstance(value, str)))}))


@every_kind
@few
@given(data=st.data())
def test_a_message_of_the_other_side_is_refused(model: type[WireModel], parse: Parse, data: st.DataObject) -> None:
    text = data.draw(message(model)).to_json()
    for other in (parse_gateway_message, parse_node_message, parse_command, parse_event):
        understood = {candidate for candidate, parser in SPOKEN if parser is other}
        if model not in understood and model is not ApiReadyEvent:
            with pytest.raises(ProtocolError):
                other(text)


@many
@given(st.binary(max_size=300) | st.text(max_size=300) | JSON_VALUES.map(json.dumps))
def test_anything_else_is_a_protocol_error(data: str | bytes) -> None:
    for parse in {parse for _, parse in SPOKEN}:
        with pytest.raises(ProtocolError):
            parse(data)


HEARTBEAT = '{"type":"heartbeat","active":%s,"queued":0}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{}",
        "[]",
        "null",
        '{"type":"bye"',
        '{"type":"bye"}{"type":"bye"}',
        "\ufeff" + '{"type":"bye"}',
        '{"type":"bye","reason":"\\ud800"}',
        '{"type":"bye","reason":"\ud800"}',
        '{"type":"bye","reason":"a\nb"}',
        "{'type':'bye'}",
        '{"type":"bye",}',
        '{"type":"bye"}//',
        HEARTBEAT % "NaN",
        HEARTBEAT % "-Infinity",
        HEARTBEAT % "1e3",
        HEARTBEAT % "1.5",
        HEARTBEAT % "true",
        HEARTBEAT % '"1"',
        HEARTBEAT % "-1",
        HEARTBEAT % 2**54,
        HEARTBEAT % ("9" * 60_000),
        "[" * 60_000,
        '{"type":' * 6_000,
        '{"type":"drain","type":"nothing"}',
    ],
    ids=lambda text: repr(text[:40]),
)
def test_json_traps_of_a_node(text: str) -> None:
    with pytest.raises(ProtocolError):
        parse_node_message(text)
    with pytest.raises(ProtocolError):
        parse_node_message(text.encode("utf-8", "surrogatepass"))


def test_bytes_that_are_no_utf8_are_refused() -> None:
    for junk in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc3"):
        with pytest.raises(ProtocolError):
            parse_node_message(b'{"type":"bye","reason":"' + junk + b'"}')


def test_of_a_repeated_key_the_last_counts_at_both_ends() -> None:
    text = '{"type":"done","reason":"first","type":"bye","reason":"last"}'
    assert parse_node_message(text) == Bye(reason="last")
    assert json.loads(text) == {"type": "bye", "reason": "last"}


JOB = (
    '{"type":"job","job_id":"0123456789abcdef","completion_id":"x","first_token_deadline_ms":1,'
    '"deadline_ms":1,"body":%s}'
)


@pytest.mark.parametrize(
    "body",
    [
        *('{"a":NaN}', '{"a":[Infinity]}', '{"a":-Infinity}', "[]", "null", '"text"', "1"),
        *('{"a":1e+30800}', '{"a":[{"b":-1e999}]}', '{"a":' + "9" * 400 + ".5}"),
    ],
)
def test_a_job_body_is_a_json_object_whose_numbers_are_finite(body: str) -> None:
    with pytest.raises(ProtocolError):
        parse_gateway_message(JOB % body)


def test_the_words_of_constants_are_text_inside_of_strings() -> None:
    job = parse_gateway_message(JOB % '{"a":"NaN and Infinity"}')
    assert isinstance(job, Job) and job.body == {"a": "NaN and Infinity"}


@pytest.mark.parametrize("depth", [100, 250, 5_000, 300_000])
def test_deep_nesting_is_bounded(depth: int) -> None:
    text = JOB % ('{"a":' * depth + "1" + "}" * depth)
    if depth <= 100:
        assert isinstance(parse_gateway_message(text), Job)
    else:
        with pytest.raises(ProtocolError):
            parse_gateway_message(text)


def test_a_frame_may_be_as_large_as_its_bound_and_no_larger() -> None:
    frame = HEARTBEAT % "1"
    assert parse_node_message(frame + " " * (MAX_CONTROL_BYTES - len(frame)))
    for data in (frame + " " * (MAX_CONTROL_BYTES - len(frame) + 1), "é" * (MAX_CONTROL_BYTES // 2 + 1)):
        for form in (data, data.encode()):
            with pytest.raises(ProtocolError, match="bytes"):
                parse_node_message(form)
    with pytest.raises(ProtocolError, match="bytes"):
        parse_gateway_message("x" * (MAX_JOB_BYTES + 1))
    with pytest.raises(ProtocolError, match="bytes"):
        parse_event("x" * (MAX_CONTROL_LINE_BYTES + 1))


@many
@given(data=st.data(), count=st.integers(513, 600))
def test_lists_are_bounded(data: st.DataObject, count: int) -> None:
    document = json.loads(data.draw(message(Register)).to_json())
    document["available_loras"] = [{"name": "a"}] * count
    with pytest.raises(ProtocolError, match="too_long"):
        parse_node_message(json.dumps(document))


@many
@given(data=st.data())
def test_a_hello_names_a_canonical_origin(data: st.DataObject) -> None:
    document = json.loads(data.draw(message(Hello)).to_json())
    document["gateway"] = data.draw(
        st.sampled_from(
            [
                "http://A.example",
                "ftp://a",
                "http://a/",
                "http://a/x",
                "http://u@a",
                "http://a b",
                "http://",
                "http://a\n",
            ]
        )
    )
    with pytest.raises(ProtocolError):
        parse_gateway_message(json.dumps(document))


def test_what_is_refused_is_never_quoted() -> None:
    secret = "sesame-open"
    for text in (
        f'{{"type":"{secret}"}}',
        f'{{"type":"bye","reason":["{secret}"]}}',
        f'{{"type":"heartbeat","active":"{secret}","queued":0}}',
        f'{{"{secret} {secret}":1',
    ):
        with pytest.raises(ProtocolError) as refusal:
            parse_node_message(text)
        assert secret not in str(refusal.value)
        assert refusal.value.__cause__ is None


# --- secrets -----------------------------------------------------------------------------------------------------


def test_the_token_is_in_the_ready_line_and_in_no_text_of_the_object() -> None:
    token = "a-very-secret-token"
    ready = {
        "port": 4711,
        "token": token,
        "model": "m",
        "device": {"kind": "cpu", "name": "CPU", "memory_mb": 1},
        "node_id": "ab" * 32,
    }
    event = ReadyEvent.model_validate(ready)
    assert token.encode() in command_line(event)
    assert token not in repr(event) and token not in str(event) and token not in f"{event!r:>10}"
    assert token not in repr([event])
    for broken in ({"token": token + "\n"}, {"port": 0}, {"model": ""}, {"device": None}):
        with pytest.raises(ValueError) as refusal:
            ReadyEvent.model_validate(ready | broken)
        assert token not in str(refusal.value) and token not in repr(refusal.value)


def test_messages_can_not_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Bye(reason="a").reason = "b"  # type: ignore[misc]


def test_the_walker_knows_every_constraint_that_messages_use() -> None:
    assert bounds((StringConstraints(max_length=3, pattern="^a$"),)) == {"max_length": 3, "pattern": "^a$"}
    assert bounds(tuple(Hello.model_fields["heartbeat_s"].metadata)) == {"ge": 0.01, "le": 3600}


@given(
    body=st.dictionaries(st.text(alphabet=st.characters(codec="utf-8"), max_size=5), JSON_VALUES, max_size=4),
    first=st.integers(0, 1000),
)
def test_the_quick_encoding_of_a_job_is_that_of_the_model(body: dict[str, Any], first: int) -> None:
    quick = encode_job(JobId("ab" * 8), "chatcmpl-1", body, first, 2000)
    slow = Job(job_id="ab" * 8, completion_id="chatcmpl-1", body=body, first_token_deadline_ms=first, deadline_ms=2000)
    assert parse_gateway_message(quick) == slow
    assert json.loads(quick) == json.loads(slow.to_json())
