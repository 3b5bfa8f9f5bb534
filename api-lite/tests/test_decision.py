"""Decision records and their replay."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.routing.cost import Option, pick
from r3mes_api.routing.decision import SHOWN_OPTIONS, Decision, DecisionLog, Try
from r3mes_api.routing.replay import POLICIES, BadRecord, main, replay
from r3mes_protocol.wire import NodeId

AMOUNT = st.floats(0, 1000)


@st.composite
def tries(draw: st.DrawFn) -> Try:
    options = [
        Option(NodeId(str(number)), "m", None, draw(AMOUNT), draw(AMOUNT), 0.0, 0.0, draw(st.floats(0, 2)), number)
        for number in range(draw(st.integers(1, 12)))
    ]
    return Try(pick(options, Random(1)).node_id, 0.1, options)


@given(st.lists(tries(), min_size=1, max_size=4), st.sampled_from(sorted(POLICIES)))
def test_a_replay_is_repeatable_and_no_policy_is_cheaper_than_the_cheapest(taken: list[Try], name: str) -> None:
    decision = Decision("c", 1, "m", None, tries=taken)
    records = [json.loads(json.dumps(decision.document()))]
    assert all(len(one["options"]) <= SHOWN_OPTIONS for one in records[0]["tries"])
    found = replay(records, POLICIES[name], seed=3)
    assert found == replay(records, POLICIES[name], seed=3)
    assert found.choices <= len(taken) and found.same <= found.choices
    if found.choices == len(taken):
        cheapest = sum(min(option.cost_ms for option in one.options) for one in taken) / len(taken)
        assert found.policy_cost_ms >= cheapest - 0.001


def test_the_log_keeps_the_latest() -> None:
    log = DecisionLog(2)
    for name in "abc":
        log.add(Decision(name, 1, None, None))
    assert len(log) == 2 and log.get("a") is None and log.get("c") is not None


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = [
        Option(NodeId(n), "m", None, cost, 0.0, 0.0, 0.0, load, 0) for n, cost, load in (("a", 1, 1), ("b", 9, 0))
    ]
    file = tmp_path / "records.jsonl"
    record = json.dumps(Decision("c", 1, "m", None, tries=[Try(NodeId("a"), 0, options)]).document())
    file.write_text(f"{record}\n\n{record}\n")
    assert main([str(file), "--policy", "least-loaded"]) == 0
    assert capsys.readouterr().out.startswith("2 choices, 0 the same\nmean cost of what was taken: 1.0 ms\n")
    file.write_text("[]\n")
    assert main([str(file)]) == 2
    assert "can't be replayed" in capsys.readouterr().err
    with pytest.raises(BadRecord):
        replay([{"tries": [{"node": "a"}]}], POLICIES["cost"])
