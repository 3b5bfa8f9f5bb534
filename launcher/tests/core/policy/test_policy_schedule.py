"""The weekly schedule: every minute of a week against a plain reading of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from r3mes_launcher.core.policy.schedule import WEEK_MINUTES, Schedule, ScheduleWindow

MONDAY = datetime(2026, 11, 23)
WINDOWS = st.lists(
    st.builds(ScheduleWindow, day=st.integers(0, 6), start=st.integers(0, 1439), minutes=st.integers(1, WEEK_MINUTES)),
    min_size=1,
    max_size=6,
)


def test_a_window_reaches_past_midnight_and_past_sunday() -> None:
    night = Schedule(enabled=True, windows=(ScheduleWindow(day=6, start=22 * 60, minutes=10 * 60),))
    sunday = MONDAY - timedelta(days=1)
    assert not night.allows(sunday.replace(hour=21, minute=59))
    assert night.allows(sunday.replace(hour=22))
    assert night.allows(MONDAY.replace(hour=7, minute=59))
    assert not night.allows(MONDAY.replace(hour=8))
    assert night.next_change(MONDAY.replace(hour=7, minute=59, second=30)) == 30
    assert night.next_change(sunday.replace(hour=21)) == 3600


@given(WINDOWS, st.integers(0, WEEK_MINUTES - 1))
def test_the_next_change_is_the_first_minute_that_differs(windows: list[ScheduleWindow], minute: int) -> None:
    schedule = Schedule(enabled=True, windows=tuple(windows))
    local = MONDAY + timedelta(minutes=minute)
    allowed = {
        (window.day * 1440 + window.start + offset) % WEEK_MINUTES
        for window in windows
        for offset in range(window.minutes)
    }
    assert schedule.allows(local) == (minute in allowed)
    wait = schedule.next_change(local)
    differs = next(
        (w for w in range(1, WEEK_MINUTES) if ((minute + w) % WEEK_MINUTES in allowed) != (minute in allowed)), None
    )
    assert wait == (None if differs is None else differs * 60)


def test_a_schedule_without_times_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValidationError, match="at least one time"):
        Schedule(enabled=True)
    assert Schedule().allows(MONDAY) and Schedule().next_change(MONDAY) is None
