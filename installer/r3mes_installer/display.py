"""Whether a window can be shown here."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path

from r3mes_installer.target import Platform


def has_display(platform: Platform, environ: Mapping[str, str]) -> bool:
    """Windows and macOS always have one; on Linux the session names it."""
    if platform is not Platform.LINUX:
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def unreachable_display(platform: Platform, environ: Mapping[str, str]) -> str:
    """The X display that is named but does not answer, as after a lost remote session; empty where all is well.

    Qt would end with a message about a missing library there. Where it can't be tried, it is taken to answer.
    """
    display = environ.get("DISPLAY", "")
    if platform is not Platform.LINUX or not display or _wayland_socket(environ):
        return ""
    try:
        library = ctypes.CDLL("libX11.so.6")
    except OSError:
        return ""
    library.XOpenDisplay.restype = ctypes.c_void_p
    library.XCloseDisplay.argtypes = [ctypes.c_void_p]
    connection = library.XOpenDisplay(display.encode())
    if connection:
        library.XCloseDisplay(connection)
        return ""
    return display


def _wayland_socket(environ: Mapping[str, str]) -> bool:
    name = environ.get("WAYLAND_DISPLAY", "")
    return bool(name) and (Path(environ.get("XDG_RUNTIME_DIR", "/")) / name).exists()
