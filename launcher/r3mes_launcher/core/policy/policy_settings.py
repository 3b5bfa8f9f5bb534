"""What a person may set of the policy: each rule with its defaults and bounds. The settings keep it as `policy`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from r3mes_launcher.core.policy.schedule import Schedule
from r3mes_launcher.sentence import Sentence

MAX_APPS = 100
MAX_APP_NAME = 100


class _Rule(BaseModel):
    """Unknown keys are kept, as in all settings."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


class BatteryRule(_Rule):
    enabled: bool = True
    below_percent: Annotated[int, Field(ge=1, le=100)] = 100
    """Off the mains it pauses below this charge; at 100 it always does."""


class IdleRule(_Rule):
    enabled: bool = False
    """Serve only while nobody uses the computer."""
    after_minutes: Annotated[float, Field(ge=0.5, le=240)] = 5.0


class ExclusiveAppsRule(_Rule):
    names: Annotated[tuple[str, ...], Field(max_length=MAX_APPS)] = ()
    """Names of programs, such as `blender` or `game.exe`; while one runs, the node does not."""

    @field_validator("names")
    @classmethod
    def _clean(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if len(name) > MAX_APP_NAME or any(ord(character) < 32 for character in name):
                raise ValueError(
                    Sentence(
                        "A program's name has at most {max_app_name} characters and no line breaks.",
                        max_app_name=MAX_APP_NAME,
                    )
                )
            if "/" in name or "\\" in name:
                raise ValueError("Give the program's name alone, without its folder.")
        return tuple(dict.fromkeys(cleaned for name in names if (cleaned := program_name(name))))


class GpuBusyRule(_Rule):
    enabled: bool = True
    memory_mb: Annotated[int, Field(ge=64, le=1_000_000)] = 2048
    """More than this in the hands of other programs, on a GPU that the node uses, and it yields. A desktop with a
    browser and a player takes less."""
    wait_s: Annotated[float, Field(ge=1, le=3600)] = 60.0
    """How long the GPU stays theirs at least: a program that just closed often starts again."""


class TemperatureRule(_Rule):
    enabled: bool = True
    target_c: Annotated[int, Field(ge=40, le=110)] = 84
    """Hotter than this for half a minute, and serving pauses."""
    critical_c: Annotated[int, Field(ge=45, le=120)] = 92
    """As hot as this, and it stops at once."""
    resume_c: Annotated[int, Field(ge=30, le=105)] = 70
    cool_down_s: Annotated[float, Field(ge=0, le=7200)] = 300.0
    """The pause lasts so long at least: BOINC's five minutes, after which the case has cooled too."""

    @model_validator(mode="after")
    def _in_order(self) -> TemperatureRule:
        if not self.resume_c < self.target_c < self.critical_c:
            raise ValueError("The temperatures must rise: serving goes on, pauses, stops at once.")
        return self


class MeteredRule(_Rule):
    enabled: bool = True


class DiskRule(_Rule):
    enabled: bool = True
    least_free_mb: Annotated[int, Field(ge=64, le=10_000_000)] = 1024
    """A full disk damages more than this node."""


class WalletRule(_Rule):
    needs_unlocked: bool = False
    """The node has its grant and needs no open wallet; some want to be there when it earns."""
    needs_stake: bool = True
    """Pause while the owner's stake is known to be below what the gateway asks for."""


class BreakEvenRule(_Rule):
    """Needs the price of electricity and of a REMES."""

    enabled: bool = False
    hours: Annotated[float, Field(ge=0.25, le=168)] = 6.0
    """Serving is measured for so long before it is judged: requests come in waves."""
    retry_hours: Annotated[float, Field(ge=1, le=720)] = 12.0
    """After so long a stop it is tried again: nobody knows what would have been earned meanwhile."""


class PolicySettings(_Rule):
    schedule: Schedule = Schedule()
    battery: BatteryRule = BatteryRule()
    idle: IdleRule = IdleRule()
    exclusive_apps: ExclusiveAppsRule = ExclusiveAppsRule()
    gpu_busy: GpuBusyRule = GpuBusyRule()
    temperature: TemperatureRule = TemperatureRule()
    metered: MeteredRule = MeteredRule()
    disk: DiskRule = DiskRule()
    wallet: WalletRule = WalletRule()
    break_even: BreakEvenRule = BreakEvenRule()


def program_name(name: str) -> str:
    """As programs are compared: without `.exe`, letters' case and surrounding blanks."""
    return name.strip().casefold().removesuffix(".exe")
