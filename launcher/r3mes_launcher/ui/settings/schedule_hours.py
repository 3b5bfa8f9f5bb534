"""A weekly schedule as hours that can be ticked, and back. Pure functions."""

from __future__ import annotations

from r3mes_launcher.core.policy.schedule import DAY_MINUTES, Schedule, ScheduleWindow

DAYS, HOURS = 7, 24
_HOUR = 60
_ALL = DAYS * HOURS

Hours = frozenset[int]
"""Hours of the week: 0 is Monday, 00:00 to 01:00."""


def hours_of(schedule: Schedule) -> Hours:
    """Every hour in which some minute is allowed; finer windows come from elsewhere than the grid."""
    found = set()
    for window in schedule.windows:
        start = window.day * DAY_MINUTES + window.start
        first, last = start // _HOUR, (start + window.minutes - 1) // _HOUR
        found |= {hour % _ALL for hour in range(first, last + 1)}
    return frozenset(found)


def windows_of(hours: Hours) -> tuple[ScheduleWindow, ...]:
    """The fewest windows within days that allow exactly these hours."""
    made = []
    for day in range(DAYS):
        run: int | None = None
        for hour in range(HOURS + 1):
            on = hour < HOURS and day * HOURS + hour in hours
            if on and run is None:
                run = hour
            elif not on and run is not None:
                made.append(ScheduleWindow(day=day, start=run * _HOUR, minutes=(hour - run) * _HOUR))
                run = None
    return tuple(made)
