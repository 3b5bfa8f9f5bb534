"""Finds out, without a gap, whether a launcher runs that can be asked or whether this process may do it itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

from r3mes_launcher.core.control.client import NobodyListens, OnEvent, ask
from r3mes_launcher.core.data_folder import DataFolder
from r3mes_launcher.core.interface import Core, StartRefused

STARTING_S = 15.0
"""A launcher has its folder some time before it can be asked: it ends what a crash left behind first."""
AGAIN_S = 0.1

Result = TypeVar("Result")


class NotRunning(Exception):
    """No launcher runs on this folder."""


async def ask_running(
    folder: DataFolder, verb: str, arguments: dict[str, Any] | None = None, on_event: OnEvent = lambda event: None
) -> dict[str, Any]:
    """Raises NotRunning, ControlError and BadMessage."""
    try:
        return await ask(folder, verb, arguments, on_event)
    except NobodyListens:
        raise NotRunning from None


async def running_or_at_rest(
    folder: DataFolder,
    compose: Callable[[], Core],
    verb: str,
    arguments: dict[str, Any] | None = None,
    on_event: OnEvent = lambda event: None,
) -> dict[str, Any] | Core:
    """The answer of the launcher that runs, or a core that has taken the folder and whose caller closes it.

    One of both at any moment: while this process has the folder no launcher can start, and while one has it, it is
    asked as soon as it listens. Raises StartRefused when the folder can't be used, or its owner never listens.
    """
    deadline = time.monotonic() + STARTING_S
    while True:
        try:
            return await ask(folder, verb, arguments, on_event)
        except NobodyListens:
            pass
        core = compose()
        try:
            await core.open_at_rest()
        except StartRefused:
            await core.close()
            if time.monotonic() > deadline or not folder.root.is_dir():
                raise
            await asyncio.sleep(AGAIN_S)
        else:
            return core
