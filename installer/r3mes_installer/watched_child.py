"""Runs pip and ends with it, its children included, when the standard input ends.

A script of its own, run by the environment's Python: `watched_child.py WHEEL ARGUMENTS...`, where WHEEL is the file
to run pip from or empty for the installed one. The installer holds the other end of the standard input: however it
dies (SIGKILL included), pip dies with it and never goes on writing into an environment that another run repairs.
"""

import os
import runpy
import signal
import sys
import threading


def _end_with_the_installer() -> None:
    # Not through sys.stdin: a daemon thread inside a buffered reader makes the interpreter's own end fail.
    while os.read(0, 4096):
        pass
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(130)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_installer, daemon=True).start()
    wheel = sys.argv.pop(1)
    if wheel:
        sys.path.insert(0, wheel)
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
