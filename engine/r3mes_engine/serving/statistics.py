"""What the engine has done: counters, and the pace of the last seconds."""

from __future__ import annotations

from collections import deque

PACE_WINDOW_S = 10.0
"""Long enough to be steady, short enough to follow a change while somebody looks."""


class Statistics:
    """All times are monotonic seconds, passed in."""

    def __init__(self, started_at: float) -> None:
        self.requests = 0
        """Requests that ended, well or not."""
        self.completion_tokens = 0
        self._started_at = started_at
        self._recent: deque[tuple[float, int]] = deque()

    def token(self, now: float, count: int = 1) -> None:
        self.completion_tokens += count
        if self._recent and now - self._recent[-1][0] < 0.1:
            # Grouping keeps the memory small at any pace.
            at, before = self._recent[-1]
            self._recent[-1] = (at, before + count)
        else:
            self._recent.append((now, count))
        self._forget(now)

    def request_ended(self) -> None:
        self.requests += 1

    def tokens_per_second(self, now: float) -> float:
        self._forget(now)
        span = min(PACE_WINDOW_S, max(now - self._started_at, 1.0))
        return sum(count for _, count in self._recent) / span

    def _forget(self, now: float) -> None:
        while self._recent and now - self._recent[0][0] > PACE_WINDOW_S:
            self._recent.popleft()
