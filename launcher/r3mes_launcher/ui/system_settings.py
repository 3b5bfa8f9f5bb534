"""The system's own pages of settings, which the doctor's fixes open."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices


class SystemPage(StrEnum):
    CLOCK = "clock"
    NETWORK = "network"


_WINDOWS = {SystemPage.CLOCK: "ms-settings:dateandtime", SystemPage.NETWORK: "ms-settings:network-status"}
_MAC = {
    SystemPage.CLOCK: "x-apple.systempreferences:com.apple.Date-Time-Settings.extension",
    SystemPage.NETWORK: "x-apple.systempreferences:com.apple.Network-Settings.extension",
}
_LINUX = {
    SystemPage.CLOCK: (("gnome-control-center", "datetime"), ("systemsettings", "kcm_clock")),
    SystemPage.NETWORK: (
        ("gnome-control-center", "network"),
        ("systemsettings", "kcm_networkmanagement"),
        ("nm-connection-editor",),
    ),
}


TERMINAL = {SystemPage.CLOCK: ("timedatectl", "set-ntp", "true"), SystemPage.NETWORK: ("nmtui",)}
"""What does it on Linux without a desktop's page."""


def page_address(page: SystemPage, platform: str = sys.platform) -> str:
    """The URL that opens it; empty where the system has none."""
    return {"win32": _WINDOWS, "darwin": _MAC}.get(platform, {}).get(page, "")


def page_program(page: SystemPage, which: Callable[[str], str | None] = shutil.which) -> tuple[str, ...]:
    """On Linux: the first of the desktops' programs that is there, with its arguments; empty for none."""
    for name, *arguments in _LINUX[page]:
        program = which(name)
        if program is not None:
            return (program, *arguments)
    return ()


def open_page(page: SystemPage) -> bool:
    """False where this system has no such page."""
    address = page_address(page)
    if address:
        return QDesktopServices.openUrl(QUrl(address))
    command = page_program(page)
    return bool(command) and bool(QProcess.startDetached(command[0], list(command[1:]))[0])
