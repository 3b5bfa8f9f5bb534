"""Placer: looks at what is asked for, keeps the adapters' sets up to date and hints at what nodes should load."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from r3mes_api.nodes.node import Node
from r3mes_api.nodes.registry import NodeRegistry
from r3mes_api.placement.heat import Heat
from r3mes_api.placement.hints import Hint, Hints
from r3mes_api.placement.plan import Demand, Placed, fair_share, place, replicas
from r3mes_api.placement.rendezvous import ranked
from r3mes_protocol.messages import Residency
from r3mes_protocol.wire import NodeId

LOOKS_PER_PLAN = 5
"""Running requests are counted so many times between two plans."""

ASSUMED_SLOTS = 4
"""Adapters that fit on a node which does not tell; few, since they were placed blindly."""

ORDER_FACTOR = 4
SHORTEST_ORDER = 16
"""How far down its order an adapter looks for nodes with room."""


@dataclass(slots=True)
class _Order:
    stamp: object
    length: int
    nodes: list[NodeId]


class Placer:
    """Decides without input or output; `hint` is called for what a node should be told."""

    def __init__(
        self,
        registry: NodeRegistry,
        hint: Callable[[NodeId, str], None],
        *,
        least: int,
        hints_per_minute: float,
    ) -> None:
        """`least`: nodes that should have an adapter ready which is asked for at all. A rate of 0 gives no hints."""
        self._registry = registry
        self._hint = hint
        self._least = least
        self._heat = Heat()
        self._hints = Hints(per_minute=hints_per_minute) if hints_per_minute else None
        self._orders: dict[str, _Order] = {}
        self._replicas: dict[str, int] = {}
        self._fair = 0
        self.placed: Mapping[str, Placed] = {}

    def heat(self, adapter: str, now: float) -> float:
        """Requests for the adapter that run at once, on average."""
        return self._heat.of(adapter, now)

    def look(self, now: float) -> None:
        running, asked = self._registry.places.adapter_demand()
        self._heat.look(running, asked, now)

    def plan(self, now: float) -> Iterator[None]:
        """Places all adapters that are asked for. Pauses between two pieces of work of some milliseconds at most."""
        demands: list[Demand] = []
        slots: dict[NodeId, int] = {}
        for adapter in list(self._heat):
            nodes = self._order(adapter)
            if nodes:
                places = sum(node.places for node in nodes) / len(nodes)
                before = self._replicas.get(adapter, self._least)
                self._replicas[adapter] = replicas(before, self._heat.of(adapter, now), places, self._least)
                demands.append(Demand(adapter, self._replicas[adapter], [node.node_id for node in nodes]))
                for node in nodes:
                    if node.node_id not in slots:
                        told = node.adapter_slots()
                        slots[node.node_id] = ASSUMED_SLOTS if told is None else told
            yield
        wanted = {demand.adapter for demand in demands}
        for gone in self._orders.keys() - wanted:
            del self._orders[gone]
            self._replicas.pop(gone, None)
        self._fair = fair_share(demands, len(slots), self._fair)
        self.placed = place(demands, slots, self._fair)
        self._registry.places.homes = {adapter: frozenset(one.nodes) for adapter, one in self.placed.items()}
        if self._hints is not None:
            self._hints.planned(self.placed)

    def _order(self, adapter: str) -> list[Node]:
        """The nodes that may have the adapter, best first, as many as could matter."""
        pool = self._registry.offering(adapter)
        if pool is None:
            return []
        length = max(SHORTEST_ORDER, ORDER_FACTOR * self._replicas.get(adapter, self._least))
        known = self._orders.get(adapter)
        if known is None or known.stamp is not pool.stamp or known.length < length:
            nodes = ranked(adapter, (node.node_id for node in pool.members), length)
            known = self._orders[adapter] = _Order(pool.stamp, length, nodes)
        found = (self._registry.node(node_id) for node_id in known.nodes)
        return [node for node in found if node is not None and not node.draining and adapter in node.adapters]

    def hint(self, now: float) -> list[Hint]:
        """Tells nodes what to load, as fast as the bounds allow."""
        if self._hints is None:
            return []
        said = self._hints.due(self._missing(now), now)
        for one in said:
            self._hint(one.node_id, one.adapter)
        return said

    def _missing(self, now: float) -> Iterator[Hint]:
        for adapter in sorted(self.placed, key=lambda name: (-self._heat.of(name, now), name)):
            placed = self.placed[adapter]
            for node_id in placed.nodes if placed.fits else ():
                node = self._registry.node(node_id)
                # Each replica hints at the nodes whose sockets it holds.
                if node is None or node.replica is not None or not node.loads_adapters or node.draining:
                    continue
                offer = node.adapters.get(adapter)
                if offer is not None and offer.residency is not Residency.GPU and adapter not in node.warming:
                    yield Hint(node_id, adapter)

    async def run(self, clock: Callable[[], float], plan_s: float) -> None:
        """Looks, plans and hints until cancelled; makes a plan every `plan_s` seconds."""
        looks = 0
        while True:
            await asyncio.sleep(plan_s / LOOKS_PER_PLAN)
            self.look(clock())
            looks += 1
            if looks % LOOKS_PER_PLAN == 0:
                for _ in self.plan(clock()):
                    await asyncio.sleep(0)
            self.hint(clock())
