"""The places that jobs take on nodes: which node gets a job, and when it is free again. Pure: time is passed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from random import Random
from typing import NamedTuple

from r3mes_api.nodes.node import Node
from r3mes_api.nodes.node_memory import NodeMemory
from r3mes_api.nodes.offers import SAMPLE, Offers
from r3mes_api.routing.choice import NoChoice, Target, Wanted, choose
from r3mes_api.routing.cost import Option, pick
from r3mes_protocol.messages import Capacity
from r3mes_protocol.wire import JobId, NodeId, SessionId


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


class Places:
    def __init__(
        self,
        nodes: Mapping[NodeId, Node],
        offers: Offers[Node],
        memory: NodeMemory,
        random: Random,
        *,
        failure_memory_s: float,
        refusal_memory_s: float,
    ) -> None:
        """`nodes` and `offers` are the registry's own; what it changes there counts at once."""
        self._nodes = nodes
        self._offers = offers
        self._memory = memory
        self._random = random
        self._failure_memory_s = failure_memory_s
        self._refusal_memory_s = refusal_memory_s
        self._jobs: dict[JobId, Node] = {}
        self._adapter_jobs: dict[JobId, str] = {}
        self._asked: Counter[str] = Counter()
        self._choices = 0
        self.homes: Mapping[str, Collection[NodeId]] = {}
        """The nodes that should have an adapter ready, by the adapter; set by placement."""

    @property
    def taken(self) -> int:
        return len(self._jobs)

    # --- choosing ---

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
        if not (node.load_with_room(now) is not None and node.breaker.lets_pass(now)):
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
        memory = self._failure_memory_s
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

    def could_serve(self, wanted: Wanted, now: float, excluded: Collection[NodeId]) -> bool:
        """Whether `reserve` would find a place now."""
        return not isinstance(self._options(wanted, now, excluded), NoChoice)

    def _unknown(self, wanted: Wanted) -> NoChoice:
        if not self._offers.everyone:
            return NoChoice.NO_NODES
        if wanted.adapter is None:
            return NoChoice.UNKNOWN_MODEL
        pool = self._offers.offering(wanted.model)
        knows_model = pool is not None and any(wanted.model in node.models for node in pool.members)
        return NoChoice.UNKNOWN_ADAPTER if wanted.model is None or knows_model else NoChoice.UNKNOWN_MODEL

    def _missing_or_unknown(self, reason: NoChoice, wanted: Wanted, now: float) -> NoChoice:
        if reason is NoChoice.UNKNOWN_MODEL and self._offers.offering(wanted.model) is not None:
            # It is here, and it is for chat or for embeddings, whichever this is not.
            return reason
        name = {NoChoice.UNKNOWN_MODEL: wanted.model, NoChoice.UNKNOWN_ADAPTER: wanted.adapter}.get(reason)
        return NoChoice.NO_NODES if name is not None and self._memory.was_offered(name, now) else reason

    # --- giving back ---

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
        node.full_until = now + self._refusal_memory_s
        if capacity is not None:
            node.active, node.queued = capacity.active, capacity.queued
            node.has_capacity(capacity.max_concurrency)

    # --- nodes that come and go ---

    def move(self, node: Node, jobs: Iterable[JobId]) -> None:
        """These jobs are the node's from now on."""
        node.jobs.update(jobs)
        self._jobs.update(dict.fromkeys(node.jobs, node))

    def vacate(self, node: Node) -> None:
        """The node is gone and takes its places with it."""
        for job_id in node.jobs:
            del self._jobs[job_id]
        node.jobs.clear()

    # --- what placement learns ---

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
