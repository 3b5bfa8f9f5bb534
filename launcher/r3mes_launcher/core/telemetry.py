"""Reads the graphics cards without ever letting a driver hold up the core: seldom while nobody looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from r3mes_launcher.core.blocking_reader import BlockingReader
from r3mes_launcher.core.state import GpuDriver, GpuReport
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.ports.gpu import GpuSource
from r3mes_launcher.sentence import Sentence

INTERVAL_S = 1.0
"""Charts need no more, and each reading keeps a driver thread of the card awake."""
SELDOM_S = 10.0
"""While nobody looks: enough for the energy and the history's five minutes."""

READ_TIMEOUT_S = 5.0
"""A reading takes milliseconds; opening a driver without its persistence daemon takes up to three seconds."""

CLOSE_TIMEOUT_S = 1.0
"""How long the end of the launcher waits for a driver. One that hangs is left behind with its daemon thread."""

THREAD_NAME = "r3mes-gpu-telemetry"


def read_once(source: GpuSource) -> GpuReport:
    """Opens a source, reads it and closes it. Blocks."""
    try:
        return source.read()
    finally:
        source.close()


class GpuTelemetry:
    """Owns a source: reads it on a thread of its own and closes it there."""

    def __init__(
        self,
        source: GpuSource,
        clock: Clock,
        *,
        interval_s: float = INTERVAL_S,
        seldom_s: float = SELDOM_S,
        read_timeout_s: float = READ_TIMEOUT_S,
        close_timeout_s: float = CLOSE_TIMEOUT_S,
    ) -> None:
        self._source = source
        self._clock = clock
        self._interval_s = interval_s
        self._seldom_s = seldom_s
        self._is_watched = True
        self._woken = asyncio.Event()
        self._read_timeout_s = read_timeout_s
        self._close_timeout_s = close_timeout_s

    def attend(self, is_watched: bool) -> None:
        """Whether somebody looks at the cards. Whoever begins to look sees them at once."""
        if is_watched and not self._is_watched:
            self._woken.set()
        self._is_watched = is_watched

    async def run(self, tell: Callable[[GpuReport], None]) -> None:
        """Reads until it is cancelled; calls `tell` on the loop, in order, also while the driver hangs."""
        reader = BlockingReader(self._source.read, self._source.close, THREAD_NAME)
        last = GpuReport()
        asked_at = 0.0
        reading: asyncio.Future[GpuReport] | None = None
        try:
            while True:
                now = self._clock.monotonic()
                self._woken.clear()
                if reading is None:
                    # A hung driver is not asked again: one thread is all that it may hold.
                    reading, asked_at = reader.ask(), now
                if await self._answered(reading):
                    last = _outcome(reading, last, self._clock.now())
                    reading = None
                    tell(last)
                else:
                    tell(_silent(last, self._clock.now(), self._clock.monotonic() - asked_at))
                await self._pause(now)
        finally:
            if reading is not None and not reading.cancel():
                # Nobody is left to care, but asyncio complains about an error that nobody looked at.
                reading.exception()
            await reader.close(self._close_timeout_s)

    async def _pause(self, since: float) -> None:
        """Until the next reading is due, or somebody begins to look."""
        due = since + (self._interval_s if self._is_watched else self._seldom_s)
        sleeping = asyncio.create_task(
            self._clock.sleep(max(0.0, due - self._clock.monotonic())), name="pause between GPU readings"
        )
        woken = asyncio.create_task(self._woken.wait(), name="wait for somebody who looks at the GPUs")
        try:
            await asyncio.wait({sleeping, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            woken.cancel()

    async def _answered(self, reading: asyncio.Future[GpuReport]) -> bool:
        limit = asyncio.create_task(self._clock.sleep(self._read_timeout_s), name="limit of a GPU reading")
        both: set[asyncio.Future[Any]] = {reading, limit}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            limit.cancel()
        return reading.done()


def _outcome(reading: asyncio.Future[GpuReport], last: GpuReport, at: float) -> GpuReport:
    error = reading.exception()
    if error is None:
        return reading.result()
    return _without_driver(last, at, Sentence("The GPUs could not be read ({name}).", name=type(error).__name__))


def _silent(last: GpuReport, at: float, seconds: float) -> GpuReport:
    return _without_driver(
        last,
        at,
        Sentence(
            "The graphics driver has not answered for {seconds:.0f} seconds; restart the computer if it stays so.",
            seconds=seconds,
        ),
    )


def _without_driver(last: GpuReport, at: float, message: str) -> GpuReport:
    gone = tuple(replace(sample, lost=True) for sample in last.gpus)
    return replace(last, at=at, driver=GpuDriver.FAILED, message=message, gpus=gone)
