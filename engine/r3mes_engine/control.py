"""The control channel: events out on the real stdout, commands in on stdin."""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO

from r3mes_protocol.control import Command, StatsEvent, command_line, parse_command
from r3mes_protocol.limits import MAX_CONTROL_LINE_BYTES
from r3mes_protocol.wire import ProtocolError, WireModel

log = logging.getLogger(__name__)

MAX_WAITING_EVENTS = 1000
"""Events held for a reader of stdout that does not read. Beyond it, events are dropped, never the engine's pace."""

FLUSH_TIMEOUT_S = 1.0
"""How long the last events may take: a reader that is gone must not keep the process."""


def take_stdout() -> BinaryIO:
    """Keeps the real stdout for events and points descriptor 1 at stderr, so that no library can print into them."""
    sys.stdout.flush()
    events = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    # Children must not hold the pipe open after the engine has ended.
    os.set_inheritable(events.fileno(), False)
    return events


class EventWriter:
    """Writes events in order on its own thread: a reader that is slow or gone never blocks the engine."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting: queue.Queue[bytes | None] = queue.Queue(MAX_WAITING_EVENTS)
        self._thread = threading.Thread(target=self._write, name="events", daemon=True)
        self._broken = False
        self._thread.start()

    def emit(self, event: WireModel) -> None:
        """Callable from any thread; returns at once."""
        # Half of the room is kept for what matters more than numbers.
        if isinstance(event, StatsEvent) and self._waiting.qsize() > MAX_WAITING_EVENTS // 2:
            return
        try:
            self._waiting.put_nowait(command_line(event))
        except queue.Full:
            log.warning("an event was dropped: nobody reads stdout")

    def close(self) -> None:
        """Writes what waits, for a second at most."""
        try:
            self._waiting.put(None, timeout=FLUSH_TIMEOUT_S)
        except queue.Full:
            return
        self._thread.join(FLUSH_TIMEOUT_S)

    def _write(self) -> None:
        while (line := self._waiting.get()) is not None:
            if self._broken:
                continue
            view = memoryview(line)
            try:
                while view:
                    view = view[self._stream.write(view) or 0 :]
            except OSError:
                # The reader is gone. Whether the engine ends is for stdin to say, not for stdout.
                self._broken = True


class CommandReader:
    """Reads commands on its own thread until the end of stdin."""

    def __init__(
        self,
        stream: BinaryIO,
        on_command: Callable[[Command], None],
        on_problem: Callable[[str], None],
        on_end: Callable[[], None],
    ) -> None:
        """The callbacks run on the reader's thread."""
        self._stream = stream
        self._on_command = on_command
        self._on_problem = on_problem
        self._on_end = on_end
        self._thread = threading.Thread(target=self._read, name="commands", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _read(self) -> None:
        try:
            while line := self._stream.readline(MAX_CONTROL_LINE_BYTES + 1):
                if len(line) > MAX_CONTROL_LINE_BYTES:
                    self._on_problem(f"a command line of more than {MAX_CONTROL_LINE_BYTES} bytes")
                    self._skip_line(line)
                    continue
                if line.strip():
                    self._one(line)
        except (OSError, ValueError):
            log.info("stdin can't be read any more")
        self._on_end()

    def _skip_line(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self._stream.readline(MAX_CONTROL_LINE_BYTES)

    def _one(self, line: bytes) -> None:
        try:
            command = parse_command(line)
        except ProtocolError as error:
            self._on_problem(f"not a command: {error.reason}")
            return
        self._on_command(command)
