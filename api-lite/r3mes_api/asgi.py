"""The ASGI types and one HTTP exchange: what every route reads from and writes to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from pydantic_core import PydanticSerializationError, to_json

from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.sse import encode_json

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

Headers: TypeAlias = list[tuple[bytes, bytes]]

JSON = b"application/json"

CONNECTION = "r3mes.connection"
"""Scope extension under which the gateway's own HTTP transport puts the request's `Connection`."""

FRAMES = "r3mes.frames"
"""Scope extension under which the gateway's own WebSocket transport puts the socket's `Frames`."""

DISCARD_FACTOR = 16
"""An oversized body is read and dropped up to so many times its limit, so that the client gets to read the error."""


class Connection(Protocol):
    """What ASGI has no words for: without it every request needs a second task that waits for its client to leave."""

    def take_body(self) -> bytes | None:
        """The body, if all of it is here already."""
        ...

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The one that runs the request."""
        ...

    async def send(self, message: Message) -> None:
        """As ASGI has it."""
        ...

    def respond(self, status: int, headers: Headers, body: bytes) -> bool:
        """The whole response at once. False, and nothing written, where the connection has no room at this moment."""
        ...

    def write_now(self, data: bytes, more: bool) -> bool:
        """A part of the response's body. False, and nothing written, where the connection has no room at this moment
        or is no more."""
        ...

    def when_gone(self, call: Callable[[], None] | None) -> None:
        """Calls as soon as the client's connection ended; at once if it has."""
        ...


class Frames(Protocol):
    """A WebSocket without a queue and a task switch for each frame."""

    def deliver_to(self, sink: Callable[[str | bytes], None]) -> None:
        """From now on the sink is called with each frame as it comes; it must not raise. The end of the socket still
        comes by `receive`."""
        ...

    def allow(self, size: int) -> None:
        """From now on a message may have so many bytes: the other end has shown who it is."""
        ...

    def write_now(self, text: str) -> bool:
        """False, and nothing written, where the socket has no room at this moment."""
        ...


class ClientGone(Exception):
    """The client closed its connection; nobody is left to answer to."""


@dataclass(slots=True)
class AnswerRecord:
    """How the answer to a prompt went."""

    request_id: str
    outcome: str = "abandoned"
    """`completed`, a code of an error, or `abandoned`: the client left, or the gateway ended."""
    first_token_at: float | None = None
    """On the gateway's clock."""
    prompt_tokens: int = 0
    completion_tokens: int = 0


_NO_VALUES: Mapping[str, str] = MappingProxyType({})


