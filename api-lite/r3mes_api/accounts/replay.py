"""An answer under way that others with the same idempotency key may follow from its start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from r3mes_api.accounts.idempotency import MAX_STORED_BYTES


class ReplayTooLong(Exception):
    """The answer outgrew what is kept, so that it can't be followed from its start any more."""


class Replay:
    """One writer, any number of followers. A follower that reads slowly holds up nobody and costs no memory."""

    def __init__(self, request_id: str, *, max_bytes: int = MAX_STORED_BYTES) -> None:
        self.request_id = request_id
        self.status: int | None = None
        self.content_type = ""
        self._max_bytes = max_bytes
        self._body = bytearray()
        self._is_too_long = False
        self._has_ended = False
        self._changed = asyncio.Event()

    def start(self, status: int, content_type: str) -> None:
        self.status = status
        self.content_type = content_type
        self._wake()

    def write(self, data: bytes) -> None:
        if not self._is_too_long:
            self._body += data
            self._is_too_long = len(self._body) > self._max_bytes
        self._wake()

    def end(self) -> None:
        self._has_ended = True
        self._wake()

    @property
    def body(self) -> bytes:
        """All that was written, more than `max_bytes` when the answer was too long to be kept."""
        return bytes(self._body)

    async def started(self) -> int | None:
        """The status, once it is known; None when the answer ended without one."""
        while self.status is None and not self._has_ended:
            await self._changed.wait()
        return self.status

    async def follow(self) -> AsyncIterator[bytes]:
        """The body from its first byte to its end. Raises ReplayTooLong."""
        position = 0
        while True:
            if self._is_too_long:
                raise ReplayTooLong
            if position < len(self._body):
                piece = bytes(self._body[position:])
                position += len(piece)
                yield piece
            elif self._has_ended:
                return
            else:
                await self._changed.wait()

    def _wake(self) -> None:
        # Those who wait now go on; those who come later wait for the next change.
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class Replays:
    """The answers under way on this replica, by request id."""

    def __init__(self) -> None:
        self._running: dict[str, Replay] = {}

    def open(self, request_id: str) -> Replay:
        replay = Replay(request_id)
        self._running[request_id] = replay
        return replay

    def find(self, request_id: str) -> Replay | None:
        return self._running.get(request_id)

    def close(self, replay: Replay) -> None:
        """Followers that are at it read it to its end."""
        replay.end()
        self._running.pop(replay.request_id, None)
