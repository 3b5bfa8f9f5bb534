"""Runs the gateway on a socket: start, ready line, drain, end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ipaddress
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator
from typing import Any, NamedTuple

import uvicorn

from r3mes_api.accounts.opening import open_front_desk
from r3mes_api.application import build_gateway
from r3mes_api.gateway import Gateway
from r3mes_api.lifecycle import LAST_ERROR_S
from r3mes_api.setting_kinds import InferenceMode
from r3mes_api.settings import Settings
from r3mes_api.transport import GatewayHttpProtocol
from r3mes_api.websocket_transport import GatewayWebSocketProtocol
from r3mes_protocol.control import ApiReadyEvent, command_line
from r3mes_protocol.limits import MAX_CONTROL_BYTES, MAX_FRAME_BYTES

logger = logging.getLogger(__name__)

WEBSOCKET_PING_S = 15.0
"""Keeps the way through NAT open. Nobody is cut off for a late pong: traffic and heartbeats say who is alive."""

WEBSOCKET_MAX_BYTES = 2 * max(MAX_CONTROL_BYTES, MAX_FRAME_BYTES)
"""A frame up to this size is refused with a code; a larger one ends its socket in the transport."""

KEEP_ALIVE_CONNECTION_S = 75
"""Longer than the 60 s of the usual proxies, so that they and not the gateway close idle connections."""

GARBAGE_THRESHOLD = 10_000
"""New containers before the collector looks for cycles among them; Python's own default is 700."""

PROBE_TIMEOUT_S = 10.0
BACKLOG = 1024

UNSENT_BYTES = 128 * 1024
"""What the kernel holds of one answer that the client's machine has no room for."""


class _Stop(NamedTuple):
    drain_s: float
    hurry: bool
    """Who started the gateway is gone."""


class CannotListen(Exception):
    """The address can't be had; the text says why and what to do."""


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling, which would close the nodes' sockets before their streams end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def bind(host: str, port: int, client_stall_s: float) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises CannotListen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise CannotListen(f"The host “{host}” is no address of this machine ({error.strerror}).") from None
    listener = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":
            # On Windows this would let two gateways share a port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform == "linux":
            # A peer that takes no byte is given up by the kernel too, so that no closed socket lingers for ever.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(client_stall_s * 1000))
            # Without it the kernel takes megabytes for a reader that has stopped, and its generation runs on.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise CannotListen(
            f"The gateway can't listen on {host} port {port} ({error.strerror}). "
            "Choose another port, or 0 for a free one, or stop the program that uses this one."
        ) from None
    return listener


