"""Server-sent events: encoding, and a decoder that holds no more than one bounded event.

Source of the format: HTML Living Standard, section 9.2.6 "Interpreting an event stream".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from r3mes_protocol.limits import MAX_SSE_EVENT_BYTES
from r3mes_protocol.wire import ProtocolError

DONE = b"data: [DONE]\n\n"
"""The last event of an OpenAI stream."""

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment that keeps proxies from closing a quiet stream."""


def encode_event(payload: Mapping[str, Any]) -> bytes:
    """`data: {json}\\n\\n` in UTF-8. JSON escapes line breaks, so one event is always one line."""
    return (
        b"data: " + json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n\n"
    )


class SseDecoder:
    """Feeds on chunks as they come from a socket and yields the data of each whole event.

    Comments and fields other than `data` are passed over. Raises ProtocolError when one event is larger than
    `max_event_bytes`.
    """

    def __init__(self, max_event_bytes: int = MAX_SSE_EVENT_BYTES) -> None:
        self._max = max_event_bytes
        self._line = bytearray()
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False

    def feed(self, chunk: bytes) -> Iterator[str]:
        for piece in chunk.splitlines(keepends=True):
            # A chunk may end between the two characters of a CRLF.
            body = piece
            if self._after_cr:
                self._after_cr = False
                if body == b"\n":
                    continue
            self._hold(body)
            if self._line.endswith((b"\n", b"\r")):
                self._after_cr = self._line.endswith(b"\r")
                line = bytes(self._line).rstrip(b"\r\n")
                self._line.clear()
                event = self._end_of_line(line)
                if event is not None:
                    yield event

    def _hold(self, piece: bytes) -> None:
        self._line += piece
        if len(self._line) + self._size > self._max:
            raise ProtocolError(f"server-sent event larger than {self._max} bytes")

    def _end_of_line(self, line: bytes) -> str | None:
        if not line:
            if not self._data:
                return None
            event = b"\n".join(self._data).decode("utf-8", "replace")
            self._data.clear()
            self._size = 0
            return event
        if line.startswith(b"data:"):
            value = line[5:].removeprefix(b" ")
            self._data.append(value)
            self._size += len(value) + 1
        return None
