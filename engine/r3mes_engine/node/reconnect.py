"""When to dial the gateway again."""

from __future__ import annotations

from collections.abc import Callable

FAST_TRIES = 3
FAST_DELAY_S = 0.2
"""A gateway that restarts, or a Wi-Fi that blinks, is back at once."""
FAST_JITTER = 0.5
FIRST_SLOW_DELAY_S = 1.0
MAX_DELAY_S = 60.0
"""Thousands of nodes must not knock on a gateway that is down more often than this."""
SLOW_JITTER = 0.3
STABLE_AFTER_S = 10.0
"""A session that lasted this long was a good one; the next trouble starts counting anew."""

Uniform = Callable[[float, float], float]
"""(low, high) → a random number between them."""


class ReconnectPolicy:
    """Counts failures and names delays: three fast tries, then doubling from one second to a minute."""

    def __init__(self, uniform: Uniform) -> None:
        self._uniform = uniform
        self._failures = 0
        self._registered_at: float | None = None

    def registered(self, now: float) -> None:
        """The gateway accepted the node. `now` is monotonic, in seconds."""
        self._registered_at = now

    def lost(self, now: float) -> float:
        """The session ended, or never came to be. Returns the seconds to wait before the next try."""
        if self._registered_at is not None and now - self._registered_at >= STABLE_AFTER_S:
            self._failures = 0
        self._registered_at = None
        self._failures += 1
        if self._failures <= FAST_TRIES:
            base, jitter = FAST_DELAY_S, FAST_JITTER
        else:
            # The exponent is bounded as well: a node that is offline for a year must not overflow.
            base = min(FIRST_SLOW_DELAY_S * 2 ** min(self._failures - FAST_TRIES - 1, 16), MAX_DELAY_S)
            jitter = SLOW_JITTER
        return base * self._uniform(1 - jitter, 1 + jitter)
