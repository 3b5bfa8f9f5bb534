"""How many nodes should have an adapter ready, and which. Pure.

As llm-d found, preferring nodes that have an adapter makes hotspots, and adding load to the preference makes eviction
storms. So each adapter has a bounded set of nodes that grows under heat, and each node a bounded number of adapters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from r3mes_protocol.wire import NodeId

HEADROOM = 1.5
"""A set has so many times the places that its adapter needs now: a burst must not start a load."""

SHRINK_MARGIN = 1.6
"""A set shrinks only where a smaller one would do with so much more heat. The gap to growing is what stops flapping."""

SPREAD = 1.25
"""No node gets more than so many times the average of replicas, while others have room."""


def replicas(current: int, heat: float, places_per_node: float, least: int) -> int:
    """How many nodes should have an adapter, given how many have had it. Grows at once, shrinks by one."""
    need = heat * HEADROOM / max(1.0, places_per_node)
    if ceil(need) > current:
        return max(least, ceil(need))
    if current > least and ceil(need * SHRINK_MARGIN) < current:
        return current - 1
    return max(least, current)


@dataclass(frozen=True, slots=True)
class Demand:
    adapter: str
    replicas: int
    order: Sequence[NodeId]
    """Nodes that offer it, in its own order; longer than `replicas` where there are more."""


@dataclass(frozen=True, slots=True)
class Placed:
    nodes: tuple[NodeId, ...]
    """Best first. Never empty where any node offers the adapter: requests need an agreed place in any case."""
    fits: bool
    """Whether the nodes have room for it beside what else is placed there; otherwise nobody is asked to load it."""


def fair_share(demands: Sequence[Demand], nodes: int, before: int) -> int:
    """Replicas that a node gets at most while others have room. `before`: the share until now.

    It changes only where it has to grow or is twice too large: otherwise a single node more or less could move it, and
    with it a whole chain of adapters.
    """
    total = sum(min(demand.replicas, len(demand.order)) for demand in demands)
    needed = ceil(SPREAD * total / max(1, nodes))
    return before if needed <= before < 2 * needed + 2 else needed + needed // 4


def place(demands: Sequence[Demand], slots: Mapping[NodeId, int], fair: int) -> dict[str, Placed]:
    """Sets for all adapters at once. `slots`: how many adapters fit on each node. `fair`: see `fair_share`.

    The first node of every adapter is found before the second of any. Within a round those with more replicas come
    first, then by name, so that the same view always gives the same sets.
    """
    wanted = sorted((demand for demand in demands if demand.order), key=lambda one: (-one.replicas, one.adapter))
    used: dict[NodeId, int] = {}
    sets: dict[str, list[NodeId]] = {demand.adapter: [] for demand in wanted}
    for number in range(1, max((demand.replicas for demand in wanted), default=0) + 1):
        for demand in wanted:
            if demand.replicas < number or len(sets[demand.adapter]) < number - 1:
                continue
            found = _first_with_room(demand.order, sets[demand.adapter], used, slots, fair)
            if found is not None:
                sets[demand.adapter].append(found)
                used[found] = used.get(found, 0) + 1
    return {
        demand.adapter: Placed(tuple(sets[demand.adapter]), True)
        if sets[demand.adapter]
        else Placed((demand.order[0],), False)
        for demand in wanted
    }


def _first_with_room(
    order: Sequence[NodeId], taken: Sequence[NodeId], used: Mapping[NodeId, int], slots: Mapping[NodeId, int], fair: int
) -> NodeId | None:
    beyond: NodeId | None = None
    for node_id in order:
        room = slots.get(node_id, 0)
        has = used.get(node_id, 0)
        if node_id in taken or has >= room:
            continue
        if has < fair:
            return node_id
        if beyond is None:
            beyond = node_id
    return beyond
