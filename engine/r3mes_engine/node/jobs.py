"""The node's jobs, which may outlive the socket that brought them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from nacl.signing import SigningKey

from r3mes_engine.embeddings.service import EmbeddingService
from r3mes_engine.errors import GenerationFailed
from r3mes_engine.node.connection import ConnectionLost
from r3mes_engine.node.credit import Credit
from r3mes_engine.node.embedding_job import EmbeddingParts, EmbeddingRun
from r3mes_engine.node.job import CreditGate, JobRun, failed
from r3mes_engine.node.outbox import Outbox
from r3mes_engine.node.session import StartJob
from r3mes_engine.node.usage import UsageMeter
from r3mes_engine.serving.chat_service import ChatService
from r3mes_protocol.limits import MAX_RESUMED_JOBS
from r3mes_protocol.messages import Done, Failed, FailureCode, ProtocolError, ResumableJob, Resume, ResumedJob
from r3mes_protocol.wire import GatewayOrigin, JobId, SessionId

log = logging.getLogger(__name__)

MAX_ENDED_JOBS = 64
"""Kept for their terminals. A gateway acknowledges 16 at once; one that lets more wait does not acknowledge at all."""


class Line(Protocol):
    """A socket to the gateway."""

    async def send(self, data: str | bytes) -> None:
        """Waits while the socket takes no more. Raises ConnectionLost."""
        ...


class OpenJob:
    """One job until the gateway has its terminal."""

    def __init__(self, job_id: JobId, credit: Credit, line: Line, *, keeps: bool) -> None:
        self.job_id = job_id
        self.credit = credit
        self.gate = CreditGate(credit)
        self.outbox = Outbox(keeps=keeps)
        self.line: Line | None = line
        self.work: asyncio.Task[Done | Failed] | None = None
        self.cancelled = False
        """By the gateway, which is owed a terminal."""
        self.dropped = False
        """Nobody is owed anything any more."""
        self._sending = asyncio.Lock()

    async def put(self, frame: bytes) -> None:
        """Raises ConnectionLost only where nothing is kept for another socket."""
        self.outbox.put(frame)
        await self.flush()

    async def flush(self) -> None:
        """Sends what is to be sent. Without a socket it stays here: credit bounds it."""
        async with self._sending:
            while (line := self.line) is not None and (data := self.outbox.take()) is not None:
                try:
                    await line.send(data)
                except ConnectionLost:
                    if self.line is line:
                        self.line = None
                    if not self.outbox.keeps:
                        raise


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the open jobs come from."""

    gateway: GatewayOrigin
    session_id: SessionId
    grace_s: float | None
    """None: this gateway takes no job up again."""


