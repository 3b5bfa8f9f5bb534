"""How long nobody has used the computer: seconds since the last key or pointer, from whatever this desktop offers."""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import os
import sys
from collections.abc import Mapping
from typing import Any

from r3mes_launcher.ports.source import NamedSource, Source, Unavailable

ANSWER_S = 2.0
"""A desktop answers in milliseconds; one that hangs must not keep the thread."""
RETRY_READINGS = 30
"""What was not there is looked for again after so many readings."""

NO_DESKTOP = Unavailable("There is no desktop here that could tell whether somebody uses the computer.")
NO_X_EXTENSION = Unavailable("The X server, or its library libxcb, does not tell the idle time.")
NO_MUTTER = Unavailable("This Wayland desktop does not tell the idle time; GNOME does.")


class _ScreenIterator(ctypes.Structure):
    _fields_ = (("data", ctypes.POINTER(ctypes.c_uint32)), ("rem", ctypes.c_int), ("index", ctypes.c_int))


class _QueryInfoReply(ctypes.Structure):
    # xcb_screensaver_query_info_reply_t of <xcb/screensaver.h>
    _fields_ = (
        ("response_type", ctypes.c_uint8),
        ("state", ctypes.c_uint8),
        ("sequence", ctypes.c_uint16),
        ("length", ctypes.c_uint32),
        ("saver_window", ctypes.c_uint32),
        ("ms_until_server", ctypes.c_uint32),
        ("ms_since_user_input", ctypes.c_uint32),
        ("event_mask", ctypes.c_uint32),
        ("kind", ctypes.c_uint8),
        ("padding", ctypes.c_uint8 * 7),
    )


class _Extension(ctypes.Structure):
    # xcb_extension_t of <xcb/xcbext.h>, as the next two
    _fields_ = (("name", ctypes.c_char_p), ("global_id", ctypes.c_int))


class _ProtocolRequest(ctypes.Structure):
    _fields_ = (
        ("count", ctypes.c_size_t),
        ("extension", ctypes.POINTER(_Extension)),
        ("opcode", ctypes.c_uint8),
        ("is_void", ctypes.c_uint8),
    )


class _Part(ctypes.Structure):
    # struct iovec
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _QueryInfo(ctypes.Structure):
    _fields_ = (
        ("major", ctypes.c_uint8),
        ("minor", ctypes.c_uint8),
        ("length", ctypes.c_uint16),
        ("drawable", ctypes.c_uint32),
    )


_QUERY_INFO = 1
_CHECKED = 1


class XIdle:
    """X11 by the MIT-SCREEN-SAVER extension. Satisfies `Source[float]`.

    By xcb and not by Xlib, which ends the whole process when the X server goes away; and by libxcb alone, which every
    Qt program on X11 needs, as libxcb-screensaver is often not installed.
    """

    name = "X11"

    def __init__(self, display: str) -> None:
        self._display = display.encode()
        self._xcb: Any = None
        self._free: Any = None
        self._connection: Any = None
        self._root = 0
        # The library keeps what it has learnt of the extension by this object's address.
        self._extension = _Extension(b"MIT-SCREEN-SAVER", 0)

    def read(self) -> float | Unavailable:
        try:
            if self._connection is None:
                self._connect()
            return self._ask()
        except (OSError, AttributeError, ValueError):
            self.close()
            return NO_X_EXTENSION

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._xcb.xcb_disconnect(connection)

    def _connect(self) -> None:
        """Raises OSError where the library is missing, ValueError where the server can't be reached."""
        xcb = ctypes.CDLL("libxcb.so.1")
        free = ctypes.CDLL(None).free
        free.argtypes, free.restype = [ctypes.c_void_p], None
        xcb.xcb_connect.argtypes, xcb.xcb_connect.restype = [ctypes.c_char_p, ctypes.c_void_p], ctypes.c_void_p
        xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
        xcb.xcb_disconnect.argtypes, xcb.xcb_disconnect.restype = [ctypes.c_void_p], None
        xcb.xcb_get_setup.argtypes, xcb.xcb_get_setup.restype = [ctypes.c_void_p], ctypes.c_void_p
        xcb.xcb_setup_roots_iterator.argtypes = [ctypes.c_void_p]
        xcb.xcb_setup_roots_iterator.restype = _ScreenIterator
        xcb.xcb_send_request.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
        xcb.xcb_send_request.restype = ctypes.c_uint
        xcb.xcb_wait_for_reply.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.POINTER(ctypes.c_void_p)]
        xcb.xcb_wait_for_reply.restype = ctypes.c_void_p
        self._xcb, self._free = xcb, free
        self._connection = xcb.xcb_connect(self._display, None)
        if xcb.xcb_connection_has_error(self._connection):
            raise ValueError("no X server")
        screens = xcb.xcb_setup_roots_iterator(xcb.xcb_get_setup(self._connection))
        if not screens.rem:
            raise ValueError("no screen")
        self._root = int(screens.data[0])

    def _ask(self) -> float:
        query = _QueryInfo(0, 0, 0, self._root)
        # Two parts before the first are the library's own.
        parts = (_Part * 4)()
        parts[2] = _Part(ctypes.addressof(query), ctypes.sizeof(query))
        request = _ProtocolRequest(2, ctypes.pointer(self._extension), _QUERY_INFO, 0)
        first = ctypes.addressof(parts) + 2 * ctypes.sizeof(_Part)
        sequence = self._xcb.xcb_send_request(self._connection, _CHECKED, first, ctypes.addressof(request))
        error = ctypes.c_void_p()
        reply = self._xcb.xcb_wait_for_reply(self._connection, sequence, ctypes.byref(error)) if sequence else None
        if not reply:
            if error:
                self._free(error)
            raise ValueError("no answer")
        idle_s = _QueryInfoReply.from_address(reply).ms_since_user_input / 1000
        self._free(reply)
        return float(idle_s)


