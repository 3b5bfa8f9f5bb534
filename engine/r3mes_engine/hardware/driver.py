"""Asks NVML. Runs in a child process, since a driver that hangs never comes back (`probing`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from r3mes_engine.hardware.facts import DriverFacts, GpuFacts


def read_driver(nvml: Any) -> DriverFacts:
    """`nvml` is nvidia-ml-py. Never raises for a driver that is broken."""
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return DriverFacts(error_code=int(error.value), error=str(error))
    try:
        version = text(nvml.nvmlSystemGetDriverVersion())
        gpus = tuple(_gpu(nvml, index) for index in range(nvml.nvmlDeviceGetCount()))
        return DriverFacts(version, gpus)
    except nvml.NVMLError as error:
        return DriverFacts(error_code=int(error.value), error=str(error))
    finally:
        nvml.nvmlShutdown()


def _gpu(nvml: Any, index: int) -> GpuFacts:
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        name, uuid = text(nvml.nvmlDeviceGetName(handle)), text(nvml.nvmlDeviceGetUUID(handle))
    except nvml.NVMLError as error:
        return GpuFacts(index, "", f"GPU {index}", 0, 0, problem=str(error))
    capability = told(nvml, lambda: nvml.nvmlDeviceGetCudaComputeCapability(handle))
    return GpuFacts(
        index,
        uuid,
        name,
        int(memory.total) // 2**20,
        int(memory.free) // 2**20,
        None if capability is None else (int(capability[0]), int(capability[1])),
        uncorrected_errors(nvml, handle),
    )


def uncorrected_errors(nvml: Any, handle: Any) -> int | None:
    """Of the GPU's memory, since the driver was loaded. None where the card or the driver does not tell."""
    count = told(
        nvml,
        lambda: nvml.nvmlDeviceGetTotalEccErrors(
            handle, nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED, nvml.NVML_VOLATILE_ECC
        ),
    )
    return None if count is None else int(count)


def told(nvml: Any, ask: Callable[[], Any]) -> Any:
    """The answer; None where this card or this driver has none."""
    try:
        return ask()
    except nvml.NVMLError:
        return None


def text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
