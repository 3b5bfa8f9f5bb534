from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.wallet.auto_lock import DEFAULT_IDLE_S, AutoLock, AutoLockPolicy, LockReason, SystemEvent


def test_ten_minutes_by_default() -> None:
    watch = AutoLock.start(AutoLockPolicy(), 1_000.0)
    for second in range(1_000, 1_600, 5):
        watch, reason = watch.look(float(second))
        assert reason is None
    watch, reason = watch.look(1_600.0)
    assert reason is LockReason.IDLE and watch.seconds_left(1_600.0) == 0.0


def test_activity_starts_the_time_again() -> None:
    watch = AutoLock.start(AutoLockPolicy(), 0.0)
    for second in range(0, 5_000, 50):
        watch, reason = watch.touched(float(second)).look(float(second))
        assert reason is None
    assert watch.seconds_left(4_950.0) == DEFAULT_IDLE_S


def test_sleep_and_session_lock() -> None:
    watch = AutoLock.start(AutoLockPolicy(), 0.0)
    assert watch.event(SystemEvent.SLEEP) is LockReason.SLEEP
    assert watch.event(SystemEvent.SESSION_LOCK) is LockReason.SESSION_LOCK
    careless = AutoLock.start(AutoLockPolicy(on_sleep=False, on_session_lock=False), 0.0)
    for event in (SystemEvent.WAKE, SystemEvent.SHUTDOWN, SystemEvent.SESSION_UNLOCK):
        assert watch.event(event) is None, "no reason to lock"
    assert careless.event(SystemEvent.SLEEP) is None and careless.event(SystemEvent.SESSION_LOCK) is None


def test_a_sleep_that_nobody_told_us_about() -> None:
    watch, _ = AutoLock.start(AutoLockPolicy(), 0.0).look(5.0)
    assert watch.look(200.0)[1] is LockReason.CLOCK_JUMP
    assert watch.look(1.0)[1] is LockReason.CLOCK_JUMP


@pytest.mark.parametrize("idle_s", [0.0, -1.0, 29.0, 1e9, float("nan")])
def test_it_cannot_be_switched_off_by_a_number(idle_s: float) -> None:
    with pytest.raises(ValueError, match="locks itself"):
        AutoLockPolicy(idle_s=idle_s)


@given(st.lists(st.tuples(st.booleans(), st.floats(0.1, 59.0)), max_size=60))
def test_it_locks_exactly_after_the_idle_time(moves: list[tuple[bool, float]]) -> None:
    now = active = 0.0
    watch = AutoLock.start(AutoLockPolicy(idle_s=120.0), now)
    for touch, wait in moves:
        now += wait
        if touch:
            active = now
            watch = watch.touched(now)
        watch, reason = watch.look(now)
        assert (reason is LockReason.IDLE) == (now - active >= 120.0)
