"""When an engine is to end: several may ask, the soonest counts."""

from __future__ import annotations


class Ending:
    """Pure: all times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self.reason = ""
        """Of the first who asked; empty as long as nobody did."""
        self._deadline = float("inf")

    def ask(self, reason: str, now: float, drain_s: float | None) -> None:
        """What runs may go on for `drain_s` seconds, or until it is done (None)."""
        self.reason = self.reason or reason
        if drain_s is not None:
            self._deadline = min(self._deadline, now + drain_s)

    @property
    def asked(self) -> bool:
        return bool(self.reason)

    def time_left(self, now: float) -> float | None:
        """Seconds that what runs may still have; None: as many as it needs."""
        return None if self._deadline == float("inf") else max(0.0, self._deadline - now)
