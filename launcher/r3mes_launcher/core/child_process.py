"""One child from its spawn to its end, owned by the core's loop: pipes, exit, and the ladder that ends it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

from r3mes_launcher.core.line_splitter import LineSplitter
from r3mes_launcher.core.process_outcome import ProcessOutcome
from r3mes_launcher.core.stop_ladder import StopAction, StopLadder
from r3mes_launcher.ports.process_tree import ProcessTree
from r3mes_protocol.control import DrainCommand, StopCommand, command_line
from r3mes_protocol.limits import MAX_CONTROL_LINE_BYTES
from r3mes_protocol.wire import WireModel

MAX_LOG_LINE_BYTES = 64 * 1024
"""Longest line of stderr that is looked at; the log cuts it further."""

LAST_WORDS_S = 1.0
"""After a child's exit its pipes may still hold its last lines; a survivor of its tree must not hold us longer."""

MAX_UNREAD_BYTES = 1024 * 1024
"""Commands that a child has not read; one that reads nothing for so long is not listening any more."""

_STDIN, _STDOUT, _STDERR = 0, 1, 2


@dataclass(frozen=True, slots=True)
class ChildCommand:
    argv: tuple[str, ...]
    folder: Path
    # Proxies and package indexes may carry passwords: never in a log line.
    environment: Mapping[str, str] = field(repr=False)


class ChildListener(Protocol):
    """Called on the core's loop, in order. Must return at once."""

    def on_output(self, line: bytes) -> None:
        """One line of stdout."""
        ...

    def on_oversized_output(self) -> None:
        """A line of stdout was longer than the contract allows and is dropped."""
        ...

    def on_log(self, lines: Sequence[str]) -> None:
        """Lines of stderr, as many as came at once."""
        ...


class _Pipes(asyncio.SubprocessProtocol):
    """Cuts what comes into lines. Works on what the loop reads, so a flood never piles up in memory."""

    def __init__(self, listener: ChildListener) -> None:
        self._listener = listener
        self._output = LineSplitter(MAX_CONTROL_LINE_BYTES)
        self._log = LineSplitter(MAX_LOG_LINE_BYTES)
        self._open = {_STDOUT, _STDERR}
        loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[None] = loop.create_future()
        self.read_out: asyncio.Future[None] = loop.create_future()

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        chunk = cast(bytes, data)
        if fd == _STDERR:
            self._tell_log(self._log.feed(chunk))
            return
        before = self._output.oversized
        for line in self._output.feed(chunk):
            self._listener.on_output(line)
        for _ in range(self._output.oversized - before):
            self._listener.on_oversized_output()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == _STDOUT:
            for line in self._output.end():
                self._listener.on_output(line)
        elif fd == _STDERR:
            self._tell_log(self._log.end())
        self._open.discard(fd)
        if not self._open and not self.read_out.done():
            self.read_out.set_result(None)

    def process_exited(self) -> None:
        if not self.exited.done():
            self.exited.set_result(None)

    def _tell_log(self, lines: list[bytes]) -> None:
        if lines:
            self._listener.on_log([line.decode("utf-8", "replace") for line in lines])


class ChildProcess:
    """A running child. `wait` ends when it and its whole tree are gone and all it said was told."""

    def __init__(self, transport: asyncio.SubprocessTransport, pipes: _Pipes, tree: ProcessTree) -> None:
        self._transport = transport
        self._pipes = pipes
        self._tree = tree
        self.pid: int = transport.get_pid()
        self._end: asyncio.Task[ProcessOutcome] = asyncio.create_task(self._run(), name=f"child {self.pid}")

    @classmethod
    async def spawn(
        cls,
        command: ChildCommand,
        listener: ChildListener,
        spawn_options: Mapping[str, object],
        adopt: Callable[[int], ProcessTree],
    ) -> ChildProcess:
        """Raises OSError when the program can't be started."""
        loop = asyncio.get_running_loop()
        transport, pipes = await loop.subprocess_exec(
            lambda: _Pipes(listener),
            *command.argv,
            cwd=command.folder,
            env=dict(command.environment),
            **spawn_options,  # type: ignore[arg-type]
        )
        try:
            tree = adopt(transport.get_pid())
        except OSError:
            # A child outside its tree could leave an orphan: better none at all.
            transport.kill()
            transport.close()
            raise
        return cls(transport, pipes, tree)

    @property
    def running(self) -> bool:
        return not self._pipes.exited.done()

    async def wait(self) -> ProcessOutcome:
        return await asyncio.shield(self._end)

    def send(self, command: WireModel) -> bool:
        """False when the child does not listen any more."""
        return self.write(command_line(command))

    def write(self, data: bytes) -> bool:
        """To its stdin, without waiting. False when the child does not listen any more."""
        stdin = cast("asyncio.WriteTransport | None", self._transport.get_pipe_transport(_STDIN))
        if stdin is None or stdin.is_closing() or stdin.get_write_buffer_size() > MAX_UNREAD_BYTES:
            return False
        stdin.write(data)
        return True

    def close_input(self) -> None:
        stdin = self._transport.get_pipe_transport(_STDIN)
        if stdin is not None:
            stdin.close()

    async def stop(self, ladder: StopLadder, on_step: Callable[[StopAction], None] = lambda action: None) -> bool:
        """Climbs the ladder until the child is gone. False when even its end could not be forced."""
        for step in ladder:
            if not self.running:
                break
            on_step(step.action)
            self._act(step.action)
            await asyncio.wait([self._end], timeout=step.wait_s)
        if not self.running:
            await self.wait()
        return not self.running

    def kill(self) -> None:
        """Ends the whole tree at once."""
        self._tree.kill()

    def _act(self, action: StopAction) -> None:
        match action:
            case StopAction.DRAIN:
                self.send(DrainCommand())
            case StopAction.STOP:
                self.send(StopCommand())
            case StopAction.CLOSE_INPUT:
                self.close_input()
            case StopAction.TERMINATE:
                self._tree.terminate()
            case StopAction.KILL:
                self._tree.kill()

    async def _run(self) -> ProcessOutcome:
        try:
            await self._pipes.exited
            # The leader is gone; whatever it started goes with it, before its group's number can be used again.
            self._tree.kill()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS_S):
                    await asyncio.shield(self._pipes.read_out)
        finally:
            if self.running:
                self._tree.kill()
            self._tree.close()
            self._transport.close()
        returncode = self._transport.get_returncode()
        return ProcessOutcome(returncode if returncode is not None else -9)
