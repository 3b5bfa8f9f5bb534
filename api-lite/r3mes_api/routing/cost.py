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

EVICTION_MS = 1500.0
"""Where no slot is free another adapter has to leave, and the next request for that one pays."""

OUTSIDE_WARM_MS = 100.0
"""A node outside of the adapter's set that happens to have it ready: used, but not kept warm at the set's expense."""

OUTSIDE_COLD_MS = 3000.0
"""A load outside of the set pushes out what belongs there. Worth it only where the set has long queues."""

WARMING_MEMORY_S = 30.0
"""A node that was asked for an adapter loads it; if it says nothing of that for so long, it has not."""

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
    place_ms: float = 0.0
    """For a node that is not among those which should have the adapter."""

    @property
    def cost_ms(self) -> float:
        return self.first_ms + self.queue_ms + self.cold_ms + self.health_ms + self.hop_ms + self.place_ms


def cold_ms(residency: Residency, free_slots: int | None, ready_at: float | None, now: float) -> float:
    """Until the node can use the adapter. `ready_at`: when it should have it because of an earlier request."""
    if residency is Residency.GPU:
        return 0.0
    if ready_at is not None and now < ready_at + WARMING_MEMORY_S:
        return max(0.0, 1000.0 * (ready_at - now))
    return COLD_LOAD_MS[residency] + (EVICTION_MS if free_slots == 0 else 0.0)


def place_ms(at_home: bool, cold: float) -> float:
    """What speaks against a node that is not in the adapter's set."""
    if at_home:
        return 0.0
    return OUTSIDE_COLD_MS if cold else OUTSIDE_WARM_MS


def queue_ms(load: float, token_s: float) -> float:
    """The answers ahead share the node with this one: as many of its places are taken, so much longer it takes."""
    return 1000.0 * load * token_s * USUAL_ANSWER_TOKENS


def pick(options: Sequence[Option], random: Random) -> Option:
    """The cheapest; of several that are nearly equal, the better of two taken at random.

    Everybody's cheapest would get all requests until its next report; two at random spread them almost as well as a
    full view of a network that changes all the time.
    """
    if len(options) == 1:
        return options[0]
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
