"""The request for the rest of an answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.routing.continuation import LONGEST_BYTES, AnswerSoFar, continuing, whole_usage
from r3mes_api.routing.question import Question
from r3mes_protocol.chat import chunk
from r3mes_protocol.messages import Usage
from r3mes_protocol.sse import encode_event


def _event(**delta: Any) -> bytes:
    return encode_event(chunk("c", "m", 1, **delta))


def _question(**body: Any) -> Question:
    return Question("c", 1, 0.0, "m", None, {"messages": [{"role": "user", "content": "Hi"}], **body}, "Hi")


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=5), max_size=20), st.integers(1, 4))
def test_the_text_so_far_is_what_was_sent_however_it_was_cut(words: list[str], together: int) -> None:
    so_far = AnswerSoFar()
    events = [_event(content="", role="assistant"), *(_event(content=word) for word in words)]
    for place in range(0, len(events), together):
        so_far.add(b"".join(events[place : place + together]))
    assert so_far.text() == "".join(words)
    assert so_far.chunks == len(words)


@given(st.binary(max_size=40))
def test_what_can_not_be_read_is_not_continued(data: bytes) -> None:
    so_far = AnswerSoFar()
    so_far.add(b"data: " + data + b"\n\n")
    assert so_far.text() in (None, "")


def test_an_end_a_tool_call_and_a_long_answer_are_not_continued() -> None:
    ended = AnswerSoFar()
    ended.add(_event(content="a") + _event(finish_reason="stop"))
    assert ended.text() is None
    tool = AnswerSoFar()
    tool.add(b'data: {"choices":[{"delta":{"tool_calls":[]}}]}\n\n')
    assert tool.text() is None
    long = AnswerSoFar()
    for _ in range(LONGEST_BYTES // 1000 + 2):
        long.add(_event(content="x" * 1000))
    assert long.text() is None


def test_the_rest_is_asked_for_on_the_same_model_and_within_the_limit() -> None:
    rest = continuing(_question(max_tokens=10, temperature=0.5), "One two", 2, "m", "x")
    assert rest is not None and rest.continues and (rest.model, rest.adapter) == ("m", "x")
    assert rest.body["messages"][-1] == {"role": "assistant", "content": "One two"}
    assert rest.body["continue_final_message"] is True and rest.body["add_generation_prompt"] is False
    assert rest.body["max_tokens"] == 8 and rest.body["temperature"] == 0.5
    assert continuing(rest, "three", 1, "m", "x") is None


@pytest.mark.parametrize("body", [{"max_tokens": 2}, {"tools": [{}]}, {"response_format": {"type": "json_object"}}])
def test_what_may_have_no_rest_is_not_continued(body: dict[str, Any]) -> None:
    assert continuing(_question(**body), "One two", 2, "m", None) is None


def test_the_text_that_was_read_again_is_not_paid_twice() -> None:
    assert whole_usage(Usage(prompt_tokens=12, completion_tokens=3), 5) == Usage(prompt_tokens=7, completion_tokens=8)
    assert whole_usage(Usage(prompt_tokens=2, completion_tokens=3), 5).prompt_tokens == 0
