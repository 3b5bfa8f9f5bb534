"""The breaker under any sequence of events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.routing.breaker import FAILURES_TO_OPEN, LONGEST_REST_S, PROBE_S, Breaker, BreakerState

EVENTS = st.lists(
    st.tuples(st.sampled_from(["failed", "succeeded", "asked", "unanswered"]), st.floats(0, 10)), max_size=40
)


def _apply(breaker: Breaker, event: str, now: float) -> None:
    match event:
        case "failed":
            breaker.failed(now)
        case "succeeded":
            breaker.succeeded()
        case "asked":
            if breaker.lets_pass(now):
                breaker.asked(now)
        case _:
            breaker.unanswered()


@given(EVENTS)
def test_no_history_keeps_a_node_out_for_longer_than_five_seconds(events: list[tuple[str, float]]) -> None:
    breaker, now = Breaker(), 0.0
    for event, pause in events:
        now += pause
        _apply(breaker, event, now)
        assert breaker.open_until - now <= LONGEST_REST_S < 5
    assert breaker.lets_pass(now + LONGEST_REST_S + PROBE_S)
    breaker.unanswered()
    assert breaker.lets_pass(now + LONGEST_REST_S)
    breaker.succeeded()
    assert breaker.lets_pass(now) and breaker.state(now) is BreakerState.CLOSED


@given(st.lists(st.sampled_from(["failed", "succeeded"]), max_size=30))
def test_only_failures_in_a_row_open_it(events: list[str]) -> None:
    breaker, row, opened = Breaker(), 0, False
    for number, event in enumerate(events):
        _apply(breaker, event, number * 0.001)
        row = row + 1 if event == "failed" else 0
        opened = row > 0 and (opened or row >= FAILURES_TO_OPEN)
        assert (breaker.state(number * 0.001) is BreakerState.OPEN) == opened


def test_one_request_at_a_time_tries_a_resting_node() -> None:
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN):
        breaker.failed(0)
    assert not breaker.lets_pass(0.9)
    assert breaker.lets_pass(1.1) and breaker.state(1.1) is BreakerState.HALF_OPEN
    breaker.asked(1.1)
    assert not breaker.lets_pass(1.2)
    breaker.failed(1.3)
    assert not breaker.lets_pass(2.4) and breaker.lets_pass(3.4)
    breaker.asked(3.4)
    breaker.succeeded()
    assert breaker.lets_pass(3.5)
