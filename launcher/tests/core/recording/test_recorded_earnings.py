"""The demo's earnings are its recorded requests at the recorded price: every token is paid once."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from r3mes_launcher.core.recording.recorded_day import RecordedDay, read_day
from r3mes_launcher.core.recording.recorded_earnings import DAYS, HELD_DAYS, RecordedEarnings
from r3mes_launcher.core.shipped_assets import assets_folder
from r3mes_launcher.ports.replay_clock import ReplayClock

BEGIN = 1_767_225_600.0
NODE = "de30" * 16


@pytest.fixture(scope="module")
def day() -> RecordedDay:
    return read_day(assets_folder() / "demo" / "day.jsonl.gz")


def test_what_is_played_is_paid_once_and_to_the_token(day: RecordedDay) -> None:
    clock = ReplayClock(BEGIN + day.opens_at)
    earnings = RecordedEarnings(day, BEGIN, clock, NODE)
    today = datetime.fromtimestamp(clock.now()).date()

    def total() -> int:
        read = asyncio.run(earnings.read(today, today + timedelta(days=9)))
        return sum(each.earned for each in read.days)

    before = total()
    for hours in (1, 5, 24, 7):
        began = clock.now()
        clock.advance(hours * 3600)
        tokens = sum(
            request.completion_tokens
            for turn in range(4)
            for request in day.requests
            if began < BEGIN + turn * day.length_s + request.at <= clock.now()
        )
        after = total()
        assert tokens > 0 and after - before == tokens * day.units_per_token
        before = after


def test_a_month_is_known_and_the_last_days_are_pending(day: RecordedDay) -> None:
    clock = ReplayClock(BEGIN + day.opens_at)
    today = datetime.fromtimestamp(clock.now()).date()
    read = asyncio.run(RecordedEarnings(day, BEGIN, clock, NODE).read(today - timedelta(days=89), today))
    assert len(read.days) == DAYS + 1 and read.days[0].day == today and read.read_at == clock.now()
    assert len({each.tokens for each in read.days}) > DAYS / 2, "no two days are alike"
    (total,) = read.nodes
    assert total.earned == sum(each.earned for each in read.days)
    assert total.pending == sum(each.earned for each in read.days[:HELD_DAYS]) > 0
    again = asyncio.run(RecordedEarnings(day, BEGIN, clock, NODE).read(today - timedelta(days=89), today))
    assert again == read
    (one,) = asyncio.run(RecordedEarnings(day, BEGIN, clock, NODE).read(today, today)).days
    assert one == read.days[0]


def test_a_day_that_has_25_hours_is_counted_as_it_is(day: RecordedDay) -> None:
    def midnight(of: date) -> float:
        moment = datetime(of.year, of.month, of.day, tzinfo=UTC).timestamp()
        return moment + (3600 if of > date(2025, 12, 28) else 0)

    clock = ReplayClock(BEGIN + day.opens_at)
    earnings = RecordedEarnings(day, BEGIN, clock, NODE, midnight)
    read = asyncio.run(earnings.read(date(2025, 12, 27), date(2025, 12, 29)))
    counts = {each.day.day: each.deliveries for each in read.days}
    assert counts.keys() == {27, 28, 29} and all(counts.values())
