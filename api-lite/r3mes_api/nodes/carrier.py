"""The way from a request to the node that has its job, whatever becomes of sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from r3mes_api.nodes.inbox import JobInbox
from r3mes_api.nodes.registry import NodeRegistry
from r3mes_api.routing.ledger import Lost
from r3mes_protocol.wire import GatewayOrigin, JobId, SessionId


class JobCarrier(Protocol):
    """The way to a node for a job that was started on it; whatever happens, the job's inbox gets a terminal."""

    def give_credit(self, inbox: JobInbox, size: int) -> None:
        """The node may send so many bytes more."""
        ...

    def leave_job(self, inbox: JobInbox) -> None:
        """The request is done with the job. Where the node is not, it is told to stop."""
        ...


class JobHolder(JobCarrier, Protocol):
    """A node's session, or the way to the replica that has it."""

    @property
    def window(self) -> int:
        """Credit of a new job, in bytes."""
        ...

    @property
    def gateway(self) -> GatewayOrigin:
        """The origin that the node dialled."""
        ...

    def start_job(self, inbox: JobInbox, job: str) -> None: ...


class ParkedJobs:
    """The unfinished jobs of a node whose socket was lost, as long as it may come back for them."""

    def __init__(
        self,
        session_id: SessionId,
        jobs: Mapping[JobId, JobInbox],
        registry: NodeRegistry,
        *,
        grace_s: float,
        clock: Callable[[], float],
        on_end: Callable[[SessionId], None],
    ) -> None:
        """`on_end` is called once, when nobody waits for the node any more; its places are given back by then."""
        self.session_id = session_id
        self._jobs = dict(jobs)
        self._registry = registry
        self._clock = clock
        self._on_end = on_end
        for inbox in self._jobs.values():
            inbox.line_lost()
            inbox.carrier = self
        self._timer = asyncio.get_running_loop().call_later(grace_s, self.give_up, Lost.DISCONNECTED)

    def give_credit(self, inbox: JobInbox, size: int) -> None:
        # The sum of all credit is told to the node when it is back.
        inbox.ledger.grant(size)

    def leave_job(self, inbox: JobInbox) -> None:
        inbox.end(Lost.ABANDONED)
        inbox.close()
        if self._jobs.pop(inbox.job_id, None) is None:
            return
        self._registry.places.release(inbox.job_id)
        if not self._jobs:
            self.give_up(Lost.ABANDONED)

    def take(self) -> dict[JobId, JobInbox]:
        """Hands the jobs over to the node's next socket."""
        self._timer.cancel()
        jobs, self._jobs = self._jobs, {}
        return jobs

    def give_up(self, lost: Lost) -> None:
        """Ends what is left: the grace is over, or the node is back without these jobs."""
        jobs = self.take()
        self._registry.closed(self.session_id, self._clock())
        self._on_end(self.session_id)
        for inbox in jobs.values():
            inbox.end(lost)
