"""Why the node earned or did not: the record turned into stretches that explain every moment. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from r3mes_launcher.core.history.situation import GAP_S, Situation, Span
from r3mes_launcher.core.policy.reasons import ActiveReason
from r3mes_launcher.core.state import Actual, Desired


class Kind(StrEnum):
    """What a stretch of time was, for a colour and a sentence."""

    ANSWERING = "answering"
    WAITING = "waiting"
    """Registered and ready; no request came."""
    CONNECTING = "connecting"
    """The engine runs and has no session with the gateway."""
    STARTING = "starting"
    SUSPENDED = "suspended"
    FAULT = "fault"
    RECOVERING = "recovering"
    """The engine ended by itself and is started again after a pause."""
    STOPPING = "stopping"
    OFF = "off"
    ASLEEP = "asleep"
    """The launcher ran and nothing was heard of it: the computer slept."""
    NOT_RUNNING = "not_running"
    UNKNOWN = "unknown"
    """Before the record begins."""


_BY_ACTUAL = {
    Actual.UNPROVISIONED: Kind.STARTING,
    Actual.PROVISIONING: Kind.STARTING,
    Actual.STOPPED: Kind.STARTING,
    Actual.STARTING: Kind.STARTING,
    Actual.REGISTERING: Kind.CONNECTING,
    Actual.SUSPENDED: Kind.SUSPENDED,
    Actual.DRAINING: Kind.STOPPING,
    Actual.STOPPING: Kind.STOPPING,
    Actual.BACKING_OFF: Kind.RECOVERING,
    Actual.FAULTED: Kind.FAULT,
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `since` to `until`, seconds since the epoch."""

    since: float
    until: float
    kind: Kind
    reasons: tuple[ActiveReason, ...] = ()
    detail: str = ""
    """The core's own words, where they say more than the kind."""

    @property
    def seconds(self) -> float:
        return self.until - self.since

    def same(self, other: Stretch) -> bool:
        codes = [active.code for active in self.reasons]
        return self.kind is other.kind and codes == [active.code for active in other.reasons]


def kind_of(situation: Situation) -> Kind:
    if situation.actual is Actual.SERVING:
        return Kind.ANSWERING if situation.working else Kind.WAITING
    if situation.actual is Actual.FAULTED:
        return Kind.FAULT
    if situation.desired is Desired.OFF:
        return Kind.STOPPING if situation.actual in (Actual.DRAINING, Actual.STOPPING) else Kind.OFF
    if situation.reasons:
        return Kind.SUSPENDED
    return _BY_ACTUAL[situation.actual]


def timeline(spans: Iterable[Span], begin: float, end: float) -> tuple[Stretch, ...]:
    """Stretches from `begin` to `end` without a hole or an overlap; neighbours differ. Empty where end <= begin."""
    if end <= begin:
        return ()
    found: list[Stretch] = []
    here, last, following = begin, None, None
    for span in sorted(spans, key=lambda span: (span.since, span.until)):
        if span.since >= end:
            following = span
            break
        if span.since > here:
            found.append(Stretch(here, span.since, _gap(last, span)))
            here = span.since
        until = min(span.until, end)
        if until > here:
            found.append(_stretch(span, here, until))
            here = until
        if last is None or span.until >= last.until:
            last = span
    if here < end:
        # The newest span grows only with its next beat; until that is overdue, it goes on.
        if last is not None and following is None and end - last.until <= GAP_S:
            found.append(_stretch(last, here, end))
        else:
            found.append(Stretch(here, end, _gap(last, following)))
    return _merged(found)


def seconds_by_kind(stretches: Iterable[Stretch]) -> dict[Kind, float]:
    """How long each kind took in all; kinds that did not happen are left out."""
    sums: dict[Kind, float] = {}
    for stretch in stretches:
        sums[stretch.kind] = sums.get(stretch.kind, 0.0) + stretch.seconds
    return sums


def at(stretches: Sequence[Stretch], moment: float) -> int | None:
    """The index of the stretch that a moment lies in."""
    for index, stretch in enumerate(stretches):
        if stretch.since <= moment < stretch.until:
            return index
    return len(stretches) - 1 if stretches and moment == stretches[-1].until else None


def _gap(before: Span | None, after: Span | None) -> Kind:
    if before is None:
        return Kind.UNKNOWN
    return Kind.ASLEEP if after is not None and after.run == before.run else Kind.NOT_RUNNING


def _stretch(span: Span, since: float, until: float) -> Stretch:
    situation = span.situation
    kind = kind_of(situation)
    reasons = situation.reasons if kind is Kind.SUSPENDED else ()
    tells = kind in (Kind.FAULT, Kind.RECOVERING, Kind.CONNECTING, Kind.STARTING) or (
        kind is Kind.SUSPENDED and not reasons
    )
    return Stretch(since, until, kind, reasons, situation.sentence if tells else "")


def _merged(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    merged: list[Stretch] = []
    for stretch in stretches:
        if merged and merged[-1].same(stretch):
            merged[-1] = replace(merged[-1], until=stretch.until)
        else:
            merged.append(stretch)
    return tuple(merged)
