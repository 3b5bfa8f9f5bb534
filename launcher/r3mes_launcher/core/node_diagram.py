"""Draws the node's state machine for the documentation, by trying every event in every state that can be reached.

python -m r3mes_launcher.core.node_diagram --write docs/architecture.md
python -m r3mes_launcher.core.node_diagram --check docs/architecture.md    # exit 1 where it is not up to date
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from r3mes_launcher.core.back_off import BackOff
from r3mes_launcher.core.node_events import (
    CancelRequested,
    Closing,
    DeviceChosen,
    DrainEnded,
    EngineComplained,
    EngineDisconnected,
    EngineExited,
    EngineLoading,
    EngineReady,
    EngineRegistered,
    EngineSick,
    EngineUnfit,
    EngineUnkillable,
    Event,
    Provisioned,
    ProvisioningCancelled,
    ProvisioningFailed,
    ProvisioningProgressed,
    Reconfigured,
    Retried,
    RuntimeFound,
    StartRefused,
    Suspended,
    Tick,
    Wished,
)
from r3mes_launcher.core.node_machine import step
from r3mes_launcher.core.node_machine_state import NodeMachineState
from r3mes_launcher.core.policy.reasons import ActiveReason, SuspendReason, Urgency
from r3mes_launcher.core.process_outcome import ProcessOutcome
from r3mes_launcher.core.state import Actual, Desired, DeviceChoice, Fault, Progress
from r3mes_protocol.exit_codes import ExitCode

BEGIN, END = "<!-- node-machine:begin -->", "<!-- node-machine:end -->"

_FAULT = Fault("a_fault", "It did not work.")
_PROGRESS = Progress("Working")
_NEVER, _LATE = -1.0, 1e9


def _reasons(urgency: Urgency) -> tuple[ActiveReason, ...]:
    return (ActiveReason(SuspendReason.UPDATE, "update", (), 0.0, urgency=urgency),)


# Every event with what tells its outcomes apart, and the words of its arrow.
_TRIED: tuple[tuple[str, Event, float], ...] = (
    ("switched on", Wished(Desired.SERVING), 0.0),
    ("switched off", Wished(Desired.OFF), 0.0),
    ("closing", Closing(), 0.0),
    ("try again", Retried(), 0.0),
    ("another device", DeviceChosen(DeviceChoice.CPU), 0.0),
    ("another gateway", Reconfigured(), 0.0),
    *(("a reason to suspend", Suspended(_reasons(urgency)), 0.0) for urgency in Urgency),
    ("no reason left", Suspended(()), 0.0),
    ("engine found", RuntimeFound(True), 0.0),
    ("engine missing", RuntimeFound(False), 0.0),
    ("installing", ProvisioningProgressed(_PROGRESS), 0.0),
    ("installed", Provisioned(), 0.0),
    ("installation failed", ProvisioningFailed(_FAULT), 0.0),
    ("cancelled", CancelRequested(), 0.0),
    ("installation cancelled", ProvisioningCancelled(), 0.0),
    ("not started", StartRefused(_FAULT), 0.0),
    ("not started", StartRefused(_FAULT, runtime_missing=True), 0.0),
    ("loading", EngineLoading(_PROGRESS), 0.0),
    ("ready", EngineReady(), 0.0),
    ("registered", EngineRegistered(), 0.0),
    ("gateway lost", EngineDisconnected("gone"), 0.0),
    ("complaint", EngineComplained(_FAULT), 0.0),
    ("unfit", EngineUnfit(_FAULT), 0.0),
    ("no results", EngineSick("brought nothing"), 0.0),
    ("drained", DrainEnded(), 0.0),
    ("engine ended", EngineExited(ProcessOutcome(1)), 0.0),
    ("hopeless end", EngineExited(ProcessOutcome(int(ExitCode.MODEL_UNUSABLE))), 0.0),
    ("no GPU", EngineExited(ProcessOutcome(int(ExitCode.NO_USABLE_GPU))), 0.0),
    ("can't be ended", EngineUnkillable(), 0.0),
    ("time", Tick(), _LATE),
)


_SPECIAL_ENDS = frozenset({"hopeless end", "no GPU"})


def arrows() -> dict[tuple[Actual, Actual], tuple[str, ...]]:
    """From where to where, and by which events. What stays in its state is left out."""
    found: dict[tuple[Actual, Actual], dict[str, None]] = defaultdict(dict)
    # Two losses are enough to see both of their outcomes.
    first = NodeMachineState(back_off=BackOff(max_losses=2))
    seen, waiting = {_plain(first)}, [first]
    while waiting:
        state = waiting.pop()
        for words, event, now in _TRIED:
            after, _ = step(state, event, now)
            if after.actual is not state.actual:
                found[state.actual, after.actual][words] = None
            plain = _plain(after)
            if plain not in seen:
                seen.add(plain)
                waiting.append(after)
    order = [words for words, _, _ in _TRIED]
    return {pair: tuple(sorted(words, key=order.index)) for pair, words in found.items()}


def _plain(state: NodeMachineState) -> NodeMachineState:
    """What counts of a state for its next arrows: sentences and times do not."""
    return replace(
        state,
        reason="",
        progress=None,
        restarts=0,
        complaint=None,
        fault=None,
        lost=bool(state.lost) * "lost",
        ready_by=None if state.ready_by is None else _NEVER,
        healthy_at=None if state.healthy_at is None else _NEVER,
        retry_at=None if state.retry_at is None else _NEVER,
    )


def diagram() -> str:
    """In Mermaid's language."""
    found = arrows()
    order = list(Actual)
    lines = ["```mermaid", "stateDiagram-v2", f"  [*] --> {Actual.UNPROVISIONED.value}"]
    for source, target in sorted(found, key=lambda pair: (order.index(pair[0]), order.index(pair[1]))):
        words = found[source, target]
        if {"engine ended", *_SPECIAL_ENDS} <= set(words):
            # However it ended: it makes no difference there.
            words = tuple(word for word in words if word not in _SPECIAL_ENDS)
        lines.append(f"  {source.value} --> {target.value}: {', '.join(words)}")
    return "\n".join([*lines, "```"])


def with_diagram(document: str) -> str:
    """The document with the diagram between its two marks. Raises ValueError where they are missing."""
    marked = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    if not marked.search(document):
        raise ValueError(f"{BEGIN} and {END} are missing.")
    drawn = f"{BEGIN}\n{diagram()}\n{END}"
    return marked.sub(lambda _: drawn, document)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Draws the node's state machine into a document.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--write", type=Path, metavar="FILE")
    choice.add_argument("--check", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    path: Path | None = options.write or options.check
    if path is None:
        sys.stdout.write(diagram() + "\n")
        return 0
    before = path.read_text("utf-8")
    after = with_diagram(before)
    if options.check is not None and after != before:
        sys.stderr.write(f"{path} does not show the machine as it is; write it anew with --write.\n")
        return 1
    if options.write is not None:
        path.write_text(after, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
