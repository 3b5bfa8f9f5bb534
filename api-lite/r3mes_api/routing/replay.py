"""What another policy would have chosen: `python -m r3mes_api.routing.replay FILE --policy least-loaded`, and which
adapters other thresholds of the routers would have chosen: `--thresholds 0.9,0.6,0.5`.

FILE holds records as `GET /v1/requests/{id}` answers them, one JSON document a line; a gateway with
`R3MES_DECISION_FILE` writes such a file.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from r3mes_api.adapter_choice.cascade import Thresholds, asks_meaning, settled
from r3mes_api.adapter_choice.decision import Verdict
from r3mes_api.routing.cost import Option, pick
from r3mes_protocol.wire import NodeId

Policy = Callable[[Sequence[Option], Random], Option]


def _least_loaded(options: Sequence[Option], random: Random) -> Option:
    return min(options, key=lambda option: (option.health_ms, option.load, option.last_chosen))


def _in_turn(options: Sequence[Option], random: Random) -> Option:
    return min(options, key=lambda option: option.last_chosen)


def _at_random(options: Sequence[Option], random: Random) -> Option:
    return random.choice(options)


def _without_placement(options: Sequence[Option], random: Random) -> Option:
    blind = [option._replace(place_ms=0.0) for option in options]
    return options[blind.index(pick(blind, random))]


def _without_residency(options: Sequence[Option], random: Random) -> Option:
    blind = [option._replace(place_ms=0.0, cold_ms=0.0) for option in options]
    return options[blind.index(pick(blind, random))]


POLICIES: dict[str, Policy] = {
    "cost": pick,
    "without-placement": _without_placement,
    "without-residency": _without_residency,
    "least-loaded": _least_loaded,
    "in-turn": _in_turn,
    "random": _at_random,
}


class Comparison(NamedTuple):
    choices: int
    same: int
    """Choices in which the policy takes the node that was taken."""
    taken_cost_ms: float
    """Mean cost, as it was estimated then, of what was taken."""
    policy_cost_ms: float


class BadRecord(Exception):
    """A line that is no decision record."""


def replay(records: Iterable[dict[str, Any]], policy: Policy, seed: int = 0) -> Comparison:
    """Lets the policy choose wherever a choice was recorded. The same seed gives the same comparison.

    Raises BadRecord.
    """
    random = Random(seed)
    choices = same = 0
    taken_ms = policy_ms = 0.0
    for record in records:
        for node_id, options in _choices(record):
            taken = next((option for option in options if option.node_id == node_id), None)
            if taken is None:
                # It was none of the best that the record shows.
                continue
            other = policy(options, random)
            choices += 1
            same += other.node_id == node_id
            taken_ms += taken.cost_ms
            policy_ms += other.cost_ms
    return Comparison(choices, same, taken_ms / max(1, choices), policy_ms / max(1, choices))


def _choices(record: dict[str, Any]) -> list[tuple[NodeId, list[Option]]]:
    try:
        return [
            (NodeId(one["node"]), [Option(*(option[name] for name in Option._fields)) for option in one["options"]])
            for one in record["tries"]
            if one["options"]
        ]
    except (KeyError, TypeError):
        raise BadRecord("a line is no record of GET /v1/requests/{id}") from None


class CascadeComparison(NamedTuple):
    prompts: int
    """Those for which the gateway chose the adapter."""
    same: int
    """Prompts for which the other thresholds settle on the same topic."""
    unknown: int
    """Prompts for which they would ask the meaning, which was not asked then."""


def replay_cascade(records: Iterable[dict[str, Any]], thresholds: Thresholds) -> CascadeComparison:
    """Lets other thresholds judge what the routers said of each prompt. Raises BadRecord."""
    prompts = same = unknown = 0
    for record in records:
        try:
            route = record["router"]
            if route is None:
                continue
            said = {
                step["router"]: Verdict(step["topic"], step["confidence"] or 0.0)
                for step in route["steps"]
                if step["router"] in ("keyword", "semantic")
            }
            outcomes = [step["outcome"] for step in route["steps"] if step["router"] in said]
        except (KeyError, TypeError, AttributeError):
            raise BadRecord("a line is no record of GET /v1/requests/{id}") from None
        if "keyword" not in said:
            continue
        prompts += 1
        # The last router that named a topic was followed, whether or not nodes had its adapter.
        then = next((outcome for outcome in reversed(outcomes) if outcome not in ("no_match", "unsure")), None)
        semantic = said.get("semantic")
        if semantic is None and route["semantic"] and asks_meaning(said["keyword"], thresholds):
            unknown += 1
        elif settled(said["keyword"], semantic, thresholds).topic == then:
            same += 1
    return CascadeComparison(prompts, same, unknown)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m r3mes_api.routing.replay", description=(__doc__ or "").strip())
    parser.add_argument("file", type=Path)
    parser.add_argument("--policy", choices=sorted(POLICIES), default="least-loaded")
    parser.add_argument(
        "--thresholds", type=_thresholds, metavar="CERTAIN,KEYWORD,SEMANTIC", help="judge the routers by these instead"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    try:
        lines = arguments.file.read_text(encoding="utf-8").splitlines()
        records = [json.loads(line) for line in lines if line.strip()]
        found = replay(records, POLICIES[arguments.policy], arguments.seed)
        routed = None if arguments.thresholds is None else replay_cascade(records, arguments.thresholds)
    except (OSError, ValueError, BadRecord) as error:
        sys.stderr.write(f"{arguments.file} can't be replayed: {error}\n")
        return 2
    sys.stdout.write(
        f"{found.choices} choices, {found.same} the same\n"
        f"mean cost of what was taken: {found.taken_cost_ms:.1f} ms\n"
        f"mean cost under {arguments.policy}: {found.policy_cost_ms:.1f} ms\n"
    )
    if routed is not None:
        sys.stdout.write(
            f"{routed.prompts} prompts whose adapter was chosen, {routed.same} to the same topic, "
            f"{routed.unknown} would need a meaning that was not asked\n"
        )
    return 0


def _thresholds(text: str) -> Thresholds:
    parts = text.split(",")
    try:
        values = [float(part) for part in parts]
    except ValueError:
        values = []
    if len(values) != 3 or not all(0 <= value <= 1 for value in values):
        raise argparse.ArgumentTypeError("three numbers from 0 to 1, such as 0.85,0.45,0.4")
    return Thresholds(*values)


if __name__ == "__main__":
    sys.exit(main())
