"""The graphics cards of this computer, as a port.

What a source reports is telemetry, never proof: whoever owns the computer can make the driver say anything, so nothing
that pays may rest on it.
"""

from __future__ import annotations

from typing import Protocol

from r3mes_launcher.core.state import GpuReport


class GpuSource(Protocol):
    """Both methods may block, as drivers do, and are called on one thread only, never on the core's loop."""

    def read(self) -> GpuReport:
        """All cards now. What is wrong is in the report: a driver that is missing or broken is no exception."""
        ...

    def close(self) -> None:
        """Gives the driver back. Safe to call twice."""
        ...
