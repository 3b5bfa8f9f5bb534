"""The policy over simulated days: never runs while a reason holds, never stuck when none does."""

from __future__ import annotations

import random
import string
from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r3mes_launcher.core.policy.decision import (
    Pause,
    PolicyState,
    decide,
    kept_to,
    paused,
    restarted,
    resumed,
    served_anyway,
)
from r3mes_launcher.core.policy.observations import BreakEvenObservation, GpuObservation, Observations, StakeObservation
from r3mes_launcher.core.policy.policy_settings import (
    BatteryRule,
    BreakEvenRule,
    ExclusiveAppsRule,
    IdleRule,
    PolicySettings,
    WalletRule,
)
from r3mes_launcher.core.policy.reasons import OVERRIDABLE, SENTENCES, PauseChoice, SuspendReason, Urgency
from r3mes_launcher.core.policy.rules import RULED, Signal, judge, timing
from r3mes_launcher.core.policy.schedule import Schedule, ScheduleWindow

START = 1_800_000_000.0
LOCAL = datetime(2027, 1, 15, 8, 0)
STRICT = PolicySettings(
    schedule=Schedule(enabled=True, windows=tuple(ScheduleWindow(day=d, start=1200, minutes=720) for d in range(7))),
    battery=BatteryRule(below_percent=60),
    idle=IdleRule(enabled=True),
    exclusive_apps=ExclusiveAppsRule(names=("Blender.EXE", "game")),
    wallet=WalletRule(needs_unlocked=True),
    break_even=BreakEvenRule(enabled=True),
)
CALM = Observations(
    local_time=LOCAL.replace(hour=22),
    on_battery=False,
    charge_percent=100,
    idle_s=1e6,
    session_locked=False,
    gpus=(GpuObservation("GPU-1", "A GPU", 40, 0),),
    gateway_remote=True,
    online=True,
    metered=False,
    disk_free_mb=100_000,
    wallet_locked=False,
    stake=StakeObservation(10, 5, "REMES"),
    break_even=BreakEvenObservation(Decimal(2), Decimal(1), "EUR"),
)
WRONG = {
    SuspendReason.SHUTDOWN: {"shutting_down": True},
    SuspendReason.SLEEP: {"sleeping": True},
    SuspendReason.UPDATE: {"updating": True},
    SuspendReason.TEMPERATURE: {"gpus": (GpuObservation("GPU-1", "A GPU", 86, 0),)},
    SuspendReason.GPU_BUSY: {"gpus": (GpuObservation("GPU-1", "A GPU", 40, 4000, "blender"),)},
    SuspendReason.EXCLUSIVE_APP: {"running_apps": frozenset({"blender"})},
    SuspendReason.USER_ACTIVE: {"idle_s": 3.0},
    SuspendReason.SCHEDULE: {"local_time": LOCAL.replace(hour=12)},
    SuspendReason.BATTERY: {"on_battery": True, "charge_percent": 41.0},
    SuspendReason.DISK: {"disk_free_mb": 100},
    SuspendReason.WALLET_LOCKED: {"wallet_locked": True},
    SuspendReason.STAKE_TOO_LOW: {"stake": StakeObservation(1, 5, "REMES")},
    SuspendReason.BREAK_EVEN: {"break_even": BreakEvenObservation(Decimal(1), Decimal(2), "EUR")},
    SuspendReason.METERED: {"metered": True},
    SuspendReason.NETWORK: {"online": False},
}


def seen_with(*reasons: SuspendReason) -> Observations:
    seen = CALM
    for reason in reasons:
        seen = replace(seen, **WRONG[reason])  # type: ignore[arg-type]
    return seen


def names(state: PolicyState) -> set[SuspendReason]:
    return {reason.reason for reason in state.reasons}


def longest_hold(reason: SuspendReason) -> float:
    return timing(reason, STRICT).hold_s


@pytest.mark.parametrize("reason", RULED)
def test_every_reason_comes_says_so_and_goes(reason: SuspendReason) -> None:
    times = timing(reason, STRICT)
    state = decide(STRICT, seen_with(reason), PolicyState(), START)
    assert names(state) == (set() if times.on_after_s else {reason})
    state = decide(STRICT, seen_with(reason), state, START + times.on_after_s)
    assert names(state) == {reason}
    (active,) = state.reasons
    assert active.sentence.endswith(".") and "{" not in active.sentence
    began = active.since
    if times.hold_s:
        state = decide(STRICT, CALM, state, began + times.hold_s - 1)
        assert names(state) == {reason} and state.reasons[0].until == began + times.hold_s
    state = decide(STRICT, CALM, state, began + times.hold_s)
    assert state.reasons == () and state.watches == PolicyState().watches


