"""Nodes by what they offer, and the choice among very many of them."""

from __future__ import annotations

import time
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from r3mes_api.nodes.offers import SAMPLE, Offers, Pool
from r3mes_api.nodes.places import Reservation
from r3mes_api.nodes.registry import Accepted, NodeRegistry, RegistryLimits
from r3mes_api.routing.choice import NoChoice, Wanted
from r3mes_protocol.grants import Role
from r3mes_protocol.messages import Device, ModelOffer, Register
from r3mes_protocol.wire import JobId, SessionId

NAMES = st.frozensets(st.sampled_from("abc"))


class OffersMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.offers: Offers[int] = Offers()
        self.model: dict[int, frozenset[str]] = {}

    @rule(member=st.integers(0, 5), names=NAMES)
    def put(self, member: int, names: frozenset[str]) -> None:
        self.offers.put(member, names)
        self.model[member] = names

    @rule(member=st.integers(0, 5))
    def remove(self, member: int) -> None:
        self.offers.remove(member)
        self.model.pop(member, None)

    @invariant()
    def every_name_leads_to_its_members(self) -> None:
        assert sorted(self.offers.everyone.members) == sorted(self.model)
        for name in "abc":
            pool = self.offers.offering(name)
            found = [] if pool is None else sorted(pool.members)
            assert found == sorted(member for member, names in self.model.items() if name in names)
            assert pool is None or found


TestOffers = OffersMachine.TestCase
TestOffers.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)


def test_a_sample_has_different_members_and_all_where_they_are_few() -> None:
    pool: Pool[int] = Pool()
    for number in range(SAMPLE):
        pool.add(number)
    assert sorted(pool.some(Random(1))) == list(range(SAMPLE))
    pool.add(SAMPLE)
    assert len(set(pool.some(Random(1)))) == SAMPLE


def many_nodes(count: int) -> NodeRegistry:
    limits = RegistryLimits(
        heartbeat_s=10,
        max_nodes=count,
        max_jobs_per_node=4,
        registrations_per_minute=5,
        failure_memory_s=10,
        refusal_memory_s=1,
    )
    registry = NodeRegistry(limits, Random(7))
    for number in range(count):
        message = Register(
            node_id=f"{number:064x}",
            models=(ModelOffer(name="common", context_tokens=10), ModelOffer(name=f"m{number % 50}", context_tokens=1)),
            roles=(Role.SERVING,),
            max_concurrency=2,
            device=Device(kind="cpu", name="c", memory_mb=1),
            engine_version="1",
            signature="0" * 128,
        )
        assert isinstance(registry.register(SessionId(f"s{number}"), message, None, 0), Accepted)
    return registry


def test_among_ten_thousand_nodes_a_choice_takes_no_more_than_two_milliseconds() -> None:
    registry = many_nodes(10_000)
    times: list[float] = []
    for number in range(2000):
        wanted = (Wanted("common"), Wanted(f"m{number % 50}"), Wanted(), Wanted("unknown"))[number % 4]
        # The CPU's time, since other programs may have the processor in between.
        start = time.process_time()
        found = registry.places.reserve(JobId(f"{number:016x}"), wanted, 0)
        times.append(time.process_time() - start)
        assert isinstance(found, Reservation) or found is NoChoice.UNKNOWN_MODEL
    times.sort()
    assert times[int(len(times) * 0.99)] < 0.002


def test_the_last_place_of_a_large_network_is_found() -> None:
    registry = many_nodes(100)
    for number in range(200):
        assert isinstance(registry.places.reserve(JobId(f"{number:016x}"), Wanted("common"), 0), Reservation)
    assert registry.places.reserve(JobId("f" * 16), Wanted("common"), 0) is NoChoice.FULL
