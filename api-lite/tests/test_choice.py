"""The choice of a node: a pure function, tried on every constellation that hypothesis finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.routing.breaker import FAILURES_TO_OPEN, Breaker
from r3mes_api.routing.choice import NoChoice, Target, Wanted, choose, resolve
from r3mes_api.routing.cost import NEAR_MS, NEAR_SHARE, cold_ms, pick
from r3mes_api.routing.pace import Pace
from r3mes_protocol.messages import AdapterOffer, EmbeddingOffer, Residency
from r3mes_protocol.wire import NodeId


@dataclass
class Candidate:
    node_id: NodeId
    models: dict[str, int]
    adapters: dict[str, AdapterOffer] = field(default_factory=dict)
    embedding_models: dict[str, EmbeddingOffer] = field(default_factory=dict)
    serving: bool = True
    draining: bool = False
    continues: bool = False
    last_chosen: int = 0
    hop_ms: float = 0.0
    breaker: Breaker = field(default_factory=Breaker)
    pace: Pace = field(default_factory=Pace)
    jobs: int = 0
    places: int = 4

    def load(self) -> float:
        return self.jobs / self.places

    def load_with_room(self, now: float) -> float | None:
        return self.load() if self.jobs < self.places else None

    def cold_ms(self, adapter: str, now: float) -> float:
        return cold_ms(self.adapters[adapter].residency, None, None, now)


MODELS = st.sampled_from(["a", "b", "c"])
ADAPTERS = st.sampled_from(["x", "y"])


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    count = draw(st.integers(0, 6))
    return [
        Candidate(
            NodeId(f"{number:064x}"),
            dict.fromkeys(draw(st.lists(MODELS, min_size=1, max_size=3)), 1),
            {
                name: AdapterOffer(name=name, base_model=draw(st.none() | MODELS))
                for name in draw(st.sets(ADAPTERS, max_size=2))
            },
            {
                name: EmbeddingOffer(name=name, dimensions=3, context_tokens=9)
                for name in draw(st.sets(st.sampled_from(["c", "e"]), max_size=2))
            },
            serving=draw(st.booleans()),
            draining=draw(st.booleans()),
            continues=draw(st.booleans()),
            last_chosen=draw(st.integers(0, 5)),
            jobs=draw(st.integers(0, 5)),
            places=draw(st.integers(1, 4)),
        )
        for number in range(count)
    ]


WANTED = st.builds(
    Wanted, st.none() | MODELS | st.sampled_from(["x", "z"]), st.none() | ADAPTERS | st.just("q"), st.booleans()
) | st.builds(Wanted, MODELS | st.sampled_from(["e", "z"]), embeds=st.just(True))


@given(candidates(), WANTED, st.data())
def test_the_options_are_all_nodes_that_may_serve(nodes: list[Candidate], wanted: Wanted, data: st.DataObject) -> None:
    ids = [node.node_id for node in nodes]
    excluded = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    failing = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    broken = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    for node in nodes:
        for _ in range(FAILURES_TO_OPEN if node.node_id in broken else node.node_id in failing):
            node.breaker.failed(0)
    eligible = {
        node.node_id: node
        for node in nodes
        if node.serving
        and (node.continues or not wanted.continuing)
        and not node.draining
        and node.load_with_room(0) is not None
        and node.node_id not in excluded | broken
        and resolve(node, wanted) is not None
    }
    options = choose(nodes, wanted, 0, excluded=excluded, failure_memory_s=10)
    if isinstance(options, NoChoice):
        assert not eligible
        return
    assert {option.node_id: Target(option.model, option.adapter) for option in options} == {
        node_id: resolve(node, wanted) for node_id, node in eligible.items()
    }
    chosen = pick(options, Random(0))
    if eligible.keys() - failing:
        assert chosen.node_id not in failing
    assert chosen.cost_ms <= min(option.cost_ms for option in options) * (1 + NEAR_SHARE) + NEAR_MS


@given(candidates(), WANTED)
def test_the_reason_is_the_true_one(nodes: list[Candidate], wanted: Wanted) -> None:
    chosen = choose(nodes, wanted, 0)
    serving = [node for node in nodes if node.serving and (node.continues or not wanted.continuing)]
    able = [node for node in serving if resolve(node, wanted) is not None]
    awake = [node for node in able if not node.draining]
    match chosen:
        case NoChoice.NO_NODES:
            assert not serving or (able and not awake)
        case NoChoice.UNKNOWN_MODEL | NoChoice.UNKNOWN_ADAPTER:
            assert serving and not able
        case NoChoice.FULL:
            assert awake and not any(node.load_with_room(0) is not None for node in awake)
        case NoChoice.EXHAUSTED:
            raise AssertionError("nothing was excluded")
    everything = {node.node_id for node in nodes}
    if awake:
        assert choose(nodes, wanted, 0, excluded=everything) is NoChoice.EXHAUSTED


def test_ties_of_two_go_in_turn() -> None:
    nodes = [Candidate(NodeId(str(n)), {"a": 1}, last_chosen=n) for n in (2, 1)]
    options = choose(nodes, Wanted(), 0)
    assert isinstance(options, list) and pick(options, Random(1)).node_id == "1"


def test_a_faster_node_and_a_loaded_adapter_are_preferred() -> None:
    slow, fast = (Candidate(NodeId(name), {"a": 1}, jobs=2) for name in ("slow", "fast"))
    slow.pace.answered(0, 0.5, 12.7, 128, 0.2)
    fast.pace.answered(0, 0.5, 1.27, 128, 0.02)
    options = choose([slow, fast], Wanted("a"), 0)
    assert isinstance(options, list) and pick(options, Random(1)).node_id == "fast"
    cold, warm = (
        Candidate(NodeId(name), {"a": 1}, {"x": AdapterOffer(name="x", residency=residency)})
        for name, residency in (("cold", Residency.DISK), ("warm", Residency.GPU))
    )
    options = choose([cold, warm], Wanted("a", "x"), 0)
    assert isinstance(options, list) and pick(options, Random(1)).node_id == "warm"


def test_how_requests_resolve() -> None:
    node = Candidate(
        NodeId("n"),
        {"base": 1, "other": 1},
        {
            "pirate": AdapterOffer(name="pirate", base_model="other"),
            "free": AdapterOffer(name="free"),
            "lost": AdapterOffer(name="lost", base_model="gone"),
        },
    )
    assert resolve(node, Wanted()) == Target("base", None)
    assert resolve(node, Wanted("other")) == Target("other", None)
    assert resolve(node, Wanted("pirate")) == Target("other", "pirate")
    assert resolve(node, Wanted(None, "pirate")) == Target("other", "pirate")
    assert resolve(node, Wanted("other", "free")) == Target("other", "free")
    assert resolve(node, Wanted("base", "pirate")) is None
    assert resolve(node, Wanted(None, "lost")) is None
    assert resolve(node, Wanted("pirate", "free")) is None
    assert resolve(Candidate(NodeId("e"), {}), Wanted()) is None


def test_a_model_is_for_chat_or_for_embeddings() -> None:
    node = Candidate(NodeId("0" * 64), {"a": 1}, {}, {"e": EmbeddingOffer(name="e", dimensions=3, context_tokens=9)})
    assert resolve(node, Wanted("e", embeds=True)) == Target("e", None)
    for wanted in (Wanted("e"), Wanted("a", embeds=True), Wanted(None, embeds=True)):
        assert resolve(node, wanted) is None
        assert choose([node], wanted, 0) is NoChoice.UNKNOWN_MODEL
