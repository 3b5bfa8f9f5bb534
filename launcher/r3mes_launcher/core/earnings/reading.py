"""What a gateway says that an owner's nodes earned, as the launcher keeps it. Amounts are base units."""

from __future__ import annotations

from calendar import timegm
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class NodeDay:
    """One node on one day."""

    day: date
    role: str
    node_id: str
    deliveries: int
    tokens: int
    disputed: int
    earned: int


@dataclass(frozen=True, slots=True)
class NodeTotal:
    """One node since its first delivery."""

    node_id: str
    deliveries: int
    tokens: int
    disputed: int
    earned: int
    pending: int
    """What of it the gateway still holds."""


@dataclass(frozen=True, slots=True)
class EarningsReading:
    owner: str = ""
    days: tuple[NodeDay, ...] = ()
    nodes: tuple[NodeTotal, ...] = ()
    read_at: float | None = None


class EarningsSource(Protocol):
    """Where the earnings come from: a gateway's accounts, or a recorded day."""

    @property
    def node_id(self) -> str:
        """Of this computer's node, where the source itself knows it; otherwise empty."""
        ...

    async def read(self, first: date, last: date) -> EarningsReading:
        """Both days are included. Raises EarningsProblem."""
        ...

    async def sign_in(self) -> None:
        """The owner's word that the wallet may sign in there. Raises EarningsProblem and WalletError."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days with one offset from UTC. `only` is set where the clocks change on the day: then it is all one day."""

    since: int
    until: int
    """Not included."""
    offset_minutes: int
    only: date | None = None


def stretches(first: date, last: date, midnight: Callable[[date], float] | None = None) -> tuple[Stretch, ...]:
    """The days from `first` to `last`, in order, as a gateway can count them: each with a constant offset from UTC.

    `midnight` gives the moment at which a day begins, in seconds since the epoch.
    """
    begin_of = midnight or system_midnight
    made: list[Stretch] = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        begin, end = round(begin_of(day)), round(begin_of(day + timedelta(days=1)))
        offset = (timegm(day.timetuple()) - begin) // 60
        is_even = end - begin == 24 * 3600
        before = made[-1] if made else None
        if is_even and before is not None and before.only is None and before.offset_minutes == offset:
            made[-1] = replace(before, until=end)
        else:
            made.append(Stretch(begin, end, offset, None if is_even else day))
    return tuple(made)


def system_midnight(day: date) -> float:
    return datetime.combine(day, time()).timestamp()


def merged(rows: Iterable[NodeDay]) -> tuple[NodeDay, ...]:
    """One row for each day, role and node; the newest day first."""
    sums: dict[tuple[date, str, str], NodeDay] = {}
    for row in rows:
        key = (row.day, row.role, row.node_id)
        before = sums.get(key)
        sums[key] = row if before is None else _joined(before, row)
    return tuple(sums[key] for key in sorted(sums, key=lambda key: (-key[0].toordinal(), key[1], key[2])))


def _joined(one: NodeDay, other: NodeDay) -> NodeDay:
    return replace(
        one,
        deliveries=one.deliveries + other.deliveries,
        tokens=one.tokens + other.tokens,
        disputed=one.disputed + other.disputed,
        earned=one.earned + other.earned,
    )
