"""What one card used on one day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

MILLIJOULES_PER_KWH = Decimal(3_600_000_000)


@dataclass(frozen=True, slots=True)
class CardDay:
    """While the node's engine ran on it."""

    day: date
    uuid: str
    millijoules: int
    cost: Decimal | None
    """In the tariff's currency; None where no price is known."""

    @property
    def kwh(self) -> Decimal:
        return self.millijoules / MILLIJOULES_PER_KWH
