"""uvicorn's WebSockets, made fit for strangers and for nodes.

No traceback for a peer, and the frames of a node reach its session without a queue in between.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from r3mes_api.asgi import FRAMES
from r3mes_api.websocket_frames import FrameCutter, FrameUse, text_frame

INVALID_TEXT = 1007

# Looked up once: an enum's name costs as much as a call, and every frame asks for two.
_FOR_LIBRARY, _BINARY = FrameUse.FOR_LIBRARY, FrameUse.BINARY


class GatewayWebSocketProtocol(WebSocketsSansIOProtocol):
    """Also the `Frames` of its socket."""

    _sink: Callable[[str | bytes], None] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cutter = FrameCutter()

    def data_received(self, data: bytes) -> None:
        cutter = self._cutter
        if cutter.gave_up or not self.handshake_complete:
            # What comes before the handshake's answer is the library's, so that nobody else knows where it is.
            cutter.gave_up = cutter.gave_up or self.handshake_initiated
            super().data_received(data)
            return
        sink = self._sink
        for use, piece in cutter.feed(data, self.conn.max_message_size or 0):
            if use is _FOR_LIBRARY:
                super().data_received(piece)
            elif sink is None:
                self.curr_msg_data_type = "text" if use is FrameUse.TEXT else "bytes"
                self.frames = [piece]
                self.send_receive_event_to_app()
            elif use is _BINARY:
                sink(piece)
            else:
                text = self._decoded(piece)
                if text is None:
                    return
                sink(text)

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: Any = self.scope["extensions"]
            extensions[FRAMES] = self

    def handle_ping(self) -> None:
        """A peer that reads nothing gets no more pongs: they would wait in memory, as many as it asks for."""
        pong = b"".join(self.conn.data_to_send())
        if self.writable.is_set():
            self.transport.write(pong)

    def send_receive_event_to_app(self) -> None:
        """A whole message has come. Text that is no UTF-8 ends the socket as RFC 6455 wants, without a traceback."""
        sink = self._sink
        if sink is not None and self.curr_msg_data_type == "bytes":
            data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
            self.frames = []
            sink(bytes(data))
            return
        if self.curr_msg_data_type == "text":
            text = self._decoded(b"".join(self.frames))
            if text is None:
                self.frames = []
                return
            if sink is not None:
                self.frames = []
                sink(text)
                return
        super().send_receive_event_to_app()

    def _decoded(self, data: bytes) -> str | None:
        try:
            return data.decode()
        except UnicodeDecodeError:
            self.conn.send_close(INVALID_TEXT)
            self.handle_parser_exception()
            return None

    # --- the Frames ---

    def deliver_to(self, sink: Callable[[str | bytes], None]) -> None:
        waiting = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
        for event in waiting:
            if event["type"] == "websocket.receive":
                data = event.get("bytes")
                sink(data if data is not None else event["text"])  # type: ignore[arg-type]
            else:
                self.queue.put_nowait(event)
        self._sink = sink
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def allow(self, size: int) -> None:
        self.conn.max_message_size = size

    def write_now(self, text: str) -> bool:
        if self.close_sent or self.disconnected or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(text_frame(text))
        return True
