"""The jobs that one node's socket carries."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from r3mes_api.nodes.inbox import JobInbox
from r3mes_api.nodes.places import Places
from r3mes_api.nodes.resumption import resumption
from r3mes_api.routing.ledger import Lost
from r3mes_api.settings import Settings
from r3mes_protocol.messages import Cancel, Done, Failed, FailureCode, Resume, ResumedJob, Window
from r3mes_protocol.wire import GatewayOrigin, JobId

logger = logging.getLogger(__name__)


class SessionJobs:
    """A `JobHolder`: whatever becomes of a job here, its inbox gets a terminal and its place is given back."""

    def __init__(
        self,
        places: Places,
        send: Callable[[str], None],
        *,
        settings: Settings,
        gateway: GatewayOrigin,
        shown_id: Callable[[], str],
        room_changed: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        """`send` takes a frame for the node; `shown_id` is the node's name in the log."""
        self._places = places
        self._send = send
        self.window = settings.initial_window_bytes
        self._cancel_grace_s = settings.cancel_grace_s
        self.gateway = gateway
        self._shown_id = shown_id
        self._room_changed = room_changed
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._inboxes: dict[JobId, JobInbox] = {}
        self._graces: dict[JobId, asyncio.TimerHandle] = {}
        self._closed: Lost | None = None

    def get(self, job_id: JobId) -> JobInbox | None:
        return self._inboxes.get(job_id)

    # --- what requests ask of it ---

    def start_job(self, inbox: JobInbox, job: str) -> None:
        if self._closed is not None:
            self._places.release(inbox.job_id)
            inbox.end(self._closed)
            return
        self._inboxes[inbox.job_id] = inbox
        self._send(job)

    def give_credit(self, inbox: JobInbox, size: int) -> None:
        if inbox.job_id in self._inboxes and inbox.ledger.terminal is None:
            inbox.ledger.grant(size)
            self._send(Window(job_id=inbox.job_id, bytes=size).to_json())

    def leave_job(self, inbox: JobInbox) -> None:
        if inbox.ledger.terminal is None:
            inbox.end(Lost.ABANDONED)
        inbox.close()
        if inbox.job_id not in self._inboxes or inbox.job_id in self._graces:
            return
        self._send(Cancel(job_id=inbox.job_id).to_json())
        self._graces[inbox.job_id] = self._loop.call_later(self._cancel_grace_s, self._grace_over, inbox.job_id)

    def _grace_over(self, job_id: JobId) -> None:
        del self._graces[job_id]
        if self._inboxes.pop(job_id, None) is not None:
            logger.warning("node %s did not confirm the end of job %s", self._shown_id(), job_id)
            self._places.release(job_id)
            self._room_changed()

    # --- what the node says ---

    def ended(self, message: Done | Failed) -> bool:
        """False for a job that is not here."""
        job_id = JobId(message.job_id)
        inbox = self._inboxes.pop(job_id, None)
        if inbox is None:
            return False
        grace = self._graces.pop(job_id, None)
        if grace is not None:
            grace.cancel()
        if isinstance(message, Done) or message.code is not FailureCode.CAPACITY:
            self._places.release(job_id)
        else:
            self._places.refused(job_id, message.capacity, self._clock())
        inbox.end(message)
        return True

    # --- sockets that come and go ---

    def close(self, lost: Lost) -> None:
        """The socket ends: nothing new is taken from now on."""
        if self._closed is None:
            self._closed = lost

    def hand_over(self) -> dict[JobId, JobInbox]:
        """The jobs that somebody waits for; here are none any more. The places of the others are free."""
        for handle in self._graces.values():
            handle.cancel()
        self._graces.clear()
        jobs, self._inboxes = self._inboxes, {}
        wanted = {job_id: inbox for job_id, inbox in jobs.items() if inbox.ledger.terminal is None}
        for job_id in jobs.keys() - wanted.keys():
            self._places.release(job_id)
        return wanted

    def take_back(self, held: dict[JobId, JobInbox], resume: Resume) -> tuple[ResumedJob, ...]:
        """The jobs that the node came back with under this socket; those that it lost move to other nodes at once."""
        verdict = resumption({job_id: inbox.ledger for job_id, inbox in held.items()}, resume)
        for job_id in verdict.lost:
            self._places.release(job_id)
            held.pop(job_id).end(Lost.DISCONNECTED)
        self._inboxes.update(held)
        for inbox in held.values():
            inbox.line_back()
            inbox.carrier = self
        if held:
            logger.info("node %s is back with %d jobs", self._shown_id(), len(held))
        return verdict.resumed
