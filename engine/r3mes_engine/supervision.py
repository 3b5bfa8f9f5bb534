"""`serve --restart on-failure`: a small process that starts the engine again when it failed in a way that may pass.

A GPU that failed poisons the process that used it, so the engine ends and only a new process helps. A launcher does
this for its engine; in a container or a service nobody would, and such a restart is quicker than one of the container,
keeps its log, and stays down where a person is needed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from r3mes_engine.restart_policy import RestartPolicy, is_worth_restarting
from r3mes_engine.serving.loopback_files import token_file
from r3mes_protocol.control import ReadyEvent, command_line, parse_event
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.limits import MAX_CONTROL_LINE_BYTES
from r3mes_protocol.wire import ProtocolError

log = logging.getLogger(__name__)


class Supervision:
    """Used once, on the main thread."""

    def __init__(self, command: Sequence[str], state_dir: Path, policy: RestartPolicy, events: BinaryIO) -> None:
        """`command` starts an engine with a control channel on stdio; its end is this process's hold on it."""
        self._command = command
        self._state_dir = state_dir
        self._policy = policy
        self._events = events
        self._stopping = False
        # A signal's handler may interrupt whoever waits here. An event's lock could make it wait for itself.
        self._told_to_stop: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._child: subprocess.Popen[bytes] | None = None
        self._ready_at: float | None = None

    def run(self) -> int:
        """Returns the exit code of the last engine."""
        for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._pass_on)
        while True:
            code, ready_s = self._one_life()
            if self._stopping:
                # Told to end while it failed: that is its end.
                return ExitCode.OK if code < 0 else code
            pause = self._policy.ended(code, ready_s)
            if pause is None:
                if is_worth_restarting(code):
                    log.error("the engine ended %d times in a row; it stays down", self._policy.losses)
                return code if code >= 0 else ExitCode.INTERNAL
            log.warning("the engine ended with %d and is started again in %.1f s", code, pause)
            with contextlib.suppress(queue.Empty):
                self._told_to_stop.get(timeout=pause)
                return code if code >= 0 else ExitCode.INTERNAL

    def _pass_on(self, number: int, _frame: object) -> None:
        """The engine drains at the first signal and ends at the second, as without supervision."""
        self._stopping = True
        self._told_to_stop.put(None)
        child = self._child
        if child is None or child.poll() is not None:
            return
        if sys.platform == "win32":
            child.terminate()
        else:
            child.send_signal(number)

    def _one_life(self) -> tuple[int, float]:
        """Exit code, and for how long it could answer."""
        self._ready_at = None
        child = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # An interrupt at a terminal reaches this process alone, which passes it on once.
            start_new_session=True,
        )
        self._child = child
        if self._stopping:
            self._pass_on(signal.SIGTERM, None)
        assert child.stdin is not None and child.stdout is not None
        with contextlib.ExitStack() as kept, child.stdout:
            while line := child.stdout.readline(MAX_CONTROL_LINE_BYTES + 1):
                self._event(line, kept)
            code = child.wait()
        with contextlib.suppress(OSError):
            child.stdin.close()
        return code, 0.0 if self._ready_at is None else time.monotonic() - self._ready_at

    def _event(self, line: bytes, kept: contextlib.ExitStack) -> None:
        if b'"ready"' in line:
            try:
                event = parse_event(line)
            except ProtocolError:
                log.error("the engine said something that is no event")
                return
            if isinstance(event, ReadyEvent):
                self._ready_at = time.monotonic()
                if event.token is not None:
                    # This stdout is somebody's log: the token goes into its file.
                    kept.enter_context(token_file(self._state_dir, event.token))
                    line = command_line(event.model_copy(update={"token": None}))
        try:
            self._events.write(line)
            self._events.flush()
        except OSError:
            log.debug("nobody reads the events")


def supervised(arguments: Sequence[str], state_dir: Path, policy: RestartPolicy) -> int:
    """`arguments` are those of this very command."""
    # Descriptor 2 is the engine's log as well, in the same form.
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # What comes later wins over what was said before.
    command = [sys.executable, "-m", "r3mes_engine", *arguments, "--restart", "no", "--control", "stdio"]
    with os.fdopen(os.dup(1), "wb", buffering=0) as events:
        return Supervision(command, state_dir, policy, events).run()
