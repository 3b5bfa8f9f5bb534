"""Whether the screen is locked, where the system has to be asked and does not tell by itself.

None is "not known": another session, a server without a screen, a library that lacks the function.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable
from typing import Any

ScreenLock = Callable[[], bool | None]
"""Answers in microseconds and never raises."""

SESSION_INFO_EX = 25
CURRENT_SESSION = 0xFFFFFFFF
LOCKED, UNLOCKED = 0, 1
UTF_8 = 0x08000100
LOCKED_KEY = b"CGSSessionScreenIsLocked"


class _SessionInfo(ctypes.Structure):
    # The head of WTSINFOEXW with its level 1 data, which begins with 8-byte alignment.
    # https://learn.microsoft.com/windows/win32/api/wtsapi32/ns-wtsapi32-wtsinfoex_level1_w
    _fields_ = (
        ("level", ctypes.c_uint32),
        ("padding", ctypes.c_uint32),
        ("session", ctypes.c_uint32),
        ("state", ctypes.c_int32),
        ("flags", ctypes.c_int32),
    )


class WindowsScreenLock:
    """WTSQuerySessionInformationW of wtsapi32."""

    def __init__(self, wtsapi32: Any) -> None:
        self._library = wtsapi32

    def __call__(self) -> bool | None:
        answer, size = ctypes.c_void_p(), ctypes.c_uint32()
        try:
            given = self._library.WTSQuerySessionInformationW(
                None, ctypes.c_uint32(CURRENT_SESSION), SESSION_INFO_EX, ctypes.byref(answer), ctypes.byref(size)
            )
        except (OSError, AttributeError):
            return None
        if not given or not answer.value:
            return None
        try:
            if size.value < ctypes.sizeof(_SessionInfo):
                return None
            information = _SessionInfo.from_address(answer.value)
            flags = information.flags if information.level == 1 else None
        finally:
            self._library.WTSFreeMemory(answer)
        return {LOCKED: True, UNLOCKED: False}.get(flags) if flags is not None else None


class MacScreenLock:
    """CGSessionCopyCurrentDictionary of ApplicationServices, whose entry `CGSSessionScreenIsLocked` is there only while
    the screen is locked."""

    def __init__(self, services: Any) -> None:
        self._services = services

    def __call__(self) -> bool | None:
        try:
            self._declare()
            session = self._services.CGSessionCopyCurrentDictionary()
        except (OSError, AttributeError):
            return None
        if not session:
            return None
        key = self._services.CFStringCreateWithCString(None, LOCKED_KEY, UTF_8)
        try:
            value = self._services.CFDictionaryGetValue(session, key) if key else None
            return bool(value) and bool(self._services.CFBooleanGetValue(value))
        finally:
            for made in (key, session):
                if made:
                    self._services.CFRelease(made)

    def _declare(self) -> None:
        """Pointers are cut to 32 bits where their type is not declared. Raises AttributeError."""
        pointer = ctypes.c_void_p
        for name, arguments, result in (
            ("CGSessionCopyCurrentDictionary", [], pointer),
            ("CFStringCreateWithCString", [pointer, ctypes.c_char_p, ctypes.c_uint32], pointer),
            ("CFDictionaryGetValue", [pointer, pointer], pointer),
            ("CFBooleanGetValue", [pointer], ctypes.c_ubyte),
            ("CFRelease", [pointer], None),
        ):
            function = getattr(self._services, name)
            function.argtypes, function.restype = arguments, result


def windows_screen_lock() -> ScreenLock | None:
    """None where the library is missing, as on every other system."""
    try:
        return WindowsScreenLock(ctypes.WinDLL("wtsapi32"))  # type: ignore[attr-defined]
    except (OSError, AttributeError):
        return None


def mac_screen_lock() -> ScreenLock | None:
    path = ctypes.util.find_library("ApplicationServices")
    try:
        return MacScreenLock(ctypes.CDLL(path)) if path else None
    except OSError:
        return None
