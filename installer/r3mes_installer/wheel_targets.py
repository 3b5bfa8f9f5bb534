"""Which wheels fit which computer. Used when locks are written; needs `packaging`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import parse_wheel_filename

from r3mes_installer.target import Platform, Target

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
GLIBC_FLOOR = 34
"""The wheels of Qt need glibc 2.34 (Debian 12, Ubuntu 22.04); nothing may need a newer one."""
MACOS_FLOOR = (14, 0)
"""The wheels of Qt need macOS 14."""


@dataclass(frozen=True, slots=True)
class Wheel:
    filename: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Machine:
    """One kind of computer that a platform's lock serves."""

    platform: Platform
    architecture: str
    required: bool
    """Whether every package must have a wheel for it."""


MACHINES: dict[Platform, tuple[Machine, ...]] = {
    Platform.LINUX: (Machine(Platform.LINUX, "x86_64", required=True),),
    Platform.WINDOWS: (Machine(Platform.WINDOWS, "AMD64", required=True),),
    # Intel Macs run the launcher and the gateway; torch no longer has builds for them.
    Platform.MACOS: (Machine(Platform.MACOS, "arm64", required=True), Machine(Platform.MACOS, "x86_64", False)),
}


def marker_environment(machine: Machine, python: str) -> dict[str, str]:
    """The values of environment markers there, as PEP 508 names them."""
    system, sys_platform, os_name = {
        Platform.LINUX: ("Linux", "linux", "posix"),
        Platform.WINDOWS: ("Windows", "win32", "nt"),
        Platform.MACOS: ("Darwin", "darwin", "posix"),
    }[machine.platform]
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "os_name": os_name,
        "platform_machine": machine.architecture,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": system,
        "platform_version": "",
        "python_full_version": f"{python}.1",
        "python_version": python,
        "sys_platform": sys_platform,
        "extra": "",
    }


def _platform_tags(machine: Machine) -> list[str]:
    if machine.platform is Platform.WINDOWS:
        return ["win_amd64"]
    if machine.platform is Platform.MACOS:
        return list(mac_platforms(MACOS_FLOOR, machine.architecture))
    legacy = {17: "manylinux2014_x86_64", 12: "manylinux2010_x86_64", 5: "manylinux1_x86_64"}
    tags: list[str] = []
    for minor in range(GLIBC_FLOOR, 4, -1):
        tags.append(f"manylinux_2_{minor}_x86_64")
        if minor in legacy:
            tags.append(legacy[minor])
    return [*tags, "linux_x86_64"]


def _tags(machine: Machine, python: str) -> Iterator[Tag]:
    version = tuple(int(part) for part in python.split("."))
    platforms = _platform_tags(machine)
    yield from cpython_tags(version, platforms=platforms)
    yield from compatible_tags(version, interpreter=f"cp{version[0]}{version[1]}", platforms=platforms)


@cache
def tag_order(machine: Machine, python: str) -> dict[Tag, int]:
    """Every tag that fits, with its place in pip's order of preference."""
    order: dict[Tag, int] = {}
    for place, tag in enumerate(_tags(machine, python)):
        order.setdefault(tag, place)
    return order


def best_wheel(wheels: Sequence[Wheel], machine: Machine, python: str) -> Wheel | None:
    """The wheel that pip would take, or None when none fits."""
    order = tag_order(machine, python)
    best: tuple[int, Wheel] | None = None
    for wheel in wheels:
        places = [order[tag] for tag in parse_wheel_filename(wheel.filename)[3] if tag in order]
        if places and (best is None or min(places) < best[0]):
            best = (min(places), wheel)
    return None if best is None else best[1]


def fitting_wheels(wheels: Sequence[Wheel], machine: Machine, python: str) -> list[Wheel]:
    order = tag_order(machine, python)
    return [wheel for wheel in wheels if any(tag in order for tag in parse_wheel_filename(wheel.filename)[3])]


def targets(platform: Platform) -> tuple[Target, ...]:
    return tuple(Target(platform, python) for python in PYTHONS)
