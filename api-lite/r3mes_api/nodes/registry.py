"""Who is registered, what it offers and how busy it is. No input or output: time and events are passed in."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple, TypeAlias

from r3mes_api.nodes.node import Node
from r3mes_api.nodes.node_memory import NodeMemory
from r3mes_api.nodes.offers import Offers, Pool
from r3mes_api.nodes.places import Places
from r3mes_protocol.limits import MAX_ADAPTERS_PER_NODE
from r3mes_protocol.messages import AdapterOffer, Adapters, Heartbeat, Register, RejectCode
from r3mes_protocol.wire import JobId, NodeId, SessionId

DEAD_AFTER_BEATS = 2
"""Missed heartbeats, without any other traffic, after which a session is dead."""


@dataclass(frozen=True, slots=True)
class RegistryLimits:
    heartbeat_s: float
    max_nodes: int
    max_jobs_per_node: int
    registrations_per_minute: int
    failure_memory_s: float
    refusal_memory_s: float
    max_adapters_per_node: int = MAX_ADAPTERS_PER_NODE
    offer_memory_s: float = 300.0
    """A model that was offered a moment ago is missing, not unknown."""


class Accepted(NamedTuple):
    generation: int
    replaced: SessionId | None
    """The older session of the same node, if it still has a socket; that is to be closed and its jobs moved."""
    resumes: SessionId | None = None
    """The session whose jobs are this session's from now on: what the node is not to go on with must be released."""
    dropped: SessionId | None = None
    """The session that lost its socket and will not be taken up again; its jobs are to be moved."""


class Refused(NamedTuple):
    code: RejectCode
    message: str


Admission: TypeAlias = Accepted | Refused


class Removed(NamedTuple):
    node_id: NodeId
    jobs: tuple[JobId, ...]


@dataclass(frozen=True, slots=True)
class _OfferedAdapters:
    """Names of adapters that a node offers which takes requests."""

    offers: Offers[Node]

    def __contains__(self, name: object) -> bool:
        pool = self.offers.offering(name) if isinstance(name, str) else None
        return pool is not None and any(name in node.adapters and not node.draining for node in pool.members)


