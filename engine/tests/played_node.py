"""A node agent whose gateway the test plays: no socket, no delay between tries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from nacl.signing import SigningKey

from r3mes_engine.backends.scripted import ScriptedBackend
from r3mes_engine.node.adapter_hints import adapter_hints
from r3mes_engine.node.agent import NodeAgent, NodeIdentity
from r3mes_engine.node.connection import ConnectionLost
from r3mes_engine.node.reconnect import ReconnectPolicy
from r3mes_engine.serving.chat_service import ChatService
from r3mes_engine.serving.job_queue import JobQueue
from r3mes_protocol.messages import Device, Hello, Job, Limits, Registered
from r3mes_protocol.wire import GatewayOrigin, WireModel

ORIGIN = GatewayOrigin("https://gateway.example")
HELLO = Hello(session_id="a" * 32, nonce="b" * 64, gateway=ORIGIN, heartbeat_s=3600, server_time=1)
REGISTERED = Registered(generation=1, limits=Limits(max_jobs=8))
IN_TIME_S = 60.0
"""Nothing waits for it in vain unless the test fails."""


def job(job_id: str = "0" * 16, first_token_ms: int = 60_000, **body: Any) -> Job:
    request = {"model": "scripted", "messages": [{"role": "user", "content": "x"}], **body}
    return Job(
        job_id=job_id, completion_id="c", body=request, first_token_deadline_ms=first_token_ms, deadline_ms=60_000
    )


class PlayedConnection:
    """What is played comes from the gateway; `hear` gets what the node says."""

    def __init__(self, *frames: WireModel | str | bytes) -> None:
        self.closed: tuple[int, str] | None = None
        self._inbox: asyncio.Queue[str | bytes | ConnectionLost] = asyncio.Queue()
        self._news = asyncio.Event()
        for frame in frames:
            self.play(frame)

    def hear(self, data: str | bytes) -> None:
        raise NotImplementedError

    def play(self, frame: WireModel | str | bytes) -> None:
        self._inbox.put_nowait(frame.to_json() if isinstance(frame, WireModel) else frame)

    def lose(self, *, by_gateway: bool = False) -> None:
        """The node reads what was played before, then that the connection is gone."""
        self._inbox.put_nowait(ConnectionLost("gone", by_gateway=by_gateway))

    @property
    def is_read(self) -> bool:
        """Whether the node has taken all that was played."""
        return self._inbox.empty()

    async def until(self, condition: Callable[[], object]) -> None:
        """Until what the node said makes it true."""
        async with asyncio.timeout(IN_TIME_S):
            while not condition():
                self._news.clear()
                await self._news.wait()

    # What the agent calls.

    async def send(self, data: str | bytes) -> None:
        if self.closed:
            raise ConnectionLost("closed")
        self.hear(data)
        self._news.set()
        await asyncio.sleep(0)

    async def receive(self) -> str | bytes:
        data = await self._inbox.get()
        if isinstance(data, ConnectionLost):
            raise data
        return data

    async def close(self, code: int, reason: str) -> None:
        self.closed = self.closed or (code, reason)
        self._news.set()
        self._inbox.put_nowait(ConnectionLost("closed"))


class PlayedNode:
    """An agent that is handed one connection after another."""

    def __init__(
        self,
        *connections: PlayedConnection,
        backend: ScriptedBackend | None = None,
        queue: int = 4,
        others: tuple[GatewayOrigin, ...] = (),
    ) -> None:
        """`others`: gateways after ORIGIN."""
        self.events: list[WireModel] = []
        self.dialled: list[GatewayOrigin] = []
        self.key = SigningKey.generate()
        self._connections = iter(connections)
        backend = backend or ScriptedBackend(5, 0)
        self.service = ChatService(backend, JobQueue(4, queue), self.events.append)
        self.agent = NodeAgent(
            NodeIdentity(ORIGIN, self.key, Device(kind="cpu", name="test", memory_mb=1), others),
            self.service,
            ReconnectPolicy(lambda low, high: 0.0),
            self._dial,
            self.events.append,
            (),
            adapter_hints(backend),
        )

    async def _dial(self, gateway: GatewayOrigin) -> PlayedConnection:
        self.dialled.append(gateway)
        try:
            return next(self._connections)
        except StopIteration:
            await asyncio.Event().wait()
            raise
