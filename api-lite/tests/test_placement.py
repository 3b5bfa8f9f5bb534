"""Which nodes should have which adapter: sets that move little, stay bounded, don't flap, and save loads."""

from __future__ import annotations

import heapq
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r3mes_api.nodes.places import Reservation
from r3mes_api.nodes.registry import NodeRegistry, RegistryLimits
from r3mes_api.placement.heat import COLD, MAX_WARM, Heat
from r3mes_api.placement.hints import NODE_PAUSE_S, PAIR_PAUSE_S, SETTLED_PLANS, Hint, Hints
from r3mes_api.placement.placer import LOOKS_PER_PLAN, Placer
from r3mes_api.placement.plan import Demand, Placed, fair_share, place, replicas
from r3mes_api.placement.rendezvous import ranked
from r3mes_api.routing.choice import NoChoice, Wanted
from r3mes_protocol.grants import Role
from r3mes_protocol.messages import AdapterOffer, Adapters, Device, Heartbeat, ModelOffer, Register, Residency
from r3mes_protocol.wire import JobId, NodeId, SessionId


def node_ids(count: int, seed: int = 1) -> list[NodeId]:
    random = Random(seed)
    return [NodeId(f"{random.getrandbits(256):064x}") for _ in range(count)]


# --- rendezvous ------------------------------------------------------------------------------------------------


@given(st.text(max_size=20), st.integers(2, 40), st.integers(1, 10), st.integers(0, 1000), st.data())
def test_who_joins_or_leaves_changes_the_order_of_no_two_others(
    adapter: str, count: int, length: int, seed: int, data: st.DataObject
) -> None:
    nodes = node_ids(count, seed)
    leaving = data.draw(st.sampled_from(nodes))
    order = ranked(adapter, nodes, count)
    assert sorted(order) == sorted(nodes)
    assert ranked(adapter, reversed(nodes), length) == order[:length]
    assert ranked(adapter, [node for node in nodes if node != leaving], count) == [n for n in order if n != leaving]


def test_adapters_are_spread_evenly() -> None:
    nodes = node_ids(20)
    first = Counter(ranked(f"adapter-{number}", nodes, 1)[0] for number in range(4000))
    assert len(first) == 20 and max(first.values()) < 1.25 * 200 and min(first.values()) > 0.75 * 200


# --- sets ------------------------------------------------------------------------------------------------------


def demands_on(nodes: list[NodeId], wanted: dict[str, int]) -> list[Demand]:
    return [Demand(name, count, ranked(name, nodes, max(16, 4 * count))) for name, count in wanted.items()]


WANTED = st.dictionaries(st.integers(0, 200).map(lambda number: f"a{number}"), st.integers(1, 6), max_size=60)


@given(WANTED, st.integers(1, 30), st.integers(0, 9), st.integers(0, 50))
def test_sets_are_bounded_and_the_same_for_the_same_view(
    wanted: dict[str, int], count: int, most: int, seed: int
) -> None:
    nodes = node_ids(count, seed)
    random = Random(seed)
    slots = {node: random.randint(0, most) for node in nodes}
    demands = demands_on(nodes, wanted)
    fair = fair_share(demands, count, 0)
    placed = place(demands, slots, fair)
    shuffled = demands[:]
    random.shuffle(shuffled)
    assert place(shuffled, slots, fair) == placed
    assert placed.keys() == wanted.keys()
    used: Counter[NodeId] = Counter()
    for demand in demands:
        one = placed[demand.adapter]
        assert one.nodes and len(set(one.nodes)) == len(one.nodes) <= demand.replicas
        assert set(one.nodes) <= set(demand.order)
        if one.fits:
            used.update(one.nodes)
        else:
            assert one.nodes == (demand.order[0],)
    assert all(used[node] <= slots[node] for node in nodes), "no node is asked for more than fits"
    room_left = sum(slots.values()) - sum(used.values())
    if room_left and count <= 16:
        # Every adapter sees every node: none goes without while there is room.
        assert all(one.fits for one in placed.values())