class NodeRegistry:
    """At most one live session per node id; a newer one replaces the older.

    Nodes whose sockets other replicas hold are here too; those replicas say what becomes of them.
    """

    def __init__(self, limits: RegistryLimits, random: Random | None = None) -> None:
        self._limits = limits
        self._offers: Offers[Node] = Offers()
        self._nodes: dict[NodeId, Node] = {}
        self._sessions: dict[SessionId, Node] = {}
        self._suspended: dict[NodeId, Node] = {}
        """Nodes without a socket that may come back for their jobs; nobody can choose them."""
        self._generation = 0
        self.revision = 0
        """Another number after each change of what nodes offer."""
        self.memory = NodeMemory(
            registrations_per_minute=limits.registrations_per_minute, offer_memory_s=limits.offer_memory_s
        )
        self.places = Places(
            self._nodes,
            self._offers,
            self.memory,
            random or Random(),
            failure_memory_s=limits.failure_memory_s,
            refusal_memory_s=limits.refusal_memory_s,
        )

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def node(self, node_id: str) -> Node | None:
        return self._nodes.get(NodeId(node_id))

    def session_of(self, node_id: NodeId) -> SessionId | None:
        """The node's session with this gateway, also one that lost its socket and is waited for."""
        node = self._nodes.get(node_id)
        if node is None or node.replica is not None:
            node = self._suspended.get(node_id)
        return node.session_id if node is not None else None

    @property
    def sessions(self) -> Collection[SessionId]:
        """All of this gateway's registered sessions, with those that are waited for."""
        return self._sessions.keys()

    @property
    def has_serving_nodes(self) -> bool:
        return bool(self._offers.everyone)

    @property
    def max_adapters_per_node(self) -> int:
        return self._limits.max_adapters_per_node

    @property
    def memory_size(self) -> int:
        """Entries kept about nodes and offers that may be gone."""
        return self.memory.size(self._nodes)

    # --- sessions ---

    def register(self, session_id: SessionId, message: Register, owner: str | None, now: float) -> Admission:
        """The signature and the grant have been checked already."""
        assert session_id not in self._sessions
        node_id = NodeId(message.node_id)
        if not self.memory.may_register(node_id, now):
            return Refused(
                RejectCode.TOO_MANY_REGISTRATIONS,
                f"This node registered {self._limits.registrations_per_minute} times within a minute; "
                "wait before the next try.",
            )
        older = self._nodes.get(node_id)
        local = older if older is not None and older.replica is None else None
        suspended = self._suspended.get(node_id)
        if local is None and suspended is None and len(self._sessions) >= self._limits.max_nodes:
            return Refused(RejectCode.GATEWAY_FULL, f"The gateway has its {self._limits.max_nodes} nodes already.")
        resumed = self._resumed(local or suspended, message, owner)
        jobs = set(resumed.jobs) if resumed is not None else set()
        for former in (older, suspended):
            if former is not None:
                self._remove(former, now)
        self._generation += 1
        repute = self.memory.repute(node_id, now)
        node = Node(
            node_id=node_id,
            session_id=session_id,
            generation=self._generation,
            owner=owner,
            models={offer.name: offer.context_tokens for offer in message.models},
            adapters=self._first(message.available_loras),
            roles=message.roles,
            device=message.device,
            engine_version=message.engine_version,
            max_concurrency=message.max_concurrency,
            max_jobs=self._limits.max_jobs_per_node,
            connected_at=now,
            last_heard=now,
            breaker=repute.breaker,
            pace=repute.pace,
            continues=message.continues_answers,
            endpoint=message.endpoint is not None,
            loads_adapters=message.loads_adapters,
            # An address of its own is called for chat alone.
            embedding_models={
                offer.name: offer for offer in message.embedding_models or () if message.endpoint is None
            },
        )
        self._nodes[node_id] = node
        self._sessions[session_id] = node
        self.places.move(node, jobs)
        self._index(node)
        return Accepted(
            self._generation,
            replaced=local.session_id if local is not None else None,
            resumes=resumed.session_id if resumed is not None else None,
            dropped=suspended.session_id if suspended is not None and suspended is not resumed else None,
        )

    def _resumed(self, former: Node | None, message: Register, owner: str | None) -> Node | None:
        """The node's last session, if that is the one that the node wants to go on with and it earns for the same
        owner. A session id is a secret of one node, so another key, another gateway and an older session fail here."""
        if former is None or message.resume is None or former.owner != owner:
            return None
        return former if former.session_id == message.resume.session_id else None

    def suspended(self, session_id: SessionId, now: float) -> bool:
        """The socket was lost, and the node may come back: it can't be chosen, but it keeps its jobs until `closed`.
        False for a session that was replaced or never registered."""
        node = self._sessions.get(session_id)
        if node is None or self._nodes.get(node.node_id) is not node:
            return False
        jobs = set(node.jobs)
        self._remove(node, now)
        self.places.move(node, jobs)
        self._sessions[session_id] = self._suspended[node.node_id] = node
        return True

    def heard(self, session_id: SessionId, now: float) -> None:
        """Any frame is a sign of life."""
        node = self._sessions.get(session_id)
        if node is not None:
            node.last_heard = now

    def heartbeat(self, session_id: SessionId, beat: Heartbeat, now: float) -> None:
        node = self._sessions.get(session_id)
        if node is None:
            return
        node.last_heard = now
        node.active, node.queued = beat.active, beat.queued
        if beat.available_loras is not None:
            self._offers_now(node, self._first(beat.available_loras))
        node.free_vram_mb, node.telemetry = beat.free_vram_mb, beat.telemetry
        node.free_adapter_slots = beat.free_adapter_slots
        node.draining = beat.draining or node.leaving
        node.full_until = 0.0

    def adapters_changed(self, session_id: SessionId, message: Adapters) -> bool:
        """False where the node offers more than it may; then nothing was changed."""
        node = self._sessions.get(session_id)
        if node is None:
            return True
        adapters = dict(node.adapters)
        for name in message.removed:
            adapters.pop(name, None)
        adapters.update((offer.name, offer) for offer in message.changed)
        if len(adapters) > self._limits.max_adapters_per_node:
            return False
        self._offers_now(node, adapters)
        return True

    def _offers_now(self, node: Node, adapters: dict[str, AdapterOffer]) -> None:
        if adapters != node.adapters:
            self.revision += 1
            if node.set_adapters(adapters):
                self._index(node)

    def _first(self, offers: Sequence[AdapterOffer]) -> dict[str, AdapterOffer]:
        return {offer.name: offer for offer in offers[: self._limits.max_adapters_per_node]}

    def drain(self, session_id: SessionId) -> None:
        node = self._sessions.get(session_id)
        if node is not None:
            node.draining = True

    def closed(self, session_id: SessionId, now: float) -> Removed | None:
        """Also the end of a suspended session. None for one that was replaced or never registered: a late close can't
        unregister the newer one."""
        node = self._sessions.get(session_id)
        if node is None:
            return None
        jobs = tuple(node.jobs)
        self._remove(node, now)
        return Removed(node.node_id, jobs)

    def dead(self, now: float) -> list[SessionId]:
        """Sessions that missed their beats; also forgets what is too old to matter."""
        self.memory.forget(self._nodes, now)
        silence = DEAD_AFTER_BEATS * self._limits.heartbeat_s
        return [node.session_id for node in self._sessions.values() if now - node.last_heard > silence]

    def _index(self, node: Node) -> None:
        self.revision += 1
        if node.serving:
            self._offers.put(node, node.offered_names)

    def _remove(self, node: Node, now: float) -> None:
        self.revision += 1
        if self._suspended.get(node.node_id) is node:
            del self._suspended[node.node_id]
        else:
            del self._nodes[node.node_id]
            self._offers.remove(node)
        self._sessions.pop(node.session_id, None)
        self.places.vacate(node)
        self.memory.left(node.node_id, node.offered_names, now)

    # --- nodes of other replicas ---

    def put_elsewhere(self, node: Node, now: float) -> None:
        """A node whose socket another replica holds, or what is new of it. One that is here is never displaced."""
        known = self._nodes.get(node.node_id)
        if known is not None and known.replica is None:
            return
        if known is not None:
            if known.session_id == node.session_id and known.replica == node.replica:
                # The same registration: what was reserved on it stays reserved.
                node.last_chosen, node.warming = known.last_chosen, known.warming
                node.full_until = max(node.full_until, known.full_until)
                self.places.move(node, known.jobs)
                self._offers.remove(known)
            else:
                self._remove(known, now)
        repute = self.memory.repute(node.node_id, now)
        node.breaker, node.pace = repute.breaker, repute.pace
        self._nodes[node.node_id] = node
        self._index(node)

    def drop_elsewhere(self, node_id: NodeId, replica: str, now: float) -> None:
        node = self._nodes.get(node_id)
        if node is not None and node.replica == replica:
            self._remove(node, now)

    # --- what is offered ---

    def offering(self, name: str) -> Pool[Node] | None:
        """The serving nodes that offer a model or an adapter; None where there are none."""
        return self._offers.offering(name)

    def knows(self, name: str) -> bool:
        """Whether any serving node offers a model or an adapter of this name."""
        return self._offers.offering(name) is not None

    @property
    def adapters_offered(self) -> Container[str]:
        """A view: it is asked for a few names, never listed."""
        return _OfferedAdapters(self._offers)
