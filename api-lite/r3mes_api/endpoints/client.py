"""The gateway's one HTTP client for endpoints. It connects to addresses that were checked, and to no others."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from r3mes_api.endpoints.address_policy import Address, EndpointRefused, EndpointUrl, Network, check_addresses

PIN_S = 60.0
"""A name is asked for again after this, with the same check: a balancer's addresses change now and then."""

LOOK_UPS = 4
"""At once: a name whose server is slow holds a thread."""

READ_BUFFER_BYTES = 32 * 1024
"""Twice as much is read ahead of a slow reader, then the endpoint's socket has to wait."""

KEEP_ALIVE_S = 30.0


@dataclass(slots=True, weakref_slot=True)
class Pin:
    """The checked addresses of one name."""

    host: str
    inside_only: bool
    addresses: list[Address] = field(default_factory=list)
    until: float = float("-inf")


class PinnedResolver(AbstractResolver):
    """The only way from a name to an address. What it returns is what is connected to: nobody asks a second time."""

    def __init__(self, networks: Sequence[Network], timeout_s: float, clock: Callable[[], float]) -> None:
        self._networks = networks
        self._timeout_s = timeout_s
        self._clock = clock
        self._pins: WeakValueDictionary[str, Pin] = WeakValueDictionary()
        self._look_ups = asyncio.Semaphore(LOOK_UPS)

    async def pin(self, url: EndpointUrl) -> Pin:
        """Raises EndpointRefused."""
        pin = self._pins.get(url.host)
        if pin is None:
            pin = self._pins[url.host] = Pin(url.host, inside_only=False)
        pin.inside_only = pin.inside_only or url.scheme == "http"
        pin.until = float("-inf")
        await self._fresh(pin)
        return pin

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        pin = self._pins.get(host)
        if pin is None:
            raise OSError("nobody registered this name")
        try:
            await self._fresh(pin)
        except EndpointRefused as refused:
            raise OSError(str(refused)) from None
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in pin.addresses
        ]

    async def _fresh(self, pin: Pin) -> None:
        if self._clock() < pin.until:
            return
        try:
            async with asyncio.timeout(self._timeout_s), self._look_ups:
                found = await asyncio.get_running_loop().getaddrinfo(pin.host, None, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise EndpointRefused(f"its name was not resolved within {self._timeout_s:g} s") from None
        except (OSError, UnicodeError):
            raise EndpointRefused("its name can't be resolved") from None
        addresses = list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))
        check_addresses(addresses, self._networks, inside_only=pin.inside_only)
        pin.addresses, pin.until = addresses, self._clock() + PIN_S

    async def close(self) -> None:
        """It holds nothing."""


class EndpointClient:
    def __init__(
        self,
        networks: Sequence[Network],
        *,
        connect_s: float,
        resolve_s: float,
        certificates: Path | None,
        clock: Callable[[], float],
    ) -> None:
        """`certificates` holds more authorities than the system's. Raises OSError and ssl.SSLError for that file."""
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        if certificates is not None:
            context.load_verify_locations(certificates)
        self._resolver = PinnedResolver(networks, resolve_s, clock)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self._resolver,
                ssl=context,
                use_dns_cache=False,
                # The gateway's own bounds on requests and jobs are the bounds of this.
                limit=0,
                keepalive_timeout=KEEP_ALIVE_S,
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_s),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            read_bufsize=READ_BUFFER_BYTES,
            headers={"accept": "text/event-stream", "accept-encoding": "identity", "user-agent": "r3mes-api"},
        )

    async def pin(self, url: EndpointUrl) -> Pin | None:
        """To be kept as long as the endpoint may be called; None for an address that needs no look-up.

        Raises EndpointRefused.
        """
        return None if url.address is not None else await self._resolver.pin(url)

    @contextlib.asynccontextmanager
    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        """A response whose body is not read yet. Leaving the context early closes its connection.

        Raises aiohttp.ClientError, OSError and TimeoutError.
        """
        given: dict[str, Any] = {"content-type": "application/json", **headers}
        response = await self._session.post(url, data=body, headers=given, allow_redirects=False)
        try:
            yield response
        finally:
            if response.content.at_eof():
                response.release()
            else:
                response.close()

    async def close(self) -> None:
        await self._session.close()
