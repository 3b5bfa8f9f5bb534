"""Which gateway to dial again, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from r3mes_protocol.wire import GatewayOrigin

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
    """Counts failures and names delays: three fast tries at each gateway, then rounds over all of them, with a delay
    before each round that doubles from one second to a minute."""

    def __init__(self, uniform: Uniform) -> None:
        self._uniform = uniform
        self._failures = 0
        self._registered_at: float | None = None

    def registered(self, now: float) -> None:
        """The gateway accepted the node. `now` is monotonic, in seconds."""
        self._registered_at = now

    @property
    def failures(self) -> int:
        """In a row."""
        return self._failures

    def lost(self, now: float, gateways: int = 1) -> float:
        """The session ended, or never came to be. Returns the seconds to wait before the next try."""
        if self._registered_at is not None and now - self._registered_at >= STABLE_AFTER_S:
            self._failures = 0
        self._registered_at = None
        self._failures += 1
        slow = self._failures - FAST_TRIES * gateways - 1
        if slow < 0 or slow % gateways:
            base, jitter = FAST_DELAY_S, FAST_JITTER
        else:
            # The exponent is bounded as well: a node that is offline for a year must not overflow.
            base = min(FIRST_SLOW_DELAY_S * 2 ** min(slow // gateways, 16), MAX_DELAY_S)
            jitter = SLOW_JITTER
        return base * self._uniform(1 - jitter, 1 + jitter)


class GatewayOrder:
    """The gateways in the order of preference, and the one whose turn it is."""

    def __init__(self, gateways: Sequence[GatewayOrigin], policy: ReconnectPolicy) -> None:
        self._gateways = list(dict.fromkeys(gateways))
        self._policy = policy
        self._tried: set[GatewayOrigin] = set()
        """Since the last good session: their fast tries are used up."""
        self._left = False
        self._next: GatewayOrigin | None = None
        self.current = self._gateways[0]

    @property
    def has_others(self) -> bool:
        return len(self._gateways) > 1

    @property
    def better(self) -> tuple[GatewayOrigin, ...]:
        """The gateways that are preferred to the current one."""
        return tuple(self._gateways[: self._gateways.index(self.current)])

    def returns_to(self, gateway: GatewayOrigin) -> None:
        """A better gateway is there again: it comes next."""
        self._next = gateway

    def registered(self, now: float) -> None:
        self._policy.registered(now)

    def leaves(self) -> None:
        """The gateway whose turn it is takes its leave: another one comes next."""
        self._left = True

    def refused(self) -> bool:
        """The gateway whose turn it is will never take this node. False when there is no other one."""
        if not self.has_others:
            return False
        self._gateways.remove(self.current)
        self._left = True
        return True

    def lost(self, now: float) -> float:
        """The session ended, or never came to be. Returns the seconds to wait before `current` is to be dialled."""
        count = len(self._gateways)
        delay = self._policy.lost(now, count)
        failures = self._policy.failures
        if failures == 1:
            self._tried.clear()
        slow = failures - FAST_TRIES * count - 1
        if self._next in self._gateways:
            self.current = self._next
        elif slow >= 0 and not self._left:
            self.current = self._gateways[slow % count]
        elif self._left or (failures % FAST_TRIES == 1 and failures > 1):
            # By preference among those that were not tried yet.
            self._tried.add(self.current)
            fresh = [gateway for gateway in self._gateways if gateway not in self._tried]
            others = [gateway for gateway in self._gateways if gateway != self.current]
            self.current = next(iter(fresh or others or self._gateways))
        self._left, self._next = False, None
        return delay
