"""Rate limits of keys and addresses, shared by all replicas as long as the shared state answers."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from r3mes_api.accounts.token_bucket import MICROSECONDS, Draw, RateDecision, RatePolicy
from r3mes_api.storage.short_lived import ShortLivedState, StateUnavailable
from r3mes_protocol.errors import ApiError, ErrorCode


class Activity(StrEnum):
    """What is limited, each by itself."""

    CHAT = "chat"
    SIGN_IN = "sign_in"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class LimitPair:
    """None: no limit."""

    by_address: RatePolicy | None
    by_key: RatePolicy | None


def _default_policies() -> dict[Activity, LimitPair]:
    return {
        # Two requests a second for long, and a page that opens ten streams at once. Many share one address.
        Activity.CHAT: LimitPair(RatePolicy(240, 60, 60), RatePolicy(120, 60, 30)),
        # A person signs in once; each try costs a signature check.
        Activity.SIGN_IN: LimitPair(RatePolicy(10, 60, 10), RatePolicy(10, 60, 10)),
        Activity.ACCOUNT: LimitPair(RatePolicy(120, 60, 60), RatePolicy(60, 60, 30)),
    }


@dataclass(frozen=True, slots=True)
class RatePolicies:
    pairs: dict[Activity, LimitPair] = field(default_factory=_default_policies)


class RateLimits:
    """Without the shared state each replica limits by itself: the network stays up, and the log says so once."""

    def __init__(
        self, shared: ShortLivedState, own: ShortLivedState, policies: RatePolicies, *, log: logging.Logger
    ) -> None:
        self._shared = shared
        self._own = own
        self._policies = policies
        self._log = log
        self._is_shared = True

    async def check(self, activity: Activity, *, address: str | None, key_id: str | None) -> RateDecision | None:
        """Takes one token from the address' bucket and one from the key's; None stands for one that has no limit.

        Returns None where there was nothing to take from. Raises ApiError RATE_LIMITED with the seconds to wait.
        """
        pair = self._policies.pairs[activity]
        draws: list[Draw] = []
        if address is not None and pair.by_address is not None:
            draws.append(Draw(f"{activity}:address:{address}", pair.by_address))
        if key_id is not None and pair.by_key is not None:
            draws.append(Draw(f"{activity}:key:{key_id}", pair.by_key))
        if not draws:
            return None
        decision = await self._draw(draws)
        if not decision.allowed:
            seconds = max(1, math.ceil(decision.retry_after_us / MICROSECONDS))
            raise ApiError(
                ErrorCode.RATE_LIMITED,
                f"Too many requests. Try again in {seconds} s.",
                retry_after_s=seconds,
            )
        return decision

    async def _draw(self, draws: Sequence[Draw]) -> RateDecision:
        try:
            decision = await self._shared.draw(draws)
        except StateUnavailable as error:
            if self._is_shared:
                self._is_shared = False
                self._log.warning("Redis does not answer (%s); this replica limits rates by itself.", error)
            return await self._own.draw(draws)
        if not self._is_shared:
            self._is_shared = True
            self._log.info("Redis answers again; rates are limited over all replicas.")
        return decision


def rate_limit_headers(decision: RateDecision | None) -> list[tuple[str, str]]:
    """OpenAI's names: https://platform.openai.com/docs/guides/rate-limits (headers)."""
    if decision is None:
        return []
    return [
        ("x-ratelimit-limit-requests", str(decision.limit)),
        ("x-ratelimit-remaining-requests", str(decision.remaining)),
        ("x-ratelimit-reset-requests", f"{math.ceil(decision.reset_us / MICROSECONDS)}s"),
    ]
