"""An engine that is judged by its results: what is well, what must be started again, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.engine_faults import RESTART_NEEDED, driver_obstacle
from r3mes_launcher.core.engine_health import ANSWER_S, FAILURES, SILENT_S, STUCK_S, EngineHealth
from r3mes_launcher.core.engine_watch import EngineWatch
from r3mes_launcher.core.state import Actual, Desired, DeviceChoice, GpuDriver

Until = Callable[..., Awaitable[None]]
NEW = EngineHealth.start(0.0)


def test_silence_and_missing_results_are_told_apart() -> None:
    assert NEW.verdict(SILENT_S - 1) == ""
    assert "silent" in NEW.verdict(SILENT_S)
    health, now = NEW, 0.0
    # It tells its figures, and nothing comes of two requests.
    while now < STUCK_S:
        health = health.told(2, 7, 90, now)
        assert health.verdict(now) == ""
        now += 2.0
    assert "no result" in health.told(2, 7, 90, now).verdict(now)
    assert health.told(2, 7, 91, now).verdict(now) == "", "one token is a result"
    assert health.told(0, 7, 90, now).verdict(now) == "", "nothing to do is no illness"


@given(st.lists(st.tuples(st.floats(0.1, 30.0), st.integers(0, 3), st.integers(1, 5)), max_size=200))
def test_whoever_writes_tokens_is_well(steps: list[tuple[float, int, int]]) -> None:
    health, now, tokens = NEW, 0.0, 0
    for wait_s, active, more in steps:
        now, tokens = now + wait_s, tokens + more
        health = health.told(active, 0, tokens, now)
        assert health.verdict(now) == ""


def test_failures_in_a_row_count_and_one_success_forgets_them() -> None:
    health = NEW
    for _ in range(FAILURES - 1):
        health = health.request_ended("engine_error", 1.0)
    assert health.verdict(1.0) == ""
    assert health.request_ended("stop", 1.0).request_ended("engine_error", 1.0).verdict(1.0) == ""
    assert "5 requests in a row" in health.request_ended("engine_error", 1.0).verdict(1.0)


def test_a_sticky_cuda_error_needs_one_failure() -> None:
    health = NEW.logged(["RuntimeError: CUDA error: an illegal memory access was encountered"])
    assert health.verdict(1.0) == "", "a line alone proves nothing"
    assert "CUDA" in health.request_ended("engine_error", 1.0).verdict(1.0)
    assert health.request_ended("stop", 1.0).request_ended("engine_error", 1.0).verdict(1.0) == ""
    harmless = NEW.logged(["CUDA error: out of memory", "an illegal memory access was encountered"])
    assert harmless.request_ended("engine_error", 1.0).verdict(1.0) == ""


def test_after_a_sleep_it_has_time_to_answer_and_no_time_of_the_sleep_counts() -> None:
    asked = NEW.slept(1000.0).asked(1000.0)
    assert asked.verdict(1000.0 + ANSWER_S - 1) == ""
    assert "sleep" in asked.verdict(1000.0 + ANSWER_S)
    assert asked.answered(1005.0).verdict(1000.0 + ANSWER_S) == ""


@pytest.mark.parametrize("driver", GpuDriver)
def test_only_an_updated_driver_stands_against_a_start_and_not_on_the_cpu(driver: GpuDriver) -> None:
    assert driver_obstacle(driver, DeviceChoice.CPU) is None
    assert driver_obstacle(driver, DeviceChoice.AUTO) == (RESTART_NEEDED if driver is GpuDriver.MISMATCH else None)


async def test_a_computer_that_slept_is_no_silence_of_the_engine() -> None:
    now = 0.0
    watch = EngineWatch(lambda: now)
    sick: list[str] = []
    watch.ready()
    running = asyncio.create_task(watch.run(sick.append, check_s=0.01))
    await asyncio.sleep(0.03)
    now = 5000.0
    await asyncio.sleep(0.05)
    assert sick == [] and not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


# --- with real processes ---------------------------------------------------------------------------------------------


async def test_an_engine_that_only_fails_is_started_again(watched: Any, runtime: Any, until: Until, alive: Any) -> None:
    sticky = "failing=ERROR RuntimeError: CUDA error: device-side assert triggered"
    runtime.turns = [("failures=5",), ("failures=1", sticky), ()]
    one = watched()
    one.node.start(Desired.SERVING)
    await until(lambda: len(runtime.wishes) == 3 and one.state.actual is Actual.SERVING)
    reasons = [state.reason for state in one.told if state.actual is Actual.BACKING_OFF]
    assert any("failed at 5 requests in a row" in reason and "loss 1" in reason for reason in reasons)
    assert any("CUDA error" in reason and "loss 2" in reason for reason in reasons)


async def test_after_a_sleep_the_engine_is_asked(watched: Any, runtime: Any, until: Until, logs: Any) -> None:
    one = watched()
    one.node.probe()
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.SERVING)
    one.node.probe()
    await until(lambda: any("heard ping" in line.text for line in logs.lines))
    assert one.state.actual is Actual.SERVING


async def test_an_updated_driver_is_a_fault_that_says_restart(watched: Any, until: Until, runtime: Any) -> None:
    one = watched(obstacle=lambda device: driver_obstacle(GpuDriver.MISMATCH, device))
    one.node.start(Desired.SERVING)
    await until(lambda: one.told and one.state.actual is Actual.FAULTED)
    assert one.state.fault == RESTART_NEEDED and runtime.wishes == []
    one.node.choose_device(DeviceChoice.CPU)
    one.node.retry()
    await until(lambda: one.state.actual is Actual.SERVING)
