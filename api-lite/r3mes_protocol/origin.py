"""The name of a gateway: the origin under which it is dialled."""

from __future__ import annotations

from urllib.parse import urlsplit

from r3mes_protocol.wire import GatewayOrigin

_HTTP_SCHEME = {"http": "http", "ws": "http", "https": "https", "wss": "https"}
_DEFAULT_PORT = {"http": 80, "https": 443}


def gateway_origin(url: str) -> GatewayOrigin:
    """Normalises a gateway URL to `http[s]://host[:port]`. Raises ValueError with a sentence for anything else."""
    parts = urlsplit(url.strip())
    scheme = _HTTP_SCHEME.get(parts.scheme.lower())
    if scheme is None:
        raise ValueError("a gateway URL starts with https:// or http://")
    if not parts.hostname:
        raise ValueError("a gateway URL needs a host name")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a gateway URL must not hold a user name or password")
    host = parts.hostname.lower().rstrip(".")
    host = f"[{host}]" if ":" in host else host
    port = parts.port  # raises ValueError when it is no port
    suffix = "" if port is None or port == _DEFAULT_PORT[scheme] else f":{port}"
    return GatewayOrigin(f"{scheme}://{host}{suffix}")


def session_url(gateway: GatewayOrigin) -> str:
    """The WebSocket URL of the node session of a gateway."""
    scheme, rest = gateway.split("://", 1)
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest}/v1/nodes/session"
