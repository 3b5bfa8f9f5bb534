"""Which nodes are asked to load an adapter now: slowly, the hottest first. Pure; time is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from r3mes_api.placement.plan import Placed
from r3mes_protocol.wire import NodeId

NODE_PAUSE_S = 10.0
"""Between two hints to one node: it loads one adapter at a time, beside its answers."""

PAIR_PAUSE_S = 120.0
"""Before the same hint is given again: the node had a reason not to follow it."""

SETTLED_PLANS = 2
"""A placement stands in so many plans in a row before anybody acts on it."""


class Hint(NamedTuple):
    node_id: NodeId
    adapter: str


class Hints:
    def __init__(self, *, per_minute: float) -> None:
        self._pause_s = 60.0 / per_minute
        self._free_at = float("-inf")
        self._nodes_free_at: dict[NodeId, float] = {}
        self._pairs_free_at: dict[Hint, float] = {}
        self._stood: dict[Hint, int] = {}

    def planned(self, placed: Mapping[str, Placed]) -> None:
        """A new plan: what stands in it as in the one before is about to be acted on."""
        pairs = [Hint(node_id, adapter) for adapter, one in placed.items() if one.fits for node_id in one.nodes]
        self._stood = {pair: self._stood.get(pair, 0) + 1 for pair in pairs}

    def due(self, missing: Iterable[Hint], now: float) -> list[Hint]:
        """What to say now. `missing`: pairs whose node lacks the adapter, the most wanted first."""
        self._forget(now)
        said: list[Hint] = []
        for hint in missing:
            if now < self._free_at:
                break
            if (
                self._stood.get(hint, 0) < SETTLED_PLANS
                or hint.node_id in self._nodes_free_at
                or hint in self._pairs_free_at
            ):
                continue
            said.append(hint)
            self._nodes_free_at[hint.node_id] = now + NODE_PAUSE_S
            self._pairs_free_at[hint] = now + PAIR_PAUSE_S
            # A gateway that was quiet for long has no right to a burst.
            self._free_at = max(self._free_at, now - self._pause_s) + self._pause_s
        return said

    def _forget(self, now: float) -> None:
        self._nodes_free_at = {node_id: at for node_id, at in self._nodes_free_at.items() if at > now}
        self._pairs_free_at = {hint: at for hint, at in self._pairs_free_at.items() if at > now}
