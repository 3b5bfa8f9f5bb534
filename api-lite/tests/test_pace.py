"""What is learnt of a node's pace, and when silence is a stall."""

from __future__ import annotations

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.routing.pace import (
    GAPS_TO_JUDGE,
    SLOWEST_FIRST_S,
    SLOWEST_TOKEN_S,
    WINDOW,
    MedianWindow,
    Pace,
    Timing,
    stall_after,
)

SECONDS = st.floats(0, 1000)


@given(st.lists(st.tuples(SECONDS, SECONDS, st.integers(0, 1000), SECONDS), max_size=40))
def test_estimates_stay_within_what_was_seen_and_what_is_thinkable(
    answers: list[tuple[float, float, int, float]],
) -> None:
    pace = Pace()
    for number, (first, rest, tokens, gap) in enumerate(answers):
        pace.answered(float(number), first, rest, tokens, gap)
    if answers:
        firsts = [min(first, SLOWEST_FIRST_S) for first, *_ in answers[-WINDOW:]]
        assert min(firsts) <= pace.first_s <= max(firsts)
    assert 0 <= pace.token_s <= SLOWEST_TOKEN_S


def test_one_hiccup_does_not_count() -> None:
    pace = Pace()
    for _ in range(9):
        pace.answered(0, 0.2, 1.0, 101, 0.02)
    pace.answered(0, 60.0, 600.0, 101, 30.0)
    assert (pace.first_s, pace.token_s, pace.gap_s) == (0.2, 0.01, 0.02)


@given(st.integers(0, 10), SECONDS, st.none() | SECONDS, st.floats(0.1, 5), st.floats(5, 60))
def test_a_stall_is_between_the_floor_and_the_limit(
    gaps: int, longest: float, known: float | None, floor: float, limit: float
) -> None:
    pace = Pace()
    if known is not None:
        pace.answered(0, 1, 1, 10, known)
    after = stall_after(pace, gaps, longest, floor, limit)
    assert floor <= after <= limit
    if known is None and gaps < GAPS_TO_JUDGE:
        assert after == limit
    assert stall_after(pace, gaps, longest + 1, floor, limit) >= after


def test_an_answer_judges_by_its_own_pace_and_a_slow_client_teaches_nothing() -> None:
    pace = Pace()
    timing = Timing(pace, 0, 1, 1.5, 30)
    assert timing.stall_s == 30
    for _ in range(GAPS_TO_JUDGE):
        timing.heard(0.01)
    assert timing.stall_s == 1.5
    timing.heard(0.5)
    assert timing.stall_s == 10
    timing.whole(100, 5)
    assert pace.gap_s is None
    timing.whole(1.53, 5)
    assert pace.gap_s == 0.5


def test_a_node_that_answers_all_the_time_is_judged_by_more_than_a_moment() -> None:
    pace = Pace()
    for number in range(100 * WINDOW):
        # A thousand answers a second, and the node slows down in the last 32 of them.
        now = number / 1000
        pace.answered(now, 0.1 if number < 99 * WINDOW else 9.0, 1.0, 101, 0.02)
    assert pace.first_s == 0.1
    for second in range(WINDOW):
        pace.answered(100.0 + second, 9.0, 1.0, 101, 0.02)
    assert pace.first_s == 9.0


@given(st.lists(SECONDS, min_size=1, max_size=3 * WINDOW))
def test_a_window_knows_the_median_of_its_last_values(values: list[float]) -> None:
    window = MedianWindow()
    for count, value in enumerate(values, start=1):
        assert window.add(value) == pytest.approx(median(values[max(0, count - WINDOW) : count]))
        assert len(window) == min(count, WINDOW)
