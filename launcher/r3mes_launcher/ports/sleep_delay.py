"""Asks the system to wait a moment before it sleeps or shuts down, so that requests can be finished.

logind grants a delay of InhibitDelayMaxSec, 5 s unless its configuration says otherwise.
Source: https://systemd.io/INHIBITOR_LOCKS/
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Protocol

ANSWER_S = 2.0
"""logind answers in milliseconds; a bus that hangs must not keep the thread."""
WHO, WHY = "R3MES Launcher", "Requests that run are finished first."


class SleepDelay(Protocol):
    """Both may block and are called in a worker. Neither raises: where there is no such thing, nothing is delayed."""

    def hold(self) -> None:
        """From now on the system waits. Held already: nothing changes."""
        ...

    def release(self) -> None:
        """The system need not wait any more. Safe to call twice."""
        ...


class NoSleepDelay:
    def hold(self) -> None:
        return

    def release(self) -> None:
        return


class LogindDelay:
    """Linux with systemd-logind. Satisfies `SleepDelay`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fd = -1

    @property
    def held(self) -> bool:
        return self._fd >= 0

    def hold(self) -> None:
        with self._lock:
            if self._fd >= 0:
                return
            try:
                self._fd = self._inhibit()
            except Exception:
                # No bus, no logind, or no right to it: an own exception each. The node is then ended as it is.
                self._fd = -1

    def release(self) -> None:
        with self._lock:
            fd, self._fd = self._fd, -1
            if fd >= 0:
                os.close(fd)

    def _inhibit(self) -> int:
        """The file whose closing ends the delay."""
        from jeepney import DBusAddress, new_method_call
        from jeepney.io.blocking import open_dbus_connection
        from jeepney.wrappers import unwrap_msg

        manager = DBusAddress("/org/freedesktop/login1", "org.freedesktop.login1", "org.freedesktop.login1.Manager")
        call = new_method_call(manager, "Inhibit", "ssss", ("sleep:shutdown", WHO, WHY, "delay"))
        with open_dbus_connection(bus="SYSTEM", enable_fds=True) as connection:
            (descriptor,) = unwrap_msg(connection.send_and_get_reply(call, timeout=ANSWER_S))
            return int(descriptor.to_raw_fd())


def system_sleep_delay() -> SleepDelay:
    return LogindDelay() if sys.platform == "linux" else NoSleepDelay()
