"""Does the token loop still come forward? A kernel that hangs raises nothing, and the driver may answer all the while.
Pure."""

from __future__ import annotations

STUCK_S = 120.0
"""Of one step. The largest one, a whole batch of prompts, takes a GPU some seconds."""
LONGEST_GAP_S = 10.0
"""Between two looks. More means that nobody waited for a token, or that this very process stood still."""


class StepWatch:
    """Look often while somebody waits for a token. Times are monotonic seconds, passed in."""

    def __init__(self, stuck_s: float = STUCK_S) -> None:
        self._stuck_s = stuck_s
        self._steps: int | None = None
        self._looked_at = 0.0
        self._seen_s = 0.0
        """For how long the same step was seen."""

    def is_stuck(self, now: float, steps: int) -> bool:
        """`steps`: how many have ended so far."""
        if steps != self._steps:
            self._steps, self._seen_s = steps, 0.0
        else:
            self._seen_s += min(max(0.0, now - self._looked_at), LONGEST_GAP_S)
        self._looked_at = now
        return self._seen_s >= self._stuck_s
