"""Prices by weekday and hour, what energy costs by them, and prices as they are typed: nothing is lost to rounding."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from r3mes_launcher.core.earnings.card_day import MILLIJOULES_PER_KWH
from r3mes_launcher.core.earnings.energy_cost import (
    WIDTH_S,
    electricity_cost,
    energy_by_day,
)
from r3mes_launcher.core.earnings.money_text import money_text
from r3mes_launcher.core.earnings.tariff import WEEK, Tariff, TariffBand
from r3mes_launcher.core.earnings.typed_price import price_text, typed_price
from r3mes_launcher.core.history.gpu_record import GpuBucket

MONDAY = datetime(2026, 11, 23)
NIGHT = TariffBand(from_hour=22, until_hour=6, price=Decimal("0.10"))

prices = st.decimals(0, 1000, places=8, allow_nan=False)
bands = st.builds(
    TariffBand,
    days=st.lists(st.integers(0, 6), min_size=1, max_size=7).map(tuple),
    from_hour=st.integers(0, 23),
    until_hour=st.integers(1, 24),
    price=prices,
)
tariffs = st.builds(Tariff, st.just("EUR"), prices, st.lists(bands, max_size=5).map(tuple))


def bucket(at: float, joules: float, uuid: str = "GPU-1", node_joules: float | None = None) -> GpuBucket:
    return GpuBucket(uuid, at, 900.0, None, None, None, None, joules, joules if node_joules is None else node_joules)


@given(bands, st.integers(0, 6), st.integers(0, 23))
def test_a_band_holds_exactly_its_hours(band: TariffBand, day: int, hour: int) -> None:
    # Hour by hour from each beginning, as somebody would count on their fingers.
    hours = set()
    for begin in band.days:
        length = (band.until_hour - band.from_hour) % 24 or 24
        if band.from_hour < band.until_hour:
            length = band.until_hour - band.from_hour
        hours |= {(begin * 24 + band.from_hour + number) % 168 for number in range(length)}
    assert band.contains(MONDAY + timedelta(days=day, hours=hour)) == (day * 24 + hour in hours)


def test_a_night_reaches_into_the_morning_after() -> None:
    friday = NIGHT.model_copy(update={"days": (4,)})
    assert friday.contains(MONDAY + timedelta(days=4, hours=23))
    assert friday.contains(MONDAY + timedelta(days=5, hours=5, minutes=59))
    assert not friday.contains(MONDAY + timedelta(days=4, hours=5))
    assert not friday.contains(MONDAY + timedelta(days=5, hours=6))


def test_the_first_band_counts_and_the_price_fills_the_rest() -> None:
    weekend = TariffBand(days=(5, 6), from_hour=0, until_hour=24, price=Decimal("0.05"))
    tariff = Tariff("EUR", Decimal("0.30"), (weekend, NIGHT))
    assert tariff.price_at(MONDAY + timedelta(days=5, hours=23)) == Decimal("0.05")
    assert tariff.price_at(MONDAY + timedelta(hours=23)) == Decimal("0.10")
    assert tariff.price_at(MONDAY + timedelta(hours=12)) == Decimal("0.30")
    assert tariff.is_known and not Tariff().is_known


@pytest.mark.parametrize(
    "wrong",
    [
        {"from_hour": 24, "until_hour": 6, "price": 1},
        {"from_hour": 0, "until_hour": 0, "price": 1},
        {"days": [], "from_hour": 0, "until_hour": 6, "price": 1},
        {"days": [7], "from_hour": 0, "until_hour": 6, "price": 1},
        {"from_hour": 0, "until_hour": 6, "price": -1},
        {"from_hour": 0, "until_hour": 6, "price": "NaN"},
        {"from_hour": 0, "until_hour": 6, "price": "Infinity"},
    ],
)
def test_a_band_that_can_not_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TariffBand.model_validate(wrong)


@given(
    tariffs,
    st.lists(st.tuples(st.integers(0, 40 * 96), st.integers(0, 400_000), st.sampled_from(["a", "b"])), max_size=30),
    st.integers(-48, 56),
)
def test_energy_and_its_cost_are_kept_whole(tariff: Tariff, drawn: list[tuple[int, int, str]], quarters: int) -> None:
    zone = timezone(timedelta(minutes=15 * quarters))

    def local(at: float) -> datetime:
        return datetime.fromtimestamp(at, zone)

    begin = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    buckets = [bucket(begin + place * WIDTH_S, joules, uuid) for place, joules, uuid in drawn]
    cards = energy_by_day(buckets, tariff, local)
    assert sum(card.millijoules for card in cards) == 1000 * sum(joules for _, joules, _ in drawn)
    assert len({(card.day, card.uuid) for card in cards}) == len(cards)
    if tariff.is_known:
        exact = sum(1000 * one.energy_j * tariff.price_at(local(one.at)) for one in map(_decimal, buckets))
        total = sum((card.cost for card in cards if card.cost is not None), Decimal(0))
        assert abs(total - Decimal(exact) / MILLIJOULES_PER_KWH) < Decimal("1e-18")
        whole = electricity_cost(buckets, tariff, local)
        assert whole is not None and abs(whole - total) < Decimal("1e-18")
    else:
        assert all(card.cost is None for card in cards) and electricity_cost(buckets, tariff, local) is None


class _Exact:
    def __init__(self, one: GpuBucket) -> None:
        self.at, self.energy_j = one.at, Decimal(int(one.energy_j))


def _decimal(one: GpuBucket) -> _Exact:
    return _Exact(one)


def test_a_kilowatt_hour_over_a_change_of_price() -> None:
    """A card of 1000 W from 21 to 23: one hour at each price."""
    start = datetime(2026, 11, 23, 21).timestamp()
    buckets = [bucket(start + number * 900, 900_000.0) for number in range(8)]
    tariff = Tariff("EUR", Decimal("0.30"), (NIGHT,))
    [card] = energy_by_day(buckets, tariff)
    assert (card.day, card.kwh, card.cost) == (date(2026, 11, 23), Decimal(2), Decimal("0.40"))
    assert electricity_cost([*buckets, bucket(start, 3_600_000.0, node_joules=0)], tariff) == Decimal("0.70")
    assert [card.kwh for card in energy_by_day([bucket(start, 3_600_000.0, node_joules=0)], tariff)] == []


@given(st.decimals(0, 1000, places=8, allow_nan=False))
def test_a_price_can_be_typed_as_it_is_shown(price: Decimal) -> None:
    assert typed_price(price_text(price)) == price
    assert typed_price(price_text(price).replace(".", ",")) == price


@pytest.mark.parametrize(
    ("typed", "price"), [("", "0"), (" 0,30 ", "0.30"), ("12", "12"), ("0.00001", "0.00001"), ("007", "7")]
)
def test_typed_prices(typed: str, price: str) -> None:
    assert typed_price(typed) == Decimal(price)


@pytest.mark.parametrize("typed", ["-1", "1e3", "1.000,50", "NaN", "0.3 EUR", "½", "1_0", "9" * 31, "٣"])
def test_what_is_no_price_is_told(typed: str) -> None:
    with pytest.raises(ValueError, match=r"Type a price such as 0\.30"):
        typed_price(typed)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234.5", "1234.50"), ("0.5", "0.50"), ("0.0042", "0.0042"), ("0.00000004", "0.000000"), ("-3.1", "-3.10"),
        ("0", "0.00"), ("-0.00000001", "0.000000"), ("0.999", "1.00"), ("0.05", "0.050"),
    ],
)  # fmt: skip
def test_money_text(value: str, text: str) -> None:
    assert money_text(Decimal(value)) == text


def test_days_of_a_band_are_each_told_once() -> None:
    assert TariffBand(days=(6, 0, 6), from_hour=0, until_hour=1, price=1).days == (0, 6)
    assert TariffBand(from_hour=0, until_hour=1, price=1).days == WEEK