def listening_url(listener: socket.socket) -> str:
    """The URL under which this machine itself reaches the socket."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _is_local(listener: socket.socket) -> bool:
    """Whether only this machine can reach the socket."""
    return ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback


async def serve(
    settings: Settings, listener: socket.socket, *, watch_stdin: bool, announce: Callable[[bytes], None]
) -> None:
    """Serves until SIGTERM, SIGINT or, with `watch_stdin`, the end of stdin; then drains and returns.

    Raises CannotStart.
    """
    loop = asyncio.get_running_loop()
    desk = await open_front_desk(settings, listening_url(listener), time.time)
    try:
        await _serve(settings, listener, build_gateway(settings, loop.time, desk), watch_stdin, announce)
    finally:
        # No request runs any more.
        await desk.close()


async def _serve(
    settings: Settings, listener: socket.socket, gateway: Gateway, watch_stdin: bool, announce: Callable[[bytes], None]
) -> None:
    loop = asyncio.get_running_loop()
    server = _Server(_uvicorn_config(gateway, settings))
    stop: asyncio.Future[_Stop] = loop.create_future()

    def end(drain_s: float, *, hurry: bool) -> None:
        if not stop.done():
            stop.set_result(_Stop(drain_s, hurry))

    with _signals(loop, lambda: end(settings.drain_s, hurry=False)):
        if watch_stdin:
            _watch_stdin(loop, lambda: end(settings.fast_drain_s, hurry=True))
        background = asyncio.create_task(gateway.run(), name="background")
        serving = asyncio.create_task(server.serve(sockets=[listener, *gateway.mode.listeners()]), name="uvicorn")
        try:
            await _until_it_answers(listener, serving)
            waited: set[asyncio.Future[Any]] = {stop, serving, background}
            started = asyncio.create_task(gateway.mode.started(), name="start of the mode")
            await asyncio.wait({started, *waited}, return_when=asyncio.FIRST_COMPLETED)
            if started.done():
                started.result()
                _settle_garbage_collector()
                announce(
                    command_line(ApiReadyEvent(url=listening_url(listener), mode=gateway.mode.name, pid=os.getpid()))
                )
                _warn_of_address(settings, listener)
            started.cancel()
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if stop.done():
                await _drain(gateway, stop.result())
        finally:
            background.cancel()
            server.should_exit = True
            await asyncio.gather(serving, background, return_exceptions=True)
    for task in (serving, background):
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


def _warn_of_address(settings: Settings, listener: socket.socket) -> None:
    if settings.inference_mode is InferenceMode.REMOTE and settings.public_url is None and not _is_local(listener):
        logger.warning("R3MES_PUBLIC_URL is not set: nodes are told the address that they dialled")


async def _drain(gateway: Gateway, stop: _Stop) -> None:
    """Before uvicorn is told to end: it would close the nodes' sockets under the running streams."""
    logger.info("draining, %d requests run", gateway.lifecycle.running)
    gateway.drain()
    if not await gateway.lifecycle.drained(stop.drain_s):
        logger.warning("%d requests did not end within %g s", gateway.lifecycle.running, stop.drain_s)
        gateway.lifecycle.shut_down_running()
        await gateway.lifecycle.drained(2 * LAST_ERROR_S)
    await gateway.close(hurry=stop.hurry)


def _uvicorn_config(gateway: Gateway, settings: Settings) -> uvicorn.Config:
    def http_protocol(*args: Any, **kwargs: Any) -> GatewayHttpProtocol:
        return GatewayHttpProtocol(
            *args, **kwargs, header_timeout_s=settings.header_timeout_s, max_connections=settings.max_connections
        )

    return uvicorn.Config(
        gateway,
        interface="asgi3",
        http=http_protocol,  # type: ignore[arg-type]
        ws=GatewayWebSocketProtocol,
        ws_max_size=WEBSOCKET_MAX_BYTES,
        ws_ping_interval=WEBSOCKET_PING_S,
        ws_ping_timeout=None,
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        # Which proxies are believed is a setting of the gateway, not of the server's library.
        proxy_headers=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_CONNECTION_S,
        timeout_graceful_shutdown=1,
    )


def _settle_garbage_collector() -> None:
    """What was made by now lives as long as the gateway; to look through it again and again costs a tenth of the
    time of a request. A request leaves few cycles, so that a larger young generation holds little more memory."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 10, 20)


@contextlib.contextmanager
def _signals(loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> Generator[None, None, None]:
    """Both signals ask for a drain; a second one changes nothing, since the drain is bounded."""
    numbers = [signal.SIGTERM, signal.SIGINT]
    if sys.platform == "win32":
        numbers.append(signal.SIGBREAK)
    previous = {number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(end)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _watch_stdin(loop: asyncio.AbstractEventLoop, ended: Callable[[], None]) -> None:
    """A thread, since Windows can't wait for a pipe in the event loop. It holds no lock that an exit could need."""

    def read() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(ended)

    threading.Thread(target=read, name="stdin", daemon=True).start()


async def _until_it_answers(listener: socket.socket, serving: asyncio.Task[None]) -> None:
    """Asks the gateway itself. Raises RuntimeError when the server ended instead, TimeoutError when it is deaf."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    async with asyncio.timeout(PROBE_TIMEOUT_S):
        while not serving.done():
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection(host, port)
                writer.write(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                answer = await reader.read(15)
                writer.close()
                if answer.startswith(b"HTTP/1.1 200"):
                    return
            await asyncio.sleep(0.01)
    raise RuntimeError("the server ended before it answered")
