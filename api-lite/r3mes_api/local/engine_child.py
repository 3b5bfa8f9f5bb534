"""One run of the engine: its pipes, what it says, and its end. POSIX process groups, so that nothing of it stays."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from r3mes_protocol.control import Event, StopCommand, command_line, parse_event
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.limits import MAX_CONTROL_LINE_BYTES
from r3mes_protocol.wire import ProtocolError

logger = logging.getLogger("r3mes_api.engine")

KEPT_LOG_LINES = 20
"""Of the engine's log, for the sentence that says why it did not start."""

LONGEST_LOG_CHARS = 2000

LAST_LINES_S = 1.0
"""After the engine's exit its pipes may still hold its last lines; what it left behind must not hold us longer."""

KILLED_S = 10.0
"""The system needs a moment to free gigabytes of memory, more when a driver is slow."""


_TIED = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() != int(sys.argv[1]):
    sys.exit("the gateway ended before its engine began")
try:
    os.execvp(sys.argv[2], sys.argv[2:])
except OSError as error:
    sys.exit(f"{sys.argv[2]}: {error.strerror}")
"""
"""Becomes the engine after asking Linux to end it with the gateway (PR_SET_PDEATHSIG, SIGKILL): an engine that hangs in
a driver reads no stdin, and a gateway that was killed can't kill."""


def tied_to_us(arguments: Sequence[str]) -> tuple[str, ...]:
    if sys.platform != "linux":
        return tuple(arguments)
    return (sys.executable, "-I", "-S", "-c", _TIED, str(os.getpid()), *arguments)


class Ending(NamedTuple):
    returncode: int
    """As the system's: negative is the number of a POSIX signal."""

    @property
    def code(self) -> ExitCode | None:
        """None for a signal and for codes that are not the project's."""
        try:
            return ExitCode(self.returncode)
        except ValueError:
            return None


class EngineChild:
    """Owned by the task that spawned it, which reads `events` to their end."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.log: deque[str] = deque(maxlen=KEPT_LOG_LINES)
        self._logging = asyncio.create_task(self._read_log(), name="engine log")

    @classmethod
    async def spawn(cls, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> EngineChild:
        """Raises OSError."""
        options: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            import subprocess

            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        return cls(
            await asyncio.create_subprocess_exec(
                *tied_to_us(arguments),
                cwd=folder,
                env=dict(environment),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=MAX_CONTROL_LINE_BYTES,
                # Ctrl-C in the gateway's terminal reaches the gateway alone, which ends its engine in order.
                **options,
            )
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    async def events(self) -> AsyncIterator[Event]:
        """Until the engine's stdout ends. What is no event is logged and passed over."""
        assert self._process.stdout is not None
        while True:
            try:
                line = await self._process.stdout.readline()
            except ValueError:
                logger.warning("passed over an oversized line on the engine's stdout")
                continue
            if not line:
                return
            try:
                yield parse_event(line)
            except ProtocolError as error:
                logger.warning("passed over a line on the engine's stdout: %s", error.reason)

    async def wait(self) -> Ending:
        """Returns when the engine and all that it started are gone."""
        returncode = await self._process.wait()
        # Its group's number is still its own: what it started goes with it.
        self.kill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_LINES_S):
                await asyncio.shield(self._logging)
        self._logging.cancel()
        return Ending(returncode)

    def ask_to_stop(self) -> None:
        """By a word and by the end of its stdin: it cancels what runs and ends."""
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            with contextlib.suppress(OSError, RuntimeError):
                stdin.write(command_line(StopCommand()))
                stdin.close()

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)

    def _signal(self, number: int) -> None:
        # macOS answers EPERM instead of ESRCH for a group that holds nothing but zombies.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, number)

    async def _read_log(self) -> None:
        assert self._process.stderr is not None
        while True:
            try:
                line = await self._process.stderr.readline()
            except ValueError:
                continue
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip()[:LONGEST_LOG_CHARS]
            shown = "".join(character if character.isprintable() else " " for character in text)
            self.log.append(shown)
            logger.info("%s", shown)
