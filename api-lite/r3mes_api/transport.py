"""uvicorn's HTTP, made fit for strangers and for streams of tokens.

For strangers: bounds on connections, on heads and on their time, no traceback for a peer. For streams: the head of a
response travels with its first bytes in one write, and a client that leaves is told of by a call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from r3mes_api.asgi import CONNECTION
from r3mes_protocol.errors import ApiError, ErrorCode

MAX_HEAD_BYTES = 64 * 1024
"""Of a request, and of what may stand beside its body. Browsers send some KiB, nginx lets 32 KiB through."""

FRAMING_FACTOR = 8
"""The wire's bytes for one byte of a body, at most: a chunk of one byte has five more around it."""

FRAMING_CREDIT_BYTES = 256 * 1024
"""What a long body spares for later: one read of the socket, whose bytes are counted when its parts have been told."""

_USUAL_HEADERS = {b"content-type", b"content-length", b"x-request-id", b"cache-control", b"x-accel-buffering"}
"""Names that need no look."""


class Arrival:
    """What a request's cycle needs of asyncio.Event, which comes with a queue of half a kilobyte: one waiter."""

    __slots__ = ("_waiter", "is_set")

    def __init__(self) -> None:
        self.is_set = False
        self._waiter: asyncio.Future[None] | None = None

    def set(self) -> None:
        self.is_set = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def clear(self) -> None:
        self.is_set = False

    async def wait(self) -> None:
        while not self.is_set:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter


