"""A user's request on its way to an answer, and the parts in which the answer comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from r3mes_protocol.chat import FinishReason
from r3mes_protocol.messages import Usage


@dataclass(frozen=True, slots=True)
class Question:
    """One chat request, parsed once."""

    completion_id: str
    created: int
    """Unix seconds, for the client."""
    received_at: float
    """On the gateway's monotonic clock; every deadline counts from here."""
    model: str | None
    """A base model or an adapter by name; None leaves the choice to the gateway."""
    adapter: str | None
    body: dict[str, Any]
    """The OpenAI request as it came, without `model` and `adapter`."""
    prompt: str
    """The text of the last message."""
    token_limit: int | None = None
    continues: bool = False
    """The last message is the beginning of the answer."""


class Events(NamedTuple):
    """Whole SSE events, to be relayed as they are."""

    payload: bytes


class Continued(NamedTuple):
    """The node that answered failed; another one goes on from here."""


class End(NamedTuple):
    """The answer is complete; its finish reason went out in the events."""

    model: str
    finish_reason: FinishReason
    usage: Usage
    continued: bool = False
    """A second node wrote the end of it."""


Part: TypeAlias = Events | Continued | End
