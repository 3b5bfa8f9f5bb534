"""The hot path: a prompt comes in, an answer goes out."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from r3mes_api.accounts.identity import Identity
from r3mes_api.accounts.opening import FrontDesk
from r3mes_api.accounts.order import Order
from r3mes_api.adapter_choice.chooser import AUTO_MODEL, EARLIER_PROMPTS, AdapterChooser
from r3mes_api.adapter_choice.decision import AdapterRoute
from r3mes_api.asgi import Exchange
from r3mes_api.lifecycle import LAST_ERROR_S, Lifecycle, shutting_down
from r3mes_api.modes.interface import Mode
from r3mes_api.routes.chat_request import read_chat_request, user_prompts
from r3mes_api.routes.guard import Interrupted, Interruption, RequestGuard
from r3mes_api.routes.observed import ObservedResponder
from r3mes_api.routes.responders import EmbeddingResponder, Responder, SseResponder, TextResponder, WholeResponder
from r3mes_api.routing.question import Question
from r3mes_api.settings import Settings
from r3mes_protocol.embeddings import parse_embedding_request
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.messages import JobKind
from r3mes_protocol.wire import Name

logger = logging.getLogger(__name__)

Body = TypeVar("Body", bound=BaseModel)

ID_BYTES = 12
IDS_AT_ONCE = 64
_ID_HEADS: dict[JobKind, str] = {"chat": "chatcmpl", "embeddings": "embd"}


class SimpleChat(BaseModel):
    """`POST /chat`. Fields that are not known here are passed over."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    message: Annotated[str, Field(min_length=1)]
    wallet_address: Name | None = None
    adapter: Name | None = None
    session_id: Name | None = None


class SimplePrompt(NamedTuple):
    """One prompt, however its request was written."""

    text: str
    adapter: str | None
    options: dict[str, Any]
    """OpenAI's names: `max_tokens` and the like."""
    asked: dict[str, Any]
    """The request as it came, for the bill."""


class CompletionIds:
    """Ids that nobody guesses. To ask the system for random bytes costs as much as to read a request, so it is asked
    for many ids at once."""

    def __init__(self) -> None:
        self._waiting: list[str] = []

    def next(self, kind: JobKind = "chat") -> str:
        if not self._waiting:
            text = secrets.token_hex(ID_BYTES * IDS_AT_ONCE)
            self._waiting = [text[at : at + 2 * ID_BYTES] for at in range(0, len(text), 2 * ID_BYTES)]
        return f"{_ID_HEADS[kind]}-{self._waiting.pop()}"