class OpenJobs:
    """All jobs of one gateway. Lives on one event loop; ends with `abandon`."""

    def __init__(self, service: ChatService, key: SigningKey, embeddings: EmbeddingService | None = None) -> None:
        self._service = service
        self._embeddings = embeddings
        self._key = key
        self._origin: Origin | None = None
        self._jobs: dict[JobId, OpenJob] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: Callable[[JobId], object] = lambda job_id: None
        self._wait_until: float | None = None
        """On the loop's clock; None as long as nothing waits for a socket."""
        self._giving_up: asyncio.TimerHandle | None = None

    @property
    def wait_for_a_socket(self) -> bool:
        """Whether there is something to come back with."""
        return self._wait_until is not None

    @property
    def unfinished(self) -> int:
        return sum(not job.outbox.is_empty or job.outbox.terminal is None for job in self._jobs.values())

    # --- what a session tells ---

    def begin(self, origin: Origin, line: Line, resumed: Iterable[ResumedJob], ended: Callable[[JobId], object]) -> int:
        """The node is registered. Jobs that the gateway does not name are over; the others go on. Returns how many.

        `ended` is told of each job whose terminal is made. Raises ProtocolError for an offset that can't be.
        """
        self._stop_giving_up()
        self._origin, self._ended = origin, ended
        named = {JobId(job.job_id): job.received for job in resumed}
        for job_id, job in tuple(self._jobs.items()):
            if job_id not in named:
                self._drop(job)
            elif not job.outbox.rewind(named[job_id]):
                raise ProtocolError("a job resumed from where it never was")
        for job in self._jobs.values():
            job.line = line
            job.gate.opened()
            self._spawn(self._deliver(job), f"resumed {job.job_id}")
        return len(self._jobs)

    def start(self, start: StartJob, line: Line) -> None:
        assert self._origin is not None
        job_id = JobId(start.job.job_id)
        former = self._jobs.get(job_id)
        if former is not None:
            self._drop(former)
        job = OpenJob(job_id, start.credit, line, keeps=self._origin.grace_s is not None)
        meter = UsageMeter(self._key, self._origin.gateway, start.job)
        run: JobRun | EmbeddingRun
        if start.job.kind == "embeddings":
            parts = EmbeddingParts(self._service, self._embeddings)
            run = EmbeddingRun(start.job, job.gate, start.payload_bytes, parts, job.put, meter)
        else:
            run = JobRun(start.job, job.gate, start.payload_bytes, self._service, job.put, meter)
        self._jobs[job_id] = job
        # The work is a task of its own: one that is cancelled before its first step still gets its terminal.
        job.work = asyncio.create_task(run.run(), name=f"work {job_id}")
        self._spawn(self._see_through(job, job.work), f"job {job_id}")

    def more_credit(self, job_id: JobId) -> None:
        job = self._jobs[job_id]
        job.outbox.acknowledge(job.credit.delivered)
        job.gate.opened()

    def cancel(self, job_id: JobId) -> None:
        job = self._jobs[job_id]
        job.cancelled = True
        if job.work is not None:
            job.work.cancel()

    def acknowledged(self, job_ids: Iterable[str]) -> None:
        """The terminals of these jobs have arrived."""
        for job_id in job_ids:
            job = self._jobs.get(JobId(job_id))
            if job is not None and job.outbox.terminal is not None:
                del self._jobs[job.job_id]

    # --- between sockets ---

    def line_lost(self) -> bool:
        """Whether the jobs wait for another socket; they do so for the grace that the gateway named."""
        for job in self._jobs.values():
            job.line = None
        if not self._jobs or self._origin is None or self._origin.grace_s is None:
            return False
        self._wait_until = asyncio.get_running_loop().time() + self._origin.grace_s
        self.not_taken_up()
        return True

    def not_taken_up(self) -> None:
        """A try to register came to nothing."""
        if self._wait_until is not None and self._giving_up is None:
            self._giving_up = asyncio.get_running_loop().call_at(self._wait_until, self._give_up)

    def offer(self, gateway: GatewayOrigin) -> Resume | None:
        """What the node can go on with at this gateway; it is held until `begin` or `not_taken_up`."""
        origin = self._origin
        if not self.wait_for_a_socket or origin is None or origin.gateway != gateway:
            return None
        self._hold()
        jobs = [
            ResumableJob(job_id=job.job_id, kept=job.outbox.kept, sent=job.outbox.made) for job in self._jobs.values()
        ]
        return Resume(session_id=origin.session_id, jobs=tuple(jobs[-MAX_RESUMED_JOBS:]))

    def credits(self) -> dict[JobId, Credit | None]:
        """Of the jobs that may go on; None for those that have ended and only owe their last words."""
        return {job_id: job.credit if job.outbox.terminal is None else None for job_id, job in self._jobs.items()}

    async def all_said(self) -> None:
        """Returns when no job has anything to do or to say, or its socket is lost."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def abandon(self) -> None:
        """Ends all work; nobody waits for it."""
        tasks: list[asyncio.Task[Any]] = [*self._tasks]
        tasks += [job.work for job in self._jobs.values() if job.work is not None]
        self._give_up()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _give_up(self) -> None:
        self._stop_giving_up()
        for job in tuple(self._jobs.values()):
            self._drop(job)
        self._origin = None

    def _stop_giving_up(self) -> None:
        self._wait_until = None
        self._hold()

    def _hold(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    # --- one job ---

    def _drop(self, job: OpenJob) -> None:
        job.dropped, job.line = True, None
        self._jobs.pop(job.job_id, None)
        if job.work is not None:
            job.work.cancel()

    async def _see_through(self, job: OpenJob, work: asyncio.Task[Done | Failed]) -> None:
        """Says the job's one terminal, whatever becomes of the work."""
        terminal: Done | Failed
        try:
            terminal = await work
        except asyncio.CancelledError:
            # The work as well: this task may be cancelled before it ever looked at it.
            work.cancel()
            if not job.cancelled or job.dropped:
                return
            terminal = failed(job.job_id, GenerationFailed(FailureCode.CANCELLED, "The gateway cancelled the job."))
        except ConnectionLost:
            self._forget(job)
            return
        except Exception:
            log.exception("job %s failed", job.job_id)
            terminal = failed(job.job_id, GenerationFailed(FailureCode.ENGINE_ERROR, "The engine failed; see its log."))
        if job.dropped:
            return
        self._ended(job.job_id)
        job.outbox.close(terminal.to_json())
        self._bound_ended()
        await self._deliver(job)

    def _bound_ended(self) -> None:
        ended = [job for job in self._jobs.values() if job.outbox.terminal is not None and job.outbox.is_empty]
        for job in ended[:-MAX_ENDED_JOBS]:
            self._forget(job)

    async def _deliver(self, job: OpenJob) -> None:
        with contextlib.suppress(ConnectionLost):
            await job.flush()
        if job.outbox.terminal is not None and not job.outbox.keeps:
            self._forget(job)

    def _forget(self, job: OpenJob) -> None:
        if self._jobs.get(job.job_id) is job:
            del self._jobs[job.job_id]

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
