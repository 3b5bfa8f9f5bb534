"""What was seen of the GPUs, before anybody judges it. Memory in MiB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class GpuFacts:
    """One GPU as its driver tells."""

    index: int
    """As `nvidia-smi` counts."""
    uuid: str
    name: str
    memory_total_mb: int
    memory_free_mb: int
    compute_capability: tuple[int, int] | None = None
    """None where an old driver does not tell."""
    uncorrected_errors: int | None = None
    """Errors of its memory since the driver was loaded; None for cards without error correction."""
    problem: str = ""
    """The driver's words where the card does not answer."""


@dataclass(frozen=True, slots=True)
class DriverFacts:
    driver_version: str = ""
    gpus: tuple[GpuFacts, ...] = ()
    error_code: int | None = None
    """NVML's number of what keeps the driver from answering at all."""
    error: str = ""
    """Its words, or ours where it does not end."""


@dataclass(frozen=True, slots=True)
class CudaBuild:
    """The installed PyTorch."""

    version: str
    cuda: str | None
    """None for a build without CUDA."""
    architectures: tuple[str, ...] = ()
    """What it holds kernels for, such as `sm_86` and `compute_90`."""


Outcome = Literal["ok", "wrong", "failed", "crashed", "hung", "skipped"]


@dataclass(frozen=True, slots=True)
class KernelRun:
    """A small multiplication on one GPU."""

    outcome: Outcome
    error: str = ""
    """The library's words."""
    milliseconds: int | None = None
    """Of the multiplication, once CUDA had started."""


@dataclass(frozen=True, slots=True)
class Probe:
    build: CudaBuild | None
    """None where PyTorch can't even be imported."""
    kernel: KernelRun
