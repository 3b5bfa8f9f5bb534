"""GPU telemetry: one reading a second, off the loop, whatever the source does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from r3mes_launcher.core.state import GpuDriver, GpuReport, GpuSample
from r3mes_launcher.core.telemetry import THREAD_NAME, GpuTelemetry

Until = Callable[..., Any]


class HandClock:
    """Goes on only when told; wakes every sleeper whose time has come."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        return 1000 + self.seconds

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.seconds + seconds, future))
        await future

    @property
    def asleep(self) -> int:
        return sum(not future.done() for _, future in self.sleepers)

    def go_on(self, seconds: float) -> None:
        self.seconds += seconds
        for until, future in self.sleepers:
            if until <= self.seconds and not future.done():
                future.set_result(None)


class Source:
    """Reads as told, and remembers on which thread."""

    def __init__(self) -> None:
        self.reads = 0
        self.closed = 0
        self.threads: set[threading.Thread] = set()
        self.held = threading.Event()
        self.held.set()
        self.error: Exception | None = None

    def read(self) -> GpuReport:
        self.threads.add(threading.current_thread())
        self.reads += 1
        self.held.wait(60)
        if self.error is not None:
            raise self.error
        return GpuReport(float(self.reads), GpuDriver.OK, "", "1", (GpuSample("GPU-0", "Card"),))

    def close(self) -> None:
        self.threads.add(threading.current_thread())
        self.closed += 1


class Running:
    def __init__(self) -> None:
        self.source = Source()
        self.clock = HandClock()
        self.reports: list[GpuReport] = []
        self.telemetry = GpuTelemetry(self.source, self.clock, close_timeout_s=0.2)


@asynccontextmanager
async def running() -> AsyncIterator[Running]:
    run = Running()
    task = asyncio.create_task(run.telemetry.run(run.reports.append))
    try:
        yield run
    finally:
        task.cancel()
        outcome = await asyncio.gather(task, return_exceptions=True)
        run.source.held.set()
        assert isinstance(outcome[0], asyncio.CancelledError), outcome


async def test_it_reads_at_once_and_then_once_a_second(until: Until) -> None:
    async with running() as run:
        for count in range(1, 6):
            await until(lambda count=count: len(run.reports) == count and run.clock.asleep == 1)
            run.clock.go_on(0.9)
            await asyncio.sleep(0.02)
            assert run.source.reads == count, "not before its second is over"
            run.clock.go_on(0.1)
        await until(lambda: len(run.reports) == 6)
        assert [report.at for report in run.reports] == [1, 2, 3, 4, 5, 6]


async def test_the_source_is_read_and_closed_on_one_named_daemon_thread(until: Until) -> None:
    async with running() as run:
        await until(lambda: run.reports)
    await until(lambda: run.source.closed == 1)
    (thread,) = run.source.threads
    assert thread is not threading.current_thread()
    assert thread.name == THREAD_NAME and thread.daemon
    await until(lambda: not thread.is_alive())


async def test_a_driver_that_hangs_is_reported_and_not_asked_again(until: Until) -> None:
    async with running() as run:
        await until(lambda: run.reports and run.clock.asleep == 1)
        run.source.held.clear()
        run.clock.go_on(1)
        for silent_for in (5, 10, 15):
            # The limit of this reading, and then the pause until the next report.
            await until(lambda: run.clock.asleep == 1)
            run.clock.go_on(5)
            await until(lambda count=1 + silent_for // 5: len(run.reports) == count)
            report = run.reports[-1]
            assert report.driver is GpuDriver.FAILED
            assert f"not answered for {silent_for} seconds" in report.message
            assert [gpu.lost for gpu in report.gpus] == [True]
            assert report.at == run.clock.now()
        assert run.source.reads == 2
        run.source.held.set()
        await until(lambda: run.reports[-1].driver is GpuDriver.OK)
        assert run.reports[-1].at == 2.0 and not run.reports[-1].gpus[0].lost


async def test_the_loop_stays_free_while_the_driver_hangs(until: Until) -> None:
    async with running() as run:
        run.source.held.clear()
        await until(lambda: run.source.reads == 1)
        ticks = 0
        for _ in range(50):
            await asyncio.sleep(0)
            ticks += 1
        assert ticks == 50 and not run.reports


async def test_its_end_does_not_wait_for_a_driver_that_hangs(until: Until) -> None:
    async with running() as run:
        await until(lambda: run.reports and run.clock.asleep == 1)
        run.source.held.clear()
        run.clock.go_on(1)
        await until(lambda: run.source.reads == 2)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 5
    await until(lambda: run.source.closed == 1)


async def test_a_source_that_fails_is_a_report_and_is_read_again(until: Until) -> None:
    async with running() as run:
        run.source.error = RuntimeError("not for the screen")
        await until(lambda: run.reports)
        assert run.reports[0].driver is GpuDriver.FAILED
        assert "RuntimeError" in run.reports[0].message and "screen" not in run.reports[0].message
        run.source.error = None
        await until(lambda: run.clock.asleep == 1)
        run.clock.go_on(1)
        await until(lambda: len(run.reports) == 2)
        assert run.reports[1].driver is GpuDriver.OK


async def test_a_reading_that_comes_after_the_end_hurts_nobody(until: Until) -> None:
    async with running() as run:
        run.source.held.clear()
        run.source.error = RuntimeError("too late")
        await until(lambda: run.source.reads == 1)
    await until(lambda: run.source.closed == 1)
    assert run.reports == []


@pytest.mark.parametrize("seconds", [0.0, 3.7])
async def test_a_slow_reading_does_not_pile_up_others(until: Until, seconds: float) -> None:
    async with running() as run:
        run.source.held.clear()
        await until(lambda: run.source.reads == 1 and run.clock.asleep == 1)
        run.clock.go_on(seconds)
        run.source.held.set()
        await until(lambda: len(run.reports) >= 1)
        run.clock.go_on(1)
        await until(lambda: len(run.reports) == 2 + (seconds > 1))
        assert run.source.reads <= 3


async def test_while_nobody_looks_it_reads_seldom_and_whoever_comes_sees_the_cards_at_once(until: Until) -> None:
    async with running() as run:
        await until(lambda: len(run.reports) == 1 and run.clock.asleep == 1)
        run.telemetry.attend(False)
        run.clock.go_on(1.0)
        await until(lambda: len(run.reports) == 2 and run.clock.asleep == 1)
        for _ in range(9):
            run.clock.go_on(1.0)
            await asyncio.sleep(0)
        assert run.source.reads == 2, "0.1 Hz"
        run.clock.go_on(1.0)
        await until(lambda: len(run.reports) == 3 and run.clock.asleep == 1)
        run.telemetry.attend(True)
        await until(lambda: len(run.reports) == 4)
        run.telemetry.attend(True)
        await until(lambda: run.clock.asleep == 1)
        run.clock.go_on(1.0)
        await until(lambda: len(run.reports) == 5)