class ChatRoutes:
    def __init__(
        self,
        mode: Mode,
        chooser: AdapterChooser,
        lifecycle: Lifecycle,
        settings: Settings,
        clock: Callable[[], float],
        desk: FrontDesk,
    ) -> None:
        self._mode = mode
        self._chooser = chooser
        self._lifecycle = lifecycle
        self._settings = settings
        self._clock = clock
        self._reception = desk.reception
        self._till = desk.till
        self._ids = CompletionIds()

    async def completions(self, exchange: Exchange) -> None:
        """`POST /v1/chat/completions`."""
        received_at = self._clock()
        identity = None if self._reception is None else await self._reception.chat(exchange)
        data = await self._body(exchange)
        request = read_chat_request(data)
        model: str | None = request.model
        adapter, route = request.adapter, None
        if adapter is not None or request.model == AUTO_MODEL or not self._mode.knows(request.model):
            model, adapter, route = await self._adapter(request.model, adapter, request.body)
        question = Question(
            completion_id=self._ids.next(),
            created=int(time.time()),
            received_at=received_at,
            model=model,
            adapter=adapter,
            route=route,
            body=request.body,
            prompt=request.prompt,
            token_limit=request.token_limit,
            choices=request.choices,
            whole=not request.stream,
            owner=None if identity is None else identity.owner,
        )
        responder: Responder = (
            SseResponder(exchange, question, include_usage=request.include_usage)
            if request.stream
            else WholeResponder(exchange, question)
        )
        order = None
        if identity is not None:
            asked = {"model": request.model, "adapter": request.adapter, **request.body}
            order = _order(exchange, identity, asked, len(data), streams=request.stream)
        await self._answer(exchange, question, responder, order)

    async def embeddings(self, exchange: Exchange) -> None:
        """`POST /v1/embeddings`."""
        received_at = self._clock()
        identity = None if self._reception is None else await self._reception.chat(exchange)
        data = await self._body(exchange)
        request = parse_embedding_request(data)
        body: dict[str, Any] = {"input": list(request.inputs)}
        if request.dimensions is not None:
            body["dimensions"] = request.dimensions
        question = Question(
            completion_id=self._ids.next("embeddings"),
            created=int(time.time()),
            received_at=received_at,
            model=request.model,
            adapter=None,
            body=body,
            prompt=request.inputs[0],
            # The answer has no tokens of its own.
            token_limit=0,
            owner=None if identity is None else identity.owner,
            whole=True,
            kind="embeddings",
        )
        order = None
        if identity is not None:
            asked = {"model": request.model, "encoding_format": request.encoding, **body}
            order = _order(exchange, identity, asked, len(data), streams=False)
        await self._answer(exchange, question, EmbeddingResponder(exchange, question, request), order)

    async def chat(self, exchange: Exchange) -> None:
        """`POST /chat`."""
        await self.prompt(exchange, _simple_prompt, lambda question: TextResponder(exchange, question))

    async def prompt(
        self,
        exchange: Exchange,
        read: Callable[[bytes], SimplePrompt],
        respond: Callable[[Question], Responder],
        *,
        whole: bool = False,
    ) -> None:
        """Answers a request that holds one prompt and names no model. `read` raises ApiError for a wrong body; `whole`
        says that the response is given when all of the answer is there."""
        received_at = self._clock()
        identity = None if self._reception is None else await self._reception.chat(exchange)
        data = await self._body(exchange)
        request = read(data)
        body = {**request.options, "messages": [{"role": "user", "content": request.text}], "stream": True}
        model, adapter, route = await self._adapter(AUTO_MODEL, request.adapter, body)
        question = Question(
            completion_id=self._ids.next(),
            created=int(time.time()),
            received_at=received_at,
            model=model,
            adapter=adapter,
            route=route,
            body=body,
            prompt=request.text,
            token_limit=request.options.get("max_tokens"),
            whole=whole,
            owner=None if identity is None else identity.owner,
        )
        order = None
        if identity is not None:
            order = _order(exchange, identity, request.asked, len(data), streams=True)
        await self._answer(exchange, question, respond(question), order)

    async def _adapter(
        self, model: str, adapter: str | None, body: dict[str, Any]
    ) -> tuple[str | None, str | None, AdapterRoute | None]:
        """The base model and the adapter to ask for; the way to them where it was left to the gateway."""
        offered = self._mode.adapters_offered()
        if adapter is not None:
            adapter = self._chooser.offered_name(adapter, offered)
            return (None if model == AUTO_MODEL else model), adapter, None
        if model != AUTO_MODEL:
            # An adapter may be asked for in the place of the model, by any of its names.
            return model if self._mode.knows(model) else self._chooser.offered_name(model, offered), None, None
        route = await self._chooser.choose(user_prompts(body, 1 + EARLIER_PROMPTS), offered)
        return None, route.adapter, route

    async def _body(self, exchange: Exchange) -> bytes:
        self._lifecycle.check()
        body = await exchange.body(self._settings.max_body_bytes, self._settings.body_timeout_s)
        self._lifecycle.check()
        self._mode.check()
        return body

    async def _answer(self, exchange: Exchange, question: Question, responder: Responder, order: Order | None) -> None:
        responder = ObservedResponder(
            responder, exchange, question.completion_id, has_tokens=question.kind != "embeddings"
        )
        try:
            with RequestGuard(
                exchange,
                self._lifecycle,
                client_stall_s=self._settings.client_stall_s,
                keep_alive_s=self._settings.keep_alive_s,
                keep_alive=responder.keep_alive,
                stays=order is not None and order.key is not None,
            ):
                if order is None:
                    await self._relay(question, responder)
                else:
                    await self._paid(exchange, question, responder, order)
        except Interrupted as interrupted:
            logger.info("request %s ended: %s", question.completion_id, interrupted.why.value)
            if interrupted.why is Interruption.SHUTTING_DOWN and not exchange.finished:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LAST_ERROR_S):
                        await responder.failed(shutting_down())

    async def _paid(self, exchange: Exchange, question: Question, responder: Responder, order: Order) -> None:
        assert self._till is not None
        try:
            await self._till.serve(exchange, question, order, lambda paid: self._relay(paid, responder))
        except ApiError as error:
            await responder.failed(error)

    async def _relay(self, question: Question, responder: Responder) -> None:
        try:
            await self._mode.answer(question, responder)
        except ApiError as error:
            await responder.failed(error)
        except Exception:
            logger.exception("request %s failed in the gateway", question.completion_id)
            await responder.failed(ApiError(ErrorCode.INTERNAL, "The gateway failed; its log says why."))


def _order(exchange: Exchange, identity: Identity, asked: dict[str, Any], body_bytes: int, *, streams: bool) -> Order:
    asked["path"] = exchange.scope["path"]
    return Order(identity, asked, body_bytes, streams, exchange.header(b"idempotency-key"))


def _simple_prompt(body: bytes) -> SimplePrompt:
    request = read_model(SimpleChat, body)
    if not request.message.strip():
        raise ApiError(ErrorCode.INVALID_REQUEST, "message: write something", param="message")
    return SimplePrompt(request.message, request.adapter, {}, request.model_dump())


def read_model(model: type[Body], body: bytes) -> Body:
    """Raises ApiError INVALID_REQUEST that names the first parameter at fault."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first: Any = error.errors(include_url=False, include_context=False, include_input=False)[0]
        param = ".".join(str(part) for part in first["loc"]) or None
        raise ApiError(ErrorCode.INVALID_REQUEST, f"{param or 'body'}: {first['msg']}", param=param) from None
