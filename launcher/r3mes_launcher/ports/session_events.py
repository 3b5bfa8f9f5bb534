"""What the desktop's session tells: that the computer sleeps, wakes or shuts down, and that the screen is locked."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from r3mes_launcher.ports.screen_lock import ScreenLock, mac_screen_lock, windows_screen_lock
from r3mes_launcher.ports.windows_sleep import SleepNotice, windows_sleep_notice
from r3mes_launcher.sentence import phrase
from r3mes_launcher.wallet.auto_lock import SystemEvent

News = TypeVar("News")
TellEvent = Callable[[SystemEvent], Awaitable[None]]

NO_SESSION_LOCK = phrase("This system does not tell the wallet when the screen is locked, so it can't lock with it.")
NO_SLEEP = phrase("This system does not tell the wallet before it sleeps; it locks when the computer wakes up.")
LOOK_S = 2.0
"""How often a system that does not tell is asked for its screen lock: soon after it for the one who walks away."""
RECONNECT_S = 60.0
"""A system bus that went away comes back with the next session service, if at all."""


class SessionEvents(Protocol):
    @property
    def unavailable(self) -> tuple[str, ...]:
        """What this system does not tell, as sentences."""
        ...

    async def run(self, tell: TellEvent) -> None:
        """Tells until it is cancelled. Never raises: where nothing is told, it waits."""
        ...


class NoSessionEvents:
    """Systems that neither tell nor answer. Idle time and the clock's jumps still lock."""

    @property
    def unavailable(self) -> tuple[str, ...]:
        return (NO_SESSION_LOCK, NO_SLEEP)

    async def run(self, tell: TellEvent) -> None:
        await asyncio.Event().wait()


class LogindEvents:
    """Linux with systemd-logind, by the system's D-Bus: PrepareForSleep and PrepareForShutdown of the manager, Lock
    and Unlock of any session."""

    def __init__(self) -> None:
        self._unavailable: tuple[str, ...] = ()

    @property
    def unavailable(self) -> tuple[str, ...]:
        return self._unavailable

    async def run(self, tell: TellEvent) -> None:
        while True:
            try:
                await self._listen(tell)
            except asyncio.CancelledError:
                raise
            except Exception:
                # No bus, no logind, or they went away: an own exception each. Idle time still locks.
                self._unavailable = (NO_SESSION_LOCK, NO_SLEEP)
            await asyncio.sleep(RECONNECT_S)

    async def _listen(self, tell: TellEvent) -> None:
        from jeepney import DBusAddress, MatchRule, message_bus, new_method_call
        from jeepney.io.asyncio import open_dbus_router

        logind = DBusAddress("/org/freedesktop/login1", "org.freedesktop.login1", "org.freedesktop.login1.Manager")
        rules = (
            MatchRule(type="signal", interface="org.freedesktop.login1.Manager", member="PrepareForSleep"),
            MatchRule(type="signal", interface="org.freedesktop.login1.Manager", member="PrepareForShutdown"),
            MatchRule(type="signal", interface="org.freedesktop.login1.Session", member="Lock"),
            MatchRule(type="signal", interface="org.freedesktop.login1.Session", member="Unlock"),
        )
        heard: asyncio.Queue[Any] = asyncio.Queue()
        async with open_dbus_router(bus="SYSTEM") as router:
            with contextlib.ExitStack() as filters:
                for rule in rules:
                    filters.enter_context(router.filter(rule, queue=heard))
                    await router.send_and_get_reply(message_bus.AddMatch(rule))
                while True:
                    # Asked now and then, so that a bus without logind, or one that went away, is found out.
                    answer = await router.send_and_get_reply(new_method_call(logind, "ListSessions"))
                    if answer.header.message_type.name == "error":
                        raise ConnectionError("there is no logind on this bus")
                    self._unavailable = ()
                    message = await _next(heard, RECONNECT_S)
                    event = event_of(message) if message is not None else None
                    if event is not None:
                        await tell(event)


NoticeSleep = Callable[[Callable[[SystemEvent], None]], SleepNotice]


class AskedEvents:
    """Windows and macOS: the screen lock is asked for now and then; sleep is told where `sleep` can have it told."""

    def __init__(self, locked: ScreenLock | None, sleep: NoticeSleep | None, look_s: float = LOOK_S) -> None:
        self._locked = locked
        self._sleep = sleep
        self._look_s = look_s
        self._unavailable: tuple[str, ...] = ()
        if locked is None or locked() is None:
            self._unavailable += (NO_SESSION_LOCK,)
        if sleep is None:
            self._unavailable += (NO_SLEEP,)

    @property
    def unavailable(self) -> tuple[str, ...]:
        return self._unavailable

    async def run(self, tell: TellEvent) -> None:
        loop = asyncio.get_running_loop()
        heard: asyncio.Queue[SystemEvent] = asyncio.Queue()

        def hear(event: SystemEvent) -> None:
            loop.call_soon_threadsafe(heard.put_nowait, event)

        notice = self._notice(hear)
        was_locked = self._locked() if self._locked is not None else None
        try:
            while True:
                event = await _next(heard, self._look_s)
                if event is not None:
                    await tell(event)
                if self._locked is None:
                    continue
                locked = self._locked()
                if locked is not None and locked is not was_locked:
                    was_locked = locked
                    await tell(SystemEvent.SESSION_LOCK if locked else SystemEvent.SESSION_UNLOCK)
        finally:
            if notice is not None:
                notice.close()

    def _notice(self, tell: Callable[[SystemEvent], None]) -> SleepNotice | None:
        if self._sleep is None:
            return None
        try:
            return self._sleep(tell)
        except OSError:
            self._unavailable = (*self._unavailable, NO_SLEEP)
            return None


async def _next(heard: asyncio.Queue[News], limit_s: float) -> News | None:
    try:
        async with asyncio.timeout(limit_s):
            return await heard.get()
    except TimeoutError:
        return None


def event_of(message: Any) -> SystemEvent | None:
    """What a signal of logind means; None for a shutdown that was called off and for signals of others."""
    member = next((value for field, value in message.header.fields.items() if field.name == "member"), "")
    begins = bool(message.body and message.body[0])
    match member:
        case "PrepareForSleep":
            return SystemEvent.SLEEP if begins else SystemEvent.WAKE
        case "PrepareForShutdown":
            return SystemEvent.SHUTDOWN if begins else None
        case "Lock":
            return SystemEvent.SESSION_LOCK
        case "Unlock":
            return SystemEvent.SESSION_UNLOCK
    return None


def system_session_events() -> SessionEvents:
    if sys.platform == "linux":
        return LogindEvents()
    if sys.platform == "win32":
        return AskedEvents(windows_screen_lock(), windows_sleep_notice)
    if sys.platform == "darwin":
        # macOS tells of sleep only a program with a run loop of its own; the jump of the clock locks at waking.
        return AskedEvents(mac_screen_lock(), None)
    return NoSessionEvents()
