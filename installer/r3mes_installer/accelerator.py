"""Which build of the engine suits this computer."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from r3mes_installer.cancellation import Cancellation
from r3mes_installer.pip_runner import bundled_pip, pip_environment, wait_quietly
from r3mes_installer.target import Accelerator, Platform

PROBE_TIMEOUT_S = 30
"""pip answers in a second or two; from a slower index nothing is learnt in time."""
PROBE_CONNECT_S = 10
PROBE_RETRIES = 1
"""The installation itself tries longer, as pip is configured."""


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


def pip_offers(package: str, version: str, cancellation: Cancellation) -> bool | None:
    """Whether pip, as it is configured, finds this version. None when it can't tell. Raises Cancelled."""
    wheel = bundled_pip()
    if importlib.util.find_spec("pip") is not None:
        pip = ["-m", "pip"]
    elif wheel is not None:
        pip = [str(wheel / "pip")]
    else:
        return None
    options = ["--retries", str(PROBE_RETRIES), "--timeout", str(PROBE_CONNECT_S)]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, *pip, "index", "versions", package, *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
            env=pip_environment(os.environ, Path(folder)),
        )
        wait_quietly(process, PROBE_TIMEOUT_S, cancellation)
        if process.returncode != 0:
            return None
        output.seek(0)
        return version in offered_versions(output.read().decode(errors="replace"))


def offered_versions(output: str) -> set[str]:
    """The versions that `pip index versions` lists."""
    versions: set[str] = set()
    for line in output.splitlines():
        if line.startswith("Available versions:"):
            versions.update(word.strip() for word in line.removeprefix("Available versions:").split(","))
    return versions