class Exchange:
    """One HTTP request and its response."""

    __slots__ = (
        "_direct",
        "_send",
        "answer",
        "bytes_received",
        "bytes_sent",
        "connection",
        "finished",
        "headers",
        "last_write",
        "now",
        "path_values",
        "receive",
        "received_at",
        "scope",
        "started",
        "status",
        "writing",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, clock: Callable[[], float]) -> None:
        """`clock` is that of the event loop."""
        self.scope = scope
        self.receive = receive
        self._send = send
        self.connection: Connection | None = scope.get("extensions", {}).get(CONNECTION)
        # None where something stands between this exchange and its connection that what is sent has to go through.
        self._direct = self.connection if self.connection is not None and send == self.connection.send else None
        self.now = clock
        self.received_at = self.last_write = clock()
        self.headers: Headers = []
        """What every response to this request carries."""
        self.path_values = _NO_VALUES
        self.started = self.finished = False
        self.status = 0
        """0 until the response starts."""
        self.bytes_received = self.bytes_sent = 0
        """Of the bodies."""
        self.answer: AnswerRecord | None = None
        """For a prompt only."""
        self.writing = False
        """Whether a write waits for the client to read."""

    def header(self, name: bytes) -> str | None:
        for key, value in self.scope["headers"]:
            if key == name:
                return bytes(value).decode("latin-1")
        return None

    async def body(self, limit: int, timeout_s: float) -> bytes:
        """The whole body. Raises ApiError BODY_TOO_LARGE or INVALID_REQUEST (too slow), and ClientGone."""
        if self.connection is not None:
            body = self.connection.take_body()
            if body is not None:
                self.bytes_received = len(body)
                if len(body) > limit:
                    raise _too_large(limit)
                return body
        try:
            async with asyncio.timeout(timeout_s):
                return await self._body(limit)
        except TimeoutError:
            raise ApiError(
                ErrorCode.INVALID_REQUEST, f"The request's body did not arrive within {timeout_s:g} s."
            ) from None

    async def _body(self, limit: int) -> bytes:
        body = bytearray()
        dropped = 0
        while True:
            event = await self.receive()
            if event["type"] == "http.disconnect":
                raise ClientGone
            piece = event.get("body", b"")
            self.bytes_received += len(piece)
            if len(body) + len(piece) > limit or dropped:
                dropped += len(piece)
            else:
                body += piece
            if not event.get("more_body", False):
                if dropped:
                    break
                return bytes(body)
            if dropped > limit * DISCARD_FACTOR:
                break
        raise _too_large(limit)

    async def start(self, status: int, content_type: bytes, headers: Headers | None = None) -> None:
        self.started = True
        self.status = status
        await self._send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(b"content-type", content_type), *(headers or ()), *self.headers],
            }
        )

    async def write(self, data: bytes) -> None:
        """Returns when the connection has room for more: a slow client slows its writer."""
        self.last_write = self.now()
        self.bytes_sent += len(data)
        if self._direct is None or not self._direct.write_now(data, True):
            await self._wait_and_send(data, True)

    async def finish(self, data: bytes = b"") -> None:
        self.last_write = self.now()
        self.bytes_sent += len(data)
        self.finished = True
        if self._direct is None or not self._direct.write_now(data, False):
            await self._wait_and_send(data, False)

    async def _wait_and_send(self, data: bytes, more: bool) -> None:
        self.writing = True
        await self._send({"type": "http.response.body", "body": data, "more_body": more})
        self.writing = False

    async def hand_to(self, application: Application, body_timeout_s: float) -> None:
        """Lets another application answer. A body that is not here in time ends like that of a client that left."""
        body_by = self.received_at + body_timeout_s

        async def receive() -> Message:
            try:
                async with asyncio.timeout_at(body_by):
                    return await self.receive()
            except TimeoutError:
                return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.started, self.status = True, message["status"]
                message["headers"] = [*message["headers"], *self.headers]
            else:
                self.bytes_sent += len(message.get("body", b""))
                self.finished = not message.get("more_body", False)
            await self._send(message)

        await application(self.scope, receive, send)

    def send_through(self, wrap: Callable[[Send], Send]) -> None:
        """Before the response starts: whatever is sent goes through here too."""
        self._send = wrap(self._send)
        self._direct = None

    def json(self, status: int, payload: Any, headers: Headers | None = None) -> Awaitable[None]:
        return self.whole(status, JSON, json_bytes(payload), headers)

    def error(self, error: ApiError, headers: Headers | None = None) -> Awaitable[None]:
        return self.whole(error.status, JSON, error.to_json(), error_headers(error) + (headers or []))

    async def whole(self, status: int, content_type: bytes, body: bytes, headers: Headers | None = None) -> None:
        length = (b"content-length", b"%d" % len(body))
        if self._direct is not None and not self.started:
            all_headers = [(b"content-type", content_type), length, *(headers or ()), *self.headers]
            if self._direct.respond(status, all_headers, body):
                self.started = self.finished = True
                self.status, self.bytes_sent, self.last_write = status, len(body), self.now()
                return
        await self.start(status, content_type, [length, *(headers or ())])
        await self.finish(body)


def json_bytes(payload: Any) -> bytes:
    try:
        return to_json(payload)
    except PydanticSerializationError:
        # Half of a surrogate pair, which a model may well write.
        return encode_json(payload)


def _too_large(limit: int) -> ApiError:
    return ApiError(ErrorCode.BODY_TOO_LARGE, f"The request's body is larger than {limit} bytes.")


def error_headers(error: ApiError) -> Headers:
    headers: Headers = []
    if error.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % error.retry_after_s))
    if error.code is ErrorCode.UNAUTHORIZED:
        headers.append((b"www-authenticate", b"Bearer"))
    if error.code in (ErrorCode.BODY_TOO_LARGE, ErrorCode.SHUTTING_DOWN):
        # The rest of the body would be read as the next request, or the next request would be refused too.
        headers.append((b"connection", b"close"))
    return headers
