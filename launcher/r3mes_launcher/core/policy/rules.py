"""One rule per suspend reason: what the observations say about it now, before any hysteresis in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from r3mes_launcher.core.earnings.money_text import money_text
from r3mes_launcher.core.policy.observations import Observations
from r3mes_launcher.core.policy.policy_settings import PolicySettings
from r3mes_launcher.core.policy.reasons import URGENCIES, Figures, SuspendReason, Urgency

HOT_FOR_S = 30.0
"""A short peak over the target temperature is normal under load."""
OFFLINE_FOR_S = 30.0
"""A roaming laptop is without a network for seconds; the engine reconnects by itself."""
PLUG_HOLD_S = 30.0
"""A plug that is moved to another socket."""
APP_HOLD_S = 30.0
"""Games close their launcher's window and open their own."""
WAKE_HOLD_S = 5.0
"""After a sleep the network needs a moment."""
CHARGE_MARGIN_PERCENT = 5.0
DISK_MARGIN = 1.5
"""Free space must grow by half before serving goes on, so that it does not end at once again."""
FOREIGN_MARGIN = 0.5
"""Of the memory threshold: other programs must have given back half of it."""

BREAK_EVEN_MARGIN = Decimal("1.1")
"""Serving must bring a tenth more than its electricity costs before it goes on."""
BREAK_EVEN_HOLD_S = 900.0
"""A stop and a start cost the requests of some minutes."""


class Signal(Enum):
    ON = "on"
    OFF = "off"
    KEEP = "keep"
    """Between the two thresholds: whatever held goes on."""


@dataclass(frozen=True, slots=True)
class Judgement:
    signal: Signal
    code: str = ""
    figures: Figures = ()
    at_once: bool = False
    """No delay before it counts."""
    until_s: float | None = None
    """Seconds until it ends by itself, where that is known."""
    urgency: Urgency | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """Hysteresis in time, in seconds."""

    on_after_s: float = 0.0
    """The signal must have been on for so long."""
    hold_s: float = 0.0
    """Once it counts, it does so long at least."""


OFF = Judgement(Signal.OFF)
KEEP = Judgement(Signal.KEEP)


def judge(reason: SuspendReason, settings: PolicySettings, seen: Observations) -> Judgement:
    return _RULES[reason](settings, seen)


def timing(reason: SuspendReason, settings: PolicySettings) -> Timing:
    match reason:
        case SuspendReason.TEMPERATURE:
            return Timing(HOT_FOR_S, settings.temperature.cool_down_s)
        case SuspendReason.GPU_BUSY:
            return Timing(0.0, settings.gpu_busy.wait_s)
        case SuspendReason.NETWORK:
            return Timing(OFFLINE_FOR_S, 0.0)
        case SuspendReason.BATTERY:
            return Timing(0.0, PLUG_HOLD_S)
        case SuspendReason.EXCLUSIVE_APP:
            return Timing(0.0, APP_HOLD_S)
        case SuspendReason.BREAK_EVEN:
            return Timing(0.0, BREAK_EVEN_HOLD_S)
        case SuspendReason.SLEEP:
            return Timing(0.0, WAKE_HOLD_S)
    return Timing()


def urgency(reason: SuspendReason, judgement: Judgement) -> Urgency:
    return judgement.urgency if judgement.urgency is not None else URGENCIES.get(reason, Urgency.WHEN_DONE)


def _when(holds: bool | None, code: str, *figures: tuple[str, str | int | float]) -> Judgement:
    return Judgement(Signal.ON, code, figures) if holds else OFF


def _schedule(settings: PolicySettings, seen: Observations) -> Judgement:
    if seen.local_time is None or settings.schedule.allows(seen.local_time):
        return OFF
    return Judgement(Signal.ON, "schedule", until_s=settings.schedule.next_change(seen.local_time))


def _battery(settings: PolicySettings, seen: Observations) -> Judgement:
    rule = settings.battery
    if not rule.enabled or not seen.on_battery:
        return OFF
    if rule.below_percent == 100 or seen.charge_percent is None:
        return Judgement(Signal.ON, "battery")
    low = Judgement(Signal.ON, "battery_low", (("percent", round(seen.charge_percent)),))
    if seen.charge_percent < rule.below_percent:
        return low
    return OFF if seen.charge_percent >= min(100.0, rule.below_percent + CHARGE_MARGIN_PERCENT) else KEEP


def _user_active(settings: PolicySettings, seen: Observations) -> Judgement:
    rule = settings.idle
    # Who locks the screen has gone.
    if not rule.enabled or seen.idle_s is None or seen.session_locked:
        return OFF
    needed_s = rule.after_minutes * 60
    if seen.idle_s >= needed_s:
        return OFF
    minutes = ("minutes", round(rule.after_minutes, 1) if rule.after_minutes % 1 else int(rule.after_minutes))
    return Judgement(Signal.ON, "user_active", (minutes,), until_s=needed_s - seen.idle_s)


