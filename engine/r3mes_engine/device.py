"""Which device the engine runs on, and how much of the processor it may take."""

from __future__ import annotations

import os
from collections.abc import Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Any, Literal

import psutil

from r3mes_engine.errors import EngineExit
from r3mes_engine.hardware.survey import GpuSurvey
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import Device

DeviceChoice = Literal["auto", "cuda", "cpu"]

_CPU_HINT = "To try the engine without a GPU, start it with --device cpu (slow, meant for testers)."


def choose_device(choice: DeviceChoice, survey: Callable[[], GpuSurvey]) -> Device:
    """Raises EngineExit (10) when a GPU is asked for and none is usable. Never falls back to the CPU by itself."""
    if choice == "cpu":
        return Device(kind="cpu", name=_processor_name(), memory_mb=psutil.virtual_memory().total // 2**20)
    found = survey()
    best = found.best
    if best is None:
        raise EngineExit(ExitCode.NO_USABLE_GPU, "no_usable_gpu", found.problem, f"{found.hint} {_CPU_HINT}".strip())
    return Device(kind="cuda", name=best.name, memory_mb=best.memory_total_mb, gpu_uuids=(best.uuid,))


def usable_cores(cgroup_root: Path = Path("/sys/fs/cgroup")) -> int:
    """Cores that this process may use, a container's quota included. At least 1."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows
        cores = os.cpu_count() or 1
    try:
        quota, period = (cgroup_root / "cpu.max").read_text().split()[:2]
        if quota != "max":
            cores = min(cores, max(1, int(quota) // int(period)))
    except (OSError, ValueError):
        pass
    return max(1, cores)


def model_threads(cores: int) -> int:
    """One core stays free: with every core busy the token pace falls to a fifth, and the desktop stutters."""
    return max(1, cores - 1)


def show_one_gpu(device: Device, environment: MutableMapping[str, str]) -> None:
    """For the process that calculates, before CUDA starts in it: it sees the chosen GPU and no other."""
    if device.kind == "cuda":
        environment["CUDA_VISIBLE_DEVICES"] = device.gpu_uuids[0]


def cuda_index(device: Device, torch: Any) -> int:
    """PyTorch's number of the GPU, found by UUID. Raises EngineExit (10) where PyTorch does not see it: no other card
    is ever taken in its place."""
    seen: Sequence[str] = [
        str(getattr(torch.cuda.get_device_properties(index), "uuid", "")) for index in range(torch.cuda.device_count())
    ]
    wanted = {uuid.removeprefix("GPU-").lower() for uuid in device.gpu_uuids}
    for index, uuid in enumerate(seen):
        if uuid.removeprefix("GPU-").lower() in wanted:
            return index
    raise EngineExit(
        ExitCode.NO_USABLE_GPU,
        "no_usable_gpu",
        f"PyTorch does not see the GPU {device.name} ({device.gpu_uuids[0]}).",
        "Restart the engine; `r3mes-engine check` tells the state of each GPU.",
    )


def _processor_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()[:100] or "CPU"
    except OSError:
        pass
    return "CPU"
