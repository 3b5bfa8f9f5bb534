"""The WebSocket to the gateway: the one place that knows the library."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import ssl
from typing import Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from r3mes_protocol import NODE_SUBPROTOCOL, RESUME_SUBPROTOCOL, __version__
from r3mes_protocol.limits import MAX_JOB_BYTES
from r3mes_protocol.origin import session_url
from r3mes_protocol.wire import GatewayOrigin

OPEN_TIMEOUT_S = 10.0
"""Name look-up, TCP, TLS and the WebSocket handshake together."""
PING_INTERVAL_S = 15.0
PING_TIMEOUT_S = 20.0
"""A gateway that is gone without a word is noticed within both together."""
CLOSE_TIMEOUT_S = 2.0
"""The closing handshake must fit into the last three seconds of an engine whose launcher is gone."""
WRITE_BUFFER_BYTES = 128 * 1024
"""Beyond it a sender waits for the socket; a slow uplink so holds at most this much."""
SEND_TIMEOUT_S = 30.0
"""The gateway always reads; a socket that takes nothing for so long is dead."""
MAX_WAITING_MESSAGES = 16
"""Messages read from the socket and not yet handled."""


class ConnectionLost(Exception):
    """The socket is gone, or never came to be; `reason` is one sentence."""

    def __init__(self, reason: str, *, by_gateway: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.by_gateway = by_gateway
        """The gateway closed it on purpose."""


class Connection(Protocol):
    async def send(self, data: str | bytes) -> None:
        """Waits while the socket takes no more. Raises ConnectionLost."""
        ...

    async def receive(self) -> str | bytes:
        """Raises ConnectionLost."""
        ...

    async def close(self, code: int, reason: str) -> None: ...


async def dial(gateway: GatewayOrigin) -> Connection:
    """Raises ConnectionLost with the reason when there is no session to be had."""
    url = session_url(gateway)
    try:
        socket = await connect(
            url,
            subprotocols=[Subprotocol(NODE_SUBPROTOCOL), Subprotocol(RESUME_SUBPROTOCOL)],
            # Compression costs 40 ms on a paced stream.
            compression=None,
            user_agent_header=f"r3mes-engine/{__version__}",
            # A proxy of the environment must not be asked for this very computer.
            proxy=None if _is_loopback(url) else True,
            open_timeout=OPEN_TIMEOUT_S,
            ping_interval=PING_INTERVAL_S,
            ping_timeout=PING_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            max_size=MAX_JOB_BYTES,
            max_queue=MAX_WAITING_MESSAGES,
            write_limit=WRITE_BUFFER_BYTES,
        )
    except InvalidStatus as error:
        status = error.response.status_code
        raise ConnectionLost(f"the gateway answers {status} instead of a node session") from None
    except WebSocketException as error:
        raise ConnectionLost(f"this is no gateway ({type(error).__name__})") from None
    except ImportError:
        raise ConnectionLost(
            "the proxy in the environment is of a kind (SOCKS) that this engine does not speak"
        ) from None
    except TimeoutError:
        raise ConnectionLost(f"the gateway did not answer within {OPEN_TIMEOUT_S:.0f} s") from None
    except OSError as error:
        # The library's own texts repeat the address; the system's say what happened.
        known = error.errno is not None and error.errno > 0 and not isinstance(error, ssl.SSLError)
        cause = os.strerror(error.errno) if known and error.errno is not None else error.strerror
        raise ConnectionLost(f"the gateway can't be reached ({cause or type(error).__name__})") from None
    if socket.subprotocol != NODE_SUBPROTOCOL:
        await socket.close(1002)
        raise ConnectionLost(f"the gateway does not speak {NODE_SUBPROTOCOL}")
    return _Socket(socket)


class _Socket:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, data: str | bytes) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._socket.send(data)
        except TimeoutError:
            raise ConnectionLost(f"the connection took no data for {SEND_TIMEOUT_S:.0f} s") from None
        except ConnectionClosed as closed:
            raise ConnectionLost(_why(closed), by_gateway=closed.rcvd is not None) from None

    async def receive(self) -> str | bytes:
        try:
            data: str | bytes = await self._socket.recv()
        except ConnectionClosed as closed:
            raise ConnectionLost(_why(closed), by_gateway=closed.rcvd is not None) from None
        return data

    async def close(self, code: int, reason: str) -> None:
        # A close frame holds 123 bytes, and a reason may quote names that a peer chose.
        await self._socket.close(code, reason.encode("ascii", "replace")[:120].decode())


def _why(closed: ConnectionClosed) -> str:
    if closed.rcvd is not None:
        return f"the gateway closed the session ({closed.rcvd.code} {closed.rcvd.reason})".replace(" )", ")")
    if closed.sent is not None and closed.sent.reason:
        return f"the session was closed ({closed.sent.code} {closed.sent.reason})"
    return "the connection to the gateway broke"


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
