"""How vectors cross a node session."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_protocol.embeddings import embedding_answer, read_vectors, vector_events
from r3mes_protocol.wire import ProtocolError

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6)
PAYLOADS = st.integers(12, 70_000)


@given(st.integers(1, 8).flatmap(lambda size: st.lists(st.lists(FLOATS, min_size=size, max_size=size), min_size=1,
                                                       max_size=20)), PAYLOADS)  # fmt: skip
def test_vectors_come_as_they_went(vectors: list[list[float]], payload_bytes: int) -> None:
    packed = [struct.pack(f"<{len(vector)}f", *vector) for vector in vectors]
    payloads = list(vector_events(packed, payload_bytes))
    assert all(len(payload) <= payload_bytes for payload in payloads)
    # As the gateway's ledger wants each frame.
    assert all(payload.startswith(b"data: ") and payload.endswith(b"\n\n") for payload in payloads)
    assert read_vectors(b"".join(payloads), len(vectors), None) == packed
    assert read_vectors(b"".join(payloads), len(vectors), len(vectors[0])) == packed
    answer = embedding_answer("m", packed, "float", 3)
    assert [one["embedding"] for one in answer["data"]] == vectors


@given(st.binary(max_size=200), st.integers(1, 4), st.none() | st.integers(1, 4))
def test_whatever_a_node_sends_is_vectors_or_a_protocol_error(
    payload: bytes, count: int, dimensions: int | None
) -> None:
    try:
        vectors = read_vectors(payload, count, dimensions)
    except ProtocolError:
        return
    assert len(vectors) == count
    assert len({len(vector) for vector in vectors}) == 1 and len(vectors[0]) % 4 == 0


@given(st.lists(st.binary(min_size=8, max_size=8), min_size=1, max_size=4), st.integers(1, 4))
def test_a_number_of_texts_that_does_not_fit_is_refused(vectors: list[bytes], dimensions: int) -> None:
    payload = b"".join(vector_events(vectors, 1000))
    if dimensions != 2:
        with pytest.raises(ProtocolError):
            read_vectors(payload, len(vectors), dimensions)
    with pytest.raises(ProtocolError):
        read_vectors(payload, 3 * len(vectors) + 1, None)
