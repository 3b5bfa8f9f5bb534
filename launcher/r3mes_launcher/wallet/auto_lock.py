"""When an unlocked vault locks itself. Pure: times and events come in, the verdict goes out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from r3mes_launcher.sentence import Sentence

DEFAULT_IDLE_S = 600.0
"""Ten minutes: long enough for a payment and a look at the chain, short enough for a walk to the door."""
MIN_IDLE_S = 30.0
MAX_IDLE_S = 8 * 3600.0
JUMP_S = 60.0
"""A gap this long between two looks means that the computer slept without telling us."""


class LockReason(StrEnum):
    IDLE = "idle"
    SLEEP = "sleep"
    SESSION_LOCK = "session_lock"
    CLOCK_JUMP = "clock_jump"


class SystemEvent(StrEnum):
    SLEEP = "sleep"
    WAKE = "wake"
    SHUTDOWN = "shutdown"
    SESSION_LOCK = "session_lock"
    SESSION_UNLOCK = "session_unlock"


@dataclass(frozen=True)
class AutoLockPolicy:
    idle_s: float = DEFAULT_IDLE_S
    on_sleep: bool = True
    on_session_lock: bool = True

    def __post_init__(self) -> None:
        if not MIN_IDLE_S <= self.idle_s <= MAX_IDLE_S:
            raise ValueError(
                Sentence(
                    "the wallet locks itself after {min_idle_s:.0f} s to {max_idle_s:.0f} h, or sooner",
                    min_idle_s=MIN_IDLE_S,
                    max_idle_s=MAX_IDLE_S / 3600,
                )
            )


@dataclass(frozen=True)
class AutoLock:
    """An unlocked vault's watch. Times are seconds of one clock that goes on while the computer sleeps."""

    policy: AutoLockPolicy
    active_at: float
    looked_at: float

    @classmethod
    def start(cls, policy: AutoLockPolicy, now: float) -> AutoLock:
        return cls(policy, now, now)

    def touched(self, now: float) -> AutoLock:
        """The owner did something in the wallet."""
        return replace(self, active_at=max(now, self.active_at))

    def event(self, event: SystemEvent) -> LockReason | None:
        if event is SystemEvent.SLEEP:
            return LockReason.SLEEP if self.policy.on_sleep else None
        if event is SystemEvent.SESSION_LOCK:
            return LockReason.SESSION_LOCK if self.policy.on_session_lock else None
        return None

    def look(self, now: float) -> tuple[AutoLock, LockReason | None]:
        """Called every few seconds. A clock that goes back locks too: idle time can't be known then."""
        looked = replace(self, looked_at=now)
        if now < self.looked_at or (self.policy.on_sleep and now - self.looked_at > JUMP_S):
            return looked, LockReason.CLOCK_JUMP
        if now - self.active_at >= self.policy.idle_s:
            return looked, LockReason.IDLE
        return looked, None

    def seconds_left(self, now: float) -> float:
        return max(0.0, self.policy.idle_s - (now - self.active_at))
