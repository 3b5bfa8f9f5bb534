"""The shapes in which an answer reaches its client."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import quote

from r3mes_api.asgi import JSON, Exchange, Headers, json_bytes
from r3mes_api.routes.whole_answer import WholeAnswer, content_of
from r3mes_api.routing.question import Audience, End, Question
from r3mes_protocol.chat import chunk, completion, encode_completion, usage_chunk
from r3mes_protocol.embeddings import EmbeddingRequest, embedding_answer, read_vectors
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.sse import DONE, KEEP_ALIVE, encode_event
from r3mes_protocol.wire import ProtocolError

MAX_WHOLE_ANSWER_BYTES = 4 * 1024 * 1024
"""An answer that is held until it is whole: ten times the longest that a model writes."""

CONTINUED = b": continued by another node\n\n"

STREAM_HEADERS: Headers = [
    (b"cache-control", b"no-cache"),
    # nginx would hold the stream back otherwise.
    (b"x-accel-buffering", b"no"),
]


class Responder(Audience, Protocol):
    async def failed(self, error: ApiError) -> None:
        """Tells the client, in whatever shape the response still allows."""
        ...

    async def keep_alive(self) -> None: ...


class SseResponder:
    """OpenAI's stream: the node's bytes as they are, then the usage if it was asked for, then `[DONE]`."""

    def __init__(self, exchange: Exchange, question: Question, *, include_usage: bool) -> None:
        self._exchange = exchange
        self._question = question
        self._include_usage = include_usage

    async def _start(self) -> None:
        headers = [*STREAM_HEADERS, *about(self._question)]
        await self._exchange.start(200, b"text/event-stream; charset=utf-8", headers)

    async def events(self, payload: bytes) -> None:
        if not self._exchange.started:
            await self._start()
        await self._exchange.write(payload)

    async def continued(self) -> None:
        # A comment: clients that do not know of it pass it over.
        await self._exchange.write(CONTINUED)

    async def end(self, end: End) -> None:
        tail = DONE
        question = self._question
        if self._include_usage:
            tail = encode_event(usage_chunk(question.completion_id, end.model, question.created, end.usage)) + tail
        if not end.finish_in_events:
            tail = b"".join(encode_event(self._finish(choice, end)) for choice in range(question.choices)) + tail
        if not self._exchange.started:
            await self._start()
        await self._exchange.finish(tail)

    def _finish(self, choice: int, end: End) -> dict[str, Any]:
        question = self._question
        return chunk(
            question.completion_id, end.model, question.created, choice=choice, finish_reason=end.finish_reason
        )

    async def failed(self, error: ApiError) -> None:
        if self._exchange.started:
            await self._exchange.finish(encode_event(error.body()) + DONE)
        else:
            await self._exchange.error(error, about(self._question))

    async def keep_alive(self) -> None:
        if not self._exchange.started:
            await self._start()
        if not self._exchange.finished:
            await self._exchange.write(KEEP_ALIVE)


class TextResponder:
    """`/chat`: the words alone, as they come."""

    def __init__(self, exchange: Exchange, question: Question) -> None:
        self._exchange = exchange
        self._question = question

    async def events(self, payload: bytes) -> None:
        content = content_of(payload)
        if content:
            await self._start()
            await self._exchange.write(content.encode("utf-8", "replace"))

    async def _start(self) -> None:
        if not self._exchange.started:
            headers = [*STREAM_HEADERS, *about(self._question)]
            await self._exchange.start(200, b"text/plain; charset=utf-8", headers)

    async def continued(self) -> None:
        """Plain text has no place for it."""

    async def end(self, end: End) -> None:
        await self._start()
        await self._exchange.finish()

    async def failed(self, error: ApiError) -> None:
        if self._exchange.started:
            # Plain text has no other place for it, and a silent end would look like a whole answer.
            await self._exchange.finish(f"\n\n[{error.code}] {error.message}\n".encode())
        else:
            await self._exchange.error(error, about(self._question))

    async def keep_alive(self) -> None:
        """Nothing can be said in plain text that is not part of the answer."""


class WholeResponder:
    """One `chat.completion` when all of it is there."""

    def __init__(self, exchange: Exchange, question: Question) -> None:
        self._exchange = exchange
        self._question = question
        self._answer = WholeAnswer(question.choices)
        self._size = 0

    async def events(self, payload: bytes) -> None:
        self._size += len(payload)
        if self._size > MAX_WHOLE_ANSWER_BYTES * 8:
            raise ApiError(ErrorCode.NODE_FAILED, "The node's answer is too long to be sent whole; ask for a stream.")
        self._answer.add(payload)

    async def continued(self) -> None:
        """Said at the end."""

    async def end(self, end: End) -> None:
        await self._exchange.whole(200, JSON, self._body(end), about(self._question))

    def _body(self, end: End) -> bytes:
        said = None if end.continued else self._answer.only_text(end.finish_reason)
        if said is None:
            return json_bytes(self._document(end))
        question = self._question
        try:
            return encode_completion(
                question.completion_id,
                end.model,
                question.created,
                content=said[0],
                finish_reason=said[1],
                usage=end.usage,
            )
        except ValueError:
            # A text that UTF-8 can't hold goes the longer way.
            return json_bytes(self._document(end))

    def _document(self, end: End) -> dict[str, Any]:
        document = completion(
            self._question.completion_id,
            end.model,
            self._question.created,
            choices=self._answer.choices(end.finish_reason),
            usage=end.usage,
        )
        if end.continued:
            document["r3mes"] = {"continued": True}
        return document

    async def failed(self, error: ApiError) -> None:
        await self._exchange.error(error, about(self._question))

    async def keep_alive(self) -> None:
        """A whole answer has one status, which is not known yet."""


class EmbeddingResponder:
    """OpenAI's list of vectors, when all of them are there."""

    def __init__(self, exchange: Exchange, question: Question, request: EmbeddingRequest) -> None:
        self._exchange = exchange
        self._question = question
        self._request = request
        self._vectors: list[bytes] = []

    async def events(self, payload: bytes) -> None:
        request = self._request
        try:
            self._vectors = read_vectors(payload, len(request.inputs), request.dimensions)
        except ProtocolError as error:
            raise ApiError(
                ErrorCode.NODE_FAILED, f"The node sent vectors that can't be read: {error.reason}.", retry_after_s=1
            ) from None

    async def continued(self) -> None:
        """Nobody goes on with vectors."""

    async def end(self, end: End) -> None:
        document = embedding_answer(end.model, self._vectors, self._request.encoding, end.usage.prompt_tokens)
        await self._exchange.json(200, document, about(self._question))

    async def failed(self, error: ApiError) -> None:
        await self._exchange.error(error, about(self._question))

    async def keep_alive(self) -> None:
        """A whole answer has one status, which is not known yet."""


def about(question: Question) -> Headers:
    """The request's id and, where the gateway chose the adapter, which one and how."""
    headers: Headers = [(b"x-request-id", question.completion_id.encode())]
    if question.route is not None:
        if question.route.adapter is not None:
            # A header holds no Turkish letters, and a name may have any.
            headers.append((b"x-r3mes-adapter", quote(question.route.adapter, safe="").encode()))
        headers.append((b"x-r3mes-router", quote(question.route.cascade, safe=" ,:").encode()))
    return headers
