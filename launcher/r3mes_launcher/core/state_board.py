"""What is, for all who have to know it: the state of the moment, the cards, and the changes of some hours."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from r3mes_launcher.core.interface import CoreListener
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.state import GpuReport, LauncherState, NodeState, Pace

KEPT_STATES = 1000
"""Changes of node and gateway that a diagnostics bundle tells of; some hours of a busy node."""

PACE_TOLERANCE_S = 20.0
"""Recorded seconds by which a shown clock may be wrong."""


class StateBoard:
    """Owned by the core's loop. Every change is told to every listener, in order."""

    def __init__(
        self, state: LauncherState, logs: LogHub, now: Callable[[], float], on_node: Callable[[NodeState], None]
    ) -> None:
        """`now` is in seconds since the epoch. `on_node` hears of a node's change before the listeners do."""
        self._state = state
        self._logs = logs
        self._now = now
        self._on_node = on_node
        self._gpus = GpuReport()
        self._past: deque[tuple[float, LauncherState]] = deque(maxlen=KEPT_STATES)
        self._listeners: list[CoreListener] = []

    @property
    def state(self) -> LauncherState:
        return self._state

    @property
    def gpus(self) -> GpuReport:
        return self._gpus

    @property
    def past(self) -> Sequence[tuple[float, LauncherState]]:
        """The last changes of node and gateway with their times, oldest first."""
        return tuple(self._past)

    def change(self, **fields: Any) -> None:
        """Fields of LauncherState. What changes nothing is told to nobody."""
        before, state = self._state, replace(self._state, **fields)
        if state == before:
            return
        if (state.node, state.gateway) != (before.node, before.gateway):
            self._past.append((self._now(), state))
        self._state = state
        if state.node != before.node:
            self._on_node(state.node)
        for listener in tuple(self._listeners):
            listener.on_state(state)

    def keep_pace(self, pace: Pace) -> None:
        """Tells the recorded time anew where a busy computer has fallen behind it."""
        known = self._state.pace
        if known.rate != pace.rate or abs(known.now(pace.real_at) - pace.shown_at) > PACE_TOLERANCE_S:
            self.change(pace=pace)

    def show_gpus(self, report: GpuReport) -> None:
        self._gpus = report
        for listener in tuple(self._listeners):
            listener.on_gpus(report)

    def subscribe(self, listener: CoreListener) -> Callable[[], None]:
        """Tells the listener what is, then what comes, the log included. Returns the way to end it."""
        listener.on_state(self._state)
        listener.on_gpus(self._gpus)
        end_logs = self._logs.subscribe(listener.on_logs)
        self._listeners.append(listener)

        def unsubscribe() -> None:
            end_logs()
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe
