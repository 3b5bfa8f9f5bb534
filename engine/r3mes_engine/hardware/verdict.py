"""What the facts about a GPU mean for the engine. Pure.

Driver floors: "CUDA Toolkit and Minimum Required Driver Version for CUDA Minor Version Compatibility",
https://docs.nvidia.com/cuda/cuda-toolkit-release-notes. Which card runs which kernel: "Application Compatibility",
https://docs.nvidia.com/cuda/cuda-c-programming-guide (binary code runs on cards of the same major and at least the same
minor number; the suffix `a` ties it to one card, `f` to its family; `compute_` code is compiled by the driver for any
later card).
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Literal

from r3mes_engine.hardware.facts import CudaBuild, DriverFacts, GpuFacts, KernelRun, Probe
from r3mes_engine.hardware.gpu_faults import fault_of

Verdict = Literal["ok", "degraded", "unusable"]

LEAST_FREE_MB = 1024
"""With less a card can hardly hold CUDA's own context and a small model."""

_FLOORS = {"linux": {11: "450.80", 12: "525.60", 13: "580.65"}, "win32": {11: "452.39", 12: "528.33", 13: "580.65"}}
_ARCHITECTURE = re.compile(r"(sm|compute)_(\d+)(\d)([af]?)")


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
    verdict: Verdict
    code: str
    """One word for programs; `ok` where nothing is wrong."""
    reason: str
    hint: str
    """What to do; empty where nothing has to be done."""
    kernel_ms: int | None

    @property
    def is_known(self) -> bool:
        """Whether something was found out: a card that nobody tried counts as usable until somebody does."""
        return self.kernel_ms is not None or self.verdict != "ok"


def judged(gpu: GpuFacts, driver: DriverFacts, probe: Probe | None, platform: str = sys.platform) -> GpuVerdict:
    """`probe` None: nobody tried the card."""
    verdict, code, reason, hint = _judge(gpu, driver, probe, platform)
    return GpuVerdict(
        gpu.index,
        gpu.uuid,
        gpu.name,
        gpu.memory_total_mb,
        gpu.memory_free_mb,
        gpu.compute_capability,
        verdict != "unusable",
        verdict,
        code,
        reason,
        hint,
        None if probe is None else probe.kernel.milliseconds,
    )


def worth_a_kernel(gpu: GpuFacts, build: CudaBuild | None) -> bool:
    """Whether the card's state is open until a kernel ran on it. `build` None: nobody has asked PyTorch yet."""
    if gpu.problem or not gpu.uuid:
        return False
    return build is None or (build.cuda is not None and _fit(gpu, build) not in ("too_old", "too_new"))


_Judgement = tuple[Verdict, str, str, str]


def _judge(gpu: GpuFacts, driver: DriverFacts, probe: Probe | None, platform: str) -> _Judgement:
    if gpu.problem:
        return "unusable", "lost", f"it does not answer ({gpu.problem})", "Restart the computer; check power and seat."
    if probe is None:
        return "ok", "ok", "usable", ""
    build, kernel = probe.build, probe.kernel
    if kernel.outcome == "hung":
        return "unusable", "hung", f"a small calculation on it did not end: {kernel.error}", "Restart the computer."
    if kernel.outcome == "crashed":
        reason = f"a small calculation on it broke off: {kernel.error}"
        return "unusable", "crashed", reason, "Install the NVIDIA driver and the engine again."
    if build is None:
        return "unusable", "no_torch", f"PyTorch can't be loaded: {kernel.error}", "Install the engine again."
    if build.cuda is None:
        hint = "Install the engine again with the accelerator `cuda`."
        return "unusable", "no_cuda", "this engine was installed without CUDA", hint
    fit = _fit(gpu, build)
    if fit in ("too_old", "too_new"):
        return _misfit(gpu, build, fit)
    if kernel.outcome == "ok":
        return _works(gpu, driver, build, fit, platform)
    return _fails(driver, build, kernel, platform)


