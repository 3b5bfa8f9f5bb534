"""A figure over time: a bounded history and what can be said of it in words."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Summary:
    """Of the values that are known."""

    now: float | None
    lowest: float
    mean: float
    highest: float


class TimeSeries:
    """Samples of the last `span_s` seconds, oldest first. A value of None is a moment where nobody could tell."""

    def __init__(self, span_s: float) -> None:
        self.span_s = span_s
        self._times: deque[float] = deque()
        self._values: deque[float | None] = deque()

    def __len__(self) -> int:
        return len(self._times)

    def add(self, at: float, value: float | None) -> None:
        """A sample from before the newest one (the clock was set back) starts the history afresh."""
        if self._times and at < self._times[-1]:
            self._times.clear()
            self._values.clear()
        self._times.append(at)
        self._values.append(value)
        while self._times[0] < at - self.span_s:
            self._times.popleft()
            self._values.popleft()

    @property
    def times(self) -> list[float]:
        return list(self._times)

    @property
    def values(self) -> list[float | None]:
        return list(self._values)

    def sample(self, index: int) -> tuple[float, float | None]:
        """Raises IndexError."""
        return self._times[index], self._values[index]

    def nearest(self, at: float) -> int | None:
        """The index of the sample nearest to a moment; None while there is none."""
        if not self._times:
            return None
        right = bisect_left(self._times, at)
        if right == 0:
            return 0
        if right == len(self._times):
            return right - 1
        return right if self._times[right] - at < at - self._times[right - 1] else right - 1

    def summary(self) -> Summary | None:
        known = [value for value in self._values if value is not None]
        if not known:
            return None
        return Summary(self._values[-1], min(known), sum(known) / len(known), max(known))
