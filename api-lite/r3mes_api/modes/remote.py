"""Remote: nodes that dialled in answer. A failed try moves to another node until the first content token."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Container
from dataclasses import replace
from socket import socket
from typing import Any, NamedTuple

from r3mes_api.asgi import Receive, Scope, Send
from r3mes_api.modes.interface import AdapterCard, ModelCard
from r3mes_api.nodes.catalogue import Catalogue
from r3mes_api.nodes.inbox import Segment
from r3mes_api.nodes.registry import Node
from r3mes_api.nodes.sessions import NodeJob, NodeSessions
from r3mes_api.placement.placer import Placer
from r3mes_api.routing.attempt import Attempt, Verdict
from r3mes_api.routing.choice import NoChoice, Wanted
from r3mes_api.routing.continuation import AnswerSoFar, continuing, whole_usage
from r3mes_api.routing.decision import Decision, DecisionLog, Try
from r3mes_api.routing.ledger import Lost
from r3mes_api.routing.pace import Timing
from r3mes_api.routing.question import Continued, End, Events, Part, Question
from r3mes_api.setting_kinds import InferenceMode
from r3mes_api.settings import Settings
from r3mes_api.web.metrics import Gauge
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.frames import FrameKind
from r3mes_protocol.messages import Done, Residency

logger = logging.getLogger(__name__)

CLOSE_NODES_S = 0.7
"""For the good-bye to the nodes. With `fast_drain_s` and uvicorn's own end this stays below 3 s."""


class _Opening(NamedTuple):
    """The bytes up to and with the first content; `done` where the whole answer came at once."""

    payload: bytes
    done: Done | None


