"""The end that comes for sure, whatever a model or a library is doing."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import time

BACKSTOP_S = 0.4
"""After the thread that should have ended the process, a timer that needs no Python lock ends it."""


class Watchdog:
    """Ends the process at the earliest of the moments that it was given."""

    def __init__(self, exit_code: int) -> None:
        self._exit_code = exit_code
        self._lock = threading.Lock()
        self._ends_at = float("inf")

    def end_within(self, seconds: float, exit_code: int | None = None) -> None:
        """Callable from any thread and from a signal handler's; a later moment than before changes nothing. `exit_code`
        None: the usual one."""
        ends_at = time.monotonic() + seconds
        with self._lock:
            if ends_at >= self._ends_at:
                return
            self._ends_at = ends_at
        timer = threading.Timer(seconds, os._exit, (self._exit_code if exit_code is None else exit_code,))
        timer.daemon = True
        timer.start()
        if sys.stderr is not None:
            # Works even while a native call holds Python's lock; the timer above does not.
            faulthandler.dump_traceback_later(seconds + BACKSTOP_S, exit=True)
