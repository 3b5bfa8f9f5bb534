"""Why a request went where it went: one record each, the latest of them kept in memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from r3mes_api.adapter_choice.decision import AdapterRoute
from r3mes_api.routing.cost import Option
from r3mes_protocol.wire import NodeId

SHOWN_OPTIONS = 8
"""The best of each try; the others were no close thing."""


@dataclass(slots=True)
class Try:
    node_id: NodeId
    after_s: float
    """Since the request's receipt."""
    options: list[Option]
    outcome: str = "running"
    continues: bool = False
    took_s: float | None = None
    """Until the node's part of the answer ended; None where the client left or it still runs."""

    def document(self) -> dict[str, Any]:
        options = sorted(self.options, key=lambda option: option.cost_ms)[:SHOWN_OPTIONS]
        return {
            "node": self.node_id,
            "after_ms": round(1000 * self.after_s, 1),
            "took_ms": _milliseconds(self.took_s),
            "outcome": self.outcome,
            "continues": self.continues,
            "candidates": len(self.options),
            "options": [option_document(option) for option in options],
        }


@dataclass(slots=True)
class Decision:
    """It holds no prompt and no answer."""

    completion_id: str
    created: int
    model: str | None
    adapter: str | None
    owner: str | None = None
    """The wallet that asked; only it may read this."""
    tries: list[Try] = field(default_factory=list)
    outcome: str = "running"
    first_token_s: float | None = None
    total_s: float | None = None
    completion_tokens: int | None = None
    route: AdapterRoute | None = None
    """Where the gateway chose the adapter."""

    def document(self) -> dict[str, Any]:
        return {
            "id": self.completion_id,
            "object": "request",
            "created": self.created,
            "model": self.model,
            "adapter": self.adapter,
            "owner": self.owner,
            "outcome": self.outcome,
            "continued": any(one.continues for one in self.tries),
            "first_token_ms": _milliseconds(self.first_token_s),
            "total_ms": _milliseconds(self.total_s),
            "completion_tokens": self.completion_tokens,
            "router": self.route.document() if self.route is not None else None,
            "tries": [one.document() for one in self.tries],
        }


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)


def option_document(option: Option) -> dict[str, Any]:
    return {**option._asdict(), "cost_ms": round(option.cost_ms, 3)}


class DecisionLog:
    """The latest decisions by the id of their request."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._decisions: OrderedDict[str, Decision] = OrderedDict()

    def __len__(self) -> int:
        return len(self._decisions)

    def add(self, decision: Decision) -> None:
        self._decisions[decision.completion_id] = decision
        while len(self._decisions) > self._size:
            self._decisions.popitem(last=False)

    def get(self, completion_id: str) -> Decision | None:
        return self._decisions.get(completion_id)
