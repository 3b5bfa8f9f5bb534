"""Lines that a person types, read without blocking the loop and without holding up the program's end."""

from __future__ import annotations

import asyncio
import os
import sys
import threading


class LineReader:
    """Reads a terminal's stdin. `next_line` returns None at its end (Ctrl-D)."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._held = b""
        self._watching = sys.platform != "win32"
        if self._watching:
            # The terminal itself edits the line and hands it over whole.
            self._loop.add_reader(descriptor, self._on_readable)
        else:
            # os.read and not input(): a thread inside a buffered reader would block the interpreter's end.
            threading.Thread(target=self._read_for_ever, daemon=True).start()

    async def next_line(self) -> str | None:
        return await self._lines.get()

    def close(self) -> None:
        if self._watching:
            self._watching = False
            self._loop.remove_reader(self._descriptor)

    def _on_readable(self) -> None:
        try:
            chunk = os.read(self._descriptor, 4096)
        except OSError:
            chunk = b""
        self._take(chunk)

    def _read_for_ever(self) -> None:
        while chunk := os.read(self._descriptor, 4096):
            self._loop.call_soon_threadsafe(self._take, chunk)
        self._loop.call_soon_threadsafe(self._take, b"")

    def _take(self, chunk: bytes) -> None:
        if not chunk:
            self.close()
            self._lines.put_nowait(None)
            return
        *lines, self._held = (self._held + chunk).split(b"\n")
        for line in lines:
            self._lines.put_nowait(line.decode("utf-8", "replace").rstrip("\r"))
