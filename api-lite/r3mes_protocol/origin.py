"""The name of a gateway: the origin under which it is dialled.

Node and gateway compare origins as text, so both write one address in one way only.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from r3mes_protocol.wire import GatewayOrigin

_HTTP_SCHEME = {"http": "http", "ws": "http", "https": "https", "wss": "https"}
_DEFAULT_PORT = {"http": 80, "https": 443}
_HOST_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_MAX_HOST_CHARS = 253
_MAX_URL_CHARS = 2048
# These letters have two spellings in use (IDNA 2003 and 2008), which lead to two different hosts.
_AMBIGUOUS = re.compile("[ßς\u200c\u200d]")


def gateway_origin(url: str) -> GatewayOrigin:
    """Normalises a gateway URL to `http[s]://host[:port]`; path, query and fragment are left out.

    Hosts come out in lower case, international names in their `xn--` form. Raises ValueError with a sentence for
    anything else than the URL of a gateway.
    """
    parts = _split(url.strip())
    scheme = _HTTP_SCHEME.get(parts.scheme.lower())
    if scheme is None:
        raise ValueError("a gateway URL starts with https:// or http://")
    if "@" in parts.netloc:
        raise ValueError("a gateway URL must not hold a user name or password")
    host, port = _host_and_port(parts.netloc)
    suffix = "" if port is None or port == _DEFAULT_PORT[scheme] else f":{port}"
    return GatewayOrigin(f"{scheme}://{host}{suffix}")


def session_url(gateway: GatewayOrigin) -> str:
    """The WebSocket URL of the node session of a gateway."""
    scheme, rest = gateway.split("://", 1)
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest}/v1/nodes/session"


def _split(url: str) -> SplitResult:
    if len(url) > _MAX_URL_CHARS:
        raise ValueError(f"a gateway URL has {_MAX_URL_CHARS} characters at most")
    # urlsplit takes out line breaks and tabs without a word: what is dialled would not be what was written.
    if not url.isprintable() or " " in url:
        raise ValueError("a gateway URL must not hold blanks or control characters")
    try:
        return urlsplit(url)
    except ValueError:
        raise ValueError("a gateway URL looks like https://host or https://host:port") from None


def _host_and_port(netloc: str) -> tuple[str, int | None]:
    match = re.fullmatch(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]*))?", netloc, re.ASCII)
    if match is None:
        raise ValueError("a gateway URL looks like https://host, https://host:port or https://[IPv6 address]:port")
    host, digits = match.groups()
    if not host:
        raise ValueError("a gateway URL needs a host name")
    if not digits:
        return _host(host), None
    port = int(digits) if len(digits) <= 5 else 0
    if not 1 <= port <= 65535:
        raise ValueError("the port of a gateway URL is a number from 1 to 65535")
    return _host(host), port


def _host(text: str) -> str:
    return _ipv6(text[1:-1]) if text.startswith("[") else _host_name(text)


def _ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise ValueError("the address in brackets of a gateway URL is no IPv6 address") from None
    if address.scope_id is not None:
        raise ValueError("a gateway URL must not hold an address that is valid on one network card only")
    if address.ipv4_mapped is not None:
        # Python's versions differ in how they write it.
        raise ValueError("write the address of a gateway as plain IPv4, such as http://192.0.2.1")
    return f"[{address.compressed}]"


def _host_name(text: str) -> str:
    # The bound comes first: the IDNA codec takes quadratic time.
    name = _to_ascii(text).removesuffix(".") if len(text) <= _MAX_HOST_CHARS + 1 else ""
    if len(name) > _MAX_HOST_CHARS or not _HOST_NAME.fullmatch(name):
        raise ValueError("a gateway URL needs a valid host name")
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", name.rpartition(".")[2]):
        # Browsers and resolvers read 127.1 and 0x7f000001 as addresses too: one spelling only.
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise ValueError("the IPv4 address of a gateway is written with four numbers from 0 to 255") from None
    return name


def _to_ascii(text: str) -> str:
    if text.isascii():
        return text.lower()
    if _AMBIGUOUS.search(text):
        raise ValueError("write the host name of the gateway in its xn-- form: it has a letter with two spellings")
    try:
        return text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueError("a gateway URL needs a valid host name") from None
