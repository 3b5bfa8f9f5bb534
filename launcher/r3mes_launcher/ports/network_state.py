"""Whether there is a network and whether it is metered: NetworkManager by D-Bus, else the network interfaces alone."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from typing import Any

import psutil

from r3mes_launcher.ports.source import Unavailable

ANSWER_S = 2.0
"""NetworkManager answers in milliseconds; a bus that hangs must not keep the thread."""
RECONNECT_READINGS = 30
"""A bus without NetworkManager is asked again after so many readings: it may be started later."""

# Source: https://networkmanager.dev/docs/api/latest/nm-dbus-types.html (NMState, NMMetered).
_CONNECTED_LOCAL = 50
_METERED = {1: True, 2: False, 3: True, 4: False}


@dataclass(frozen=True, slots=True)
class NetworkReading:
    online: bool | None
    metered: bool | None
    """None: not told."""


class InterfaceState:
    """Any interface but the loopback is up and has an address. Satisfies `Source[NetworkReading]`."""

    def read(self) -> NetworkReading | Unavailable:
        try:
            stats, addresses = psutil.net_if_stats(), psutil.net_if_addrs()
        except (OSError, psutil.Error):
            return Unavailable("This system does not tell its network interfaces.")
        online = any(
            state.isup and any(_reaches_out(address.address) for address in addresses.get(name, ()))
            for name, state in stats.items()
        )
        return NetworkReading(online, None)

    def close(self) -> None:
        return


class NetworkManagerState:
    """Linux. Where there is no NetworkManager it falls back to the interfaces. Satisfies `Source[NetworkReading]`."""

    def __init__(self) -> None:
        self._interfaces = InterfaceState()
        self._connection: Any = None
        self._skip = 0

    def read(self) -> NetworkReading | Unavailable:
        if self._skip:
            self._skip -= 1
            return self._interfaces.read()
        try:
            return self._ask()
        except Exception:
            # No bus, no NetworkManager, or it went away: an own exception each.
            self.close()
            self._skip = RECONNECT_READINGS
            return self._interfaces.read()

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()

    def _ask(self) -> NetworkReading:
        from jeepney import DBusAddress, Properties
        from jeepney.io.blocking import open_dbus_connection
        from jeepney.wrappers import unwrap_msg

        if self._connection is None:
            self._connection = open_dbus_connection(bus="SYSTEM")
        manager = Properties(
            DBusAddress(
                "/org/freedesktop/NetworkManager", "org.freedesktop.NetworkManager", "org.freedesktop.NetworkManager"
            )
        )
        (values,) = unwrap_msg(self._connection.send_and_get_reply(manager.get_all(), timeout=ANSWER_S))
        state = int(values["State"][1])
        return NetworkReading(None if state == 0 else state >= _CONNECTED_LOCAL, _METERED.get(values["Metered"][1]))


def _reaches_out(address: str) -> bool:
    return (
        not address.startswith(("127.", "::1", "fe80:", "169.254."))
        and ("." in address or ":" in address)
        and (address.count(":") != 5 and address.count("-") != 5)
    )


def system_network() -> NetworkManagerState | InterfaceState:
    return NetworkManagerState() if sys.platform == "linux" else InterfaceState()
