"""The token bucket, pure: integers in, integers out, so that memory and Redis decide alike.

A bucket is held as the one moment at which it will be full again. That is the same bucket as one that counts its
tokens (the "generic cell rate algorithm"), but it loses no fractions and needs no clean-up: a moment that has passed
is a full bucket.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """`limit` tokens flow in over `period_s`; the bucket holds `burst` of them. Raises ValueError for zero."""

    limit: int
    period_s: int
    burst: int

    def __post_init__(self) -> None:
        if min(self.limit, self.period_s, self.burst) < 1 or self.limit > self.period_s * MICROSECONDS:
            raise ValueError("a rate policy needs a limit, a period and a burst of at least 1")

    @property
    def interval_us(self) -> int:
        """Microseconds in which one token flows in."""
        return self.period_s * MICROSECONDS // self.limit

    @property
    def full_us(self) -> int:
        """Microseconds in which an empty bucket fills."""
        return self.interval_us * self.burst


@dataclass(frozen=True, slots=True)
class Draw:
    """`cost` tokens wanted from the bucket called `key`. A cost above the burst can never be had."""

    key: str
    policy: RatePolicy
    cost: int = 1


@dataclass(frozen=True, slots=True)
class RateDecision:
    allowed: bool
    limit: int
    """Burst of the bucket that decided, `remaining` what is left in it."""
    remaining: int
    retry_after_us: int
    """0 when allowed."""
    reset_us: int
    """Until that bucket is full again."""


def draw_all(
    full_at: Sequence[int | None], draws: Sequence[Draw], now_us: int
) -> tuple[list[int] | None, RateDecision]:
    """Takes from every bucket or from none; at least one has to be named, none of them twice.

    `full_at` is each bucket's state, None for one that was never used. Returns the new states, None when refused.
    """
    before = [max(state or 0, now_us) for state in full_at]
    after = [moment + draw.cost * draw.policy.interval_us for moment, draw in zip(before, draws, strict=True)]
    waits = [moment - draw.policy.full_us - now_us for moment, draw in zip(after, draws, strict=True)]
    allowed = all(wait <= 0 for wait in waits)
    kept = after if allowed else before
    left = [
        (draw.policy.full_us - (moment - now_us)) // draw.policy.interval_us
        for moment, draw in zip(kept, draws, strict=True)
    ]
    # Refused: the bucket that says for how long. Allowed: the one with the least left.
    tightest = left.index(min(left)) if allowed else waits.index(max(waits))
    decision = RateDecision(
        allowed,
        draws[tightest].policy.burst,
        max(0, left[tightest]),
        max(0, waits[tightest]),
        kept[tightest] - now_us,
    )
    return (after if allowed else None), decision
