"""Which addresses the gateway calls on a node's word: none by which it could be made to reach into its own network.

Pure. Source of the ranges: the IANA registries of special-purpose addresses,
https://www.iana.org/assignments/iana-ipv4-special-registry and .../iana-ipv6-special-registry. They stand here as data
because Python's own lists differ from version to version.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias
from urllib.parse import urlsplit

from r3mes_protocol.origin import gateway_origin

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_NOT_PUBLIC_4 = tuple(
    IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
_GLOBAL_6 = IPv6Network("2000::/3")
"""All other IPv6 is local, multicast or reserved."""
_NOT_PUBLIC_6 = tuple(
    IPv6Network(text)
    for text in (
        # Teredo, benchmarks, ORCHID and more of 2001::/23; documentation; 6to4, which may hold any IPv4 address.
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
)

LOWEST_FREE_PORT = 1024
"""Below it live a machine's own services; of those only the web's are called."""

_MAX_PATH_CHARS = 200


class EndpointRefused(Exception):
    """The address is not called; the text says why."""


@dataclass(frozen=True, slots=True)
class EndpointUrl:
    """Where an OpenAI-compatible server is: `base` ends before `/chat/completions`."""

    scheme: str
    host: str
    """A name in lower case and ASCII, or an address without brackets."""
    port: int
    base: str

    @property
    def address(self) -> Address | None:
        """None for a name, which has to be resolved."""
        return _literal(self.host)


def parse_endpoint(text: str, networks: Sequence[Network]) -> EndpointUrl:
    """As OpenAI's clients take it, such as `https://host/v1`; without a path, `/v1` is meant.

    Plain http is for the operator's own `networks`. Raises EndpointRefused.
    """
    try:
        origin = gateway_origin(text)
    except ValueError as error:
        raise EndpointRefused(f"it is no usable address ({str(error).replace('a gateway URL', 'it')})") from None
    parts = urlsplit(text.strip())
    if parts.scheme.lower() not in ("http", "https"):
        raise EndpointRefused("it does not begin with https://")
    if parts.query or parts.fragment:
        raise EndpointRefused("it has a query or a fragment")
    path = parts.path.rstrip("/") or "/v1"
    if (
        len(path) > _MAX_PATH_CHARS
        or not path.isascii()
        or any(part in (".", "..", "") for part in path.split("/")[1:])
    ):
        raise EndpointRefused("its path can't be used")
    if any(character in path for character in "%\\;@") or not path.isprintable():
        raise EndpointRefused("its path holds characters that are read in different ways")
    scheme, _, rest = origin.partition("://")
    host, port = _host_and_port(rest, 443 if scheme == "https" else 80)
    if scheme == "http" and not networks:
        raise EndpointRefused("it is not https")
    if port < LOWEST_FREE_PORT and port != (443 if scheme == "https" else 80):
        raise EndpointRefused(f"port {port} is not called; use 443, or one from {LOWEST_FREE_PORT}")
    url = EndpointUrl(scheme, host, port, f"{origin}{path}")
    if url.address is not None:
        check_addresses([url.address], networks, inside_only=scheme == "http")
    return url


def check_addresses(addresses: Iterable[Address], networks: Sequence[Network], *, inside_only: bool) -> None:
    """All addresses of a name have to be allowed: who mixes allowed and forbidden ones means no good.

    `inside_only`: only the operator's own networks. Raises EndpointRefused.
    """
    for address in addresses:
        if is_inside(address, networks):
            continue
        if inside_only:
            raise EndpointRefused("it is not https, and its address is in none of the operator's own networks")
        if not is_public(address):
            raise EndpointRefused("its address is not a public one")


def is_public(address: Address) -> bool:
    """Whether everybody on the Internet would reach the same machine there."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return (
        address.scope_id is None and address in _GLOBAL_6 and not any(address in network for network in _NOT_PUBLIC_6)
    )


def is_inside(address: Address, networks: Sequence[Network]) -> bool:
    plain = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
    return any(plain.version == network.version and plain in network for network in networks)


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _host_and_port(text: str, usual: int) -> tuple[str, int]:
    """Of a normalised origin."""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, int(port[1:]) if port else usual
    host, _, port = text.partition(":")
    return host, int(port) if port else usual
