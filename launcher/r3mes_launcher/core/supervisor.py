"""Starts children so that none can outlive the launcher: tree, run record, guard, and the reaping of old ones."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

from r3mes_launcher.core.child_environment import child_environment
from r3mes_launcher.core.child_process import ChildCommand, ChildListener, ChildProcess
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.role_command import Role, role_command
from r3mes_launcher.core.run_record import RunRecord, RunRecords
from r3mes_launcher.core.state import LogLevel
from r3mes_launcher.ports.process_tree import ProcessTrees
from r3mes_launcher.sentence import Sentence
from r3mes_launcher.system_cause import system_cause


class SpawnError(Exception):
    """The program could not be started; the message is a sentence."""


class _Silent:
    def on_output(self, line: bytes) -> None:
        return

    def on_oversized_output(self) -> None:
        return

    def on_log(self, lines: Sequence[str]) -> None:
        return


class Supervisor:
    """One per launcher. All methods run on the core's loop."""

    def __init__(self, records_folder: Path, trees: ProcessTrees, environ: dict[str, str], logs: LogHub) -> None:
        self._folder = records_folder
        self._records = RunRecords(records_folder)
        self._trees = trees
        self._environ = environ
        self._logs = logs
        self._children: dict[ChildProcess, asyncio.Task[None]] = {}
        self._guard: ChildProcess | None = None

    async def reap_stale(self) -> None:
        """Ends what a launcher that crashed left behind. Call it while holding the folder's lock."""
        loop = asyncio.get_running_loop()

        def tell(record: RunRecord) -> None:
            sentence = f"A launcher that ended unexpectedly left its {record.name} running (pid {record.pid}): ended."
            loop.call_soon_threadsafe(self._logs.say, sentence, LogLevel.WARNING)

        await asyncio.to_thread(self._records.reap, tell)

    async def start(self, name: str, command: ChildCommand, listener: ChildListener) -> ChildProcess:
        """`name` is unique among running children. Raises SpawnError with a sentence."""
        guard = await self._ready_guard()
        child = await self._spawn(name, command, listener)
        if guard is not None:
            _tell_guard(guard, "watch", child.pid)
        self._remember(name, child)
        self._children[child] = asyncio.create_task(self._mourn(name, child), name=f"supervise {name}")
        return child

    def child_pids(self) -> frozenset[int]:
        """Of the children that run. May be called on any thread."""
        return frozenset(child.pid for child in tuple(self._children))

    async def close(self) -> None:
        """Call it when every child has been stopped. Whatever still runs is ended by force."""
        for child in list(self._children):
            child.kill()
        for task in list(self._children.values()):
            await task
        if self._guard is not None:
            guard, self._guard = self._guard, None
            guard.close_input()
            await guard.wait()

    async def _spawn(self, name: str, command: ChildCommand, listener: ChildListener) -> ChildProcess:
        try:
            return await ChildProcess.spawn(command, listener, self._trees.spawn_options(), self._trees.adopt)
        except OSError as error:
            reason = system_cause(error)
            raise SpawnError(
                Sentence("{argv} could not be started: {reason}.", argv=command.argv[0], reason=reason)
            ) from error

    def _remember(self, name: str, child: ChildProcess) -> None:
        try:
            self._records.write(RunRecord.of(name, child.pid))
        except psutil.Error:
            return  # it has ended already
        except OSError as error:
            self._logs.say(f"No note of the {name} could be written ({error.strerror}).", LogLevel.WARNING)

    async def _mourn(self, name: str, child: ChildProcess) -> None:
        try:
            await child.wait()
        finally:
            del self._children[child]
            self._records.forget(name)
            if self._guard is not None:
                _tell_guard(self._guard, "forget", child.pid)

    async def _ready_guard(self) -> ChildProcess | None:
        # On Windows the system ends a job's processes with the launcher; elsewhere somebody has to.
        if sys.platform == "win32":
            return None
        if self._guard is not None and self._guard.running:
            return self._guard
        command = ChildCommand(role_command(Role.GUARD), self._folder, child_environment(self._environ))
        try:
            self._guard = await self._spawn("guard", command, _Silent())
        except SpawnError as error:
            self._logs.say(f"{error} Without it an engine may outlive a launcher that crashes.", LogLevel.WARNING)
            return None
        for child in self._children:
            _tell_guard(self._guard, "watch", child.pid)
        return self._guard


def _tell_guard(guard: ChildProcess, word: str, pid: int) -> None:
    guard.write(f"{word} {pid}\n".encode())
