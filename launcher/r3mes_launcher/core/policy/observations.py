"""What the policy knows of the world at one moment. None: this computer does not tell, or has not told yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class GpuObservation:
    """One GPU that the node uses."""

    uuid: str
    name: str
    temperature_c: int | None = None
    foreign_memory_mb: int | None = None
    """What other programs than the engine hold of its memory."""
    foreign_program: str = ""
    """The one among them that holds most, where its name is known."""


@dataclass(frozen=True, slots=True)
class StakeObservation:
    """In display units."""

    staked: float
    needed: float
    unit: str


@dataclass(frozen=True, slots=True)
class BreakEvenObservation:
    """An hour of serving, in the person's own money."""

    income: Decimal
    cost: Decimal
    """Of the electricity."""
    currency: str = ""
    retry_s: float | None = None
    """After so many seconds of standing still it is measured anew."""


@dataclass(frozen=True, slots=True)
class Observations:
    local_time: datetime | None = None
    """The computer's local time, without a zone."""
    on_battery: bool | None = None
    charge_percent: float | None = None
    idle_s: float | None = None
    """Since the last key or pointer."""
    session_locked: bool | None = None
    running_apps: frozenset[str] = frozenset()
    """Those of the exclusive programs that run, by `program_name`."""
    gpus: tuple[GpuObservation, ...] = ()
    gateway_remote: bool = False
    """Whether requests come by the network at all."""
    online: bool | None = None
    metered: bool | None = None
    disk_free_mb: int | None = None
    wallet_locked: bool | None = None
    stake: StakeObservation | None = None
    break_even: BreakEvenObservation | None = None
    updating: bool = False
    newer_version: str = ""
    """Lies on the disk while another one runs."""
    sleeping: bool = False
    shutting_down: bool = False
