"""The words for why the node does not run now, one sentence for each code of the policy."""

from __future__ import annotations

from datetime import datetime

from r3mes_launcher.core.policy.reasons import ActiveReason
from r3mes_launcher.ui.figures import number
from r3mes_launcher.ui.language import translate

_MONEY = frozenset({"income", "cost"})
"""Figures that are numbers with a unit, as text."""


def sentences() -> dict[str, str]:
    """By code, with places for the figures. The same in English as the policy's own."""
    return {
        "pause": translate("Suspend", "Paused by you."),
        "pause_until": translate("Suspend", "Paused by you for {minutes} minutes."),
        "pause_restart": translate("Suspend", "Paused by you until the launcher starts again."),
        "shutdown": translate("Suspend", "The computer is shutting down."),
        "sleep": translate("Suspend", "The computer goes to sleep."),
        "update": translate("Suspend", "An update is being installed."),
        "update_restart": translate("Suspend", "R3MES was updated to {version}. Start it again, and serving goes on."),
        "temperature": translate(
            "Suspend", "{gpu} is too hot: {celsius} °C. Serving goes on when it is at {resume} °C."
        ),
        "temperature_critical": translate(
            "Suspend", "{gpu} is dangerously hot: {celsius} °C. Serving goes on when it is at {resume} °C."
        ),
        "temperature_cooling": translate("Suspend", "{gpu} cools down: {celsius} °C. Serving goes on at {resume} °C."),
        "gpu_busy": translate("Suspend", "{program} uses {memory_mb} MB of {gpu}."),
        "gpu_busy_unnamed": translate("Suspend", "Another program uses {memory_mb} MB of {gpu}."),
        "exclusive_app": translate("Suspend", "{program} is running."),
        "user_active": translate(
            "Suspend", "You are using the computer. Serving goes on after {minutes} minutes without input."
        ),
        "schedule": translate("Suspend", "The schedule says no at this time."),
        "battery": translate("Suspend", "The computer runs on battery."),
        "battery_low": translate("Suspend", "The computer runs on battery, and {percent} % are left."),
        "disk": translate("Suspend", "Only {free_mb} MB are free on the disk; {needed_mb} MB are needed."),
        "wallet_locked": translate("Suspend", "The wallet is locked."),
        "stake_too_low": translate("Suspend", "The stake is too low: {staked} of {needed} {unit}."),
        "break_even": translate("Suspend", "Serving brings {income} an hour, its electricity costs {cost}."),
        "metered": translate("Suspend", "The network connection is metered."),
        "network": translate("Suspend", "The computer has no network connection."),
        "gateway": translate("Suspend", "Waiting for the gateway to start."),
    }


def reason_words(active: ActiveReason, now: float) -> str:
    """Its sentence, and until when it holds, where that is known and not in a moment. Times are epoch seconds."""
    figures = {name: _figure(name, value) for name, value in active.figures}
    words = sentences()[active.code].format_map(figures)
    if active.until is None or active.until - now < 60 or active.code == "user_active":
        return words
    at = datetime.fromtimestamp(active.until)
    day = "" if at.date() == datetime.fromtimestamp(now).date() else at.strftime("%d.%m. ")
    until = translate("Suspend", "Until {time}.").format(time=day + at.strftime("%H:%M"))
    return f"{words} {until}"


def _figure(name: str, value: str | int | float) -> str | int | float:
    """As the language writes numbers. Kept ones come back from a file as plain text."""
    return number(str(value)) if name in _MONEY or isinstance(value, float) else value


def all_reasons(reasons: tuple[ActiveReason, ...], now: float) -> str:
    return " ".join(reason_words(active, now) for active in reasons)
