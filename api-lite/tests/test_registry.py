"""The registry under any sequence of events: one live session a node, no place lost and none counted twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from r3mes_api.nodes.catalogue import Catalogue
from r3mes_api.nodes.places import Reservation
from r3mes_api.nodes.registry import Accepted, NodeRegistry, Refused, RegistryLimits
from r3mes_api.routing.choice import NoChoice, Wanted
from r3mes_protocol.grants import Role
from r3mes_protocol.messages import (
    AdapterOffer,
    Adapters,
    Capacity,
    Device,
    Heartbeat,
    ModelOffer,
    Register,
    RejectCode,
    Residency,
)
from r3mes_protocol.wire import JobId, NodeId, SessionId

LIMITS = RegistryLimits(
    heartbeat_s=10,
    max_nodes=3,
    max_jobs_per_node=4,
    registrations_per_minute=5,
    failure_memory_s=10,
    refusal_memory_s=1,
)


def registration(node: int, *, model: str = "m", concurrency: int = 2, role: Role = Role.SERVING) -> Register:
    return Register(
        node_id=f"{node:064x}",
        models=(ModelOffer(name=model, context_tokens=10),),
        roles=(role,),
        max_concurrency=concurrency,
        device=Device(kind="cpu", name="c", memory_mb=1),
        engine_version="1",
        signature="0" * 128,
    )


class RegistryMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        # Its own dice would make two runs of the same steps differ.
        self.registry = NodeRegistry(LIMITS, Random(0))
        self.now = 0.0
        self.count = 0
        self.live: dict[NodeId, SessionId] = {}
        self.gone: list[SessionId] = []
        self.jobs: dict[JobId, SessionId] = {}
        self.generation = 0

    @rule(seconds=st.floats(0, 30))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(node=st.integers(0, 4), concurrency=st.integers(1, 6))
    def a_node_registers(self, node: int, concurrency: int) -> None:
        self.count += 1
        session = SessionId(f"{self.count:032x}")
        message = registration(node, concurrency=concurrency)
        node_id = NodeId(message.node_id)
        admission = self.registry.register(session, message, None, self.now)
        if isinstance(admission, Refused):
            full = admission.code is RejectCode.GATEWAY_FULL
            assert not full or (len(self.live) == LIMITS.max_nodes and node_id not in self.live)
            return
        assert admission.generation > self.generation
        assert admission.replaced == self.live.get(node_id)
        self.generation = admission.generation
        if admission.replaced is not None:
            self._forget(admission.replaced)
        self.live[node_id] = session

    def _forget(self, session: SessionId) -> None:
        self.gone.append(session)
        self.jobs = {job: at for job, at in self.jobs.items() if at != session}

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def a_socket_closes(self, data: st.DataObject) -> None:
        node_id = data.draw(st.sampled_from(sorted(self.live)))
        session = self.live.pop(node_id)
        removed = self.registry.closed(session, self.now)
        assert removed is not None and removed.node_id == node_id
        assert set(removed.jobs) == {job for job, at in self.jobs.items() if at == session}
        self._forget(session)

    @precondition(lambda self: self.gone)
    @rule(data=st.data())
    def a_late_close_changes_nothing(self, data: st.DataObject) -> None:
        assert self.registry.closed(data.draw(st.sampled_from(self.gone)), self.now) is None

    @rule(model=st.sampled_from(["m", "other", None]))
    def a_request_comes(self, model: str | None) -> None:
        self.count += 1
        job = JobId(f"{self.count:016x}")
        found = self.registry.places.reserve(job, Wanted(model), self.now)
        if isinstance(found, Reservation):
            assert model != "other" and self.live[found.node_id] == found.session_id
            self.jobs[job] = found.session_id
        elif found is NoChoice.UNKNOWN_MODEL:
            assert model == "other"

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), how=st.sampled_from(["release", "refuse"]), active=st.integers(0, 9))
    def a_job_ends(self, data: st.DataObject, how: str, active: int) -> None:
        job = data.draw(st.sampled_from(sorted(self.jobs)))
        del self.jobs[job]
        if how == "release":
            assert self.registry.places.release(job)
            assert not self.registry.places.release(job)
        else:
            self.registry.places.refused(job, Capacity(active=active, queued=0, max_concurrency=3), self.now)
            self.registry.places.refused(job, None, self.now)

    @precondition(lambda self: self.live)
    @rule(data=st.data(), active=st.integers(0, 9), draining=st.booleans())
    def a_node_beats(self, data: st.DataObject, active: int, draining: bool) -> None:
        session = self.live[data.draw(st.sampled_from(sorted(self.live)))]
        self.registry.heartbeat(session, Heartbeat(active=active, queued=0, draining=draining), self.now)
        assert session not in self.registry.dead(self.now)

    @invariant()
    def one_live_session_for_each_node(self) -> None:
        assert {node.node_id: node.session_id for node in self.registry} == self.live

    @invariant()
    def no_place_is_lost_or_taken_twice(self) -> None:
        assert self.registry.places.taken == len(self.jobs)
        for node in self.registry:
            assert {job for job, at in self.jobs.items() if at == node.session_id} == node.jobs
            assert len(node.jobs) <= LIMITS.max_jobs_per_node

    @invariant()
    def only_the_silent_are_dead(self) -> None:
        dead = set(self.registry.dead(self.now))
        for node in self.registry:
            assert (node.session_id in dead) == (self.now - node.last_heard > 20)


TestRegistry = RegistryMachine.TestCase
TestRegistry.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


def _registry(*nodes: Register) -> NodeRegistry:
    registry = NodeRegistry(LIMITS)
    for number, message in enumerate(nodes):
        assert isinstance(registry.register(SessionId(f"s{number}"), message, None, 0), Accepted)
    return registry


def _job(number: int) -> JobId:
    return JobId(f"{number:016x}")


def test_the_least_loaded_node_gets_the_request_and_ties_alternate() -> None:
    registry = _registry(registration(0, concurrency=4), registration(1, concurrency=4))
    chosen = [registry.places.reserve(_job(n), Wanted(), 0) for n in range(8)]
    assert [c.node_id[-1] for c in chosen if isinstance(c, Reservation)] == list("01010101")
    assert registry.places.reserve(_job(9), Wanted(), 0) is NoChoice.FULL


def test_busy_is_a_load_and_no_reason_to_vanish() -> None:
    registry = _registry(registration(0), registration(1))
    registry.heartbeat(SessionId("s0"), Heartbeat(active=9, queued=4), 0)
    first = registry.places.reserve(_job(1), Wanted(), 0)
    assert isinstance(first, Reservation) and first.node_id.endswith("1")
    registry.closed(SessionId("s1"), 0)
    second = registry.places.reserve(_job(2), Wanted(), 0)
    assert isinstance(second, Reservation) and second.node_id.endswith("0")


@pytest.mark.parametrize("beats", [False, True])
def test_a_refusal_is_believed_for_a_moment_or_until_the_next_beat(beats: bool) -> None:
    registry = _registry(registration(0))
    assert isinstance(registry.places.reserve(_job(1), Wanted(), 0), Reservation)
    registry.places.refused(_job(1), Capacity(active=2, queued=0, max_concurrency=2), 0)
    assert registry.places.reserve(_job(2), Wanted(), 0.5) is NoChoice.FULL
    if beats:
        registry.heartbeat(SessionId("s0"), Heartbeat(active=0, queued=0), 0.6)
    assert isinstance(registry.places.reserve(_job(3), Wanted(), 0.6 if beats else 1.1), Reservation)


def test_a_node_that_failed_comes_last_even_after_a_reconnect() -> None:
    registry = _registry(registration(0), registration(1))
    registry.memory.failed(NodeId(f"{0:064x}"), 0)
    registry.register(SessionId("again"), registration(0), None, 1)
    assert [
        found.node_id[-1]
        for n in range(3)
        if isinstance(found := registry.places.reserve(_job(n), Wanted(), 2), Reservation)
    ] == list("110")


@pytest.mark.parametrize("role", [Role.MINING, Role.VALIDATOR, Role.PROPOSER])
def test_only_serving_nodes_serve(role: Role) -> None:
    assert _registry(registration(0, role=role)).places.reserve(_job(1), Wanted(), 0) is NoChoice.NO_NODES


def test_memories_are_forgotten() -> None:
    registry = _registry(registration(0))
    registry.memory.failed(NodeId("a"), 0)
    registry.closed(SessionId("s0"), 0)
    assert registry.places.reserve(_job(1), Wanted("m"), 1) is NoChoice.NO_NODES
    registry.register(SessionId("t"), registration(2, model="other"), None, 1)
    assert registry.places.reserve(_job(1), Wanted("m"), 1) is NoChoice.NO_NODES
    registry.dead(1000)
    assert registry.places.reserve(_job(1), Wanted("m"), 1000) is NoChoice.UNKNOWN_MODEL
    assert registry.memory_size == 0


def test_adapters_come_and_go_by_their_names() -> None:
    registry = NodeRegistry(LIMITS)
    registry.register(SessionId("s0"), registration(0), None, 0)
    session = SessionId("s0")
    disk = AdapterOffer(name="a")
    assert registry.adapters_changed(session, Adapters(changed=(disk, AdapterOffer(name="b"))))
    assert isinstance(registry.places.reserve(JobId("1"), Wanted("a"), 0), Reservation)
    # Nothing said is nothing changed.
    registry.heartbeat(session, Heartbeat(active=0, queued=0, free_adapter_slots=2), 1)
    (node,) = registry
    assert list(node.adapters) == ["a", "b"] and node.free_adapter_slots == 2
    gpu = AdapterOffer(name="a", residency=Residency.GPU)
    assert registry.adapters_changed(session, Adapters(changed=(gpu,), removed=("b", "never there")))
    assert node.adapters == {"a": gpu}
    assert registry.places.reserve(JobId("2"), Wanted("b"), 0) in (NoChoice.UNKNOWN_MODEL, NoChoice.NO_NODES)
    registry.heartbeat(session, Heartbeat(active=0, queued=0, available_loras=()), 2)
    assert node.adapters == {}
    assert registry.adapters_changed(SessionId("unknown"), Adapters())


def test_a_node_with_too_many_adapters_keeps_those_it_had() -> None:
    registry = NodeRegistry(replace(LIMITS, max_adapters_per_node=2))
    message = registration(0).model_copy(update={"available_loras": tuple(AdapterOffer(name=n) for n in "abc")})
    registry.register(SessionId("s0"), message, None, 0)
    (node,) = registry
    assert list(node.adapters) == ["a", "b"]
    assert not registry.adapters_changed(SessionId("s0"), Adapters(changed=(AdapterOffer(name="c"),)))
    assert registry.adapters_changed(SessionId("s0"), Adapters(changed=(AdapterOffer(name="c"),), removed=("a",)))
    assert list(node.adapters) == ["b", "c"]


def test_the_catalogue_is_always_what_the_nodes_offer() -> None:
    registry = NodeRegistry(replace(LIMITS, registrations_per_minute=100))
    catalogue = Catalogue(registry)
    random = Random(5)
    for step in range(300):
        session = SessionId(f"s{step}")
        live = list(registry)
        match random.randrange(4) if live else 0:
            case 0:
                registry.register(session, registration(random.randrange(4), model=random.choice("xy")), None, step)
            case 1:
                registry.closed(random.choice(live).session_id, step)
            case 2:
                offer = AdapterOffer(name=random.choice("abc"), residency=random.choice(list(Residency)))
                gone = tuple(random.choice("abc") for _ in range(random.randrange(2)))
                registry.adapters_changed(random.choice(live).session_id, Adapters(changed=(offer,), removed=gone))
            case 3:
                offers = tuple(AdapterOffer(name=name, residency=random.choice(list(Residency))) for name in "ab")
                beat = Heartbeat(active=0, queued=0, available_loras=random.choice((None, (), offers)))
                registry.heartbeat(random.choice(live).session_id, beat, step)
        found = {(one.name, where): count for one in catalogue.adapters for where, count in one.lies.items()}
        assert found == Counter((o.name, o.residency) for node in registry for o in node.adapters.values())
        by_name = {card.name: card.nodes for card in catalogue.models}
        assert by_name == Counter(name for node in registry for name in node.models)
