"""Made-up earnings for the pictures: a month of one card at home and another node elsewhere, and states without any."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from r3mes_launcher.core.earnings.break_even import BreakEven
from r3mes_launcher.core.earnings.card_day import CardDay
from r3mes_launcher.core.earnings.overview import EarningsOverview, Worth, overview
from r3mes_launcher.core.earnings.reading import EarningsReading, NodeDay, NodeTotal
from r3mes_launcher.core.earnings.standing import Standing

TODAY = date(2026, 1, 1)
LAST = 1_767_272_400.0
HERE = "9f3c51d07be2a46688c1d0e5f7a2b394c6d8e0f1a2b3c4d5e6f708192a3b4c5d"
ELSEWHERE = "41b7e0c2d96a5f8834e1c7b0a9d2f6135c8e7b4a0f9d3c2e1b5a6978d0c4e3f2"
CARDS = {"GPU-4a1f": "NVIDIA GeForce RTX 4090", "GPU-77c2": "NVIDIA GeForce RTX 3060"}


def month() -> EarningsOverview:
    random_ = random.Random(11)
    days, energy = [], []
    for back in range(30):
        day = TODAY - timedelta(days=back)
        share = 0.4 if back == 0 else random_.uniform(0.15, 1.0)
        tokens = round(420_000 * share)
        days.append(NodeDay(day, "serving", HERE, round(tokens / 280), tokens, 0, round(tokens * 5.4)))
        if back % 3:
            days.append(NodeDay(day, "serving", ELSEWHERE, 210, 61_000, back % 2, 329_400))
        watts = 90 + 240 * share
        joules = round(watts * 3600 * (9 if back == 0 else 22) * 1000)
        energy.append(CardDay(day, "GPU-4a1f", joules, Decimal(joules) / Decimal(3_600_000_000) * Decimal("0.27")))
        small = 18 * 3600 * 22 * 1000
        energy.append(CardDay(day, "GPU-77c2", small, Decimal(small) / Decimal(3_600_000_000) * Decimal("0.27")))
    here = sum(row.earned for row in days if row.node_id == HERE)
    other = sum(row.earned for row in days if row.node_id == ELSEWHERE)
    totals = (
        NodeTotal(HERE, 0, 0, 0, here + 31_000_000, here - 11_000_000),
        NodeTotal(ELSEWHERE, 0, 0, 0, other, other),
    )
    return overview(
        EarningsReading("remes1owner", tuple(days), totals, LAST),
        tuple(energy),
        Worth(Decimal("1.25"), "EUR", has_tariff=True),
        today=TODAY,
        count=30,
        here=HERE,
        names=CARDS,
        break_even=BreakEven(Decimal("0.071"), Decimal("0.065"), "EUR", 21_600.0),
    )


def without(standing: Standing) -> EarningsOverview:
    return overview(
        EarningsReading(), (), Worth(), today=TODAY, count=30, here="", standing=standing
    )  # fmt: skip


class Earnings:
    def __init__(self, seen: EarningsOverview | None = None) -> None:
        self._seen = seen

    async def overview(self, count: int = 30, *, anew: bool = False) -> Any:
        return self._seen or month()

    async def electricity(self, begin: float, end: float) -> tuple[Decimal | None, str]:
        return Decimal("1.84"), "EUR"
