"""Cuts a child's output into lines and never holds more than one bounded line."""

from __future__ import annotations


class LineSplitter:
    """Feeds on chunks as a pipe gives them. A line over `max_bytes` is dropped as a whole and counted."""

    def __init__(self, max_bytes: int) -> None:
        self._max = max_bytes
        self._held = bytearray()
        self._skipping = False
        self.oversized = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that are whole now, without their line ends."""
        pieces = chunk.split(b"\n")
        last = pieces.pop()
        lines = [line for piece in pieces if (line := self._finish(piece)) is not None]
        self._hold(last)
        return lines

    def end(self) -> list[bytes]:
        """What is left when the pipe is closed: a last line without a line end, or nothing."""
        line = self._finish(b"") if self._held or self._skipping else None
        return [line] if line else []

    def _finish(self, piece: bytes) -> bytes | None:
        self._hold(piece)
        line = bytes(self._held)
        skipped, self._skipping = self._skipping, False
        self._held.clear()
        return None if skipped else line.removesuffix(b"\r")

    def _hold(self, piece: bytes) -> None:
        if self._skipping:
            return
        if len(self._held) + len(piece) > self._max:
            self._held.clear()
            self._skipping = True
            self.oversized += 1
        else:
            self._held += piece
