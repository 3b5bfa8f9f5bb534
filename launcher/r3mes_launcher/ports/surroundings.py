"""The computer around the launcher, as the doctor looks at it."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import Protocol

import psutil

from r3mes_launcher.core.doctor.facts import FolderFacts, SystemFacts
from r3mes_launcher.sentence import Sentence, phrase
from r3mes_launcher.system_cause import system_cause

LOOPBACK_S = 3.0
"""A connection to oneself takes microseconds. A firewall that drops it says nothing at all."""


class Surroundings(Protocol):
    """Both may block, and are called off the core's loop. What can't be found out is None, never an exception."""

    def system(self) -> SystemFacts: ...

    def folder(self, path: Path) -> FolderFacts:
        """Looks at a folder that may not be there. Leaves nothing behind in it."""
        ...


class SystemSurroundings:
    def system(self) -> SystemFacts:
        memory = _memory()
        return SystemFacts(
            system=platform.system(),
            machine=platform.machine(),
            python=sys.version_info[:3],
            glibc=_glibc(),
            memory_total=None if memory is None else memory[0],
            memory_available=None if memory is None else memory[1],
            network_up=_network_up(),
            loopback_problem=_loopback_problem(),
        )

    def folder(self, path: Path) -> FolderFacts:
        nearest = path
        while not nearest.exists() and nearest != nearest.parent:
            nearest = nearest.parent
        problem = ""
        try:
            if not nearest.is_dir():
                problem = Sentence("{nearest} is not a folder", nearest=nearest)
            else:
                with tempfile.TemporaryFile(dir=nearest) as file:
                    file.write(b"r3mes")
                    file.flush()
        except OSError as error:
            problem = system_cause(error)
        try:
            free: int | None = shutil.disk_usage(nearest).free
        except OSError:
            free = None
        return FolderFacts(path=str(path), problem=problem, disk_free=free)


def _memory() -> tuple[int, int] | None:
    try:
        memory = psutil.virtual_memory()
    except (psutil.Error, OSError):
        return None
    return int(memory.total), int(memory.available)


def _glibc() -> tuple[int, int] | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
        major, minor = version.split(".")[:2]
        return (int(major), int(minor)) if name == "glibc" else None
    except (ValueError, OSError):
        return None


def _network_up() -> bool | None:
    try:
        up = {name for name, state in psutil.net_if_stats().items() if state.isup}
        addresses = psutil.net_if_addrs()
    except (psutil.Error, OSError):
        return None
    families = (socket.AF_INET, socket.AF_INET6)
    for name in up:
        for address in addresses.get(name, ()):
            if address.family in families and not address.address.startswith(("127.", "::1", "fe80:", "169.254.")):
                return True
    return False


def _loopback_problem() -> str:
    """Tries what the launcher and its engine do: listen on a port of this computer, and connect to it."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(LOOPBACK_S)
            with socket.create_connection(server.getsockname(), LOOPBACK_S) as client:
                accepted, _ = server.accept()
                with accepted:
                    accepted.settimeout(LOOPBACK_S)
                    client.sendall(b"r3mes")
                    return "" if accepted.recv(5) == b"r3mes" else phrase("what was sent did not arrive")
    except OSError as error:
        return system_cause(error)
