"""One job of the session: its answer as frames, within the credit that the gateway gives."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

from r3mes_engine.errors import GenerationFailed
from r3mes_engine.node.credit import Credit
from r3mes_engine.node.usage import UsageMeter
from r3mes_engine.serving.chat_events import with_piece
from r3mes_engine.serving.chat_service import ChatService, Deadlines
from r3mes_engine.tools.delta import ToolDelta
from r3mes_protocol.chat import chunk, parse_chat_request
from r3mes_protocol.errors import ApiError
from r3mes_protocol.frames import FrameKind, encode_frame
from r3mes_protocol.messages import Done, Failed, FailureCode, Job
from r3mes_protocol.sse import encode_event
from r3mes_protocol.wire import JobId

SendFrame = Callable[[bytes], Awaitable[None]]


class CreditGate:
    """Where one job waits for credit. No other job waits with it."""

    def __init__(self, credit: Credit) -> None:
        self._credit = credit
        self._changed = asyncio.Event()

    def opened(self) -> None:
        """More credit has come."""
        self._changed.set()

    async def take(self, size: int) -> None:
        while not self._credit.take(size):
            self._changed.clear()
            await self._changed.wait()


class JobRun:
    """Runs one job to its terminal, which it returns instead of sending, so that it can't be sent twice."""

    def __init__(
        self,
        job: Job,
        gate: CreditGate,
        payload_bytes: int,
        service: ChatService,
        send: SendFrame,
        meter: UsageMeter,
    ) -> None:
        self._job = job
        self._meter = meter
        self._gate = gate
        self._payload_bytes = payload_bytes
        self._service = service
        self._send = send

    async def run(self) -> Done | Failed:
        """Raises CancelledError and whatever `send` raises; everything else becomes a terminal."""
        job = self._job
        try:
            chat = parse_chat_request(job.body)
            deadlines = Deadlines(job.first_token_deadline_ms / 1000, job.deadline_ms / 1000)
            created = int(time.time())
            async with self._service.answer(job.job_id, chat, deadlines) as answer:
                head = (job.completion_id, chat.model, created)
                for choice in range(len(answer.finish_reasons)):
                    await self._put(FrameKind.PREAMBLE, chunk(*head, choice=choice, role="assistant", content=""))
                # While a frame waits for credit nobody reads the answer, and its tokens stop being made.
                async for piece in answer:
                    for call in split_call(piece.call, self._text_bytes):
                        await self._put(FrameKind.CONTENT, with_piece(chunk(*head), piece._replace(call=call)))
                    for text in split_text(piece.text, self._text_bytes):
                        event = with_piece(chunk(*head, content=text), piece._replace(call=None), self._payload_bytes)
                        await self._put(FrameKind.CONTENT, event)
                for choice, reason in enumerate(answer.finish_reasons):
                    await self._put(FrameKind.TAIL, chunk(*head, choice=choice, finish_reason=reason))
                return Done(
                    job_id=job.job_id,
                    finish_reason=answer.finish_reason,
                    usage=answer.usage,
                    signed_usage=self._meter.signed(chat.model, chat.adapter, answer.usage),
                )
        except ApiError as error:
            return failed(job.job_id, GenerationFailed(FailureCode.INVALID_REQUEST, error.message, param=error.param))
        except GenerationFailed as failure:
            return failed(job.job_id, failure)

    @property
    def _text_bytes(self) -> int:
        # A character of text takes six bytes of JSON at most; the frame around it is below 600 bytes.
        return max(8, (self._payload_bytes - 600) // 6)

    async def _put(self, kind: FrameKind, event: dict[str, object]) -> None:
        payload = encode_event(event)
        await self._gate.take(len(payload))
        self._meter.sent(payload)
        await self._send(encode_frame(JobId(self._job.job_id), kind, payload))


def split_text(text: str, limit: int) -> Iterator[str]:
    """Pieces of at most `limit` characters; nearly always one."""
    for start in range(0, len(text), limit):
        yield text[start : start + limit]


def split_call(delta: ToolDelta | None, limit: int) -> Iterator[ToolDelta]:
    """The same for a part of a tool's call."""
    if delta is None:
        return
    first, *others = split_text(delta.arguments, limit) if delta.arguments else ("",)
    yield replace(delta, arguments=first)
    for more in others:
        yield ToolDelta(delta.index, None, None, more)


def failed(job_id: str, failure: GenerationFailed) -> Failed:
    return Failed(
        job_id=job_id,
        code=failure.code,
        message=failure.message,
        retryable=failure.retryable,
        capacity=failure.capacity,
    )
