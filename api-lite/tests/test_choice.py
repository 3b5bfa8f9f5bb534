"""The choice of a node: a pure function, tried on every constellation that hypothesis finds."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.routing.choice import NoChoice, Target, Wanted, choose, resolve
from r3mes_protocol.messages import AdapterOffer
from r3mes_protocol.wire import NodeId


@dataclass
class Candidate:
    node_id: NodeId
    models: dict[str, int]
    adapters: dict[str, AdapterOffer] = field(default_factory=dict)
    serving: bool = True
    draining: bool = False
    last_chosen: int = 0
    jobs: int = 0
    places: int = 4

    def load(self) -> float:
        return self.jobs / self.places

    def has_room(self, now: float) -> bool:
        return self.jobs < self.places


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
            serving=draw(st.booleans()),
            draining=draw(st.booleans()),
            last_chosen=draw(st.integers(0, 5)),
            jobs=draw(st.integers(0, 5)),
            places=draw(st.integers(1, 4)),
        )
        for number in range(count)
    ]


WANTED = st.builds(Wanted, st.none() | MODELS | st.sampled_from(["x", "z"]), st.none() | ADAPTERS | st.just("q"))


@given(candidates(), WANTED, st.data())
def test_the_chosen_node_may_serve_and_none_is_better(
    nodes: list[Candidate], wanted: Wanted, data: st.DataObject
) -> None:
    ids = [node.node_id for node in nodes]
    excluded = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    failing = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    eligible = {
        node.node_id: node
        for node in nodes
        if node.serving
        and not node.draining
        and node.has_room(0)
        and node.node_id not in excluded
        and resolve(node, wanted) is not None
    }
    chosen = choose(nodes, wanted, 0, excluded=excluded, failing=failing)
    if isinstance(chosen, NoChoice):
        assert not eligible
        return
    node_id, target = chosen
    node = eligible[node_id]
    assert target == resolve(node, wanted)
    well = [other for other in eligible.values() if other.node_id not in failing]
    if well:
        assert node in well
    assert node.load() <= min(other.load() for other in (well or eligible.values()))


@given(candidates(), WANTED)
def test_the_reason_is_the_true_one(nodes: list[Candidate], wanted: Wanted) -> None:
    chosen = choose(nodes, wanted, 0)
    serving = [node for node in nodes if node.serving]
    able = [node for node in serving if resolve(node, wanted) is not None]
    awake = [node for node in able if not node.draining]
    match chosen:
        case NoChoice.NO_NODES:
            assert not serving or (able and not awake)
        case NoChoice.UNKNOWN_MODEL | NoChoice.UNKNOWN_ADAPTER:
            assert serving and not able
        case NoChoice.FULL:
            assert awake and not any(node.has_room(0) for node in awake)
        case NoChoice.EXHAUSTED:
            raise AssertionError("nothing was excluded")
    everything = {node.node_id for node in nodes}
    if awake:
        assert choose(nodes, wanted, 0, excluded=everything) is NoChoice.EXHAUSTED


def test_ties_go_in_turn() -> None:
    nodes = [Candidate(NodeId(str(n)), {"a": 1}, last_chosen=n) for n in (3, 1, 2)]
    chosen = choose(nodes, Wanted(), 0)
    assert isinstance(chosen, tuple) and chosen[0] == "1"


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
