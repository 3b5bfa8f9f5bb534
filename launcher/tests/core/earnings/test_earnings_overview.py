"""Earnings by day, GPU and node: sums that hold, what was paid out, days whose clocks change, a harmless table."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r3mes_launcher.core.earnings.card_day import CardDay
from r3mes_launcher.core.earnings.earnings_table import CSV_COLUMNS, earnings_csv, earnings_document
from r3mes_launcher.core.earnings.overview import Worth, overview, split_by_weight
from r3mes_launcher.core.earnings.reading import EarningsReading, NodeDay, NodeTotal, merged, stretches
from r3mes_launcher.core.earnings.settled import settled_parts

TODAY = date(2026, 11, 26)
HERE, OTHER = "a" * 64, "b" * 64
EUR = Worth(Decimal("0.5"), "EUR", has_tariff=True)

node_days = st.builds(
    NodeDay,
    st.integers(0, 40).map(lambda back: TODAY - timedelta(days=back)),
    st.sampled_from(["serving", "mining"]),
    st.sampled_from([HERE, OTHER, "c" * 64]),
    st.integers(0, 1000),
    st.integers(0, 10**6),
    st.integers(0, 5),
    st.integers(0, 10**12),
)
rows = st.lists(node_days, max_size=25).map(merged)
card_days = st.builds(
    CardDay,
    st.integers(0, 40).map(lambda back: TODAY - timedelta(days=back)),
    st.sampled_from(["GPU-1", "GPU-2"]),
    st.integers(1, 10**12),
    st.decimals(0, 100, places=6),
)
cards = st.lists(card_days, max_size=15, unique_by=lambda card: (card.day, card.uuid)).map(tuple)


@st.composite
def readings(draw: st.DrawFn) -> EarningsReading:
    days = draw(rows)
    totals = []
    for node in sorted({row.node_id for row in days}):
        shown = sum(row.earned for row in days if row.node_id == node)
        earned = shown + draw(st.integers(0, 10**9))
        totals.append(NodeTotal(node, 0, 0, 0, earned, draw(st.integers(0, earned))))
    return EarningsReading("remes1owner", days, tuple(totals), 1.0)


def total_of(node: str, earned: int, pending: int) -> NodeTotal:
    return NodeTotal(node, 1, 1, 0, earned, pending)


def row(back: int, earned: int, node: str = HERE) -> NodeDay:
    return NodeDay(TODAY - timedelta(days=back), "serving", node, 1, 10, 0, earned)


@settings(max_examples=50)
@given(readings(), cards, st.sampled_from([1, 7, 30]))
def test_every_sum_holds(reading: EarningsReading, energy: tuple[CardDay, ...], count: int) -> None:
    seen = overview(reading, energy, EUR, today=TODAY, count=count, here=HERE)
    begin = TODAY - timedelta(days=count - 1)
    shown = [one for one in reading.days if one.day >= begin]
    assert [day.day for day in seen.days] == [TODAY - timedelta(days=back) for back in range(count)]
    assert sum(day.figures.earned for day in seen.days) == sum(one.earned for one in shown)
    assert sum(node.figures.earned for node in seen.nodes) == sum(one.earned for one in shown)
    assert sum(day.figures.settled for day in seen.days) == sum(node.figures.settled for node in seen.nodes)
    mine = sum(one.earned for one in shown if one.node_id == HERE)
    assert sum(gpu.figures.earned for gpu in seen.gpus) == (mine if seen.gpus else 0)
    # A kilowatt-hour has 3.6e9 millijoules, so a share of it may have no last decimal place.
    near = Decimal("1e-20")
    assert abs(sum(gpu.figures.kwh for gpu in seen.gpus) - sum(day.figures.kwh for day in seen.days)) < near
    for figures in (*(day.figures for day in seen.days), seen.today, seen.week, seen.month):
        assert 0 <= figures.settled <= figures.earned and figures.here <= figures.earned
        assert figures.income == Decimal(figures.here).scaleb(-6) * Decimal("0.5")
        assert figures.cost is not None and figures.profit == figures.income - figures.cost
    assert seen.today == seen.days[0].figures
    if count == 30:
        assert seen.month.earned == sum(day.figures.earned for day in seen.days)
        assert abs(seen.week.kwh - sum(day.figures.kwh for day in seen.days[:7])) < near
    assert seen.pending + seen.settled == sum(total.earned for total in reading.nodes)


@settings(max_examples=50)
@given(readings())
def test_what_was_paid_out_is_the_oldest(reading: EarningsReading) -> None:
    settled = settled_parts(reading.days, reading.nodes)
    for total in reading.nodes:
        mine = sorted(
            (one for one in reading.days if one.node_id == total.node_id), key=lambda one: (one.day, one.role)
        )
        paid = total.earned - total.pending
        earlier = total.earned - sum(one.earned for one in mine)
        assert sum(settled[one] for one in mine) == max(0, paid - earlier)
        earning = [one for one in mine if one.earned]
        for older, newer in pairwise(earning):
            assert not settled[newer] or settled[older] == older.earned, "nothing newer is paid before the older is"


def test_nothing_is_settled_while_the_gateway_holds_all() -> None:
    days = (row(0, 5), row(3, 7))
    assert set(settled_parts(days, (total_of(HERE, 12, 12),)).values()) == {0}
    assert settled_parts(days, (total_of(HERE, 12, 3),)) == {days[1]: 7, days[0]: 2}
    # 100 was earned before the first day that is shown, and 102 were paid out.
    assert settled_parts(days, (total_of(HERE, 112, 10),)) == {days[1]: 2, days[0]: 0}
    assert set(settled_parts(days, ()).values()) == {0}


@given(st.integers(0, 10**15), st.lists(st.integers(0, 10**12), max_size=8))
def test_shares_add_up_and_are_fair(amount: int, weights: list[int]) -> None:
    parts = split_by_weight(amount, weights)
    if not sum(weights):
        assert parts == [0] * len(weights)
        return
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - amount * weight) < sum(weights)


def test_without_prices_there_are_no_losses_and_no_profits() -> None:
    reading = EarningsReading("remes1owner", (row(0, 5),), (total_of(HERE, 5, 5),), 1.0)
    seen = overview(reading, (), Worth(), today=TODAY, count=7, here=HERE)
    assert seen.today.earned == 5
    assert (seen.today.income, seen.today.cost, seen.today.profit) == (None, None, None)
    power_only = overview(reading, (), Worth(None, "EUR", True), today=TODAY, count=7, here=HERE)
    assert power_only.today.cost == 0 and power_only.today.profit is None


def test_other_computers_nodes_bring_no_profit_here() -> None:
    reading = EarningsReading(
        "remes1owner",
        (row(0, 4_000_000, OTHER), row(0, 2_000_000)),
        (total_of(HERE, 2_000_000, 0), total_of(OTHER, 4_000_000, 0)),
        1.0,
    )
    energy = (CardDay(TODAY, "GPU-1", 3_600_000_000, Decimal("0.30")),)
    seen = overview(reading, energy, EUR, today=TODAY, count=7, here=HERE, names={"GPU-1": "A card"})
    assert (seen.today.earned, seen.today.here) == (6_000_000, 2_000_000)
    assert seen.today.profit == Decimal("0.7")
    assert seen.has_other_nodes and [node.is_here for node in seen.nodes] == [True, False]
    assert seen.nodes[0].figures.cost == Decimal("0.30") and seen.nodes[1].figures.kwh == 0
    assert [(gpu.name, gpu.figures.earned, gpu.figures.profit) for gpu in seen.gpus] == [
        ("A card", 2_000_000, Decimal("0.70"))
    ]


def test_a_node_that_nobody_knows_is_no_loss() -> None:
    reading = EarningsReading("remes1owner", (row(0, 5),), (total_of(HERE, 5, 5),), 1.0)
    energy = (CardDay(TODAY, "GPU-1", 3_600_000_000, Decimal("0.30")),)
    seen = overview(reading, energy, EUR, today=TODAY, count=7, here="")
    assert (seen.today.cost, seen.today.profit, seen.gpus[0].figures.profit) == (Decimal("0.30"), None, None)


# --- days as the owner's clock has them --------------------------------------------------------------------------


def clock_with_changes(day: date) -> float:
    """Midnights of a zone at UTC+1 that goes to UTC+2 in the night of 29 March 2026, and back on 25 October."""
    summer = date(2026, 3, 29) < day <= date(2026, 10, 25)
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() - (7200 if summer else 3600)


@given(
    st.dates(date(2026, 3, 1), date(2026, 11, 30)),
    st.integers(0, 89),
    st.lists(st.integers(0, 100 * 86_400), max_size=20),
)
def test_each_moment_belongs_to_its_day(first: date, length: int, seconds: list[int]) -> None:
    last = first + timedelta(days=length)
    found = stretches(first, last, clock_with_changes)
    assert found[0].since == clock_with_changes(first)
    assert found[-1].until == clock_with_changes(last + timedelta(days=1))
    assert all(one.until == other.since for one, other in pairwise(found))
    assert len(found) <= 5, "few questions, whatever the time"
    for second in seconds:
        at = found[0].since + second
        inside = [one for one in found if one.since <= at < one.until]
        if not inside:
            assert at >= found[-1].until
            continue
        # As the gateway counts: days since the epoch of a clock with a constant offset.
        counted = date(1970, 1, 1) + timedelta(days=(at + inside[0].offset_minutes * 60) // 86_400)
        day = inside[0].only or counted
        assert clock_with_changes(day) <= at < clock_with_changes(day + timedelta(days=1))


def test_a_plain_month_is_one_question() -> None:
    [one] = stretches(date(2026, 5, 1), date(2026, 5, 30), clock_with_changes)
    assert (one.offset_minutes, one.only) == (120, None)
    in_march = stretches(date(2026, 3, 20), date(2026, 4, 5), clock_with_changes)
    assert [(part.offset_minutes, part.only) for part in in_march] == [(60, None), (60, date(2026, 3, 29)), (120, None)]


def test_rows_of_one_day_are_joined() -> None:
    assert merged([row(1, 2), row(0, 3), row(1, 5)]) == (row(0, 3), replace(row(1, 7), deliveries=2, tokens=20))


# --- the table ------------------------------------------------------------------------------------------------------


def test_the_table_holds_every_day_and_no_formula() -> None:
    evil = "=HYPERLINK(evil)"
    days = (NodeDay(TODAY, evil, HERE, 2, 30, 0, 1_500_000), row(0, 250_000, OTHER), row(1, 5))
    reading = EarningsReading("remes1owner", days, (total_of(HERE, 1_500_005, 5),), 1.0)
    energy = (
        CardDay(TODAY, "GPU-1", 3_600_000_000, Decimal("1.25")),
        CardDay(TODAY - timedelta(days=2), "GPU-1", 1_800_000_000, Decimal("0.125")),
    )
    worth = Worth(Decimal("0.5"), "@SUM", has_tariff=True)
    seen = overview(reading, energy, worth, today=TODAY, count=7, here=HERE)
    table = list(csv.DictReader(io.StringIO(earnings_csv(seen, HERE))))
    assert tuple(table[0]) == CSV_COLUMNS
    first, second, third, fourth = table
    assert first["role"] == f"'{evil}" and first["currency"] == "'@SUM"
    assert (first["earned_remes"], first["settled_remes"], first["pending_remes"]) == ("1.5", "1.499995", "0.000005")
    assert (first["energy_kwh"], first["electricity"], first["profit"]) == ("1.000000", "1.250000", "-0.500000")
    assert (second["this_computer"], second["energy_kwh"]) == ("no", "")
    assert (third["day"], third["settled_remes"]) == ("2026-11-25", "0.000005")
    assert (fourth["day"], fourth["energy_kwh"], fourth["earned_remes"]) == ("2026-11-24", "0.500000", "0")
    assert sum(Decimal(one["energy_kwh"] or 0) for one in table) == Decimal("1.5")


def test_the_document_is_json_and_complete() -> None:
    reading = EarningsReading("remes1owner", (row(0, 7), row(2, 5, OTHER)), (total_of(HERE, 7, 7),), 1.0)
    seen = overview(reading, (), EUR, today=TODAY, count=3, here=HERE)
    document = json.loads(json.dumps(earnings_document(seen, HERE)))
    assert document["standing"] == "ready" and document["owner"] == "remes1owner"
    assert [day["earned"] for day in document["days"]] == [7, 0, 5]
    assert document["totals"]["7_days"]["earned"] == 12 and document["totals"]["today"]["profit"] == "0.000004"
    assert document["read_at"] == "1970-01-01T00:00:01+00:00"


@pytest.mark.parametrize("count", [1, 7, 90])
def test_an_owner_without_anything_gets_zeros(count: int) -> None:
    seen = overview(EarningsReading(), (), Worth(), today=TODAY, count=count, here="")
    assert len(seen.days) == count and seen.month.earned == 0 and seen.nodes == () and seen.gpus == ()
