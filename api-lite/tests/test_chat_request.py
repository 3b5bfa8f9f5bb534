"""The quick reader of chat requests and the protocol's model agree on every body."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from r3mes_api.routes.chat_request import read_chat_request, read_plain
from r3mes_protocol.chat import ChatRequest, parse_chat_request
from r3mes_protocol.errors import ApiError, ErrorCode

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3) | st.sampled_from(["", "a", "text", "x" * 129]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "text", "b"]), inner),
    max_leaves=5,
)
ROLES = st.sampled_from(["system", "developer", "user", "assistant", "tool", "nobody"])
MESSAGES = st.fixed_dictionaries({"role": ROLES | JSON}, optional={"content": st.text(max_size=4) | JSON, "name": JSON})
FIELDS: dict[str, Any] = {
    "stream": st.booleans() | JSON,
    "stream_options": st.fixed_dictionaries({}, optional={"include_usage": st.booleans() | JSON, "other": JSON}) | JSON,
    "max_tokens": st.integers(-1, 10) | JSON,
    "max_completion_tokens": st.integers(-1, 10) | JSON,
    "temperature": st.floats(-0.5, 2.5) | JSON,
    "top_p": st.floats(-0.5, 1.5) | JSON,
    "stop": st.lists(st.text(max_size=2), max_size=2) | JSON,
    "seed": st.integers() | JSON,
    "n": st.integers(-1, 18) | JSON,
    "adapter": st.text(max_size=3) | JSON,
    "newer": JSON,
}
BODIES = st.fixed_dictionaries(
    {"model": st.text(min_size=1, max_size=3) | JSON, "messages": st.lists(MESSAGES | JSON, max_size=3) | JSON},
    optional=FIELDS,
)


def _sound(request: ChatRequest) -> dict[str, Any]:
    return request.model_dump(mode="json", exclude_unset=True, exclude={"model", "adapter"})


@given(BODIES | JSON)
@settings(max_examples=400, deadline=None)
@example({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "n": True})
@example({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "temperature": 1, "seed": 10**30})
@example({"model": "m", "messages": [{"role": [], "content": {}}]})
def test_both_readers_agree(document: Any) -> None:
    data = json.dumps(document).encode()
    try:
        expected = parse_chat_request(data)
    except ApiError as error:
        assert read_plain(data) is None
        with pytest.raises(ApiError) as raised:
            read_chat_request(data)
        assert (raised.value.message, raised.value.param) == (error.message, error.param)
        return
    found = read_chat_request(data)
    assert (found.model, found.adapter, found.token_limit) == (expected.model, expected.adapter, expected.token_limit)
    assert found.body == _sound(expected)
    assert found.prompt == expected.messages[-1].text()
    assert (found.stream, found.choices) == (bool(expected.stream), expected.n or 1)
    wants = expected.stream_options is not None and expected.stream_options.include_usage is True
    assert found.include_usage is wants


@given(st.binary(max_size=30) | st.text(alphabet='{}[]":,\\udNaN0179e+-', max_size=30).map(str.encode))
@settings(deadline=None)
@example(b'{"model":"m","messages":[{"role":"user","content":"\\ud800"}]}')
@example(b'{"model":"m","messages":[{"role":"user","content":"a"}],"seed":NaN}')
@example(b'{"model":"m","messages":[{"role":"user","content":"a"}],"x":1e999}')
@example(b'{"model":"m","messages":[{"role":"user","content":"a","x":[1e999]}]}')
@example(b'{"model":"m","messages":[{"role":"user","content":[{"x":-1e999}]}]}')
@example(b'{"model":"m","messages":[{"role":"user","content":"a"}],"x":' + b"[" * 300 + b"]" * 300 + b"}")
@example(b'{"model":"m","messages":[{"role":"user","content":"\xff"}]}')
def test_what_is_no_json_is_left_to_the_model(data: bytes) -> None:
    try:
        parse_chat_request(data)
    except ApiError:
        assert read_plain(data) is None


@pytest.mark.parametrize("number", ["1e+30800", "-1e999", "9" * 400 + ".5"])
@pytest.mark.parametrize("place", ['"x":%s', '"x":[{"y":%s}]', '"logit_bias":{"7":%s}'])
def test_a_number_that_no_float_can_hold_is_the_fault_of_the_request(number: str, place: str) -> None:
    text = '{"model":"m","messages":[{"role":"user","content":"a"}],' + place % number + "}"
    with pytest.raises(ApiError) as refusal:
        read_chat_request(text.encode())
    assert (refusal.value.code, refusal.value.status) == (ErrorCode.INVALID_REQUEST, 400)


def test_an_ordinary_request_takes_the_quick_way() -> None:
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url"}]}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.7,
        "max_tokens": 5,
        "stop": ["a"],
        "tools": [],
    }
    found = read_plain(json.dumps(body).encode())
    assert found is not None and found.prompt == "Hi" and found.include_usage and found.token_limit == 5
