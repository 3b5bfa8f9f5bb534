"""Whether the gateway takes requests, and the requests that run."""

from __future__ import annotations

import asyncio
from typing import Protocol

from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.exit_codes import ExitCode

LOOK_S = 1.0
"""How often the running requests are looked at; their time-outs are far longer. One timer serves them all."""

LAST_ERROR_S = 0.25
"""For telling a client that its answer ends here; one that does not read must not hold up the end."""


class CannotStart(Exception):
    """Something that the gateway needs can't be had; the text says why and what to do."""

    def __init__(self, sentence: str, exit_code: ExitCode = ExitCode.CONFIGURATION) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


class Running(Protocol):
    """A request that can be told to end."""

    def shut_down(self) -> None: ...

    def look(self, now: float) -> None:
        """Checks the request's own time-outs; `now` is the loop's time."""
        ...


class Lifecycle:
    """Counts requests in and out; after `stop_accepting` it only counts out."""

    def __init__(self, max_requests: int) -> None:
        self._max_requests = max_requests
        self._running: set[Running] = set()
        self._changed = asyncio.Event()
        self.accepting = True

    @property
    def running(self) -> int:
        return len(self._running)

    def check(self) -> None:
        """Raises ApiError SHUTTING_DOWN or NETWORK_BUSY."""
        if not self.accepting:
            raise shutting_down()
        if len(self._running) >= self._max_requests:
            raise ApiError(
                ErrorCode.NETWORK_BUSY,
                f"This gateway has its {self._max_requests} requests already; try again soon.",
                retry_after_s=2,
            )

    def enter(self, request: Running) -> None:
        self._running.add(request)

    def leave(self, request: Running) -> None:
        self._running.discard(request)
        self._changed.set()

    async def watch(self) -> None:
        """Looks at the running requests until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_S)
            for request in tuple(self._running):
                request.look(loop.time())

    def stop_accepting(self) -> None:
        self.accepting = False

    async def drained(self, timeout_s: float) -> bool:
        """Whether every request ended within the time."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._running:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def shut_down_running(self) -> None:
        for request in tuple(self._running):
            request.shut_down()


def shutting_down() -> ApiError:
    return ApiError(ErrorCode.SHUTTING_DOWN, "This gateway is shutting down; send the request again.", retry_after_s=1)
