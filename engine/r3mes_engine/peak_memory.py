"""How much memory this process has had at most since a certain moment."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import psutil

from r3mes_protocol.messages import Device

_PROC = Path("/proc/self")


def peak_memory_of(device: Device, proc: Path = _PROC) -> Callable[[], int]:
    """Begins to watch, and returns what tells the peak so far, in MiB: of a GPU's memory what PyTorch took, else the
    process's own. Where the system does not let its peak be forgotten, it is that of the whole life."""
    if device.kind == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats()
        return lambda: int(torch.cuda.max_memory_reserved()) // 2**20
    try:
        # https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
        (proc / "clear_refs").write_text("5")
        return lambda: _high_water_mb(proc)
    except OSError:
        return _life_peak_mb


def _high_water_mb(proc: Path) -> int:
    for line in (proc / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 2**10
    return _life_peak_mb()


def _life_peak_mb() -> int:
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset) // 2**20
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 2**20 if sys.platform == "darwin" else peak // 2**10
