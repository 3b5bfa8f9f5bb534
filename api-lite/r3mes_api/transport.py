"""uvicorn's HTTP, made fit for strangers: bounds on connections, heads and their time, no traceback for a peer."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from r3mes_api.asgi import CONNECTION
from r3mes_api.http_cycle import GatewayCycle
from r3mes_protocol.errors import ApiError, ErrorCode

MAX_HEAD_BYTES = 64 * 1024
"""Of a request, and of what may stand beside its body. Browsers send some KiB, nginx lets 32 KiB through."""

FRAMING_FACTOR = 8
"""The wire's bytes for one byte of a body, at most: a chunk of one byte has five more around it."""

FRAMING_CREDIT_BYTES = 256 * 1024
"""What a long body spares for later: one read of the socket, whose bytes are counted when its parts have been told."""

UNREADABLE = "Invalid HTTP request received."

_PLAIN_PATH = re.compile(rb"/[A-Za-z0-9/_.-]*").fullmatch


class GatewayHttpProtocol(HttpToolsProtocol):
    cycle: GatewayCycle | None  # type: ignore[assignment]
    """Of the request that came last."""

    def __init__(self, *args: Any, header_timeout_s: float, max_connections: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._header_timeout_s = header_timeout_s
        self._max_connections = max_connections
        self._head_timer: asyncio.TimerHandle | None = None
        self._in_head = False
        self._beside_body = 0
        """Bytes of the request that belong to no body: the parser keeps them, so a stranger must not send many."""
        self._idle_since: float | None = None
        self._running: GatewayCycle | None = None
        """The cycle whose response is made; requests that came after it wait in the pipeline."""
        self._upgrades = False
        self._asgi = {"version": self.asgi_version, "spec_version": "2.3"}
        self._default_headers: list[tuple[bytes, bytes]] = []
        self._default_lines = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._max_connections:
            self._refuse(ApiError(ErrorCode.NETWORK_BUSY, "This gateway has too many connections.", retry_after_s=5))
            return
        self._head_timer = self.loop.call_later(self._header_timeout_s, self._head_is_late)

    def data_received(self, data: bytes) -> None:
        request = self.headers
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.logger.warning(UNREADABLE)
            self.send_400_response(UNREADABLE)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._unsupported_upgrade_warning()
        if self.headers is request:
            # What begins with these bytes is not counted yet: it is bounded by one read of the socket.
            self._beside_body += len(data)
            if self._beside_body > MAX_HEAD_BYTES:
                self._says_too_much()
                return
        # A head that came whole needs no timer; the rest of any other has its time, on a used connection too.
        if self._in_head and self._head_timer is None:
            self._head_timer = self.loop.call_later(self._header_timeout_s, self._head_is_late)

    def on_message_begin(self) -> None:
        self.url = b""
        self.expect_100_continue = self._upgrades = False
        self.headers = []
        self._in_head = True
        self._beside_body = 0
        # Bytes alone do not keep a connection that is used no more: a line end now and then is no request.
        self._idle_since = None

    def on_header(self, name: bytes, value: bytes) -> None:
        # What follows a body is read by nobody.
        if self._in_head:
            name = name.lower()
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """As in uvicorn, but for its own cycle and without what this gateway has no use for."""
        self._in_head = False
        self._idle_since = None
        if self._head_timer is not None:
            self._cancel_head_timer()
        parser = self.parser
        version = parser.get_http_version()
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": self._asgi,
            "http_version": version,
            "method": parser.get_method().decode("ascii"),
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.root_path,
            "headers": self.headers,
        }
        self.scope = scope  # type: ignore[assignment]
        if parser.should_upgrade() and self._should_upgrade():
            self._upgrades = True
            return
        if _PLAIN_PATH(self.url):
            scope["path"], scope["raw_path"], scope["query_string"] = self.url.decode("ascii"), self.url, b""
        else:
            url = httptools.parse_url(self.url)
            path = url.path.decode("ascii")
            scope["path"] = unquote(path) if "%" in path else path
            scope["raw_path"] = url.path
            scope["query_string"] = url.query or b""
        existing = self.cycle
        cycle = self.cycle = GatewayCycle(self, scope, version != "1.0" and parser.should_keep_alive())
        scope["extensions"] = {CONNECTION: cycle}
        if existing is None or existing.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))  # type: ignore[arg-type]

    def on_body(self, body: bytes) -> None:
        self._beside_body = max(self._beside_body - FRAMING_FACTOR * len(body), -FRAMING_CREDIT_BYTES)
        cycle = self.cycle
        if self._upgrades or cycle is None or cycle.response_complete:
            return
        if cycle.body or cycle.waiter is not None:
            cycle.take_in(body)
        else:
            cycle.body = body
            cycle.news = True
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()

    def on_message_complete(self) -> None:
        cycle = self.cycle
        if self._upgrades or cycle is None or cycle.response_complete:
            return
        cycle.more_body = False
        cycle.news = True
        if cycle.waiter is not None:
            cycle.stir()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        # Without a callback at its end: the task leaves the set by itself, which is a turn of the loop less.
        self._running = cycle
        cycle.task = self.loop.create_task(cycle.run_asgi(app))
        self.tasks.add(cycle.task)

    def connection_lost(self, exc: Exception | None) -> None:
        """As in uvicorn, but the request whose answer is made is told, be it the last that came or not."""
        self._in_head = False
        self._cancel_head_timer()
        self.connections.discard(self)
        self.flow.resume_writing()
        if exc is None:
            self.transport.close()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None
        self.parser = None  # type: ignore[assignment]
        running, self._running = self._running, None
        # The cycle holds its connection.
        self.cycle = None
        if running is not None:
            running.lost()

    def default_lines(self) -> bytes:
        """The headers of every response, such as the date: encoded once as long as they stay the same."""
        headers = self.server_state.default_headers
        if headers is not self._default_headers:
            self._default_headers = headers
            self._default_lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        return self._default_lines

    def send_400_response(self, msg: str) -> None:
        """What the parser can't read gets the one shape of errors as well."""
        self._refuse(ApiError(ErrorCode.INVALID_REQUEST, msg))

    # --- the end of a connection that is used no more ---

    # One timer for a connection and not one for each of its requests, set and cancelled again.

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
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
