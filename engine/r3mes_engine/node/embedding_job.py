"""One job of the session that asks for embeddings: the vectors as frames, within the credit that the gateway gives."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from r3mes_engine.embeddings.service import EmbeddingService
from r3mes_engine.errors import GenerationFailed
from r3mes_engine.node.job import CreditGate, SendFrame, failed
from r3mes_engine.node.usage import UsageMeter
from r3mes_engine.serving.chat_service import ChatService
from r3mes_protocol.embeddings import (
    FLOAT_BYTES,
    MAX_VECTOR_BYTES,
    EmbeddingRequest,
    parse_embedding_request,
    vector_events,
)
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.frames import FrameKind, encode_frame
from r3mes_protocol.messages import Done, Failed, FailureCode, Job, Usage
from r3mes_protocol.wire import JobId

_FAILURES = {
    ErrorCode.MODEL_NOT_FOUND: FailureCode.MODEL_NOT_FOUND,
    ErrorCode.INVALID_REQUEST: FailureCode.INVALID_REQUEST,
    ErrorCode.CONTEXT_TOO_LONG: FailureCode.CONTEXT_TOO_LONG,
    ErrorCode.NETWORK_BUSY: FailureCode.CAPACITY,
}


class EmbeddingParts(NamedTuple):
    """What such a job needs of its engine."""

    service: ChatService
    embeddings: EmbeddingService | None


class EmbeddingRun:
    """Runs one job to its terminal, which it returns instead of sending, so that it can't be sent twice."""

    def __init__(
        self,
        job: Job,
        gate: CreditGate,
        payload_bytes: int,
        parts: EmbeddingParts,
        send: SendFrame,
        meter: UsageMeter,
    ) -> None:
        self._job = job
        self._gate = gate
        self._payload_bytes = payload_bytes
        self._parts = parts
        self._send = send
        self._meter = meter

    async def run(self) -> Done | Failed:
        """Raises CancelledError and whatever `send` raises; everything else becomes a terminal."""
        try:
            async with asyncio.timeout(self._job.deadline_ms / 1000):
                return await self._answered()
        except TimeoutError:
            failure = GenerationFailed(FailureCode.DEADLINE, "The embeddings were not complete by the deadline.")
        except ApiError as error:
            code = _FAILURES.get(error.code, FailureCode.ENGINE_ERROR)
            room = self._parts.service.capacity if code is FailureCode.CAPACITY else None
            failure = GenerationFailed(code, error.message, capacity=room, param=error.param)
        except GenerationFailed as refusal:
            failure = refusal
        return failed(self._job.job_id, failure)

    async def _answered(self) -> Done:
        service, embeddings = self._parts
        request = parse_embedding_request(self._job.body)
        if embeddings is None:
            raise GenerationFailed(FailureCode.MODEL_NOT_FOUND, "This node has no model for embeddings.")
        if service.draining:
            raise GenerationFailed(FailureCode.DRAINING, "This node takes nothing new.", capacity=service.capacity)
        _check_size(request, embeddings.offer.dimensions)
        made = await embeddings.made(request)
        for payload in vector_events(made.vectors, self._payload_bytes):
            await self._gate.take(len(payload))
            self._meter.sent(payload)
            await self._send(encode_frame(JobId(self._job.job_id), FrameKind.CONTENT, payload))
        usage = Usage(prompt_tokens=made.tokens, completion_tokens=0)
        return Done(
            job_id=self._job.job_id,
            finish_reason="stop",
            usage=usage,
            signed_usage=self._meter.signed(request.model, None, usage),
        )


def _check_size(request: EmbeddingRequest, dimensions: int) -> None:
    """Raises GenerationFailed for more than an answer may have."""
    each = min(request.dimensions or dimensions, dimensions) * FLOAT_BYTES
    if len(request.inputs) * each > MAX_VECTOR_BYTES:
        raise GenerationFailed(
            FailureCode.INVALID_REQUEST,
            f"input: {MAX_VECTOR_BYTES // each} texts are served at once with vectors of this size.",
            param="input",
        )
