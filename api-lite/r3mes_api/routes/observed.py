"""A responder that remembers how its answer went. After the first token it costs nothing: the inner one is called."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol

from r3mes_api.asgi import AnswerRecord, Exchange
from r3mes_api.routes.responders import Responder
from r3mes_api.routing.question import End
from r3mes_protocol.errors import ApiError


class _TakesEvents(Protocol):
    def __call__(self, payload: bytes) -> Coroutine[Any, Any, None]: ...


class ObservedResponder:
    def __init__(self, inner: Responder, exchange: Exchange, request_id: str, *, has_tokens: bool = True) -> None:
        """`has_tokens`: there is a first token, whose time counts."""
        self._inner = inner
        self._exchange = exchange
        self._record = exchange.answer = AnswerRecord(request_id)
        self.events: _TakesEvents = self._first_events if has_tokens else inner.events

    async def _first_events(self, payload: bytes) -> None:
        self.events = self._inner.events
        self._record.first_token_at = self._exchange.now()
        await self._inner.events(payload)

    def continued(self) -> Coroutine[Any, Any, None]:
        return self._inner.continued()

    def keep_alive(self) -> Coroutine[Any, Any, None]:
        return self._inner.keep_alive()

    async def end(self, end: End) -> None:
        self._record.prompt_tokens = end.usage.prompt_tokens
        self._record.completion_tokens = end.usage.completion_tokens
        await self._inner.end(end)
        self._record.outcome = "completed"

    async def failed(self, error: ApiError) -> None:
        self._record.outcome = error.code.value
        await self._inner.failed(error)
