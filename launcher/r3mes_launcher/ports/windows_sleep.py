"""Sleep and waking on Windows, told to a function of ours: no window is needed for it.

Source: https://learn.microsoft.com/windows/win32/api/powerbase/nf-powerbase-powerregistersuspendresumenotification
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from r3mes_launcher.wallet.auto_lock import SystemEvent

DEVICE_NOTIFY_CALLBACK = 2
SUSPEND, RESUME_SUSPEND, RESUME_AUTOMATIC = 4, 7, 18
EVENTS = {SUSPEND: SystemEvent.SLEEP, RESUME_AUTOMATIC: SystemEvent.WAKE, RESUME_SUSPEND: SystemEvent.WAKE}
"""By the PBT_APM… code. Windows says RESUME_AUTOMATIC at each waking, and RESUME_SUSPEND too when a person is there."""


class SleepNotice:
    """Tells from a thread of the system's own until it is closed. Raises OSError where the system refuses."""

    def __init__(self, powrprof: Any, function_type: Any, tell: Callable[[SystemEvent], None]) -> None:
        """`function_type` makes a C callback of a function (ctypes.WINFUNCTYPE on Windows)."""

        def happened(_context: int | None, kind: int, _setting: int | None) -> int:
            event = EVENTS.get(kind)
            if event is not None:
                tell(event)
            return 0

        prototype = function_type(ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p)

        class Subscription(ctypes.Structure):
            # DEVICE_NOTIFY_SUBSCRIBE_PARAMETERS
            _fields_ = (("callback", prototype), ("context", ctypes.c_void_p))

        self._powrprof = powrprof
        # The system calls it until the end: neither may be collected before.
        self._subscription = Subscription(prototype(happened), None)
        self._handle = ctypes.c_void_p()
        code = powrprof.PowerRegisterSuspendResumeNotification(
            DEVICE_NOTIFY_CALLBACK, ctypes.byref(self._subscription), ctypes.byref(self._handle)
        )
        if code != 0:
            raise OSError(f"Windows does not tell of sleep (code {code})")

    def close(self) -> None:
        handle, self._handle = self._handle, ctypes.c_void_p()
        if handle.value is not None:
            self._powrprof.PowerUnregisterSuspendResumeNotification(handle)


def windows_sleep_notice(tell: Callable[[SystemEvent], None]) -> SleepNotice:
    """Raises OSError everywhere else than on Windows, and where it refuses."""
    try:
        library, function_type = ctypes.WinDLL("powrprof"), ctypes.WINFUNCTYPE  # type: ignore[attr-defined]
    except AttributeError:
        raise OSError("this is not Windows") from None
    return SleepNotice(library, function_type, tell)
