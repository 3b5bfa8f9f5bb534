"""Room for requests: so many at once, so many waiting, and a clear refusal beyond."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from r3mes_engine.errors import GenerationFailed
from r3mes_protocol.messages import Capacity, FailureCode


class JobQueue:
    """First come, first served. Lives on one event loop."""

    def __init__(self, max_concurrency: int, max_queued: int) -> None:
        self._max_concurrency = max_concurrency
        self._max_queued = max_queued
        self._active = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = ""
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def capacity(self) -> Capacity:
        return Capacity(active=self._active, queued=len(self._waiting), max_concurrency=self._max_concurrency)

    def close(self, reason: str) -> None:
        """Takes nothing new from now on; what runs or waits goes on."""
        self._closed = self._closed or reason

    @property
    def closed(self) -> bool:
        return bool(self._closed)

    async def drained(self) -> None:
        """Returns once nothing runs or waits."""
        await self._idle.wait()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Holds one of the slots. Raises GenerationFailed (`capacity`, `draining`) when there is no room."""
        await self._enter()
        try:
            yield
        finally:
            self._leave()

    async def _enter(self) -> None:
        if self._closed:
            raise GenerationFailed(FailureCode.DRAINING, self._closed, capacity=self.capacity)
        if self._active < self._max_concurrency:
            self._active += 1
            self._idle.clear()
            return
        if len(self._waiting) >= self._max_queued:
            raise GenerationFailed(
                FailureCode.CAPACITY,
                f"All {self._max_concurrency} places are taken and {len(self._waiting)} requests wait already.",
                capacity=self.capacity,
            )
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # The slot was handed over in the same moment: it has to go on to the next.
                self._leave()
            elif turn in self._waiting:
                # Whoever left in the same moment may have passed over this turn and dropped it already.
                self._waiting.remove(turn)
            raise

    def _leave(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                # The slot changes hands without becoming free, so nobody can jump the queue.
                turn.set_result(None)
                return
        self._active -= 1
        if self._active == 0:
            self._idle.set()
