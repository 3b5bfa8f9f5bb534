"""`r3mes run`: the launcher in the foreground until somebody ends it."""

from __future__ import annotations

import asyncio

from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.state import Actual, Desired
from r3mes_launcher.terminal.exit_status import ExitStatus, fault_status
from r3mes_launcher.terminal.interrupts import Interrupts
from r3mes_launcher.terminal.printer import Printer
from r3mes_launcher.terminal.state_watcher import StateWatcher


async def run(core: Core, interrupts: Interrupts, printer: Printer) -> int:
    """Runs a core that has started until an interrupt, or until the node has failed for good."""
    watcher = StateWatcher()
    unsubscribe = core.subscribe(watcher)
    if watcher.state.node.desired is Desired.OFF:
        printer.say("Serving is off. `r3mes run --serve` switches it on for one run.")
    printer.say("Ctrl-C ends the launcher.")
    failed = asyncio.ensure_future(watcher.until(lambda state: state.node.actual is Actual.FAULTED))
    ended = asyncio.ensure_future(interrupts.arrived.wait())
    try:
        await asyncio.wait({failed, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            return fault_status(failed.result().node.fault)
        printer.say("Ending. Running requests are finished first.")
        return ExitStatus.OK
    finally:
        failed.cancel()
        ended.cancel()
        unsubscribe()
