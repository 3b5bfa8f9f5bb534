from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from r3mes_engine.node.credit import MAX_CREDIT_BYTES, Credit
from r3mes_engine.node.session import (
    CancelJob,
    Ended,
    GatewayDrains,
    Live,
    MoreCredit,
    NodeSession,
    Phase,
    RefuseJob,
    Rejection,
    SendRegister,
    StartJob,
    WrongGateway,
    WrongProtocol,
)
from r3mes_protocol.frames import HEADER_BYTES
from r3mes_protocol.messages import (
    Bye,
    Cancel,
    Drain,
    Hello,
    Job,
    Limits,
    ProtocolError,
    Registered,
    RejectCode,
    Rejected,
    Window,
)
from r3mes_protocol.wire import GatewayOrigin

ORIGIN = GatewayOrigin("https://gateway.example")


def hello(**changes: Any) -> Hello:
    values: dict[str, Any] = {
        "session_id": "a" * 32, "nonce": "b" * 64, "gateway": ORIGIN, "heartbeat_s": 10.0, "server_time": 1,
    }  # fmt: skip
    return Hello(**{**values, **changes})


def job(number: int = 1) -> Job:
    return Job(job_id=f"{number:016x}", completion_id="c", body={}, first_token_deadline_ms=1000, deadline_ms=1000)


def live(**limits: Any) -> NodeSession:
    session = NodeSession(ORIGIN)
    session.receive(hello())
    session.receive(Registered(generation=1, limits=Limits(**{"max_jobs": 4, **limits})))
    return session


def test_the_way_to_a_live_session() -> None:
    session = NodeSession(ORIGIN)
    assert session.receive(hello()) == SendRegister("a" * 32, "b" * 64, 10.0)
    assert session.receive(Registered(generation=7, limits=Limits(max_jobs=4))) == Live(7)
    assert session.phase is Phase.LIVE


@pytest.mark.parametrize("claimed", ["https://gateway.example:444", "http://gateway.example", "https://evil.example"])
def test_a_gateway_that_calls_itself_otherwise_gets_no_signature(claimed: str) -> None:
    session = NodeSession(ORIGIN)
    assert session.receive(hello(gateway=claimed)) == WrongGateway(claimed)
    assert session.receive(hello()) is None


def test_another_protocol_version_is_told() -> None:
    assert NodeSession(ORIGIN).receive(hello(protocol=2)) == WrongProtocol(2)


@pytest.mark.parametrize(
    "message", [job(), Cancel(job_id="0" * 16), Window(job_id="0" * 16, bytes=1), Drain()], ids=lambda m: m.type
)
def test_nothing_but_registration_comes_before_it(message: Any) -> None:
    for session in (NodeSession(ORIGIN), live()):
        if session.phase is Phase.LIVE:
            assert session.receive(message) is None or session.jobs or isinstance(message, Drain)
        else:
            with pytest.raises(ProtocolError):
                session.receive(message)


@pytest.mark.parametrize("message", [hello(), Registered(generation=1, limits=Limits(max_jobs=1))])
def test_a_second_hello_or_registered_is_refused(message: Any) -> None:
    with pytest.raises(ProtocolError):
        live().receive(message)


def test_registered_before_hello_is_refused() -> None:
    with pytest.raises(ProtocolError):
        NodeSession(ORIGIN).receive(Registered(generation=1, limits=Limits(max_jobs=1)))


@pytest.mark.parametrize("steps", range(3))
def test_rejection_and_goodbye_are_heard_at_any_time(steps: int) -> None:
    for message, kind in ((Rejected(code=RejectCode.GATEWAY_FULL, message=""), Rejection), (Bye(), Ended)):
        session = NodeSession(ORIGIN) if steps == 0 else live()
        assert isinstance(session.receive(message), kind)
        assert session.receive(job()) is None


def test_a_drain_of_the_gateway_ends_no_job() -> None:
    session = live()
    session.receive(job())
    assert session.receive(Drain(reason="restart")) == GatewayDrains("restart")
    assert session.jobs == {job().job_id}


def test_a_job_id_in_use_is_refused_and_a_used_one_is_not() -> None:
    session = live()
    assert isinstance(session.receive(job()), StartJob)
    with pytest.raises(ProtocolError):
        session.receive(job())
    assert session.end_job(job().job_id)
    assert isinstance(session.receive(job()), StartJob)


def test_jobs_beyond_the_limit_are_refused_one_by_one() -> None:
    session = live(max_jobs=1)
    session.receive(job(1))
    assert session.receive(job(2)) == RefuseJob(job(2).job_id)
    assert session.jobs == {job(1).job_id}


def test_window_and_cancel_that_cross_the_terminal_mean_nothing() -> None:
    session = live()
    session.receive(job())
    session.end_job(job().job_id)
    assert session.receive(Window(job_id=job().job_id, bytes=5)) is None
    assert session.receive(Cancel(job_id=job().job_id)) is None


@pytest.mark.parametrize(("frame", "window"), [(64 * 1024, 128 * 1024), (1024, 128 * 1024), (64 * 1024, 1024)])
def test_a_payload_fits_into_frame_and_first_window(frame: int, window: int) -> None:
    started = live(max_frame_bytes=frame, initial_window_bytes=window).receive(job())
    assert isinstance(started, StartJob)
    assert started.payload_bytes + HEADER_BYTES <= frame
    assert started.payload_bytes <= window
    assert started.credit.available == window


@given(st.integers(0, 2**31), st.lists(st.tuples(st.booleans(), st.integers(0, 2**31)), max_size=50))
def test_credit_is_never_overdrawn_and_never_lost(initial: int, steps: list[tuple[bool, int]]) -> None:
    credit, expected = Credit(initial), initial
    for is_grant, size in steps:
        if is_grant:
            credit.grant(size)
            expected = min(expected + size, MAX_CREDIT_BYTES)
        else:
            assert credit.take(size) == (size <= expected)
            expected -= size if size <= expected else 0
        assert credit.available == expected >= 0


class Sessions(RuleBasedStateMachine):
    """Any order of gateway messages and ends of jobs: one terminal for each started job, and no other."""

    def __init__(self) -> None:
        super().__init__()
        self.session = live(max_jobs=3)
        self.running: set[str] = set()
        self.owed = 0

    @rule(number=st.integers(0, 5))
    def job_comes(self, number: int) -> None:
        message = job(number)
        if message.job_id in self.running:
            with pytest.raises(ProtocolError):
                self.session.receive(message)
            return
        action = self.session.receive(message)
        if len(self.running) >= 3:
            assert action == RefuseJob(message.job_id)
        else:
            assert isinstance(action, StartJob)
            self.running.add(message.job_id)
            self.owed += 1

    @rule(number=st.integers(0, 5))
    def cancel_comes(self, number: int) -> None:
        action = self.session.receive(Cancel(job_id=job(number).job_id))
        assert (action == CancelJob(job(number).job_id)) == (job(number).job_id in self.running)

    @rule(number=st.integers(0, 5), size=st.integers(1, 2**31))
    def window_comes(self, number: int, size: int) -> None:
        action = self.session.receive(Window(job_id=job(number).job_id, bytes=size))
        assert (action == MoreCredit(job(number).job_id)) == (job(number).job_id in self.running)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def job_ends(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(sorted(self.running)))
        assert self.session.end_job(job_id)
        assert not self.session.end_job(job_id)
        self.running.discard(job_id)
        self.owed -= 1

    @invariant()
    def running_jobs_are_owed(self) -> None:
        assert self.session.jobs == self.running
        assert self.owed == len(self.running)


TestSessions = Sessions.TestCase
TestSessions.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
