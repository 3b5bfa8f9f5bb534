"""How many payload bytes of one job the gateway is ready to take."""

from __future__ import annotations

MAX_CREDIT_BYTES = 2**31
"""More than any answer; a gateway that grants without end must not make numbers that no one expects."""


class Credit:
    """Bytes granted and not yet used. Never negative."""

    def __init__(self, initial: int) -> None:
        self._available = min(initial, MAX_CREDIT_BYTES)

    @property
    def available(self) -> int:
        return self._available

    def grant(self, size: int) -> None:
        self._available = min(self._available + size, MAX_CREDIT_BYTES)

    def take(self, size: int) -> bool:
        """Uses `size` bytes if they are there. All or nothing, since a payload holds whole events."""
        if size > self._available:
            return False
        self._available -= size
        return True
