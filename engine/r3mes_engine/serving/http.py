"""OpenAI's HTTP on loopback: completions, the list of models and numbers, for whoever shows the bearer token."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from r3mes_engine.backends.protocol import FinishReason
from r3mes_engine.embeddings.service import EmbeddingService
from r3mes_engine.errors import GenerationFailed
from r3mes_engine.serving.chat_events import WholeChoices, with_piece
from r3mes_engine.serving.chat_parameters import flag
from r3mes_engine.serving.chat_service import ChatService, Deadlines
from r3mes_engine.serving.plain_completions import (
    completion_chunk,
    completion_usage_chunk,
    parse_completion_request,
    whole_completion,
)
from r3mes_engine.serving.prometheus import CONTENT_TYPE, metrics_page
from r3mes_engine.serving.running_answer import Piece, RunningAnswer
from r3mes_protocol import __version__
from r3mes_protocol.chat import ChatRequest, chunk, parse_chat_request, usage_chunk
from r3mes_protocol.embeddings import parse_embedding_request
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.limits import MAX_BODY_BYTES
from r3mes_protocol.messages import Usage
from r3mes_protocol.sse import DONE, encode_event


def build_app(service: ChatService, token: str, embeddings: EmbeddingService | None = None) -> Starlette:
    """The application. Every route but `/health` wants `Authorization: Bearer {token}`."""
    routes = _Routes(service, embeddings)
    return Starlette(
        routes=[
            Route("/v1/chat/completions", routes.chat, methods=["POST"]),
            Route("/v1/completions", routes.completions, methods=["POST"]),
            Route("/v1/embeddings", routes.embeddings, methods=["POST"]),
            Route("/v1/models", routes.models, methods=["GET"]),
            # The names that adapters and models of other servers have may hold slashes.
            Route("/v1/models/{model:path}", routes.model, methods=["GET"]),
            Route("/health", routes.health, methods=["GET"]),
            Route("/metrics", routes.metrics, methods=["GET"]),
        ],
        middleware=[Middleware(_BearerOnly, token=token)],
        exception_handlers={ApiError: _api_error, 404: _not_found, 405: _not_allowed, 500: _internal},
    )


class _BearerOnly:
    """Other programs of this computer can reach loopback too; without the token they learn nothing."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == "/health":
            await self._app(scope, receive, send)
            return
        shown = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if hmac.compare_digest(shown, self._expected):
            await self._app(scope, receive, send)
            return
        error = ApiError(ErrorCode.UNAUTHORIZED, "This engine wants the bearer token of its ready event.")
        await _respond(error)(scope, receive, send)


class _Routes:
    def __init__(self, service: ChatService, embeddings: EmbeddingService | None) -> None:
        self._service = service
        self._embeddings = embeddings

    async def health(self, request: Request) -> Response:
        capacity, problem = self._service.capacity, self._service.problem
        return JSONResponse(
            {
                "status": "down" if problem else "draining" if self._service.draining else "ok",
                **({"problem": problem} if problem else {}),
                "version": __version__,
                "active": capacity.active,
                "queued": capacity.queued,
                "max_concurrency": capacity.max_concurrency,
            },
            503 if problem else 200,
        )

    async def metrics(self, request: Request) -> Response:
        return Response(metrics_page(self._service), headers={"content-type": CONTENT_TYPE})

    async def models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": self._models()})

    async def model(self, request: Request) -> Response:
        wanted = request.path_params["model"]
        for entry in self._models():
            if entry["id"] == wanted:
                return JSONResponse(entry)
        raise ApiError(ErrorCode.MODEL_NOT_FOUND, f"The model {wanted[:100]!r} is not here.", param="model")

    def _models(self) -> list[dict[str, Any]]:
        base = self._service.offer.name
        entries: list[dict[str, Any]] = [{"id": base, "object": "model", "created": 0, "owned_by": "r3mes"}]
        # As vLLM lists its adapters.
        entries += [{**entries[0], "id": offer.name, "parent": base} for offer in self._service.adapters]
        if self._embeddings is not None:
            entries.append({**entries[0], "id": self._embeddings.name})
        return entries

    async def chat(self, request: Request) -> Response:
        chat = parse_chat_request(await _body(request))
        call = _ChatCall(self._service, chat)
        return _UntilDisconnect(call.stream if chat.stream else call.whole)

    async def completions(self, request: Request) -> Response:
        chat, prompt = parse_completion_request(await _body(request))
        call = _PlainCall(self._service, chat, prompt)
        return _UntilDisconnect(call.stream if chat.stream else call.whole)

    async def embeddings(self, request: Request) -> Response:
        embeddings, asked = self._embeddings, parse_embedding_request(await _body(request))
        if embeddings is None:
            message = "This engine has no embedding model; --embedding-model gives it one."
            raise ApiError(ErrorCode.MODEL_NOT_FOUND, message, param="model")
        if self._service.draining:
            raise ApiError(ErrorCode.SHUTTING_DOWN, "This engine takes nothing new.")

        async def whole(send: Send) -> None:
            try:
                response: Response = JSONResponse(await embeddings.answer(asked))
            except ApiError as error:
                response = _respond(error)
            await _send_response(send, response)

        return _UntilDisconnect(whole)


