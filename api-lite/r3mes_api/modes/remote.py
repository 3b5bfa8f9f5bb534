"""Remote: nodes that dialled in answer. A failed try moves to another node until the first content token."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from typing import NamedTuple

from r3mes_api.asgi import Receive, Scope, Send
from r3mes_api.modes.interface import ModelCard
from r3mes_api.nodes.inbox import Segment
from r3mes_api.nodes.registry import Node
from r3mes_api.nodes.sessions import NodeJob, NodeSessions
from r3mes_api.routing.attempt import Attempt, Verdict
from r3mes_api.routing.choice import NoChoice, Wanted
from r3mes_api.routing.question import End, Events, Part, Question
from r3mes_api.settings import InferenceMode, Settings
from r3mes_protocol.chat import chunk
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.frames import FrameKind
from r3mes_protocol.messages import Done
from r3mes_protocol.sse import encode_event

logger = logging.getLogger(__name__)


class _Opening(NamedTuple):
    """The bytes up to and with the first content; `done` where the whole answer came at once."""

    payload: bytes
    done: Done | None


class RemoteMode:
    def __init__(self, sessions: NodeSessions, settings: Settings, clock: Callable[[], float]) -> None:
        self._sessions = sessions
        self._registry = sessions.registry
        self._settings = settings
        self._clock = clock

    @property
    def name(self) -> InferenceMode:
        return InferenceMode.REMOTE

    def check(self) -> None:
        if not any(node.serving for node in self._registry):
            raise _no_serving_nodes()

    def nodes(self) -> list[Node]:
        return list(self._registry)

    def models(self) -> list[ModelCard]:
        """What the serving nodes offer: base models first, then adapters, each by name."""
        models: dict[str, ModelCard] = {}
        adapters: dict[str, ModelCard] = {}
        for node in self._registry:
            if not node.serving:
                continue
            for name, context_tokens in node.models.items():
                known = models.get(name)
                tokens = context_tokens if known is None else max(context_tokens, known.context_tokens or 0)
                models[name] = ModelCard(name, 1 + (known.nodes if known else 0), context_tokens=tokens)
            for offer in node.adapters.values():
                seen = adapters.get(offer.name)
                base = offer.base_model or next(iter(node.models), None)
                adapters[offer.name] = ModelCard(offer.name, 1 + (seen.nodes if seen else 0), base_model=base)
        return [*(models[name] for name in sorted(models)), *(adapters[name] for name in sorted(adapters))]

    async def node_session(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._sessions.serve(scope, receive, send)

    async def run(self) -> None:
        await self._sessions.watch()

    def drain(self) -> None:
        self._sessions.drain()

    async def close(self) -> None:
        await self._sessions.close()

    # --- answering ---

    async def answer(self, question: Question) -> AsyncGenerator[Part, None]:
        attempt = Attempt(
            first_token_by=question.received_at + self._settings.first_token_s,
            answer_by=question.received_at + self._settings.answer_s,
            room_by=question.received_at + self._settings.room_wait_s,
        )
        job: NodeJob | None = None
        try:
            opening: _Opening | None = None
            while opening is None:
                if job is not None:
                    job.leave()
                    job = None
                job = await self._open(question, attempt)
                opening = await self._opening(job, question, attempt)
            assert job is not None
            payload, done = opening
            while True:
                if payload:
                    yield Events(payload)
                    # The consumer came back, so the client's socket has taken the bytes.
                    job.taken(len(payload))
                if done is not None:
                    break
                payload, done = await self._more(job, attempt)
            if job.phase is not FrameKind.TAIL:
                yield Events(_finish(question, job, done))
            self._registry.succeeded(job.node_id)
            yield End(job.target.model, done.finish_reason, done.usage)
        finally:
            if job is not None:
                job.leave()

    async def _open(self, question: Question, attempt: Attempt) -> NodeJob:
        """A job on the best node, after waiting for room where there is none."""
        while True:
            opened = self._sessions.open(question, attempt.tried, attempt.first_token_by, attempt.answer_by)
            if isinstance(opened, NodeJob):
                return opened
            if opened is not NoChoice.FULL:
                raise attempt.last_error or _error_of(opened, question)
            now = self._clock()
            left = min(attempt.room_by, attempt.first_token_by) - now
            if left <= 0 or self._sessions.waiting >= self._settings.max_waiting_requests:
                raise _network_busy()
            # A refusal is forgotten by time alone, so a waiting request looks again at that pace.
            await self._sessions.room(min(left, self._settings.refusal_memory_s))

    async def _opening(self, job: NodeJob, question: Question, attempt: Attempt) -> _Opening | None:
        """None when the request is to move to another node. Raises ApiError when that would not help."""
        held = bytearray()
        patience = min(attempt.first_token_by, self._clock() + self._settings.node_first_token_s)
        while True:
            try:
                item = await job.next(patience)
            except TimeoutError:
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
        """Whether a silent node is left for another one that has room now. Raises ApiError after the deadline."""
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
        self._note(job, attempt.silent(job.node_id))
        return True

    async def _more(self, job: NodeJob, attempt: Attempt) -> tuple[bytes, Done | None]:
        """What follows the first content. From here on a failure can't be hidden: it is raised as ApiError."""
        now = self._clock()
        try:
            item = await job.next(min(now + self._settings.stall_s, attempt.answer_by))
        except TimeoutError:
            if self._clock() >= attempt.answer_by:
                message = f"The answer was not complete after {self._settings.answer_s:g} s and was ended."
            else:
                message = f"The node sent nothing for {self._settings.stall_s:g} s; the answer is not complete."
            self._note(job, Verdict("stalled", blames_node=True))
            raise ApiError(ErrorCode.STREAM_STALLED, message) from None
        if isinstance(item, Segment):
            return item.payload, None
        if isinstance(item, Done):
            return b"", item
        verdict = attempt.judge(item, job.node_id, self._clock(), started=True)
        self._note(job, verdict)
        assert verdict.error is not None
        raise verdict.error

    def _note(self, job: NodeJob, verdict: Verdict) -> None:
        if verdict.blames_node:
            self._registry.failed(job.node_id, self._clock())
            logger.warning("node %s failed a job: %s", job.node_id[:12], verdict.reason)
        else:
            logger.debug("node %s did not answer a job: %s", job.node_id[:12], verdict.reason)


def _finish(question: Question, job: NodeJob, done: Done) -> bytes:
    return encode_event(
        chunk(question.completion_id, job.target.model, question.created, finish_reason=done.finish_reason)
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
