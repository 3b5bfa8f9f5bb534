"""The demo's recorded day: its generator makes it, it could be true, and a damaged one is refused in a sentence."""

from __future__ import annotations

import gzip
import importlib.util
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r3mes_launcher.core.history.timeline import Kind, seconds_by_kind, timeline
from r3mes_launcher.core.policy.reasons import SuspendReason
from r3mes_launcher.core.recording.recorded_day import RecordedDay, RecordingError, parse_day, read_day
from r3mes_launcher.core.recording.recorded_past import RecordedPast, recorded_past
from r3mes_launcher.core.shipped_assets import assets_folder

PATH = assets_folder() / "demo" / "day.jsonl.gz"
BEGIN = 1_767_225_600.0
OFFSETS = st.floats(0, 3 * 86_400)


@pytest.fixture(scope="module")
def day() -> RecordedDay:
    return read_day(PATH)


@pytest.fixture(scope="module")
def past(day: RecordedDay) -> RecordedPast:
    return recorded_past(day, BEGIN)


@pytest.fixture(scope="module")
def text() -> str:
    return gzip.decompress(PATH.read_bytes()).decode()


def test_the_file_is_what_its_generator_makes_and_is_small(text: str) -> None:
    spec = importlib.util.spec_from_file_location("make_demo_day", PATH.with_name("make.py"))
    assert spec is not None and spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert text.splitlines() == generator.lines()
    assert PATH.stat().st_size < 100_000


def test_every_figure_is_one_that_such_a_card_could_show(day: RecordedDay) -> None:
    for sample in day.figures:
        for card, figures in zip(day.cards, sample, strict=True):
            assert 0 <= figures.utilisation_percent <= 100
            assert 0 < figures.memory_mb <= card.memory_total_mb
            assert 20 <= figures.temperature_c < 92
            assert 0 < figures.power_w <= card.power_limit_w
    assert all("Demo" in card.name for card in day.cards)


def test_no_request_ends_while_the_node_could_not_serve(day: RecordedDay) -> None:
    away = [(use.at, use.until) for use in day.uses] + [(loss.at, loss.until) for loss in day.losses]
    for request in day.requests:
        assert request.duration_ms >= (request.first_token_ms or 0)
        assert not any(begin < request.at < end for begin, end in away)


@settings(deadline=None)
@given(offset=OFFSETS)
def test_between_two_samples_the_curves_have_no_jumps(day: RecordedDay, offset: float) -> None:
    for card in range(len(day.cards)):
        before, after = day.card_at(card, offset), day.card_at(card, offset + 1)
        assert abs(after.temperature_c - before.temperature_c) <= 1
        assert abs(after.utilisation_percent - before.utilisation_percent) <= 2
        same = day.card_at(card, offset + day.length_s)
        assert same.power_w == pytest.approx(day.card_at(card, offset).power_w, abs=0.1)


def test_the_past_explains_every_minute_and_shows_what_a_node_goes_through(
    day: RecordedDay, past: RecordedPast
) -> None:
    end = BEGIN + day.opens_at
    stretches = timeline(past.spans, end - day.length_s, end)
    took = seconds_by_kind(stretches)
    assert {Kind.ANSWERING, Kind.WAITING, Kind.SUSPENDED, Kind.CONNECTING, Kind.RECOVERING, Kind.STARTING} == set(took)
    assert took[Kind.ANSWERING] > day.length_s / 2
    why = {reason.reason for stretch in stretches for reason in stretch.reasons}
    assert why == {SuspendReason.GPU_BUSY, SuspendReason.TEMPERATURE}
    assert "illegal memory access" in next(each.detail for each in stretches if each.kind is Kind.RECOVERING)
    week = timeline(past.spans, end - 7 * day.length_s, end)
    assert {Kind.UNKNOWN, Kind.ASLEEP, Kind.NOT_RUNNING}.isdisjoint(seconds_by_kind(week))


def test_the_past_holds_a_day_of_requests_and_a_month_of_cards(day: RecordedDay, past: RecordedPast) -> None:
    end = BEGIN + day.opens_at
    times = [record.ended_at for record in past.requests]
    assert times == sorted(times) and end - day.length_s < times[0] and times[-1] <= end
    assert len({record.job for record in past.requests}) == len(day.requests)
    of_one = [bucket for bucket in past.buckets if bucket.uuid == day.cards[0].uuid]
    assert sum(bucket.seconds for bucket in of_one) == pytest.approx(30 * day.length_s, rel=0.01)
    used = sum(bucket.energy_j for bucket in of_one)
    assert 60 < used / 3_600_000 < 200 and used == sum(bucket.node_energy_j for bucket in of_one)
    assert len(past.buckets) + len(past.spans) < 5_000, "the history takes them in one go"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: "not json",
        lambda text: text.replace('"version":1', '"version":2', 1),
        lambda text: text.replace('"cards"', '"card"', 1),
        lambda text: text.replace('"sample_s":60.0', '"sample_s":0', 1),
        lambda text: text[: len(text) // 2],
    ],
)
def test_a_damaged_recording_is_refused_in_a_sentence(text: str, change: object) -> None:
    with pytest.raises(RecordingError, match="recording"):
        parse_day(change(text))  # type: ignore[operator]


def test_random_damage_is_read_or_refused(text: str) -> None:
    chance = random.Random(5)
    for _ in range(8):
        damaged = bytearray(text.encode())
        for _ in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            parse_day(damaged.decode("utf-8", "replace"))
        except RecordingError as error:
            assert str(error).endswith("Install R3MES again.")


def test_a_file_that_is_missing_or_no_gzip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="can't be read"):
        read_day(tmp_path / "none.gz")
    (tmp_path / "plain.gz").write_bytes(b"{}")
    with pytest.raises(RecordingError, match="can't be read"):
        read_day(tmp_path / "plain.gz")
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(b"0" * (17 * 1024 * 1024)))
    with pytest.raises(RecordingError, match="larger"):
        read_day(tmp_path / "bomb.gz")
