"""The HTTP transport by itself: what a request leaves behind, and when a connection that nobody uses ends."""

from __future__ import annotations

import asyncio
import gc
import time
from functools import partial
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.server import ServerState

from r3mes_api.asgi import CONNECTION, Exchange, Receive, Scope, Send
from r3mes_api.http_cycle import GatewayCycle
from r3mes_api.transport import FRAMING_CREDIT_BYTES, MAX_HEAD_BYTES, GatewayHttpProtocol
from r3mes_api.websocket_transport import GatewayWebSocketProtocol

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

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class PlayedLoop:
    """Creates tasks on the running loop, but its time passes only when it is told to."""

    def __init__(self) -> None:
        self.create_task = asyncio.get_running_loop().create_task
        self.create_future = asyncio.get_running_loop().create_future
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


async def test_a_client_that_leaves_is_told_of_to_the_request_that_runs_not_to_the_last_that_came() -> None:
    left = asyncio.Event()

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"][CONNECTION].when_gone(left.set)
        await left.wait()

    protocol, transport, _ = _connected(waiting)
    protocol.data_received(2 * REQUEST)
    await asyncio.sleep(0)
    protocol.connection_lost(None)
    while protocol.tasks:
        await asyncio.sleep(0)
    assert left.is_set() and not transport.written


async def test_every_response_has_the_date_of_its_second() -> None:
    protocol, transport, _ = _connected()
    for second in (b"1", b"2"):
        protocol.server_state.default_headers = [(b"date", second)]
        for _ in range(2):
            transport.written = b""
            await _ask(protocol)
            assert b"\r\ndate: " + second + b"\r\n" in transport.written


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8))
@example([b"x" * 70_000])
def test_a_body_arrives_whole_however_it_is_cut(pieces: list[bytes]) -> None:
    bodies: list[bytes] = []

    async def taking(scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send, time.monotonic)
        bodies.append(await exchange.body(1 << 20, 5))
        await exchange.json(200, {})

    async def ask() -> None:
        protocol, transport, _ = _connected(taking)
        protocol.data_received(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n" % sum(map(len, pieces)))
        for piece in pieces:
            await asyncio.sleep(0)
            protocol.data_received(piece)
        while protocol.tasks:
            await asyncio.sleep(0)
        assert b"200 OK" in transport.written

    asyncio.run(ask())
    assert bodies == [b"".join(pieces)]


# --- what a stranger may send ---


def _fed(protocol: GatewayHttpProtocol, transport: PlayedTransport, piece: bytes, most: int) -> int:
    """Sends the piece again and again until the connection ends; how many bytes that took."""
    sent = 0
    while not transport.closed and sent < most:
        protocol.data_received(piece)
        sent += len(piece)
    return sent


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"GET / HTTP/1.1\r\nx-endless: ", b"x" * 4096),
        (b"GET / HTTP/1.1\r\n", b"x-many: x\r\n" * 400),
        (b"GET /", b"x" * 4096),
    ],
)
async def test_a_head_without_end_is_refused(begin: bytes, piece: bytes) -> None:
    protocol, transport, _ = _connected()
    protocol.data_received(begin)
    assert _fed(protocol, transport, piece, 100 * MAX_HEAD_BYTES) <= MAX_HEAD_BYTES + len(piece)
    assert transport.written.startswith(b"HTTP/1.1 400") and b"larger than 65536 bytes" in transport.written


async def test_a_large_head_is_read() -> None:
    protocol, transport, _ = _connected()
    for piece in (b"GET / HTTP/1.1\r\nx-large: ", *[b"x" * 4096] * 15, b"\r\n\r\n"):
        protocol.data_received(piece)
    while protocol.tasks:
        await asyncio.sleep(0)
    assert transport.written.startswith(b"HTTP/1.1 200") and not transport.closed


@pytest.mark.parametrize("piece", [b"x-many: x\r\n" * 400, b"y" * 4096])
async def test_what_follows_a_body_has_its_end(piece: bytes) -> None:
    may_end = asyncio.Event()

    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        await may_end.wait()

    protocol, transport, _ = _connected(waits)
    protocol.data_received(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\ntrailer: ")
    most = MAX_HEAD_BYTES + FRAMING_CREDIT_BYTES + len(piece)
    assert _fed(protocol, transport, piece, 100 * MAX_HEAD_BYTES) <= most
    assert len(protocol.headers) == 1, "nobody reads them"
    may_end.set()
    protocol.connection_lost(None)
    while protocol.tasks:
        await asyncio.sleep(0)


async def test_a_body_may_come_byte_by_byte() -> None:
    async def counts(scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send, time.monotonic)
        await exchange.json(200, len(await exchange.body(2**20, 60)))

    protocol, transport, _ = _connected(counts)
    protocol.data_received(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
    for _ in range(50):
        protocol.data_received(b"1\r\nx\r\n" * 1000)
        await asyncio.sleep(0)
    protocol.data_received(b"0\r\n\r\n")
    while protocol.tasks:
        await asyncio.sleep(0)
    assert transport.written.endswith(b"50000")


@pytest.mark.parametrize(
    ("request_bytes", "drop"),
    [(REQUEST, b"\r\n"), (b"POST / HTTP/1.1\r\ncontent-length: 1000000\r\n\r\n", b"x")],
    ids=["line ends", "a body that nobody reads"],
)
async def test_drops_do_not_hold_a_connection_that_has_its_answer(request_bytes: bytes, drop: bytes) -> None:
    protocol, transport, loop = _connected()
    protocol.data_received(request_bytes)
    while protocol.tasks:
        await asyncio.sleep(0)
    assert b"200 OK" in transport.written
    for _ in range(2 * IDLE_S):
        protocol.data_received(drop)
        loop.pass_time(1)
        if transport.closed:
            return
    raise AssertionError("the connection is held for ever")


async def test_a_head_that_began_under_an_answer_is_not_idle() -> None:
    may_end = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await may_end.wait()
        await _application(scope, receive, send)

    protocol, transport, loop = _connected(slow)
    protocol.data_received(REQUEST + REQUEST[:10])
    may_end.set()
    while protocol.tasks:
        await asyncio.sleep(0)
    may_end.clear()
    protocol.data_received(REQUEST[10:])
    loop.pass_time(3 * IDLE_S)
    assert not transport.closed, "its answer is under way"
    may_end.set()
    while protocol.tasks:
        await asyncio.sleep(0)
    assert transport.written.count(b"200 OK") == 2


async def test_who_does_not_read_gets_no_more_pongs() -> None:
    protocol = GatewayWebSocketProtocol(
        config=Config(_application, log_config=None, lifespan="off", ws_per_message_deflate=False),
        server_state=ServerState(),
        app_state={},
    )

    async def accepts(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        await may_end.wait()

    may_end = asyncio.Event()
    protocol.app = accepts  # type: ignore[assignment]
    transport = PlayedTransport()
    protocol.connection_made(transport)
    protocol.data_received(
        b"GET / HTTP/1.1\r\nhost: h\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
        b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n\r\n"
    )
    while not protocol.handshake_complete:
        await asyncio.sleep(0)
    ping = b"\x89\x84\x00\x00\x00\x00ping"
    protocol.data_received(ping)
    assert transport.written.endswith(b"\x8a\x04ping")
    before = len(transport.written)
    protocol.pause_writing()
    protocol.data_received(ping * 1000)
    assert len(transport.written) == before
    protocol.resume_writing()
    protocol.data_received(ping)
    assert len(transport.written) == before + 6
    may_end.set()
    while protocol.tasks:
        await asyncio.sleep(0)
    protocol.stop_keepalive()
