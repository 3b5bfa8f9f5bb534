"""When the reader of a node's answer is woken: for each piece of a stream, seldom for a whole answer."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from r3mes_api.nodes.deadlines import LOOK_S
from r3mes_api.nodes.inbox import GATHERED_BYTES, JobInbox, Segment
from r3mes_api.routing.ledger import Lost
from r3mes_protocol.frames import FrameKind
from r3mes_protocol.wire import JobId

CREDIT = 1 << 20


class PlayedDeadlines:
    """Its look comes when a test says so."""

    def __init__(self) -> None:
        self.watched: set[Any] = set()

    def watch(self, waiting: Any) -> None:
        self.watched.add(waiting)

    def forget(self, waiting: Any) -> None:
        self.watched.discard(waiting)

    def look(self, now: float) -> None:
        for waiting in tuple(self.watched):
            waiting.look(now)


def _inbox(deadlines: Any, *, gathers: bool) -> JobInbox:
    return JobInbox(JobId("0" * 16), CREDIT, asyncio.get_running_loop(), deadlines, gathers=gathers)


def _event(text: str) -> bytes:
    return f"data: {text}\n\n".encode()


async def _waits(inbox: JobInbox, until: float = math.inf) -> asyncio.Task[Any]:
    reading = asyncio.create_task(inbox.next(until))
    await asyncio.sleep(0)
    assert not reading.done()
    return reading


async def _turns() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_each_piece_of_a_stream_wakes_its_reader() -> None:
    inbox = _inbox(PlayedDeadlines(), gathers=False)
    for text in ("a", "b"):
        reading = await _waits(inbox)
        inbox.frame(FrameKind.CONTENT, _event(text))
        assert await reading == Segment(FrameKind.CONTENT, _event(text))
    assert inbox.began_at == math.inf


async def test_a_whole_answer_wakes_its_reader_at_its_end() -> None:
    inbox = _inbox(PlayedDeadlines(), gathers=True)
    reading = await _waits(inbox)
    inbox.frame(FrameKind.PREAMBLE, _event("role"))
    assert inbox.began_at == math.inf
    for text in ("a", "b"):
        inbox.frame(FrameKind.CONTENT, _event(text))
    await _turns()
    assert not reading.done()
    assert inbox.began_at <= asyncio.get_running_loop().time()
    inbox.end(Lost.DISCONNECTED)
    assert await reading == Segment(FrameKind.PREAMBLE, _event("role"))
    assert await inbox.next(math.inf) == Segment(FrameKind.CONTENT, _event("a") + _event("b"))
    assert await inbox.next(math.inf) is Lost.DISCONNECTED


async def test_much_of_a_whole_answer_wakes_its_reader_so_that_credit_goes_back() -> None:
    inbox = _inbox(PlayedDeadlines(), gathers=True)
    reading = await _waits(inbox)
    event = _event("x" * 1000)
    sent = 0
    while not reading.done():
        inbox.frame(FrameKind.CONTENT, event)
        sent += len(event)
        await _turns()
    assert GATHERED_BYTES <= sent < GATHERED_BYTES + len(event)
    assert len((await reading).payload) == sent


async def test_what_was_gathered_is_read_when_deadlines_are_looked_at() -> None:
    deadlines = PlayedDeadlines()
    inbox = _inbox(deadlines, gathers=True)
    # Its time is up at this look as well: what came in time is not a silence.
    reading = await _waits(inbox, until=0.0)
    inbox.frame(FrameKind.CONTENT, _event("a"))
    deadlines.look(1.0)
    assert await reading == Segment(FrameKind.CONTENT, _event("a"))
    reading = await _waits(inbox, until=0.0)
    deadlines.look(1.0)
    with pytest.raises(TimeoutError):
        await reading


async def test_the_real_look_comes_soon() -> None:
    loop = asyncio.get_running_loop()
    inbox = JobInbox(JobId("0" * 16), CREDIT, loop, gathers=True)
    reading = await _waits(inbox)
    inbox.frame(FrameKind.CONTENT, _event("a"))
    assert await asyncio.wait_for(reading, 100 * LOOK_S) == Segment(FrameKind.CONTENT, _event("a"))
    inbox.close()
