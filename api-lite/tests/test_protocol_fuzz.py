"""Hostile frames: whatever comes over a wire is a message or a ProtocolError, in bounded time and memory."""

from __future__ import annotations

import json
import random
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from r3mes_protocol.control import parse_api_ready, parse_command, parse_event
from r3mes_protocol.frames import Frame, decode_frame
from r3mes_protocol.grants import parse_signed_grant
from r3mes_protocol.limits import MAX_CONTROL_BYTES, MAX_CONTROL_LINE_BYTES, MAX_JOB_BYTES
from r3mes_protocol.messages import parse_gateway_message, parse_node_message
from r3mes_protocol.sse import SseDecoder
from r3mes_protocol.wire import ProtocolError, WireModel

GOLDEN = Path(__file__).with_name("golden") / "protocol_v1.json"

SLOWEST_S = 8.0
"""For the worst frame of 2 MiB, which takes 1.3 s on an idle core: what must not happen is more than linear growth."""

MOST_MEMORY_BYTES = 128 * MAX_JOB_BYTES
"""A JSON object costs many times its text; what must not happen is growth beyond a factor."""

Parser = Callable[[bytes], Any]
PARSERS: dict[str, Parser] = {
    "node": parse_node_message,
    "gateway": parse_gateway_message,
    "command": parse_command,
    "event": parse_event,
    "api_ready": parse_api_ready,
    "grant": parse_signed_grant,
    "frame": decode_frame,
}


def corpus() -> list[bytes]:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    texts = [text for part in ("gateway_messages", "node_messages", "commands", "events") for text in golden[part]]
    texts += [golden["api_ready"], golden["signed_grant"], *golden["sse"].values()]
    return [text.encode() for text in texts] + [bytes.fromhex(data) for data in golden["frames"].values()]


class Mutator:
    """Makes hostile frames out of good ones. The same seed makes the same frames."""

    def __init__(self, seed: int, samples: list[bytes]) -> None:
        self.random = random.Random(seed)
        self.samples = samples
        self.documents = [json.loads(sample) for sample in samples if sample.startswith(b"{")]
        self.fields = [(key, value) for document in self.documents for key, value in document.items()]

    def frames(self, count: int) -> Iterator[bytes]:
        on_bytes = (self.truncate, self.splice, self.reorder, self.duplicate, self.flip, self.insert, self.nest)
        on_documents = (self.other_fields, self.hostile_value, self.deep_value, self.drop_field, self.other_tag)
        for _ in range(count):
            if self.random.random() < 0.5:
                frame = self.random.choice(self.samples)
                for _ in range(self.random.choice((1, 1, 2, 4))):
                    frame = self.random.choice(on_bytes)(frame)
            else:
                document = json.loads(json.dumps(self.random.choice(self.documents)))
                for _ in range(self.random.choice((1, 1, 2, 4))):
                    self.random.choice(on_documents)(document)
                frame = self.written(document)
            yield frame[: 2 * MAX_CONTROL_LINE_BYTES]

    def place(self, frame: bytes) -> int:
        return self.random.randint(0, len(frame))

    # --- on bytes ---

    def truncate(self, frame: bytes) -> bytes:
        return frame[: self.place(frame)]

    def splice(self, frame: bytes) -> bytes:
        other = self.random.choice(self.samples)
        return frame[: self.place(frame)] + other[self.place(other) :]

    def reorder(self, frame: bytes) -> bytes:
        first, second = sorted((self.place(frame), self.place(frame)))
        return frame[first:second] + frame[:first] + frame[second:]

    def duplicate(self, frame: bytes) -> bytes:
        first, second = sorted((self.place(frame), self.place(frame)))
        return frame[:second] + frame[first:second] * self.random.choice((1, 2, 50)) + frame[second:]

    def flip(self, frame: bytes) -> bytes:
        data = bytearray(frame)
        for _ in range(self.random.choice((1, 1, 3, 20))):
            if data:
                data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        return bytes(data)

    def insert(self, frame: bytes) -> bytes:
        pieces = (b"\x00", b"\xff", b"\xed\xa0\x80", b"\n", b"\\u0000", b"\\ud800", b"NaN", b"9" * 5000, b"{", b'"')
        place = self.place(frame)
        return frame[:place] + self.random.choice(pieces) + frame[place:]

    def nest(self, frame: bytes) -> bytes:
        depth = self.random.choice((1, 150, 300, 30_000))
        left, right = self.random.choice(((b"[", b"]"), (b'{"type":', b"}"), (b'{"body":', b"}")))
        return left * depth + frame + right * self.random.choice((depth, 0))

    # --- on documents ---

    def other_fields(self, document: dict[str, Any]) -> None:
        for key, value in self.random.sample(self.fields, 3):
            document[key] = value

    def somewhere(self, document: dict[str, Any]) -> tuple[Any, Any]:
        holder: Any = document
        while True:
            key = self.random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
            if not isinstance(holder[key], dict | list) or not holder[key] or self.random.random() < 0.3:
                return holder, key
            holder = holder[key]

    def hostile_value(self, document: dict[str, Any]) -> None:
        holder, key = self.somewhere(document)
        numbers = (None, True, -1, 2**53 + 1, 10**400, -0.0, 1e308)
        texts = ("", "\x00", "a" * 200_000, "\u202e", "\x1b[2J", "٣", "../..")
        many = ([[]] * 5000, {str(number): number for number in range(5000)}, [], {}, [holder[key]])
        holder[key] = self.random.choice((*numbers, *texts, *many))

    def deep_value(self, document: dict[str, Any]) -> None:
        holder, key = self.somewhere(document)
        for _ in range(self.random.choice((2, 100, 250))):
            holder[key] = {"a": holder[key]} if self.random.random() < 0.5 else [holder[key]]

    def drop_field(self, document: dict[str, Any]) -> None:
        holder, key = self.somewhere(document)
        if isinstance(holder, dict) and len(holder) > 1:
            del holder[key]

    def other_tag(self, document: dict[str, Any]) -> None:
        for tag in ("type", "cmd", "event"):
            if tag in document:
                document[tag] = self.random.choice(self.documents).get(tag, "job")

    def written(self, document: dict[str, Any]) -> bytes:
        try:
            text = json.dumps(document, ensure_ascii=self.random.random() < 0.5)
        except RecursionError:
            return b"[" * 5000
        return text.replace("1e+308", "1e+30800").encode("utf-8", "surrogatepass")


