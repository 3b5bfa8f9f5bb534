"""The history as the core and the pages use it: notes at once, writes a second later, answers from its own thread."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from r3mes_launcher.core.history.gpu_record import Gathering, GpuBucket, coarser, gather
from r3mes_launcher.core.history.gpu_table import insert_buckets, select_buckets
from r3mes_launcher.core.history.history_database import HistoryDatabase, SayLine
from r3mes_launcher.core.history.history_thread import HistoryThread
from r3mes_launcher.core.history.request_record import RequestRecord
from r3mes_launcher.core.history.request_table import (
    REQUESTS_KEPT,
    delete_requests,
    insert_requests,
    select_requests,
)
from r3mes_launcher.core.history.situation import Span
from r3mes_launcher.core.history.situation_table import KEPT_S, save_spans, select_spans
from r3mes_launcher.core.history.timeline import Stretch, timeline
from r3mes_launcher.core.state import GpuReport, LogLevel
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.sentence import Sentence

Result = TypeVar("Result")

WRITE_PAUSE_S = 1.0
"""A busy node ends many requests a second; one transaction takes them all. A crash costs the last second."""

CLOSE_TIMEOUT_S = 3.0
"""How long the end of the launcher waits for the disk."""

MOST_WAITING = 5_000
"""Requests that wait for a disk that takes nothing. Beyond it the oldest are lost, and counted."""


class HistoryError(ValueError):
    """The history did not answer; the message is a sentence for the person."""


class HistoryStore:
    """Owned by the core's loop. `start` opens the file, `close` writes what is left."""

    def __init__(
        self,
        path: Path | None,
        say: SayLine,
        clock: Clock,
        *,
        kept: int = REQUESTS_KEPT,
        write_pause_s: float = WRITE_PAUSE_S,
        close_timeout_s: float = CLOSE_TIMEOUT_S,
    ) -> None:
        """None: nothing is kept after this run."""
        self._path = path
        self._say = say
        self._clock = clock
        self._kept = kept
        self._kept_s = KEPT_S
        self._write_pause_s = write_pause_s
        self._close_timeout_s = close_timeout_s
        self._thread: HistoryThread | None = None
        self._waiting: deque[RequestRecord] = deque(maxlen=MOST_WAITING)
        self._spans: dict[tuple[str, int], Span] = {}
        self._gathering = Gathering()
        self._buckets: deque[GpuBucket] = deque(maxlen=MOST_WAITING)
        self._lost = 0
        self._complained = False
        self._something = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    def start(self) -> None:
        # The log is the loop's; the thread says what it has to say there.
        loop = asyncio.get_running_loop()

        def say(sentence: str, level: LogLevel) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._say, sentence, level)

        self._thread = HistoryThread(HistoryDatabase(self._path, say))
        self._writer = asyncio.create_task(self._write_for_ever(), name="write the history")

    async def close(self) -> None:
        """Bounded. Safe to call twice, and before `start`."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        if self._thread is not None:
            self._buckets.extend(self._gathering.open.values())
            self._gathering = Gathering()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._close_timeout_s):
                    await self._write()
            await self._thread.close(self._close_timeout_s)
            self._thread = None

    def keep_for(self, seconds: float) -> None:
        """How long spans and figures are kept; what is older goes with the next write."""
        self._kept_s = seconds

    # --- notes: return at once ---------------------------------------------------------------------------------

    def note_request(self, record: RequestRecord) -> None:
        if len(self._waiting) == MOST_WAITING:
            self._lost += 1
        self._waiting.append(record)
        self._something.set()

    def note_spans(self, spans: Iterable[Span]) -> None:
        """New spans, or such that grew since."""
        for span in spans:
            if len(self._spans) < MOST_WAITING or (span.run, span.number) in self._spans:
                self._spans[span.run, span.number] = span
        self._something.set()

    def note_gpus(self, report: GpuReport, node_gpus: frozenset[str] = frozenset()) -> None:
        """`node_gpus` are the cards on which the node's engine runs now."""
        self._gathering, done = gather(self._gathering, report, node_gpus)
        if done:
            self._buckets.extend(done)
            self._something.set()

    def note_buckets(self, buckets: Iterable[GpuBucket]) -> None:
        """Of a time that is over, such as the demo's past."""
        self._buckets.extend(buckets)
        self._something.set()

    # --- questions ---------------------------------------------------------------------------------------------

    async def requests(self, after: int = 0, limit: int = REQUESTS_KEPT) -> tuple[RequestRecord, ...]:
        """The newest `limit` of those with an id above `after`, newest first. Raises HistoryError."""
        await self._write()
        return await self._call(lambda connection: select_requests(connection, after, limit))

    async def timeline(self, begin: float, end: float) -> tuple[Stretch, ...]:
        """Every moment between two times explained, up to now at most. Raises HistoryError."""
        await self._write()
        until = min(end, self._clock.now())
        spans = await self._call(lambda connection: select_spans(connection, begin, until))
        return timeline(spans, begin, until)

    async def gpus(self, begin: float, end: float, width_s: float) -> tuple[GpuBucket, ...]:
        """The cards between two times in buckets of `width_s` seconds, by card and time. Raises HistoryError."""
        await self._write()
        kept = await self._call(lambda connection: select_buckets(connection, begin, end))
        fresh = [bucket for bucket in self._gathering.open.values() if begin <= bucket.at < end]
        return coarser([*kept, *fresh], width_s)

    async def forget_requests(self) -> None:
        """All of them, for good. Raises HistoryError."""
        self._waiting.clear()
        await self._call(delete_requests)

    # --- the writer --------------------------------------------------------------------------------------------

    async def _call(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        if self._thread is None:
            raise HistoryError("The history is not open.")
        try:
            return await self._thread.call(work)
        except sqlite3.Error as error:
            raise HistoryError(Sentence("The history can't be used now ({error}).", error=error)) from None

    async def _write_for_ever(self) -> None:
        while True:
            await self._something.wait()
            await self._clock.sleep(self._write_pause_s)
            await self._write()

    async def _write(self) -> None:
        """What waits, in one transaction. What the disk does not take waits on."""
        self._something.clear()
        records, spans = list(self._waiting), list(self._spans.values())
        buckets = list(self._buckets)
        if not records and not spans and not buckets:
            return
        self._buckets.clear()
        self._waiting.clear()
        self._spans.clear()
        try:
            # Shielded: whoever asked may be gone before the disk answers, and the records must not go with it.
            await asyncio.shield(self._put(records, spans, buckets))
        except HistoryError as error:
            if not self._complained:
                self._complained = True
                self._say(f"{error} It is tried again.", LogLevel.WARNING)
        else:
            self._after_success()

    async def _put(self, records: list[RequestRecord], spans: list[Span], buckets: list[GpuBucket]) -> None:
        now, kept_s = self._clock.now(), self._kept_s

        def save(connection: sqlite3.Connection) -> None:
            insert_requests(connection, records, self._kept)
            save_spans(connection, spans, now, kept_s)
            insert_buckets(connection, buckets, now, kept_s)

        try:
            await self._call(save)
        except HistoryError:
            for span in spans:
                self._spans.setdefault((span.run, span.number), span)
            self._buckets.extendleft(reversed(buckets))
            room = MOST_WAITING - len(self._waiting)
            self._lost += max(0, len(records) - room)
            self._waiting.extendleft(reversed(records[max(0, len(records) - room) :]))
            self._something.set()
            raise

    def _after_success(self) -> None:
        if self._complained:
            lost = f" {self._lost} requests are missing in it." if self._lost else ""
            self._say(f"The history can be written again.{lost}", LogLevel.INFO)
        self._complained, self._lost = False, 0
