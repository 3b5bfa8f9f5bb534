"""Which device the engine runs on. NVML is asked first, so that "no GPU" is said in a moment and without torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import psutil

from r3mes_engine.errors import EngineExit
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import Device

DeviceChoice = Literal["auto", "cuda", "cpu"]

_CPU_HINT = "To try the engine without a GPU, start it with --device cpu (slow, meant for testers)."


@dataclass(frozen=True, slots=True)
class GpuVerdict:
    """One GPU and whether the engine can use it. Memory in MiB."""

    index: int
    uuid: str
    name: str
    memory_total_mb: int
    memory_free_mb: int
    compute_capability: tuple[int, int] | None
    usable: bool
    reason: str


@dataclass(frozen=True, slots=True)
class GpuSurvey:
    """What NVML and PyTorch say. `problem` is a sentence with the word GPU when no GPU is usable, else empty."""

    gpus: tuple[GpuVerdict, ...]
    driver_version: str
    problem: str
    hint: str

    @property
    def best(self) -> GpuVerdict | None:
        usable = [gpu for gpu in self.gpus if gpu.usable]
        return max(usable, key=lambda gpu: gpu.memory_free_mb, default=None)


def choose_device(choice: DeviceChoice, survey: Callable[[], GpuSurvey]) -> Device:
    """Raises EngineExit (10) when a GPU is asked for and none is usable. Never falls back to the CPU by itself."""
    if choice == "cpu":
        return Device(kind="cpu", name=_processor_name(), memory_mb=psutil.virtual_memory().total // 2**20)
    found = survey()
    best = found.best
    if best is None:
        raise EngineExit(ExitCode.NO_USABLE_GPU, "no_usable_gpu", found.problem, f"{found.hint} {_CPU_HINT}".strip())
    return Device(kind="cuda", name=best.name, memory_mb=best.memory_total_mb, gpu_uuids=(best.uuid,))


def survey_gpus(load_nvml: Callable[[], Any] | None = None, load_torch: Callable[[], Any] | None = None) -> GpuSurvey:
    """Asks NVML, and PyTorch only where NVML shows a GPU. Never raises for a broken driver."""
    nvml = (load_nvml or _load_nvml)()
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return _no_driver(nvml, error)
    try:
        driver = _text(nvml.nvmlSystemGetDriverVersion())
        verdicts = tuple(_verdict(nvml, index) for index in range(nvml.nvmlDeviceGetCount()))
    except nvml.NVMLError as error:
        return GpuSurvey((), "", f"The GPU driver does not answer: {error}.", "Restart the computer.")
    finally:
        nvml.nvmlShutdown()
    if not verdicts:
        return GpuSurvey(
            (), driver, "The NVIDIA driver finds no GPU in this computer.", "Check that the card is seated."
        )
    if any(gpu.usable for gpu in verdicts):
        torch = (load_torch or _load_torch)()
        problem, hint = _torch_problem(torch)
        if problem:
            return GpuSurvey(tuple(_unusable(gpu, problem) for gpu in verdicts), driver, problem, hint)
        verdicts = tuple(_checked_for_age(gpu, torch) for gpu in verdicts)
    if any(gpu.usable for gpu in verdicts):
        return GpuSurvey(verdicts, driver, "", "")
    reasons = "; ".join(f"{gpu.name}: {gpu.reason}" for gpu in verdicts)
    return GpuSurvey(verdicts, driver, f"No GPU of this computer can be used ({reasons}).", "")


def free_vram_mb(device: Device, load_nvml: Callable[[], Any] | None = None) -> int | None:
    """MiB free on the device's GPU; None on a CPU or where the driver does not tell."""
    if device.kind != "cuda" or not device.gpu_uuids:
        return None
    nvml = (load_nvml or _load_nvml)()
    try:
        nvml.nvmlInit()
        try:
            handle = nvml.nvmlDeviceGetHandleByUUID(device.gpu_uuids[0])
            return int(nvml.nvmlDeviceGetMemoryInfo(handle).free) // 2**20
        finally:
            nvml.nvmlShutdown()
    except nvml.NVMLError:
        return None


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


