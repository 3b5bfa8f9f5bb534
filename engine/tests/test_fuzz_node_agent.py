"""A hostile gateway against the node agent: the engine drops it, dials again, and then serves a good one."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections import Counter
from contextlib import suppress
from typing import Any

import psutil
import pytest
from played_node import HELLO, IN_TIME_S, REGISTERED, PlayedConnection, PlayedNode, job

from r3mes_engine.backends.scripted import ScriptedBackend
from r3mes_protocol.control import DisconnectedEvent, RequestEvent
from r3mes_protocol.frames import Frame, decode_frame
from r3mes_protocol.messages import (
    Bye,
    Cancel,
    Done,
    Drain,
    Failed,
    Limits,
    LoadAdapter,
    NodeMessage,
    ProtocolError,
    Registered,
    RejectCode,
    Rejected,
    Window,
    parse_gateway_message,
    parse_node_message,
)
from r3mes_protocol.wire import WireModel

MOST_GROWTH_BYTES = 64 * 1024 * 1024
"""For an engine that was offered frames of megabytes, of which it may hold a few at a time."""


class Hostile:
    """Makes what a hostile gateway may send. The same seed says the same."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.valid = [
            message.to_json()
            for message in (
                HELLO,
                REGISTERED,
                job(),
                Window(job_id="0" * 16, bytes=2**31),
                Cancel(job_id="0" * 16),
                LoadAdapter(name="x", digest="d" * 64),
                Drain(reason="\x1b[2J"),
                Rejected(code=RejectCode.GATEWAY_FULL, message="x" * 1000),
                Bye(),
            )
        ]
        self.foreign = [
            '{"type":"heartbeat","active":0,"queued":0}',
            '{"type":"done","job_id":"0000000000000000","finish_reason":"stop","usage":{}}',
            '{"cmd":"stop"}',
            *("", "null", "[]", "{}", "0", '"', "\x00", "9" * 5000),
        ]

    def junk(self) -> str | bytes:
        """Something that no gateway may ever say."""
        while True:
            frame = self.random.choice((self.mutant, self.mutant, self.mutant, self.other, self.large))()
            if isinstance(frame, bytes):
                return frame
            try:
                parse_gateway_message(frame)
            except ProtocolError:
                return frame

    def mutant(self) -> str | bytes:
        text = self.random.choice(self.valid)
        for _ in range(self.random.choice((1, 2, 8))):
            first, second = sorted((self.random.randint(0, len(text)), self.random.randint(0, len(text))))
            match self.random.randrange(5):
                case 0:
                    text = text[:first]
                case 1:
                    text = text[first:second] + text[:first] + text[second:]
                case 2:
                    text = text[:second] + text[first:second] * 3 + text[second:]
                case 3:
                    text = text[:first] + chr(self.random.randrange(0x250)) + text[first + 1 :]
                case 4:
                    text = text[:first] + self.random.choice(self.valid)[second:]
        return text

    def other(self) -> str | bytes:
        return self.random.choice((*self.foreign, b"", b"\x00" * 9, bytes(range(256)), text_bytes(self.valid[2])))

    def large(self) -> str | bytes:
        return self.random.choice(
            ("x" * 3_000_000, "[" * 100_000, '{"type":' * 50_000, json.dumps({"type": "bye", "a": "x" * 2_100_000}))
        )


def text_bytes(text: str) -> bytes:
    return text.encode()


class Connection(PlayedConnection):
    def __init__(self, *frames: WireModel | str | bytes) -> None:
        super().__init__(*frames)
        self.sent: list[Frame | NodeMessage] = []

    def hear(self, data: str | bytes) -> None:
        # Whatever happens, the node itself keeps to the contract.
        self.sent.append(decode_frame(data) if isinstance(data, bytes) else parse_node_message(data))

    def terminals(self, job_id: str) -> list[Done | Failed]:
        return [said for said in self.sent if isinstance(said, Done | Failed) and said.job_id == job_id]

    def payload(self, job_id: str) -> bytes:
        return b"".join(said.payload for said in self.sent if isinstance(said, Frame) and said.job_id == job_id)


