"""Server-sent events: encoding, and a decoder that holds no more than one bounded event.

Source of the format: HTML Living Standard, section 9.2.6 "Interpreting an event stream".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from r3mes_protocol.limits import MAX_SSE_EVENT_BYTES
from r3mes_protocol.wire import ProtocolError

DONE = b"data: [DONE]\n\n"
"""The last event of an OpenAI stream."""

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment that keeps proxies from closing a quiet stream."""

# json.dumps makes a new encoder for every call that is not by its defaults.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")


def encode_event(payload: Mapping[str, Any]) -> bytes:
    """`data: {json}\\n\\n` in UTF-8. JSON escapes line breaks, so one event is always one line.

    A lone surrogate, which UTF-8 can't hold, becomes U+FFFD. Raises ValueError for NaN and infinities.
    """
    return b"data: " + encode_json(payload) + b"\n\n"


def encode_json(payload: Mapping[str, Any]) -> bytes:
    """JSON of anything that a model may write. Two halves of a surrogate pair that stand together are joined; a lone
    one, which UTF-8 can't hold, becomes U+FFFD. Raises ValueError for NaN and infinities."""
    text = _ENCODER.encode(payload)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


class SseDecoder:
    """Feeds on chunks as they come from a socket and yields the data of each whole event.

    How the bytes are cut into chunks makes no difference. Comments and fields other than `data` are passed over.
    Raises ProtocolError when one line, or the data of one event, is larger than `max_event_bytes`; the stream is lost
    then, and every later call raises again.
    """

    def __init__(self, max_event_bytes: int = MAX_SSE_EVENT_BYTES) -> None:
        self._max = max_event_bytes
        self._line = bytearray()
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False
        self._first_line = True
        self._failed = False

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The events that this chunk completes. The chunk counts as read once the iterator is exhausted."""
        if self._failed:
            raise self._too_large()
        position = 0
        if self._after_cr and chunk:
            # A chunk may end between the two characters of a CRLF.
            self._after_cr = False
            position = 1 if chunk.startswith(b"\n") else 0
        for end in _LINE_END.finditer(chunk, position):
            self._hold(chunk[position : end.start()])
            position = end.end()
            self._after_cr = end.group() == b"\r" and position == len(chunk)
            line = bytes(self._line)
            self._line.clear()
            event = self._end_of_line(line)
            if event is not None:
                yield event
        self._hold(chunk[position:])

    def _hold(self, piece: bytes) -> None:
        if len(self._line) + len(piece) + self._size > self._max:
            self._failed = True
            self._line.clear()
            self._data.clear()
            raise self._too_large()
        self._line += piece

    def _too_large(self) -> ProtocolError:
        return ProtocolError(f"server-sent event larger than {self._max} bytes")

    def _end_of_line(self, line: bytes) -> str | None:
        if self._first_line:
            self._first_line = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            if not self._data:
                return None
            event = b"\n".join(self._data).decode("utf-8", "replace")
            self._data.clear()
            self._size = 0
            return event
        field, _, value = line.partition(b":")
        if field == b"data":
            value = value.removeprefix(b" ")
            self._data.append(value)
            self._size += len(value) + 1
        return None
