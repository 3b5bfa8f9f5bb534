"""`/api/inference/generate` of the public network's first gateway, whole and as a stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from r3mes_api.asgi import Exchange
from r3mes_api.routes.chat import ChatRoutes, SimplePrompt, read_model
from r3mes_api.routes.responders import MAX_WHOLE_ANSWER_BYTES, STREAM_HEADERS, about
from r3mes_api.routes.whole_answer import content_of
from r3mes_api.routing.question import End, Question
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.sse import DONE, KEEP_ALIVE
from r3mes_protocol.wire import Name


class Generate(BaseModel):
    """Fields that are not known here are passed over, `top_k`, `skip_rag` and `stream` among them."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    prompt: Annotated[str, Field(min_length=1, max_length=32_000)]
    wallet_address: Name | None = None
    max_tokens: Annotated[int, Field(ge=1, le=4096)] = 512
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.9
    force_experts: Annotated[tuple[Name, ...], Field(max_length=16)] = ()
    """Adapters; the first one answers, since a request has one here."""


class GenerateRoutes:
    def __init__(self, chat: ChatRoutes, clock: Callable[[], float]) -> None:
        self._chat = chat
        self._clock = clock

    async def whole(self, exchange: Exchange) -> None:
        """One prompt, one answer, in the shape of the public network's first gateway."""
        await self._chat.prompt(
            exchange, _read, lambda question: GenerateResponder(exchange, question, self._clock), whole=True
        )

    async def stream(self, exchange: Exchange) -> None:
        """The words of an answer as server-sent events, in the shape of the public network's first gateway."""
        await self._chat.prompt(exchange, _read, lambda question: WordsResponder(exchange, question))


def _read(body: bytes) -> SimplePrompt:
    request = read_model(Generate, body)
    if not request.prompt.strip():
        raise ApiError(ErrorCode.INVALID_REQUEST, "prompt: write something", param="prompt")
    options = {"max_tokens": request.max_tokens, "temperature": request.temperature, "top_p": request.top_p}
    adapter = next(iter(request.force_experts), None)
    return SimplePrompt(request.prompt, adapter, options, request.model_dump(mode="json"))


class GenerateResponder:
    """One document when all of the answer is there."""

    def __init__(self, exchange: Exchange, question: Question, clock: Callable[[], float]) -> None:
        self._exchange = exchange
        self._question = question
        self._clock = clock
        self._pieces: list[str] = []
        self._size = 0

    async def events(self, payload: bytes) -> None:
        text = content_of(payload)
        self._size += len(text)
        if self._size > MAX_WHOLE_ANSWER_BYTES:
            raise ApiError(ErrorCode.NODE_FAILED, "The node's answer is too long to be sent whole; ask for a stream.")
        self._pieces.append(text)

    async def continued(self) -> None:
        """The shape has no place for it."""

    async def end(self, end: End) -> None:
        question = self._question
        adapter = question.adapter if question.route is None else question.route.adapter
        await self._exchange.json(
            200,
            {
                "request_id": question.completion_id,
                "text": "".join(self._pieces),
                "tokens_generated": end.usage.completion_tokens,
                "latency_ms": round(1000 * (self._clock() - question.received_at), 1),
                "experts_used": [] if adapter is None else [{"id": adapter, "weight": 1.0}],
                "rag_context_used": False,
                "model_version": end.model,
                # What the answer costs is settled after it; GET /v1/usage tells.
                "credits_used": None,
            },
            about(question),
        )

    async def failed(self, error: ApiError) -> None:
        await self._exchange.error(error, about(self._question))

    async def keep_alive(self) -> None:
        """A whole answer has one status, which is not known yet."""


class WordsResponder:
    """`data: words` for each piece of the answer, then `data: [DONE]`; an error within the stream is a line too."""

    def __init__(self, exchange: Exchange, question: Question) -> None:
        self._exchange = exchange
        self._question = question

    async def _start(self) -> None:
        if not self._exchange.started:
            headers = [*STREAM_HEADERS, *about(self._question)]
            await self._exchange.start(200, b"text/event-stream; charset=utf-8", headers)

    async def events(self, payload: bytes) -> None:
        words = content_of(payload)
        if words:
            await self._start()
            await self._exchange.write(_event(words))

    async def continued(self) -> None:
        """The shape has no place for it."""

    async def end(self, end: End) -> None:
        await self._start()
        await self._exchange.finish(DONE)

    async def failed(self, error: ApiError) -> None:
        if self._exchange.started:
            await self._exchange.finish(_event(f"[ERROR] {error.code}: {error.message}") + DONE)
        else:
            await self._exchange.error(error, about(self._question))

    async def keep_alive(self) -> None:
        await self._start()
        if not self._exchange.finished:
            await self._exchange.write(KEEP_ALIVE)


def _event(text: str) -> bytes:
    # A line break within an event begins a further line of data, whichever of its three forms it has.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "".join(f"data: {line}\n" for line in lines).encode("utf-8", "replace") + b"\n"
