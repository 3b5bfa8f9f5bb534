"""Starting with the session, as the window and the command line ask for it: switched, read back, kept up to date."""

from __future__ import annotations

import asyncio

from r3mes_launcher.core.settings import SayLine
from r3mes_launcher.core.state import LogLevel
from r3mes_launcher.ports.autostart import Autostart, AutostartEntry, AutostartReading
from r3mes_launcher.sentence import Sentence
from r3mes_launcher.system_cause import system_cause

SETTING = "autostart"
"""Its name on the command line, beside the settings. It is none of them: the system keeps it."""


class AutostartDesk:
    def __init__(self, port: Autostart, say: SayLine) -> None:
        self._port = port
        self._say = say

    async def read(self) -> AutostartReading:
        return await asyncio.to_thread(self._port.read)

    async def choose(self, on: bool) -> AutostartReading:
        """Writes it and reads it back. Raises ValueError with a sentence when it is not so afterwards."""
        before = await self.read()
        if before.entry is AutostartEntry.UNAVAILABLE:
            raise ValueError(before.why)
        try:
            await asyncio.to_thread(self._port.write, on)
        except OSError as error:
            raise ValueError(Sentence("The system did not take it: {cause}.", cause=system_cause(error))) from None
        after = await self.read()
        if (after.entry is AutostartEntry.ON) is not on:
            raise ValueError("The system did not keep it: afterwards it was as before.")
        return after

    async def keep_up(self) -> None:
        """At a start: the entry of this launcher before it was moved or updated starts this copy from now on.

        Nothing is switched on by that: where there is no entry, or it is off, there is none afterwards. The entry of a
        launcher on another data folder is left alone.
        """
        reading = await self.read()
        if reading.entry is not AutostartEntry.OTHER or not reading.same_data:
            return
        try:
            await asyncio.to_thread(self._port.write, True)
        except OSError as error:
            self._say(
                f"The entry that starts R3MES with the session can't be renewed ({error.strerror}).", LogLevel.WARNING
            )
        else:
            self._say("The entry that starts R3MES with the session now starts this copy.", LogLevel.INFO)


def truth_of(text: str) -> bool:
    """A word of the command line. Raises ValueError with a sentence."""
    word = text.strip().lower()
    if word in ("true", "on", "yes", "1"):
        return True
    if word in ("false", "off", "no", "0"):
        return False
    raise ValueError(f"{SETTING}: true or false, not {text[:40]!r}.")
