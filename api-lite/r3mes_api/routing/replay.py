"""What another policy would have chosen: `python -m r3mes_api.routing.replay FILE --policy least-loaded`.

FILE holds records as `GET /v1/requests/{id}` answers them, one JSON document a line.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from r3mes_api.routing.cost import Option, pick
from r3mes_protocol.wire import NodeId

Policy = Callable[[Sequence[Option], Random], Option]


def _least_loaded(options: Sequence[Option], random: Random) -> Option:
    return min(options, key=lambda option: (option.health_ms, option.load, option.last_chosen))


def _in_turn(options: Sequence[Option], random: Random) -> Option:
    return min(options, key=lambda option: option.last_chosen)


def _at_random(options: Sequence[Option], random: Random) -> Option:
    return random.choice(options)


POLICIES: dict[str, Policy] = {
    "cost": pick,
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


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m r3mes_api.routing.replay", description=(__doc__ or "").strip())
    parser.add_argument("file", type=Path)
    parser.add_argument("--policy", choices=sorted(POLICIES), default="least-loaded")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    try:
        lines = arguments.file.read_text(encoding="utf-8").splitlines()
        found = replay((json.loads(line) for line in lines if line.strip()), POLICIES[arguments.policy], arguments.seed)
    except (OSError, ValueError, BadRecord) as error:
        sys.stderr.write(f"{arguments.file} can't be replayed: {error}\n")
        return 2
    sys.stdout.write(
        f"{found.choices} choices, {found.same} the same\n"
        f"mean cost of what was taken: {found.taken_cost_ms:.1f} ms\n"
        f"mean cost under {arguments.policy}: {found.policy_cost_ms:.1f} ms\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
