"""Reads the graphics cards once a second without ever letting a driver hold up the core."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from queue import SimpleQueue
from typing import Any

from r3mes_launcher.core.state import GpuDriver, GpuReport
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.ports.gpu import GpuSource

INTERVAL_S = 1.0
"""Charts need no more, and each reading keeps a driver thread of the card awake."""

READ_TIMEOUT_S = 5.0
"""A reading takes milliseconds; opening a driver without its persistence daemon takes up to three seconds."""

CLOSE_TIMEOUT_S = 1.0
"""How long the end of the launcher waits for a driver. One that hangs is left behind with its daemon thread."""

THREAD_NAME = "r3mes-gpu-telemetry"


class GpuTelemetry:
    """Owns a source: reads it on a thread of its own and closes it there."""

    def __init__(
        self,
        source: GpuSource,
        clock: Clock,
        *,
        interval_s: float = INTERVAL_S,
        read_timeout_s: float = READ_TIMEOUT_S,
        close_timeout_s: float = CLOSE_TIMEOUT_S,
    ) -> None:
        self._source = source
        self._clock = clock
        self._interval_s = interval_s
        self._read_timeout_s = read_timeout_s
        self._close_timeout_s = close_timeout_s

    async def run(self, tell: Callable[[GpuReport], None]) -> None:
        """Reads until it is cancelled; calls `tell` on the loop, in order, also while the driver hangs."""
        reader = _Reader(self._source, asyncio.get_running_loop())
        last = GpuReport()
        asked_at = 0.0
        reading: asyncio.Future[GpuReport] | None = None
        try:
            while True:
                now = self._clock.monotonic()
                due = now + self._interval_s
                if reading is None:
                    # A hung driver is not asked again: one thread is all that it may hold.
                    reading, asked_at = reader.ask(), now
                if await self._answered(reading):
                    last = _outcome(reading, last, self._clock.now())
                    reading = None
                    tell(last)
                else:
                    tell(_silent(last, self._clock.now(), self._clock.monotonic() - asked_at))
                await self._clock.sleep(max(0.0, due - self._clock.monotonic()))
        finally:
            if reading is not None and not reading.cancel():
                # Nobody is left to care, but asyncio complains about an error that nobody looked at.
                reading.exception()
            await reader.close(self._close_timeout_s)

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
    return _without_driver(last, at, f"The GPUs could not be read ({type(error).__name__}).")


def _silent(last: GpuReport, at: float, seconds: float) -> GpuReport:
    return _without_driver(
        last,
        at,
        f"The graphics driver has not answered for {seconds:.0f} seconds; restart the computer if it stays so.",
    )


def _without_driver(last: GpuReport, at: float, message: str) -> GpuReport:
    gone = tuple(replace(sample, lost=True) for sample in last.gpus)
    return replace(last, at=at, driver=GpuDriver.FAILED, message=message, gpus=gone)


class _Reader:
    """The one thread that talks to the source.

    A daemon, because a driver may hang for ever; executors of the standard library would wait for it at exit.
    """

    def __init__(self, source: GpuSource, loop: asyncio.AbstractEventLoop) -> None:
        self._source = source
        self._loop = loop
        self._asked: SimpleQueue[asyncio.Future[GpuReport] | None] = SimpleQueue()
        self._ended: asyncio.Future[None] = loop.create_future()
        threading.Thread(target=self._run, name=THREAD_NAME, daemon=True).start()

    def ask(self) -> asyncio.Future[GpuReport]:
        answer: asyncio.Future[GpuReport] = self._loop.create_future()
        self._asked.put(answer)
        return answer

    async def close(self, timeout_s: float) -> None:
        self._asked.put(None)
        await asyncio.wait({self._ended}, timeout=timeout_s)

    def _run(self) -> None:
        try:
            while (answer := self._asked.get()) is not None:
                self._answer(answer)
        finally:
            self._source.close()
            self._on_loop(self._ended.set_result, None)

    def _answer(self, answer: asyncio.Future[GpuReport]) -> None:
        try:
            report = self._source.read()
        except Exception as error:
            self._on_loop(_fail, answer, error)
        else:
            self._on_loop(_deliver, answer, report)

    def _on_loop(self, act: Callable[..., None], *arguments: Any) -> None:
        # The loop may be closed by the time that a hung driver answers.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(act, *arguments)


def _deliver(answer: asyncio.Future[GpuReport], report: GpuReport) -> None:
    if not answer.done():
        answer.set_result(report)


def _fail(answer: asyncio.Future[GpuReport], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
