"""What a kilowatt-hour costs at a moment: one price, or bands by weekday and hour. Money is decimal, never a float."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

MAX_BANDS = 32
WEEK = (0, 1, 2, 3, 4, 5, 6)
"""0 is Monday."""

Price = Annotated[Decimal, Field(ge=0, le=1000, max_digits=12, decimal_places=8)]
"""For one kilowatt-hour."""
CoinPrice = Annotated[Decimal, Field(ge=0, le=1_000_000, max_digits=18, decimal_places=10)]
"""For one REMES."""


class TariffBand(BaseModel):
    """From `from_hour` to `until_hour` on each of the days; past midnight where it ends no later than it begins."""

    model_config = ConfigDict(frozen=True, extra="allow")

    days: Annotated[tuple[Annotated[int, Field(ge=0, le=6)], ...], Field(min_length=1, max_length=7)] = WEEK
    """The weekdays on which it begins."""
    from_hour: Annotated[int, Field(ge=0, le=23)]
    until_hour: Annotated[int, Field(ge=1, le=24)]
    price: Price

    @field_validator("days")
    @classmethod
    def _in_order(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(set(days)))

    def contains(self, local: datetime) -> bool:
        day, hour = local.weekday(), local.hour
        if self.from_hour < self.until_hour:
            return day in self.days and self.from_hour <= hour < self.until_hour
        return (day in self.days and hour >= self.from_hour) or ((day - 1) % 7 in self.days and hour < self.until_hour)


@dataclass(frozen=True, slots=True)
class Tariff:
    currency: str = ""
    price: Decimal = Decimal(0)
    """Wherever no band says otherwise; 0 while nobody said it."""
    bands: tuple[TariffBand, ...] = ()
    """The first that contains a moment counts."""

    @property
    def is_known(self) -> bool:
        return self.price > 0 or any(band.price > 0 for band in self.bands)

    def price_at(self, local: datetime) -> Decimal:
        return next((band.price for band in self.bands if band.contains(local)), self.price)