def _works(gpu: GpuFacts, driver: DriverFacts, build: CudaBuild, fit: str, platform: str) -> _Judgement:
    if gpu.uncorrected_errors:
        reason = f"its memory had {gpu.uncorrected_errors} errors that could not be corrected"
        return "degraded", "memory_errors", reason, "Restart the computer; if they come again, have the card replaced."
    if gpu.memory_free_mb < LEAST_FREE_MB:
        reason = f"only {gpu.memory_free_mb} of {gpu.memory_total_mb} MiB of its memory are free"
        return "degraded", "little_memory", reason, "Close other programs that use the GPU."
    if fit == "compiled":
        reason = f"PyTorch {build.version} has no kernels for {_capability(gpu)}; the driver compiles them at first use"
        return "degraded", "compiled_kernels", reason, "Expect a slow first start, or install a newer engine."
    floor = _missed_floor(driver, build, platform)
    if floor:
        reason = f"the driver {driver.driver_version} is older than {floor}; NVIDIA's compatibility package bridges it"
        return "degraded", "old_driver", reason, "Update the NVIDIA driver."
    return "ok", "ok", "usable", ""


def _fails(driver: DriverFacts, build: CudaBuild, kernel: KernelRun, platform: str) -> _Judgement:
    if kernel.outcome == "wrong":
        reason = f"it calculates wrongly ({kernel.error})"
        return "unusable", "wrong_result", reason, "Undo any overclocking; if it stays so, have the card replaced."
    floor = _missed_floor(driver, build, platform)
    if floor:
        reason = f"the driver {driver.driver_version} is too old: CUDA {build.cuda} needs {floor} or newer"
        return "unusable", "old_driver", reason, "Update the NVIDIA driver and restart the computer."
    fault = fault_of(kernel.error)
    hint = fault.hint if fault is not None else "Update the NVIDIA driver and restart the computer."
    code = fault.code if fault is not None else "kernel_failed"
    return "unusable", code, f"PyTorch (CUDA {build.cuda}) can't calculate on it: {kernel.error}", hint


def _misfit(gpu: GpuFacts, build: CudaBuild, fit: str) -> _Judgement:
    known = sorted({found[:2] for found in _native(build)})
    if fit == "too_old":
        needed = f"{known[0][0]}.{known[0][1]}"
        reason = f"too old ({_capability(gpu)}, this PyTorch needs {needed})"
        return "unusable", "too_old", reason, "Use a newer card."
    newest = f"{known[-1][0]}.{known[-1][1]}"
    reason = f"too new ({_capability(gpu)}, this PyTorch knows cards up to {newest})"
    return "unusable", "too_new", reason, "Update the engine."


def _capability(gpu: GpuFacts) -> str:
    major, minor = gpu.compute_capability or (0, 0)
    return f"compute capability {major}.{minor}"


def _fit(gpu: GpuFacts, build: CudaBuild) -> Literal["native", "compiled", "too_old", "too_new", "unknown"]:
    native = _native(build)
    if gpu.compute_capability is None or not native:
        return "unknown"
    major, minor = gpu.compute_capability
    for known_major, known_minor, suffix in native:
        exact = (known_major, known_minor) == (major, minor)
        if exact or (suffix != "a" and known_major == major and known_minor <= minor):
            return "native"
    compiled = [(int(found[2]), int(found[3])) for found in _parsed(build) if found[1] == "compute" and not found[4]]
    if any(known <= (major, minor) for known in compiled):
        return "compiled"
    return "too_old" if (major, minor) < min(known[:2] for known in native) else "too_new"


def _native(build: CudaBuild) -> list[tuple[int, int, str]]:
    return [(int(found[2]), int(found[3]), found[4]) for found in _parsed(build) if found[1] == "sm"]


def _parsed(build: CudaBuild) -> list[re.Match[str]]:
    found = (_ARCHITECTURE.fullmatch(name) for name in build.architectures)
    return [match for match in found if match is not None]


def driver_floor(build: CudaBuild, platform: str = sys.platform) -> str:
    """The oldest driver that CUDA of this build runs on; empty where nobody knows."""
    if build.cuda is None:
        return ""
    floors = _FLOORS.get(platform, _FLOORS["linux"])
    return floors.get(int(build.cuda.split(".")[0]), "")


def _missed_floor(driver: DriverFacts, build: CudaBuild, platform: str) -> str:
    """The floor, where the driver is older."""
    floor = driver_floor(build, platform)
    have = _numbers(driver.driver_version)
    return floor if floor and have and have < _numbers(floor) else ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])
