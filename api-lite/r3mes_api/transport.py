"""uvicorn's two protocols, made fit for strangers: bounds on connections and slow heads, no traceback for a peer."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from r3mes_protocol.errors import ApiError, ErrorCode

INVALID_TEXT = 1007


class GatewayHttpProtocol(HttpToolsProtocol):
    def __init__(self, *args: Any, header_timeout_s: float, max_connections: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._header_timeout_s = header_timeout_s
        self._max_connections = max_connections
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._max_connections:
            self._refuse(ApiError(ErrorCode.NETWORK_BUSY, "This gateway has too many connections.", retry_after_s=5))
            return
        self._head_timer = self.loop.call_later(self._header_timeout_s, self._head_is_late)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        # From here on the head of a following request on the same connection has its time too.
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self._header_timeout_s, self._head_is_late)

    def on_headers_complete(self) -> None:
        self._cancel_head_timer()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_head_timer()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What the parser can't read gets the one shape of errors as well."""
        self._refuse(ApiError(ErrorCode.INVALID_REQUEST, msg))

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self.transport.close()

    def _refuse(self, error: ApiError) -> None:
        body = error.to_json()
        reason = {400: b"Bad Request", 503: b"Service Unavailable"}[error.status]
        head = b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(head % (error.status, reason, len(body)) + body)
        self.transport.close()


class GatewayWebSocketProtocol(WebSocketsSansIOProtocol):
    def send_receive_event_to_app(self) -> None:
        """A whole message has come. Text that is no UTF-8 ends the socket as RFC 6455 wants, without a traceback."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.conn.send_close(INVALID_TEXT)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()
