"""Addresses that an operator gives: browser origins and URLs of stores, and what production refuses of them. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from urllib.parse import SplitResult, unquote, urlsplit

ANY_ORIGIN = "*"

MIN_PASSWORD_CHARS = 16
"""A password that guards a store from the network. Shorter ones are guessed or came from a tutorial."""

_PLACEHOLDER = re.compile(
    r"change.?me|password|passw0rd|secret|example|postgres|redis|12345|qwerty|todo", re.IGNORECASE
)
_HOST = re.compile(r"\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")


def browser_origins(text: str) -> tuple[str, ...]:
    """Origins as browsers send them, from a list with commas. Raises ValueError for what no browser would send."""
    origins = tuple(dict.fromkeys(_browser_origin(part.strip()) for part in text.split(",") if part.strip()))
    if ANY_ORIGIN in origins and len(origins) > 1:
        raise ValueError("* allows every origin, so it stands alone")
    return origins


def _browser_origin(text: str) -> str:
    if text == ANY_ORIGIN:
        return text
    parts = urlsplit(text.lower())
    port = parts.port  # raises ValueError itself
    host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        raise ValueError("an origin is http:// or https://, a host and perhaps a port")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("an origin has no path")
    if port is None or port == {"http": 80, "https": 443}[parts.scheme]:
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{port}"


def checked_url(text: str, schemes: Sequence[str]) -> str:
    """The URL as given. Raises ValueError, without the value, when it is none of these schemes."""
    try:
        parts = _split(text)
    except ValueError:
        raise ValueError("it is no URL") from None
    if parts.scheme.partition("+")[0] not in schemes:
        raise ValueError(f"it begins with none of {', '.join(f'{scheme}://' for scheme in schemes)}")
    if parts.scheme.startswith(("sqlite", "unix")):
        if parts.netloc.rpartition("@")[2] or parts.path in ("", "/"):
            raise ValueError("it names no file; three slashes stand before a path, four before an absolute one")
    elif not parts.hostname and "host=" not in parts.query:
        raise ValueError("it names no host")
    return text


def production_problems(
    origins: Sequence[str], database_url: str | None, redis_url: str | None
) -> Iterator[tuple[str, str]]:
    """What production refuses: names of settings and problems, without secrets."""
    if ANY_ORIGIN in origins:
        yield "cors_allowed_origins", "“*” would let every web page use visitors' access; name the pages"
    for origin in origins:
        if origin != ANY_ORIGIN and is_loopback(urlsplit(origin).hostname):
            yield "cors_allowed_origins", f"“{origin}” is a developer's own machine"
        elif origin.startswith("http://"):
            yield "cors_allowed_origins", f"“{origin}” can be forged by anybody on the way; use https://"
    if database_url is not None:
        parts = _split(database_url)
        if not parts.scheme.startswith("sqlite"):
            if is_loopback(parts.hostname):
                yield (
                    "database_url",
                    "its host is this machine itself, which is mostly a left-over of a test; "
                    "name the database's host, or use SQLite on one machine",
                )
            if weakness := _weak(parts, needed=False):
                yield "database_url", weakness
    if redis_url is not None:
        parts = _split(redis_url)
        if parts.scheme != "unix" and (weakness := _weak(parts, needed=not is_loopback(parts.hostname))):
            yield "redis_url", weakness


def is_loopback(host: str | None) -> bool:
    if host is None:
        return False
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _split(text: str) -> SplitResult:
    parts = urlsplit(text.strip())
    _ = parts.port  # a port that is no number
    return parts


def looks_like_placeholder(secret: str) -> bool:
    return _PLACEHOLDER.search(secret) is not None or len(set(secret)) < 6


def _weak(parts: SplitResult, *, needed: bool) -> str | None:
    password = unquote(parts.password or "")
    if not password:
        return "it has no password, and its host is another machine" if needed else None
    if len(password) < MIN_PASSWORD_CHARS:
        return f"its password is shorter than {MIN_PASSWORD_CHARS} characters"
    if looks_like_placeholder(password):
        return "its password looks like a placeholder; make one with `openssl rand -hex 24`"
    return None
