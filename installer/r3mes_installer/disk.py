"""Whether the disk has room."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from r3mes_installer.failure import Failure, FailureCode
from r3mes_installer.progress import readable_bytes
from r3mes_installer.target import Accelerator

INSTALLED_PER_DOWNLOADED = {Accelerator.CPU: 3.8, Accelerator.CUDA: 2.0}
"""Installed over downloaded size: measured 3.7 for the CPU engine, 3.0 for the launcher, 1.8 with CUDA's libraries."""
HEADROOM_BYTES = 200_000_000
"""So that the computer stays usable, and for pip itself."""

FreeBytes = Callable[[Path], int]


def free_bytes(path: Path) -> int:
    """Free space where the path is or would be."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def needed_bytes(download_bytes: int, accelerator: Accelerator) -> int:
    """The most that making an environment takes: pip keeps the downloads until all is unpacked."""
    return int(download_bytes * (1 + INSTALLED_PER_DOWNLOADED[accelerator])) + HEADROOM_BYTES


def require_space(path: Path, needed: int, free: FreeBytes = free_bytes) -> None:
    """Raises Failure when there is too little space."""
    available = free(path)
    if available < needed:
        raise Failure(
            FailureCode.NO_DISK,
            f"Not enough space: {readable_bytes(needed)} are needed in {path}, {readable_bytes(available)} are free.",
            "Free some space, or choose another place with R3MES_HOME, and run the same command again.",
        )
