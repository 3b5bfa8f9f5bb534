"""Sessions and requests under random interleavings: one terminal for each request, and nothing left behind."""

from __future__ import annotations

import asyncio
import functools
import logging
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from r3mes_api.asgi import FRAMES
from r3mes_api.modes.remote import RemoteMode
from r3mes_api.nodes.admission import Admission
from r3mes_api.nodes.registry import NodeRegistry, RegistryLimits
from r3mes_api.nodes.sessions import NodeSessions
from r3mes_api.routing.question import End, Question
from r3mes_api.setting_kinds import NodeAuth
from r3mes_api.settings import Settings
from r3mes_api.settings_loading import load_settings
from r3mes_protocol import NODE_SUBPROTOCOL, RESUME_SUBPROTOCOL
from r3mes_protocol.errors import ApiError
from r3mes_protocol.frames import FrameKind, encode_frame
from r3mes_protocol.grants import Role
from r3mes_protocol.messages import (
    Capacity,
    Device,
    Done,
    Drain,
    Failed,
    FailureCode,
    Heartbeat,
    Hello,
    Job,
    ModelOffer,
    Register,
    Registered,
    ResumableJob,
    Resume,
    Usage,
    parse_gateway_message,
)
from r3mes_protocol.session_signature import node_id_of, sign_registration
from r3mes_protocol.wire import GatewayOrigin, JobId, SessionId, WireModel

KEYS = [SigningKey(bytes([n]) * 32) for n in range(1, 4)]


PIECES = re.compile(rb'"content":"([^"]*)"')


def event(number: int) -> bytes:
    return b'data: {"choices":[{"delta":{"content":"%d "},"finish_reason":null}]}\n\n' % number


class FakeNode:
    """What a node remembers beyond its sockets: what it has made for each job, sent or not."""

    def __init__(self, number: int) -> None:
        self.key = KEYS[number]
        self.resumes = number != 2
        """One node is of an older release."""
        self.socket: FakeSocket | None = None
        self.session_id: str | None = None
        self.made: dict[str, list[tuple[FrameKind, bytes]]] = {}
        self.jobs: dict[str, Job] = {}
        self.registrations = 0
        self.resumed_midway = 0

    def resume(self) -> Resume | None:
        """Mostly true; now and then it claims what it has not, or speaks of another node's session."""
        self.registrations += 1
        if not self.resumes or self.session_id is None:
            return None
        lies = self.registrations % 8
        jobs = tuple(
            ResumableJob(
                job_id=job_id,
                kept=10**9 if lies == 2 else 0,
                sent=0 if lies == 3 else sum(len(payload) for _, payload in frames),
            )
            for job_id, frames in self.made.items()
        )
        return Resume(session_id="f" * 32 if lies == 4 else self.session_id, jobs=jobs)

    def registered(self, socket: FakeSocket, answer: Registered) -> None:
        self.socket = socket
        resumed = {job.job_id: job.received for job in answer.resumed or ()}
        self.made = {job_id: frames for job_id, frames in self.made.items() if job_id in resumed}
        self.resumed_midway += sum(received > 0 for received in resumed.values())
        socket.jobs += [self.jobs[job_id] for job_id in self.made]
        for job_id, frames in self.made.items():
            offset = 0
            for kind, payload in frames:
                if offset >= resumed[job_id]:
                    socket.say_bytes(encode_frame(JobId(job_id), kind, payload))
                else:
                    assert offset + len(payload) <= resumed[job_id], "a frame comes whole or not at all"
                offset += len(payload)

    def ended(self, job_id: JobId, here: bool) -> None:
        """A late word on a socket of before ends nothing."""
        if here:
            del self.made[job_id]

    def make(self, job_id: JobId, kind: FrameKind) -> None:
        frames = self.made[job_id]
        number = sum(made is FrameKind.CONTENT and len(payload) < 1000 for made, payload in frames)
        payload = event(number) if kind is FrameKind.CONTENT else event(-1).replace(b"-1 ", b"")
        frames.append((kind, payload))
        if self.socket is not None and not self.socket.gone:
            self.socket.say_bytes(encode_frame(job_id, kind, payload))


