"""Down-sampling and energy: nothing is lost or made up, whatever the samples are."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r3mes_launcher.core.history.gpu_record import (
    BUCKET_S,
    MAX_GAP_S,
    MOST_W,
    Gathering,
    GpuBucket,
    coarser,
    energy_kwh,
    gather,
)
from r3mes_launcher.core.history.history_store import HistoryStore
from r3mes_launcher.core.state import GpuReport, GpuSample
from r3mes_launcher.ports.clock import SystemClock


def report(at: float, power: float | None, lost: bool = False) -> GpuReport:
    card = GpuSample("GPU-a", "Card", lost, 1024, 8192, 60, power, 300.0, 50)
    return GpuReport(at, gpus=(card,))


def gathered(reports: list[GpuReport]) -> list[GpuBucket]:
    gathering, found = Gathering(), []
    for each in reports:
        gathering, done = gather(gathering, each)
        found += done
    return [*found, *gathering.open.values()]


def test_an_hour_at_100_watts_is_a_tenth_of_a_kilowatt_hour() -> None:
    buckets = gathered([report(1000.0 + second, 100.0) for second in range(3601)])
    assert energy_kwh(buckets) == pytest.approx(0.1)
    assert sum(bucket.seconds for bucket in buckets) == pytest.approx(3600)
    assert len(buckets) == 13 and all(bucket.at % BUCKET_S == 0 for bucket in buckets)
    assert all(bucket.power_w == pytest.approx(100.0) for bucket in buckets)


def test_time_that_nobody_saw_counts_for_nothing() -> None:
    far = 10_000.0 + MAX_GAP_S + 1
    buckets = gathered([report(0, 100), report(10, 100), report(10_000, 300), report(far, 300)])
    assert energy_kwh(buckets) * 3.6e6 == pytest.approx(1000)
    assert gathered([report(0, 100, lost=True), report(1, 100)]) == []
    assert energy_kwh(gathered([report(5, 100), report(0, 100)])) == 0, "a clock that was set back"
    assert energy_kwh(gathered([report(0, None), report(1, None)])) == 0


def counted(at: float, power: float | None, energy: float | None) -> GpuReport:
    card = GpuSample("GPU-a", "Card", False, 1024, 8192, 60, power, 300.0, 50, "8.9", energy)
    return GpuReport(at, gpus=(card,))


def test_a_card_s_own_counter_is_believed_as_far_as_it_can_be() -> None:
    exact = [counted(0, 100, 5000.0), counted(10, 100, 6500.0), counted(20, 100, 8000.0)]
    assert energy_kwh(gathered(exact)) * 3.6e6 == pytest.approx(3000), "not the 2000 of the samples"
    assert energy_kwh(gathered([counted(0, 100, 5000.0), counted(10, 100, 10.0)])) * 3.6e6 == pytest.approx(1000)
    assert energy_kwh(gathered([counted(0, 100, 5000.0), counted(10, 100, 5000.0)])) * 3.6e6 == pytest.approx(1000)
    jumped = [counted(0, 100, 5000.0), counted(10, 100, 5000.0 + 10 * MOST_W + 1)]
    assert energy_kwh(gathered(jumped)) * 3.6e6 == pytest.approx(1000)
    assert energy_kwh(gathered([counted(0, None, 5.0), counted(10, None, 1005.0)])) * 3.6e6 == pytest.approx(1000)
    assert energy_kwh(gathered([counted(0, 100, None), counted(10, 100, 1005.0)])) * 3.6e6 == pytest.approx(1000)


def test_the_node_s_part_is_what_was_used_while_its_engine_ran() -> None:
    mine, nobody = frozenset({"GPU-a"}), frozenset[str]()
    gathering = Gathering()
    for at, engine in ((1000, nobody), (1010, mine), (1020, mine), (1030, nobody), (1040, mine), (1041, nobody)):
        gathering, _ = gather(gathering, report(at, 100), engine)
    [bucket] = gathering.open.values()
    assert (bucket.energy_j, bucket.node_energy_j) == (4100, 2100)
    [whole] = coarser([bucket, bucket], 3600.0)
    assert whole.node_energy_j == 4200


async def test_the_node_s_part_is_kept_and_older_records_count_whole(tmp_path: Path) -> None:
    end = SystemClock().now() // BUCKET_S * BUCKET_S
    path = tmp_path / "history.sqlite"
    store = HistoryStore(path, lambda sentence, level: None, SystemClock())
    store.start()
    for second in range(3):
        store.note_gpus(report(end - 10 + second, 100.0), frozenset({"GPU-a"} if second else ()))
    await store.close()
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        file.execute(
            "INSERT INTO gpu_buckets (uuid, at, seconds, energy_j) VALUES ('GPU-b', ?, 1.0, 500.0)", (end - BUCKET_S,)
        )
    again = HistoryStore(path, lambda sentence, level: None, SystemClock())
    again.start()
    found = await again.gpus(end - BUCKET_S, end, BUCKET_S)
    await again.close()
    assert [(one.uuid, one.energy_j, one.node_energy_j) for one in found] == [
        ("GPU-a", 200.0, 100.0),
        ("GPU-b", 500.0, 500.0),
    ]


BUCKETS = st.lists(
    st.builds(
        GpuBucket,
        st.sampled_from(["GPU-a", "GPU-b"]),
        st.integers(0, 50).map(lambda place: place * BUCKET_S),
        st.floats(1, BUCKET_S),
        st.none() | st.floats(0, 80_000),
        st.none() | st.floats(0, 100),
        st.none() | st.floats(0, 110),
        st.none() | st.floats(0, 700),
        st.floats(0, 700 * BUCKET_S),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(BUCKETS, st.sampled_from([BUCKET_S, 3600.0, 86_400.0]))
def test_coarser_buckets_keep_energy_time_and_bounds(buckets: list[GpuBucket], width: float) -> None:
    coarse = coarser(buckets, width)
    assert energy_kwh(coarse) == pytest.approx(energy_kwh(buckets))
    assert sum(each.seconds for each in coarse) == pytest.approx(sum(each.seconds for each in buckets))
    assert len({(each.uuid, each.at) for each in coarse}) == len(coarse)
    assert all(each.at % width == 0 for each in coarse)
    for each in coarse:
        same = [one for one in buckets if one.uuid == each.uuid and each.at <= one.at < each.at + width]
        powers = [one.power_w for one in same if one.power_w is not None]
        assert (each.power_w is None) is (not powers)
        if each.power_w is not None:
            assert min(powers) - 1e-6 <= each.power_w <= max(powers) + 1e-6


async def test_the_cards_outlive_a_restart(tmp_path: Path) -> None:
    end = SystemClock().now() // BUCKET_S * BUCKET_S
    for run in range(2):
        store = HistoryStore(tmp_path / "history.sqlite", lambda sentence, level: None, SystemClock())
        store.start()
        for second in range(101):
            store.note_gpus(report(end - 200 + 100 * run + second, 360.0))
        found = await store.gpus(end - BUCKET_S, end, BUCKET_S)
        await store.close()
    (bucket,) = found
    assert bucket.seconds == pytest.approx(200) and energy_kwh(found) == pytest.approx(0.02)