@given(st.integers(0, 30))
def test_without_need_no_node_is_a_hotspot(seed: int) -> None:
    nodes = node_ids(20, seed)
    demands = demands_on(nodes, {f"a{number}": 2 for number in range(100)})
    placed = place(demands, dict.fromkeys(nodes, 1000), fair_share(demands, 20, 0))
    used = Counter(node for one in placed.values() for node in one.nodes)
    assert max(used.values()) <= 16, "10 are the average"


@given(st.lists(st.integers(0, 300), min_size=1, max_size=30), st.integers(1, 50))
def test_the_fair_share_is_always_enough_and_then_stays(totals: list[int], nodes: int) -> None:
    order = node_ids(20)
    fair = 0
    for total in totals:
        demands = [Demand(str(number), 1, order) for number in range(total)]
        fair = fair_share(demands, nodes, fair)
        assert fair * nodes >= total
        assert fair_share(demands, nodes, fair) == fair


def moved(before: dict[str, Placed], after: dict[str, Placed]) -> int:
    return sum(len(set(after[name].nodes) - set(one.nodes)) for name, one in before.items())


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000))
def test_a_node_that_leaves_or_joins_moves_little_more_than_its_own(seed: int) -> None:
    nodes = node_ids(50, seed)
    random = Random(seed)
    wanted = {f"a{number}": random.choice((1, 1, 1, 2, 3)) for number in range(150)}
    slots = dict.fromkeys(nodes, 8)
    fair = fair_share(demands_on(nodes, wanted), 50, 0)
    all_of_them = place(demands_on(nodes, wanted), slots, fair)
    leaving = random.choice(nodes)
    left = [node for node in nodes if node != leaving]
    assert fair_share(demands_on(left, wanted), 49, fair) == fair
    without = place(demands_on(left, wanted), dict.fromkeys(left, 8), fair)
    own = sum(leaving in one.nodes for one in all_of_them.values())
    total = sum(len(one.nodes) for one in all_of_them.values())
    assert total >= 150
    assert own <= moved(all_of_them, without) <= own + 12
    assert moved(without, all_of_them) <= own + 12


# --- how many --------------------------------------------------------------------------------------------------

HEAT = st.floats(0, 500)


@given(st.integers(1, 50), HEAT, st.floats(1, 64), st.integers(1, 3))
def test_the_number_settles_and_then_stays(current: int, heat: float, places: float, least: int) -> None:
    seen = [current]
    for _ in range(200):
        seen.append(replicas(seen[-1], heat, places, least))
    settled = seen[-1]
    assert seen[100] == settled >= least
    assert settled * places >= heat, "there is room for all that runs"
    directions = {second > first for first, second in pairwise(seen) if first != second}
    assert len(directions) <= 1, "it goes one way"


@given(st.integers(2, 50), HEAT, st.floats(1, 64), st.floats(1.0, 1.2))
def test_a_little_more_heat_does_not_undo_a_shrink(current: int, heat: float, places: float, more: float) -> None:
    after = replicas(current, heat, places, 1)
    if after < current:
        assert replicas(after, heat * more, places, 1) <= current - 1


# --- heat ------------------------------------------------------------------------------------------------------


def test_heat_rises_in_seconds_falls_in_minutes_and_is_forgotten() -> None:
    heat = Heat()
    for second in range(20):
        heat.look({"a": 10}, {}, second)
    assert heat.of("a", 19) > 6
    for second in range(20, 80):
        heat.look({}, {}, second)
    assert 1 < heat.of("a", 79) < 6, "a minute later it is still warm"
    for minute in range(80, 80 + 60 * 60, 60):
        heat.look({}, {}, minute)
    assert len(heat) == 0 and heat.of("a", 4000) == 0


def test_one_request_warms_an_adapter_for_a_while() -> None:
    heat = Heat()
    heat.look({}, {}, 0)
    heat.look({}, {"a": 1}, 1)
    assert heat.of("a", 1) > COLD
    for second in range(2, 4000):
        heat.look({}, {}, second)
    assert "a" not in set(heat)


@given(st.lists(st.tuples(st.dictionaries(st.sampled_from("abc"), st.integers(0, 50)), st.floats(0, 300)), max_size=20))
def test_heat_is_never_more_than_was_ever_running(looks: list[tuple[dict[str, int], float]]) -> None:
    heat, now = Heat(), 0.0
    most: Counter[str] = Counter()
    for running, passed in looks:
        now += passed
        heat.look(running, {}, now)
        for name, count in running.items():
            most[name] = max(most[name], count)
        assert all(0 <= heat.of(name, now) <= most[name] + 1e-9 for name in "abc")


