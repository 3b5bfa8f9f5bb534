"""The weekly schedule: when the node may serve, in the computer's local time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES


class ScheduleWindow(BaseModel):
    """From `start` on `day` for `minutes`; it may reach past midnight and past Sunday."""

    model_config = ConfigDict(frozen=True, extra="allow")

    day: Annotated[int, Field(ge=0, le=6)]
    """0 is Monday."""
    start: Annotated[int, Field(ge=0, lt=DAY_MINUTES)]
    """Minutes after midnight."""
    minutes: Annotated[int, Field(ge=1, le=WEEK_MINUTES)]

    def contains(self, minute_of_week: int) -> bool:
        return (minute_of_week - self.day * DAY_MINUTES - self.start) % WEEK_MINUTES < self.minutes


class Schedule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")

    enabled: bool = False
    windows: Annotated[tuple[ScheduleWindow, ...], Field(max_length=7 * 24)] = ()
    """When serving is allowed; they may overlap."""

    @model_validator(mode="after")
    def _never_never(self) -> Schedule:
        if self.enabled and not self.windows:
            raise ValueError("A schedule needs at least one time at which serving is allowed; or switch it off.")
        return self

    def allows(self, local: datetime) -> bool:
        return not self.enabled or self._allows_minute(minute_of_week(local))

    def next_change(self, local: datetime) -> float | None:
        """Seconds until `allows` becomes what it is not now; None where it never does.

        On a day on which the clocks are put forward or back it may be an hour off.
        """
        if not self.enabled:
            return None
        minute = minute_of_week(local)
        now_allowed = self._allows_minute(minute)
        edges = {
            (window.day * DAY_MINUTES + window.start + offset - minute) % WEEK_MINUTES
            for window in self.windows
            for offset in (0, window.minutes)
        }
        for wait in sorted(edges):
            if wait and self._allows_minute((minute + wait) % WEEK_MINUTES) is not now_allowed:
                begun = timedelta(seconds=local.second, microseconds=local.microsecond)
                return wait * 60 - begun.total_seconds()
        return None

    def _allows_minute(self, minute: int) -> bool:
        return any(window.contains(minute) for window in self.windows)


def minute_of_week(local: datetime) -> int:
    """0 is Monday, 00:00."""
    return local.weekday() * DAY_MINUTES + local.hour * 60 + local.minute
