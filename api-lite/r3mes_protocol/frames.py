"""Binary frames of the node session: 8 bytes job id, 1 byte kind, payload."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from r3mes_protocol.limits import MAX_FRAME_BYTES
from r3mes_protocol.wire import JobId, ProtocolError

JOB_ID_BYTES = 8
HEADER_BYTES = JOB_ID_BYTES + 1
MAX_PAYLOAD_BYTES = MAX_FRAME_BYTES - HEADER_BYTES


class FrameKind(IntEnum):
    """What a payload holds, so that the gateway needs not parse it to know whether the answer has begun."""

    PREAMBLE = 0
    """Whole SSE events before the first content token, such as the role delta. Failing over is still invisible."""
    CONTENT = 1
    """Whole SSE events with at least one content token."""
    TAIL = 2
    """Whole SSE events after the last content token: finish reason, usage."""


_KINDS = tuple(FrameKind)
"""By their numbers: several times quicker than a call of the enum, and every token comes by here."""


@dataclass(slots=True)
class Frame:
    """No named tuple: one of these is made and read for every token, which takes a third of the time so."""

    job_id: JobId
    kind: FrameKind
    payload: bytes


def encode_frame(job_id: JobId, kind: FrameKind, payload: bytes) -> bytes:
    """Raises ValueError for no job id, and for a payload that is empty or too large; see `join_events`."""
    if not 0 < len(payload) <= MAX_PAYLOAD_BYTES:
        raise ValueError(f"payload of {len(payload)} bytes, 1 to {MAX_PAYLOAD_BYTES} allowed")
    job = bytes.fromhex(job_id)
    if len(job) != JOB_ID_BYTES:
        raise ValueError(f"job id of {len(job)} bytes, {JOB_ID_BYTES} needed")
    return job + bytes((kind,)) + payload


def decode_frame(data: bytes) -> Frame:
    """Raises ProtocolError for a frame that is truncated, empty, too large or of an unknown kind."""
    size = len(data)
    if not HEADER_BYTES < size <= MAX_FRAME_BYTES:
        if size < HEADER_BYTES:
            raise ProtocolError("binary frame shorter than its header")
        if size == HEADER_BYTES:
            # Credit counts payload bytes: frames without any could come without end.
            raise ProtocolError("binary frame without a payload")
        raise ProtocolError(f"binary frame of {size} bytes, {MAX_FRAME_BYTES} allowed")
    try:
        kind = _KINDS[data[JOB_ID_BYTES]]
    except IndexError:
        raise ProtocolError(f"binary frame of unknown kind {data[JOB_ID_BYTES]}") from None
    return Frame(JobId(data[:JOB_ID_BYTES].hex()), kind, data[HEADER_BYTES:])


def join_events(events: list[bytes]) -> Iterator[bytes]:
    """Packs whole SSE events into as few payloads as fit. Raises ValueError for an event larger than a frame."""
    payload = bytearray()
    for event in events:
        if len(event) > MAX_PAYLOAD_BYTES:
            raise ValueError(f"event of {len(event)} bytes, {MAX_PAYLOAD_BYTES} allowed")
        if len(payload) + len(event) > MAX_PAYLOAD_BYTES:
            yield bytes(payload)
            payload.clear()
        payload += event
    if payload:
        yield bytes(payload)
