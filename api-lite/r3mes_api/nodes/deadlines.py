"""The deadlines of all that waits for nodes, looked at by one timer.

A timer for each wait would be set and cancelled for every request and hardly ever go off; that cost more than choosing
the node.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

LOOK_S = 0.05
"""How late a time-out may be noticed; the shortest that there is, a stall, is thirty times as long."""


class Waiting(Protocol):
    def look(self, now: float) -> None:
        """Ends its wait if the time is up; `now` is the loop's time."""
        ...


class Deadlines:
    """Looks at what it watches until told to forget it; without anything to watch there is no timer."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watched: set[Waiting] = set()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, waiting: Waiting) -> None:
        self._watched.add(waiting)
        if self._timer is None:
            self._timer = self._loop.call_later(LOOK_S, self._look)

    def forget(self, waiting: Waiting) -> None:
        self._watched.discard(waiting)

    def _look(self) -> None:
        self._timer = self._loop.call_later(LOOK_S, self._look) if self._watched else None
        now = self._loop.time()
        for waiting in tuple(self._watched):
            waiting.look(now)
