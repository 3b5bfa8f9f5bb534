"""Earnings, electricity and what is left, by day, GPU and node: everything that the page, the table and the command
line show. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from r3mes_launcher.core.earnings.break_even import BreakEven
from r3mes_launcher.core.earnings.card_day import MILLIJOULES_PER_KWH, CardDay
from r3mes_launcher.core.earnings.reading import EarningsReading, NodeDay
from r3mes_launcher.core.earnings.settled import settled_parts
from r3mes_launcher.core.earnings.standing import Standing

WEEK_DAYS = 7
MONTH_DAYS = 30
MAX_DAYS = 90
"""As long as the history keeps the energy."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Amounts are base units, money is in the person's currency. None: a price is missing, so nobody can tell."""

    earned: int = 0
    """By all nodes of the owner."""
    here: int = 0
    """The part of this computer's node."""
    settled: int = 0
    deliveries: int = 0
    tokens: int = 0
    kwh: Decimal = Decimal(0)
    """What this computer's cards used while the node ran on them."""
    income: Decimal | None = None
    """What `here` is worth at the person's own price of a REMES."""
    cost: Decimal | None = None
    """Of the electricity."""

    @property
    def pending(self) -> int:
        """Earned, and still held by the gateway."""
        return self.earned - self.settled

    @property
    def profit(self) -> Decimal | None:
        """After power."""
        return None if self.income is None or self.cost is None else self.income - self.cost


@dataclass(frozen=True, slots=True)
class DayFigures:
    day: date
    figures: Figures
    nodes: tuple[NodeDay, ...] = ()
    settled: Mapping[NodeDay, int] = field(default_factory=dict)
    """What of each of them was paid out."""


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """One node over the shown days."""

    node_id: str
    is_here: bool
    role: str
    figures: Figures
    disputed: int = 0


@dataclass(frozen=True, slots=True)
class GpuFigures:
    """One card of this computer over the shown days. What the node earned is shared out by the cards' energy."""

    uuid: str
    name: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class EarningsOverview:
    standing: Standing = Standing.SIGNED_OUT
    detail: str = ""
    owner: str = ""
    node_id: str = ""
    """Of this computer's node; empty while nobody knows it: then nobody can tell what it earned either."""
    read_at: float | None = None
    """When the gateway answered last; None: never, so there are no earnings in here."""
    currency: str = ""
    coin_price: Decimal | None = None
    has_tariff: bool = False
    has_other_nodes: bool = False
    today: Figures = field(default_factory=Figures)
    week: Figures = field(default_factory=Figures)
    month: Figures = field(default_factory=Figures)
    pending: int = 0
    """Of all time, as the gateway holds it."""
    settled: int = 0
    days: tuple[DayFigures, ...] = ()
    """Without a gap, the newest first."""
    nodes: tuple[NodeFigures, ...] = ()
    gpus: tuple[GpuFigures, ...] = ()
    break_even: BreakEven = field(default_factory=BreakEven)


_Summing = Callable[[Sequence[NodeDay], Sequence[CardDay]], Figures]


@dataclass(frozen=True, slots=True)
class Worth:
    """The person's prices."""

    coin_price: Decimal | None = None
    """Of one REMES; None while nobody said it."""
    currency: str = ""
    has_tariff: bool = False
    decimals: int = 6
    """Places of a REMES after the point."""

    def of(self, amount: int) -> Decimal | None:
        return None if self.coin_price is None else Decimal(amount).scaleb(-self.decimals) * self.coin_price

    def cost(self, cards: Iterable[CardDay]) -> Decimal | None:
        return sum((card.cost or Decimal(0) for card in cards), Decimal(0)) if self.has_tariff else None


