"""The history: what is noted is there after a restart, bounded, and no trouble with the file stops the core."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from r3mes_launcher.core.history.history_database import HistoryDatabase
from r3mes_launcher.core.history.history_store import MOST_WAITING, HistoryError, HistoryStore
from r3mes_launcher.core.history.history_thread import THREAD_NAME
from r3mes_launcher.core.history.request_record import RequestRecord
from r3mes_launcher.core.history.schema import MIGRATIONS, VERSION
from r3mes_launcher.core.state import LogLevel
from r3mes_launcher.ports.clock import SystemClock

Said = list[tuple[str, LogLevel]]
Make = Callable[..., HistoryStore]


def record(number: int, outcome: str = "stop", adapter: str = "") -> RequestRecord:
    return RequestRecord(1000.0 + number, f"job-{number}", "a-model", adapter, outcome, 12, 34, 80, 900)


@pytest.fixture
def said() -> Said:
    return []


@pytest.fixture
async def make(tmp_path: Path, said: Said) -> AsyncIterator[Make]:
    made: list[HistoryStore] = []

    def store(**options: object) -> HistoryStore:
        new = HistoryStore(
            tmp_path / "history.sqlite",
            lambda sentence, level: said.append((sentence, level)),
            SystemClock(),
            **options,  # type: ignore[arg-type]
        )
        new.start()
        made.append(new)
        return new

    yield store
    for each in made:
        await each.close()
    assert not [thread for thread in threading.enumerate() if thread.name == THREAD_NAME]


def jobs(records: tuple[RequestRecord, ...]) -> list[str]:
    return [each.job for each in records]


async def test_requests_outlive_a_restart_newest_first(make: Make, said: Said) -> None:
    first = make()
    for number in range(3):
        first.note_request(record(number, adapter="ipek" if number == 1 else ""))
    await first.close()
    second = make()
    second.note_request(record(3))
    kept = await second.requests()
    assert jobs(kept) == ["job-3", "job-2", "job-1", "job-0"]
    assert [each.adapter for each in kept] == ["", "", "ipek", ""]
    newer = await second.requests(after=kept[1].id)
    assert jobs(newer) == ["job-3"]
    assert jobs(await second.requests(limit=2)) == ["job-3", "job-2"]
    assert said == []


async def test_the_writer_needs_no_question(make: Make, tmp_path: Path) -> None:
    make(write_pause_s=0.0).note_request(record(1))
    async with asyncio.timeout(60):
        while True:
            await asyncio.sleep(0.01)
            with sqlite3.connect(tmp_path / "history.sqlite") as reader:
                tables = reader.execute("SELECT count(*) FROM sqlite_master WHERE name = 'requests'").fetchone()[0]
                kept = reader.execute("SELECT count(*) FROM requests").fetchone()[0] if tables else 0
            reader.close()
            if kept == 1:
                return


async def test_the_oldest_go_and_ids_are_never_used_again(make: Make) -> None:
    store = make(kept=10)
    for number in range(25):
        store.note_request(record(number))
        if number % 7 == 0:
            await store.requests()
    kept = await store.requests()
    assert jobs(kept) == [f"job-{number}" for number in range(24, 14, -1)]
    await store.forget_requests()
    assert await store.requests() == ()
    store.note_request(record(99))
    assert (await store.requests())[0].id > kept[0].id


@pytest.mark.parametrize("damage", [b"this is no database at all, but long enough" * 9, None])
async def test_a_damaged_file_is_put_aside_and_said(
    make: Make, said: Said, tmp_path: Path, damage: bytes | None
) -> None:
    path = tmp_path / "history.sqlite"
    before = make()
    for number in range(500):
        before.note_request(record(number))
    await before.close()
    if damage is None:
        whole = bytearray(path.read_bytes())
        whole[4096 : len(whole)] = b"\xff" * (len(whole) - 4096)
        damage = bytes(whole)
    path.write_bytes(damage)
    store = make()
    store.note_request(record(1))
    assert jobs(await store.requests()) == ["job-1"]
    assert (tmp_path / "history.damaged.sqlite").read_bytes() == damage
    ((sentence, level),) = said
    assert "damaged" in sentence and "history.damaged.sqlite" in sentence and level is LogLevel.WARNING


async def test_a_file_of_a_newer_launcher_is_left_alone(make: Make, said: Said, tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {VERSION + 1}")
    newer.close()
    content = path.read_bytes()
    store = make()
    store.note_request(record(1))
    assert jobs(await store.requests()) == ["job-1"]
    await store.close()
    assert path.read_bytes() == content
    assert "newer launcher" in said[0][0] and len(said) == 1


async def test_where_nothing_can_be_written_the_run_is_remembered(make: Make, said: Said, tmp_path: Path) -> None:
    (tmp_path / "history.sqlite").mkdir()
    store = make()
    store.note_request(record(1))
    assert jobs(await store.requests()) == ["job-1"]
    assert len(said) == 1 and "until the launcher ends" in said[0][0]


async def test_what_the_disk_does_not_take_waits_and_is_bounded(make: Make, said: Said, tmp_path: Path) -> None:
    store = make(write_pause_s=3600.0)
    await store.requests()
    lock = sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None)
    lock.execute("PRAGMA max_page_count = 1")
    # A disk that is full, as far as this connection can tell: a trigger refuses every row.
    lock.execute("CREATE TRIGGER full BEFORE INSERT ON requests BEGIN SELECT raise(ABORT, 'disk is full'); END")
    for number in range(MOST_WAITING + 5):
        store.note_request(record(number))
    assert await store.requests() == ()
    assert "disk is full" in said[0][0] and len(said) == 1
    lock.execute("DROP TRIGGER full")
    lock.close()
    assert len(await store.requests()) == MOST_WAITING
    assert said[1][0].endswith("5 requests are missing in it.")


async def test_a_question_before_the_start_is_refused_in_words(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path / "history.sqlite", lambda sentence, level: None, SystemClock())
    with pytest.raises(HistoryError, match="not open"):
        await store.requests()
    await store.close()


def test_every_version_of_the_file_is_brought_to_the_newest(tmp_path: Path) -> None:
    def ignore(sentence: str, level: LogLevel) -> None:
        raise AssertionError(sentence)

    fresh = HistoryDatabase(tmp_path / "fresh.sqlite", ignore)
    wanted = fresh.run(lambda connection: connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall())
    fresh.close()
    for version in range(VERSION):
        path = tmp_path / f"old-{version}.sqlite"
        old = HistoryDatabase(path, ignore, MIGRATIONS[:version])
        old.open()
        old.close()
        new = HistoryDatabase(path, ignore)
        found = new.run(lambda connection: connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall())
        new.close()
        assert found == wanted


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    said: Said = []
    path = tmp_path / "history.sqlite"
    old = HistoryDatabase(path, lambda *line: said.append(line))
    old.open()
    old.close()
    broken = (*MIGRATIONS, ("CREATE TABLE half (x)", "this is no SQL"))
    new = HistoryDatabase(path, lambda *line: said.append(line), broken)
    with pytest.raises(sqlite3.Error):
        new.open()
    with sqlite3.connect(path) as reader:
        assert reader.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert reader.execute("SELECT name FROM sqlite_master WHERE name = 'half'").fetchall() == []
    reader.close()
