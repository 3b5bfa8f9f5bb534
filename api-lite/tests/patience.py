"""Waiting for what comes anyway: long, because the machine may be busy."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

DEADLINE_S = 60.0
"""Longest wait for anything; a test that needs it has failed."""


async def eventually(condition: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> Any:
    """Polls until the condition holds and returns its value. An awaitable value is awaited."""
    until = time.monotonic() + deadline_s
    while True:
        value = condition()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"not within {deadline_s:g} s: {what}")
        await asyncio.sleep(0.005)
