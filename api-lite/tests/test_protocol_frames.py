"""Binary frames: what is packed comes out again, and only whole frames are taken."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r3mes_protocol.frames import (
    HEADER_BYTES,
    MAX_PAYLOAD_BYTES,
    Frame,
    FrameKind,
    decode_frame,
    encode_frame,
    join_events,
)
from r3mes_protocol.limits import INITIAL_WINDOW_BYTES, MAX_FRAME_BYTES
from r3mes_protocol.wire import JobId, ProtocolError

JOB_IDS = st.binary(min_size=8, max_size=8).map(bytes.hex).map(JobId)
many = settings(deadline=None)


@many
@given(job_id=JOB_IDS, kind=st.sampled_from(FrameKind), payload=st.binary(min_size=1, max_size=2000))
def test_a_frame_survives_the_wire(job_id: JobId, kind: FrameKind, payload: bytes) -> None:
    data = encode_frame(job_id, kind, payload)
    assert len(data) == HEADER_BYTES + len(payload)
    assert decode_frame(data) == Frame(job_id, kind, payload)


@many
@given(data=st.binary(max_size=40))
def test_any_bytes_are_a_frame_or_a_protocol_error(data: bytes) -> None:
    whole = len(data) > HEADER_BYTES and data[8] in (0, 1, 2)
    if whole:
        frame = decode_frame(data)
        assert encode_frame(frame.job_id, frame.kind, frame.payload) == data
    else:
        with pytest.raises(ProtocolError):
            decode_frame(data)


@many
@given(job_id=JOB_IDS, payload=st.binary(min_size=1, max_size=50), cut=st.integers(0, HEADER_BYTES))
def test_a_truncated_header_is_refused(job_id: JobId, payload: bytes, cut: int) -> None:
    with pytest.raises(ProtocolError):
        decode_frame(encode_frame(job_id, FrameKind.CONTENT, payload)[:cut])


def test_a_frame_without_payload_is_refused_because_it_would_cost_no_credit() -> None:
    with pytest.raises(ProtocolError, match="without a payload"):
        decode_frame(bytes(8) + b"\x01")
    with pytest.raises(ValueError, match="payload of 0 bytes"):
        encode_frame(JobId("0" * 16), FrameKind.CONTENT, b"")


def test_a_frame_is_as_large_as_its_bound_and_no_larger() -> None:
    job_id = JobId("00112233445566ff")
    largest = encode_frame(job_id, FrameKind.TAIL, bytes(MAX_PAYLOAD_BYTES))
    assert len(largest) == MAX_FRAME_BYTES <= INITIAL_WINDOW_BYTES
    assert decode_frame(largest).payload == bytes(MAX_PAYLOAD_BYTES)
    with pytest.raises(ValueError, match="allowed"):
        encode_frame(job_id, FrameKind.TAIL, bytes(MAX_PAYLOAD_BYTES + 1))
    with pytest.raises(ProtocolError, match="allowed"):
        decode_frame(largest + b"\x00")


@pytest.mark.parametrize("job_id", ["", "00", "0" * 14, "0" * 18, "xy" * 8, "0" * 15])
def test_a_wrong_job_id_is_never_packed(job_id: str) -> None:
    with pytest.raises(ValueError):
        encode_frame(JobId(job_id), FrameKind.CONTENT, b"x")


SIZES = st.integers(0, 300) | st.integers(MAX_PAYLOAD_BYTES // 3, MAX_PAYLOAD_BYTES)


@many
@given(sizes=st.lists(SIZES, max_size=12))
def test_events_are_packed_whole_in_order_and_tightly(sizes: list[int]) -> None:
    events = [bytes([number % 251]) * size for number, size in enumerate(sizes)]
    payloads = list(join_events(events))
    assert b"".join(payloads) == b"".join(events)
    assert all(0 < len(payload) <= MAX_PAYLOAD_BYTES for payload in payloads)
    ends = {sum(sizes[:count]) for count in range(len(sizes) + 1)}
    position = 0
    for payload in payloads:
        position += len(payload)
        assert position in ends, "an event must not be cut"
    for first, second in pairwise(payloads):
        assert len(first) + len(second) > MAX_PAYLOAD_BYTES


def test_an_event_larger_than_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed"):
        list(join_events([b"x" * (MAX_PAYLOAD_BYTES + 1)]))
