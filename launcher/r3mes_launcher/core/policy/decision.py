"""The policy's state over time: hysteresis, the person's pause, and what the person set aside.

`decide` is a pure function of the settings, the observations, the last state and the time. Times are seconds since the
epoch by the wall clock, because pauses and schedules outlive a sleep; a clock that is set back delays nothing by more
than the rule's own time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from r3mes_launcher.core.policy.observations import Observations
from r3mes_launcher.core.policy.policy_settings import PolicySettings
from r3mes_launcher.core.policy.reasons import (
    OVERRIDABLE,
    ActiveReason,
    PauseChoice,
    PolicyReport,
    SourceState,
    SuspendReason,
    Urgency,
)
from r3mes_launcher.core.policy.rules import RULED, Judgement, Signal, judge, timing, urgency

UNTIL_STEP_S = 5.0


@dataclass(frozen=True, slots=True)
class Pause:
    choice: PauseChoice
    since: float

    @property
    def until(self) -> float | None:
        length_s = self.choice.length_s
        return None if length_s is None else self.since + length_s


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered of one reason."""

    rising_since: float | None = None
    """Since when its signal has been on, while it does not count yet."""
    active: ActiveReason | None = None


_CALM = Watch()


@dataclass(frozen=True, slots=True)
class PolicyState:
    watches: tuple[tuple[SuspendReason, Watch], ...] = tuple((reason, _CALM) for reason in RULED)
    pause: Pause | None = None
    set_aside: frozenset[SuspendReason] = frozenset()

    @property
    def holding(self) -> tuple[ActiveReason, ...]:
        """Everything that holds, also what the person set aside."""
        active = [watch.active for _, watch in self.watches if watch.active is not None]
        return tuple(active) if self.pause is None else (_paused(self.pause), *active)

    @property
    def reasons(self) -> tuple[ActiveReason, ...]:
        """Why the node may not run now; empty when it may."""
        return tuple(active for active in self.holding if active.reason not in self.set_aside)

    @property
    def urgency(self) -> Urgency:
        return max((active.urgency for active in self.reasons), default=Urgency.WHEN_DONE)

    def report(self, sources: tuple[SourceState, ...] = ()) -> PolicyReport:
        pause = self.pause
        return PolicyReport(
            self.reasons,
            tuple(active for active in self.holding if active.reason in self.set_aside),
            None if pause is None else pause.choice,
            None if pause is None else pause.until,
            sources,
        )


def decide(settings: PolicySettings, seen: Observations, state: PolicyState, now: float) -> PolicyState:
    watches = tuple(
        (reason, _watch(reason, judge(reason, settings, seen), watch, settings, now)) for reason, watch in state.watches
    )
    holding = {reason for reason, watch in watches if watch.active is not None}
    # The person's word holds until the reason is over: the next time it is a new question.
    return PolicyState(watches, _went_on(state.pause, now), state.set_aside & holding)


def paused(state: PolicyState, choice: PauseChoice, now: float) -> PolicyState:
    """The person pauses; a second pause replaces the first."""
    return replace(state, pause=Pause(choice, now))


def resumed(state: PolicyState) -> PolicyState:
    """The person ends the pause. Other reasons stay."""
    return replace(state, pause=None)


def served_anyway(state: PolicyState) -> PolicyState:
    """The person sets aside what holds now and can be set aside without harm, and ends the pause."""
    mine = frozenset(active.reason for active in state.holding if active.reason in OVERRIDABLE)
    return replace(state, pause=None, set_aside=state.set_aside | mine)


def kept_to(state: PolicyState) -> PolicyState:
    """The person takes "serve anyway" back: every reason counts again."""
    return replace(state, set_aside=frozenset())


def restarted(pause: Pause | None) -> Pause | None:
    """What a pause is worth after the launcher has started again."""
    return None if pause is not None and pause.choice is PauseChoice.UNTIL_RESTART else pause


def _went_on(pause: Pause | None, now: float) -> Pause | None:
    if pause is None:
        return None
    if pause.since > now:
        # The clock was set back: the whole pause from now on, and no year.
        pause = replace(pause, since=now)
    return pause if pause.until is None or now < pause.until else None


def _watch(reason: SuspendReason, judgement: Judgement, watch: Watch, settings: PolicySettings, now: float) -> Watch:
    times = timing(reason, settings)
    if watch.active is None:
        if judgement.signal is not Signal.ON:
            return _CALM
        rising = now if watch.rising_since is None else min(watch.rising_since, now)
        if not judgement.at_once and now - rising < times.on_after_s:
            return Watch(rising)
        return Watch(active=_active(reason, judgement, now, now))
    since = min(watch.active.since, now)
    if judgement.signal is Signal.ON:
        return Watch(active=_active(reason, judgement, since, now))
    until: float | None = None
    if judgement.signal is Signal.OFF:
        until = since + times.hold_s
        if now >= until:
            return _CALM
    kept = replace(watch.active, since=since, until=until)
    if judgement.code:
        kept = replace(kept, code=judgement.code, figures=judgement.figures)
    return Watch(active=kept)


def _active(reason: SuspendReason, judgement: Judgement, since: float, now: float) -> ActiveReason:
    # In whole steps: two looks at the same end are to tell the same time.
    until = None if judgement.until_s is None else round((now + judgement.until_s) / UNTIL_STEP_S) * UNTIL_STEP_S
    return ActiveReason(reason, judgement.code, judgement.figures, since, until, urgency(reason, judgement))


def _paused(pause: Pause) -> ActiveReason:
    length_s = pause.choice.length_s
    if length_s is not None:
        return ActiveReason(
            SuspendReason.PAUSE, "pause_until", (("minutes", round(length_s / 60)),), pause.since, pause.until
        )
    code = "pause_restart" if pause.choice is PauseChoice.UNTIL_RESTART else "pause"
    return ActiveReason(SuspendReason.PAUSE, code, (), pause.since)
