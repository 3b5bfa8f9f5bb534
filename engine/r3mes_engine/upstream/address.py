"""Where the other server is, and short questions to it from a thread."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from r3mes_engine.errors import EngineExit
from r3mes_protocol.exit_codes import ExitCode

MAX_PAGE_BYTES = 4 * 2**20
"""Of a list of models or a page of metrics; vLLM's metrics are some 100 KiB."""
MAX_KEY_CHARS = 4096


@dataclass(frozen=True, slots=True)
class UpstreamAddress:
    base: str
    """Ends before `/chat/completions`, such as `http://127.0.0.1:8000/v1`."""
    key: str | None = field(default=None, repr=False)

    @property
    def root(self) -> str:
        """Where vLLM and llama.cpp have `/health` and `/metrics`."""
        return self.base.removesuffix("/v1")

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.key is None else {"Authorization": f"Bearer {self.key}"}


def parse_base(text: str) -> str:
    """As OpenAI's clients take it; without a path, `/v1` is meant. Raises ValueError with a reason."""
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it has to begin with http:// or https:// and a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a password does not belong into it; give the key in a file")
    if parts.query or parts.fragment or not text.isprintable():
        raise ValueError("it may hold no query, no fragment and no odd characters")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("its port is no number of a port") from None
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') or '/v1'}"


def read_key(path: Path) -> str:
    """The first line of a file. Raises EngineExit (78)."""
    try:
        with path.open(encoding="ascii") as file:
            key = file.readline(MAX_KEY_CHARS + 2).strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise _bad_key(path, f"can't be read: {reason}") from None
    if not key or len(key) > MAX_KEY_CHARS or not key.isprintable() or " " in key:
        raise _bad_key(path, "holds no key in its first line")
    return key


def _bad_key(path: Path, why: str) -> EngineExit:
    return EngineExit(
        ExitCode.CONFIGURATION,
        "upstream_key",
        f"The key file {path} {why}.",
        "Put the server's API key into its first line, readable for you alone.",
    )


class Unanswered(Exception):
    """`status` is the HTTP status, or None where nothing answered at all. The text is a sentence without secrets."""

    def __init__(self, status: int | None, why: str) -> None:
        super().__init__(why)
        self.status = status


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any) -> None:
        return None


def ask(url: str, address: UpstreamAddress, timeout_s: float) -> bytes:
    """Blocking GET. Raises Unanswered."""
    # Neither a proxy nor a redirect gets to see the key.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())
    request = urllib.request.Request(url, headers=address.headers)  # noqa: S310 - `parse_base` lets http and https in
    try:
        with opener.open(request, timeout=timeout_s) as response:
            page: bytes = response.read(MAX_PAGE_BYTES)
            return page
    except urllib.error.HTTPError as error:
        error.close()
        raise Unanswered(error.code, f"It answers with HTTP {error.code}.") from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise Unanswered(None, f"It does not answer ({type(reason).__name__}).") from None


def ask_models(address: UpstreamAddress, timeout_s: float) -> Any:
    """The document of `GET /v1/models`. Raises Unanswered."""
    try:
        return json.loads(ask(f"{address.base}/models", address, timeout_s))
    except (ValueError, RecursionError):
        raise Unanswered(200, "It answers with something that is no list of models.") from None
