"""Recorded time: it passes in small steps, wakes in order, and no delay of the computer makes it leap."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.state import Pace
from r3mes_launcher.ports.replay_clock import MAX_STEP_S, ReplayClock


@given(
    sleeps=st.lists(st.floats(0.1, 1000), max_size=20),
    steps=st.lists(st.floats(0.1, 100), max_size=30),
)
def test_who_sleeps_is_woken_at_the_first_step_that_reaches_the_time(sleeps: list[float], steps: list[float]) -> None:
    async def play() -> None:
        clock = ReplayClock(5000.0)
        woken: dict[int, float] = {}

        async def sleeper(number: int, seconds: float) -> None:
            await clock.sleep(seconds)
            woken[number] = clock.now()

        tasks = [asyncio.create_task(sleeper(number, seconds)) for number, seconds in enumerate(sleeps)]
        await asyncio.sleep(0)
        for step in steps:
            before = clock.now()
            clock.advance(step)
            for _ in range(3):
                await asyncio.sleep(0)
            due = {number for number, seconds in enumerate(sleeps) if 5000.0 + seconds <= clock.now()}
            assert set(woken) == due
            assert all(at <= clock.now() and (at == clock.now() or at <= before) for at in woken.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(play())


async def test_a_computer_that_was_busy_for_an_hour_makes_no_leap() -> None:
    moments = iter([0.0, 3600.0, 3600.25])
    last = 3600.25
    clock = ReplayClock(1000.0, rate=60.0, tick_s=0.0, real=lambda: next(moments, last))
    task = asyncio.create_task(clock.run())
    while clock.now() == 1000.0:
        await asyncio.sleep(0)
    assert clock.now() - 1000.0 == pytest.approx(MAX_STEP_S * 60)
    await clock.sleep(1.0)
    assert clock.now() - 1000.0 == pytest.approx((MAX_STEP_S + 0.25) * 60)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_it_stands_still_until_it_runs_and_nobody_who_left_is_woken() -> None:
    clock = ReplayClock(7.0)
    task = asyncio.create_task(clock.sleep(10))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert clock.now() == clock.monotonic() == 7.0
    clock.advance(20)
    await clock.sleep(0)
    assert clock.now() == 27.0


def test_the_pace_tells_front_ends_the_time_until_the_next_word() -> None:
    assert Pace().now(123.5) == 123.5
    assert Pace(real_at=100.0, shown_at=5000.0, rate=60.0).now(102.0) == 5120.0
    pace = ReplayClock(5000.0, rate=60.0).pace()
    assert pace.now(pace.real_at) == 5000.0
