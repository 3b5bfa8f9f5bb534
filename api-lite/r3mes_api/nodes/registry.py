"""Who is registered, what it offers and how busy it is. No input or output: time and events are passed in."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple, TypeAlias

from r3mes_api.nodes.offers import SAMPLE, Offers, Pool
from r3mes_api.routing.breaker import Breaker
from r3mes_api.routing.choice import NoChoice, Target, Wanted, choose
from r3mes_api.routing.cost import Option, cold_ms, pick
from r3mes_api.routing.pace import Pace
from r3mes_api.stakes.standing import Standing
from r3mes_protocol.grants import Role
from r3mes_protocol.limits import MAX_ADAPTERS_PER_NODE
from r3mes_protocol.messages import (
    AdapterOffer,
    Adapters,
    Capacity,
    Device,
    Heartbeat,
    Register,
    RejectCode,
    Residency,
    Telemetry,
)
from r3mes_protocol.wire import JobId, NodeId, SessionId

REGISTRATION_WINDOW_S = 60.0
"""`registrations_per_minute` counts within this time."""

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


@dataclass(slots=True, eq=False)
class Node:
    """One live registration."""

    node_id: NodeId
    session_id: SessionId
    generation: int
    owner: str | None
    models: dict[str, int]
    """Names and context lengths in tokens, in the node's order."""
    adapters: dict[str, AdapterOffer]
    roles: tuple[Role, ...]
    device: Device
    engine_version: str
    max_concurrency: int
    max_jobs: int
    connected_at: float
    last_heard: float
    breaker: Breaker
    pace: Pace
    endpoint: bool = False
    """Called at an address of its own."""
    continues: bool = False
    loads_adapters: bool = False
    draining: bool = False
    leaving: bool = False
    """The gateway sends it off: whatever its heartbeats say, it gets nothing new."""
    stake: Standing | None = None
    active: int = 0
    queued: int = 0
    free_vram_mb: int | None = None
    free_adapter_slots: int | None = None
    telemetry: Telemetry | None = None
    full_until: float = 0.0
    last_chosen: int = 0
    jobs: set[JobId] = field(default_factory=set)
    warming: dict[str, float] = field(default_factory=dict)
    """Adapters that requests made the node load, and when they should be ready."""
    replica: str | None = None
    """The replica that holds the node's socket; None for this gateway."""
    jobs_there: int = 0
    """What that replica says of the node's jobs, those of other gateways included."""
    hop_ms: float = 0.0
    """The way to that replica and back."""

    @property
    def serving(self) -> bool:
        return Role.SERVING in self.roles

    @property
    def places(self) -> int:
        return min(self.max_concurrency, self.max_jobs)

    @property
    def reserved(self) -> int:
        """Its jobs, as far as this gateway knows."""
        return max(len(self.jobs), self.jobs_there)

    def load(self) -> float:
        # The node may have work of its own, and its report is older than our own reservations.
        return max(self.reserved, self.active + self.queued) / self.places

    def has_room(self, now: float) -> bool:
        # What the node reports is a load, never a reason to leave it out: its own refusal is the authority.
        return now >= self.full_until and self.reserved < self.places

    def cold_ms(self, adapter: str, now: float) -> float:
        return cold_ms(self.adapters[adapter].residency, self.free_adapter_slots, self.warming.get(adapter), now)

    def is_asked(self, adapter: str, now: float) -> None:
        """A request for the adapter goes to the node, which has to get it ready."""
        cold = self.cold_ms(adapter, now)
        if cold and adapter not in self.warming:
            self.warming[adapter] = now + cold / 1000.0

    def set_adapters(self, adapters: dict[str, AdapterOffer]) -> bool:
        """What the node offers now; whether there are other names among it than before."""
        before, self.adapters = self.adapters, adapters
        for name in list(self.warming):
            old, new = before.get(name), adapters.get(name)
            if old is None or new is None or old.residency is not new.residency:
                del self.warming[name]
        return before.keys() != adapters.keys()

    def adapter_slots(self) -> int | None:
        """How many adapters fit onto the GPU; None where the node does not tell."""
        if self.free_adapter_slots is None:
            return None
        on_gpu = sum(1 for offer in self.adapters.values() if offer.residency is Residency.GPU)
        return on_gpu + self.free_adapter_slots


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


