"""Where things are: the checkout that this installer belongs to, and the user's data."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from r3mes_installer.target import Platform

HOME_VARIABLE = "R3MES_HOME"
PACKAGE_FOLDERS = ("api-lite", "engine", "launcher", "installer")
"""The folders of the checkout that hold packages; an environment's import path ends with them."""


@dataclass(frozen=True, slots=True)
class Locations:
    checkout: Path
    data: Path

    @property
    def locks(self) -> Path:
        return self.checkout / "installer" / "locks"

    @property
    def environments(self) -> Path:
        return self.data / "environments"

    @property
    def system_log(self) -> Path:
        """What the system's package manager printed."""
        return self.data / "system-packages.log"

    @property
    def package_paths(self) -> tuple[Path, ...]:
        return tuple(self.checkout / folder for folder in PACKAGE_FOLDERS)


def checkout_of_installer() -> Path:
    return Path(__file__).resolve().parents[2]


def data_directory(platform: Platform, environ: Mapping[str, str], user_home: Path) -> Path:
    """The user's data directory, the same one that the launcher uses."""
    chosen = environ.get(HOME_VARIABLE, "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    if platform is Platform.WINDOWS:
        local = environ.get("LOCALAPPDATA", "").strip()
        return (Path(local) if local else user_home / "AppData" / "Local") / "r3mes"
    if platform is Platform.MACOS:
        return user_home / "Library" / "Application Support" / "r3mes"
    shared = environ.get("XDG_DATA_HOME", "").strip()
    return (Path(shared) if shared else user_home / ".local" / "share") / "r3mes"


def this_locations(platform: Platform) -> Locations:
    return Locations(checkout_of_installer(), data_directory(platform, os.environ, Path("~").expanduser()))