def overview(
    reading: EarningsReading,
    energy: Sequence[CardDay],
    worth: Worth,
    *,
    today: date,
    count: int,
    here: str,
    standing: Standing = Standing.READY,
    detail: str = "",
    names: Mapping[str, str] | None = None,
    break_even: BreakEven | None = None,
) -> EarningsOverview:
    """The last `count` days up to `today`. `here` is the id of this computer's node, empty while nobody knows it;
    `names` are those of its cards."""
    first = today - timedelta(days=max(count, MONTH_DAYS) - 1)
    settled = settled_parts(reading.days, reading.nodes)
    rows = [row for row in reading.days if first <= row.day <= today]
    cards = [card for card in energy if first <= card.day <= today]

    def since(days: int) -> tuple[list[NodeDay], list[CardDay]]:
        begin = today - timedelta(days=days - 1)
        return [row for row in rows if row.day >= begin], [card for card in cards if card.day >= begin]

    def figures(some: Sequence[NodeDay], used: Sequence[CardDay]) -> Figures:
        mine = sum(row.earned for row in some if row.node_id == here)
        return Figures(
            earned=sum(row.earned for row in some),
            here=mine,
            settled=sum(settled[row] for row in some),
            deliveries=sum(row.deliveries for row in some),
            tokens=sum(row.tokens for row in some),
            kwh=sum((card.kwh for card in used), Decimal(0)),
            income=worth.of(mine) if here else None,
            cost=worth.cost(used),
        )

    days = []
    for back in range(count):
        day = today - timedelta(days=back)
        of_day = tuple(row for row in rows if row.day == day)
        used = [card for card in cards if card.day == day]
        days.append(DayFigures(day, figures(of_day, used), of_day, {row: settled[row] for row in of_day}))
    shown, used = since(count)
    return EarningsOverview(
        standing=standing,
        detail=detail,
        owner=reading.owner,
        node_id=here,
        read_at=reading.read_at,
        currency=worth.currency,
        coin_price=worth.coin_price,
        has_tariff=worth.has_tariff,
        has_other_nodes=any(total.node_id != here for total in reading.nodes),
        today=days[0].figures,
        week=figures(*since(WEEK_DAYS)),
        month=figures(*since(MONTH_DAYS)),
        pending=sum(total.pending for total in reading.nodes),
        settled=sum(max(0, total.earned - total.pending) for total in reading.nodes),
        days=tuple(days),
        nodes=_nodes(shown, used, here, figures),
        gpus=_gpus(shown, used, here, worth, names or {}),
        break_even=break_even or BreakEven(),
    )


def _nodes(rows: Sequence[NodeDay], used: Sequence[CardDay], here: str, figures: _Summing) -> tuple[NodeFigures, ...]:
    """This computer's first, then by what they earned."""
    groups: dict[tuple[str, str], list[NodeDay]] = {}
    for row in rows:
        groups.setdefault((row.node_id, row.role), []).append(row)
    made = [
        NodeFigures(
            node_id,
            node_id == here,
            role,
            figures(group, used if node_id == here else ()),
            sum(row.disputed for row in group),
        )
        for (node_id, role), group in groups.items()
    ]
    return tuple(sorted(made, key=lambda node: (not node.is_here, -node.figures.earned, node.node_id)))


def _gpus(
    rows: Sequence[NodeDay], used: Sequence[CardDay], here: str, worth: Worth, names: Mapping[str, str]
) -> tuple[GpuFigures, ...]:
    energy: dict[str, int] = {}
    for card in used:
        energy[card.uuid] = energy.get(card.uuid, 0) + card.millijoules
    uuids = sorted(energy)
    shares = split_by_weight(sum(row.earned for row in rows if row.node_id == here), [energy[uuid] for uuid in uuids])
    return tuple(
        GpuFigures(
            uuid,
            names.get(uuid, uuid),
            Figures(
                earned=share,
                here=share,
                kwh=energy[uuid] / MILLIJOULES_PER_KWH,
                income=worth.of(share) if here else None,
                cost=worth.cost(card for card in used if card.uuid == uuid),
            ),
        )
        for uuid, share in zip(uuids, shares, strict=True)
    )


def split_by_weight(amount: int, weights: Sequence[int]) -> list[int]:
    """Whole parts in proportion to the weights that add up to `amount`; what is left over goes to the largest rests.

    Nothing where all weights are zero: then nobody can tell whose it is.
    """
    total = sum(weights)
    if total <= 0:
        return [0] * len(weights)
    parts = [amount * weight // total for weight in weights]
    by_rest = sorted(range(len(parts)), key=lambda place: (-(amount * weights[place] % total), place))
    for place in by_rest[: amount - sum(parts)]:
        parts[place] += 1
    return parts
