"""Both ends of a resume against each other, over a wire that loses what is on its way."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from r3mes_api.nodes.places import Reservation
from r3mes_api.nodes.registry import Accepted, NodeRegistry, RegistryLimits
from r3mes_api.nodes.resumption import resumption
from r3mes_api.routing.choice import NoChoice, Wanted
from r3mes_api.routing.ledger import JobLedger, Lost
from r3mes_engine.node.credit import Credit
from r3mes_engine.node.outbox import Outbox
from r3mes_protocol.frames import HEADER_BYTES, FrameKind, decode_frame, encode_frame
from r3mes_protocol.grants import Role
from r3mes_protocol.messages import Device, ModelOffer, Register, ResumableJob, Resume
from r3mes_protocol.wire import JobId, NodeId, SessionId

JOB = JobId("0123456789abcdef")
WINDOW = 300
LARGEST_FRAME = len("data: 000000\n\n") + 120


class OneJob(RuleBasedStateMachine):
    """A node makes an answer, a client takes it, and the socket between is lost at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = JobLedger(WINDOW)
        self.outbox, self.credit = Outbox(keeps=True), Credit(WINDOW)
        self.said, self.heard, self.taken = b"", b"", 0
        self.number = 0
        self.is_up = True
        self.frames: deque[bytes | str] = deque()
        self.windows: deque[int] = deque()
        self.terminals = 0

    @precondition(lambda self: self.outbox.terminal is None)
    @rule(size=st.integers(1, 120))
    def a_token_is_made(self, size: int) -> None:
        self.number += 1
        payload = b"data: " + f"{self.number:06d}".encode() + b"x" * size + b"\n\n"
        if self.credit.take(len(payload)):
            self.said += payload
            self.outbox.put(encode_frame(JOB, FrameKind.CONTENT, payload))

    @precondition(lambda self: self.outbox.terminal is None)
    @rule()
    def the_answer_ends(self) -> None:
        self.outbox.close("done")

    @precondition(lambda self: self.is_up)
    @rule(count=st.integers(1, 4))
    def frames_leave(self, count: int) -> None:
        for _ in range(count):
            if (data := self.outbox.take()) is not None:
                self.frames.append(data)

    @precondition(lambda self: self.is_up)
    @rule(count=st.integers(1, 4))
    def frames_arrive(self, count: int) -> None:
        for _ in range(min(count, len(self.frames))):
            data = self.frames.popleft()
            if isinstance(data, str):
                self.terminals += 1
                assert self.heard == self.said, "a terminal comes last"
            else:
                frame = decode_frame(data)
                assert self.ledger.frame(frame.kind, frame.payload), "within its credit and in order"
                self.heard += frame.payload

    @rule(part=st.floats(0, 1))
    def the_client_takes(self, part: float) -> None:
        """Also while the socket is lost: then the grant is told at the resume alone."""
        size = int((len(self.heard) - self.taken) * part)
        if size:
            self.taken += size
            self.ledger.grant(size)
            if self.is_up:
                self.windows.append(size)

    @precondition(lambda self: self.is_up and self.windows)
    @rule()
    def credit_arrives(self) -> None:
        self.credit.grant(self.windows.popleft())
        self.outbox.acknowledge(self.credit.delivered)

    @precondition(lambda self: self.is_up)
    @rule()
    def the_socket_is_lost(self) -> None:
        self.is_up = False
        self.frames.clear()
        self.windows.clear()

    @precondition(lambda self: not self.is_up and not self.terminals)
    @rule()
    def the_node_is_back(self) -> None:
        job = ResumableJob(job_id=JOB, kept=self.outbox.kept, sent=self.outbox.made)
        verdict = resumption({JOB: self.ledger}, Resume(session_id="a" * 32, jobs=(job,)))
        assert not verdict.lost
        (resumed,) = verdict.resumed
        self.credit.restate(resumed.granted)
        assert self.outbox.rewind(resumed.received)
        self.is_up = True

    @invariant()
    def what_came_is_the_beginning_of_what_was_said(self) -> None:
        assert self.said.startswith(self.heard)
        assert self.terminals <= 1

    @invariant()
    def no_more_is_kept_than_the_window(self) -> None:
        # Whole frames are kept, so that the oldest may be needed for its last byte alone.
        assert self.outbox.made - self.outbox.kept < WINDOW + LARGEST_FRAME
        assert self.credit.used - self.ledger.received <= WINDOW

    def teardown(self) -> None:
        """Whatever happened, all of it arrives in the end."""
        if not self.is_up and not self.terminals:
            self.the_node_is_back()
        if self.outbox.terminal is None:
            self.outbox.close("done")
        if self.is_up:
            while not self.outbox.is_empty:
                self.frames_leave(4)
            while self.frames:
                self.frames_arrive(4)
        assert self.heard == self.said
        assert self.terminals == 1


