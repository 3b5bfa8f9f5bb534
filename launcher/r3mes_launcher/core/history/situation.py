"""What a node's life looked like over a stretch of time, and the rule that turns states into such stretches."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, replace

from r3mes_launcher.core.policy.reasons import SENTENCES, ActiveReason, SuspendReason
from r3mes_launcher.core.state import Actual, Desired, NodeState

BEAT_S = 30.0
"""How often the running launcher says that it still runs: what a crash can cost the record."""

GAP_S = 3 * BEAT_S
"""Silence of a launcher that runs, from which on the computer must have slept. A busy disk is not that slow."""

WORK_HOLD_S = 60.0
"""A node counts as working until so long after its last request, so that a busy minute is one line."""

MAX_SENTENCE = 400


@dataclass(frozen=True, slots=True)
class Situation:
    desired: Desired
    actual: Actual
    working: bool
    reasons: tuple[ActiveReason, ...] = ()
    """What stood against running when it began."""
    fault: str = ""
    """The fault's code."""
    sentence: str = ""
    """The core's own words when it began."""

    def same(self, other: Situation) -> bool:
        """Whether the other is the same in kind: figures inside a sentence may differ."""
        return self._key == other._key

    @property
    def _key(self) -> tuple[object, ...]:
        codes = tuple(active.code for active in self.reasons)
        return self.desired, self.actual, self.working, codes, self.fault


@dataclass(frozen=True, slots=True)
class Span:
    """One situation from `since` to `until`, seconds since the epoch. `run` names the launcher's run."""

    run: str
    number: int
    since: float
    until: float
    situation: Situation


@dataclass(frozen=True, slots=True)
class Recording:
    """Where the recorder of one run is. `observe` gives the next one."""

    run: str
    span: Span | None = None
    requests: int = 0
    worked_at: float | None = None


def situation_of(node: NodeState, working: bool) -> Situation:
    return Situation(
        desired=node.desired,
        actual=node.actual,
        working=working and node.actual is Actual.SERVING,
        reasons=node.suspended if node.desired is Desired.SERVING else (),
        fault="" if node.fault is None else node.fault.code,
        sentence=_kept(node.reason if node.fault is None else node.fault.message),
    )


def observe(recording: Recording, node: NodeState, now: float) -> tuple[Recording, tuple[Span, ...]]:
    """What the node's state makes of the record, and the spans that are new or grew.

    Called at every change and at least every `BEAT_S`. A silence of more than `GAP_S`, or a clock that was set back,
    ends the span where it was last seen.
    """
    worked_at = recording.worked_at
    if node.active_requests or node.total_requests > recording.requests:
        worked_at = now
    working = worked_at is not None and 0 <= now - worked_at < WORK_HOLD_S
    noted = replace(recording, requests=node.total_requests, worked_at=worked_at)
    situation = situation_of(node, working)
    before = recording.span
    if before is None:
        first = Span(recording.run, 1, now, now, situation)
        return replace(noted, span=first), (first,)
    unseen = not 0 <= now - before.until <= GAP_S
    ended = before if unseen else replace(before, until=now)
    if situation.same(before.situation) and not unseen:
        return replace(noted, span=ended), (ended,)
    begun = Span(recording.run, before.number + 1, now, now, situation)
    return replace(noted, span=begun), (ended, begun)


def _kept(sentence: str) -> str:
    """One of our own keeps its figures; what came from elsewhere may be of any length."""
    return sentence if len(sentence) <= MAX_SENTENCE else sentence[:MAX_SENTENCE]


def reasons_text(reasons: tuple[ActiveReason, ...]) -> str:
    """As JSON, for the file."""
    return json.dumps([[active.reason.value, active.code, dict(active.figures)] for active in reasons])


def reasons_of(text: str) -> tuple[ActiveReason, ...]:
    """The way back. What a newer launcher wrote and this one does not know is left out."""
    known, found = {reason.value for reason in SuspendReason}, []
    for reason, code, figures in json.loads(text):
        if reason in known and code in SENTENCES:
            active = ActiveReason(SuspendReason(reason), code, tuple(sorted(figures.items())), 0.0)
            with contextlib.suppress(KeyError):
                active.sentence  # noqa: B018 (another version's sentence may need other figures)
                found.append(active)
    return tuple(found)
