"""The HTTP transport by itself: what a request leaves behind, and when a connection that nobody uses ends."""

from __future__ import annotations

import asyncio
import gc
import time
from functools import partial
from typing import Any

from uvicorn import Config
from uvicorn.server import ServerState

from r3mes_api.asgi import Exchange, Receive, Scope, Send
from r3mes_api.transport import GatewayCycle, GatewayHttpProtocol

REQUEST = b"GET / HTTP/1.1\r\nhost: h\r\n\r\n"
IDLE_S = 5


class PlayedTransport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class PlayedLoop:
    """Creates tasks on the running loop, but its time passes only when it is told to."""

    def __init__(self) -> None:
        self.create_task = asyncio.get_running_loop().create_task
        self.now = 0.0
        self.timers: list[tuple[float, Any, asyncio.Handle]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, call: Any, *args: Any) -> asyncio.Handle:
        handle = asyncio.Handle(call, args, asyncio.get_running_loop())
        self.timers.append((self.now + delay, partial(call, *args), handle))
        return handle

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        due = [timer for timer in self.timers if timer[0] <= self.now]
        self.timers = [timer for timer in self.timers if timer[0] > self.now]
        for _, call, handle in due:
            if not handle.cancelled():
                call()


async def _application(scope: Scope, receive: Receive, send: Send) -> None:
    await Exchange(scope, receive, send, time.monotonic).json(200, {})


def _connected(application: Any = _application) -> tuple[GatewayHttpProtocol, PlayedTransport, PlayedLoop]:
    loop = PlayedLoop()
    config = Config(application, log_config=None, timeout_keep_alive=IDLE_S, lifespan="off", proxy_headers=False)
    protocol = GatewayHttpProtocol(
        config=config,
        server_state=ServerState(),
        app_state={},
        _loop=loop,
        header_timeout_s=60.0,
        max_connections=10,
    )
    transport = PlayedTransport()
    protocol.connection_made(transport)
    return protocol, transport, loop


async def _ask(protocol: GatewayHttpProtocol) -> None:
    protocol.data_received(REQUEST)
    while protocol.tasks:
        await asyncio.sleep(0)


async def test_a_request_leaves_nothing_for_the_collector() -> None:
    protocol, transport, _ = _connected()
    await _ask(protocol)
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            await _ask(protocol)
        assert sum(type(one) is GatewayCycle for one in gc.get_objects()) <= 1
    finally:
        gc.enable()
    assert transport.written.count(b"200 OK") == 21


async def test_an_idle_connection_ends_and_a_used_one_stays() -> None:
    protocol, transport, loop = _connected()
    await _ask(protocol)
    for _ in range(4):
        loop.pass_time(IDLE_S - 1)
        assert not transport.closed
        await _ask(protocol)
    loop.pass_time(IDLE_S - 1)
    assert not transport.closed
    loop.pass_time(1.5)
    assert transport.closed


async def test_a_connection_whose_request_takes_long_is_not_idle() -> None:
    may_end = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await may_end.wait()
        await _application(scope, receive, send)

    protocol, transport, loop = _connected(slow)
    may_end.set()
    await _ask(protocol)
    may_end.clear()
    loop.pass_time(1)
    protocol.data_received(REQUEST)
    await asyncio.sleep(0)
    loop.pass_time(3 * IDLE_S)
    assert not transport.closed
    may_end.set()
    while protocol.tasks:
        await asyncio.sleep(0)
    assert not transport.closed
    loop.pass_time(IDLE_S + 1)
    assert transport.closed


async def test_an_application_that_says_nothing_is_answered_for() -> None:
    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        pass

    protocol, transport, _ = _connected(silent)
    await _ask(protocol)
    assert transport.written.startswith(b"HTTP/1.1 500") and transport.closed
