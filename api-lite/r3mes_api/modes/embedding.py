"""A request for embeddings on its way through the nodes. Its client gets all vectors or none, so that a node that fails
in the middle is no more than a failed try."""

from __future__ import annotations

from r3mes_api.modes.answering import Answering, Opening
from r3mes_api.nodes.inbox import Segment
from r3mes_api.nodes.job import NodeJob
from r3mes_api.routing.attempt import Verdict
from r3mes_api.routing.question import End
from r3mes_protocol.embeddings import MAX_VECTOR_BYTES
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.messages import Done

MAX_PAYLOAD_BYTES = 2 * MAX_VECTOR_BYTES
"""Base64 makes four bytes of three, and each event has a frame around it."""


class Embedding(Answering):
    """What becomes of one request for embeddings; made for it, run once."""

    __slots__ = ()

    async def _opening(self, job: NodeJob) -> Opening | None:
        """The whole answer. Many texts take longer than the first word of a chat, so that a node may be silent until
        the answer's own deadline; one that died is known by its heartbeats."""
        held: list[bytes] = []
        size = 0
        while True:
            if job.inbox.is_away and self._may_leave(job):
                return None
            try:
                item = job.read(await job.inbox.next(self._attempt.answer_by, line_matters=True))
            except TimeoutError:
                if self._clock() < self._attempt.answer_by:
                    # It went away, or it is back.
                    continue
                self._note(job, Verdict("was silent until the deadline", blames_node=True))
                message = f"The embeddings were not complete after {self._settings.answer_s:g} s."
                raise ApiError(ErrorCode.STREAM_STALLED, message, retry_after_s=5) from None
            if isinstance(item, Segment):
                held.append(item.payload)
                size += len(item.payload)
                if size > MAX_PAYLOAD_BYTES:
                    self._note(job, Verdict("sent too much", blames_node=True))
                    raise ApiError(ErrorCode.NODE_FAILED, "The node sent more than any answer needs; try again.")
                # Nothing of it waits for the client: the whole is held here, within this bound.
                job.taken(len(item.payload))
            elif isinstance(item, Done):
                return Opening(b"".join(held), item)
            else:
                self._leave_failed(job, item)
                return None

    async def _relay(self, job: NodeJob, payload: bytes, done: Done | None) -> None:
        assert done is not None
        await self._to.events(payload)
        now, decision = self._clock(), self._decision
        # Its pace is that of chat, of which this says nothing.
        self._registry.memory.succeeded(job.node_id, now)
        decision.outcome = "done"
        decision.completion_tokens = 0
        if job.trial is not None:
            job.trial.outcome = "done"
            job.trial.took_s = now - job.opened_at
        await self._to.end(End(job.target.model, done.finish_reason, done.usage))
