"""The demo's engine runtime: nothing to install, and the engine is the one that plays the recorded day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from r3mes_launcher.core.child_environment import child_environment
from r3mes_launcher.core.child_process import ChildCommand
from r3mes_launcher.core.role_command import Role, role_command
from r3mes_launcher.core.state import Progress
from r3mes_launcher.ports.engine_runtime import EngineWish, Prepared, Refused, RuntimeReport


class DemoEngineRuntime:
    def __init__(
        self, folder: Path, environ: Mapping[str, str], recording: Path, moment: Callable[[], float], rate: float
    ) -> None:
        """`moment` tells how many recorded seconds the day is old now."""
        self._folder = folder
        self._environ = environ
        self._recording = recording
        self._moment = moment
        self._rate = rate

    async def find(self) -> RuntimeReport:
        return RuntimeReport(present=True)

    async def provision(self, tell: Callable[[Progress], None]) -> None:
        return

    async def prepare(self, wish: EngineWish) -> Prepared | Refused:
        argv = (
            *role_command(Role.DEMO_ENGINE),
            *("--gateway", wish.gateway),
            *("--recording", str(self._recording)),
            *("--at", f"{self._moment():.1f}"),
            *("--rate", f"{self._rate:g}"),
        )
        return Prepared(ChildCommand(argv, self._folder, child_environment(self._environ)))

    def check_command(self) -> ChildCommand | None:
        return None
