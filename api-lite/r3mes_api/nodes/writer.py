"""The one place from which a node's socket is written."""

from __future__ import annotations

import asyncio
from collections import deque

from r3mes_api.asgi import Frames, Send


class SessionWriter:
    """A bounded queue in front of a socket. `put` never waits: a full queue means that the socket is stuck.

    Where `frames` is given and the socket has room, a frame is written at once and past the queue.
    """

    def __init__(self, send: Send, frames: Frames | None = None, *, max_bytes: int, timeout_s: float) -> None:
        self._send = send
        self._frames = frames
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._queue: deque[str] = deque()
        self._size = 0
        self._ready = asyncio.Event()

    @property
    def waiting_bytes(self) -> int:
        return self._size

    def put(self, frame: str) -> bool:
        """False when there is no room for the frame."""
        if self._size + len(frame) > self._max_bytes:
            return False
        if self._frames is not None and not self._queue and self._frames.write_now(frame):
            return True
        self._queue.append(frame)
        self._size += len(frame)
        self._ready.set()
        return True

    async def run(self) -> None:
        """Writes until cancelled. Raises TimeoutError when the socket takes nothing for the time-out."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            while self._queue:
                async with asyncio.timeout(self._timeout_s):
                    await self._write_one()

    async def last_words(self, code: int, timeout_s: float) -> None:
        """Writes what is queued and closes the socket, within a bound; to be called when `run` is over."""
        async with asyncio.timeout(timeout_s):
            while self._queue:
                await self._write_one()
            await self._send({"type": "websocket.close", "code": code})

    async def _write_one(self) -> None:
        frame = self._queue[0]
        await self._send({"type": "websocket.send", "text": frame})
        self._queue.popleft()
        self._size -= len(frame)
