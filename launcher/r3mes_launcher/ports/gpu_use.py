"""How warm each GPU is and which processes hold its memory. For the policy, which asks more often than the charts.

Source of calls: https://docs.nvidia.com/deploy/nvml-api/, bound by the package nvidia-ml-py.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pynvml

from r3mes_launcher.ports.source import Unavailable

MAX_CARDS = 64
MAX_PROCESSES = 512
"""Of one card: it bounds what a broken driver can make of it."""
REOPEN_READINGS = 30
"""A library that failed is opened again after so many readings."""

_MIB = 1024 * 1024
NO_NVML = Unavailable("There is no NVIDIA driver that tells how the GPUs are used.")


@dataclass(frozen=True, slots=True)
class GpuProcess:
    pid: int
    memory_mb: int | None
    """None: the driver does not tell, as on Windows for most cards."""
    program: str = ""
    """Its name, where the source knows it without looking at the process."""


@dataclass(frozen=True, slots=True)
class GpuUse:
    uuid: str
    name: str
    temperature_c: int | None
    processes: tuple[GpuProcess, ...] | None
    """None: the driver does not tell."""


class NvmlGpuUse:
    """Satisfies `Source[tuple[GpuUse, ...]]`."""

    def __init__(self) -> None:
        self._cards: list[tuple[str, str, Any]] | None = None
        self._skip = 0

    def read(self) -> tuple[GpuUse, ...] | Unavailable:
        if self._skip:
            self._skip -= 1
            return NO_NVML
        try:
            if self._cards is None:
                pynvml.nvmlInit()
                self._cards = []
                self._cards = [_card(index) for index in range(min(pynvml.nvmlDeviceGetCount(), MAX_CARDS))]
            return tuple(_use(*card) for card in self._cards)
        except pynvml.NVMLError:
            self.close()
            self._skip = REOPEN_READINGS
            return NO_NVML

    def close(self) -> None:
        if self._cards is not None:
            self._cards = None
            with suppress(pynvml.NVMLError):
                pynvml.nvmlShutdown()


def _card(index: int) -> tuple[str, str, Any]:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    return str(pynvml.nvmlDeviceGetUUID(handle)), str(pynvml.nvmlDeviceGetName(handle)), handle


def _use(uuid: str, name: str, handle: Any) -> GpuUse:
    """Raises NVMLError where the card or the driver has gone."""
    temperature = _told(pynvml.nvmlDeviceGetTemperature, handle, pynvml.NVML_TEMPERATURE_GPU)
    if temperature is None:
        temperature = _told(pynvml.nvmlDeviceGetTemperatureV, handle, pynvml.NVML_TEMPERATURE_GPU)
    compute = _told(pynvml.nvmlDeviceGetComputeRunningProcesses, handle)
    graphics = _told(pynvml.nvmlDeviceGetGraphicsRunningProcesses, handle)
    processes: tuple[GpuProcess, ...] | None = None
    if compute is not None or graphics is not None:
        found: dict[int, int | None] = {}
        # A process that computes and draws is in both lists with the same memory.
        for process in [*(compute or ()), *(graphics or ())][:MAX_PROCESSES]:
            used = process.usedGpuMemory
            found[int(process.pid)] = None if used is None else int(used) // _MIB
        processes = tuple(GpuProcess(pid, memory_mb) for pid, memory_mb in sorted(found.items()))
    return GpuUse(uuid, name, None if temperature is None else int(temperature), processes)


_NOT_TOLD = frozenset(
    {
        pynvml.NVML_ERROR_NOT_SUPPORTED,
        pynvml.NVML_ERROR_FUNCTION_NOT_FOUND,
        pynvml.NVML_ERROR_NO_PERMISSION,
        pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH,
    }
)


def _told(ask: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return ask(*arguments)
    except pynvml.NVMLError as error:
        if error.value in _NOT_TOLD:
            return None
        raise
