from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from r3mes_engine.node.reconnect import (
    FAST_DELAY_S,
    FAST_JITTER,
    FAST_TRIES,
    MAX_DELAY_S,
    SLOW_JITTER,
    STABLE_AFTER_S,
    ReconnectPolicy,
)


def middle(low: float, high: float) -> float:
    return (low + high) / 2


def test_three_fast_tries_then_one_second_doubling_to_a_minute() -> None:
    policy = ReconnectPolicy(middle)
    delays = [round(policy.lost(now), 6) for now in range(12)]
    assert delays == [0.2, 0.2, 0.2, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_session_of_ten_seconds_starts_the_count_anew() -> None:
    policy = ReconnectPolicy(middle)
    for _ in range(8):
        policy.lost(0)
    policy.registered(100)
    assert policy.lost(100 + STABLE_AFTER_S) == FAST_DELAY_S


def test_a_session_that_dies_at_once_does_not() -> None:
    policy = ReconnectPolicy(middle)
    for _ in range(8):
        policy.lost(0)
    policy.registered(100)
    assert policy.lost(100 + STABLE_AFTER_S - 0.1) == 32
    # And the good moments of an earlier session do not count for a later one.
    assert policy.lost(10_000) == 60


@given(
    events=st.lists(st.tuples(st.booleans(), st.floats(0, 1000)), max_size=60),
    draws=st.lists(st.floats(0, 1), min_size=60, max_size=60),
)
def test_every_delay_keeps_its_bounds(events: list[tuple[bool, float]], draws: list[float]) -> None:
    unused = iter(draws)
    policy = ReconnectPolicy(lambda low, high: low + (high - low) * next(unused))
    now, failures, up_since = 0.0, 0, None
    for registers_first, passed in events:
        if registers_first:
            policy.registered(now)
            up_since = now
        now += passed
        delay = policy.lost(now)
        if up_since is not None and now - up_since >= STABLE_AFTER_S:
            failures = 0
        failures, up_since = failures + 1, None
        if failures <= FAST_TRIES:
            assert FAST_DELAY_S * (1 - FAST_JITTER) <= delay <= FAST_DELAY_S * (1 + FAST_JITTER)
        else:
            base = min(2 ** (failures - FAST_TRIES - 1), MAX_DELAY_S)
            assert base * (1 - SLOW_JITTER) <= delay <= base * (1 + SLOW_JITTER)


def test_years_offline_do_not_overflow() -> None:
    policy = ReconnectPolicy(middle)
    assert {policy.lost(now) for now in range(5000)} == {0.2, 1, 2, 4, 8, 16, 32, 60}
