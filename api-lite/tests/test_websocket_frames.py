"""Frames that the gateway reads by itself, against the library that reads whatever is allowed."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from r3mes_api.websocket_frames import FrameCutter, FrameUse, text_frame

MAX_SIZE = 300
USES = {FrameUse.TEXT: Opcode.TEXT, FrameUse.BINARY: Opcode.BINARY}
SIZES = st.one_of(st.integers(0, 12), st.sampled_from([124, 125, 126, 127, MAX_SIZE, MAX_SIZE + 1, 70_000]))


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Mostly what a node sends; now and then anything else that may come from a socket."""
    kind = draw(st.sampled_from(["message"] * 6 + ["ping", "fragment", "close", "odd", "unmasked", "noise"]))
    data = bytes([draw(st.integers(0, 255))]) * draw(SIZES)
    match kind:
        case "message":
            return _bytes(Frame(draw(st.sampled_from([Opcode.TEXT, Opcode.BINARY])), data))
        case "ping":
            return _bytes(Frame(draw(st.sampled_from([Opcode.PING, Opcode.PONG])), data[:125]))
        case "fragment":
            opcode = draw(st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.CONT]))
            return _bytes(Frame(opcode, data, fin=draw(st.booleans())))
        case "close":
            return _bytes(Frame(Opcode.CLOSE, draw(st.sampled_from([b"", b"\x03\xe8", b"\x03\xe8bye", b"\x00"]))))
        case "odd":
            return bytes([draw(st.integers(0, 255)), draw(st.integers(0x80, 0xFF))]) + data
        case "unmasked":
            return Frame(Opcode.BINARY, data).serialize(mask=False)
        case _:
            return draw(st.binary(max_size=20))


def _bytes(frame: Frame) -> bytes:
    return frame.serialize(mask=True)


def _library() -> ServerProtocol:
    return ServerProtocol(state=OPEN, max_size=MAX_SIZE)


def _events(library: ServerProtocol) -> list[tuple[Opcode, bytes, bool]]:
    events = library.events_received()
    return [(event.opcode, bytes(event.data), event.fin) for event in events if isinstance(event, Frame)]


def _end(library: ServerProtocol) -> tuple[Any, ...]:
    return (type(library.parser_exc), library.state, library.close_sent, library.data_to_send())


def _pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({min(cut, len(data)) for cut in cuts} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False) if end > start]


@given(st.lists(frames(), max_size=8), st.lists(st.integers(0, 2000), max_size=12))
def test_the_cutter_and_the_library_read_what_the_library_alone_reads(sent: list[bytes], cuts: list[int]) -> None:
    data = b"".join(sent)
    alone = _library()
    if data:
        alone.receive_data(data)
    expected = _events(alone)
    cutter, library = FrameCutter(), _library()
    seen: list[tuple[Opcode, bytes, bool]] = []
    for piece in _pieces(data, cuts):
        cut = [(FrameUse.FOR_LIBRARY, piece)] if cutter.gave_up else cutter.feed(piece, MAX_SIZE)
        for use, part in cut:
            if use is FrameUse.FOR_LIBRARY:
                library.receive_data(part)
                seen += _events(library)
            else:
                seen.append((USES[use], part, True))
    assert seen == expected
    assert _end(library) == _end(alone)


@given(
    st.lists(st.tuples(st.sampled_from([Opcode.TEXT, Opcode.BINARY]), st.integers(0, MAX_SIZE)), max_size=5),
    st.integers(1, 9),
)
def test_what_a_node_sends_is_read_without_the_library(sizes: list[tuple[Opcode, int]], step: int) -> None:
    cutter = FrameCutter()
    sent = [(opcode, (bytes(range(256)) * 2)[:size]) for opcode, size in sizes]
    data = b"".join(_bytes(Frame(opcode, body)) for opcode, body in sent)
    cut = [frame for at in range(0, len(data), step) for frame in cutter.feed(data[at : at + step], MAX_SIZE)]
    assert [(USES[use], data) for use, data in cut] == sent
    assert not cutter.gave_up


def test_a_message_that_is_too_large_is_not_held() -> None:
    cutter = FrameCutter()
    head = _bytes(Frame(Opcode.BINARY, b"x" * (MAX_SIZE + 1)))[:8]
    assert cutter.feed(head, MAX_SIZE) == [(FrameUse.FOR_LIBRARY, head)]
    assert cutter.gave_up


@given(st.text(max_size=40), st.sampled_from([1, 10, 4000]))
def test_a_text_frame_is_the_librarys(text: str, times: int) -> None:
    text *= times
    assert text_frame(text) == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
