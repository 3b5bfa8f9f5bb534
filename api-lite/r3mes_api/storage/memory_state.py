"""Short-lived state of a gateway that is one process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from r3mes_api.accounts.token_bucket import MICROSECONDS, Draw, RateDecision, draw_all

MAX_BUCKETS = 100_000
"""About 20 MiB of them. A full bucket needs no memory, so there are this many only in a flood of addresses."""

MAX_VALUES = 10_000
"""Sign-ins under way. In a flood the oldest are dropped; their people ask again."""


class MemoryState:
    """`clock` gives Unix seconds."""

    def __init__(
        self, clock: Callable[[], float], *, max_buckets: int = MAX_BUCKETS, max_values: int = MAX_VALUES
    ) -> None:
        self._clock = clock
        self._max_buckets = max_buckets
        self._max_values = max_values
        self._full_at: OrderedDict[str, int] = OrderedDict()
        self._values: OrderedDict[str, tuple[str, float]] = OrderedDict()

    async def draw(self, draws: Sequence[Draw]) -> RateDecision:
        now_us = int(self._clock() * MICROSECONDS)
        states, decision = draw_all([self._full_at.get(draw.key) for draw in draws], draws, now_us)
        if states is not None:
            for draw, full_at in zip(draws, states, strict=True):
                self._full_at[draw.key] = full_at
                self._full_at.move_to_end(draw.key)
            self._forget_full_buckets(now_us)
        return decision

    async def put(self, key: str, value: str, ttl_s: int) -> None:
        now = self._clock()
        self._values[key] = (value, now + ttl_s)
        self._values.move_to_end(key)
        while self._values and (len(self._values) > self._max_values or next(iter(self._values.values()))[1] <= now):
            self._values.popitem(last=False)

    async def take(self, key: str) -> str | None:
        value, expires_at = self._values.pop(key, ("", 0.0))
        return value if self._clock() < expires_at else None

    async def answers(self) -> bool:
        return True

    async def close(self) -> None:
        self._full_at.clear()
        self._values.clear()

    def _forget_full_buckets(self, now_us: int) -> None:
        # A few at each draw, oldest first, so that none of them has to pay for all.
        for _ in range(2):
            if not self._full_at:
                return
            key, full_at = next(iter(self._full_at.items()))
            if full_at > now_us and len(self._full_at) <= self._max_buckets:
                # Used long ago and still not full: look at it again later.
                self._full_at.move_to_end(key)
                return
            del self._full_at[key]
