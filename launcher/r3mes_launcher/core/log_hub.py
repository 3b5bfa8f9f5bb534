"""The launcher's log: a capped ring of lines from every process, told to listeners in batches."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from time import time

from r3mes_launcher.core.state import LogLevel, LogLine

RING_LINES = 50_000
"""Lines that are kept; older ones are forgotten. About 10 MB."""

BATCH_INTERVAL_S = 0.1
"""Listeners hear at most ten batches a second: nobody reads faster, and a flood must not wake them per line."""

MAX_LINE_CHARS = 4096
"""A longer line is cut: no log line is that long by intent."""

# A level stands among the first words: after a date, a time and a name at most.
_LEVEL_WORDS = 6
_AROUND_WORDS = "\"'[](){}<>:,;|"
_LEVELS = {
    "trace": LogLevel.DEBUG,
    "debug": LogLevel.DEBUG,
    "info": LogLevel.INFO,
    "notice": LogLevel.INFO,
    "warn": LogLevel.WARNING,
    "warning": LogLevel.WARNING,
    "error": LogLevel.ERROR,
    "critical": LogLevel.ERROR,
    "fatal": LogLevel.ERROR,
}
# Colours and other terminal sequences go as a whole, so that no "[0m" is left behind.
_TERMINAL_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
# C0 and C1 controls, and the marks that turn the direction of text around and so disguise it.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

BatchListener = Callable[[Sequence[LogLine]], None]


def plain_text(raw: str) -> str:
    """One line without control characters, terminal sequences or direction marks; cut to MAX_LINE_CHARS.

    Of a line that was drawn over and over, such as a progress bar, the last state stays.
    """
    if "\r" in raw:
        raw = raw.rstrip("\r").rsplit("\r", 1)[-1]
    text = raw if len(raw) <= MAX_LINE_CHARS else raw[: MAX_LINE_CHARS - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    return _UNPRINTABLE.sub(" ", _TERMINAL_SEQUENCE.sub("", text)).rstrip()


def level_of(text: str, previous: LogLevel = LogLevel.INFO) -> LogLevel:
    """The level that a line names near its start. An indented line belongs to the one before it."""
    if text[:1] in (" ", "\t"):
        return previous
    for word in text.split(None, _LEVEL_WORDS)[:_LEVEL_WORDS]:
        # "INFO", "[info]", "WARNING:" and "level=error"; no regular expression, at 50,000 lines a second.
        level = _LEVELS.get(word.rpartition("=")[2].strip(_AROUND_WORDS).lower())
        if level is not None:
            return level
    if text.startswith("Traceback ("):
        return LogLevel.ERROR
    return LogLevel.INFO


class LogHub:
    """Owned by the core's loop. `add` may take 50,000 lines a second."""

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self._clock = clock
        self._ring: deque[LogLine] = deque(maxlen=RING_LINES)
        self._pending: deque[LogLine] = deque(maxlen=RING_LINES)
        self._listeners: list[BatchListener] = []
        self._timer: asyncio.TimerHandle | None = None
        self._previous: dict[str, LogLevel] = {}

    @property
    def lines(self) -> Sequence[LogLine]:
        return tuple(self._ring)

    def add(self, source: str, raw_lines: Iterable[str], level: LogLevel | None = None) -> None:
        """Takes lines as a process wrote them. Blank ones are passed over."""
        at = self._clock()
        previous = self._previous.get(source, LogLevel.INFO)
        lines = []
        for raw in raw_lines:
            text = plain_text(raw)
            if not text or text.isspace():
                continue
            previous = level if level is not None else level_of(text, previous)
            lines.append(LogLine(at, source, previous, text))
        if not lines:
            return
        self._previous[source] = previous
        self._ring.extend(lines)
        if self._listeners:
            self._pending.extend(lines)
            self._arm()

    def say(self, text: str, level: LogLevel = LogLevel.INFO) -> None:
        """One line of the launcher itself."""
        self.add("launcher", (text,), level)

    def subscribe(self, listener: BatchListener) -> Callable[[], None]:
        """Tells the listener what is kept, then what comes. Returns the way to end it."""
        # What waits for the others is in the ring already: the new listener must not hear it twice.
        self.flush()
        if self._ring:
            listener(tuple(self._ring))
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def flush(self) -> None:
        """Tells the listeners at once what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pending:
            batch = tuple(self._pending)
            self._pending.clear()
            for listener in tuple(self._listeners):
                listener(batch)

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(BATCH_INTERVAL_S, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.flush()
