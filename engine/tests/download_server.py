"""A server of files on loopback that can break every rule of HTTP, one rule a request."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Fault:
    """How one request is answered wrongly. What is not named is answered rightly."""

    status: int | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    """In place of the right ones; None leaves one out."""
    body: bytes | None = None
    cut_after: int | None = None
    """Bytes of the body after which the connection breaks."""
    stall_after: int | None = None
    """Bytes of the body after which nothing comes any more."""
    corrupt: bool = False
    ignore_range: bool = False
    wrong_start: int = 0
    """How far the sent part lies from the one that was asked for, while Content-Range says the truth of it."""
    extra: bytes = b""
    """Sent behind the body, without being announced."""


@dataclass
class Asked:
    path: str
    headers: dict[str, str]


class DownloadServer:
    """`files` may be changed at any time; each request of a path takes the next of its `faults`."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.etags: dict[str, str] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.always: dict[str, Fault] = {}
        self.asked: list[Asked] = []
        self.slowly: float = 0.0
        """Seconds between pieces of 64 KiB."""
        self.halt = threading.Event()
        self.on_piece: Callable[[], None] = lambda: None
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server._answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """Clients that go away are what the tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/{path}"

    def ranges(self, path: str) -> list[str | None]:
        """The Range header of each request for a path."""
        return [one.headers.get("range") for one in self.asked if one.path == f"/{path}"]

    def close(self) -> None:
        self.halt.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path.lstrip("/")
        asked = {name.lower(): value for name, value in handler.headers.items()}
        self.asked.append(Asked(handler.path, asked))
        waiting = self.faults.get(path, [])
        fault = waiting.pop(0) if waiting else self.always.get(path, Fault())
        content = self.files.get(path)
        headers: dict[str, str | None] = {}
        if content is None:
            status, body = 404, b"no such file"
        else:
            status, body, headers = self._right(path, content, asked, fault)
        status = fault.status or status
        body = body if fault.body is None else fault.body
        headers = {"Content-Length": str(len(body)), **headers, **fault.headers}
        handler.send_response(status)
        for name, value in headers.items():
            if value is not None:
                handler.send_header(name, value)
        handler.send_header("Connection", "close")
        handler.close_connection = True
        handler.end_headers()
        if fault.corrupt:
            body = bytes([body[0] ^ 0xFF]) + body[1:]
        with contextlib.suppress(OSError):
            self._send(handler, body[: fault.cut_after] if fault.cut_after is not None else body, fault)

    def _right(
        self, path: str, content: bytes, asked: Mapping[str, str], fault: Fault
    ) -> tuple[int, bytes, dict[str, str | None]]:
        etag = self.etags.get(path, f'"{hash(content)}"')
        headers: dict[str, str | None] = {"ETag": etag, "Accept-Ranges": "bytes"}
        wanted = asked.get("range", "")
        if not wanted.startswith("bytes=") or fault.ignore_range or asked.get("if-range", etag) != etag:
            return 200, content, headers
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) + fault.wrong_start
        if start >= len(content):
            return 416, b"", headers | {"Content-Range": f"bytes */{len(content)}"}
        headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return 206, content[start:], headers

    def _send(self, handler: BaseHTTPRequestHandler, body: bytes, fault: Fault) -> None:
        sent = 0
        while sent < len(body):
            size = 65536 if fault.stall_after is None else max(1, min(65536, fault.stall_after - sent))
            if fault.stall_after is not None and sent >= fault.stall_after:
                self.halt.wait(30)
                return
            handler.wfile.write(body[sent : sent + size])
            handler.wfile.flush()
            sent += min(size, len(body) - sent)
            self.on_piece()
            if self.slowly:
                time.sleep(self.slowly)
        handler.wfile.write(fault.extra)
