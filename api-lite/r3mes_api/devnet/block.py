"""The block in which something happens, and what happened: events as chains write them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from r3mes_api.devnet.parameters import ChainParameters


@dataclass(frozen=True)
class Block:
    parameters: ChainParameters
    height: int
    time_us: int
    """Unix time in microseconds."""
    reward_clock_us: int
    """How long validators have been rewarded in all."""


@dataclass(frozen=True)
class Event:
    kind: str
    attributes: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.kind,
            "attributes": [{"key": name, "value": value, "index": True} for name, value in self.attributes],
        }


@dataclass
class Happenings:
    """The events of one transaction, in order."""

    events: list[Event] = field(default_factory=list)

    def tell(self, kind: str, **attributes: str) -> None:
        self.events.append(Event(kind, tuple(attributes.items())))