def _exclusive_app(settings: PolicySettings, seen: Observations) -> Judgement:
    running = sorted(seen.running_apps.intersection(settings.exclusive_apps.names))
    return _when(bool(running), "exclusive_app", ("program", ", ".join(running)))


def _gpu_busy(settings: PolicySettings, seen: Observations) -> Judgement:
    rule = settings.gpu_busy
    used = [(gpu.foreign_memory_mb, gpu) for gpu in seen.gpus if gpu.foreign_memory_mb is not None]
    if not rule.enabled or not used:
        return OFF
    memory_mb, gpu = max(used, key=lambda pair: pair[0])
    if memory_mb > rule.memory_mb:
        program: Figures = (("program", gpu.foreign_program),) if gpu.foreign_program else ()
        code = "gpu_busy" if program else "gpu_busy_unnamed"
        return Judgement(Signal.ON, code, (*program, ("memory_mb", memory_mb), ("gpu", gpu.name)))
    return KEEP if memory_mb > rule.memory_mb * FOREIGN_MARGIN else OFF


def _temperature(settings: PolicySettings, seen: Observations) -> Judgement:
    rule = settings.temperature
    hot = [(gpu.temperature_c, gpu) for gpu in seen.gpus if gpu.temperature_c is not None]
    if not rule.enabled or not hot:
        return OFF
    celsius, gpu = max(hot, key=lambda pair: pair[0])
    figures: Figures = (("gpu", gpu.name), ("celsius", celsius), ("resume", rule.resume_c))
    if celsius >= rule.critical_c:
        return Judgement(Signal.ON, "temperature_critical", figures, at_once=True, urgency=Urgency.AT_ONCE)
    if celsius > rule.target_c:
        return Judgement(Signal.ON, "temperature", figures)
    cooled = Signal.OFF if celsius <= rule.resume_c else Signal.KEEP
    return Judgement(cooled, "temperature_cooling", figures)


def _disk(settings: PolicySettings, seen: Observations) -> Judgement:
    rule = settings.disk
    if not rule.enabled or seen.disk_free_mb is None or seen.disk_free_mb >= rule.least_free_mb * DISK_MARGIN:
        return OFF
    if seen.disk_free_mb >= rule.least_free_mb:
        return KEEP
    return _when(True, "disk", ("free_mb", seen.disk_free_mb), ("needed_mb", rule.least_free_mb))


def _update(settings: PolicySettings, seen: Observations) -> Judgement:
    if seen.updating:
        return Judgement(Signal.ON, "update")
    return _when(bool(seen.newer_version), "update_restart", ("version", seen.newer_version))


def _stake(settings: PolicySettings, seen: Observations) -> Judgement:
    stake = seen.stake
    if not settings.wallet.needs_stake or stake is None or stake.staked >= stake.needed:
        return OFF
    return _when(True, "stake_too_low", ("staked", stake.staked), ("needed", stake.needed), ("unit", stake.unit))


def _break_even(settings: PolicySettings, seen: Observations) -> Judgement:
    balance = seen.break_even
    if not settings.break_even.enabled or balance is None:
        return OFF
    if balance.income < balance.cost:
        income, cost = (f"{money_text(value)} {balance.currency}".strip() for value in (balance.income, balance.cost))
        return Judgement(Signal.ON, "break_even", (("income", income), ("cost", cost)), until_s=balance.retry_s)
    return OFF if balance.income >= balance.cost * BREAK_EVEN_MARGIN else KEEP


_RULES: dict[SuspendReason, Callable[[PolicySettings, Observations], Judgement]] = {
    SuspendReason.SHUTDOWN: lambda settings, seen: _when(seen.shutting_down, "shutdown"),
    SuspendReason.SLEEP: lambda settings, seen: _when(seen.sleeping, "sleep"),
    SuspendReason.UPDATE: _update,
    SuspendReason.TEMPERATURE: _temperature,
    SuspendReason.GPU_BUSY: _gpu_busy,
    SuspendReason.EXCLUSIVE_APP: _exclusive_app,
    SuspendReason.USER_ACTIVE: _user_active,
    SuspendReason.SCHEDULE: _schedule,
    SuspendReason.BATTERY: _battery,
    SuspendReason.DISK: _disk,
    SuspendReason.WALLET_LOCKED: lambda settings, seen: _when(
        settings.wallet.needs_unlocked and seen.wallet_locked, "wallet_locked"
    ),
    SuspendReason.STAKE_TOO_LOW: _stake,
    SuspendReason.BREAK_EVEN: _break_even,
    SuspendReason.METERED: lambda settings, seen: _when(
        settings.metered.enabled and seen.gateway_remote and seen.metered, "metered"
    ),
    SuspendReason.NETWORK: lambda settings, seen: _when(seen.gateway_remote and seen.online is False, "network"),
}

RULED = tuple(reason for reason in SuspendReason if reason in _RULES)
"""The reasons that observations give; the person's pause and the gateway's start have owners of their own."""