class FakeSocket:
    """A node behind an ASGI server that is not there: what it says and what it hears."""

    def __init__(self, node: FakeNode) -> None:
        self.node = node
        self.gone = False
        self.sink: Callable[[str | bytes], None] | None = None
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.incoming.put_nowait({"type": "websocket.connect"})
        self.heard: list[Any] = []
        self.jobs: list[Job] = []
        self.closed = False

    async def receive(self) -> dict[str, Any]:
        return await self.incoming.get()

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self.closed = True
            self.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        elif message["type"] == "websocket.send":
            self._hear(message["text"])

    def deliver_to(self, sink: Callable[[str | bytes], None]) -> None:
        for event in [self.incoming.get_nowait() for _ in range(self.incoming.qsize())]:
            if event["type"] == "websocket.receive":
                sink(event.get("bytes") or event["text"])
            else:
                self.incoming.put_nowait(event)
        self.sink = sink

    def write_now(self, text: str) -> bool:
        if self.closed or len(self.heard) % 5 == 4:
            # A socket that is full now and then.
            return False
        self._hear(text)
        return True

    def _hear(self, text: str) -> None:
        heard = parse_gateway_message(text)
        self.heard.append(heard)
        if isinstance(heard, Hello):
            self._register(heard)
        elif isinstance(heard, Registered):
            self.node.session_id, session_id = self.session_id, self.node.session_id
            assert heard.resumed is None or session_id is not None
            self.node.registered(self, heard)
        elif isinstance(heard, Job):
            self.jobs.append(heard)
            self.node.jobs[heard.job_id] = heard
            self.node.made[heard.job_id] = []

    def _register(self, hello: Hello) -> None:
        resume = self.node.resume()
        key = self.node.key
        self.session_id = hello.session_id
        signature = sign_registration(
            key,
            nonce=hello.nonce,
            session_id=SessionId(hello.session_id),
            gateway=GatewayOrigin(hello.gateway),
            resume=resume,
        )
        self.say(
            Register(
                node_id=node_id_of(key),
                models=(ModelOffer(name="m", context_tokens=10),),
                continues_answers=key != KEYS[0],
                resume=resume,
                roles=(Role.SERVING,),
                max_concurrency=2,
                device=Device(kind="cpu", name="c", memory_mb=1),
                engine_version="1",
                signature=signature,
            )
        )

    def say(self, message: WireModel) -> None:
        self._come("text", message.to_json())

    def say_bytes(self, data: bytes) -> None:
        self._come("bytes", data)

    def _come(self, kind: str, data: str | bytes) -> None:
        if self.sink is not None:
            self.sink(data)
        else:
            self.incoming.put_nowait({"type": "websocket.receive", kind: data})

    def vanish(self) -> None:
        self.gone = True
        self.incoming.put_nowait({"type": "websocket.disconnect", "code": 1006})


class Listener:
    """A client: whatever happens to sockets, no piece of its answer is missing and none comes twice."""

    def __init__(self, slow: bool, outcomes: list[str]) -> None:
        self._slow = slow
        self._outcomes = outcomes
        self._due = 0
        self._continued = False

    async def events(self, payload: bytes) -> None:
        for word in b"".join(PIECES.findall(payload)).split():
            assert int(word) == self._due
            self._due += 1
        for _ in range(3 if self._slow else 0):
            await asyncio.sleep(0)

    async def continued(self) -> None:
        assert not self._continued
        self._continued = True
        self._due = 0

    async def end(self, end: End) -> None:
        self._outcomes.append("end")


@functools.cache
def quick_settings() -> Settings:
    """Read once: a thousand times would take a fifth of the whole."""
    return load_settings(
        {
            "R3MES_NODE_AUTH": "open",
            "R3MES_ROOM_WAIT_S": "0.05",
            "R3MES_REGISTRATIONS_PER_MINUTE": "1000",
            "R3MES_RESUME_GRACE_S": "0.004",
        }
    )


