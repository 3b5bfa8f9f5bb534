"""The end that comes for sure, whatever a model or a library is doing."""

from __future__ import annotations

import faulthandler
import os
import queue
import sys
import threading
import time

BACKSTOP_S = 0.4
"""After the thread that should have ended the process, a timer that needs no Python lock ends it."""


class Watchdog:
    """Ends the process at the earliest of the moments that it was given."""

    def __init__(self, exit_code: int) -> None:
        self._exit_code = exit_code
        # A signal's handler may interrupt whoever holds the lock, on the same thread.
        self._lock = threading.RLock()
        self._ends_at = float("inf")
        self._asked: queue.SimpleQueue[tuple[float, int]] = queue.SimpleQueue()
        # Here and not when somebody asks: a handler that interrupts the start of a thread must not start another one.
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def end_within(self, seconds: float, exit_code: int | None = None) -> None:
        """Callable from any thread and from a signal handler's; a later moment than before changes nothing. `exit_code`
        None: the usual one."""
        ends_at = time.monotonic() + seconds
        with self._lock:
            if ends_at >= self._ends_at:
                return
            self._ends_at = ends_at
            self._asked.put((ends_at, self._exit_code if exit_code is None else exit_code))
            if sys.stderr is not None:
                # Works even while a native call holds Python's lock; the thread does not.
                faulthandler.dump_traceback_later(seconds + BACKSTOP_S, exit=True)

    def _watch(self) -> None:
        ends_at, exit_code = self._asked.get()
        while True:
            try:
                moment, code = self._asked.get(timeout=max(0.0, ends_at - time.monotonic()))
            except queue.Empty:
                os._exit(exit_code)
            if moment < ends_at:
                ends_at, exit_code = moment, code
