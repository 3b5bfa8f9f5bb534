"""A small gateway that speaks the node session, on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine_process import WAIT_S
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from r3mes_protocol import NODE_SUBPROTOCOL
from r3mes_protocol.frames import Frame, decode_frame
from r3mes_protocol.messages import (
    Adapters,
    Bye,
    Cancel,
    Done,
    Drain,
    Failed,
    Heartbeat,
    Hello,
    Job,
    Limits,
    Register,
    Registered,
    RejectCode,
    Rejected,
    Window,
    parse_node_message,
)
from r3mes_protocol.session_signature import registration_is_signed
from r3mes_protocol.wire import GatewayOrigin, NodeId, SessionId, WireModel


@dataclass
class GatewayRules:
    """How a test gateway behaves; set before a node comes."""

    reject: RejectCode | None = None
    claims: str | None = None
    """Another origin than its own."""
    first_message: str | None = None
    """Instead of a hello."""
    protocol: int = 1
    heartbeat_s: float = 0.2
    limits: Limits = field(default_factory=lambda: Limits(max_jobs=64))
    refill: bool = True
    """Whether credit is given back as soon as payload has come."""


class Session:
    """One node's session, seen from the gateway. Filled on the gateway's thread, read by the test."""

    def __init__(self, gateway: Gateway, socket: ServerConnection) -> None:
        self._gateway = gateway
        self._socket = socket
        self.register: Register | None = None
        self.signed = False
        self.heartbeats: list[tuple[float, Heartbeat]] = []
        self.frames: dict[str, list[tuple[float, Frame]]] = {}
        self.terminals: dict[str, list[Done | Failed]] = {}
        self.others: list[WireModel] = []
        self.frames_after_terminal = 0
        self.closed = False

    def send(self, message: WireModel | str | bytes) -> None:
        data = message.to_json() if isinstance(message, WireModel) else message
        self._gateway.call(self._socket.send(data))

    def close(self, code: int = 1012, reason: str = "restart") -> None:
        self._gateway.call(self._socket.close(code, reason))

    def drop(self) -> None:
        """Breaks the connection without a word."""
        self._gateway.call_soon(self._socket.transport.abort)

    def job(self, *, job_id: str | None = None, deadline_s: float = 60, first_token_s: float = 60, **body: Any) -> str:
        job_id = job_id or secrets.token_hex(8)
        body.setdefault("model", self.register.models[0].name if self.register else "scripted")
        body.setdefault("messages", [{"role": "user", "content": "What is the capital of France?"}])
        self.send(
            Job(
                job_id=job_id,
                completion_id=f"chatcmpl-{job_id}",
                body=body,
                first_token_deadline_ms=round(first_token_s * 1000),
                deadline_ms=round(deadline_s * 1000),
            )
        )
        return job_id

    def cancel(self, job_id: str) -> None:
        self.send(Cancel(job_id=job_id))

    def window(self, job_id: str, size: int) -> None:
        self.send(Window(job_id=job_id, bytes=size))

    def drain(self) -> None:
        self.send(Drain(reason="test"))

    def events(self, job_id: str) -> list[dict[str, Any]]:
        """The SSE events of a job so far."""
        data = b"".join(frame.payload for _, frame in self.frames.get(job_id, []))
        return [json.loads(line[6:]) for line in data.split(b"\n\n") if line]

    def text(self, job_id: str) -> str:
        return "".join(event["choices"][0]["delta"].get("content", "") for event in self.events(job_id))

    def payload_bytes(self, job_id: str) -> int:
        return sum(len(frame.payload) for _, frame in self.frames.get(job_id, []))

    def terminal(self, job_id: str, timeout: float = WAIT_S) -> Done | Failed:
        self.wait(lambda: bool(self.terminals.get(job_id)), f"a terminal of {job_id}", timeout)
        return self.terminals[job_id][0]

    def wait(self, condition: Callable[[], bool], what: str, timeout: float = WAIT_S) -> None:
        self._gateway.wait(condition, what, timeout)


class Gateway:
    """A WebSocket server on its own thread."""

    def __init__(self, rules: GatewayRules | None = None, port: int = 0) -> None:
        self.rules = rules or GatewayRules()
        self.sessions: list[Session] = []
        self.dialled: list[float] = []
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self.call(self._serve(port))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def _serve(self, port: int) -> Any:
        return await serve(
            self._session, "127.0.0.1", port, subprotocols=[NODE_SUBPROTOCOL], compression=None, ping_interval=None
        )

    def call(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

    def call_soon(self, work: Callable[[], object]) -> None:
        self._loop.call_soon_threadsafe(work)

    def close(self) -> None:
        async def stop() -> None:
            self._server.close()
            await self._server.wait_closed()

        self.call(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_S)
        self._loop.close()

    def session(self, number: int = 1) -> Session:
        """The so-manieth session that registered."""

        def registered() -> list[Session]:
            return [session for session in self.sessions if session.register is not None]

        self.wait(lambda: len(registered()) >= number, f"registration {number}")
        return registered()[number - 1]

    def wait(self, condition: Callable[[], bool], what: str, timeout: float = WAIT_S) -> None:
        with self._news:
            if not self._news.wait_for(condition, timeout):
                raise AssertionError(f"there was no {what} within {timeout} s")

    def _tell(self) -> None:
        with self._news:
            self._news.notify_all()

    async def _session(self, socket: ServerConnection) -> None:
        session = Session(self, socket)
        self.dialled.append(time.monotonic())
        self.sessions.append(session)
        self._tell()
        try:
            await self._talk(session, socket)
        except ConnectionClosed:
            pass
        finally:
            session.closed = True
            self._tell()

    async def _talk(self, session: Session, socket: ServerConnection) -> None:
        rules = self.rules
        hello = Hello(
            protocol=rules.protocol,
            session_id=secrets.token_hex(16),
            nonce=secrets.token_hex(32),
            gateway=rules.claims or self.url,
            heartbeat_s=rules.heartbeat_s,
            server_time=int(time.time()),
        )
        await socket.send(rules.first_message or hello.to_json())
        message = parse_node_message(await socket.recv())
        assert isinstance(message, Register)
        if rules.reject is not None:
            await socket.send(Rejected(code=rules.reject, message="the test says so").to_json())
            await socket.close(4001)
            return
        session.signed = registration_is_signed(
            message.signature,
            nonce=hello.nonce,
            session_id=SessionId(hello.session_id),
            gateway=GatewayOrigin(self.url),
            node_id=NodeId(message.node_id),
        )
        await socket.send(Registered(generation=len(self.sessions), limits=rules.limits).to_json())
        session.register = message
        self._tell()
        async for data in socket:
            if isinstance(data, bytes):
                await self._frame(session, socket, decode_frame(data))
            else:
                self._message(session, parse_node_message(data))
            self._tell()

    async def _frame(self, session: Session, socket: ServerConnection, frame: Frame) -> None:
        session.frames_after_terminal += frame.job_id in session.terminals
        session.frames.setdefault(frame.job_id, []).append((time.monotonic(), frame))
        if self.rules.refill:
            # A node that leaves closes its end while its last messages are still to be read.
            with contextlib.suppress(ConnectionClosed):
                await socket.send(Window(job_id=frame.job_id, bytes=len(frame.payload)).to_json())

    def _message(self, session: Session, message: WireModel) -> None:
        if isinstance(message, Heartbeat):
            session.heartbeats.append((time.monotonic(), message))
        elif isinstance(message, Done | Failed):
            session.terminals.setdefault(message.job_id, []).append(message)
        else:
            assert isinstance(message, Drain | Bye | Adapters)
            session.others.append(message)
