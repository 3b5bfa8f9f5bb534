"""A prompt that somebody pays for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from r3mes_api.accounts.identity import Identity


@dataclass(frozen=True, slots=True)
class Order:
    identity: Identity
    asked: Mapping[str, Any]
    """The request as it came, to tell it from another one with the same Idempotency-Key."""
    body_bytes: int
    streams: bool
    """Whether the answer is delivered piece by piece; a whole one is delivered at its end or not at all."""
    key: str | None
    """The Idempotency-Key."""
