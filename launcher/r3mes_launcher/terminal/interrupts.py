"""Ctrl-C and the system's wish to end, as an event of the loop."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """`arrived` is set by the first Ctrl-C or SIGTERM; `on_next`, where given, hears each of them instead."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self.on_next: Callable[[], bool] | None = None
        """Returns whether it took the interrupt for itself."""

    def take(self, number: int) -> None:
        if number == signal.SIGINT and self.on_next is not None and self.on_next():
            return
        self.arrived.set()


@contextmanager
def watch_interrupts() -> Iterator[Interrupts]:
    """On the main thread, inside a running loop."""
    loop = asyncio.get_running_loop()
    interrupts = Interrupts()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32":
        numbers.append(signal.SIGHUP)
        for number in numbers:
            loop.add_signal_handler(number, interrupts.take, number)
        try:
            yield interrupts
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)
        return

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(interrupts.take, number)

    previous = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield interrupts
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
