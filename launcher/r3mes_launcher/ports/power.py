"""Mains or battery, by psutil (/sys/class/power_supply, GetSystemPowerStatus, IOKit)."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from r3mes_launcher.ports.source import Unavailable

NOT_TOLD = Unavailable("This system does not tell whether it runs on battery.")


@dataclass(frozen=True, slots=True)
class PowerReading:
    on_battery: bool
    charge_percent: float | None = None
    """None where there is no battery."""


class SystemPower:
    """Satisfies `Source[PowerReading]`."""

    def read(self) -> PowerReading | Unavailable:
        ask = getattr(psutil, "sensors_battery", None)
        if ask is None:
            return NOT_TOLD
        try:
            battery = ask()
        except (OSError, RuntimeError, ValueError):
            # A battery that is taken out while it is asked, or one whose files hold nonsense.
            return NOT_TOLD
        if battery is None:
            return PowerReading(on_battery=False)
        if battery.power_plugged is None:
            return NOT_TOLD
        return PowerReading(not battery.power_plugged, float(battery.percent))

    def close(self) -> None:
        return
