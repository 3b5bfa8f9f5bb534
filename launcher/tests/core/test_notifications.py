from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core.doctor.report import DoctorState, GpuFlaw
from r3mes_launcher.core.notifications import DEFAULT_ROUTES, QUIET_S, News, Route, Told, news, route_of
from r3mes_launcher.core.policy.reasons import ActiveReason, PolicyReport, SuspendReason
from r3mes_launcher.core.state import Actual, Desired, GatewayState, LauncherState, NodeState

UP = GatewayState(url="http://127.0.0.1:1", reachable=True)
DOWN = replace(UP, reachable=False)


def state(actual: Actual, gateway: GatewayState = UP, desired: Desired = Desired.SERVING) -> LauncherState:
    return LauncherState(node=NodeState(desired=desired, actual=actual), gateway=gateway)


def test_success_is_no_news() -> None:
    told = Told()
    before = state(Actual.STOPPED)
    for actual in (Actual.STARTING, Actual.REGISTERING, Actual.SERVING, Actual.DRAINING, Actual.STOPPED):
        told, found = news(before, state(actual), told, 0.0)
        before = state(actual)
        assert found == ()


def test_a_fault_is_told_once_and_that_it_is_over_too() -> None:
    serving, faulted = state(Actual.SERVING), state(Actual.FAULTED)
    told, found = news(serving, faulted, Told(), 0.0)
    assert found == (News.FAULT,)
    told, found = news(faulted, faulted, told, 1.0)
    assert found == ()
    told, found = news(state(Actual.REGISTERING), serving, told, 2.0)
    assert found == (News.BACK,)
    told, found = news(serving, serving, told, 3.0)
    assert found == ()


def test_a_lost_gateway_is_told_while_serving_is_wished_and_when_it_was_not_exchanged() -> None:
    assert news(state(Actual.SERVING), state(Actual.SERVING, DOWN), Told(), 0.0)[1] == (News.GATEWAY_LOST,)
    off = state(Actual.STOPPED, desired=Desired.OFF)
    assert news(off, replace(off, gateway=DOWN), Told(), 0.0)[1] == ()
    other = replace(DOWN, url="https://elsewhere.example.org")
    assert news(state(Actual.SERVING), state(Actual.SERVING, other), Told(), 0.0)[1] == ()


def held(reason: SuspendReason, code: str, **more: Any) -> LauncherState:
    active = ActiveReason(reason, code, (), 0.0)
    return replace(state(Actual.SUSPENDED), policy=PolicyReport((active,)), **more)


@pytest.mark.parametrize(
    ("reason", "code", "each"),
    [
        (SuspendReason.DISK, "disk", News.NEEDS_YOU),
        (SuspendReason.STAKE_TOO_LOW, "stake_too_low", News.NEEDS_YOU),
        (SuspendReason.WALLET_LOCKED, "wallet_locked", News.NEEDS_YOU),
        (SuspendReason.UPDATE, "update_restart", News.NEEDS_YOU),
        (SuspendReason.UPDATE, "update", News.PAUSED),
        (SuspendReason.METERED, "metered", News.PAUSED),
        (SuspendReason.SCHEDULE, "schedule", None),
    ],
)
def test_what_ends_only_by_the_person_is_told_to_them(reason: SuspendReason, code: str, each: News | None) -> None:
    told, found = news(state(Actual.SERVING), held(reason, code), Told(), 0.0)
    assert found == (() if each is None else (each,))
    assert news(held(reason, code), held(reason, code), told, 1.0)[1] == ()


def test_an_update_that_was_installed_and_waits_for_a_start_is_told() -> None:
    before, after = held(SuspendReason.UPDATE, "update"), held(SuspendReason.UPDATE, "update_restart")
    assert news(before, after, Told(), 0.0)[1] == (News.NEEDS_YOU,)


def test_a_new_flaw_of_a_card_is_told_once() -> None:
    serving = state(Actual.SERVING)
    flawed = replace(serving, doctor=DoctorState(flaws=(GpuFlaw("GPU-1", True, "it is slow", ""),)))
    told, found = news(serving, flawed, Told(), 0.0)
    assert found == (News.GPU_FLAW,)
    assert news(flawed, flawed, told, QUIET_S)[1] == ()
    assert news(flawed, serving, told, QUIET_S)[1] == ()


@given(st.lists(st.tuples(st.sampled_from(Actual), st.booleans(), st.floats(0, 300)), max_size=40))
def test_the_same_news_is_never_told_twice_within_its_time(steps: list[tuple[Actual, bool, float]]) -> None:
    told, before, now = Told(), state(Actual.STOPPED), 0.0
    heard: dict[News, float] = {}
    for actual, up, wait in steps:
        now += wait
        after = state(actual, UP if up else DOWN)
        told, found = news(before, after, told, now)
        before = after
        for each in found:
            assert now - heard.get(each, -QUIET_S) >= QUIET_S
            heard[each] = now


@pytest.mark.parametrize(
    ("hour", "route"), [(21, Route.DESKTOP), (22, Route.IN_APP), (3, Route.IN_APP), (8, Route.DESKTOP)]
)
def test_quiet_hours_pass_midnight(hour: int, route: Route) -> None:
    assert route_of(News.FAULT, {}, hour, (22, 8)) is route


@given(st.sampled_from(News), st.integers(0, 23))
def test_what_is_off_stays_off_and_without_quiet_hours_the_choice_holds(each: News, hour: int) -> None:
    assert route_of(each, {each: Route.OFF}, hour, (0, 23)) is Route.OFF
    assert route_of(each, {}, hour, None) is DEFAULT_ROUTES[each]
