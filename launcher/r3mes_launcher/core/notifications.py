"""What a person is told of without looking: which changes of state, by which way, how often, and never at night.

Pure functions. Success is no news: that it serves is only told after trouble was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from r3mes_launcher.core.policy.reasons import SuspendReason
from r3mes_launcher.core.state import Actual, Desired, LauncherState

QUIET_S = 600.0
"""The same news is told at most this often: a node that fails again and again is one story."""


class News(StrEnum):
    FAULT = "fault"
    """The node stopped and will not start by itself."""
    TOO_HOT = "too_hot"
    GATEWAY_LOST = "gateway_lost"
    NEEDS_YOU = "needs_you"
    """Paused by something that ends only when the person does something."""
    GPU_FLAW = "gpu_flaw"
    """The engine found something wrong with a card."""
    PAUSED = "paused"
    """Paused by something else than the person or their schedule."""
    BACK = "back"
    """It serves again after trouble that was told."""


class Route(StrEnum):
    OFF = "off"
    IN_APP = "in_app"
    DESKTOP = "desktop"


DEFAULT_ROUTES: Mapping[News, Route] = {
    News.FAULT: Route.DESKTOP,
    News.TOO_HOT: Route.DESKTOP,
    News.GATEWAY_LOST: Route.IN_APP,
    News.NEEDS_YOU: Route.DESKTOP,
    News.GPU_FLAW: Route.IN_APP,
    News.PAUSED: Route.OFF,
    News.BACK: Route.IN_APP,
}
_TROUBLE = frozenset({News.FAULT, News.TOO_HOT, News.GATEWAY_LOST, News.NEEDS_YOU})
_ONLY_YOU = frozenset({SuspendReason.DISK, SuspendReason.WALLET_LOCKED, SuspendReason.STAKE_TOO_LOW})
"""An update that is being installed ends by itself; one that waits for another start is told by its code."""
# What people do themselves, or set themselves, is no news to them.
_EXPECTED = frozenset({SuspendReason.PAUSE, SuspendReason.SCHEDULE, SuspendReason.USER_ACTIVE, SuspendReason.SLEEP})


@dataclass(frozen=True, slots=True)
class Told:
    """What was told already. Times are seconds since the epoch."""

    at: Mapping[News, float] = field(default_factory=dict)
    trouble: bool = False


def news(before: LauncherState, now_is: LauncherState, told: Told, now: float) -> tuple[Told, tuple[News, ...]]:
    """What a change of state is worth telling, in order, and what has been told then."""
    found: list[News] = []
    node, was = now_is.node, before.node
    if node.actual is Actual.FAULTED and was.actual is not Actual.FAULTED:
        found.append(News.FAULT)
    reasons = {reason.reason for reason in now_is.policy.reasons}
    fresh = reasons - {reason.reason for reason in before.policy.reasons}
    if node.desired is Desired.SERVING:
        if SuspendReason.TEMPERATURE in fresh:
            found.append(News.TOO_HOT)
        elif fresh & _ONLY_YOU or _waits_for_a_start(now_is) > _waits_for_a_start(before):
            found.append(News.NEEDS_YOU)
        elif fresh - _EXPECTED and node.actual is Actual.SUSPENDED:
            found.append(News.PAUSED)
        if before.gateway.reachable and not now_is.gateway.reachable and before.gateway.url == now_is.gateway.url:
            found.append(News.GATEWAY_LOST)
    known = {flaw.uuid for flaw in before.doctor.flaws}
    if any(flaw.uuid not in known for flaw in now_is.doctor.flaws):
        found.append(News.GPU_FLAW)
    serves = node.actual is Actual.SERVING and now_is.gateway.reachable
    if serves and told.trouble:
        found.append(News.BACK)
        told = replace(told, trouble=False)
    spoken = tuple(each for each in found if now - told.at.get(each, float("-inf")) >= QUIET_S)
    if _TROUBLE.intersection(spoken):
        told = replace(told, trouble=True)
    return replace(told, at={**told.at, **dict.fromkeys(spoken, now)}), spoken


def _waits_for_a_start(state: LauncherState) -> bool:
    return any(reason.code == "update_restart" for reason in state.policy.reasons)


def route_of(each: News, routes: Mapping[News, Route], hour: int, quiet: tuple[int, int] | None) -> Route:
    """The way at an hour of the day. In the quiet hours `(from, to)`, which may pass midnight, no desktop message."""
    route = routes.get(each, DEFAULT_ROUTES[each])
    if route is Route.DESKTOP and quiet is not None and _within(hour, *quiet):
        return Route.IN_APP
    return route


def _within(hour: int, start: int, end: int) -> bool:
    return (hour - start) % 24 < (end - start) % 24
