"""Runs the child of `probe` within a time. A process that hangs in a driver can't be killed: it is left behind."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from r3mes_engine.hardware.facts import CudaBuild, DriverFacts, GpuFacts, KernelRun, Probe

log = logging.getLogger(__name__)

DRIVER_S = 20.0
"""NVML answers in milliseconds; a driver without its persistence daemon wakes the cards first, some seconds each."""
KERNEL_S = 90.0
"""The first import of torch from a slow disk takes a minute, the first start of CUDA on a large machine half of one."""
LAST_S = 2.0
"""For a killed child to be gone. In the driver it may be unkillable, and nobody waits for that."""
MAX_OUTPUT_BYTES = 256 * 1024

_CHILD = (sys.executable, "-P", "-m", "r3mes_engine.hardware.probe")


class ChildFailed(Exception):
    """There is no answer. `hung`: it did not come in time."""

    def __init__(self, message: str, *, hung: bool = False) -> None:
        super().__init__(message)
        self.hung = hung


def driver_facts(command: Sequence[str] = _CHILD, limit_s: float = DRIVER_S) -> DriverFacts:
    """Never raises for a driver that hangs or crashes."""
    try:
        return read_driver_facts(answer_of([*command, "driver"], {}, limit_s))
    except ChildFailed as problem:
        return DriverFacts(error=str(problem))


def kernel_probe(uuid: str | None, command: Sequence[str] = _CHILD, limit_s: float = KERNEL_S) -> Probe:
    """On the GPU of this UUID; None: on none, which tells only what is installed."""
    try:
        return read_probe(answer_of([*command, "kernel"], {"CUDA_VISIBLE_DEVICES": uuid or ""}, limit_s))
    except ChildFailed as problem:
        return Probe(None, KernelRun("hung" if problem.hung else "crashed", str(problem)))


def answer_of(command: Sequence[str], environment: Mapping[str, str], limit_s: float) -> dict[str, Any]:
    """The JSON object that a child prints. Raises ChildFailed."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    )
    assert child.stdout is not None and child.stderr is not None
    told, complained = _Reading(child.stdout), _Reading(child.stderr)
    try:
        code = child.wait(limit_s)
    except subprocess.TimeoutExpired:
        child.kill()
        try:
            child.wait(LAST_S)
        except subprocess.TimeoutExpired:
            log.error("a process that asks the GPU driver hangs in it and can't be ended (pid %d)", child.pid)
        raise ChildFailed(f"there was no answer within {limit_s:g} s", hung=True) from None
    words = complained.text().strip().rpartition("\n")[2][:300]
    if code != 0:
        raise ChildFailed(f"the process that asks it ended with {code}{': ' * bool(words)}{words}")
    try:
        answer = json.loads(told.text())
    except (ValueError, RecursionError):
        raise ChildFailed("its answer can't be read") from None
    if not isinstance(answer, dict):
        raise ChildFailed("its answer can't be read")
    return answer


class _Reading:
    """Reads a pipe to its end on a thread, so that a child which says much never waits."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self._data = bytearray()
        self._thread = threading.Thread(target=self._read, name="probe", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._pipe:
            while chunk := self._pipe.read1(65536):
                self._data += chunk[: MAX_OUTPUT_BYTES - len(self._data)]

    def text(self) -> str:
        self._thread.join(LAST_S)
        return self._data.decode("utf-8", "replace")


def read_driver_facts(document: Mapping[str, Any]) -> DriverFacts:
    return DriverFacts(
        driver_version=document["driver_version"],
        gpus=tuple(
            GpuFacts(**{**gpu, "compute_capability": _pair(gpu["compute_capability"])}) for gpu in document["gpus"]
        ),
        error_code=document["error_code"],
        error=document["error"],
    )


def read_probe(document: Mapping[str, Any]) -> Probe:
    build = document["build"]
    return Probe(
        None if build is None else CudaBuild(build["version"], build["cuda"], tuple(build["architectures"])),
        KernelRun(**document["kernel"]),
    )


def _pair(value: Sequence[int] | None) -> tuple[int, int] | None:
    return None if value is None else (value[0], value[1])
