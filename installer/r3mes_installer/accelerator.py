"""Which build of the engine suits this computer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from r3mes_installer.pip_runner import pip_environment
from r3mes_installer.target import Accelerator, Platform

PROBE_TIMEOUT_S = 30
"""pip answers in a second or two; an index that is slower than this is treated as not having the build."""


def has_nvidia_gpu(platform: Platform) -> bool:
    """Whether a driver of an NVIDIA GPU is loaded. Whether the card works is for the engine to find out."""
    if platform is Platform.LINUX:
        return Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidiactl").exists()
    return platform is Platform.WINDOWS and shutil.which("nvidia-smi") is not None


def wanted_accelerator(choice: str, gpu: bool) -> Accelerator:
    """`choice` is `auto`, `cpu` or `cuda`."""
    if choice == "auto":
        return Accelerator.CUDA if gpu else Accelerator.CPU
    return Accelerator(choice)


def pip_offers(package: str, version: str, temporary: Path) -> bool | None:
    """Whether pip, as it is configured, finds this version. None when this Python has no pip to ask."""
    command = [sys.executable, "-m", "pip", "index", "versions", package]
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PROBE_TIMEOUT_S,
            env=pip_environment(os.environ, temporary),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    if "No module named pip" in result.stderr:
        return None
    return version in set(_words(result.stdout))


def _words(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.startswith("Available versions:"):
            for word in line.removeprefix("Available versions:").split(","):
                yield word.strip()
