"""What is remembered of nodes that may be gone: how they behaved, how often they came, what they offered. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from r3mes_api.routing.breaker import Breaker
from r3mes_api.routing.pace import Pace
from r3mes_protocol.wire import NodeId

REGISTRATION_WINDOW_S = 60.0
"""`registrations_per_minute` counts within this time."""


@dataclass(slots=True)
class Repute:
    """Of a node's key, so that a reconnect does not wash it off."""

    breaker: Breaker = field(default_factory=Breaker)
    pace: Pace = field(default_factory=Pace)
    needed_until: float = 0.0


class NodeMemory:
    def __init__(self, *, registrations_per_minute: int, offer_memory_s: float) -> None:
        self._registrations_per_minute = registrations_per_minute
        self._offer_memory_s = offer_memory_s
        self._registrations: dict[NodeId, deque[float]] = {}
        self._reputes: dict[NodeId, Repute] = {}
        self._offered_until: dict[str, float] = {}

    def size(self, present: Container[NodeId]) -> int:
        """Entries kept about nodes and offers that may be gone."""
        absent = sum(1 for node_id in self._reputes if node_id not in present)
        return len(self._registrations) + absent + len(self._offered_until)

    def forget(self, present: Container[NodeId], now: float) -> None:
        """Drops what is too old to matter."""
        for node_id, times in list(self._registrations.items()):
            if not times or times[-1] <= now - REGISTRATION_WINDOW_S:
                del self._registrations[node_id]
        for name, until in list(self._offered_until.items()):
            if until <= now:
                del self._offered_until[name]
        for node_id, repute in list(self._reputes.items()):
            if node_id not in present and repute.needed_until <= now:
                del self._reputes[node_id]

    # --- how often it came ---

    def may_register(self, node_id: NodeId, now: float) -> bool:
        """Counts the registration, unless there were too many within the window."""
        recent = self._registrations.setdefault(node_id, deque())
        while recent and recent[0] <= now - REGISTRATION_WINDOW_S:
            recent.popleft()
        if len(recent) >= self._registrations_per_minute:
            return False
        recent.append(now)
        return True

    # --- how it behaved ---

    def repute(self, node_id: NodeId, now: float) -> Repute:
        repute = self._reputes.get(node_id)
        if repute is None:
            repute = self._reputes[node_id] = Repute()
        repute.needed_until = now + self._offer_memory_s
        return repute

    def failed(self, node_id: NodeId, now: float) -> None:
        self.repute(node_id, now).breaker.failed(now)

    def succeeded(self, node_id: NodeId, now: float) -> None:
        self.repute(node_id, now).breaker.succeeded()

    def pace(self, node_id: NodeId, now: float) -> Pace:
        """How fast the node was so far; what is learnt goes into it."""
        return self.repute(node_id, now).pace

    # --- what it offered ---

    def left(self, node_id: NodeId, names: Iterable[str], now: float) -> None:
        """A node that offered these names is gone; it may come back, and so may they."""
        self.repute(node_id, now)
        for name in names:
            self._offered_until[name] = now + self._offer_memory_s

    def was_offered(self, name: str, now: float) -> bool:
        """Whether a name that nobody offers was offered a moment ago: then it is missing, not unknown."""
        return self._offered_until.get(name, 0.0) > now