class RemoteMode:
    def __init__(self, sessions: NodeSessions, settings: Settings, clock: Callable[[], float]) -> None:
        self._sessions = sessions
        self._registry = sessions.registry
        self._catalogue = Catalogue(sessions.registry)
        self._placer = Placer(
            sessions.registry,
            sessions.hint,
            least=settings.adapter_nodes,
            hints_per_minute=settings.adapter_hints_per_minute,
        )
        self._settings = settings
        self._clock = clock
        self._decisions = DecisionLog(settings.decision_records)

    @property
    def sessions(self) -> NodeSessions:
        return self._sessions

    @property
    def name(self) -> InferenceMode:
        return InferenceMode.REMOTE

    def check(self) -> None:
        if not any(node.serving for node in self._registry):
            raise _no_serving_nodes()

    def check_ready(self) -> None:
        """Ready without nodes too: they could not dial in through a load balancer otherwise."""

    def gauges(self) -> list[Gauge]:
        return self._sessions.gauges()

    def listeners(self) -> list[socket]:
        return []

    async def started(self) -> None:
        pass

    def nodes(self) -> list[Node]:
        return list(self._registry)

    def knows(self, name: str) -> bool:
        return self._registry.knows(name)

    def adapters_offered(self) -> Container[str]:
        return self._registry.adapters_offered

    def models(self) -> list[ModelCard]:
        """What the serving nodes offer: base models first, then adapters, each by name."""
        adapters = (ModelCard(one.name, one.lies.total(), one.base_model) for one in self._catalogue.adapters)
        return [*self._catalogue.models, *adapters]

    def adapters(self) -> list[AdapterCard]:
        now, homes = self._clock(), self._registry.homes
        return [
            AdapterCard(
                one.name,
                one.base_model,
                one.lies.total(),
                one.lies[Residency.GPU],
                one.lies[Residency.CPU],
                one.lies[Residency.DISK],
                len(homes.get(one.name, ())),
                self._placer.heat(one.name, now),
            )
            for one in self._catalogue.adapters
        ]

    async def node_session(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._sessions.serve(scope, receive, send)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sessions.watch(), name="sessions")
            group.create_task(self._placer.run(self._clock, self._settings.adapter_plan_s), name="placement")

    def drain(self) -> None:
        self._sessions.drain()

    async def close(self, *, hurry: bool) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_NODES_S):
                await self._sessions.close()

    # --- answering ---

    async def answer(self, question: Question) -> AsyncGenerator[Part, None]:
        attempt = Attempt(
            first_token_by=question.received_at + self._settings.first_token_s,
            answer_by=question.received_at + self._settings.answer_s,
            room_by=question.received_at + self._settings.room_wait_s,
        )
        decision = Decision(
            question.completion_id,
            question.created,
            question.model,
            question.adapter,
            owner=question.owner,
            route=question.route,
        )
        self._decisions.add(decision)
        so_far = AnswerSoFar() if self._settings.continue_answers else None
        chunks_before = 0
        job: NodeJob | None = None
        try:
            opening: _Opening | None = None
            while opening is None:
                if job is not None:
                    job.leave()
                    job = None
                job, question = await self._open_or_fall_back(question, attempt, decision)
                opening = await self._opening(job, question, attempt)
            assert job is not None
            payload, done = opening
            timing = self._timing(job)
            decision.first_token_s = self._clock() - question.received_at
            while True:
                if payload:
                    yield Events(payload)
                    # The consumer came back, so the client's socket has taken the bytes.
                    job.taken(len(payload))
                    if so_far is not None:
                        so_far.add(payload)
                if done is not None:
                    break
                try:
                    payload, done = await self._more(job, attempt, timing)
                except ApiError:
                    job.leave()
                    broken, job = job, None
                    job = self._continue(question, so_far, broken, attempt, decision)
                    if job is None or so_far is None:
                        raise
                    rest = await self._rest(job, attempt)
                    if rest is None:
                        raise
                    payload, done = rest
                    timing = self._timing(job)
                    chunks_before, so_far = so_far.chunks, None
                    yield Continued()
            now = self._clock()
            self._registry.succeeded(job.node_id, now)
            timing.whole(now, done.usage.completion_tokens)
            usage = whole_usage(done.usage, chunks_before) if so_far is None else done.usage
            decision.tries[-1].outcome = decision.outcome = "done"
            decision.tries[-1].took_s = now - job.opened_at
            decision.completion_tokens = usage.completion_tokens
            yield End(
                job.target.model,
                done.finish_reason,
                usage,
                continued=chunks_before > 0,
                finish_in_events=job.phase is FrameKind.TAIL,
            )
        except ApiError as error:
            decision.outcome = error.code.value
            raise
        finally:
            decision.total_s = self._clock() - question.received_at
            if decision.outcome == "running":
                decision.outcome = "left"
            if job is not None:
                job.leave()

    def decision(self, completion_id: str) -> dict[str, Any] | None:
        found = self._decisions.get(completion_id)
        return found.document() if found is not None else None

    def _timing(self, job: NodeJob) -> Timing:
        now = self._clock()
        pace = self._registry.pace(job.node_id, now)
        return Timing(pace, job.opened_at, now, self._settings.stall_floor_s, self._settings.stall_s)

    async def _open_or_fall_back(
        self, question: Question, attempt: Attempt, decision: Decision
    ) -> tuple[NodeJob, Question]:
        """Where the gateway chose the adapter, its nodes may leave or fill up meanwhile: then another one will do."""
        while True:
            try:
                return await self._open(question, attempt, decision), question
            except ApiError as error:
                route = question.route
                if error.code not in _ADAPTER_OUT_OF_REACH or route is None or not route.fall_back("unavailable"):
                    raise
                question = replace(question, adapter=route.adapter)

    async def _open(self, question: Question, attempt: Attempt, decision: Decision) -> NodeJob:
        """A job on the best node, after waiting for room where there is none."""
        while True:
            opened = self._sessions.open(question, attempt.tried, attempt.first_token_by, attempt.answer_by)
            if isinstance(opened, NodeJob):
                self._record(opened, question, decision)
                return opened
            if opened is not NoChoice.FULL:
                raise attempt.last_error or _error_of(opened, question)
            now = self._clock()
            left = min(attempt.room_by, attempt.first_token_by) - now
            if left <= 0 or self._sessions.waiting >= self._settings.max_waiting_requests:
                raise _network_busy()
            # A refusal is forgotten by time alone, so a waiting request looks again at that pace.
            await self._sessions.room(min(left, self._settings.refusal_memory_s))

    def _record(self, job: NodeJob, question: Question, decision: Decision) -> None:
        after = job.opened_at - question.received_at
        job.trial = Try(job.node_id, after, job.options, continues=question.continues)
        decision.tries.append(job.trial)
        if question.parts is not None:
            job.metered = True
            question.parts.append(job)

    def _continue(
        self, question: Question, so_far: AnswerSoFar | None, broken: NodeJob, attempt: Attempt, decision: Decision
    ) -> NodeJob | None:
        """A job for the rest of the answer on another node; None where that can't be."""
        now = self._clock()
        if so_far is None or now >= attempt.answer_by:
            return None
        text = so_far.text()
        if text is None:
            return None
        rest = continuing(question, text, so_far.chunks, broken.target.model, broken.target.adapter)
        if rest is None:
            return None
        attempt.tried.add(broken.node_id)
        first_by = min(attempt.answer_by, now + self._settings.continue_first_token_s)
        try:
            opened = self._sessions.open(rest, attempt.tried, first_by, attempt.answer_by)
        except ApiError:
            # With the text so far the job is too large for a frame.
            return None
        if not isinstance(opened, NodeJob):
            return None
        self._record(opened, rest, decision)
        logger.info("request %s goes on at node %s", question.completion_id, opened.node_id[:12])
        return opened

    async def _rest(self, job: NodeJob, attempt: Attempt) -> _Opening | None:
        """The first content of a continuation; None when that node failed too. Its preamble the client has already."""
        until = min(attempt.answer_by, self._clock() + self._settings.continue_first_token_s)
        while True:
            try:
                item = await job.next_within(until - self._clock(), until)
            except TimeoutError:
                self._note(job, Verdict("did not go on with the answer in time", blames_node=True))
                return None
            if isinstance(item, Segment):
                if item.kind is not FrameKind.PREAMBLE:
                    return _Opening(item.payload, None)
                job.taken(len(item.payload))
            elif isinstance(item, Done):
                return _Opening(b"", item)
            else:
                self._note(job, attempt.judge(item, job.node_id, self._clock(), started=True))
                return None

    async def _opening(self, job: NodeJob, question: Question, attempt: Attempt) -> _Opening | None:
        """None when the request is to move to another node. Raises ApiError when that would not help."""
        held = bytearray()
        patience = min(attempt.first_token_by, self._clock() + self._settings.node_first_token_s)
        while True:
            # A node that lost its socket may be back in a moment, but another one can begin now.
            if job.is_away and self._may_leave(job, question, attempt):
                return None
            try:
                item = await job.next(patience, line_matters=True)
            except TimeoutError:
                if self._clock() < patience:
                    # It went away, or it is back.
                    continue
                if self._may_leave(job, question, attempt):
                    return None
                patience = attempt.first_token_by
                continue
            if isinstance(item, Segment):
                held += item.payload
                if item.kind is FrameKind.CONTENT:
                    return _Opening(bytes(held), None)
            elif isinstance(item, Done):
                return _Opening(bytes(held), item)
            else:
                verdict = attempt.judge(item, job.node_id, self._clock())
                self._note(job, verdict)
                if verdict.error is not None:
                    raise verdict.error
                return None

    def _may_leave(self, job: NodeJob, question: Question, attempt: Attempt) -> bool:
        """Whether a node that is silent, or whose socket is lost, is left for another one that has room now. Raises
        ApiError after the deadline."""
        now = self._clock()
        if now >= attempt.first_token_by:
            self._note(job, Verdict("was silent until the deadline", blames_node=True))
            raise ApiError(
                ErrorCode.FIRST_TOKEN_TIMEOUT,
                f"No node began to answer within {self._settings.first_token_s:g} s.",
                retry_after_s=5,
            )
        wanted = Wanted(question.model, question.adapter)
        if not attempt.may_fail_again or not self._registry.could_serve(wanted, now, {*attempt.tried, job.node_id}):
            return False
        lost = attempt.judge(Lost.DISCONNECTED, job.node_id, now) if job.is_away else attempt.silent(job.node_id)
        self._note(job, lost)
        return True

    async def _more(self, job: NodeJob, attempt: Attempt, timing: Timing) -> tuple[bytes, Done | None]:
        """What follows the first content. From here on a failure can't be hidden: it is raised as ApiError."""
        now = self._clock()
        try:
            item = await job.next_within(timing.stall_s, attempt.answer_by)
        except TimeoutError:
            if self._clock() >= attempt.answer_by:
                message = f"The answer was not complete after {self._settings.answer_s:g} s and was ended."
            else:
                message = f"The node sent nothing for {timing.stall_s:.3g} s; the answer is not complete."
            self._note(job, Verdict("stalled", blames_node=True))
            raise ApiError(ErrorCode.STREAM_STALLED, message) from None
        if job.line_up_since <= now:
            timing.heard(self._clock() - now)
        if isinstance(item, Segment):
            return item.payload, None
        if isinstance(item, Done):
            return b"", item
        verdict = attempt.judge(item, job.node_id, self._clock(), started=True)
        self._note(job, verdict)
        assert verdict.error is not None
        raise verdict.error

    def _note(self, job: NodeJob, verdict: Verdict) -> None:
        if job.trial is not None:
            job.trial.outcome = verdict.reason
            job.trial.took_s = self._clock() - job.opened_at
        if verdict.blames_node:
            self._registry.failed(job.node_id, self._clock())
            logger.warning("node %s failed a job: %s", job.node_id[:12], verdict.reason)
        else:
            logger.debug("node %s did not answer a job: %s", job.node_id[:12], verdict.reason)


_ADAPTER_OUT_OF_REACH = (
    ErrorCode.MODEL_NOT_FOUND,
    ErrorCode.ADAPTER_NOT_FOUND,
    ErrorCode.NO_SERVING_NODES,
    ErrorCode.NETWORK_BUSY,
)


def _no_serving_nodes() -> ApiError:
    return ApiError(
        ErrorCode.NO_SERVING_NODES, "No serving node is connected to this gateway; try again later.", retry_after_s=5
    )


def _network_busy() -> ApiError:
    return ApiError(ErrorCode.NETWORK_BUSY, "Every node that could answer is busy; try again soon.", retry_after_s=2)


def _error_of(reason: NoChoice, question: Question) -> ApiError:
    if reason is NoChoice.UNKNOWN_MODEL:
        return ApiError(
            ErrorCode.MODEL_NOT_FOUND,
            f"No node offers the model “{question.model}”; GET /v1/models lists what there is.",
            param="model",
        )
    if reason is NoChoice.UNKNOWN_ADAPTER:
        return ApiError(
            ErrorCode.ADAPTER_NOT_FOUND,
            f"No node offers the adapter “{question.adapter}” for this model; GET /v1/models lists what there is.",
            param="adapter",
        )
    return _no_serving_nodes()
