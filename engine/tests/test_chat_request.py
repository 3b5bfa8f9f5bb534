from __future__ import annotations

from typing import Any

import pytest

from r3mes_engine.backends.protocol import Message, Sampling, resolved
from r3mes_engine.errors import GenerationFailed
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
        ("n", 2), ("logprobs", True), ("top_logprobs", 3), ("tools", [{"type": "function"}]),
        ("tool_choice", "required"), ("response_format", {"type": "json_object"}), ("presence_penalty", 0.5),
        ("frequency_penalty", -1), ("logit_bias", {"5": 1}), ("stop", ["x"] * (MAX_STOPS + 1)), ("stop", ""),
        ("stop", ["x" * (MAX_STOP_CHARS + 1)]),
    ],
)  # fmt: skip
def test_what_is_not_served_is_refused_by_name_and_never_ignored(param: str, value: Any) -> None:
    with pytest.raises(GenerationFailed) as refusal:
        request(**{param: value})
    assert (refusal.value.code, refusal.value.param) == (FailureCode.INVALID_REQUEST, param)
    assert not refusal.value.retryable


def test_defaults_are_the_makers_then_openais() -> None:
    assert resolved(Sampling(), Sampling()) == Sampling(1.0, 1.0)
    assert resolved(Sampling(), Sampling(0.2, 0.9)) == Sampling(0.2, 0.9)
    # Zero is a value, not a gap.
    assert resolved(Sampling(0, None, 4), Sampling(0.2, 0.9)) == Sampling(0, 0.9, 4)
