"""How a running command learns that it is no longer wanted."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from r3mes_installer.failure import Cancelled


class Cancellation:
    """Set once, from any thread or signal handler. Listeners are called at once and must not block."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._listeners: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        self._cancelled.set()
        for listener in list(self._listeners):
            listener()

    def check(self) -> None:
        """Raises Cancelled once cancelled."""
        if self.cancelled:
            raise Cancelled

    def wait(self, seconds: float) -> None:
        """Returns after that time; raises Cancelled as soon as cancelled."""
        self._cancelled.wait(seconds)
        self.check()

    @contextmanager
    def calling(self, listener: Callable[[], None]) -> Iterator[None]:
        """Calls the listener on cancellation, at once when that came before."""
        self._listeners.append(listener)
        try:
            if self.cancelled:
                listener()
            yield
        finally:
            self._listeners.remove(listener)


def cancel_at_end_of(descriptor: int, cancellation: Cancellation) -> None:
    """Cancels when that input ends: the program at its other end is gone or wants no more."""

    def read() -> None:
        # Not through sys.stdin: a daemon thread inside a buffered reader makes the interpreter's own end fail.
        try:
            while os.read(descriptor, 4096):
                pass
        except OSError:
            pass
        cancellation.cancel()

    threading.Thread(target=read, name="stdin-watch", daemon=True).start()


@contextmanager
def cancel_on_signals(cancellation: Cancellation) -> Iterator[None]:
    """SIGINT (Ctrl-C) and SIGTERM cancel; the work ends at its next step and tells so."""

    def handle(_number: int, _frame: object) -> None:
        cancellation.cancel()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
