"""Tells how far long work is: in sentences and a bar for a person, in JSON lines for the launcher."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Protocol, TextIO

REDRAW_INTERVAL_S = 0.2
"""Often enough to look alive, seldom enough to cost nothing."""
LINE_INTERVAL_S = 10.0
"""Where the output is kept (a file, a CI log), a line in this time shows that the work goes on."""
BAR_WIDTH = 30


@dataclass(frozen=True, slots=True)
class Plan:
    """What making an environment would take."""

    download_bytes: int
    disk_bytes: int
    location: str
    provisioned: bool
    python: str


class Reporter(Protocol):
    def plan(self, plan: Plan) -> None: ...
    def say(self, sentence: str) -> None:
        """Something the person should know."""
        ...

    def progress(self, stage: str, done: int, total: int, unit: str) -> None:
        """`unit` is `bytes` or `packages`; `total` 0 means that nobody knows."""
        ...

    def detail(self, line: str) -> None:
        """A line of a tool that was called; shown on request only."""
        ...


def readable_bytes(count: int) -> str:
    if count < 1_000_000:
        return f"{max(1, round(count / 1000))} kB" if count else "0 kB"
    if count < 1_000_000_000:
        return f"{round(count / 1_000_000)} MB"
    return f"{count / 1_000_000_000:.1f} GB"


def readable_progress(done: int, total: int, unit: str) -> str:
    if unit == "bytes":
        return f"{readable_bytes(done)} of {readable_bytes(total)}" if total else readable_bytes(done)
    return f"{done} of {total} {unit}" if total else f"{done} {unit}"


class JsonReporter:
    """One JSON object a line. Progress of one stage is told at most every REDRAW_INTERVAL_S, its end always."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._last: tuple[str, float] = ("", 0.0)

    def event(self, event: str, **fields: object) -> None:
        self._stream.write(json.dumps({"event": event, **fields}) + "\n")
        self._stream.flush()

    def plan(self, plan: Plan) -> None:
        self.event("plan", **asdict(plan))

    def say(self, sentence: str) -> None:
        self.event("progress", stage=sentence, done=0, total=0, unit="bytes")

    def progress(self, stage: str, done: int, total: int, unit: str) -> None:
        now = self._clock()
        if stage == self._last[0] and now - self._last[1] < REDRAW_INTERVAL_S and done != total:
            return
        self._last = (stage, now)
        self.event("progress", stage=stage, done=done, total=total, unit=unit)

    def detail(self, line: str) -> None:
        """Not part of the contract; pip's log file has it."""


class ConsoleReporter:
    """Sentences, and a bar where the stream is a terminal."""

    def __init__(self, stream: TextIO, verbose: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._verbose = verbose
        self._clock = clock
        self._terminal = stream.isatty()
        self._drawn = 0
        self._stage = ""
        self._last = 0.0

    def plan(self, plan: Plan) -> None:
        if plan.provisioned:
            self.say(f"Ready in {plan.location}.")
            return
        size, disk = readable_bytes(plan.download_bytes), readable_bytes(plan.disk_bytes)
        self.say(f"{plan.location} needs {size} of downloads (less what pip has already) and {disk} of disk.")

    def say(self, sentence: str) -> None:
        self._erase()
        self._stream.write(sentence + "\n")
        self._stream.flush()

    def progress(self, stage: str, done: int, total: int, unit: str) -> None:
        now = self._clock()
        finished = total > 0 and done >= total
        interval = REDRAW_INTERVAL_S if self._terminal else LINE_INTERVAL_S
        if stage == self._stage and now - self._last < interval and not (finished and self._terminal):
            return
        self._stage, self._last = stage, now
        text = f"{stage}: {readable_progress(done, total, unit)}"
        if not self._terminal:
            self.say(text)
            return
        bar = ""
        if total:
            filled = min(BAR_WIDTH, BAR_WIDTH * done // total)
            bar = f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] "
        self._erase()
        self._stream.write(bar + text)
        self._stream.flush()
        self._drawn = len(bar + text)

    def detail(self, line: str) -> None:
        if self._verbose:
            self.say(f"  {line}")

    def _erase(self) -> None:
        if self._drawn:
            self._stream.write("\r" + " " * self._drawn + "\r")
            self._drawn = 0
