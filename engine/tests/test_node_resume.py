"""The node's side of a lost socket: what it shows, what it sends again, and when it gives up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from played_node import ORIGIN, PlayedConnection, PlayedNode, job

from r3mes_engine.backends.scripted import ScriptedBackend
from r3mes_engine.node.jobs import MAX_ENDED_JOBS
from r3mes_protocol.control import RequestEvent
from r3mes_protocol.frames import decode_frame
from r3mes_protocol.messages import (
    Acknowledged,
    Bye,
    Hello,
    Limits,
    Registered,
    Resume,
    ResumedJob,
    Window,
)
from r3mes_protocol.session_signature import registration_is_signed
from r3mes_protocol.wire import GatewayOrigin, NodeId, SessionId, WireModel

OTHER = GatewayOrigin("https://other.example")
JOB = "0" * 16
WINDOW = 128 * 1024


def hello(number: int, gateway: GatewayOrigin = ORIGIN) -> Hello:
    return Hello(session_id=f"{number:032x}", nonce="b" * 64, gateway=gateway, heartbeat_s=3600, server_time=1)


def registered(*resumed: tuple[str, int], grace_s: float | None = 20, window: int = WINDOW) -> Registered:
    return Registered(
        generation=1,
        limits=Limits(max_jobs=80, initial_window_bytes=window),
        resume_grace_s=grace_s,
        resumed=tuple(ResumedJob(job_id=job, received=at, granted=window) for job, at in resumed) or None,
    )


class Wire(PlayedConnection):
    def __init__(self, *frames: WireModel) -> None:
        super().__init__(*frames)
        self.sent: list[Any] = []
        self.frames: list[bytes] = []

    def hear(self, data: str | bytes) -> None:
        if isinstance(data, bytes):
            self.frames.append(decode_frame(data).payload)
        else:
            self.sent.append(json.loads(data))

    def break_off(self, *, by_gateway: bool = False) -> None:
        self.closed = self.closed or (1006, "gone")
        self.lose(by_gateway=by_gateway)

    def said(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["type"] == kind]


class Played(PlayedNode):
    def __init__(
        self, *wires: Wire, tokens: int = 40, pace: float = 200, others: tuple[GatewayOrigin, ...] = ()
    ) -> None:
        super().__init__(*wires, backend=ScriptedBackend(tokens, pace), queue=100, others=others)

    @property
    def outcomes(self) -> list[str]:
        return [event.outcome for event in self.events if isinstance(event, RequestEvent)]


@pytest.fixture
async def run() -> AsyncIterator[Any]:
    tasks: list[asyncio.Task[None]] = []

    def start(played: Played) -> asyncio.Task[None]:
        tasks.append(asyncio.create_task(played.agent.run()))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def text(payload: bytes) -> str:
    events = [json.loads(line[6:]) for line in payload.split(b"\n\n") if line]
    return "".join(event["choices"][0]["delta"].get("content", "") for event in events)


async def test_the_answer_goes_on_from_where_the_gateway_says(run: Any) -> None:
    first, second = Wire(hello(1), registered(), job()), Wire(hello(2))
    played = Played(first, second)
    run(played)
    await first.until(lambda: len(first.frames) >= 8)
    first.break_off()
    await second.until(lambda: second.said("register"))
    (register,) = second.said("register")
    (shown,) = register["resume"]["jobs"]
    assert register["resume"]["session_id"] == f"{1:032x}"
    sent = sum(map(len, first.frames))
    assert shown["job_id"] == JOB and shown["kept"] == 0 and shown["sent"] >= sent
    resume = Resume.model_validate_json(json.dumps(register["resume"]))
    named = {"nonce": "b" * 64, "session_id": SessionId(f"{2:032x}"), "gateway": ORIGIN}
    node_id = NodeId(register["node_id"])
    assert registration_is_signed(register["signature"], **named, node_id=node_id, resume=resume)  # type: ignore[arg-type]
    assert not registration_is_signed(register["signature"], **named, node_id=node_id)  # type: ignore[arg-type]
    # Five frames came through before the cable broke.
    received = sum(map(len, first.frames[:5]))
    second.play(registered((JOB, received)))
    await second.until(lambda: second.said("done"))
    assert len(text(b"".join(first.frames[:5] + second.frames)).split()) == 40
    assert second.frames[:3] == first.frames[5:8]
    assert played.outcomes == ["stop"], "it was made once"


async def test_a_terminal_that_was_lost_is_said_again_until_it_is_acknowledged(run: Any) -> None:
    first, second, third = Wire(hello(1), registered(), job()), Wire(hello(2)), Wire(hello(3))
    played = Played(first, second, third, tokens=3, pace=0)
    run(played)
    await first.until(lambda: first.said("done"))
    first.break_off()
    await second.until(lambda: second.said("register"))
    end = second.said("register")[0]["resume"]["jobs"][0]["sent"]
    assert end == sum(map(len, first.frames))
    second.play(registered((JOB, end)))
    await second.until(lambda: second.said("done"))
    assert second.said("done") == first.said("done") and second.frames == []
    second.play(Acknowledged(job_ids=(JOB,)))
    second.play(job("1" * 16))
    await second.until(lambda: len(second.said("done")) == 2)
    second.break_off()
    await third.until(lambda: third.said("register"))
    assert [shown["job_id"] for shown in third.said("register")[0]["resume"]["jobs"]] == ["1" * 16]


async def test_jobs_that_the_gateway_does_not_name_are_stopped(run: Any) -> None:
    first, second = Wire(hello(1), registered(), job(), job("1" * 16)), Wire(hello(2))
    played = Played(first, second, tokens=1000, pace=100)
    run(played)
    await first.until(lambda: len(first.frames) >= 6)
    first.break_off()
    await second.until(lambda: second.said("register"))
    second.play(registered(("1" * 16, 0)))
    await second.until(lambda: second.frames)
    async with asyncio.timeout(60):
        while played.outcomes != ["cancelled"]:
            await asyncio.sleep(0.01)
    assert not second.said("failed"), "nobody asked for a word about it"
    assert played.service.capacity.active == 1


@pytest.mark.parametrize(
    "resumed", [("f" * 16, 0), (JOB, 1), (JOB, 10**9)], ids=["foreign", "in-a-frame", "never-made"]
)
async def test_a_resume_that_can_not_be_is_a_broken_protocol(run: Any, resumed: tuple[str, int]) -> None:
    first, second, third = Wire(hello(1), registered(), job()), Wire(hello(2)), Wire(hello(3), registered())
    played = Played(first, second, third)
    run(played)
    await first.until(lambda: len(first.frames) >= 2)
    first.break_off()
    await second.until(lambda: second.said("register"))
    second.play(registered(resumed))
    await third.until(lambda: third.said("heartbeat"))
    assert second.closed is not None and second.closed[0] == 4004
    assert "resume" not in third.said("register")[0] or resumed[0] == "f" * 16


@pytest.mark.parametrize("why", ["grace", "no-resume", "gateway-closed", "bye"])
async def test_where_nobody_waits_the_work_is_stopped(run: Any, why: str) -> None:
    grace = {"grace": 0.05, "no-resume": None}.get(why, 20.0)
    first, second = Wire(hello(1), registered(grace_s=grace), job()), Wire()
    played = Played(first, second, tokens=1000, pace=100)
    run(played)
    await first.until(lambda: len(first.frames) >= 2)
    if why == "bye":
        first.play(Bye(reason="later"))
    else:
        first.break_off(by_gateway=why == "gateway-closed")
    async with asyncio.timeout(60):
        while played.outcomes != ["cancelled"]:
            await asyncio.sleep(0.01)
    second.play(hello(2))
    await second.until(lambda: second.said("register"))
    assert "resume" not in second.said("register")[0]


async def test_another_gateway_hears_nothing_of_the_jobs(run: Any) -> None:
    first = Wire(hello(1), registered(), job())
    refusing = [Wire() for _ in range(3)]
    other = Wire(hello(9, OTHER), registered())
    played = Played(first, *refusing, other, tokens=1000, pace=100, others=(OTHER,))
    run(played)
    await first.until(lambda: len(first.frames) >= 2)
    for wire in (first, *refusing):
        wire.break_off()
    await other.until(lambda: other.said("heartbeat"))
    assert played.dialled == [ORIGIN] * 4 + [OTHER]
    assert "resume" not in other.said("register")[0]
    async with asyncio.timeout(60):
        while played.outcomes != ["cancelled"]:
            await asyncio.sleep(0.01)


async def test_without_a_socket_an_answer_stops_at_its_credit_and_goes_on(run: Any) -> None:
    first, second = Wire(hello(1), registered(window=4096), job()), Wire(hello(2))
    played = Played(first, second, tokens=200, pace=0)
    run(played)
    await first.until(lambda: first.frames)
    first.break_off()
    await second.until(lambda: second.said("register"))
    await asyncio.sleep(0.1)
    assert played.service.completion_tokens < 60
    second.play(registered((JOB, 0), window=4096))
    await second.until(lambda: sum(map(len, second.frames)) > 3500)
    second.play(Window(job_id=JOB, bytes=10**6))
    await second.until(lambda: second.said("done"))
    assert len(text(b"".join(second.frames)).split()) == 200


async def test_a_drain_in_the_gap_still_finishes_what_the_gateway_waits_for(run: Any) -> None:
    first, second = Wire(hello(1), registered(), job()), Wire(hello(2))
    played = Played(first, second)
    task = run(played)
    await first.until(lambda: len(first.frames) >= 2)
    first.break_off()
    await second.until(lambda: second.said("register"))
    drained = asyncio.create_task(played.agent.drain("closing time"))
    second.play(registered((JOB, sum(map(len, first.frames[:2])))))
    await asyncio.wait_for(asyncio.gather(task, drained), 60)
    assert [message["type"] for message in second.sent] == ["register", "heartbeat", "drain", "done", "bye"]
    assert len(text(b"".join(first.frames[:2] + second.frames)).split()) == 40


async def test_a_gateway_that_never_acknowledges_costs_no_memory_without_end(run: Any) -> None:
    count = MAX_ENDED_JOBS + 20
    wire = Wire(hello(1), registered())
    played = Played(wire, tokens=1, pace=0)
    run(played)
    for number in range(count):
        wire.play(job(f"{number:016x}"))
        await wire.until(lambda: len(wire.said("done")) == number + 1)  # noqa: B023
    assert len(played.agent.jobs.credits()) <= MAX_ENDED_JOBS + 1


async def test_a_better_gateway_that_is_there_again_is_returned_to_after_the_jobs(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("r3mes_engine.node.agent.BETTER_CHECK_S", 0.3)
    away = [Wire() for _ in range(4)]
    other = Wire(hello(9, OTHER), registered(), job())
    still_away, looked_at, better = Wire(), Wire(hello(10)), Wire(hello(11), registered())
    for wire in (*away, still_away):
        wire.break_off()
    played = Played(*away, other, still_away, looked_at, better, others=(OTHER,), tokens=150)
    run(played)
    await better.until(lambda: better.said("heartbeat"))
    assert played.dialled == [ORIGIN] * 4 + [OTHER] + [ORIGIN] * 3
    assert [message["type"] for message in other.sent] == ["register", "heartbeat", "drain", "done", "bye"]
    assert looked_at.sent == [] and looked_at.closed is not None and looked_at.closed[0] == 1001
