"""What the window shows, kept apart from it: there may be no window yet, or another one in another language."""

from __future__ import annotations

import time
from typing import Protocol

from r3mes_launcher.bridge import LogBatch
from r3mes_launcher.core.state import GpuReport, LauncherState
from r3mes_launcher.ui.gpu_history import GpuHistory
from r3mes_launcher.ui.log_buffer import LogBuffer
from r3mes_launcher.ui.preferences import Preferences
from r3mes_launcher.ui.window_view import WindowView


class Display(Protocol):
    """Whoever takes what is to be shown: the window, or in its absence its content."""

    def show_state(self, state: LauncherState) -> None: ...
    def show_report(self, report: GpuReport) -> None: ...
    def show_logs(self, batch: LogBatch) -> None: ...
    def show_preferences(self, preferences: Preferences) -> None: ...
    def show_crash(self, sentence: str) -> None: ...
    def show_problem(self, sentence: str) -> None: ...
    def show_busy(self, sentence: str) -> None:
        """The launcher ends or changes over: what is there stays readable, wishes have to wait."""
        ...

    def show_ready(self) -> None: ...
    def start_over(self, demo: bool) -> None:
        """For another core: nothing is left of the one before."""
        ...


class WindowContent:
    """Satisfies Display."""

    def __init__(self, demo: bool = False) -> None:
        self.preferences = Preferences()
        self.start_over(demo)

    def start_over(self, demo: bool) -> None:
        self.state = LauncherState(demo=demo)
        self.report: GpuReport | None = None
        self.history = GpuHistory()
        self.log = LogBuffer()
        self.crash = self.problem = self.busy = ""
        self.view = WindowView()
        """How the window before this one was left, if there was one."""

    @property
    def now(self) -> float:
        """The time of what is shown, in seconds since the epoch: in the demo it is recorded."""
        return self.state.pace.now(time.time())

    def show_state(self, state: LauncherState) -> None:
        self.state = state

    def show_report(self, report: GpuReport) -> None:
        self.report = report
        self.history.add(report)

    def show_logs(self, batch: LogBatch) -> None:
        self.log.extend(batch.lines, batch.dropped)

    def show_preferences(self, preferences: Preferences) -> None:
        self.preferences = preferences

    def show_crash(self, sentence: str) -> None:
        self.crash = sentence

    def show_problem(self, sentence: str) -> None:
        self.problem = sentence

    def show_busy(self, sentence: str) -> None:
        self.busy = sentence

    def show_ready(self) -> None:
        self.busy = ""
