"""State that may be forgotten: what it has to offer, be it in memory or in Redis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from r3mes_api.accounts.token_bucket import Draw, RateDecision


class ShortLivedState(Protocol):
    """Every operation is atomic over all replicas that share the state. Raises StateUnavailable when it is away."""

    async def draw(self, draws: Sequence[Draw]) -> RateDecision:
        """Takes from every token bucket or from none."""
        ...

    async def put(self, key: str, value: str, ttl_s: int) -> None:
        """Keeps a value for a while."""
        ...

    async def take(self, key: str) -> str | None:
        """The value, for the one who asks first; None when it was taken, has expired or never was."""
        ...

    async def answers(self) -> bool:
        """Whether the state is there at this moment. Never raises."""
        ...

    async def close(self) -> None: ...


class StateUnavailable(Exception):
    """The shared state does not answer."""
