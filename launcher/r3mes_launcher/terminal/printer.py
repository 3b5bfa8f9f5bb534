"""Says on a terminal, or in a file, what the launcher does: a line per change and a bar for long work."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TextIO

from r3mes_launcher.core.state import (
    Actual,
    GatewayState,
    GpuReport,
    LauncherState,
    LogLevel,
    LogLine,
    NodeState,
    Progress,
)

REDRAW_INTERVAL_S = 0.2
LINE_INTERVAL_S = 10.0
"""Where the output is no terminal, a line in this time shows that the work goes on."""
BAR_WIDTH = 30

_WORDS = {
    Actual.UNPROVISIONED: "not installed",
    Actual.PROVISIONING: "installing",
    Actual.STOPPED: "off",
    Actual.STARTING: "starting",
    Actual.REGISTERING: "registering",
    Actual.SERVING: "serving",
    Actual.SUSPENDED: "waiting",
    Actual.DRAINING: "finishing",
    Actual.STOPPING: "stopping",
    Actual.BACKING_OFF: "waiting to start again",
    Actual.FAULTED: "failed",
}


class Printer:
    """A CoreListener. Tells the gateway's and, with `node`, the node's changes; with `verbose` all of the log.

    Warnings and errors of the children are told in any case.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        verbose: bool = False,
        node: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._verbose = verbose
        self._node = node
        self._clock = clock
        self._terminal = stream.isatty()
        self._drawn = 0
        self._last_line = ""
        self._gateway_line = ""
        self._stage = ""
        self._progress_at = 0.0
        self._closed = False

    def on_state(self, state: LauncherState) -> None:
        self._say_gateway(state.gateway)
        if self._node:
            self._say_node(state.node)

    def on_gpus(self, report: GpuReport) -> None:
        return

    def on_logs(self, lines: Sequence[LogLine]) -> None:
        for line in lines:
            serious = line.level in (LogLevel.WARNING, LogLevel.ERROR)
            if self._verbose or (serious and line.source != "launcher"):
                self.say(f"[{line.source}] {line.text}")
            elif serious and line.text not in self._last_line:
                self.say(line.text)

    def say(self, text: str) -> None:
        self._write(text + "\n")

    def close(self) -> None:
        """Ends a bar that is drawn."""
        self._erase()

    def _say_gateway(self, gateway: GatewayState) -> None:
        where = "this computer" if gateway.kind == "local" else "remote"
        if gateway.message:
            line = f"Gateway ({where}): {gateway.message}"
        elif gateway.url and gateway.reachable:
            line = f"Gateway ({where}): {gateway.url}" + (f", {gateway.mode} mode" if gateway.mode else "")
        else:
            return
        if line != self._gateway_line:
            self._gateway_line = line
            self.say(line)

    def _say_node(self, node: NodeState) -> None:
        if node.actual is Actual.UNPROVISIONED and not node.provision_bytes:
            return  # it is only being looked for; what comes next is worth a line
        if node.progress is not None and node.actual in (Actual.PROVISIONING, Actual.STARTING):
            self._show_progress(node.progress)
            return
        if node.actual is Actual.FAULTED and node.fault is not None:
            line = f"Node: {_WORDS[node.actual]}. {node.fault.message} {node.fault.hint}".rstrip()
        else:
            line = f"Node: {_WORDS[node.actual]}"
            if node.actual is Actual.SERVING:
                line += f" {node.model} on {node.device} (engine pid {node.engine.pid})"
            if node.actual is Actual.UNPROVISIONED:
                line += f"; Serving downloads {readable_bytes(node.provision_bytes)} first"
            line += f". {node.reason}" if node.reason else ""
        if line != self._last_line:
            self._last_line = line
            self._stage = ""
            self.say(line)

    def _show_progress(self, progress: Progress) -> None:
        now = self._clock()
        interval = REDRAW_INTERVAL_S if self._terminal else LINE_INTERVAL_S
        if progress.stage == self._stage and now - self._progress_at < interval:
            return
        self._stage, self._progress_at = progress.stage, now
        text = progress_text(progress)
        if not self._terminal:
            self.say(text)
            return
        bar = ""
        if progress.total:
            filled = max(0, min(BAR_WIDTH, BAR_WIDTH * progress.done // progress.total))
            bar = f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] "
        self._write(bar + text)
        self._drawn = len(bar + text)

    def _write(self, text: str) -> None:
        if self._closed:
            return
        try:
            self._erase()
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            # Whoever read this is gone, or the terminal is closed. The launcher's work goes on without a word.
            self._closed = True

    def _erase(self) -> None:
        if self._drawn:
            self._stream.write("\r" + " " * self._drawn + "\r")
            self._drawn = 0


def progress_text(progress: Progress) -> str:
    stage = progress.stage.rstrip(".")
    if progress.unit == "bytes" and (progress.done or progress.total):
        done = readable_bytes(progress.done)
        return f"{stage}: {done} of {readable_bytes(progress.total)}" if progress.total else f"{stage}: {done}"
    if progress.unit == "%" and progress.total:
        return f"{stage}: {100 * progress.done // progress.total} %"
    if progress.total:
        return f"{stage}: {progress.done} of {progress.total} {progress.unit}"
    return stage


def readable_bytes(count: int) -> str:
    if count < 1_000_000:
        return f"{round(count / 1000)} kB"
    if count < 1_000_000_000:
        return f"{round(count / 1_000_000)} MB"
    return f"{count / 1_000_000_000:.1f} GB"
