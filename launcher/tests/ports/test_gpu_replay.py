"""The recorded cards follow the switch, and the policy sees whose memory is in use by its name."""

from __future__ import annotations

import pytest

from r3mes_launcher.core.foreign_use import ForeignUse
from r3mes_launcher.core.recording.recorded_day import RecordedDay, read_day
from r3mes_launcher.core.shipped_assets import assets_folder
from r3mes_launcher.core.state import GpuDriver
from r3mes_launcher.ports.gpu_replay import SETTLE_S, ReplayedCards, ReplayGpuSource, ReplayGpuUse
from r3mes_launcher.ports.replay_clock import ReplayClock

BEGIN = 1_767_225_600.0


@pytest.fixture(scope="module")
def day() -> RecordedDay:
    return read_day(assets_folder() / "demo" / "day.jsonl.gz")


def test_the_source_shows_the_cards_of_the_moment_and_says_demo(day: RecordedDay) -> None:
    clock = ReplayClock(BEGIN + day.opens_at)
    source = ReplayGpuSource(ReplayedCards(day, clock, BEGIN))
    first = source.read()
    assert first.driver is GpuDriver.OK and first.driver_version == "demo" and first.at == clock.now()
    assert [sample.uuid for sample in first.gpus] == [card.uuid for card in day.cards]
    for index, sample in enumerate(first.gpus):
        assert sample.temperature_c == round(day.card_at(index, day.opens_at).temperature_c)
    clock.advance(3600)
    assert source.read().gpus != first.gpus
    source.close()
    source.close()


def test_cards_that_nobody_uses_cool_down_and_come_back(day: RecordedDay) -> None:
    clock = ReplayClock(BEGIN + day.opens_at)
    cards = ReplayedCards(day, clock, BEGIN)
    serving = False
    cards.follow(lambda: serving)
    source = ReplayGpuSource(cards)
    used = [sample.memory_used_mb or 0 for sample in source.read().gpus]
    clock.advance(SETTLE_S / 2)
    half = [sample.memory_used_mb or 0 for sample in source.read().gpus]
    clock.advance(SETTLE_S)
    idle = source.read().gpus
    for before, between, sample, card in zip(used, half, idle, day.cards, strict=True):
        assert card.idle.memory_mb < between < before
        assert sample.memory_used_mb == card.idle.memory_mb and sample.utilisation_percent == 0
    serving = True
    clock.advance(SETTLE_S)
    assert all((sample.memory_used_mb or 0) > 5000 for sample in source.read().gpus)


def test_another_program_is_named_also_while_the_engine_is_off(day: RecordedDay) -> None:
    use = day.uses[1]
    clock = ReplayClock(BEGIN + use.at - SETTLE_S * 2)
    cards = ReplayedCards(day, clock, BEGIN)
    cards.follow(lambda: False)
    source, foreign = ReplayGpuUse(cards), ForeignUse(frozenset)
    assert all(seen.foreign_memory_mb == 0 for seen in foreign.observations(source.read()))
    clock.advance(SETTLE_S * 2 + 1)
    seen = foreign.observations(source.read())[use.card]
    assert (seen.foreign_program, seen.foreign_memory_mb) == (use.program, use.memory_mb)
    shown = ReplayGpuSource(cards).read().gpus[use.card]
    assert (shown.memory_used_mb or 0) > use.memory_mb
    source.close()
