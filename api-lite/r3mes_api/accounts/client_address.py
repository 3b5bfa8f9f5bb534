"""Whose request this is when proxies stand in front: the last address that a trusted one vouches for."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_HOPS = 16
"""Entries of X-Forwarded-For that are looked at, from the end: nobody chains more proxies than that."""

IPV6_SITE_BITS = 64
"""One IPv6 customer has at least a /64, so addresses of one share a limit."""


def parse_networks(text: str) -> tuple[Network, ...]:
    """Networks or addresses with commas between. Raises ValueError that names the one at fault."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> Address | None:
    """The address that the request came from, None when the peer has none (a Unix socket).

    `forwarded_for`: the values of the X-Forwarded-For headers in order. Each proxy appends the address that it saw, so
    they are read from the end, and only as long as the one who wrote them is trusted. What a client wrote itself stands
    further left and is never reached.
    """
    address = _parse(peer)
    if address is None:
        return None
    entries = [entry.strip() for value in forwarded_for for entry in value.split(",")]
    for entry in reversed(entries[-MAX_HOPS:]):
        if not _is_trusted(address, trusted):
            break
        before = _parse(entry)
        if before is None:
            break
        address = before
    return address


def is_trusted(peer: str, trusted: Sequence[Network]) -> bool:
    """Whether what this peer says of its own clients is believed."""
    address = _parse(peer)
    return address is not None and _is_trusted(address, trusted)


def limit_key(address: Address | None) -> str:
    """The name of the bucket that an address draws from."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_SITE_BITS), strict=False))
    return "local" if address is None else str(address)


def limited_address(
    peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network], *, loopback: bool
) -> str | None:
    """The bucket of whoever sent a request; None for this machine itself where its own requests are not limited."""
    address = client_address(peer, forwarded_for, trusted)
    if not loopback and (address is None or address.is_loopback):
        return None
    return limit_key(address)


def _parse(text: str) -> Address | None:
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    # A dual-stack socket shows an IPv4 client as ::ffff:1.2.3.4.
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)