class Node(PlayedNode):
    async def serve(self, until: Any) -> None:
        """Runs until the condition holds, then drains; fails when the agent gives up instead."""
        running = asyncio.create_task(self.agent.run())
        try:
            async with asyncio.timeout(IN_TIME_S):
                while not until():
                    if running.done():
                        running.result()
                        raise AssertionError("the agent ended on its own")
                    await asyncio.sleep(0.001)
                await self.agent.drain("the test is over")
                await running
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing that happened was the engine's own fault."""
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info]


@pytest.mark.parametrize("seed", range(4))
async def test_junk_in_every_phase_ends_the_session_and_the_next_gateway_is_served(
    seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    hostile = Hostile(seed)
    bad = []
    for _ in range(120):
        beginning: list[WireModel | str | bytes] = [HELLO, REGISTERED, job()]
        if hostile.random.random() < 0.3:
            hostile.random.shuffle(beginning)
        known = beginning[: hostile.random.randrange(4)]
        bad.append(Connection(*known, hostile.junk(), *(hostile.junk() for _ in range(3))))
    good = Connection(HELLO, REGISTERED, job("f" * 16))
    node = Node(*bad, good)
    await node.serve(lambda: good.terminals("f" * 16))
    lost = [event for event in node.events if isinstance(event, DisconnectedEvent)]
    assert len(lost) == len(bad)
    assert all(connection.closed is not None and connection.closed[0] == 4004 for connection in bad)
    assert all(event.reason.isprintable() and "broke the protocol" in event.reason for event in lost)
    assert isinstance(good.terminals("f" * 16)[0], Done)
    assert good.payload("f" * 16).count(b"data: ") >= 5
    quiet(caplog)


STRANGE_BODIES: list[dict[str, Any]] = [
    {},
    {"messages": []},
    {"messages": None},
    {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
    {"messages": [{"role": "user", "content": "x" * 500_000}]},
    {"messages": [{"role": "tool", "content": None}] * 2000},
    {"model": "another"},
    {"model": ""},
    {"adapter": "none such"},
    {"adapter": 7},
    {"max_tokens": -1},
    {"max_tokens": 2**60},
    {"max_tokens": 1},
    {"temperature": "hot"},
    {"temperature": 2, "top_p": 1e-300},
    {"stop": ["w"] * 1000},
    {"stop": ""},
    {"stop": "w"},
    {"seed": 10**300},
    {"seed": -1},
    {"n": 16},
    {"stream": 3},
    {"tools": [{"type": "function"}]},
    {"response_format": {"type": "json_object"}, "logprobs": True},
    {"unknown": {"deep": [[[[[[[[]]]]]]]]}},
]


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_of_right_messages_gives_each_job_one_terminal_within_its_credit(
    seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The model of the gateway: what credit each job has, and which jobs are owed a terminal."""
    random_ = random.Random(seed)
    window = random_.choice((1024, 4096, 128 * 1024))
    jobs = [f"{number:016x}" for number in range(60)]
    credit: Counter[str] = Counter()
    messages: list[WireModel] = []
    for job_id in jobs:
        first_token_ms = random_.choice((0, 1, 20_000, 20_000))
        body = random_.choice([{}, *STRANGE_BODIES])
        messages.append(job(job_id, first_token_ms, **body))
        credit[job_id] += window
        for _ in range(random_.randrange(4)):
            size = random_.choice((1, 100, 5000, 2**31))
            messages.insert(random_.randint(0, len(messages)), Window(job_id=job_id, bytes=size))
            credit[job_id] += size
        if random_.random() < 0.4:
            messages.insert(random_.randint(0, len(messages)), Cancel(job_id=job_id))
    messages.insert(random_.randint(0, len(messages)), Drain(reason="soon"))
    limits = Limits(max_jobs=random_.choice((2, 16, 64)), initial_window_bytes=window)
    connection = Connection(HELLO, Registered(generation=1, limits=limits), *messages)
    node = Node(connection, backend=ScriptedBackend(100, 0))

    def all_ended() -> bool:
        # Credit that came before its job was lost; nobody may wait for ever because of it.
        waiting = [job_id for job_id in jobs if not connection.terminals(job_id)]
        if connection.is_read:
            for job_id in waiting:
                connection.play(Window(job_id=job_id, bytes=4096))
                credit[job_id] += 4096
        return not waiting

    await node.serve(all_ended)
    for job_id in jobs:
        assert len(connection.terminals(job_id)) == 1, job_id
        assert len(connection.payload(job_id)) <= credit[job_id]
        places = [place for place, said in enumerate(connection.sent) if getattr(said, "job_id", "") == job_id]
        assert not isinstance(connection.sent[places[-1]], Frame), "nothing follows the terminal"
    outcomes = Counter(type(connection.terminals(job_id)[0]).__name__ for job_id in jobs)
    assert len(outcomes) == 2, outcomes
    assert node.service.capacity.active == 0 and node.service.capacity.queued == 0
    quiet(caplog)


async def test_a_session_that_ends_in_the_middle_leaves_no_job_behind(caplog: pytest.LogCaptureFixture) -> None:
    random_ = random.Random(5)
    endings: list[WireModel | str | bytes] = [Bye(), b"junk", "junk", REGISTERED, HELLO, job("0" * 16)]
    bad = []
    for _ in range(60):
        jobs = [job(f"{number:016x}") for number in range(random_.randrange(1, 12))]
        ending = random_.choice([*endings, None])
        frames = [HELLO, Registered(generation=1, limits=Limits(max_jobs=64, initial_window_bytes=1024)), *jobs]
        bad.append(Connection(*frames, *([ending] if ending is not None else [])))
        bad[-1].lose()
    good = Connection(HELLO, REGISTERED, job("f" * 16), Window(job_id="f" * 16, bytes=2**31))
    node = Node(*bad, good, backend=ScriptedBackend(1000, 0))
    await node.serve(lambda: good.terminals("f" * 16))
    assert good.payload("f" * 16).count(b"data: ") > 1000
    assert node.service.capacity.active == 0 and node.service.capacity.queued == 0
    assert [event for event in node.events if isinstance(event, RequestEvent)][-1].outcome
    quiet(caplog)


def test_a_real_engine_outlives_a_hostile_gateway(start_engine: Any, start_gateway: Any) -> None:
    hostile = Hostile(11)
    hello = "no hello"
    gateway = start_gateway(first_message=hello)
    engine = start_engine("--scripted-tokens-per-second", "0", gateway=gateway.url)
    engine.event("ready")
    process = psutil.Process(engine.process.pid)
    before = process.memory_info().rss
    # Three fast tries, then pauses of one and two seconds: more rounds would only be longer.
    gateway.wait(lambda: len(gateway.dialled) >= 1, "dial")
    gateway.rules.first_message = "x" * 3_000_000
    engine.event("disconnected", 2)
    gateway.rules.first_message = None
    for number, junk in enumerate((b"\x00" * 1000, hostile.junk(), '{"type":' * 100_000), start=1):
        session = gateway.session(number)
        session.wait(lambda session=session: bool(session.heartbeats), "heartbeat")
        session.job(job_id="0" * 16)
        with suppress(Exception):
            session.send(junk)
        session.wait(lambda session=session: session.closed, "end of a hostile session")
    session = gateway.session(4)
    job_id = session.job()
    assert isinstance(session.terminal(job_id), Done)
    assert session.text(job_id)
    assert engine.process.poll() is None
    assert process.memory_info().rss - before < MOST_GROWTH_BYTES
    reasons = [event.reason for event in engine.all("disconnected")]
    assert len(reasons) == 5 and all(reason.isprintable() for reason in reasons)
    engine.command(cmd="stop")
    assert engine.exit_code() == 0
    assert "Traceback" not in engine.stderr
