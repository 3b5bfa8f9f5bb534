"""Which GPUs of this computer the engine can use: driver, build and a small calculation, each asked in a child."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from r3mes_engine.hardware.facts import CudaBuild, DriverFacts, GpuFacts, KernelRun, Probe
from r3mes_engine.hardware.probing import driver_facts, kernel_probe
from r3mes_engine.hardware.verdict import GpuVerdict, driver_floor, judged, worth_a_kernel

AskDriver = Callable[[], DriverFacts]
TryGpu = Callable[[str | None], Probe]
"""UUID of a GPU, or None for no GPU at all."""

AT_ONCE = 4
"""Children that import torch side by side: each takes a core and some hundred megabytes."""


@dataclass(frozen=True, slots=True)
class GpuSurvey:
    """`problem` is a sentence with the word GPU when no GPU is usable, else empty."""

    gpus: tuple[GpuVerdict, ...]
    driver_version: str
    problem: str
    hint: str
    build: CudaBuild | None = None
    """None where nobody had to ask PyTorch."""
    allowed: tuple[str, ...] = ()
    """UUIDs that may be chosen; empty: all."""

    @property
    def best(self) -> GpuVerdict | None:
        """Of the usable ones the soundest, and of those the one with most free memory."""
        usable = [gpu for gpu in self.gpus if gpu.usable and (not self.allowed or gpu.uuid in self.allowed)]
        return max(usable, key=lambda gpu: (gpu.verdict == "ok", gpu.memory_free_mb), default=None)

    @property
    def driver_floor(self) -> str:
        return "" if self.build is None else driver_floor(self.build)


def survey_gpus(
    wanted: Sequence[str] = (),
    *,
    examine: Literal["all", "first"] = "all",
    environment: Mapping[str, str] | None = None,
    ask_driver: AskDriver = driver_facts,
    try_gpu: TryGpu = kernel_probe,
) -> GpuSurvey:
    """`wanted` are UUIDs, or their beginnings, as `nvidia-smi -L` shows them; none: all that CUDA_VISIBLE_DEVICES
    leaves. `first` tries one card after the other and stops at the first sound one; the others then count as untried.
    Never raises for a broken driver."""
    driver = ask_driver()
    if driver.error:
        return GpuSurvey((), driver.driver_version, *_no_driver(driver))
    if not driver.gpus:
        problem = "The NVIDIA driver finds no GPU in this computer."
        return GpuSurvey((), driver.driver_version, problem, "Check that the card is seated.")
    chosen, unknown = chosen_gpus(driver.gpus, wanted, os.environ if environment is None else environment)
    if unknown or not chosen:
        names = ", ".join(f"{gpu.uuid} ({gpu.name})" for gpu in driver.gpus)
        verdicts = tuple(judged(gpu, driver, None) for gpu in driver.gpus)
        problem = f"No usable GPU: exactly one has to be called {' and '.join(unknown)}, and it is not so."
        if not unknown:
            problem = "No usable GPU: CUDA_VISIBLE_DEVICES is empty, which hides all of them."
        return GpuSurvey(verdicts, driver.driver_version, problem, f"This computer has {names}.", allowed=("none",))
    tried = _tried(chosen, driver, examine, try_gpu)
    build = next((probe.build for probe in tried.values() if probe.build is not None), None)
    verdicts = tuple(judged(gpu, driver, tried.get(gpu.index)) for gpu in driver.gpus)
    allowed = tuple(gpu.uuid for gpu in chosen)
    survey = GpuSurvey(verdicts, driver.driver_version, "", "", build, allowed)
    if survey.best is not None:
        return survey
    of_chosen = [gpu for gpu in verdicts if gpu.uuid in allowed] or list(verdicts)
    reasons = "; ".join(dict.fromkeys(f"{gpu.name}: {gpu.reason}" for gpu in of_chosen))
    hint = " ".join(dict.fromkeys(gpu.hint for gpu in of_chosen if gpu.hint))
    return GpuSurvey(
        verdicts, driver.driver_version, f"No GPU of this computer can be used ({reasons}).", hint, build, allowed
    )


def chosen_gpus(
    gpus: Sequence[GpuFacts], wanted: Sequence[str], environment: Mapping[str, str]
) -> tuple[list[GpuFacts], list[str]]:
    """Those that are meant, in the order of the driver, and what nothing here is called. Pure.

    Numbers in CUDA_VISIBLE_DEVICES count as `nvidia-smi` counts.
    """
    names = list(wanted)
    if not names and "CUDA_VISIBLE_DEVICES" in environment:
        names = [name.strip() for name in environment["CUDA_VISIBLE_DEVICES"].split(",") if name.strip()]
        if not names:
            return [], []
    if not names:
        return list(gpus), []
    chosen, unknown = [], []
    for name in names:
        found = [gpu for gpu in gpus if _is_called(gpu, name, by_number=not wanted)]
        if len(found) == 1:
            chosen.append(found[0])
        else:
            unknown.append(name)
    return sorted(set(chosen), key=lambda gpu: gpu.index), unknown


def _is_called(gpu: GpuFacts, name: str, *, by_number: bool) -> bool:
    if by_number and name.isdecimal():
        return gpu.index == int(name)
    plain = name.lower().removeprefix("gpu-")
    return bool(plain) and gpu.uuid.lower().removeprefix("gpu-").startswith(plain)


def _tried(
    gpus: Sequence[GpuFacts], driver: DriverFacts, examine: Literal["all", "first"], try_gpu: TryGpu
) -> dict[int, Probe]:
    """By index. A card that nothing was run on has what is known of PyTorch in the place of a result."""
    waiting = sorted((gpu for gpu in gpus if worth_a_kernel(gpu, None)), key=lambda gpu: -gpu.memory_free_mb)
    tried: dict[int, Probe] = {}
    if not waiting:
        return tried
    # The first one also tells what PyTorch is, so that nothing is run on cards that it has no kernels for.
    first, rest = waiting[0], waiting[1:]
    tried[first.index] = try_gpu(first.uuid)
    build = tried[first.index].build
    for gpu in rest:
        if build is not None and not worth_a_kernel(gpu, build):
            tried[gpu.index] = Probe(build, KernelRun("skipped"))
    rest = [gpu for gpu in rest if gpu.index not in tried]
    if examine == "first":
        for gpu in rest:
            if any(judged(one, driver, tried.get(one.index)).verdict == "ok" for one in gpus if one.index in tried):
                break
            tried[gpu.index] = try_gpu(gpu.uuid)
        return tried
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="gpu-probe") as pool:
        for gpu, probe in zip(rest, pool.map(lambda gpu: try_gpu(gpu.uuid), rest), strict=True):
            tried[gpu.index] = probe
    return tried


def _no_driver(driver: DriverFacts) -> tuple[str, str]:
    """Problem and hint."""
    import pynvml

    code = driver.error_code
    if code is None:
        return f"No usable GPU: the NVIDIA driver does not answer ({driver.error}).", "Restart the computer."
    if code == pynvml.NVML_ERROR_LIBRARY_NOT_FOUND:
        problem = "No usable GPU: the NVIDIA driver is not installed on this computer."
        hint = "Install the NVIDIA driver and restart the computer."
    elif code == pynvml.NVML_ERROR_DRIVER_NOT_LOADED:
        problem = "No usable GPU: the NVIDIA driver is installed but not running."
        hint = "Restart the computer; if that does not help, install the driver again."
    elif code == pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH:
        problem = "No usable GPU: the NVIDIA driver was updated and the running part is still the old one."
        hint = "Restart the computer."
    elif code == pynvml.NVML_ERROR_NO_PERMISSION:
        problem = "No usable GPU: this user may not use the NVIDIA driver."
        hint = "Let the user into the group that owns /dev/nvidia0, often `video` or `render`."
    else:
        problem = f"No usable GPU: the NVIDIA driver answers with an error ({driver.error})."
        hint = "Restart the computer."
    return problem, hint
