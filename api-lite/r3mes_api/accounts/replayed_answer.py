"""The answer to a request that was sent before: from the database, or from the one that is under way."""

from __future__ import annotations

from collections.abc import Callable

from r3mes_api.accounts.idempotency import Finished
from r3mes_api.accounts.replay import Replay, ReplayTooLong
from r3mes_api.asgi import Exchange, Headers, Message, Send
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.sse import DONE, encode_event

EVENT_STREAM = "text/event-stream"


def copying(replay: Replay) -> Callable[[Send], Send]:
    """Whatever is sent goes into the replay first, so that a slow client holds up nobody who follows."""

    def wrap(send: Send) -> Send:
        async def copy(message: Message) -> None:
            if message["type"] == "http.response.start":
                content_type = next((value for name, value in message["headers"] if name == b"content-type"), b"")
                replay.start(message["status"], bytes(content_type).decode("latin-1"))
            else:
                replay.write(message.get("body", b""))
            await send(message)

        return copy

    return wrap


async def repeat(exchange: Exchange, finished: Finished) -> None:
    """Raises ApiError IDEMPOTENCY_CONFLICT for an answer that was too long to be kept."""
    if finished.body is None:
        raise _too_long()
    # It is no answer of now: nothing was asked of a node.
    exchange.answer = None
    headers = _headers(finished.request_id)
    await exchange.whole(finished.status, finished.content_type.encode("latin-1"), finished.body, headers)


async def follow(exchange: Exchange, replay: Replay | None) -> None:
    """Raises ApiError IDEMPOTENCY_CONFLICT where the answer under way can't be read here."""
    status = None if replay is None else await replay.started()
    if replay is None or status is None:
        raise ApiError(
            ErrorCode.IDEMPOTENCY_CONFLICT,
            "The request with this Idempotency-Key is still under way. Try again in a moment.",
            retry_after_s=2,
        )
    exchange.answer = None
    try:
        async for piece in replay.follow():
            if not exchange.started:
                await exchange.start(status, replay.content_type.encode("latin-1"), _headers(replay.request_id))
            await exchange.write(piece)
    except ReplayTooLong:
        if not exchange.started:
            raise _too_long() from None
        is_stream = replay.content_type.startswith(EVENT_STREAM)
        await exchange.finish(encode_event(_too_long().body()) + DONE if is_stream else b"")
        return
    if not exchange.started:
        await exchange.start(status, replay.content_type.encode("latin-1"), _headers(replay.request_id))
    await exchange.finish()


def _headers(request_id: str) -> Headers:
    return [(b"x-request-id", request_id.encode()), (b"idempotent-replayed", b"true"), (b"cache-control", b"no-cache")]


def _too_long() -> ApiError:
    return ApiError(
        ErrorCode.IDEMPOTENCY_CONFLICT,
        "The answer to the request with this Idempotency-Key is too long to be repeated; it was billed once.",
    )