def test_only_so_many_adapters_are_kept_warm_and_the_hottest_are() -> None:
    heat = Heat()
    for second in range(3):
        heat.look({f"a{number}": number + 1 for number in range(MAX_WARM + 100)}, {}, second)
    assert len(heat) == MAX_WARM and set(heat) == {f"a{number}" for number in range(100, MAX_WARM + 100)}


# --- hints -----------------------------------------------------------------------------------------------------


def on(nodes: Iterable[str], *, fits: bool = True) -> Placed:
    return Placed(tuple(NodeId(node) for node in nodes), fits)


def test_a_hint_waits_until_its_placement_has_settled() -> None:
    hints = Hints(per_minute=6000)
    pair = Hint(NodeId("n"), "a")
    for plans in range(1, SETTLED_PLANS + 2):
        hints.planned({"a": on(["n"])})
        assert hints.due([pair], float(plans)) == ([pair] if plans == SETTLED_PLANS else [])
    other = Hints(per_minute=6000)
    for turn in range(10):
        # A node that comes and goes is never asked.
        other.planned({"a": on(["n"] if turn % 2 else ["m"])})
        assert other.due([pair, Hint(NodeId("m"), "a")], float(turn)) == []
    full = Hints(per_minute=6000)
    for turn in range(5):
        full.planned({"a": on(["n"], fits=False)})
        assert full.due([pair], float(turn)) == []


@settings(deadline=None)
@given(
    st.sampled_from([1.0, 6.0, 60.0, 600.0]),
    st.lists(st.floats(0, 20), min_size=1, max_size=60),
    st.integers(1, 12),
    st.integers(1, 12),
)
def test_hints_keep_to_their_rates(per_minute: float, pauses: list[float], adapters: int, nodes: int) -> None:
    hints = Hints(per_minute=per_minute)
    pairs = [Hint(NodeId(f"n{n}"), f"a{a}") for a in range(adapters) for n in range(nodes)]
    placed = {f"a{a}": on(f"n{n}" for n in range(nodes)) for a in range(adapters)}
    now = 0.0
    said: list[tuple[float, Hint]] = []
    for pause in pauses:
        now += pause
        hints.planned(placed)
        said += [(now, hint) for hint in hints.due(pairs, now)]
    for first in range(len(said)):
        for last in range(first + 1, len(said)):
            window = said[last][0] - said[first][0]
            assert last - first <= window * per_minute / 60 + 2
            if said[first][1].node_id == said[last][1].node_id:
                assert window >= NODE_PAUSE_S - 1e-6
            if said[first][1] == said[last][1]:
                assert window >= PAIR_PAUSE_S - 1e-6


# --- a network on a fake clock ---------------------------------------------------------------------------------

NODES, SLOTS, PLACES = 50, 8, 8
ADAPTERS = 300
LOAD_S = 3.0
ANSWER_S = 4.0
REQUESTS_PER_S = 40.0
LOOK_S = 1.0


@dataclass
class SimulatedNode:
    """Keeps the adapters that were used last, as engines do."""

    session: SessionId
    loaded: OrderedDict[str, float] = field(default_factory=OrderedDict)
    """By adapter, when it is ready."""
    loads: int = 0
    hinted: int = 0
    evictions: int = 0

    def use(self, adapter: str, now: float, *, ahead: bool = False) -> float:
        """When the adapter is ready. A load counts as cold where a request waits for it."""
        if adapter not in self.loaded:
            if len(self.loaded) >= SLOTS:
                self.loaded.popitem(last=False)
                self.evictions += 1
            self.loaded[adapter] = now + LOAD_S
            if ahead:
                self.hinted += 1
            else:
                self.loads += 1
        self.loaded.move_to_end(adapter)
        return max(now, self.loaded[adapter])


