"""Watches one running engine's health, and says once why it must be started again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from r3mes_launcher.core.engine_health import CHECK_S, EngineHealth


class EngineWatch:
    """Owned by the core's loop. `now` is a monotonic clock in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._health: EngineHealth | None = None
        """None until it is ready: before that the start has a deadline of its own."""

    def ready(self) -> None:
        self._health = EngineHealth.start(self._now())

    def told(self, active: int, requests: int, tokens: int) -> None:
        if self._health is not None:
            self._health = self._health.told(active, requests, tokens, self._now())

    def request_ended(self, outcome: str) -> None:
        if self._health is not None:
            self._health = self._health.request_ended(outcome, self._now())

    def logged(self, lines: Sequence[str]) -> None:
        if self._health is not None:
            self._health = self._health.logged(lines)

    def asked(self) -> bool:
        """Whether it is worth asking."""
        if self._health is None:
            return False
        self._health = self._health.asked(self._now())
        return True

    def answered(self) -> None:
        if self._health is not None:
            self._health = self._health.answered(self._now())

    async def run(self, sick: Callable[[str], None], check_s: float = CHECK_S) -> None:
        """Until it is cancelled, or has called `sick` with the rest of a sentence that begins with "The engine"."""
        looked_at = self._now()
        while True:
            await asyncio.sleep(check_s)
            now = self._now()
            if self._health is not None:
                if now - looked_at > 5 * check_s + 1:
                    self._health = self._health.slept(now)
                how = self._health.verdict(now)
                if how:
                    sick(how)
                    return
            looked_at = now
