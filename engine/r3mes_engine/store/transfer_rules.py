"""What a server's answer means for a file that is wanted, part of which may be there. Pure: headers in, a verdict out.

Ranges and their validators: RFC 9110, sections 13.1.5 (If-Range), 14.2 (Range) and 15.3.7 (206); Retry-After: 10.2.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from r3mes_engine.store.catalogue import is_allowed_url, is_loopback


@dataclass(frozen=True, slots=True)
class TransferLimits:
    """Times in seconds."""

    connect_s: float = 15.0
    """A server that is there answers a connection in far less, from the other side of the world too."""
    stall_s: float = 30.0
    """Without a byte for so long a connection is dead more often than slow."""
    tries: int = 6
    """Tries in a row that bring nothing new. With the pauses between them they outlast a router's restart."""
    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0
    longest_retry_after_s: float = 600.0
    """A server that wants to be left alone for longer has refused."""
    redirects: int = 5
    """Hubs send to one or two other hosts."""
    spare_bytes: int = 256 * 2**20
    """A disk should not be filled to the brim."""


@dataclass(frozen=True, slots=True)
class Append:
    """The body goes on at this byte."""

    offset: int
    etag: str | None
    """The validator to ask with the next time; None where the server gives no strong one."""


@dataclass(frozen=True, slots=True)
class StartOver:
    """What is there is worth nothing to this server."""

    reason: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    reason: str
    after_s: float | None = None
    """When the server said so."""


@dataclass(frozen=True, slots=True)
class Redirect:
    url: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """For good. `reason` is the end of a sentence."""

    reason: str
    hint: str
    gated: bool = False


Verdict = Append | StartOver | TryAgain | Redirect | Refusal

GATED_HINT = "Accept the makers' terms on the model's page, and give an access token of your account (--token-stdin)."

_CONTENT_RANGE = re.compile(r"bytes (\d{1,16})-(\d{1,16})/(\d{1,16}|\*)")
_REDIRECTS = (301, 302, 303, 307, 308)
_PASSING = (408, 425, 429, 500, 502, 503, 504)


def request_headers(have: int, etag: str | None) -> dict[str, str]:
    """For a file of which `have` bytes are there."""
    # Compressed bytes could be neither resumed nor counted.
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if etag is not None:
            headers["If-Range"] = etag
    return headers


def judge(
    url: str,
    status: int,
    headers: Mapping[str, str],
    *,
    have: int,
    size: int | None,
    etag: str | None,
    now: datetime,
    had_token: bool = False,
) -> Verdict:
    """`headers` have lower-case names; `size` is what the catalogue says, None where nobody knows yet."""
    if status in _REDIRECTS:
        return _redirect(url, headers.get("location"))
    if status in (200, 206) and headers.get("content-encoding", "identity").lower() != "identity":
        return TryAgain("the server compressed the file, which it was asked not to do")
    if status == 200:
        return _whole(headers, size)
    if status == 206:
        return _part(headers, have, size, etag)
    if status == 416:
        return StartOver("the server has no such part of the file")
    if status in (401, 403):
        return _permission(status, had_token)
    if status in (404, 410):
        return Refusal(f"the server does not have it (status {status})", "Check the URL in the catalogue.")
    if status in _PASSING:
        return TryAgain(f"the server answered with status {status}", retry_after(headers.get("retry-after"), now))
    return Refusal(f"the server answered with status {status}", "Check the URL in the catalogue.")


def _permission(status: int, had_token: bool) -> Refusal:
    if not had_token:
        return Refusal(f"the server asks for permission (status {status})", GATED_HINT, gated=True)
    if status == 401:
        return Refusal(
            "the server does not take the token (status 401)",
            "Make a new access token with your account at the hub, and give that one.",
            gated=True,
        )
    return Refusal(
        "the server does not let the token's account have it (status 403)",
        "Accept the makers' terms on the model's page with the same account, and look whether the token may read it.",
        gated=True,
    )


def strong_etag(value: str | None) -> str | None:
    """Only a strong validator promises the same bytes."""
    if value is None or len(value) > 500 or not (value.startswith('"') and value.endswith('"') and len(value) > 2):
        return None
    return value


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds, from a number or a date; None for anything else."""
    if value is None:
        return None
    value = value.strip()
    if value.isdecimal():
        return float(value[:12])
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


def pause_before(failures: int, limits: TransferLimits, jitter: Callable[[float, float], float]) -> float:
    """Seconds before the try after so many failures in a row."""
    pause = min(limits.longest_pause_s, limits.first_pause_s * 2.0 ** min(failures - 1, 30))
    return jitter(0.7 * pause, 1.3 * pause)


def same_origin(one: str, other: str) -> bool:
    """Whether what is secret for the one may be shown to the other."""

    def origin(url: str) -> tuple[str, str | None, int]:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)

    return origin(one) == origin(other)


def _redirect(url: str, location: str | None) -> Verdict:
    target = "" if location is None else urljoin(url, location)
    try:
        allowed = is_allowed_url(target)
        host = urlsplit(target).hostname or ""
    except ValueError:
        allowed, host = False, ""
    # A public server has no business on this computer's own ports.
    if not allowed or (is_loopback(host) and not is_loopback(urlsplit(url).hostname or "")):
        return Refusal(
            "the server sent the download to an address that is not allowed", "Only https is. Check the URL."
        )
    return Redirect(target)


def _whole(headers: Mapping[str, str], size: int | None) -> Verdict:
    offered = headers.get("content-length", "")
    if size is not None and offered.isdecimal() and int(offered[:18]) != size:
        return Refusal(
            f"the server offers {int(offered[:18])} bytes where the catalogue says {size}",
            "The file was changed or is another one. Get a newer catalogue.",
        )
    # From its beginning, whatever was asked for: the server knows no ranges, or the file was changed.
    return Append(0, strong_etag(headers.get("etag")))


def _part(headers: Mapping[str, str], have: int, size: int | None, etag: str | None) -> Verdict:
    found = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    if found is None:
        return StartOver("the server does not say which part of the file it sends")
    start, end = int(found[1]), int(found[2])
    total = None if found[3] == "*" else int(found[3])
    new_etag = strong_etag(headers.get("etag"))
    if have == 0 or start != have or end < start or (total is not None and end >= total):
        return StartOver("the server sends another part than the one that was asked for")
    if (size is not None and total is not None and total != size) or (etag and new_etag and etag != new_etag):
        return StartOver("the file was changed on the server")
    return Append(have, new_etag or etag)