@pytest.mark.parametrize("reason", RULED)
def test_only_what_is_safe_is_set_aside_and_only_until_it_is_over(reason: SuspendReason) -> None:
    seen = seen_with(reason)
    state = decide(STRICT, seen, PolicyState(), START)
    state = served_anyway(decide(STRICT, seen, state, START + 60))
    later = decide(STRICT, seen, state, START + 3600)
    assert names(later) == (set() if reason in OVERRIDABLE else {reason})
    assert len(later.report().set_aside) == (1 if reason in OVERRIDABLE else 0)
    later = decide(STRICT, CALM, later, START + 7200)
    later = decide(STRICT, CALM, later, START + 7200 + longest_hold(reason))
    again = decide(STRICT, seen, decide(STRICT, seen, later, START + 20_000), START + 20_060)
    assert names(again) == {reason}, "the next time it is a new question"


def test_defaults_suspend_nothing_on_a_computer_that_tells_nothing() -> None:
    state = decide(PolicySettings(), Observations(), PolicyState(), START)
    assert state.reasons == ()


def test_a_short_peak_of_heat_is_normal_and_a_critical_one_is_not() -> None:
    def at(celsius: int) -> Observations:
        return replace(CALM, gpus=(GpuObservation("GPU-1", "A GPU", celsius),))

    state = decide(STRICT, at(86), PolicyState(), START)
    state = decide(STRICT, at(80), state, START + 29)
    state = decide(STRICT, at(86), state, START + 40)
    assert state.reasons == ()
    state = decide(STRICT, at(92), state, START + 41)
    assert state.urgency is Urgency.AT_ONCE
    # The hold of five minutes is over, and it is still warm.
    state = decide(STRICT, at(75), state, START + 900)
    assert "cools down: 75 °C" in state.reasons[0].sentence
    assert decide(STRICT, at(70), state, START + 901).reasons == ()


def test_thresholds_have_a_band_between_them() -> None:
    low, between, high = (replace(CALM, on_battery=True, charge_percent=percent) for percent in (59, 62, 65))
    assert decide(STRICT, between, PolicyState(), START).reasons == ()
    state = decide(STRICT, low, PolicyState(), START)
    state = decide(STRICT, between, state, START + 1000)
    assert names(state) == {SuspendReason.BATTERY}
    assert decide(STRICT, high, state, START + 1001).reasons == ()


def test_a_locked_screen_counts_as_nobody_there() -> None:
    seen = replace(seen_with(SuspendReason.USER_ACTIVE), session_locked=True)
    assert decide(STRICT, seen, PolicyState(), START).reasons == ()


@pytest.mark.parametrize("choice", PauseChoice)
def test_a_pause_lasts_as_long_as_was_said(choice: PauseChoice) -> None:
    state = decide(STRICT, CALM, paused(PolicyState(), choice, START), START + 1)
    assert names(state) == {SuspendReason.PAUSE} and state.reasons[0].sentence.startswith("Paused by you")
    assert names(served_anyway(state)) == set() == names(resumed(state))
    if choice.length_s is None:
        assert names(decide(STRICT, CALM, state, START + 1e8)) == {SuspendReason.PAUSE}
    else:
        assert names(decide(STRICT, CALM, state, START + choice.length_s - 1)) == {SuspendReason.PAUSE}
        assert decide(STRICT, CALM, state, START + choice.length_s).reasons == ()
    kept = restarted(state.pause)
    assert (kept is None) == (choice is PauseChoice.UNTIL_RESTART)


def test_a_clock_that_is_set_back_a_year_costs_no_year() -> None:
    state = paused(PolicyState(), PauseChoice.HOUR, START)
    state = decide(STRICT, seen_with(SuspendReason.GPU_BUSY), state, START + 1)
    state = decide(STRICT, CALM, state, START - 3e7)
    assert names(state) == {SuspendReason.PAUSE, SuspendReason.GPU_BUSY}
    assert decide(STRICT, CALM, state, START - 3e7 + 3601).reasons == ()


def test_every_sentence_needs_only_the_figures_that_its_rule_gives() -> None:
    fields = {
        code: {name for _, name, _, _ in string.Formatter().parse(text) if name} for code, text in SENTENCES.items()
    }
    for reason in RULED:
        judgement = judge(reason, STRICT, seen_with(reason))
        assert judgement.signal is Signal.ON
        assert fields[judgement.code] == {name for name, _ in judgement.figures}


# --- simulated time ------------------------------------------------------------------------------------------------

