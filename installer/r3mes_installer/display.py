"""Whether a window can be shown here."""

from __future__ import annotations

from collections.abc import Mapping

from r3mes_installer.target import Platform


def has_display(platform: Platform, environ: Mapping[str, str]) -> bool:
    """Windows and macOS always have one; on Linux the session names it."""
    if platform is not Platform.LINUX:
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
