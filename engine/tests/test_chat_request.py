from __future__ import annotations

import json
from typing import Any

import pytest

from r3mes_engine.backends.protocol import Message, Sampling, resolved
from r3mes_engine.errors import GenerationFailed
from r3mes_engine.serving.chat_parameters import ANY_JSON_OBJECT, MAX_BIASES
from r3mes_engine.serving.chat_request import MAX_STOP_CHARS, MAX_STOPS, generation_request
from r3mes_protocol.chat import parse_chat_request
from r3mes_protocol.messages import FailureCode


def request(**body: Any) -> Any:
    message = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **body}
    return generation_request(parse_chat_request(message), served_model="m")


def test_openais_parameters_are_understood() -> None:
    got = request(
        messages=[
            {"role": "developer", "content": "be brief"},
            {"role": "user", "content": [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]},
        ],
        max_tokens=5,
        temperature=0,
        top_p=0.5,
        seed=-3,
        stop="END",
    )
    assert got.messages == (Message("system", "be brief"), Message("user", "one two"))
    assert (got.max_new_tokens, got.sampling, got.stop) == (5, Sampling(0, 0.5, -3), ("END",))


def test_the_newer_name_of_the_limit_wins() -> None:
    assert request(max_tokens=5, max_completion_tokens=7).max_new_tokens == 7


@pytest.mark.parametrize(
    "neutral",
    [
        {"n": 1}, {"logprobs": False}, {"tools": []}, {"tool_choice": "none"}, {"response_format": {"type": "text"}},
        {"presence_penalty": 0}, {"frequency_penalty": 0.0}, {"logit_bias": {}}, {"logit_bias": None}, {"user": "x"},
        {"stream_options": {"include_usage": True}}, {"stop": None}, {"stop": []},
    ],
)  # fmt: skip
def test_parameters_that_ask_for_nothing_are_let_through(neutral: dict[str, Any]) -> None:
    assert request(**neutral).stop == ()


@pytest.mark.parametrize(
    ("param", "value"),
    [
        ("n", 2), ("logprobs", 3), ("top_logprobs", 3), ("tools", [{"type": "function"}]),
        ("tool_choice", "required"), ("response_format", {"type": "xml"}), ("response_format", "json"),
        ("response_format", {"type": "json_schema"}), ("response_format", {"type": "json_schema", "json_schema": {}}),
        ("response_format", {"type": "json_schema", "json_schema": {"schema": {"a": "x" * 2**17}}}),
        ("presence_penalty", 2.5), ("frequency_penalty", "1"), ("repetition_penalty", 0), ("top_k", 1.5),
        ("top_k", True), ("min_p", 1.5), ("logit_bias", {"5": 101}), ("logit_bias", {"x": 1}), ("logit_bias", [1]),
        ("logit_bias", {str(token): 1 for token in range(MAX_BIASES + 1)}), ("ignore_eos", 1),
        ("stop", ["x"] * (MAX_STOPS + 1)), ("stop", ""), ("stop", ["x" * (MAX_STOP_CHARS + 1)]),
    ],
)  # fmt: skip
def test_what_is_not_served_is_refused_by_name_and_never_ignored(param: str, value: Any) -> None:
    with pytest.raises(GenerationFailed) as refusal:
        request(**{param: value})
    assert (refusal.value.code, refusal.value.param) == (FailureCode.INVALID_REQUEST, param)
    assert not refusal.value.retryable


def test_sampling_of_other_servers_is_understood() -> None:
    got = request(
        top_k=-1, min_p=0.1, presence_penalty=1, frequency_penalty=-0.5, repetition_penalty=1.2,
        logit_bias={"7": -100, "3": 1.5}, logprobs=True, top_logprobs=4, ignore_eos=True,
    )  # fmt: skip
    assert got.sampling == Sampling(
        top_k=0, min_p=0.1, presence_penalty=1, frequency_penalty=-0.5, repetition_penalty=1.2,
        logit_bias=((3, 1.5), (7, -100.0)),
    )  # fmt: skip
    assert (got.logprobs, got.ignores_ends, got.choices) == (4, True, 1)
    assert request(top_k=40).sampling.top_k == 40


def test_json_is_asked_for_by_kind_or_by_schema() -> None:
    assert request(response_format={"type": "json_object"}).json_schema == ANY_JSON_OBJECT
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    asked = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
    assert json.loads(request(response_format=asked).json_schema) == schema


def test_an_adapter_is_named_beside_the_model_or_in_its_place() -> None:
    def adapter(**body: Any) -> Any:
        message = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **body}
        return generation_request(parse_chat_request(message), served_model="m", adapters={"a", "b"}).adapter

    assert adapter() is None
    assert adapter(adapter="a") == "a"
    assert adapter(model="b") == "b"
    assert adapter(model="b", adapter="b") == "b"
    for body, code in (
        ({"adapter": "c"}, FailureCode.ADAPTER_NOT_FOUND),
        ({"model": "c"}, FailureCode.MODEL_NOT_FOUND),
        ({"model": "b", "adapter": "c"}, FailureCode.ADAPTER_NOT_FOUND),
        ({"model": "b", "adapter": "a"}, FailureCode.INVALID_REQUEST),
    ):
        with pytest.raises(GenerationFailed) as refusal:
            adapter(**body)
        assert refusal.value.code is code


def test_defaults_are_the_makers_then_openais() -> None:
    assert resolved(Sampling(), Sampling()) == Sampling(1.0, 1.0)
    assert resolved(Sampling(), Sampling(0.2, 0.9)) == Sampling(0.2, 0.9)
    # Zero is a value, not a gap.
    assert resolved(Sampling(0, None, 4), Sampling(0.2, 0.9)) == Sampling(0, 0.9, 4)
