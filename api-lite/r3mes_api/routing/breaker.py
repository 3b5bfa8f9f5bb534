"""Whether a node may be asked after it failed. Pure; time is passed in.

A breaker belongs to a node's key and not to its session, so that a reconnect does not wash it off.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

FAILURES_TO_OPEN = 3
"""One failure may be chance, three in a row without a success between them are a state."""

FIRST_REST_S = 1.0
LONGEST_REST_S = 4.0
"""A node that is well again must be used again within 5 s."""

PROBE_S = 30.0
"""The one request that tries a resting node is waited for so long; then another one may try."""


class BreakerState(Enum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(slots=True)
class Breaker:
    """Counts only what blames the node: neither a client's mistake nor a lack of room comes here."""

    failures: int = 0
    """In a row."""
    last_failure: float = float("-inf")
    open_until: float = float("-inf")
    probe_until: float = float("-inf")
    _rests: int = 0

    def state(self, now: float) -> BreakerState:
        if not self._rests:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.open_until else BreakerState.HALF_OPEN

    def lets_pass(self, now: float) -> bool:
        if not self._rests:
            return True
        return now >= self.open_until and now >= self.probe_until

    def asked(self, now: float) -> None:
        """A request goes to the node: where the breaker is half open, it is the probe."""
        if self._rests:
            self.probe_until = now + PROBE_S

    def unanswered(self) -> None:
        """The probe told nothing of the node's health: the client left, or the node had no room."""
        self.probe_until = float("-inf")

    def failed(self, now: float) -> None:
        self.failures += 1
        self.last_failure = now
        if self.failures >= FAILURES_TO_OPEN and now >= self.open_until:
            # What fails while it rests was begun before; only a failed probe makes the next rest longer.
            self.open_until = now + min(LONGEST_REST_S, FIRST_REST_S * 2**self._rests)
            self._rests = min(self._rests + 1, 8)
            self.probe_until = float("-inf")

    def succeeded(self) -> None:
        self.failures = self._rests = 0
        self.last_failure = self.open_until = self.probe_until = float("-inf")
