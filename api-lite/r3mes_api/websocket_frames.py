"""WebSocket frames as nodes nearly always send them: a whole message in each. Pure.

The library reads whatever RFC 6455 allows, through a chain of generators that costs more than all else that is done
for a token. So what is plainly right is taken here, and everything else is left to the library, which alone says what
is wrong.

Source of the format: RFC 6455, section 5.2.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

try:
    from websockets.speedups import apply_mask
except ImportError:
    # A wheel without compiled parts.
    from websockets.utils import apply_mask

_TEXT = 0x81
_MASKED = 0x80
_LENGTH_IN_2_BYTES = 126
_LENGTH_IN_8_BYTES = 127
_LARGEST_CONTROL = 125
_MASK_BYTES = 4
_MIDDLE_HEAD = 4 + _MASK_BYTES
"""Of a frame whose length takes two bytes."""


class FrameUse(Enum):
    TEXT = "a whole text message"
    BINARY = "a whole binary message"
    FOR_LIBRARY = "bytes as they came, for the library to read"


CutFrame: TypeAlias = tuple[FrameUse, bytes]


_MESSAGES = {_TEXT: FrameUse.TEXT, 0x82: FrameUse.BINARY}
"""By the first byte of whole messages without extensions; fragments and closes are nowhere here."""

_CONTROLS = (0x89, 0x8A)
"""Ping and pong."""


class FrameCutter:
    """Cuts the bytes of one client into frames. It must see them from a frame's first byte on.

    With the first frame that is not plainly right it gives up: that frame and all that follows is the library's, which
    has read whole frames so far.
    """

    __slots__ = ("_held", "_needed", "gave_up")

    def __init__(self) -> None:
        self._held = bytearray()
        self._needed = 0
        """So many bytes must be held before it is worth looking again, however small the pieces are that come."""
        self.gave_up = False

    def feed(self, data: bytes, max_size: int) -> list[CutFrame]:
        """The frames that these bytes complete. `max_size`: of a message in bytes; a larger one is not held, but left
        to the library at once."""
        if not self._held and len(data) > _MIDDLE_HEAD and data[1] == _MASKED | _LENGTH_IN_2_BYTES:
            # One message of middle size and nothing else: most tokens come so, and it takes a third of the way below.
            use = _MESSAGES.get(data[0])
            if use is not None and len(data) - _MIDDLE_HEAD == data[2] << 8 | data[3] <= max_size:
                return [(use, apply_mask(data[_MIDDLE_HEAD:], data[4:_MIDDLE_HEAD]))]
        if self._held:
            self._held += data
            if len(self._held) < self._needed:
                return []
            data = bytes(self._held)
            self._held.clear()
        frames: list[CutFrame] = []
        start, size = 0, len(data)
        while start < size:
            use = _MESSAGES.get(data[start])
            mask = start + 2
            if use is None or mask > size:
                start = self._other(data, start, frames)
                continue
            length = data[start + 1] - _MASKED
            if length >= _LENGTH_IN_2_BYTES:
                mask += 2 if length == _LENGTH_IN_2_BYTES else 8
                if mask > size:
                    self._hold(data, start, mask - start)
                    break
                length = int.from_bytes(data[start + 2 : mask], "big")
            if not 0 <= length <= max_size:
                self._give_up(data, start, frames)
                break
            body = mask + _MASK_BYTES
            end = body + length
            if end > size:
                self._hold(data, start, end - start)
                break
            frames.append((use, apply_mask(data[body:end], data[mask:body])))
            start = end
        return frames

    def _other(self, data: bytes, start: int, frames: list[CutFrame]) -> int:
        """A ping or pong, one byte, or what only the library can judge. Returns where the next frame begins."""
        size = len(data)
        if start + 2 > size:
            self._hold(data, start, 2)
            return size
        length = data[start + 1] - _MASKED
        if data[start] not in _CONTROLS or not 0 <= length <= _LARGEST_CONTROL:
            self._give_up(data, start, frames)
            return size
        end = start + 2 + _MASK_BYTES + length
        if end > size:
            self._hold(data, start, end - start)
            return size
        frames.append((FrameUse.FOR_LIBRARY, data[start:end]))
        return end

    def _give_up(self, data: bytes, start: int, frames: list[CutFrame]) -> None:
        self.gave_up = True
        frames.append((FrameUse.FOR_LIBRARY, data[start:]))

    def _hold(self, data: bytes, start: int, needed: int) -> None:
        self._held += data[start:]
        self._needed = needed


def text_frame(text: str) -> bytes:
    """A whole text message from the server, which does not mask."""
    data = text.encode()
    size = len(data)
    if size < _LENGTH_IN_2_BYTES:
        head = bytes((_TEXT, size))
    elif size < 1 << 16:
        head = bytes((_TEXT, _LENGTH_IN_2_BYTES)) + size.to_bytes(2, "big")
    else:
        head = bytes((_TEXT, _LENGTH_IN_8_BYTES)) + size.to_bytes(8, "big")
    return head + data