class _ChatCall:
    """One chat completion for one client."""

    def __init__(self, service: ChatService, chat: ChatRequest) -> None:
        self._service = service
        self._chat = chat
        self._id = f"chatcmpl-{secrets.token_hex(12)}"
        self._created = int(time.time())

    async def whole(self, send: Send) -> None:
        try:
            async with self._answer() as answer:
                body = await self._gathered(answer)
        except GenerationFailed as failure:
            await _send_response(send, _respond(failure.as_api_error()))
            return
        await _send_response(send, JSONResponse(body))

    async def stream(self, send: Send) -> None:
        started = False

        async def put(data: bytes, *, more: bool = True) -> None:
            nonlocal started
            if not started:
                started = True
                headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": data, "more_body": more})

        try:
            async with self._answer() as answer:
                for choice in range(len(answer.finish_reasons)):
                    await put(self._begin(choice))
                async for piece in answer:
                    await put(self._text(piece))
                for choice, reason in enumerate(answer.finish_reasons):
                    await put(self._end(choice, reason))
                if self._chat.stream_options is not None and self._chat.stream_options.include_usage:
                    await put(self._usage(answer.usage))
        except GenerationFailed as failure:
            error = failure.as_api_error()
            if not started:
                await _send_response(send, _respond(error))
                return
            # The status is sent already: the error travels as an event, and the stream still ends.
            await put(encode_event(error.body()))
        await put(DONE, more=False)

    def _answer(self) -> contextlib.AbstractAsyncContextManager[RunningAnswer]:
        return self._service.answer(self._id, self._chat, Deadlines())

    @property
    def _head(self) -> tuple[str, str, int]:
        return self._id, self._chat.model, self._created

    # --- the shapes of a chat ---

    async def _gathered(self, answer: RunningAnswer) -> dict[str, Any]:
        choices = WholeChoices(len(answer.finish_reasons), logprobs=flag(self._chat, "logprobs"))
        async for piece in answer:
            choices.add(piece)
        return choices.completion(*self._head, answer.finish_reasons, answer.usage)

    def _begin(self, choice: int) -> bytes:
        return self._event(Piece("", choice), role="assistant", content="")

    def _text(self, piece: Piece) -> bytes:
        return self._event(piece) if piece.call is not None else self._event(piece, content=piece.text)

    def _end(self, choice: int, reason: FinishReason) -> bytes:
        return self._event(Piece("", choice), finish_reason=reason)

    def _usage(self, usage: Usage) -> bytes:
        return encode_event(usage_chunk(*self._head, usage))

    def _event(self, piece: Piece, **delta: Any) -> bytes:
        return encode_event(with_piece(chunk(*self._head, **delta), piece))


class _PlainCall(_ChatCall):
    """One plain completion for one client."""

    def __init__(self, service: ChatService, chat: ChatRequest, prompt: str) -> None:
        super().__init__(service, chat)
        self._prompt = prompt
        self._id = f"cmpl-{secrets.token_hex(12)}"

    def _answer(self) -> contextlib.AbstractAsyncContextManager[RunningAnswer]:
        return self._service.answer(self._id, self._chat, Deadlines(), prompt=self._prompt)

    async def _gathered(self, answer: RunningAnswer) -> dict[str, Any]:
        texts = [""] * len(answer.finish_reasons)
        async for piece in answer:
            texts[piece.choice] += piece.text
        return whole_completion(*self._head, texts, answer.finish_reasons, answer.usage)

    def _begin(self, choice: int) -> bytes:
        return encode_event(completion_chunk(*self._head, choice=choice))

    def _text(self, piece: Piece) -> bytes:
        return encode_event(completion_chunk(*self._head, choice=piece.choice, text=piece.text))

    def _end(self, choice: int, reason: FinishReason) -> bytes:
        return encode_event(completion_chunk(*self._head, choice=choice, finish_reason=reason))

    def _usage(self, usage: Usage) -> bytes:
        return encode_event(completion_usage_chunk(*self._head, usage))


class _UntilDisconnect(Response):
    """Runs the producer, and cancels it at once when the client goes away, even between two tokens."""

    def __init__(self, produce: Callable[[Send], Awaitable[None]]) -> None:
        super().__init__()
        self._produce = produce

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        producer = asyncio.ensure_future(self._produce(send))
        listener = asyncio.ensure_future(_disconnected(receive))
        try:
            await asyncio.wait({producer, listener}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            listener.cancel()
            if not producer.done():
                producer.cancel()
            await asyncio.gather(producer, listener, return_exceptions=True)
        if not producer.cancelled() and (error := producer.exception()) is not None and not isinstance(error, OSError):
            raise error


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_BODY_BYTES:
                raise ApiError(ErrorCode.BODY_TOO_LARGE, f"A request may have {MAX_BODY_BYTES} bytes.")
    except ClientDisconnect:
        raise ApiError(ErrorCode.INVALID_REQUEST, "The request ended before its body did.") from None
    return bytes(body)


def _respond(error: ApiError) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if error.code is ErrorCode.UNAUTHORIZED else None
    return Response(error.to_json(), error.status, headers, "application/json")


async def _send_response(send: Send, response: Response) -> None:
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": False})


async def _api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return _respond(error)


async def _not_found(request: Request, error: Exception) -> Response:
    return _respond(ApiError(ErrorCode.NOT_FOUND, f"There is no {request.url.path} here."))


async def _not_allowed(request: Request, error: Exception) -> Response:
    return _respond(ApiError(ErrorCode.METHOD_NOT_ALLOWED, f"{request.method} is not served here."))


async def _internal(request: Request, error: Exception) -> Response:
    return _respond(ApiError(ErrorCode.INTERNAL, "The engine failed; its log tells why."))
