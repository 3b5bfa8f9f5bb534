"""One question on its way through the nodes. A failed try moves to another node until the first content token."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple

from r3mes_api.nodes.inbox import Segment
from r3mes_api.nodes.job import NodeJob
from r3mes_api.nodes.sessions import NodeSessions
from r3mes_api.routing.attempt import Attempt, Verdict
from r3mes_api.routing.choice import NoChoice
from r3mes_api.routing.continuation import AnswerSoFar, continuing, whole_usage
from r3mes_api.routing.decision import Decision, Try
from r3mes_api.routing.ledger import Lost, Terminal
from r3mes_api.routing.pace import Timing
from r3mes_api.routing.question import Audience, End, Question
from r3mes_api.settings import Settings
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.frames import FrameKind
from r3mes_protocol.messages import Done

logger = logging.getLogger(__name__)


class Opening(NamedTuple):
    """The bytes up to and with the first content; `done` where the whole answer came at once."""

    payload: bytes
    done: Done | None


class Answering:
    """What becomes of one question; made for it, run once."""

    __slots__ = (
        "_attempt",
        "_chunks_before",
        "_clock",
        "_decision",
        "_job",
        "_question",
        "_registry",
        "_sessions",
        "_settings",
        "_so_far",
        "_to",
    )

    def __init__(
        self,
        question: Question,
        to: Audience,
        decision: Decision,
        sessions: NodeSessions,
        settings: Settings,
        clock: Callable[[], float],
    ) -> None:
        """What happens is written into `decision`."""
        self._question = question
        self._to = to
        self._decision = decision
        self._sessions = sessions
        self._registry = sessions.registry
        self._settings = settings
        self._clock = clock
        received_at = question.received_at
        self._attempt = Attempt(
            first_token_by=received_at + settings.first_token_s,
            answer_by=received_at + settings.answer_s,
            room_by=received_at + settings.room_wait_s,
        )
        self._so_far = AnswerSoFar() if settings.continue_answers and question.choices == 1 else None
        """What the client has; None where nobody could go on with it, or somebody does already."""
        self._chunks_before = 0
        """Of the node that failed in the middle."""
        self._job: NodeJob | None = None

    async def run(self) -> None:
        """Raises ApiError, before the first events or after them."""
        decision = self._decision
        try:
            job, payload, done = await self._begin()
            await self._relay(job, payload, done)
        except ApiError as error:
            decision.outcome = error.code.value
            raise
        finally:
            decision.total_s = self._clock() - self._question.received_at
            if decision.outcome == "running":
                decision.outcome = "left"
            self._leave()

    def _leave(self) -> None:
        if self._job is not None:
            job, self._job = self._job, None
            job.leave()

    # --- until the first content ---

    async def _begin(self) -> tuple[NodeJob, bytes, Done | None]:
        while True:
            job = self._open_now() or await self._open_or_fall_back()
            opening = await self._opening(job)
            if opening is not None:
                return job, opening.payload, opening.done
            self._leave()

    async def _open_or_fall_back(self) -> NodeJob:
        """Where the gateway chose the adapter, its nodes may leave or fill up meanwhile: then another one will do."""
        while True:
            try:
                return await self._open()
            except ApiError as error:
                route = self._question.route
                if error.code not in _ADAPTER_OUT_OF_REACH or route is None or not route.fall_back("unavailable"):
                    raise
                self._question = self._question._replace(adapter=route.adapter)

    def _open_now(self) -> NodeJob | None:
        """A job on the best node; None where there is none at this moment."""
        attempt = self._attempt
        opened = self._sessions.open(self._question, attempt.tried, attempt.first_token_by, attempt.answer_by)
        if not isinstance(opened, NodeJob):
            return None
        self._record(opened, self._question)
        return opened

    async def _open(self) -> NodeJob:
        """A job on the best node, after waiting for room where there is none."""
        attempt = self._attempt
        while True:
            opened = self._sessions.open(self._question, attempt.tried, attempt.first_token_by, attempt.answer_by)
            if isinstance(opened, NodeJob):
                self._record(opened, self._question)
                return opened
            if opened is not NoChoice.FULL:
                raise attempt.last_error or _error_of(opened, self._question)
            left = min(attempt.room_by, attempt.first_token_by) - self._clock()
            if left <= 0 or self._sessions.waiting >= self._settings.max_waiting_requests:
                raise _network_busy()
            # A refusal is forgotten by time alone, so a waiting request looks again at that pace.
            await self._sessions.room(min(left, self._settings.refusal_memory_s))

    def _record(self, job: NodeJob, question: Question) -> None:
        self._job = job
        job.trial = Try(job.node_id, job.opened_at - question.received_at, job.options, continues=question.continues)
        self._decision.tries.append(job.trial)
        if question.parts is not None:
            job.metered = True
            question.parts.append(job)

    async def _opening(self, job: NodeJob) -> Opening | None:
        """None when the request is to move to another node. Raises ApiError when that would not help."""
        held: list[bytes] = []
        first_token_by = self._attempt.first_token_by
        patience = min(first_token_by, job.opened_at + self._settings.node_first_token_s)
        while True:
            # A node that lost its socket may be back in a moment, but another one can begin now.
            if job.inbox.is_away and self._may_leave(job):
                return None
            try:
                item = job.read(await job.inbox.next(patience, line_matters=True))
            except TimeoutError:
                if self._clock() < patience:
                    # It went away, or it is back.
                    continue
                if self._may_leave(job):
                    return None
                patience = first_token_by
                continue
            if isinstance(item, Segment):
                held.append(item.payload)
                if item.kind is FrameKind.CONTENT:
                    done = job.inbox.done()
                    if done is not None:
                        job.read(done)
                    return Opening(b"".join(held), done)
            elif isinstance(item, Done):
                return Opening(b"".join(held), item)
            else:
                self._leave_failed(job, item)
                return None

    def _leave_failed(self, job: NodeJob, terminal: Terminal) -> None:
        """Notes how the try ended. Raises ApiError where another node would not help."""
        verdict = self._attempt.judge(terminal, job.node_id, self._clock())
        self._note(job, verdict)
        if verdict.error is not None:
            raise verdict.error

    def _may_leave(self, job: NodeJob) -> bool:
        """Whether a node that is silent, or whose socket is lost, is left for another one that has room now. Raises
        ApiError after the deadline."""
        now, attempt = self._clock(), self._attempt
        if now >= attempt.first_token_by:
            self._note(job, Verdict("was silent until the deadline", blames_node=True))
            raise ApiError(
                ErrorCode.FIRST_TOKEN_TIMEOUT,
                f"No node began to answer within {self._settings.first_token_s:g} s.",
                retry_after_s=5,
            )
        wanted = self._question.wanted
        excluded = {*attempt.tried, job.node_id}
        if not attempt.may_fail_again or not self._registry.places.could_serve(wanted, now, excluded):
            return False
        lost = attempt.judge(Lost.DISCONNECTED, job.node_id, now) if job.inbox.is_away else attempt.silent(job.node_id)
        self._note(job, lost)
        return True

    # --- from the first content to the end ---

    async def _relay(self, job: NodeJob, payload: bytes, done: Done | None) -> None:
        timing = self._timing(job)
        self._decision.first_token_s = timing.first_at - self._question.received_at
        while True:
            if payload:
                await self._to.events(payload)
                # The audience came back, so the client's socket has taken the bytes.
                job.taken(len(payload))
            if done is not None:
                break
            if self._so_far is not None:
                self._so_far.add(payload)
            try:
                payload, done = await self._more(job, timing)
            except ApiError as failure:
                job, payload, done = await self._go_on(failure)
                timing = self._timing(job)
                await self._to.continued()
        await self._end(job, done, timing)

    async def _end(self, job: NodeJob, done: Done, timing: Timing) -> None:
        now, decision = self._clock(), self._decision
        self._registry.memory.succeeded(job.node_id, now)
        timing.whole(now, done.usage.completion_tokens // self._question.choices)
        usage = whole_usage(done.usage, self._chunks_before) if self._chunks_before else done.usage
        decision.outcome = "done"
        decision.completion_tokens = usage.completion_tokens
        if job.trial is not None:
            job.trial.outcome = "done"
            job.trial.took_s = now - job.opened_at
        await self._to.end(
            End(
                job.target.model,
                done.finish_reason,
                usage,
                continued=self._chunks_before > 0,
                finish_in_events=job.inbox.ledger.phase is FrameKind.TAIL,
            )
        )

    def _timing(self, job: NodeJob) -> Timing:
        now = self._clock()
        pace = self._registry.memory.pace(job.node_id, now)
        first_at = min(now, job.inbox.began_at)
        timing = Timing(pace, job.opened_at, first_at, self._settings.stall_floor_s, self._settings.stall_s)
        if first_at < now:
            timing.gathered(now - first_at)
        return timing

    async def _more(self, job: NodeJob, timing: Timing) -> tuple[bytes, Done | None]:
        """What follows the first content. From here on a failure can't be hidden: it is raised as ApiError."""
        now = self._clock()
        try:
            item = job.read(await job.inbox.next_within(timing.stall_s, self._attempt.answer_by))
        except TimeoutError:
            if self._clock() >= self._attempt.answer_by:
                message = f"The answer was not complete after {self._settings.answer_s:g} s and was ended."
            else:
                message = f"The node sent nothing for {timing.stall_s:.3g} s; the answer is not complete."
            self._note(job, Verdict("stalled", blames_node=True))
            raise ApiError(ErrorCode.STREAM_STALLED, message) from None
        if job.inbox.line_up_since <= now:
            timing.heard(self._clock() - now)
        if isinstance(item, Segment):
            return item.payload, None
        if isinstance(item, Done):
            return b"", item
        verdict = self._attempt.judge(item, job.node_id, self._clock(), started=True)
        self._note(job, verdict)
        assert verdict.error is not None
        raise verdict.error

    # --- where a node fails in the middle ---

    async def _go_on(self, failure: ApiError) -> tuple[NodeJob, bytes, Done | None]:
        """The answer's next bytes from another node. Raises the failure again where nobody goes on."""
        broken, so_far = self._job, self._so_far
        assert broken is not None
        self._leave()
        job = self._continue(so_far, broken)
        if job is None or so_far is None:
            raise failure
        rest = await self._rest(job)
        if rest is None:
            raise failure
        self._chunks_before, self._so_far = so_far.chunks, None
        return job, rest.payload, rest.done

    def _continue(self, so_far: AnswerSoFar | None, broken: NodeJob) -> NodeJob | None:
        """A job for the rest of the answer on another node; None where that can't be."""
        now, attempt, question = self._clock(), self._attempt, self._question
        if so_far is None or now >= attempt.answer_by:
            return None
        text = so_far.text()
        if text is None:
            return None
        rest = continuing(question, text, so_far.chunks, broken.target.model, broken.target.adapter)
        if rest is None:
            return None
        attempt.lost(broken.node_id, broken.inbox.ledger.terminal)
        first_by = min(attempt.answer_by, now + self._settings.continue_first_token_s)
        try:
            opened = self._sessions.open(rest, attempt.tried, first_by, attempt.answer_by)
        except ApiError:
            # With the text so far the job is too large for a frame.
            return None
        if not isinstance(opened, NodeJob):
            return None
        self._record(opened, rest)
        logger.info("request %s goes on at node %s", question.completion_id, opened.node_id[:12])
        return opened

    async def _rest(self, job: NodeJob) -> Opening | None:
        """The first content of a continuation; None when that node failed too. Its preamble the client has already."""
        until = min(self._attempt.answer_by, self._clock() + self._settings.continue_first_token_s)
        while True:
            try:
                item = job.read(await job.inbox.next_within(until - self._clock(), until))
            except TimeoutError:
                self._note(job, Verdict("did not go on with the answer in time", blames_node=True))
                return None
            if isinstance(item, Segment):
                if item.kind is not FrameKind.PREAMBLE:
                    return Opening(item.payload, None)
                job.taken(len(item.payload))
            elif isinstance(item, Done):
                return Opening(b"", item)
            else:
                self._note(job, self._attempt.judge(item, job.node_id, self._clock(), started=True))
                return None

    def _note(self, job: NodeJob, verdict: Verdict) -> None:
        if job.trial is not None:
            job.trial.outcome = verdict.reason
            job.trial.took_s = self._clock() - job.opened_at
        if verdict.blames_node:
            self._registry.memory.failed(job.node_id, self._clock())
            logger.warning("node %s failed a job: %s", job.node_id[:12], verdict.reason)
        else:
            logger.debug("node %s did not answer a job: %s", job.node_id[:12], verdict.reason)


