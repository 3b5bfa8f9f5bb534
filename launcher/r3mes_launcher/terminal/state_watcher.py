"""Lets a command wait until the launcher's state is as it needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from r3mes_launcher.core.state import GpuReport, LauncherState, LogLine


class StateWatcher:
    """A CoreListener."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self.state = LauncherState()

    def on_state(self, state: LauncherState) -> None:
        self.state = state
        self._changed.set()

    def on_gpus(self, report: GpuReport) -> None:
        return

    def on_logs(self, lines: Sequence[LogLine]) -> None:
        return

    async def until(self, holds: Callable[[LauncherState], bool]) -> LauncherState:
        while not holds(self.state):
            self._changed.clear()
            await self._changed.wait()
        return self.state