class Simulation:
    """Requests for adapters, Zipf-distributed, on nodes that all offer all of them."""

    def __init__(self, seed: int, *, placing: bool, blind: bool = False) -> None:
        self.random = Random(seed)
        limits = RegistryLimits(
            heartbeat_s=10,
            max_nodes=NODES,
            max_jobs_per_node=PLACES,
            registrations_per_minute=5,
            failure_memory_s=10,
            refusal_memory_s=1,
        )
        self.registry = NodeRegistry(limits, Random(seed))
        self.nodes: dict[NodeId, SimulatedNode] = {}
        self.blind = blind
        self.names = [f"adapter-{number}" for number in range(ADAPTERS)]
        self.shares = list(accumulate(1 / (number + 1) ** 1.1 for number in range(ADAPTERS)))
        self.placer = Placer(self.registry, self._hint, least=1, hints_per_minute=60) if placing else None
        self.now = 0.0
        self.waited: list[float] = []
        self.refused = 0
        self.most_sets: list[int] = []
        offers = tuple(AdapterOffer(name=name) for name in self.names)
        for number, node_id in enumerate(node_ids(NODES, seed)):
            session = SessionId(f"s{number}")
            register = Register(
                node_id=node_id,
                models=(ModelOffer(name="base", context_tokens=1),),
                available_loras=offers,
                roles=(Role.SERVING,),
                max_concurrency=PLACES,
                device=Device(kind="cuda", name="g", memory_mb=1),
                engine_version="1",
                loads_adapters=True,
                signature="0" * 128,
            )
            self.registry.register(session, register, None, 0)
            self.nodes[node_id] = SimulatedNode(session)

    def _hint(self, node_id: NodeId, adapter: str) -> None:
        self.nodes[node_id].use(adapter, self.now, ahead=True)

    def run(self, seconds: float) -> Simulation:
        events: list[tuple[float, int, Callable[[], None]]] = []
        count = 0

        def at(when: float, what: Callable[[], None]) -> None:
            nonlocal count
            count += 1
            heapq.heappush(events, (when, count, what))

        def arrive() -> None:
            at(self.now + self.random.expovariate(REQUESTS_PER_S), arrive)
            self._ask(at)

        def beat(node_id: NodeId) -> None:
            at(self.now + 10, lambda: beat(node_id))
            self._tell(node_id)

        def look(number: int) -> None:
            at(self.now + LOOK_S, lambda: look(number + 1))
            assert self.placer is not None
            self.placer.look(self.now)
            if number % LOOKS_PER_PLAN == 0:
                deque(self.placer.plan(self.now), maxlen=0)
                self.most_sets.append(max((len(one.nodes) for one in self.placer.placed.values()), default=0))
            self.placer.hint(self.now)

        at(0, arrive)
        for number, node_id in enumerate(self.nodes):
            at(number * 10 / NODES, lambda node_id=node_id: beat(node_id))  # type: ignore[misc]
        if self.placer is not None:
            at(0, lambda: look(1))
        while events[0][0] < seconds:
            self.now, _, what = heapq.heappop(events)
            what()
        return self

    def _ask(self, at: Callable[[float, Callable[[], None]], None]) -> None:
        adapter = self.random.choices(self.names, cum_weights=self.shares)[0]
        job_id = JobId(f"{len(self.waited) + self.refused:016x}")
        found = self._choose(job_id, adapter)
        if found is None:
            self.refused += 1
            return
        ready = self.nodes[found].use(adapter, self.now)
        self.waited.append(ready - self.now)
        at(ready + self.random.expovariate(1 / ANSWER_S), lambda: self._end(job_id))

    def _choose(self, job_id: JobId, adapter: str) -> NodeId | None:
        excluded: set[NodeId] = set()
        if self.blind:
            # The cost is not looked at: any node with room.
            with_room = [node.node_id for node in self.registry if node.load_with_room(self.now) is not None]
            excluded = set(self.nodes) - {self.random.choice(with_room)} if with_room else set()
        reservation = self.registry.places.reserve(job_id, Wanted("base", adapter), self.now, excluded)
        if isinstance(reservation, NoChoice):
            return None
        assert isinstance(reservation, Reservation)
        return reservation.node_id

    def _end(self, job_id: JobId) -> None:
        self.registry.places.release(job_id)

    def _tell(self, node_id: NodeId) -> None:
        simulated = self.nodes[node_id]
        node = self.registry.node(node_id)
        assert node is not None
        on_gpu = {name for name, ready in simulated.loaded.items() if ready <= self.now}
        known = {name for name, offer in node.adapters.items() if offer.residency is Residency.GPU}
        changed = [
            AdapterOffer(name=name, residency=Residency.GPU if name in on_gpu else Residency.DISK)
            for name in on_gpu ^ known
        ]
        self.registry.adapters_changed(simulated.session, Adapters(changed=tuple(changed)))
        active = len(node.jobs)
        beat = Heartbeat(active=active, queued=0, free_adapter_slots=SLOTS - len(simulated.loaded))
        self.registry.heartbeat(simulated.session, beat, self.now)

    @property
    def cold_loads(self) -> int:
        return sum(node.loads for node in self.nodes.values())

    @property
    def evictions(self) -> int:
        return sum(node.evictions for node in self.nodes.values())


