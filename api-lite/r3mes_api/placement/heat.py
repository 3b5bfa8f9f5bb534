"""How much each adapter is asked for. Pure; time is passed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

RISE_S = 10.0
FALL_S = 120.0
"""Half-lives. Heat is the average of seconds where that rises, and falls over minutes: a set that shrank too early
costs a load."""

ASKED_S = 0.25
"""A request counts as one that ran for so long, even if it came and went between two looks."""

SHORTEST_LOOK_S = 0.001

COLD = 0.002
"""An adapter with less heat is forgotten: one request some ten minutes ago."""

MAX_WARM = 512
"""Adapters whose heat is kept; the coolest are forgotten first."""


@dataclass(slots=True)
class _Warmth:
    average: float = 0.0
    level: float = 0.0
    seen_at: float = 0.0

    def at(self, now: float) -> float:
        return self.level * _kept(max(0.0, now - self.seen_at), FALL_S)

    def see(self, amount: float, now: float) -> None:
        passed = max(0.0, now - self.seen_at)
        kept = _kept(passed, RISE_S)
        self.average = self.average * kept + amount * (1 - kept)
        self.level = max(self.average, self.at(now))
        self.seen_at = now


def _kept(passed: float, half_life: float) -> float:
    return float(0.5 ** (passed / half_life))


class Heat:
    """The number of requests for an adapter that run at once, on an average that is quick to rise and slow to fall."""

    def __init__(self) -> None:
        self._warmth: dict[str, _Warmth] = {}
        self._looked_at: float | None = None

    def look(self, running: Mapping[str, int], asked: Mapping[str, int], now: float) -> None:
        """`running`: requests by adapter at this moment. `asked`: those that came since the look before."""
        before, self._looked_at = self._looked_at, now
        if before is None:
            before = now - 1.0
        passed = max(SHORTEST_LOOK_S, now - before)
        for adapter in {*running, *asked}:
            if adapter not in self._warmth:
                self._warmth[adapter] = _Warmth(seen_at=before)
        for adapter, warmth in list(self._warmth.items()):
            warmth.see(max(running.get(adapter, 0), ASKED_S * asked.get(adapter, 0) / passed), now)
            if warmth.at(now) < COLD and not running.get(adapter) and not asked.get(adapter):
                del self._warmth[adapter]
        if len(self._warmth) > MAX_WARM:
            by_heat = sorted(self._warmth, key=lambda name: (-self._warmth[name].at(now), name))
            for adapter in by_heat[MAX_WARM:]:
                del self._warmth[adapter]

    def of(self, adapter: str, now: float) -> float:
        warmth = self._warmth.get(adapter)
        return 0.0 if warmth is None else warmth.at(now)

    def __iter__(self) -> Iterator[str]:
        return iter(self._warmth)

    def __len__(self) -> int:
        return len(self._warmth)
