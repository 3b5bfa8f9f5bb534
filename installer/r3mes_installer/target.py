"""Which computer an environment is for."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from enum import StrEnum

from r3mes_installer.failure import Failure, FailureCode


class Platform(StrEnum):
    """The computers that there are locks for; the value is part of the locks' file names."""

    LINUX = "linux-x86_64"
    MACOS = "macos"
    WINDOWS = "windows"


class Accelerator(StrEnum):
    CPU = "cpu"
    CUDA = "cuda"


@dataclass(frozen=True, slots=True)
class Target:
    platform: Platform
    python: str
    """Major and minor version, such as `3.11`."""


def platform_of(sys_platform: str, machine: str) -> Platform:
    """The platform for these names of `sys.platform` and `platform.machine()`. Raises Failure."""
    known = machine.lower() in ("x86_64", "amd64")
    if sys_platform == "linux" and known:
        return Platform.LINUX
    if sys_platform == "win32" and known:
        return Platform.WINDOWS
    if sys_platform == "darwin":
        return Platform.MACOS
    raise Failure(
        FailureCode.UNSUPPORTED_PLATFORM,
        f"R3MES has no locked packages for {sys_platform} on {machine}.",
        "It runs on Linux x86-64, Windows x86-64 and macOS.",
    )


def this_target() -> Target:
    """Raises Failure on a computer that R3MES does not know."""
    return Target(platform_of(sys.platform, platform.machine()), f"{sys.version_info.major}.{sys.version_info.minor}")