class Reservation(NamedTuple):
    """A place on a node, taken in the same step in which it was chosen."""

    job_id: JobId
    node_id: NodeId
    node_owner: str | None
    session_id: SessionId
    target: Target
    options: list[Option]
    """What there was to choose from."""
    replica: str | None = None
    """Where the node's socket is; None for this gateway."""


@dataclass(slots=True)
class Repute:
    """What is remembered of a node key beyond its session."""

    breaker: Breaker = field(default_factory=Breaker)
    pace: Pace = field(default_factory=Pace)
    needed_until: float = 0.0


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
        self._random = random or Random()
        self._offers: Offers[Node] = Offers()
        self._nodes: dict[NodeId, Node] = {}
        self._sessions: dict[SessionId, Node] = {}
        self._suspended: dict[NodeId, Node] = {}
        """Nodes without a socket that may come back for their jobs; nobody can choose them."""
        self._jobs: dict[JobId, Node] = {}
        self._adapter_jobs: dict[JobId, str] = {}
        self._asked: Counter[str] = Counter()
        self.revision = 0
        """Another number after each change of what nodes offer."""
        self.homes: Mapping[str, Collection[NodeId]] = {}
        """The nodes that should have an adapter ready, by the adapter; set by placement."""
        self._registrations: dict[NodeId, deque[float]] = {}
        self._reputes: dict[NodeId, Repute] = {}
        self._offered_until: dict[str, float] = {}
        self._generation = 0
        self._choices = 0

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def node(self, node_id: str) -> Node | None:
        return self._nodes.get(NodeId(node_id))

    @property
    def has_serving_nodes(self) -> bool:
        return bool(self._offers.everyone)

    @property
    def max_adapters_per_node(self) -> int:
        return self._limits.max_adapters_per_node

    @property
    def job_count(self) -> int:
        return len(self._jobs)

    @property
    def memory_size(self) -> int:
        """Entries kept about nodes and offers that may be gone."""
        absent = self._reputes.keys() - self._nodes.keys()
        return len(self._registrations) + len(absent) + len(self._offered_until)

    # --- sessions ---

    def register(self, session_id: SessionId, message: Register, owner: str | None, now: float) -> Admission:
        """The signature and the grant have been checked already."""
        assert session_id not in self._sessions
        node_id = NodeId(message.node_id)
        recent = self._registrations.setdefault(node_id, deque())
        while recent and recent[0] <= now - REGISTRATION_WINDOW_S:
            recent.popleft()
        if len(recent) >= self._limits.registrations_per_minute:
            return Refused(
                RejectCode.TOO_MANY_REGISTRATIONS,
                f"This node registered {len(recent)} times within a minute; wait before the next try.",
            )
        recent.append(now)
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
        repute = self._repute(node_id, now)
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
            jobs=jobs,
        )
        self._nodes[node_id] = node
        self._sessions[session_id] = node
        self._jobs.update(dict.fromkeys(jobs, node))
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
        node.jobs = jobs
        self._jobs.update(dict.fromkeys(jobs, node))
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
        self._forget(now)
        silence = DEAD_AFTER_BEATS * self._limits.heartbeat_s
        return [node.session_id for node in self._sessions.values() if now - node.last_heard > silence]

    def _index(self, node: Node) -> None:
        self.revision += 1
        if node.serving:
            self._offers.put(node, (*node.models, *node.adapters))

    def _repute(self, node_id: NodeId, now: float) -> Repute:
        repute = self._reputes.get(node_id)
        if repute is None:
            repute = self._reputes[node_id] = Repute()
        repute.needed_until = now + self._limits.offer_memory_s
        return repute

    def _remove(self, node: Node, now: float) -> None:
        self.revision += 1
        if self._suspended.get(node.node_id) is node:
            del self._suspended[node.node_id]
        else:
            del self._nodes[node.node_id]
            self._offers.remove(node)
        self._repute(node.node_id, now)
        self._sessions.pop(node.session_id, None)
        for job_id in node.jobs:
            del self._jobs[job_id]
        node.jobs.clear()
        for name in (*node.models, *node.adapters):
            self._offered_until[name] = now + self._limits.offer_memory_s

    def _forget(self, now: float) -> None:
        for node_id, times in list(self._registrations.items()):
            if not times or times[-1] <= now - REGISTRATION_WINDOW_S:
                del self._registrations[node_id]
        for name, until in list(self._offered_until.items()):
            if until <= now:
                del self._offered_until[name]
        for node_id, repute in list(self._reputes.items()):
            if node_id not in self._nodes and repute.needed_until <= now:
                del self._reputes[node_id]

    # --- nodes of other replicas ---

    def put_elsewhere(self, node: Node, now: float) -> None:
        """A node whose socket another replica holds, or what is new of it. One that is here is never displaced."""
        known = self._nodes.get(node.node_id)
        if known is not None and known.replica is None:
            return
        if known is not None:
            if known.session_id == node.session_id and known.replica == node.replica:
                # The same registration: what was reserved on it stays reserved.
                node.jobs, node.last_chosen, node.warming = known.jobs, known.last_chosen, known.warming
                node.full_until = max(node.full_until, known.full_until)
                for job_id in node.jobs:
                    self._jobs[job_id] = node
                self._offers.remove(known)
            else:
                self._remove(known, now)
        repute = self._repute(node.node_id, now)
        node.breaker, node.pace = repute.breaker, repute.pace
        self._nodes[node.node_id] = node
        self._index(node)

    def drop_elsewhere(self, node_id: NodeId, replica: str, now: float) -> None:
        node = self._nodes.get(node_id)
        if node is not None and node.replica == replica:
            self._remove(node, now)

    # --- jobs ---

    def reserve(
        self, job_id: JobId, wanted: Wanted, now: float, excluded: Collection[NodeId] = ()
    ) -> Reservation | NoChoice:
        """Chooses and takes a place in one step."""
        assert job_id not in self._jobs
        options = self._options(wanted, now, excluded)
        if isinstance(options, NoChoice):
            return self._missing_or_unknown(options, wanted, now)
        chosen = pick(options, self._random)
        node = self._nodes[chosen.node_id]
        self._take(node, job_id, now)
        if chosen.adapter is not None:
            node.is_asked(chosen.adapter, now)
            self._adapter_jobs[job_id] = chosen.adapter
            self._asked[chosen.adapter] += 1
        target = Target(chosen.model, chosen.adapter)
        return Reservation(job_id, node.node_id, node.owner, node.session_id, target, options, node.replica)

    def reserve_on(self, job_id: JobId, node_id: NodeId, now: float) -> SessionId | None:
        """A place for a job that another replica chose this node for. None where the node can't take it now."""
        node = self._nodes.get(node_id)
        if node is None or node.replica is not None or node.draining or job_id in self._jobs:
            return None
        if not (node.has_room(now) and node.breaker.lets_pass(now)):
            return None
        self._take(node, job_id, now)
        return node.session_id

    def _take(self, node: Node, job_id: JobId, now: float) -> None:
        self._choices += 1
        node.last_chosen = self._choices
        node.jobs.add(job_id)
        node.breaker.asked(now)
        self._jobs[job_id] = node

    def _options(self, wanted: Wanted, now: float, excluded: Collection[NodeId]) -> list[Option] | NoChoice:
        """Among many nodes only a sample is looked at; all of them only when nobody in it could take the request."""
        name = wanted.adapter or wanted.model
        pool = self._offers.offering(name)
        if pool is None:
            return self._unknown(wanted)
        sample = pool.some(self._random)
        if len(sample) < len(pool):
            sample = self._with_homes(name, sample)
        memory = self._limits.failure_memory_s
        options = choose(sample, wanted, now, excluded=excluded, failure_memory_s=memory, homes=self.homes)
        if isinstance(options, NoChoice) and len(sample) < len(pool):
            options = choose(pool.members, wanted, now, excluded=excluded, failure_memory_s=memory, homes=self.homes)
        return self._unknown(wanted) if options is NoChoice.UNKNOWN_MODEL else options

    def _with_homes(self, name: str | None, sample: Sequence[Node]) -> Sequence[Node]:
        """A sample of many nodes would miss the few that have the adapter ready."""
        homes = list(self.homes.get(name, ())) if name is not None else []
        if not homes:
            return sample
        taken = homes if len(homes) <= SAMPLE else self._random.sample(homes, SAMPLE)
        known = {node.node_id for node in sample}
        found = (self._nodes.get(node_id) for node_id in taken if node_id not in known)
        return [*sample, *(node for node in found if node is not None)]

    # --- adapters ---

    def adapter_demand(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Requests by adapter: those that run, and those that came since this was asked last."""
        running: Counter[str] = Counter()
        for job_id, adapter in list(self._adapter_jobs.items()):
            if job_id in self._jobs:
                running[adapter] += 1
            else:
                del self._adapter_jobs[job_id]
        asked, self._asked = self._asked, Counter()
        return running, asked

    def offering(self, name: str) -> Pool[Node] | None:
        """The serving nodes that offer a model or an adapter; None where there are none."""
        return self._offers.offering(name)

    def _unknown(self, wanted: Wanted) -> NoChoice:
        if not self._offers.everyone:
            return NoChoice.NO_NODES
        if wanted.adapter is None:
            return NoChoice.UNKNOWN_MODEL
        pool = self._offers.offering(wanted.model)
        knows_model = pool is not None and any(wanted.model in node.models for node in pool.members)
        return NoChoice.UNKNOWN_ADAPTER if wanted.model is None or knows_model else NoChoice.UNKNOWN_MODEL

    def knows(self, name: str) -> bool:
        """Whether any serving node offers a model or an adapter of this name."""
        return self._offers.offering(name) is not None

    @property
    def adapters_offered(self) -> Container[str]:
        """A view: it is asked for a few names, never listed."""
        return _OfferedAdapters(self._offers)

    def could_serve(self, wanted: Wanted, now: float, excluded: Collection[NodeId]) -> bool:
        """Whether `reserve` would find a place now."""
        return not isinstance(self._options(wanted, now, excluded), NoChoice)

    def _missing_or_unknown(self, reason: NoChoice, wanted: Wanted, now: float) -> NoChoice:
        name = {NoChoice.UNKNOWN_MODEL: wanted.model, NoChoice.UNKNOWN_ADAPTER: wanted.adapter}.get(reason)
        if name is not None and self._offered_until.get(name, 0.0) > now:
            return NoChoice.NO_NODES
        return reason

    def release(self, job_id: JobId) -> bool:
        """Gives a place back. False when its node is gone and took the place with it."""
        node = self._jobs.pop(job_id, None)
        if node is None:
            return False
        node.jobs.discard(job_id)
        node.breaker.unanswered()
        # Until the next heartbeat the node's own report still counts the job that just ended.
        node.active = max(0, node.active - 1)
        return True

    def refused(self, job_id: JobId, capacity: Capacity | None, now: float) -> None:
        """The node had no room for this job. Its own word is the authority; the place is given back."""
        node = self._jobs.pop(job_id, None)
        if node is None:
            return
        node.jobs.discard(job_id)
        node.breaker.unanswered()
        node.full_until = now + self._limits.refusal_memory_s
        if capacity is not None:
            node.active, node.queued = capacity.active, capacity.queued
            node.max_concurrency = capacity.max_concurrency

    def failed(self, node_id: NodeId, now: float) -> None:
        """Remembered by identity, so that a reconnect does not wash it off."""
        self._repute(node_id, now).breaker.failed(now)

    def succeeded(self, node_id: NodeId, now: float) -> None:
        self._repute(node_id, now).breaker.succeeded()

    def pace(self, node_id: NodeId, now: float) -> Pace:
        """How fast the node was so far; what is learnt goes into it."""
        return self._repute(node_id, now).pace
