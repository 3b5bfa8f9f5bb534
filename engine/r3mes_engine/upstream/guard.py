"""Runs one command and sees to it that nothing of it outlives the engine: `python -m r3mes_engine.upstream.guard …`.

The engine holds the other end of stdin. When that closes, in whichever way the engine ended, the command and all its
descendants end too. The guard ends with the command's exit code.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

import psutil

TERM_S = 5.0
"""A server gets so long to free its GPUs by itself."""


def main(command: Sequence[str]) -> int:
    # An interrupt at a terminal is for the engine, which drains first.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        sys.stderr.write(f"{command[0]} can't be started: {error.strerror}\n")
        return 127
    threading.Thread(target=_end_with_engine, args=(child,), daemon=True).start()
    code = child.wait()
    # Workers that their server left behind.
    _signal_group(child.pid, kill=True)
    return code if code >= 0 else 128 - code


def _end_with_engine(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 64):
        pass
    family = _family(child.pid)
    _signal_group(child.pid, kill=False)
    _, left = psutil.wait_procs(family, TERM_S)
    _signal_group(child.pid, kill=True)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()


def _family(pid: int) -> list[psutil.Process]:
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.Error:
        return []


def _signal_group(pid: int, *, kill: bool) -> None:
    with contextlib.suppress(OSError, psutil.Error):
        if sys.platform == "win32":
            for process in _family(pid):
                process.kill()
        else:
            # The command leads a group of its own, which its number names until the last of the group is gone.
            os.killpg(pid, signal.SIGKILL if kill else signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
