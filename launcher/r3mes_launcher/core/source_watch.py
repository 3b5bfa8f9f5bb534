"""Asks one source now and then, without ever letting it hold up the core."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from r3mes_launcher.core.blocking_reader import BlockingReader
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.ports.source import NamedSource, Source, Unavailable
from r3mes_launcher.sentence import Sentence, phrase

Value = TypeVar("Value")

READ_TIMEOUT_S = 5.0
"""All sources answer in milliseconds; one that does not is said to be unavailable until it does."""
CLOSE_TIMEOUT_S = 1.0


class SourceWatch(Generic[Value]):
    """`tell` hears the readings on the core's loop; None while nobody wants them."""

    def __init__(
        self,
        name: str,
        source: Source[Value],
        clock: Clock,
        interval_s: Callable[[], float],
        wanted: Callable[[], bool],
        tell: Callable[[Value | None], None],
    ) -> None:
        self.name = name
        self.unavailable = ""
        """Why this computer does not tell; empty where it does, or was not asked."""
        self.told_by = ""
        """What told last, where the source has a name for it."""
        self._source = source
        self._clock = clock
        self._interval_s = interval_s
        self._wanted = wanted
        self._tell = tell
        self._hurried = asyncio.Event()

    async def run(self) -> None:
        """Until it is cancelled."""
        reader: BlockingReader[Value | Unavailable] | None = None
        reading: asyncio.Future[Value | Unavailable] | None = None
        try:
            while True:
                if self._wanted():
                    if reader is None:
                        reader = BlockingReader(self._source.read, self._source.close, f"r3mes-{self.name}")
                    # One that hangs is not asked again: one thread is all that it may hold.
                    reading = reading or reader.ask()
                    await asyncio.wait({reading}, timeout=READ_TIMEOUT_S)
                    if reading.done():
                        self._take(reading)
                        reading = None
                    else:
                        self._miss(phrase("It does not answer."))
                else:
                    self._miss("")
                await self._pause()
        finally:
            if reading is not None and not reading.cancel():
                reading.exception()
            if reader is not None:
                await reader.close(CLOSE_TIMEOUT_S)

    def hurry(self) -> None:
        """Asks now instead of at the end of the interval: what it is for has changed."""
        self._hurried.set()

    async def _pause(self) -> None:
        interval = asyncio.create_task(self._clock.sleep(self._interval_s()), name=f"pause of {self.name}")
        hurried = asyncio.create_task(self._hurried.wait(), name=f"hurry of {self.name}")
        try:
            await asyncio.wait({interval, hurried}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            interval.cancel()
            hurried.cancel()
            self._hurried.clear()

    def _take(self, reading: asyncio.Future[Value | Unavailable]) -> None:
        error = reading.exception()
        if error is not None:
            self._miss(Sentence("It could not be read ({name}).", name=type(error).__name__))
            return
        value = reading.result()
        if isinstance(value, Unavailable):
            self._miss(value.reason)
        else:
            self.unavailable = ""
            self.told_by = self._source.name if isinstance(self._source, NamedSource) else ""
            self._tell(value)

    def _miss(self, reason: str) -> None:
        self.unavailable, self.told_by = reason, ""
        self._tell(None)
