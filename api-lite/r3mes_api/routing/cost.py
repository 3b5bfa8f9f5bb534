"""What it would cost a request to go to a node, in milliseconds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from r3mes_protocol.messages import Residency
from r3mes_protocol.wire import NodeId

USUAL_ANSWER_TOKENS = 128
"""How long an answer is thought to be before it is written."""

COLD_LOAD_MS = {Residency.GPU: 0.0, Residency.CPU: 300.0, Residency.DISK: 3000.0}
"""Until an adapter can be used, by where it lies."""

RECENT_FAILURE_MS = 1_000_000.0
"""A node that failed a moment ago comes after all that did not."""

NEAR_SHARE = 0.1
NEAR_MS = 5.0
"""Costs this close are equal: the estimates are no better than that."""


class Option(NamedTuple):
    """One node that could take the request now, with what speaks for and against it."""

    node_id: NodeId
    model: str
    adapter: str | None
    first_ms: float
    queue_ms: float
    cold_ms: float
    health_ms: float
    load: float
    """Jobs there are, in parts of the node's concurrency."""
    last_chosen: int
    hop_ms: float = 0.0
    """The way to the replica that holds the node's socket."""

    @property
    def cost_ms(self) -> float:
        return self.first_ms + self.queue_ms + self.cold_ms + self.health_ms + self.hop_ms


def queue_ms(load: float, token_s: float) -> float:
    """The answers ahead share the node with this one: as many of its places are taken, so much longer it takes."""
    return 1000.0 * load * token_s * USUAL_ANSWER_TOKENS


def pick(options: Sequence[Option], random: Random) -> Option:
    """The cheapest; of several that are nearly equal, the better of two taken at random.

    Everybody's cheapest would get all requests until its next report; two at random spread them almost as well as a
    full view of a network that changes all the time.
    """
    best = min(options, key=_cost)
    bound = best.cost_ms * (1 + NEAR_SHARE) + NEAR_MS
    near = [option for option in options if option.cost_ms <= bound]
    if len(near) == 1:
        return best
    return min(near if len(near) == 2 else random.sample(near, 2), key=_by_load)


def _cost(option: Option) -> tuple[float, int]:
    return (option.cost_ms, option.last_chosen)


def _by_load(option: Option) -> tuple[float, int]:
    return (option.load, option.last_chosen)
