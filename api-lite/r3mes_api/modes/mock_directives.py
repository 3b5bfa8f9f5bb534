"""What a tester wants of the mock, written into the prompt: `[mock: pace=200, tokens=50, die=5]`. Pure.

So a client's behaviour at a slow, failing or silent node can be tried without any node.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from r3mes_protocol.errors import ApiError, ErrorCode

MAX_TOKENS = 4096

_DIRECTIVES = re.compile(r"\[mock:([^\]]{0,400})\]", re.IGNORECASE)


class MockDirectives(NamedTuple):
    pace: float | None = None
    """Tokens a second."""
    first: float | None = None
    """Seconds until the first token."""
    tokens: int | None = None
    """Length of the answer; shorter ones begin again."""
    error: ErrorCode | None = None
    """What it fails with, after `after` tokens."""
    after: int = 0
    die: int | None = None
    """The answer breaks off after so many tokens, as when a node dies."""
    silent: int | None = None
    """After so many tokens nothing follows, as when a node hangs; the usual time-outs hold."""


def read_directives(prompt: str) -> tuple[MockDirectives, str]:
    """The directives, and the prompt without them. Raises ApiError INVALID_REQUEST that says what is allowed."""
    given: dict[str, Any] = {}
    for match in _DIRECTIVES.finditer(prompt):
        for part in filter(None, re.split(r"[,\s]+", match[1])):
            name, _, value = part.partition("=")
            read = _READERS.get(name.lower())
            try:
                if read is None:
                    raise ValueError
                given[name.lower()] = read(value)
            except ValueError:
                message = f"The mock does not understand {part[:40]!r}. It knows {_KNOWN}."
                raise ApiError(ErrorCode.INVALID_REQUEST, message, param="messages") from None
    return MockDirectives(**given), _DIRECTIVES.sub("", prompt).strip() if given else prompt


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise ValueError
        return value

    return read


def _count(text: str) -> int:
    value = int(text)
    if not 0 <= value <= MAX_TOKENS:
        raise ValueError
    return value


_READERS: dict[str, Callable[[str], Any]] = {
    "pace": _number(1, 10_000),
    "first": _number(0, 60),
    "tokens": _count,
    "error": lambda text: ErrorCode(text.upper()),
    "after": _count,
    "die": _count,
    "silent": _count,
}

_KNOWN = (
    f"pace=1 to 10000 (tokens a second), first=0 to 60 (seconds), tokens, after, die and silent=0 to {MAX_TOKENS} "
    "(tokens), error=a code such as RATE_LIMITED"
)
