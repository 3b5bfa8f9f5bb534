"""Server-sent events: the decoder agrees with the standard however the bytes are cut."""

from __future__ import annotations

import json
import math
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from r3mes_protocol.sse import DONE, KEEP_ALIVE, SseDecoder, encode_event
from r3mes_protocol.wire import ProtocolError

many = settings(deadline=None, max_examples=200)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PAYLOADS = st.dictionaries(st.text(max_size=8), VALUES, max_size=3)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(stream) + 1) for place in places} | {len(stream)})
    return [stream[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def decode(chunks: list[bytes], max_event_bytes: int = 1 << 20) -> tuple[list[str], bool]:
    """The events, and whether the stream was refused."""
    decoder = SseDecoder(max_event_bytes)
    events: list[str] = []
    try:
        for chunk in chunks:
            events.extend(decoder.feed(chunk))
    except ProtocolError:
        return events, True
    return events, False


def by_the_book(stream: bytes) -> list[str]:
    """The standard's own words (9.2.6), on a whole stream, without any bound."""
    text = stream.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = text.split(b"\n")[:-1]
    events: list[str] = []
    buffer = b""
    for line in lines:
        if not line:
            if buffer:
                events.append(buffer.removesuffix(b"\n").decode("utf-8", "replace"))
            buffer = b""
            continue
        field, colon, value = line.partition(b":")
        if field == b"data":
            buffer += (value.removeprefix(b" ") if colon else b"") + b"\n"
    return events


@many
@given(payloads=st.lists(PAYLOADS, max_size=5), places=st.lists(st.integers(0, 2000), max_size=30))
def test_events_survive_any_cutting(payloads: list[dict[str, object]], places: list[int]) -> None:
    stream = KEEP_ALIVE + b"".join(encode_event(payload) + KEEP_ALIVE for payload in payloads) + DONE
    events, refused = decode(cut(stream, places))
    assert not refused
    assert events.pop() == "[DONE]"
    assert [json.loads(event) for event in events] == [json.loads(json.dumps(payload)) for payload in payloads]


FIELDS = [b"data", b"data:", b"data: ", b":", b" ", b"x", b"id: 1", b"event: e", b"dat"]
LINE_ENDS = [b"\n", b"\r", b"\r\n", b"\n\n"]
NO_LINE_ENDS = [
    b"\xef\xbb\xbf",
    b"\x0b",
    b"\x0c",
    b"\x1c",
    b"\x85",
    b"\xc2\x85",
    b"\xe2\x80\xa8",
    b"\x00",
    b"\xff",
    b"\xe4",
]
PIECES = st.sampled_from([*FIELDS, *LINE_ENDS, *LINE_ENDS, *NO_LINE_ENDS])


@settings(deadline=None, max_examples=600)
@given(pieces=st.lists(PIECES, max_size=25), places=st.lists(st.integers(0, 200), max_size=12))
@example(pieces=[b"data: a", b"\r\n", b"\r\n", b"data: b", b"\r", b"\r"], places=[8, 9, 10, 11])
@example(pieces=[b"\xef\xbb\xbf", b"data: a", b"\n\n"], places=[1, 2])
@example(pieces=[b"data", b"\n\n"], places=[])
def test_the_decoder_agrees_with_the_standard_however_the_stream_is_cut(pieces: list[bytes], places: list[int]) -> None:
    stream = b"".join(pieces)
    assert decode(cut(stream, places)) == (by_the_book(stream), False)
    assert decode([bytes([byte]) for byte in stream]) == (by_the_book(stream), False)


@many
@given(
    pieces=st.lists(PIECES | st.integers(1, 30).map(lambda size: b"y" * size), max_size=25),
    places=st.lists(st.integers(0, 400), max_size=12),
    bound=st.integers(4, 40),
)
def test_what_is_too_large_does_not_depend_on_the_cutting(pieces: list[bytes], places: list[int], bound: int) -> None:
    stream = b"".join(pieces)
    assert decode(cut(stream, places), bound) == decode([stream], bound)
    assert decode([bytes([byte]) for byte in stream], bound) == decode([stream], bound)


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"])
def test_only_the_standards_line_ends_end_a_line(separator: str) -> None:
    assert decode([f"data: a{separator}b\n\n".encode()]) == ([f"a{separator}b"], False)
    assert decode([encode_event({"a": separator})]) == (
        [json.dumps({"a": separator}, ensure_ascii=separator < " ", separators=(",", ":"))],
        False,
    )


@pytest.mark.parametrize("endless", [b"x", b"data: x", b":", b"data:\n", b"data: " + b"y" * 1000 + b"\n"])
def test_an_endless_event_is_refused_and_costs_no_more_than_its_bound(endless: bytes) -> None:
    decoder = SseDecoder(8 * 1024)
    refusals = 0
    tracemalloc.start()
    try:
        for _ in range(10_000):
            try:
                list(decoder.feed(endless))
            except ProtocolError:
                refusals += 1
        size, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refusals > 1, "a stream that was refused stays refused"
    # Far below the ten megabytes that came; other threads of the test's process are counted too.
    assert peak < 1024 * 1024 and size < 512 * 1024


@many
@given(text=st.text(st.characters(), max_size=30))
def test_any_text_of_a_model_can_be_sent(text: str) -> None:
    event = encode_event({"text": text})
    assert event.startswith(b"data: ") and event.endswith(b"\n\n") and event.count(b"\n") == 2
    received = json.loads(event[6:])["text"]
    # Halves of a pair that stand beside each other are one character; other halves can't be sent.
    assert received == text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_json_does_not_know_is_not_sent(number: float) -> None:
    with pytest.raises(ValueError):
        encode_event({"logprob": number})