TestOneJob = OneJob.TestCase
TestOneJob.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("received", [-1, 1, 5, 11, 21, 10**9])
def test_frames_are_sent_again_from_their_beginnings_alone(received: int) -> None:
    outbox = Outbox(keeps=True)
    for _ in range(2):
        outbox.put(b"h" * HEADER_BYTES + b"x" * 10)
        outbox.take()
    assert not outbox.rewind(received)
    assert [outbox.rewind(offset) for offset in (0, 10, 20)] == [True, True, True]
    # What was acknowledged is gone.
    assert not outbox.rewind(0)


def test_an_outbox_that_does_not_keep_holds_nothing() -> None:
    outbox = Outbox(keeps=False)
    outbox.put(b"h" * HEADER_BYTES + b"x")
    assert outbox.take() is not None
    assert (outbox.kept, outbox.made, outbox.is_empty) == (1, 1, True)


@pytest.mark.parametrize(
    ("kept", "sent", "goes_on"),
    [(0, 100, True), (100, 100, True), (0, 500, True), (101, 500, False), (0, 99, False), (0, 0, False)],
)
def test_a_job_goes_on_where_both_ends_meet(kept: int, sent: int, goes_on: bool) -> None:
    ledger = JobLedger(WINDOW)
    assert ledger.frame(FrameKind.CONTENT, b"data: " + b"x" * 92 + b"\n\n")
    offer = Resume(session_id="a" * 32, jobs=(ResumableJob(job_id=JOB, kept=kept, sent=sent),))
    verdict = resumption({JOB: ledger}, offer)
    assert [job.job_id for job in verdict.resumed] == ([JOB] if goes_on else [])
    assert verdict.lost == (() if goes_on else (JOB,))


def test_jobs_that_nobody_holds_or_that_have_ended_do_not_go_on() -> None:
    ended = JobLedger(WINDOW)
    ended.end(Lost.ABANDONED)
    offer = Resume(
        session_id="a" * 32,
        jobs=tuple(ResumableJob(job_id=job, kept=0, sent=0) for job in (JOB, "f" * 16)),
    )
    assert resumption({JOB: ended}, offer).resumed == ()
    assert resumption({}, offer) == ((), ())


# --- whose jobs they are -----------------------------------------------------------------------------------------

LIMITS = RegistryLimits(
    heartbeat_s=10,
    max_nodes=2,
    max_jobs_per_node=4,
    registrations_per_minute=50,
    failure_memory_s=10,
    refusal_memory_s=1,
)


def registration(node: int, session: str | None = None, *jobs: str) -> Register:
    resumable = tuple(ResumableJob(job_id=job, kept=0, sent=0) for job in jobs)
    return Register(
        node_id=f"{node:064x}",
        models=(ModelOffer(name="m", context_tokens=10),),
        roles=(Role.SERVING,),
        max_concurrency=2,
        device=Device(kind="cpu", name="c", memory_mb=1),
        engine_version="1",
        resume=Resume(session_id=session, jobs=resumable) if session is not None else None,
        signature="0" * 128,
    )