_ADAPTER_OUT_OF_REACH = (
    ErrorCode.MODEL_NOT_FOUND,
    ErrorCode.ADAPTER_NOT_FOUND,
    ErrorCode.NO_SERVING_NODES,
    ErrorCode.NETWORK_BUSY,
)


def no_serving_nodes() -> ApiError:
    return ApiError(
        ErrorCode.NO_SERVING_NODES, "No serving node is connected to this gateway; try again later.", retry_after_s=5
    )


def _network_busy() -> ApiError:
    return ApiError(ErrorCode.NETWORK_BUSY, "Every node that could answer is busy; try again soon.", retry_after_s=2)


def _error_of(reason: NoChoice, question: Question) -> ApiError:
    if reason is NoChoice.UNKNOWN_MODEL:
        what = "embeddings by the model" if question.kind == "embeddings" else "the model"
        return ApiError(
            ErrorCode.MODEL_NOT_FOUND,
            f"No node offers {what} “{question.model}”; GET /v1/models lists what there is.",
            param="model",
        )
    if reason is NoChoice.UNKNOWN_ADAPTER:
        return ApiError(
            ErrorCode.ADAPTER_NOT_FOUND,
            f"No node offers the adapter “{question.adapter}” for this model; GET /v1/models lists what there is.",
            param="adapter",
        )
    return no_serving_nodes()
