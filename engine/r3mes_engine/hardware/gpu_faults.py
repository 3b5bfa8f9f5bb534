"""What CUDA's words mean for the engine. Pure.

Most errors of CUDA are "sticky": every further call of the process fails, so nothing but a new process helps.
Words: `cudaError_t`, https://docs.nvidia.com/cuda/cuda-runtime-api (each entry says whether the process has to be ended
and started again), and NVML's error strings.
"""

from __future__ import annotations

from dataclasses import dataclass

from r3mes_engine.errors import EngineExit
from r3mes_protocol.exit_codes import ExitCode


@dataclass(frozen=True, slots=True)
class GpuFault:
    """`code` for programs, sentences for people."""

    code: str
    message: str
    hint: str


LOST = GpuFault(
    "gpu_lost",
    "The GPU does not answer any more.",
    "Check its power, temperature and seat, and restart the computer. The driver's log names the cause (Xid).",
)
MEMORY_ERROR = GpuFault(
    "gpu_memory_error",
    "The GPU's memory had an error that could not be corrected.",
    "Restart the computer; if it happens again, have the card replaced.",
)
BROKEN_CONTEXT = GpuFault(
    "gpu_context_broken",
    "A calculation on the GPU broke off, and this process can't use the GPU any more.",
    "If it happens again, undo any overclocking, update the NVIDIA driver, and report it with the log.",
)
UNSUITABLE = GpuFault(
    "gpu_unsuitable",
    "The installed PyTorch has nothing that this GPU can run.",
    "`r3mes-engine check` tells which cards it fits; update the engine or the driver.",
)

_WORDS: tuple[tuple[GpuFault, tuple[str, ...]], ...] = (
    (
        MEMORY_ERROR,
        ("uncorrectable ecc error", "uncorrectable nvlink error", "cudaerroreccuncorrectable", "error_ecc"),
    ),
    (
        LOST,
        (
            "gpu is lost",
            "no cuda-capable device is detected",
            "cuda-capable device(s) is/are busy or unavailable",
            "no cuda gpus are available",
            "gpu access blocked by the operating system",
            "device not ready",
            "gpu requires reset",
            "invalid device ordinal",
            "system not yet initialized",
            "hardware error",
        ),
    ),
    (
        UNSUITABLE,
        (
            "no kernel image is available",
            "driver version is insufficient",
            "unsupported display driver / cuda driver combination",
            "device kernel image is invalid",
            "unsupported toolchain",
            "nvidia driver on your system is too old",
        ),
    ),
    (
        BROKEN_CONTEXT,
        (
            "illegal memory access",
            "device-side assert",
            "unspecified launch failure",
            "misaligned address",
            "illegal instruction was encountered",
            "invalid program counter",
            "hardware stack error",
            "operation not supported on global/shared address space",
            "launch timed out and was terminated",
            "illegal address",
            "cublas_status_execution_failed",
            "cublas_status_internal_error",
            "cudnn_status_execution_failed",
            "cudnn_status_mapping_error",
            "cusparse_status_execution_failed",
            "cusolver_status_execution_failed",
        ),
    ),
)
_MEMORY_IS_FULL = ("out of memory", "cublas_status_alloc_failed", "cudnn_status_alloc_failed")
_OF_CUDA = ("cuda error:", "cuda driver error:", "cuda failure", "nccl error")


def fault_of(words: str) -> GpuFault | None:
    """None for what is no fault of the GPU, a full memory among it."""
    said = words.lower()
    if any(one in said for one in _MEMORY_IS_FULL):
        return None
    for fault, known in _WORDS:
        if any(one in said for one in known):
            return fault
    # Whatever else CUDA complains about, nobody can trust the process with an answer any more.
    return BROKEN_CONTEXT if any(one in said for one in _OF_CUDA) else None


def gpu_fault(error: BaseException) -> GpuFault | None:
    """Also of what caused it: libraries wrap errors in their own."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        found = fault_of(str(link))
        if found is not None:
            return found
        link = link.__cause__ or link.__context__
    return None


def ending(fault: GpuFault) -> EngineExit:
    """How the engine ends for it: worth a new start, which looks at the GPUs anew; the CPU is never taken instead."""
    code = ExitCode.NO_USABLE_GPU if fault is UNSUITABLE else ExitCode.INTERNAL
    return EngineExit(code, fault.code, fault.message, fault.hint)