A, B, C = (SessionId(letter * 32) for letter in "abc")


def busy() -> NodeRegistry:
    """One node with one job, under session A."""
    registry = NodeRegistry(LIMITS)
    assert isinstance(registry.register(A, registration(1), "owner", 0), Accepted)
    assert isinstance(registry.places.reserve(JOB, Wanted("m"), 0), Reservation)
    return registry


@pytest.mark.parametrize("noticed", [True, False], ids=["lost", "still-open"])
def test_the_last_session_of_the_same_node_and_owner_is_taken_up(noticed: bool) -> None:
    registry = busy()
    if noticed:
        assert registry.suspended(A, 1)
    accepted = registry.register(B, registration(1, A), "owner", 2)
    assert isinstance(accepted, Accepted)
    assert (accepted.resumes, accepted.replaced, accepted.dropped) == (A, None if noticed else A, None)
    node = registry.node(f"{1:064x}")
    assert node is not None and node.jobs == {JOB} and registry.places.taken == 1
    # A late close of the old one changes nothing.
    assert registry.closed(A, 3) is None
    assert registry.places.release(JOB) and registry.places.taken == 0


@pytest.mark.parametrize(
    ("node", "session", "owner"),
    [(1, B, "owner"), (1, A, "another"), (1, A, None), (1, None, "owner")],
    ids=["another-session", "another-owner", "no-owner", "no-resume"],
)
def test_nothing_else_takes_a_job_up(node: int, session: SessionId | None, owner: str | None) -> None:
    registry = busy()
    assert registry.suspended(A, 1)
    accepted = registry.register(C, registration(node, session), owner, 2)
    assert isinstance(accepted, Accepted)
    assert (accepted.resumes, accepted.dropped) == (None, A)
    assert registry.places.taken == 0


def test_another_node_that_knows_the_session_gets_none_of_its_jobs() -> None:
    registry = busy()
    assert registry.suspended(A, 1)
    accepted = registry.register(C, registration(2, A), "owner", 2)
    assert isinstance(accepted, Accepted)
    assert (accepted.resumes, accepted.dropped) == (None, None)
    assert registry.places.taken == 1
    assert isinstance(registry.register(B, registration(1, A), "owner", 3), Accepted)
    assert registry.places.taken == 1


def test_a_session_that_was_replaced_is_never_taken_up_again() -> None:
    registry = busy()
    registry.register(B, registration(1), "owner", 1)
    assert not registry.suspended(A, 1)
    accepted = registry.register(C, registration(1, A), "owner", 2)
    assert isinstance(accepted, Accepted) and accepted.resumes is None


def test_a_node_that_is_away_can_not_be_chosen_and_keeps_its_place() -> None:
    registry = busy()
    registry.suspended(A, 1)
    assert registry.places.reserve(JobId("1" * 16), Wanted("m"), 1) is NoChoice.NO_NODES
    assert len(registry) == 0 and registry.node(f"{1:064x}") is None
    # Its place among the nodes is kept too: one stranger fits beside it, not two.
    assert isinstance(registry.register(B, registration(2), None, 1), Accepted)
    assert not isinstance(registry.register(C, registration(3), None, 1), Accepted)
    assert isinstance(registry.register(C, registration(1, A), "owner", 1), Accepted)


def test_after_the_grace_nothing_is_left() -> None:
    registry = busy()
    registry.suspended(A, 1)
    removed = registry.closed(A, 3)
    assert removed is not None and removed.node_id == NodeId(f"{1:064x}") and removed.jobs == (JOB,)
    assert registry.places.taken == 0
    accepted = registry.register(B, registration(1, A), "owner", 4)
    assert isinstance(accepted, Accepted) and accepted.resumes is None