EVENTS = st.lists(
    st.tuples(
        st.floats(0.5, 40_000.0),
        st.one_of(
            st.tuples(st.just("world"), st.frozensets(st.sampled_from(RULED), max_size=4)),
            st.tuples(st.just("pause"), st.sampled_from(PauseChoice)),
            st.tuples(st.just("resume"), st.none()),
            st.tuples(st.just("anyway"), st.none()),
            st.tuples(st.just("rules"), st.none()),
            st.tuples(st.just("look"), st.none()),
        ),
    ),
    max_size=60,
)


def check(state: PolicyState, seen: Observations, on_since: dict[SuspendReason, float], now: float) -> None:
    """What must hold at any moment, by a plain reading of the rules."""
    holding = {active.reason for active in state.holding}
    for reason in RULED:
        times = timing(reason, STRICT)
        signal = judge(reason, STRICT, seen).signal
        if signal is Signal.ON and now - on_since.get(reason, now) >= times.on_after_s:
            assert reason in holding, "it may run although a reason holds"
            assert reason not in state.set_aside or reason in OVERRIDABLE
    for active in state.holding:
        if active.reason is SuspendReason.PAUSE:
            continue
        times = timing(active.reason, STRICT)
        signal = judge(active.reason, STRICT, seen).signal
        if signal is Signal.OFF:
            assert now - active.since < times.hold_s, "stuck without a reason"
            assert active.until is not None and active.until > now
    assert state.set_aside <= holding


@given(EVENTS)
@settings(max_examples=100, deadline=None)
def test_simulated_days(events: list[tuple[float, tuple[str, object]]]) -> None:
    state, seen, now = PolicyState(), CALM, START
    on_since: dict[SuspendReason, float] = {}
    for wait_s, (kind, what) in events:
        if kind == "world":
            seen = seen_with(*sorted(what))  # type: ignore[call-overload]
        # Looked at every so often, as the shell does.
        for part in (0.0, wait_s / 2, wait_s):
            at = now + part
            on_since = {
                reason: on_since.get(reason, at) for reason in RULED if judge(reason, STRICT, seen).signal is Signal.ON
            }
            state = decide(STRICT, seen, state, at)
            check(state, seen, on_since, at)
        now += wait_s
        match kind:
            case "pause":
                state = paused(state, what, now)  # type: ignore[arg-type]
                assert SuspendReason.PAUSE in names(state)
            case "resume":
                state = resumed(state)
            case "anyway":
                state = served_anyway(state)
                assert names(state).isdisjoint(OVERRIDABLE)
            case "rules":
                state = kept_to(state)
                assert state.reasons == state.holding
    state = resumed(decide(STRICT, CALM, state, now))
    assert decide(STRICT, CALM, state, now + 7200).reasons == (), "stuck when none holds"


def simulate_year(step_s: float, seed: int) -> tuple[int, int]:
    """A household's year. Returns how often the node could run and how often it changed."""
    chance = random.Random(seed)
    state = PolicyState()
    on_since: dict[SuspendReason, float] = {}
    wrong: dict[SuspendReason, float] = {}
    ran = changes = 0
    last: deque[bool] = deque([False], maxlen=1)
    for number in range(int(365 * 86400 / step_s)):
        now = START + number * step_s
        wrong = {reason: end for reason, end in wrong.items() if end > now}
        if chance.random() < step_s / 20_000:
            wrong[chance.choice(RULED)] = now + chance.expovariate(1 / 5000)
        if chance.random() < step_s / 200_000:
            state = paused(state, chance.choice(tuple(PauseChoice)), now)
        if state.pause is not None and chance.random() < step_s / 50_000:
            state = resumed(state)
        if state.reasons and chance.random() < step_s / 100_000:
            state = served_anyway(state)
        seen = seen_with(*(reason for reason in wrong if reason is not SuspendReason.SCHEDULE))
        seen = replace(seen, local_time=LOCAL + timedelta(seconds=number * step_s))
        on_since = {
            reason: on_since.get(reason, now) for reason in RULED if judge(reason, STRICT, seen).signal is Signal.ON
        }
        state = decide(STRICT, seen, state, now)
        check(state, seen, on_since, now)
        ran += not state.reasons
        changes += bool(state.reasons) is last[0]
        last.append(not state.reasons)
    return ran, changes


@pytest.mark.parametrize("step_s", [7200.0, pytest.param(600.0, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_a_simulated_year(step_s: float) -> None:
    steps = int(365 * 86400 / step_s)
    ran, changes = simulate_year(step_s, seed=7)
    assert 0.1 * steps < ran < 0.6 * steps, "about the nights of the schedule"
    assert changes > 700, "twice a day at least"


def test_a_pause_is_a_value() -> None:
    assert Pause(PauseChoice.HOUR, 10).until == 3610 and Pause(PauseChoice.UNTIL_RESUMED, 10).until is None
