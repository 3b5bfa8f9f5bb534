"""Which nodes offer a name, so that a choice looks at a few of them and not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")

SAMPLE = 24
"""A choice looks at so many nodes. The best of 24 taken at random is among the best tenth of all with 92 %."""


class Pool(Generic[T]):
    """A set from which a few members can be taken at random without looking at the rest."""

    __slots__ = ("_members", "_places", "stamp")

    def __init__(self) -> None:
        self._members: list[T] = []
        self._places: dict[T, int] = {}
        self.stamp = object()
        """Another one after each change, so that what was worked out from the members can be kept until then."""

    def __len__(self) -> int:
        return len(self._members)

    @property
    def members(self) -> Sequence[T]:
        return self._members

    def add(self, member: T) -> None:
        if member not in self._places:
            self._places[member] = len(self._members)
            self._members.append(member)
            self.stamp = object()

    def discard(self, member: T) -> None:
        place = self._places.pop(member, None)
        if place is None:
            return
        self.stamp = object()
        last = self._members.pop()
        if place < len(self._members):
            self._members[place] = last
            self._places[last] = place

    def some(self, random: Random) -> Sequence[T]:
        """All members where they are few, otherwise SAMPLE different ones."""
        return self._members if len(self._members) <= SAMPLE else random.sample(self._members, SAMPLE)


class Offers(Generic[T]):
    """Members by the names of what they offer."""

    def __init__(self) -> None:
        self._pools: dict[str, Pool[T]] = {}
        self._names: dict[T, frozenset[str]] = {}
        self.everyone: Pool[T] = Pool()

    def put(self, member: T, names: Iterable[str]) -> None:
        """What the member offers now, in the place of what it offered before."""
        new = frozenset(names)
        old = self._names.get(member, frozenset())
        self._names[member] = new
        self.everyone.add(member)
        for name in new - old:
            self._pools.setdefault(name, Pool()).add(member)
        self._leave(member, old - new)

    def remove(self, member: T) -> None:
        self.everyone.discard(member)
        self._leave(member, self._names.pop(member, frozenset()))

    def _leave(self, member: T, names: Iterable[str]) -> None:
        for name in names:
            pool = self._pools.get(name)
            if pool is not None:
                pool.discard(member)
                if not pool:
                    del self._pools[name]

    def offering(self, name: str | None) -> Pool[T] | None:
        """None where nobody offers the name; everyone for no name."""
        return self.everyone if name is None else self._pools.get(name)
