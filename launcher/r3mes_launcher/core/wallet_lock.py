"""When the open wallet locks itself: the rules are `wallet.auto_lock`'s, the system's news come in here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from r3mes_launcher.core.wallet_state import AutoLockView
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.ports.session_events import SessionEvents
from r3mes_launcher.sentence import Sentence, as_sentence, phrase
from r3mes_launcher.wallet.auto_lock import DEFAULT_IDLE_S, AutoLock, AutoLockPolicy, LockReason, SystemEvent

LOOK_S = 5.0
"""How often idle time is measured; the wallet locks at most so much too late."""


def lock_sentence(reason: LockReason, idle_s: float) -> str:
    minutes = round(idle_s / 60)
    if minutes > 1:
        idle = Sentence("{minutes} minutes", minutes=minutes)
    else:
        idle = as_sentence("1 minute") if minutes else Sentence("{seconds:.0f} seconds", seconds=idle_s)
    return {
        LockReason.IDLE: Sentence("The wallet locked itself after {idle} without use.", idle=idle),
        LockReason.SLEEP: phrase("The wallet locked itself because the computer went to sleep."),
        LockReason.SESSION_LOCK: phrase("The wallet locked itself because the screen was locked."),
        LockReason.CLOCK_JUMP: phrase("The wallet locked itself because the computer slept, or its clock was changed."),
    }[reason]


class LockWatch:
    """Owned by the core's loop."""

    def __init__(
        self,
        clock: Clock,
        events: SessionEvents,
        lock: Callable[[str], Awaitable[None]],
        show: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._events = events
        self._lock = lock
        self._show = show
        self._policy = AutoLockPolicy(DEFAULT_IDLE_S)
        self._auto: AutoLock | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def view(self) -> AutoLockView:
        auto = self._auto
        return AutoLockView(
            self._policy.idle_s,
            None if auto is None else auto.active_at + self._policy.idle_s,
            self._events.unavailable,
        )

    def start(self) -> None:
        self._tasks.append(asyncio.create_task(self._look_often(), name="look after idle time"))
        self._tasks.append(asyncio.create_task(self._events.run(self._on_event), name="hear of sleep and lock"))
        self._show()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def choose(self, idle_s: float) -> None:
        """Raises ValueError for a time that is no protection or no use."""
        self._policy = AutoLockPolicy(idle_s)
        if self._auto is not None:
            self._auto = AutoLock.start(self._policy, self._clock.now())
        self._show()

    def watch(self) -> None:
        """The vault was opened."""
        self._auto = AutoLock.start(self._policy, self._clock.now())
        self._show()

    def stop_watching(self) -> None:
        self._auto = None
        self._show()

    def touch(self) -> None:
        if self._auto is not None:
            self._auto = self._auto.touched(self._clock.now())
            self._show()

    async def _look_often(self) -> None:
        while True:
            await self._clock.sleep(LOOK_S)
            # What the system does not tell is found out some time after the start.
            self._show()
            if self._auto is None:
                continue
            self._auto, reason = self._auto.look(self._clock.now())
            if reason is not None:
                await self._lock(lock_sentence(reason, self._policy.idle_s))

    async def _on_event(self, event: SystemEvent) -> None:
        reason = self._auto.event(event) if self._auto is not None else None
        if reason is not None:
            await self._lock(lock_sentence(reason, self._policy.idle_s))
