"""How many payload bytes of one job the gateway is ready to take."""

from __future__ import annotations

MAX_CREDIT_BYTES = 2**31
"""More than any answer; a gateway that grants without end must not make numbers that no one expects."""


class Credit:
    """Bytes granted and used since the job began. What is available is never negative."""

    def __init__(self, initial: int) -> None:
        self.initial = min(initial, MAX_CREDIT_BYTES)
        self.granted = self.initial
        self.used = 0

    @property
    def available(self) -> int:
        return max(0, self.granted - self.used)

    @property
    def delivered(self) -> int:
        """So many bytes have reached the gateway for sure: it gives credit back only for what it passed on."""
        return max(0, self.granted - self.initial)

    def grant(self, size: int) -> None:
        self.restate(self.granted + size)

    def restate(self, granted: int) -> None:
        """The gateway's own sum, after a lost socket on which grants may have been lost."""
        self.granted = min(granted, self.used + MAX_CREDIT_BYTES)

    def take(self, size: int) -> bool:
        """Uses `size` bytes if they are there. All or nothing, since a payload holds whole events."""
        if size > self.available:
            return False
        self.used += size
        return True