class World:
    """A gateway's remote mode with fake sockets and real requests."""

    def __init__(self, *, direct: bool) -> None:
        self.direct = direct
        self.settings = quick_settings()
        clock = asyncio.get_running_loop().time
        self.registry = NodeRegistry(
            RegistryLimits(
                heartbeat_s=10,
                max_nodes=8,
                max_jobs_per_node=8,
                registrations_per_minute=1000,
                failure_memory_s=1,
                refusal_memory_s=0.01,
            )
        )
        admission = Admission(NodeAuth.OPEN, None, lambda *_: False)
        self.sessions = NodeSessions(self.settings, self.registry, admission, clock)
        self.mode = RemoteMode(self.sessions, self.settings, clock)
        self.nodes = [FakeNode(number) for number in range(len(KEYS))]
        self.sockets: list[FakeSocket] = []
        self.serving: list[asyncio.Task[None]] = []
        self.requests: list[asyncio.Task[None]] = []
        self.outcomes: dict[int, list[str]] = {}

    def connect(self, number: int) -> None:
        node = self.nodes[number % len(KEYS)]
        socket = FakeSocket(node)
        self.sockets.append(socket)
        scope = {
            "subprotocols": [NODE_SUBPROTOCOL, *([RESUME_SUBPROTOCOL] if node.resumes else [])],
            "scheme": "ws",
            "headers": [(b"host", b"gateway")],
            "extensions": {FRAMES: socket} if self.direct else {},
        }
        socket.incoming.get_nowait()  # the application has taken the connect event already
        self.serving.append(asyncio.create_task(self.sessions.serve(scope, socket.receive, socket.send)))

    def ask(self, slow: bool) -> None:
        number = len(self.requests)
        self.outcomes[number] = []
        self.requests.append(asyncio.create_task(self._ask(number, slow)))

    async def _ask(self, number: int, slow: bool) -> None:
        now = asyncio.get_running_loop().time()
        question = Question(f"chatcmpl-{number}", 0, now, "m", None, {"messages": []}, "", whole=number % 2 == 1)
        outcomes = self.outcomes[number]
        try:
            await self.mode.answer(question, Listener(slow, outcomes))
        except ApiError as error:
            outcomes.append(error.code.value)
        except asyncio.CancelledError:
            outcomes.append("cancelled")

    def act(self, step: tuple[int, int, int]) -> None:
        what, which, detail = step
        socket = self.sockets[which % len(self.sockets)] if self.sockets else None
        # Mostly one of the last jobs: those still run.
        job = socket.jobs[-1 - detail % min(3, len(socket.jobs))] if socket is not None and socket.jobs else None
        if what == 0 or socket is None:
            self.connect(detail)
        elif what <= 3:
            self.ask(slow=detail % 2 == 0)
        elif what == 4:
            if self.requests:
                self.requests[detail % len(self.requests)].cancel()
        elif what == 5:
            socket.vanish()
        elif what == 6:
            socket.say(Heartbeat(active=detail % 3, queued=0, draining=detail % 5 == 0))
        elif what == 7:
            socket.say(Drain())
        elif what >= 18:
            # A lost connection of which the gateway hears at once, or only when the node is back.
            if what != 19:
                socket.vanish()
            self.connect(self.nodes.index(socket.node))
        elif job is not None:
            self._speak(socket, JobId(job.job_id), what, detail)

    def _speak(self, socket: FakeSocket, job_id: JobId, what: int, detail: int) -> None:
        if what <= 11:
            kind = FrameKind((what, detail)[detail % 2] % 3)
            if socket is socket.node.socket and job_id in socket.node.made:
                socket.node.make(job_id, kind)
            else:
                # The last words of a socket that the node has left behind, or of a job that it has ended.
                socket.say_bytes(encode_frame(job_id, kind, event(99)))
            return
        mine = socket is socket.node.socket and job_id in socket.node.made
        if what == 12 and mine:
            large = b"data: " + b"x" * 60_000 + b"\n\n"
            socket.node.made[job_id].append((FrameKind.CONTENT, large))
            socket.say_bytes(encode_frame(job_id, FrameKind.CONTENT, large))
        elif what == 13:
            socket.say_bytes(bytes.fromhex(job_id) + b"\x01" + b"x" * 70_000)
        elif what <= 15:
            socket.node.ended(job_id, mine)
            codes = list(FailureCode)
            capacity = Capacity(active=1, queued=0, max_concurrency=2) if detail % 2 else None
            socket.say(
                Failed(job_id=job_id, code=codes[detail % len(codes)], message="", retryable=True, capacity=capacity)
            )
        else:
            socket.node.ended(job_id, mine)
            socket.say(Done(job_id=job_id, finish_reason="stop", usage=Usage(prompt_tokens=1, completion_tokens=1)))

    async def finish(self) -> None:
        """All machines lose their power; every request must come to its end by itself."""
        for socket in self.sockets:
            socket.vanish()
        for task in (*self.serving, *self.requests):
            with suppress(asyncio.CancelledError):
                await asyncio.wait_for(task, 60)


STEPS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 5), st.integers(0, 11), st.integers(0, 3)), min_size=4, max_size=40
)


async def play(steps: Iterable[tuple[int, int, int, int]], *, direct: bool) -> World:
    """`direct`: frames come and go past the queues, as they do over the gateway's own transport."""
    world = World(direct=direct)
    world.connect(0)
    world.connect(1)
    for *step, pause in steps:
        world.act((step[0], step[1], step[2]))
        for _ in range(pause * 2):
            await asyncio.sleep(0)
    await world.finish()
    for number, outcomes in world.outcomes.items():
        # A request that was cancelled before its first step has no outcome of its own.
        assert len(outcomes) == 1 or (not outcomes and world.requests[number].cancelled()), outcomes
    assert world.registry.places.taken == 0
    assert len(world.registry) == 0
    assert world.sessions.open_sockets == 0
    assert world.sessions.waiting == 0
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:  # writers that were told to end
        with suppress(asyncio.CancelledError):
            await task
    return world


def run(steps: Iterable[tuple[int, int, int, int]], *, direct: bool) -> World:
    logging.disable(logging.CRITICAL)
    try:
        return asyncio.run(play(steps, direct=direct))
    finally:
        logging.disable(logging.NOTSET)


@given(STEPS, st.booleans())
@settings(max_examples=900, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
def test_every_request_ends_once_and_nothing_is_left(steps: list[tuple[int, int, int, int]], direct: bool) -> None:
    run(steps, direct=direct)


@pytest.mark.parametrize("direct", [False, True])
def test_long_plays_with_lost_sockets_end_so_too(direct: bool) -> None:
    """50 plays of 120 steps in which answers are under way when sockets are lost."""
    resumed = 0
    often = (0, 1, 2, 3, 4, 5, 6, 7, *(8, 9, 10, 11) * 5, 12, 13, 14, 16, *(18, 19, 20) * 2)
    for seed in range(50):
        dice = Random(seed)
        steps = [(dice.choice(often), dice.randrange(6), dice.randrange(12), dice.randrange(4)) for _ in range(120)]
        resumed += sum(node.resumed_midway for node in run(steps, direct=direct).nodes)
    assert resumed > 10, "answers did go on in the middle"