def _load_nvml() -> Any:
    import pynvml

    return pynvml


def _load_torch() -> Any:
    import torch

    return torch


def _no_driver(nvml: Any, error: Any) -> GpuSurvey:
    code = error.value
    if code == nvml.NVML_ERROR_LIBRARY_NOT_FOUND:
        problem = "No usable GPU: the NVIDIA driver is not installed on this computer."
        hint = "Install the NVIDIA driver and restart the computer."
    elif code == nvml.NVML_ERROR_DRIVER_NOT_LOADED:
        problem = "No usable GPU: the NVIDIA driver is installed but not running."
        hint = "Restart the computer; if that does not help, install the driver again."
    elif code == nvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH:
        problem = "No usable GPU: the NVIDIA driver was updated and the running part is still the old one."
        hint = "Restart the computer."
    elif code == nvml.NVML_ERROR_NO_PERMISSION:
        problem = "No usable GPU: this user may not use the NVIDIA driver."
        hint = "Let the user into the group that owns /dev/nvidia0, often `video` or `render`."
    else:
        problem = f"No usable GPU: the NVIDIA driver answers with an error ({error})."
        hint = "Restart the computer."
    return GpuSurvey((), "", problem, hint)


def _verdict(nvml: Any, index: int) -> GpuVerdict:
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        name, uuid = _text(nvml.nvmlDeviceGetName(handle)), _text(nvml.nvmlDeviceGetUUID(handle))
    except nvml.NVMLError as error:
        return GpuVerdict(index, "", f"GPU {index}", 0, 0, None, False, f"it does not answer ({error})")
    total_mb, free_mb = int(memory.total) // 2**20, int(memory.free) // 2**20
    try:
        major, minor = nvml.nvmlDeviceGetCudaComputeCapability(handle)
        capability = (int(major), int(minor))
    except nvml.NVMLError:
        # An old driver does not tell; PyTorch will.
        return GpuVerdict(index, uuid, name, total_mb, free_mb, None, True, "usable")
    return GpuVerdict(index, uuid, name, total_mb, free_mb, capability, True, "usable")


def _torch_problem(torch: Any) -> tuple[str, str]:
    if torch.version.cuda is None:
        return (
            "No usable GPU: this engine was installed without CUDA.",
            "Install the engine again with the accelerator `cuda`.",
        )
    if not torch.cuda.is_available():
        return (
            f"No usable GPU: PyTorch (CUDA {torch.version.cuda}) can't start CUDA with this driver.",
            "Update the NVIDIA driver and restart the computer.",
        )
    return "", ""


def _checked_for_age(gpu: GpuVerdict, torch: Any) -> GpuVerdict:
    """PyTorch's builds hold kernels for a range of GPU generations, named like `sm_75`."""
    generations = [int(name[3:]) for name in torch.cuda.get_arch_list() if name[:3] == "sm_" and name[3:].isdigit()]
    if gpu.compute_capability is None or not generations:
        return gpu
    major, minor = gpu.compute_capability
    oldest = min(generations)
    if major * 10 + minor >= oldest:
        return gpu
    needed = f"{oldest // 10}.{oldest % 10}"
    return _unusable(gpu, f"too old (compute capability {major}.{minor}, this PyTorch needs {needed})")


def _unusable(gpu: GpuVerdict, reason: str) -> GpuVerdict:
    return replace(gpu, usable=False, reason=reason) if gpu.usable else gpu


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def cuda_index(device: Device, torch: Any) -> int:
    """PyTorch's number of a GPU, found by UUID: its order differs from NVML's. 0 where PyTorch tells no UUID."""
    uuids: Sequence[str] = [
        str(getattr(torch.cuda.get_device_properties(index), "uuid", "")) for index in range(torch.cuda.device_count())
    ]
    wanted = {uuid.removeprefix("GPU-").lower() for uuid in device.gpu_uuids}
    for index, uuid in enumerate(uuids):
        if uuid.removeprefix("GPU-").lower() in wanted:
            return index
    return 0


def _processor_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()[:100] or "CPU"
    except OSError:
        pass
    return "CPU"
