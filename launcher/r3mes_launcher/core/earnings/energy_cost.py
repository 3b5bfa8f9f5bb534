"""What the cards used on each day, and what that cost. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from r3mes_launcher.core.earnings.card_day import MILLIJOULES_PER_KWH, CardDay
from r3mes_launcher.core.earnings.tariff import Tariff
from r3mes_launcher.core.history.gpu_record import GpuBucket

WIDTH_S = 900.0
"""Buckets to ask the history for: a quarter of an hour lies in one hour of every time zone on Earth."""

LocalTime = Callable[[float], datetime]
"""Seconds since the epoch as local time."""


def energy_by_day(
    buckets: Iterable[GpuBucket], tariff: Tariff, local: LocalTime = datetime.fromtimestamp
) -> tuple[CardDay, ...]:
    """What the node's engine used, by day and card. Each bucket costs what holds at its begin."""
    used: dict[tuple[date, str], dict[Decimal, int]] = {}
    for bucket in buckets:
        # Whole millijoules: from here on nothing is rounded.
        millijoules = round(bucket.node_energy_j * 1000)
        if millijoules > 0:
            at = local(bucket.at)
            _add(used.setdefault((at.date(), bucket.uuid), {}), tariff.price_at(at), millijoules)
    return tuple(
        CardDay(day, uuid, sum(by_price.values()), _cost(by_price) if tariff.is_known else None)
        for (day, uuid), by_price in sorted(used.items())
    )


def electricity_cost(
    buckets: Iterable[GpuBucket], tariff: Tariff, local: LocalTime = datetime.fromtimestamp
) -> Decimal | None:
    """Of all that the cards used, whatever for; None where no price is known."""
    by_price: dict[Decimal, int] = {}
    for bucket in buckets:
        _add(by_price, tariff.price_at(local(bucket.at)), max(0, round(bucket.energy_j * 1000)))
    return _cost(by_price) if tariff.is_known else None


def _add(by_price: dict[Decimal, int], price: Decimal, millijoules: int) -> None:
    by_price[price] = by_price.get(price, 0) + millijoules


def _cost(by_price: Mapping[Decimal, int]) -> Decimal:
    return sum((price * amount for price, amount in by_price.items()), Decimal(0)) / MILLIJOULES_PER_KWH