def test_fifty_nodes_under_a_zipf_load_load_far_less_than_at_random() -> None:
    seconds = 50
    blind = Simulation(3, placing=False, blind=True).run(seconds)
    cost = Simulation(3, placing=False).run(seconds)
    placed = Simulation(3, placing=True).run(seconds)
    for name, one in (("random", blind), ("cost alone", cost), ("placement", placed)):
        hinted = sum(node.hinted for node in one.nodes.values())
        print(
            f"{name}: {len(one.waited)} requests, {one.cold_loads} waited for a load, {one.evictions} evictions, "
            f"{hinted} loads ahead, mean wait {sum(one.waited) / len(one.waited):.2f} s, {one.refused} refused"
        )
    assert placed.refused == 0
    assert placed.cold_loads < 0.5 * blind.cold_loads
    assert placed.cold_loads <= cost.cold_loads
    assert placed.evictions < 0.5 * blind.evictions, "no eviction storm"
    assert sum(placed.waited) / len(placed.waited) < 0.5 * sum(blind.waited) / len(blind.waited)
    assert placed.placer is not None
    hottest = placed.placer.placed["adapter-0"]
    assert 1 < len(hottest.nodes) < NODES // 2, "heat made its set grow, within bounds"


# --- at a real gateway -----------------------------------------------------------------------------------------


async def test_nodes_are_told_what_to_load_and_only_those_that_asked_for_it(
    start_gateway: Any, start_node: Any, client: httpx.AsyncClient, until: Any
) -> None:
    gateway = start_gateway(
        inference_mode="remote", node_auth="open", adapter_plan_s=0.05, adapter_nodes=3, adapter_hints_per_minute=6000
    )
    offers = (AdapterOffer(name="coder", digest="d" * 64), AdapterOffer(name="never-asked"))
    loaded = (AdapterOffer(name="coder", digest="d" * 64, residency=Residency.GPU),)
    cold = [await start_node(gateway, adapters=offers, loads_adapters=True) for _ in range(2)]
    warm = await start_node(gateway, adapters=loaded, loads_adapters=True)
    deaf = await start_node(gateway, adapters=offers)
    body = {"model": "coder", "messages": [{"role": "user", "content": "x"}]}
    answer = await client.post(f"{gateway.url}/v1/chat/completions", json=body)
    assert answer.status_code == 200 and len(warm.jobs) == 1, "the one that has it answers"
    record = (await client.get(f"{gateway.url}/v1/requests/{answer.headers['x-request-id']}")).json()
    assert {option["cold_ms"] for option in record["tries"][0]["options"]} == {0.0, 3000.0}
    await until(lambda: any(node.hints for node in cold), "a hint")
    for node in (*cold, warm, deaf):
        assert {(hint.name, hint.digest) for hint in node.hints} <= {("coder", "d" * 64)}
        assert len(node.hints) <= 1
    assert not warm.hints and not deaf.hints


def settled_sizes(simulation: Simulation) -> Iterator[int]:
    yield from simulation.most_sets[-6:]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a_longer_load_keeps_its_sets(seed: int) -> None:
    simulation = Simulation(seed, placing=True).run(600)
    assert simulation.refused == 0
    sizes = list(settled_sizes(simulation))
    assert max(sizes) - min(sizes) <= 2, "steady load, steady sets"
