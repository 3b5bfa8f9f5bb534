"""What one session with the gateway means: a pure machine of messages in and actions out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from r3mes_engine.node.credit import Credit
from r3mes_protocol import PROTOCOL_VERSION
from r3mes_protocol.frames import HEADER_BYTES
from r3mes_protocol.limits import MAX_FRAME_BYTES
from r3mes_protocol.messages import (
    Acknowledged,
    Bye,
    Cancel,
    Drain,
    GatewayMessage,
    Hello,
    Job,
    Limits,
    LoadAdapter,
    ProtocolError,
    Registered,
    Rejected,
    ResumedJob,
    Window,
)
from r3mes_protocol.wire import GatewayOrigin, JobId, SessionId


class Phase(StrEnum):
    AWAITING_HELLO = "awaiting_hello"
    AWAITING_REGISTERED = "awaiting_registered"
    LIVE = "live"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SendRegister:
    session_id: SessionId
    nonce: str
    heartbeat_s: float


@dataclass(frozen=True, slots=True)
class Live:
    """The node is registered. Of its jobs, those that were resumed go on."""

    generation: int
    resumed: tuple[ResumedJob, ...] = ()
    grace_s: float | None = None
    """So long after a lost socket the gateway takes jobs up again; None: never."""


@dataclass(frozen=True, slots=True)
class StartJob:
    job: Job
    credit: Credit
    payload_bytes: int
    """The largest payload that this session takes at once."""


@dataclass(frozen=True, slots=True)
class RefuseJob:
    """The gateway goes past its own limit of jobs."""

    job_id: JobId


@dataclass(frozen=True, slots=True)
class CancelJob:
    job_id: JobId


@dataclass(frozen=True, slots=True)
class MoreCredit:
    job_id: JobId


@dataclass(frozen=True, slots=True)
class TerminalsArrived:
    job_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AdapterHint:
    """Requests for this adapter are to be expected."""

    name: str
    digest: str | None


@dataclass(frozen=True, slots=True)
class GatewayDrains:
    """The gateway takes its leave: running jobs are finished, and it closes the session when it likes."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rejection:
    rejected: Rejected


@dataclass(frozen=True, slots=True)
class WrongGateway:
    """The gateway signs as another one than was dialled; a signature for it could be passed on."""

    claimed: str


@dataclass(frozen=True, slots=True)
class WrongProtocol:
    offered: int


@dataclass(frozen=True, slots=True)
class Ended:
    reason: str


Action: TypeAlias = (
    SendRegister
    | Live
    | StartJob
    | RefuseJob
    | CancelJob
    | MoreCredit
    | TerminalsArrived
    | AdapterHint
    | GatewayDrains
    | Rejection
    | WrongGateway
    | WrongProtocol
    | Ended
)


class NodeSession:
    """The node's side of one WebSocket. Raises ProtocolError for a message that the contract does not allow now."""

    def __init__(self, gateway: GatewayOrigin) -> None:
        self._gateway = gateway
        self._resumable: Mapping[JobId, Credit | None] = {}
        self.phase = Phase.AWAITING_HELLO
        self.session_id = SessionId("")
        self.limits = Limits(max_jobs=1)
        self._jobs: dict[JobId, Credit] = {}

    @property
    def jobs(self) -> frozenset[JobId]:
        """Jobs without a terminal."""
        return frozenset(self._jobs)

    def receive(self, message: GatewayMessage) -> Action | None:
        if self.phase is Phase.ENDED:
            return None
        if isinstance(message, Hello):
            return self._hello(message)
        if isinstance(message, Rejected):
            self.phase = Phase.ENDED
            return Rejection(message)
        if isinstance(message, Bye):
            self.phase = Phase.ENDED
            return Ended(message.reason or "the gateway said goodbye")
        if isinstance(message, Registered):
            if self.phase is not Phase.AWAITING_REGISTERED:
                raise ProtocolError("registered without a registration")
            self.phase = Phase.LIVE
            self.limits = message.limits
            resumed = message.resumed or ()
            self._take_up(resumed)
            return Live(message.generation, resumed, message.resume_grace_s)
        if self.phase is not Phase.LIVE:
            raise ProtocolError(f"{message.type} before the node is registered")
        if isinstance(message, Drain):
            return GatewayDrains(message.reason)
        if isinstance(message, LoadAdapter):
            return AdapterHint(message.name, message.digest)
        if isinstance(message, Acknowledged):
            return TerminalsArrived(message.job_ids)
        return self._about_a_job(message)

    def offer(self, resumable: Mapping[JobId, Credit | None]) -> None:
        """The registration shows these jobs of the session before; None for one that only owes its terminal."""
        self._resumable = resumable

    def end_job(self, job_id: JobId) -> bool:
        """Whether the job is still owed its terminal; from now on it is not."""
        return self._jobs.pop(job_id, None) is not None

    def _take_up(self, resumed: tuple[ResumedJob, ...]) -> None:
        if len({job.job_id for job in resumed}) < len(resumed):
            raise ProtocolError("a job resumed twice")
        for job in resumed:
            job_id = JobId(job.job_id)
            if job_id not in self._resumable:
                raise ProtocolError("a job resumed that was not offered")
            credit = self._resumable[job_id]
            if credit is not None:
                credit.restate(job.granted)
                self._jobs[job_id] = credit

    def _hello(self, hello: Hello) -> Action:
        if self.phase is not Phase.AWAITING_HELLO:
            raise ProtocolError("a second hello")
        if hello.protocol != PROTOCOL_VERSION:
            self.phase = Phase.ENDED
            return WrongProtocol(hello.protocol)
        if hello.gateway != self._gateway:
            self.phase = Phase.ENDED
            return WrongGateway(hello.gateway)
        self.phase = Phase.AWAITING_REGISTERED
        self.session_id = SessionId(hello.session_id)
        return SendRegister(self.session_id, hello.nonce, hello.heartbeat_s)

    def _about_a_job(self, message: Job | Window | Cancel) -> Action | None:
        job_id = JobId(message.job_id)
        if isinstance(message, Job):
            if job_id in self._jobs:
                raise ProtocolError("a job id that is in use")
            if len(self._jobs) >= self.limits.max_jobs:
                return RefuseJob(job_id)
            credit = Credit(self.limits.initial_window_bytes)
            self._jobs[job_id] = credit
            # An event larger than the first window could wait for credit for ever.
            payload = min(MAX_FRAME_BYTES, self.limits.max_frame_bytes, self.limits.initial_window_bytes) - HEADER_BYTES
            return StartJob(message, credit, payload)
        # Window and cancel may cross the job's terminal on the wire: then they mean nothing.
        known = self._jobs.get(job_id)
        if known is None:
            return None
        if isinstance(message, Window):
            known.grant(message.bytes)
            return MoreCredit(job_id)
        return CancelJob(job_id)
