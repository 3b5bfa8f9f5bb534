"""A clock that plays recorded time: faster than real time, in small steps, and never with a leap.

What the demo decides by time follows it, so that a recorded hour is an hour for the policy, the history and the charts.
A computer that is busy or sleeps makes the recorded time slower; nothing in it is passed over.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable

from r3mes_launcher.core.state import Pace

RATE = 60.0
"""Recorded seconds in one second: a day takes 24 minutes."""
TICK_S = 0.25
"""A step is 15 recorded seconds: half of what the policy takes for a sleep and the history for a hole."""
MAX_STEP_S = 0.4
"""What a busy computer is late is lost for the recorded time beyond this."""


class ReplayClock:
    """Satisfies `Clock`. Owned by the core's loop; stands still until `run`."""

    def __init__(
        self, begin: float, rate: float = RATE, tick_s: float = TICK_S, real: Callable[[], float] = time.monotonic
    ) -> None:
        """`begin` is the recorded moment at which it starts, in seconds since the epoch."""
        self._now = begin
        self._rate = rate
        self._tick_s = tick_s
        self._real = real
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    @property
    def rate(self) -> float:
        return self._rate

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def pace(self) -> Pace:
        """How front ends tell the recorded time until the next word."""
        return Pace(time.time(), self._now, self._rate)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._numbers), woken))
        await woken

    async def run(self) -> None:
        """Lets time pass until it is cancelled."""
        before = self._real()
        while True:
            await asyncio.sleep(self._tick_s)
            real = self._real()
            self.advance(min(real - before, MAX_STEP_S) * self._rate)
            before = real

    def advance(self, seconds: float) -> None:
        """Goes on by recorded seconds and wakes who slept until then."""
        self._now += seconds
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
