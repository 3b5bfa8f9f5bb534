"""How fast a download is and how long it still takes. Pure: bytes and times in."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

WINDOW_S = 10.0
"""A pace over less jumps about; over more it tells of the past."""


@dataclass(frozen=True, slots=True)
class Pace:
    bytes_per_second: int
    seconds_left: int | None
    """None where nobody can know."""


class Speed:
    """Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, now: float, done: int) -> None:
        """`done` bytes are there. Fewer than before means that a file was begun again."""
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > WINDOW_S:
            self._seen.popleft()

    def rest(self) -> None:
        """A pause counts neither as slow nor as fast."""
        self._seen.clear()

    def pace(self, total: int | None) -> Pace:
        if len(self._seen) < 2:
            return Pace(0, None)
        (began, before), (now, done) = self._seen[0], self._seen[-1]
        rate = (done - before) / (now - began) if now > began else 0.0
        left = None if total is None or rate < 1 else round((total - done) / rate)
        return Pace(round(rate), left)
