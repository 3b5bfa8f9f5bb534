"""One HTTP request and its response on uvicorn's transport.

The head of a response travels with its first bytes in one write, and a client that leaves is told of by a call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE

if TYPE_CHECKING:
    from r3mes_api.transport import GatewayHttpProtocol

_USUAL_HEADERS = {b"content-type", b"x-request-id", b"cache-control", b"x-accel-buffering"}
"""Names and values of these are the gateway's own words and need no look."""


class GatewayCycle:
    """One request and its response; also the `Connection` of its exchange. In the place of uvicorn's own."""

    __slots__ = (
        "_gone",
        "_head",
        "_is_head",
        "body",
        "chunked_encoding",
        "disconnected",
        "expected_content_length",
        "flow",
        "keep_alive",
        "more_body",
        "news",
        "protocol",
        "response_complete",
        "response_started",
        "scope",
        "task",
        "transport",
        "waiter",
        "waiting_for_100_continue",
    )

    def __init__(self, protocol: GatewayHttpProtocol, scope: dict[str, Any], keep_alive: bool) -> None:
        self.scope = scope
        self.protocol = protocol
        self.transport = protocol.transport
        self.flow = protocol.flow
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = protocol.expect_100_continue
        self.body: bytes | bytearray = b""
        """Of the request: what has come and was not taken yet."""
        self.more_body = True
        self.news = False
        """Whether something came that `receive` has not told yet."""
        self.disconnected = self.response_started = self.response_complete = False
        self.chunked_encoding: bool | None = None
        self.expected_content_length = 0
        self.task: asyncio.Task[None] | None = None
        self.waiter: asyncio.Future[None] | None = None
        """Of who waits in `receive`."""
        self._is_head = scope["method"] == "HEAD"
        self._head: bytes | None = None
        self._gone: Callable[[], None] | None = None

    # --- what the protocol tells ---

    def take_in(self, piece: bytes) -> None:
        """A further part of the request's body."""
        if not isinstance(self.body, bytearray):
            self.body = bytearray(self.body)
        self.body += piece
        self.stir()

    def stir(self) -> None:
        """Something came: who waits in `receive` is to look again."""
        self.news = True
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def lost(self) -> None:
        """The connection ended."""
        if not self.response_complete:
            self.disconnected = True
        self.stir()
        if self.disconnected and self._gone is not None:
            self._gone()

    async def run_asgi(self, app: Any) -> None:
        """Whatever the application does, the client gets an answer or the end of its connection."""
        try:
            await app(self.scope, self.receive, self.send)
        except BaseException as error:
            self.protocol.logger.error("Exception in ASGI application", exc_info=error)
            await self._give_up()
        else:
            if not (self.response_complete or self.disconnected):
                # A client that reads nothing does not get the last words when the gateway ends.
                self.protocol.logger.warning("A response was not finished; its connection is closed.")
                await self._give_up()
        finally:
            if self.task is not None:
                self.protocol.tasks.discard(self.task)
                self.task = None
            # The scope holds this cycle and this cycle the scope: left alone, each request would be a dozen objects
            # for the collector to find, which cost a twentieth of its time.
            self.scope["extensions"].clear()

    async def _give_up(self) -> None:
        if self.response_started:
            self.transport.close()
        else:
            text = b"Internal Server Error"
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(text))]
            headers.append((b"connection", b"close"))
            await self.send({"type": "http.response.start", "status": 500, "headers": headers})
            await self.send({"type": "http.response.body", "body": text})

    # --- the Connection ---

    def take_body(self) -> bytes | None:
        if self.more_body or self.waiting_for_100_continue:
            return None
        body = bytes(self.body)
        self.body = b""
        self.news = False
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

    # --- ASGI ---

    async def receive(self) -> Any:
        if self.waiting_for_100_continue and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.waiting_for_100_continue = False
        if not (self.disconnected or self.response_complete):
            self.flow.resume_reading()
            while not self.news:
                self.waiter = self.protocol.loop.create_future()
                await self.waiter
            self.news = False
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body, self.body = bytes(self.body), b""
        return {"type": "http.request", "body": body, "more_body": self.more_body}

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
        lines = [STATUS_LINE[status], self.protocol.default_lines()]
        closes = False
        for name, value in headers:
            if name == b"content-length":
                self.expected_content_length = int(value)
                self.chunked_encoding = False
            elif name not in _USUAL_HEADERS:
                if HEADER_VALUE_RE.search(value) or HEADER_RE.search(name):
                    raise RuntimeError("a response header is malformed")
                if name == b"connection" and value == b"close":
                    self.keep_alive = False
                    closes = True
            lines.append(b"%b: %b\r\n" % (name, value))
        if not self.keep_alive and not closes:
            lines.append(b"connection: close\r\n")
        if self.chunked_encoding is None and not self._is_head and status not in (204, 304):
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)

    def _body(self, body: bytes, more_body: bool) -> None:
        if self._is_head:
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
            if self.waiter is not None:
                self.stir()
            if not self.keep_alive:
                self.transport.close()
            self.protocol.on_response_complete()
