"""Which adapters stay in memory: the least recently used leave first, and what runs never leaves. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Residency(Generic[Key]):
    """The book of one memory. Sizes and capacity in bytes."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._sizes: dict[Key, int] = {}
        """In the order of their last use, the longest ago first."""
        self._leases: dict[Key, int] = {}

    @property
    def used(self) -> int:
        return sum(self._sizes.values())

    @property
    def keys(self) -> tuple[Key, ...]:
        return tuple(self._sizes)

    def __contains__(self, key: Key) -> bool:
        return key in self._sizes

    def leased(self, key: Key) -> bool:
        return key in self._leases

    def leavers(self, size: int) -> tuple[Key, ...] | None:
        """Who has to leave so that `size` bytes fit, longest unused first; None where even that is not enough."""
        missing = self.used + size - self.capacity
        leavers: list[Key] = []
        for key, held in self._sizes.items():
            if missing <= 0:
                break
            if key not in self._leases:
                leavers.append(key)
                missing -= held
        return tuple(leavers) if missing <= 0 else None

    def enter(self, key: Key, size: int) -> None:
        """The caller made room. The newest is the one that was used last."""
        assert key not in self._sizes and self.used + size <= self.capacity
        self._sizes[key] = size

    def leave(self, key: Key) -> None:
        assert key not in self._leases
        del self._sizes[key]

    def lease(self, key: Key) -> None:
        """In use from now on, once more."""
        self._sizes[key] = self._sizes.pop(key)
        self._leases[key] = self._leases.get(key, 0) + 1

    def end_lease(self, key: Key) -> None:
        self._leases[key] -= 1
        if not self._leases[key]:
            del self._leases[key]

    def free_places(self, size: int) -> int:
        """How many of this size fit without anybody leaving."""
        return max(0, self.capacity - self.used) // max(1, size)
