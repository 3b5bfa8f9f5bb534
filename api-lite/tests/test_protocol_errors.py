"""Errors, exit codes and chat shapes: complete tables, and bodies that every client can read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r3mes_protocol.chat import (
    ChatMessage,
    chunk,
    completion,
    encode_completion,
    parse_chat_request,
    usage_body,
    usage_chunk,
)
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import FailureCode, RejectCode, Usage

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "invalid_request_error",
    405: "invalid_request_error",
    409: "invalid_request_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
    500: "server_error",
    502: "upstream_error",
    503: "service_unavailable",
    504: "upstream_error",
}


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_a_status_and_the_type_that_belongs_to_it(code: ErrorCode) -> None:
    error = ApiError(code, "What happened.", param="model", retry_after_s=3)
    assert error.body() == {
        "error": {"message": "What happened.", "type": TYPES[error.status], "code": code.value, "param": "model"}
    }
    assert json.loads(error.to_json()) == error.body()
    assert code.value == code.name
    assert str(error) == "What happened."


@settings(deadline=None)
@given(message=st.text(st.characters()))
def test_any_message_can_be_told(message: str) -> None:
    body = json.loads(ApiError(ErrorCode.INTERNAL, message).to_json())
    assert body["error"]["message"] == message.encode("utf-8", "replace").decode()


def test_exit_codes_are_those_that_supervisors_know() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "OK": 0,
        "USAGE": 2,
        "NO_USABLE_GPU": 10,
        "MODEL_UNUSABLE": 11,
        "REJECTED_BY_GATEWAY": 12,
        "KEY_OR_GRANT_INVALID": 13,
        "OUT_OF_MEMORY": 14,
        "INTERNAL": 70,
        "CONFIGURATION": 78,
    }
    assert {code for code in ExitCode if code.worth_restarting} == {ExitCode.OUT_OF_MEMORY, ExitCode.INTERNAL}


def test_only_passing_refusals_are_worth_another_try() -> None:
    assert {code.value for code in RejectCode if code.worth_retrying} == {
        "register_timeout",
        "stake_unknown",
        "too_many_registrations",
        "gateway_full",
        "shutting_down",
    }
    for kind in (RejectCode, FailureCode):
        assert all(code.value == code.name.lower() for code in kind)


REQUEST: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def refused(body: bytes | dict[str, Any]) -> ApiError:
    with pytest.raises(ApiError) as refusal:
        parse_chat_request(body)
    assert refusal.value.code is ErrorCode.INVALID_REQUEST and refusal.value.status == 400
    refusal.value.to_json()
    return refusal.value


def test_a_request_is_read_from_bytes_and_from_a_dictionary() -> None:
    body = REQUEST | {"max_tokens": 5, "stream": True, "stream_options": {"include_usage": True}, "newer": [1]}
    for form in (body, json.dumps(body).encode()):
        request = parse_chat_request(form)
        assert request.token_limit == 5 and request.stream and request.messages[0].text() == "hi"
        assert request.model_extra == {"newer": [1]}
    assert parse_chat_request(body | {"max_completion_tokens": 3}).token_limit == 3


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"model": ""}, "model"),
        ({"model": None}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": "x"}] * 2049}, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": {"a": 1}}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": ["x"]}]}, "messages.0.content"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": "warm"}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"n": 17}, "n"),
        ({"stop": 1}, "stop"),
        ({"adapter": ""}, "adapter"),
        ({"stream_options": {"include_usage": "perhaps"}}, "stream_options.include_usage"),
    ],
)
def test_the_parameter_at_fault_is_named(changes: dict[str, Any], param: str) -> None:
    error = refused(json.dumps(REQUEST | changes).encode())
    assert error.param is not None and error.param.startswith(param)
    assert not set(error.param.split(".")) & {"str", "list[str]", "list[dict[str,any]]"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"{",
        b'{"model":"m"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        json.dumps(REQUEST).encode()[:-1] + b',"logit":NaN}',
        json.dumps(REQUEST).encode()[:-1] + b',"temperature":1e999}',
        json.dumps(REQUEST).encode()[:-1] + b',"seed":' + b"9" * 100_000 + b"}",
        b'{"model":"m","messages":[{"role":"user","content":"\\ud800"}]}',
    ],
    ids=lambda body: repr(body[:30]),
)
def test_a_body_that_is_no_request_is_told_so(body: bytes) -> None:
    assert len(refused(body).message) < 300


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_an_error(body: bytes) -> None:
    refused(body)


def test_the_text_of_a_message_is_its_text_parts() -> None:
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "text": "no", "image_url": {"url": "x"}},
        {"type": "text", "text": None},
        {"type": "text"},
        {"text": "no"},
        {"type": "text", "text": "b"},
    ]
    assert ChatMessage(role="user", content=parts).text() == "ab"
    assert ChatMessage(role="user", content="a").text() == "a"
    assert ChatMessage(role="assistant", content=None).text() == ""


def test_shapes_are_those_of_openai() -> None:
    usage = Usage(prompt_tokens=3, completion_tokens=4)
    assert usage_body(usage) == {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    assert chunk("c", "m", 1, role="assistant", content="")["choices"] == [
        {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
    ]
    assert chunk("c", "m", 1, finish_reason="stop")["choices"] == [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    last = usage_chunk("c", "m", 1, usage)
    assert last["choices"] == [] and last["usage"]["total_tokens"] == 7 and last["object"] == "chat.completion.chunk"
    choices = [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "length"}]
    whole = completion("c", "m", 1, choices=choices, usage=usage)
    assert whole["object"] == "chat.completion" and whole["choices"] == choices
    assert chunk("c", "m", 1, choice=2, content="x")["choices"][0]["index"] == 2


@settings(deadline=None)
@given(
    st.text(),
    st.text(),
    st.sampled_from(["stop", "length", "tool_calls"]),
    st.integers(0, 2**40),
    st.integers(0, 2**40),
)
def test_a_whole_answer_is_written_as_its_document(
    content: str, model: str, reason: Any, prompt_tokens: int, completion_tokens: int
) -> None:
    usage = Usage(prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": reason}
    document = completion("chatcmpl-1", model, 7, choices=[choice], usage=usage)
    written = encode_completion("chatcmpl-1", model, 7, content=content, finish_reason=reason, usage=usage)
    assert json.loads(written) == document
