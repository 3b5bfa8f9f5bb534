"""One request from admission to its end, the same for a node's job and for a client on loopback."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from r3mes_engine.backends.protocol import (
    Answer,
    Backend,
    BackendStats,
    GenerationRequest,
    MayBeDown,
    MayContinueAnswers,
    MayTakeTools,
    OffersAdapters,
)
from r3mes_engine.errors import GenerationFailed
from r3mes_engine.hardware.gpu_faults import GpuFault, gpu_fault
from r3mes_engine.hardware.gpu_watch import GpuReading
from r3mes_engine.serving.chat_request import generation_request
from r3mes_engine.serving.job_queue import JobQueue
from r3mes_engine.serving.running_answer import RunningAnswer
from r3mes_engine.serving.statistics import Statistics
from r3mes_engine.tools.call_reader import ToolCallReader
from r3mes_engine.tools.formats import ToolFormat
from r3mes_protocol.chat import ChatRequest
from r3mes_protocol.control import RequestEvent
from r3mes_protocol.messages import AdapterOffer, Capacity, FailureCode, ModelOffer, Usage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds from now; None: no bound."""

    first_token_s: float | None = None
    whole_s: float | None = None


class ChatService:
    """Owns the queue in front of the backend and the numbers about it. Lives on one event loop."""

    def __init__(
        self,
        backend: Backend,
        queue: JobQueue,
        emit: Callable[[RequestEvent], None],
        *,
        read_gpu: Callable[[], GpuReading | None] = lambda: None,
        on_device_fault: Callable[[GpuFault], None] = lambda fault: None,
        expected_pace: float | None = None,
    ) -> None:
        """`read_gpu` tells the latest numbers of the GPU, `expected_pace` is what was measured before (tokens/s)."""
        self._expected_pace = expected_pace
        self._read_gpu = read_gpu
        self._on_device_fault = on_device_fault
        self._device_problem = ""
        self._timers: set[asyncio.Timeout] = set()
        """Of the requests that wait or run."""
        self._backend = backend
        self._queue = queue
        self._emit = emit
        self._statistics = Statistics(time.monotonic())

    @property
    def offer(self) -> ModelOffer:
        return self._backend.offer

    @property
    def adapters(self) -> tuple[AdapterOffer, ...]:
        return self._backend.adapters if isinstance(self._backend, OffersAdapters) else ()

    @property
    def continues_answers(self) -> bool:
        """Whether an answer that another node began can be gone on with."""
        return not isinstance(self._backend, MayContinueAnswers) or self._backend.continues_answers

    @property
    def problem(self) -> str:
        """Why the model can't answer now; empty: it can."""
        if self._device_problem:
            return self._device_problem
        return self._backend.problem if isinstance(self._backend, MayBeDown) else ""

    @property
    def capacity(self) -> Capacity:
        return self._queue.capacity

    @property
    def draining(self) -> bool:
        return self._queue.closed

    @property
    def requests(self) -> int:
        return self._statistics.requests

    @property
    def completion_tokens(self) -> int:
        return self._statistics.completion_tokens

    def tokens_per_second(self) -> float:
        return self._statistics.tokens_per_second(time.monotonic())

    def announced_pace(self) -> float:
        """What a gateway is told: until there is a first real token, what was measured before."""
        if self._statistics.completion_tokens == 0 and self._expected_pace is not None:
            return self._expected_pace
        return self.tokens_per_second()

    def backend_stats(self) -> BackendStats:
        stats, gpu = self._backend.stats(), self._read_gpu()
        return stats if gpu is None else replace(stats, free_vram_mb=gpu.free_mb)

    @property
    def gpu(self) -> GpuReading | None:
        """The latest numbers of the GPU."""
        return self._read_gpu()

    def device_failed(self, fault: GpuFault) -> None:
        """All answers fail at once, so that others take them over; nothing new is taken, and `problem` says why."""
        self._device_problem = self._device_problem or fault.message
        self.refuse_new(fault.message)
        for timer in self._timers:
            timer.reschedule(asyncio.get_running_loop().time())

    def refuse_new(self, reason: str) -> None:
        self._queue.close(reason)

    async def drained(self) -> None:
        await self._queue.drained()

    @asynccontextmanager
    async def answer(
        self, job_id: str, chat: ChatRequest, deadlines: Deadlines, *, prompt: str | None = None
    ) -> AsyncIterator[RunningAnswer]:
        """Waits for a place, then yields the answer. Raises GenerationFailed; leaving the block stops the tokens.

        `prompt` is gone on with as it is, in the place of the chat that holds it.

        Every request ends in one `request` event and one count, whatever becomes of it.
        """
        started_at = time.monotonic()
        outcome, running, adapter = "failed", None, None
        try:
            async with self._bounded(deadlines, started_at) as on_first:
                request = replace(self._request(chat), prompt=prompt)
                adapter = request.adapter
                async with self._queue.slot():
                    answers = await self._begin(request)
                    readers = self._call_readers(request)
                    running = RunningAnswer(answers, self._statistics, started_at, on_first, readers)
                    try:
                        yield running
                        outcome = running.finish_reason
                    finally:
                        await running.close()
        except GenerationFailed as failure:
            outcome = failure.code.value
            if failure.code is FailureCode.CAPACITY and failure.capacity is None:
                # The room for adapters, or that of another server, is full: the gateway hears how full this node is.
                failure.capacity = self.capacity
            raise
        except Exception as error:
            if (fault := gpu_fault(error)) is None:
                raise
            log.exception("the GPU failed a request")
            self._on_device_fault(fault)
            raise GenerationFailed(FailureCode.ENGINE_ERROR, fault.message) from None
        except (asyncio.CancelledError, GeneratorExit):
            outcome = FailureCode.CANCELLED.value
            raise
        finally:
            self._statistics.request_ended()
            self._emit(self._event(job_id, outcome, running, started_at, adapter))

    def _request(self, chat: ChatRequest) -> GenerationRequest:
        offers = self.adapters if chat.adapter is not None or chat.model != self._backend.offer.name else ()
        names = {name for offer in offers for name in (offer.name, offer.digest) if name is not None}
        return generation_request(
            chat,
            served_model=self._backend.offer.name,
            adapters=names,
            max_choices=self._queue.capacity.max_concurrency,
            takes_tools=self._tool_format is not None,
        )

    @property
    def _tool_format(self) -> ToolFormat | None:
        return self._backend.tool_format if isinstance(self._backend, MayTakeTools) else None

    def _call_readers(self, request: GenerationRequest) -> list[ToolCallReader]:
        tools, known = request.tools, self._tool_format
        if tools is None or known is None or known == "server":
            return []
        return [
            ToolCallReader(
                "forced" if tools.forced else known,
                tools.names,
                lambda: f"call_{secrets.token_hex(12)}",
                parallel=tools.parallel,
            )
            for _ in range(request.choices)
        ]

    async def _begin(self, request: GenerationRequest) -> list[Answer]:
        """One answer for each choice, each with a seed of its own."""
        answers: list[Answer] = []
        seed = request.sampling.seed
        try:
            for choice in range(request.choices):
                own_seed = None if seed is None else seed + choice
                sampling = replace(request.sampling, seed=own_seed)
                answers.append(await self._backend.answer(replace(request, sampling=sampling)))
        except BaseException:
            for answer in answers:
                answer.close()
            raise
        return answers

    @asynccontextmanager
    async def _bounded(self, deadlines: Deadlines, started_at: float) -> AsyncIterator[Callable[[], None]]:
        """A time limit that is the first token's until `on_first` is called, then the whole answer's."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        whole = None if deadlines.whole_s is None else started + deadlines.whole_s
        first = whole if deadlines.first_token_s is None else started + deadlines.first_token_s
        if whole is not None and first is not None:
            first = min(first, whole)
        timed: asyncio.Timeout | None = None
        begun = False

        def on_first() -> None:
            nonlocal begun
            begun = True
            if timed is not None:
                timed.reschedule(whole)

        try:
            async with asyncio.timeout_at(first) as timed:
                self._timers.add(timed)
                try:
                    yield on_first
                finally:
                    self._timers.discard(timed)
        except TimeoutError:
            if self._device_problem:
                raise GenerationFailed(FailureCode.ENGINE_ERROR, self._device_problem) from None
            waited = time.monotonic() - started_at
            what = "the whole answer" if begun else "a first token"
            raise GenerationFailed(FailureCode.DEADLINE, f"There was no {what} within {waited:.1f} s.") from None

    def _event(
        self, job_id: str, outcome: str, running: RunningAnswer | None, started_at: float, adapter: str | None
    ) -> RequestEvent:
        usage = running.usage if running is not None else Usage(prompt_tokens=0, completion_tokens=0)
        return RequestEvent(
            job_id=job_id,
            outcome=outcome,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            first_token_ms=running.first_token_ms if running is not None else None,
            duration_ms=round((time.monotonic() - started_at) * 1000),
            adapter=adapter,
        )
