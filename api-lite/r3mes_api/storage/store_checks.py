"""Which stores answer at this moment, for readiness."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

CHECK_S = 0.6
"""A little longer than Redis is waited for; who asks for readiness waits no longer."""

FRESH_S = 1.0
"""However often readiness is asked for, a store is asked once in so many seconds."""


class StoreChecks:
    """`probes` by the store's name: whether it answers; they never raise. `clock` gives seconds."""

    def __init__(self, probes: Mapping[str, Callable[[], Awaitable[bool]]], clock: Callable[[], float]) -> None:
        self._probes = probes
        self._clock = clock
        self._answered: dict[str, bool] = {}
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def answered(self) -> dict[str, bool]:
        """Of each store whether it answered the last time."""
        async with self._asking:
            if self._clock() - self._asked_at >= FRESH_S:
                states = await asyncio.gather(*(self._ask(probe) for probe in self._probes.values()))
                self._answered = dict(zip(self._probes, states, strict=True))
                self._asked_at = self._clock()
        return self._answered

    async def _ask(self, probe: Callable[[], Awaitable[bool]]) -> bool:
        try:
            async with asyncio.timeout(CHECK_S):
                return await probe()
        except TimeoutError:
            return False