class GatewayCycle(RequestResponseCycle):
    """One request and its response; also the `Connection` of its exchange."""

    tasks: set[asyncio.Task[None]]
    """The server's; it waits for them when it ends."""
    task: asyncio.Task[None] | None = None
    _head: bytes | None = None
    _gone: Callable[[], None] | None = None

    async def run_asgi(self, app: Any) -> None:
        """Whatever the application does, the client gets an answer or the end of its connection."""
        try:
            await app(self.scope, self.receive, self.send)
        except BaseException as error:
            self.logger.error("Exception in ASGI application", exc_info=error)
            await self._give_up()
        else:
            if not (self.response_complete or self.disconnected):
                # A client that reads nothing does not get the last words when the gateway ends.
                self.logger.warning("A response was not finished; its connection is closed.")
                await self._give_up()
        finally:
            if self.task is not None:
                self.tasks.discard(self.task)
                self.task = None
            # The scope holds this cycle and this cycle the scope: left alone, each request would be a dozen objects
            # for the collector to find, which cost a twentieth of its time.
            self.scope["extensions"].clear()

    async def _give_up(self) -> None:
        if self.response_started:
            self.transport.close()
        else:
            await self.send_500_response()

    # --- the Connection ---

    def take_body(self) -> bytes | None:
        if self.more_body or self.waiting_for_100_continue:
            return None
        body = bytes(self.body)
        self.body = bytearray()
        self.message_event.clear()
        return body

    def respond(self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> bool:
        if self.flow.write_paused or self.disconnected or self.response_started:
            return False
        self.response_started = True
        self.waiting_for_100_continue = False
        self._head = self._encoded_head(status, headers)
        self._body(body, False)
        return True

    def write_now(self, data: bytes, more: bool) -> bool:
        if self.flow.write_paused or self.disconnected:
            return False
        self._body(data, more)
        return True

    def when_gone(self, call: Callable[[], None] | None) -> None:
        self._gone = call
        if call is not None and self.disconnected:
            call()

    def lost(self) -> None:
        """The connection ended under the request."""
        if self._gone is not None:
            self._gone()

    # --- ASGI ---

    async def send(self, message: Any) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if self.response_complete:
            raise RuntimeError("a response can be sent once")
        if self.response_started:
            self._body(message.get("body", b""), message.get("more_body", False))
        else:
            self.response_started = True
            self.waiting_for_100_continue = False
            self._head = self._encoded_head(message["status"], message.get("headers", ()))

    def _encoded_head(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        lines = [STATUS_LINE[status]]
        closes = False
        for name, value in headers if not self.default_headers else [*self.default_headers, *headers]:
            if HEADER_VALUE_RE.search(value) or (name not in _USUAL_HEADERS and HEADER_RE.search(name)):
                raise RuntimeError("a response header is malformed")
            if name == b"content-length":
                self.expected_content_length = int(value)
                self.chunked_encoding = False
            elif name == b"connection" and value == b"close":
                self.keep_alive = False
                closes = True
            lines += (name, b": ", value, b"\r\n")
        if not self.keep_alive and not closes:
            lines.append(b"connection: close\r\n")
        if self.chunked_encoding is None and self.scope["method"] != "HEAD" and status not in (204, 304):
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)

    def _body(self, body: bytes, more_body: bool) -> None:
        if self.scope["method"] == "HEAD":
            data = b""
        elif self.chunked_encoding:
            data = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            if not more_body:
                data += b"0\r\n\r\n"
        else:
            self.expected_content_length -= len(body)
            if self.expected_content_length < 0 or (self.expected_content_length and not more_body):
                raise RuntimeError("a response does not have the length that it announced")
            data = body
        if self._head is not None:
            # One write for both: a second one would cost a system call, and the client another waking.
            data = self._head + data
            self._head = None
        if data:
            self.transport.write(data)
        if not more_body:
            self.response_complete = True
            self.message_event.set()
            if not self.keep_alive:
                self.transport.close()
            self.on_response()


class GatewayHttpProtocol(HttpToolsProtocol):
    def __init__(self, *args: Any, header_timeout_s: float, max_connections: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._header_timeout_s = header_timeout_s
        self._max_connections = max_connections
        self._head_timer: asyncio.TimerHandle | None = None
        self._in_head = False
        self._beside_body = 0
        """Bytes of the request that belong to no body: the parser keeps them, so a stranger must not send many."""
        self._idle_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._max_connections:
            self._refuse(ApiError(ErrorCode.NETWORK_BUSY, "This gateway has too many connections.", retry_after_s=5))
            return
        self._head_timer = self.loop.call_later(self._header_timeout_s, self._head_is_late)

    def data_received(self, data: bytes) -> None:
        request = self.scope
        super().data_received(data)
        if self.scope is request:
            # What begins with these bytes is not counted yet: it is bounded by one read of the socket.
            self._beside_body += len(data)
            if self._beside_body > MAX_HEAD_BYTES:
                self._says_too_much()
                return
        # A head that came whole needs no timer; the rest of any other has its time, on a used connection too.
        if self._in_head and self._head_timer is None:
            self._head_timer = self.loop.call_later(self._header_timeout_s, self._head_is_late)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._beside_body = 0
        # Bytes alone do not keep a connection that is used no more: a line end now and then is no request.
        self._idle_since = None

    def on_header(self, name: bytes, value: bytes) -> None:
        # What follows a body is read by nobody.
        if self._in_head:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._beside_body = max(self._beside_body - FRAMING_FACTOR * len(body), -FRAMING_CREDIT_BYTES)
        super().on_body(body)

    def on_headers_complete(self) -> None:
        """As in uvicorn, but for its own cycle and without what this gateway has no use for."""
        self._in_head = False
        self._idle_since = None
        self._cancel_head_timer()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        version = self.parser.get_http_version()
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["http_version"] = version
        if self.parser.should_upgrade() and self._should_upgrade():
            return
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = url.path
        scope["query_string"] = url.query or b""
        existing = self.cycle
        self.cycle = GatewayCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=Arrival(),  # type: ignore[arg-type]
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        scope["extensions"] = {CONNECTION: self.cycle}
        if existing is None or existing.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        # Without a callback at its end: the task leaves the set by itself, which is a turn of the loop less.
        cycle.task = self.loop.create_task(cycle.run_asgi(app))
        cycle.tasks = self.tasks
        self.tasks.add(cycle.task)

    def connection_lost(self, exc: Exception | None) -> None:
        self._in_head = False
        self._cancel_head_timer()
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None
        if isinstance(self.cycle, GatewayCycle) and self.cycle.disconnected:
            self.cycle.lost()

    def send_400_response(self, msg: str) -> None:
        """What the parser can't read gets the one shape of errors as well."""
        self._refuse(ApiError(ErrorCode.INVALID_REQUEST, msg))

    # --- the end of a connection that is used no more ---

    # One timer for a connection and not one for each of its requests, set and cancelled again.

    def _unset_keepalive_if_required(self) -> None:
        """uvicorn's word for bytes that came; here a request's begin counts."""

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        elif not self.transport.is_closing():
            self.transport.close()

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self.transport.close()

    def _says_too_much(self) -> None:
        if self.transport.is_closing():
            return
        if self._in_head and (self.cycle is None or self.cycle.response_complete):
            self._refuse(
                ApiError(ErrorCode.INVALID_REQUEST, f"The request's head is larger than {MAX_HEAD_BYTES} bytes.")
            )
        else:
            # An answer to an earlier request is under way, or this one's own.
            self.transport.abort()

    def _refuse(self, error: ApiError) -> None:
        body = error.to_json()
        reason = {400: b"Bad Request", 503: b"Service Unavailable"}[error.status]
        head = b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(head % (error.status, reason, len(body)) + body)
        self.transport.close()