def parse_all(frame: bytes, outcomes: Counter[str]) -> None:
    for name, parse in PARSERS.items():
        start = time.process_time()
        try:
            result = parse(frame)
        except ProtocolError as error:
            outcomes[f"{name} refused"] += 1
            assert len(error.reason) < 400 and error.reason.isprintable()
        else:
            outcomes[f"{name} taken"] += 1
            if isinstance(result, WireModel):
                # What was taken can be said again, and means the same.
                assert parse(result.to_json().encode()) == result
            else:
                assert isinstance(result, Frame) and result.payload
        assert time.process_time() - start < SLOWEST_S, f"{name} took too long for a frame of {len(frame)} bytes"
    decoder = SseDecoder(1024)
    try:
        outcomes["events"] += len(list(decoder.feed(frame)))
    except ProtocolError:
        outcomes["events refused"] += 1


def campaign(seed: int, count: int) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    for number, frame in enumerate(Mutator(seed, corpus()).frames(count)):
        try:
            parse_all(frame, outcomes)
        except BaseException:
            print(f"frame {number} of seed {seed}: {frame[:500]!r}")
            raise
    return outcomes


def judge(outcomes: Counter[str]) -> None:
    # The mutator must reach both sides of every parser: a fuzz test that is always refused early finds nothing.
    for name in PARSERS:
        assert outcomes[f"{name} refused"] and outcomes[f"{name} taken"], outcomes
    assert outcomes["events"] and outcomes["events refused"]


def test_mutated_frames_are_messages_or_protocol_errors() -> None:
    judge(campaign(seed=20261123, count=1500))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_mutated_frames_in_a_long_campaign(seed: int) -> None:
    judge(campaign(seed, count=8000))


LARGEST: dict[str, bytes] = {
    "unknown fields": b'{"type":"bye",' + b",".join(b'"%d":1' % number for number in range(200_000)) + b"}",
    "one kind of field": b'{"type":"heartbeat","available_loras":[' + b"{}," * 200_000 + b"{}]}",
    "empty lists": b'{"type":"job","body":{"a":[' + b"[]," * 200_000 + b"[]]}}",
    "numbers": b'{"type":"job","body":{"a":[' + b"1," * 900_000 + b"1]}}",
    "one number": b'{"type":"job","body":{"a":' + b"1" * 2_000_000 + b"}}",
    "one fraction": b'{"type":"job","body":{"a":1.' + b"1" * 2_000_000 + b"}}",
    "one string": b'{"type":"window","reason":"' + b"\\u0000" * 300_000 + b'"}',
    "one name": b'{"type":"' + b"x" * 2_000_000 + b'"}',
    "one key": b'{"' + b"x" * 2_000_000 + b'":1}',
    "one key in many": b'{"type":"job","body":{' + b",".join(b'"a":1' for _ in range(300_000)) + b"}}",
    "depth": b"[" * 2_000_000,
    "blanks": b" " * 2_000_000,
    "constants": b'{"type":"job","body":{"a":[' + b"NaN," * 400_000 + b"NaN]}}",
    "nothing": bytes(2_000_000),
    "escapes": b'"' + b"\\" * 2_000_000,
}


@pytest.mark.parametrize("kind", LARGEST)
def test_the_largest_frames_cost_bounded_time_and_memory(kind: str) -> None:
    frame = LARGEST[kind]
    assert len(frame) < MAX_JOB_BYTES
    start = time.process_time()
    with pytest.raises(ProtocolError) as refusal:
        parse_gateway_message(frame)
    assert time.process_time() - start < SLOWEST_S
    assert len(refusal.value.reason) < 400
    # A node's frame is refused by its size before it is read.
    with pytest.raises(ProtocolError, match=f"{MAX_CONTROL_BYTES} allowed"):
        parse_node_message(frame)
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError):
            parse_node_message(frame[:MAX_CONTROL_BYTES])
        small = tracemalloc.get_traced_memory()[1]
        if kind != "unknown fields":
            with pytest.raises(ProtocolError):
                parse_gateway_message(frame)
        large = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert small < 64 * MAX_CONTROL_BYTES
    assert large < MOST_MEMORY_BYTES
