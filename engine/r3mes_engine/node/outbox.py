"""What one job has said and the gateway may not have yet. Pure.

Offsets count payload bytes from the beginning of the answer, as credit does.
"""

from __future__ import annotations

from collections import deque

from r3mes_protocol.frames import HEADER_BYTES


class Outbox:
    """Frames in their order, then the terminal. Where it keeps, what was sent stays until it is acknowledged."""

    def __init__(self, *, keeps: bool) -> None:
        self.keeps = keeps
        self.kept = 0
        """From here on every frame is still here."""
        self.made = 0
        """Payload bytes of all frames so far."""
        self.terminal: str | None = None
        self._terminal_is_out = False
        self._frames: deque[bytes] = deque()
        self._unsent = 0

    def put(self, frame: bytes) -> None:
        """A whole binary frame, header included."""
        assert self.terminal is None
        self._frames.append(frame)
        self._unsent += 1
        self.made += _payload(frame)

    def close(self, terminal: str) -> None:
        """Nothing follows a terminal."""
        assert self.terminal is None
        self.terminal = terminal

    @property
    def is_empty(self) -> bool:
        """Whether all that there is to say has been handed out."""
        return self._unsent == 0 and (self.terminal is None or self._terminal_is_out)

    def take(self) -> bytes | str | None:
        """What is to be sent next. It counts as sent from now on; if it was not, `rewind` brings it back."""
        if self._unsent:
            frame = self._frames[len(self._frames) - self._unsent]
            self._unsent -= 1
            if not self.keeps:
                self._drop_first()
            return frame
        if self.terminal is not None and not self._terminal_is_out:
            self._terminal_is_out = True
            return self.terminal
        return None

    def acknowledge(self, offset: int) -> None:
        """The gateway has everything before the offset."""
        while len(self._frames) > self._unsent and self.kept + _payload(self._frames[0]) <= offset:
            self._drop_first()

    def rewind(self, received: int) -> bool:
        """Everything from the offset on is to be sent again. False where that can't be: it is not the end of a frame
        that was made and not acknowledged."""
        offset, place = self.kept, 0
        while offset < received and place < len(self._frames):
            offset += _payload(self._frames[place])
            place += 1
        if offset != received:
            return False
        self._unsent = len(self._frames) - place
        self._terminal_is_out = False
        self.acknowledge(received)
        return True

    def _drop_first(self) -> None:
        self.kept += _payload(self._frames.popleft())


def _payload(frame: bytes) -> int:
    return len(frame) - HEADER_BYTES
