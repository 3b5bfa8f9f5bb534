"""The requirements that containers and servers install from: copies of two locks, under the names people look for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from r3mes_installer.locks import Role, lock_name
from r3mes_installer.target import Accelerator, Platform

EXPORTS: Mapping[str, tuple[str, str]] = {
    "requirements-api.txt": (
        lock_name(Role.API_LITE, Platform.LINUX),
        "The gateway (api-lite) on Linux x86-64. No package of it needs a GPU.",
    ),
    "requirements-inference.txt": (
        lock_name(Role.ENGINE, Platform.LINUX, Accelerator.CUDA),
        "The engine on Linux x86-64 with an NVIDIA GPU.",
    ),
}
"""File name to its lock and what it is for."""


def exported(name: str, lock: str) -> str:
    """The text of one export, from the text of its lock."""
    source, purpose = EXPORTS[name]
    body = lock[lock.index("\n# Install with") + 1 :]
    return f"# {purpose}\n# A copy of locks/{source}.txt; written by `python3 installer lock`, not by hand.\n{body}"


def write_exports(installer: Path) -> list[str]:
    """Writes all exports beside the locks' folder; returns their names."""
    for name, (source, _) in EXPORTS.items():
        lock = (installer / "locks" / f"{source}.txt").read_text(encoding="ascii")
        (installer / name).write_text(exported(name, lock), encoding="ascii", newline="\n")
    return list(EXPORTS)
