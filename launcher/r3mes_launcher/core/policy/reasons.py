"""Why a node that is wished for does not run: reasons, their sentences, and how fast each must be obeyed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class SuspendReason(StrEnum):
    """In the order in which a person is told of them."""

    PAUSE = "pause"
    SHUTDOWN = "shutdown"
    SLEEP = "sleep"
    UPDATE = "update"
    TEMPERATURE = "temperature"
    GPU_BUSY = "gpu_busy"
    EXCLUSIVE_APP = "exclusive_app"
    USER_ACTIVE = "user_active"
    SCHEDULE = "schedule"
    BATTERY = "battery"
    DISK = "disk"
    WALLET_LOCKED = "wallet_locked"
    STAKE_TOO_LOW = "stake_too_low"
    BREAK_EVEN = "break_even"
    METERED = "metered"
    NETWORK = "network"
    GATEWAY = "gateway"


class Urgency(IntEnum):
    """How a running engine is ended for a reason."""

    WHEN_DONE = 0
    """Every request that runs is finished first."""
    SOON = 1
    """Requests get a few seconds."""
    AT_ONCE = 2
    """The GPU is wanted back now; the gateway goes on with broken answers on another node."""


OVERRIDABLE = frozenset(
    {
        SuspendReason.GPU_BUSY,
        SuspendReason.EXCLUSIVE_APP,
        SuspendReason.USER_ACTIVE,
        SuspendReason.SCHEDULE,
        SuspendReason.BATTERY,
        SuspendReason.STAKE_TOO_LOW,
        SuspendReason.BREAK_EVEN,
        SuspendReason.METERED,
    }
)
"""What a person may set aside without harm: comfort and cost, never heat or a full disk. Some gateways ask for no
stake; one that does refuses the node by itself."""

URGENCIES = {
    SuspendReason.SHUTDOWN: Urgency.SOON,
    SuspendReason.SLEEP: Urgency.SOON,
    SuspendReason.TEMPERATURE: Urgency.SOON,
    SuspendReason.EXCLUSIVE_APP: Urgency.SOON,
    SuspendReason.GPU_BUSY: Urgency.AT_ONCE,
}
"""WHEN_DONE for all others. A critical temperature is AT_ONCE by its judgement."""

SENTENCES = {
    "pause": "Paused by you.",
    "pause_until": "Paused by you for {minutes} minutes.",
    "pause_restart": "Paused by you until the launcher starts again.",
    "shutdown": "The computer is shutting down.",
    "sleep": "The computer goes to sleep.",
    "update": "An update is being installed.",
    "update_restart": "R3MES was updated to {version}. Start it again, and serving goes on.",
    "temperature": "{gpu} is too hot: {celsius} °C. Serving goes on when it is at {resume} °C.",
    "temperature_critical": "{gpu} is dangerously hot: {celsius} °C. Serving goes on when it is at {resume} °C.",
    "temperature_cooling": "{gpu} cools down: {celsius} °C. Serving goes on at {resume} °C.",
    "gpu_busy": "{program} uses {memory_mb} MB of {gpu}.",
    "gpu_busy_unnamed": "Another program uses {memory_mb} MB of {gpu}.",
    "exclusive_app": "{program} is running.",
    "user_active": "You are using the computer. Serving goes on after {minutes} minutes without input.",
    "schedule": "The schedule says no at this time.",
    "battery": "The computer runs on battery.",
    "battery_low": "The computer runs on battery, and {percent} % are left.",
    "disk": "Only {free_mb} MB are free on the disk; {needed_mb} MB are needed.",
    "wallet_locked": "The wallet is locked.",
    "stake_too_low": "The stake is too low: {staked} of {needed} {unit}.",
    "break_even": "Serving brings {income} an hour, its electricity costs {cost}.",
    "metered": "The network connection is metered.",
    "network": "The computer has no network connection.",
    "gateway": "Waiting for the gateway to start.",
}
"""By code. A front end that speaks another language translates these and puts the same figures in."""

Figures = tuple[tuple[str, str | int | float], ...]


@dataclass(frozen=True, slots=True)
class ActiveReason:
    """One reason that holds. Times are seconds since the epoch."""

    reason: SuspendReason
    code: str
    """The key of its sentence in SENTENCES: one reason may have several."""
    figures: Figures
    since: float
    until: float | None = None
    """When it ends by itself, where that is known."""
    urgency: Urgency = Urgency.WHEN_DONE

    @property
    def sentence(self) -> str:
        return SENTENCES[self.code].format_map(dict(self.figures))

    @property
    def overridable(self) -> bool:
        return self.reason in OVERRIDABLE


class PauseChoice(StrEnum):
    """What "Pause" offers."""

    QUARTER_HOUR = "quarter_hour"
    HOUR = "hour"
    UNTIL_RESTART = "until_restart"
    """Of the launcher."""
    UNTIL_RESUMED = "until_resumed"

    @property
    def length_s(self) -> float | None:
        """None where only an event ends it."""
        return {PauseChoice.QUARTER_HOUR: 900.0, PauseChoice.HOUR: 3600.0}.get(self)


@dataclass(frozen=True, slots=True)
class SourceState:
    """Where the policy has something from, or why this computer does not tell it."""

    name: str
    """`idle`, `power`, `programs`, `network`, `metered`, `disk`, `update` or `gpu_use`."""
    told_by: str = ""
    """Such as `X11`, where there are several ways."""
    unavailable: str = ""
    """One sentence: a rule that needs it has no effect here."""


@dataclass(frozen=True, slots=True)
class PolicyReport:
    """What front ends show of the policy."""

    reasons: tuple[ActiveReason, ...] = ()
    """All that hold and count, the most telling first."""
    set_aside: tuple[ActiveReason, ...] = ()
    """They hold too, and the person serves anyway until they are over."""
    paused: PauseChoice | None = None
    paused_until: float | None = None
    sources: tuple[SourceState, ...] = ()
    """Those that have something to say of themselves: what they are called, or that they don't tell."""

    @property
    def overridable(self) -> bool:
        """Whether "Serve anyway" would change anything now."""
        return bool(self.reasons) and all(reason.overridable for reason in self.reasons)