class MutterIdle:
    """GNOME, on Wayland too, by org.gnome.Mutter.IdleMonitor. Satisfies `Source[float]`."""

    name = "GNOME"

    def __init__(self) -> None:
        self._connection: Any = None

    def read(self) -> float | Unavailable:
        try:
            return self._ask()
        except Exception:
            # No bus, another desktop, or it went away: an own exception each.
            self.close()
            return NO_MUTTER

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()

    def _ask(self) -> float:
        from jeepney import DBusAddress, new_method_call
        from jeepney.io.blocking import open_dbus_connection
        from jeepney.wrappers import unwrap_msg

        if self._connection is None:
            self._connection = open_dbus_connection(bus="SESSION")
        monitor = DBusAddress(
            "/org/gnome/Mutter/IdleMonitor/Core", "org.gnome.Mutter.IdleMonitor", "org.gnome.Mutter.IdleMonitor"
        )
        call = new_method_call(monitor, "GetIdletime")
        (milliseconds,) = unwrap_msg(self._connection.send_and_get_reply(call, timeout=ANSWER_S))
        return float(milliseconds) / 1000


class WindowsIdle:
    """GetLastInputInfo of user32. Satisfies `Source[float]`."""

    name = "Windows"

    def read(self) -> float | Unavailable:
        if sys.platform != "win32":
            return NO_DESKTOP

        class LastInput(ctypes.Structure):
            _fields_ = (("size", ctypes.c_uint), ("time", ctypes.c_uint))

        last = LastInput(ctypes.sizeof(LastInput), 0)
        if not ctypes.windll.user32.GetLastInputInfo(ctypes.byref(last)):
            return NO_DESKTOP
        # Both count milliseconds since the start in 32 bits.
        return float((ctypes.windll.kernel32.GetTickCount() - last.time) & 0xFFFFFFFF) / 1000

    def close(self) -> None:
        return


class MacIdle:
    """CGEventSourceSecondsSinceLastEventType of the combined session. Satisfies `Source[float]`."""

    name = "macOS"

    def read(self) -> float | Unavailable:
        path = ctypes.util.find_library("ApplicationServices")
        if sys.platform != "darwin" or path is None:
            return NO_DESKTOP
        ask = ctypes.CDLL(path).CGEventSourceSecondsSinceLastEventType
        ask.argtypes, ask.restype = [ctypes.c_int32, ctypes.c_uint32], ctypes.c_double
        return float(ask(0, 0xFFFFFFFF))

    def close(self) -> None:
        return


class FirstThatTells:
    """The first of several sources that tells; looked for anew when it falls silent. Satisfies `Source[float]`."""

    def __init__(self, sources: tuple[Source[float], ...], otherwise: Unavailable) -> None:
        self._sources = sources
        self._chosen: Source[float] | None = None
        self._answer: Unavailable = otherwise
        self._skip = 0

    @property
    def name(self) -> str:
        chosen = self._chosen
        return chosen.name if isinstance(chosen, NamedSource) else ""

    def read(self) -> float | Unavailable:
        if self._chosen is not None:
            idle = self._chosen.read()
            if not isinstance(idle, Unavailable):
                return idle
            self._chosen = None
        if self._skip:
            self._skip -= 1
            return self._answer
        for source in self._sources:
            idle = source.read()
            if not isinstance(idle, Unavailable):
                self._chosen = source
                return idle
            self._answer = idle
        self._skip = RETRY_READINGS
        return self._answer

    def close(self) -> None:
        for source in self._sources:
            source.close()


def system_idle(environ: Mapping[str, str] = os.environ) -> Source[float]:
    if sys.platform == "win32":
        return WindowsIdle()
    if sys.platform == "darwin":
        return MacIdle()
    sources: list[Source[float]] = []
    # On Wayland an X server for old programs runs beside it and sees only their input.
    if environ.get("WAYLAND_DISPLAY"):
        sources.append(MutterIdle())
    elif environ.get("DISPLAY"):
        sources += [XIdle(environ["DISPLAY"]), MutterIdle()]
    return FirstThatTells(tuple(sources), NO_DESKTOP)
