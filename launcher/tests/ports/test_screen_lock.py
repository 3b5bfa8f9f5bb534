"""Screen lock and sleep where the system is asked: libraries of the test's own with the real ones' memory layouts."""

from __future__ import annotations

import asyncio
import ctypes
import sys
from typing import Any

import pytest

from r3mes_launcher.ports.screen_lock import (
    LOCKED_KEY,
    MacScreenLock,
    WindowsScreenLock,
    mac_screen_lock,
    windows_screen_lock,
)
from r3mes_launcher.ports.session_events import NO_SESSION_LOCK, NO_SLEEP, AskedEvents
from r3mes_launcher.ports.windows_sleep import SleepNotice, windows_sleep_notice
from r3mes_launcher.wallet.auto_lock import SystemEvent


class Wtsapi32:
    """WTSINFOEXW as on 64 bits: level at 0, session at 8, its state at 12, its flags at 16; 248 bytes and more."""

    def __init__(self, level: int, flags: int, size: int = 248, given: int = 1) -> None:
        self._buffer = ctypes.create_string_buffer(size if size >= 20 else 20)
        for offset, value in ((0, level), (8, 1), (12, 0), (16, flags)):
            ctypes.c_uint32.from_buffer(self._buffer, offset).value = value & 0xFFFFFFFF
        self._size, self._given = size, given
        self.freed = 0

    def WTSQuerySessionInformationW(self, server: None, session: Any, kind: int, answer: Any, size: Any) -> int:  # noqa: N802
        assert (server, session.value, kind) == (None, 0xFFFFFFFF, 25)
        if self._given:
            answer._obj.value, size._obj.value = ctypes.addressof(self._buffer), self._size
        return self._given

    def WTSFreeMemory(self, answer: Any) -> None:  # noqa: N802
        assert answer.value == ctypes.addressof(self._buffer)
        self.freed += 1


@pytest.mark.parametrize(
    ("library", "locked"),
    [
        (Wtsapi32(1, 0), True),
        (Wtsapi32(1, 1), False),
        (Wtsapi32(1, -1), None),
        (Wtsapi32(2, 0), None),
        (Wtsapi32(1, 0, size=8), None),
    ],
)
def test_windows_says_by_the_flags_of_the_session(library: Wtsapi32, locked: bool | None) -> None:
    assert WindowsScreenLock(library)() is locked
    assert library.freed == 1


def test_a_windows_that_refuses_or_lacks_the_function_is_not_known() -> None:
    assert WindowsScreenLock(Wtsapi32(1, 0, given=0))() is None
    assert WindowsScreenLock(object())() is None


class Services:
    """ApplicationServices: three functions that count what they lend."""

    def __init__(self, session: int | None, value: int | None, truth: int = 1) -> None:
        self.released: list[int] = []

        def function(answer: Any) -> Any:
            def call(*arguments: Any) -> Any:
                return answer(*arguments) if callable(answer) else answer

            return call

        self.CGSessionCopyCurrentDictionary = function(session)
        self.CFStringCreateWithCString = function(lambda _a, text, _e: 77 if text == LOCKED_KEY else None)
        self.CFDictionaryGetValue = function(lambda where, key: value if (where, key) == (session, 77) else None)
        self.CFBooleanGetValue = function(truth)
        self.CFRelease = function(self.released.append)


def test_macos_says_by_the_entry_of_the_session() -> None:
    locked, no_entry, no_session = Services(5, 9), Services(5, None), Services(None, None)
    assert MacScreenLock(locked)() is True
    assert MacScreenLock(Services(5, 9, truth=0))() is False
    assert MacScreenLock(no_entry)() is False
    assert MacScreenLock(no_session)() is None
    assert MacScreenLock(object())() is None
    assert (sorted(locked.released), sorted(no_entry.released), no_session.released) == ([5, 77], [5, 77], [])


class Powrprof:
    def __init__(self, code: int = 0) -> None:
        self._code = code
        self.registered = False

    def PowerRegisterSuspendResumeNotification(self, flags: int, subscription: Any, handle: Any) -> int:  # noqa: N802
        assert flags == 2
        self._call = subscription._obj.callback
        if self._code == 0:
            handle._obj.value, self.registered = 1234, True
        return self._code

    def PowerUnregisterSuspendResumeNotification(self, handle: Any) -> None:  # noqa: N802
        assert handle.value == 1234
        self.registered = False

    def happens(self, kind: int) -> None:
        assert self._call(None, kind, None) == 0


async def test_windows_tells_of_sleep_and_is_asked_for_its_lock() -> None:
    powrprof, locked = Powrprof(), False
    told: asyncio.Queue[SystemEvent] = asyncio.Queue()
    events = AskedEvents(lambda: locked, lambda tell: SleepNotice(powrprof, ctypes.CFUNCTYPE, tell), look_s=0.01)
    assert events.unavailable == ()
    running = asyncio.create_task(events.run(told.put))
    while not powrprof.registered:
        await asyncio.sleep(0)
    for kind, event in ((4, SystemEvent.SLEEP), (18, SystemEvent.WAKE)):
        powrprof.happens(10)
        powrprof.happens(kind)
        assert await asyncio.wait_for(told.get(), 60) is event
    locked = True
    assert await asyncio.wait_for(told.get(), 60) is SystemEvent.SESSION_LOCK
    locked = False
    assert await asyncio.wait_for(told.get(), 60) is SystemEvent.SESSION_UNLOCK
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert not powrprof.registered


async def test_what_is_not_told_is_said() -> None:
    def refuse(tell: Any) -> SleepNotice:
        return SleepNotice(Powrprof(code=5), ctypes.CFUNCTYPE, tell)

    assert AskedEvents(None, None).unavailable == (NO_SESSION_LOCK, NO_SLEEP)
    assert AskedEvents(lambda: None, None).unavailable == (NO_SESSION_LOCK, NO_SLEEP)
    events = AskedEvents(lambda: False, refuse, look_s=0.01)
    told: asyncio.Queue[SystemEvent] = asyncio.Queue()
    running = asyncio.create_task(events.run(told.put))
    while not events.unavailable:
        await asyncio.sleep(0)
    assert events.unavailable == (NO_SLEEP,)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.skipif(sys.platform != "linux", reason="the other systems have these libraries")
def test_linux_has_neither() -> None:
    assert windows_screen_lock() is None
    assert mac_screen_lock() is None
    with pytest.raises(OSError, match="not Windows"):
        windows_sleep_notice(lambda _event: None)
