"""Watches over one running request: the client that leaves, the client that does not read, the end of the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum
from types import TracebackType
from typing import Any

from r3mes_api.asgi import Exchange
from r3mes_api.lifecycle import Lifecycle


class Interruption(Enum):
    CLIENT_GONE = "the client closed the connection"
    CLIENT_STALLED = "the client took nothing for too long"
    SHUTTING_DOWN = "the gateway is shutting down"


class Interrupted(Exception):
    def __init__(self, why: Interruption) -> None:
        super().__init__(why.value)
        self.why = why


class RequestGuard:
    """A context in which the request's task is ended as soon as nobody waits for it.

    ASGI servers tell of a client that left only when they are asked, and a request that waits for its first token
    sends nothing that could fail: so the transport calls, or a second task asks where it can't. Raises Interrupted in
    place of the cancellation.
    """

    __slots__ = (
        "_client_stall_s",
        "_comment",
        "_exchange",
        "_keep_alive",
        "_keep_alive_s",
        "_lifecycle",
        "_owner",
        "_stays",
        "_watch",
        "_why",
    )

    def __init__(
        self,
        exchange: Exchange,
        lifecycle: Lifecycle,
        *,
        client_stall_s: float,
        keep_alive_s: float,
        keep_alive: Callable[[], Awaitable[None]] | None = None,
        stays: bool = False,
    ) -> None:
        """`stays`: the answer is made to its end though its client has left, since it will ask for it again."""
        self._stays = stays
        self._exchange = exchange
        self._lifecycle = lifecycle
        self._client_stall_s = client_stall_s
        self._keep_alive_s = keep_alive_s
        self._keep_alive = keep_alive
        self._owner: asyncio.Task[Any] | None = None
        self._why: Interruption | None = None
        self._watch: asyncio.Task[None] | None = None
        self._comment: asyncio.Task[Any] | None = None

    def __enter__(self) -> RequestGuard:
        self._lifecycle.enter(self)
        connection = self._exchange.connection
        if connection is not None:
            self._owner = connection.task
            connection.when_gone(self._client_left)
        else:
            self._owner = asyncio.current_task()
            self._watch = asyncio.create_task(self._until_gone())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lifecycle.leave(self)
        if self._exchange.connection is not None:
            self._exchange.connection.when_gone(None)
        if self._watch is not None:
            self._watch.cancel()
        if self._comment is not None:
            self._comment.cancel()
        if self._why is not None and isinstance(error, asyncio.CancelledError) and self._owner is not None:
            self._owner.uncancel()
            raise Interrupted(self._why) from None

    def shut_down(self) -> None:
        self._interrupt(Interruption.SHUTTING_DOWN)

    def _interrupt(self, why: Interruption) -> None:
        if self._why is None and self._owner is not None:
            self._why = why
            self._owner.cancel()

    async def _until_gone(self) -> None:
        while (await self._exchange.receive())["type"] != "http.disconnect":
            pass
        self._client_left()

    def _client_left(self) -> None:
        if not self._stays:
            self._interrupt(Interruption.CLIENT_GONE)

    def look(self, now: float) -> None:
        """To be called every second or so, with the loop's time."""
        if self._exchange.writing:
            if now - self._exchange.last_write > self._client_stall_s:
                self._interrupt(Interruption.CLIENT_STALLED)
        elif self._keep_alive is not None and now - self._exchange.last_write > self._keep_alive_s:
            self._comment = asyncio.ensure_future(self._keep_alive())
