"""Reads GPUs through the real nvidia-ml-py in an interpreter of its own, as told on stdin.

nvidia-ml-py loads its library once in a process, so each scenario needs a fresh one, started with LD_LIBRARY_PATH.

`nvml_child.py read`: for each line, a number of seconds, the clock goes on by so much and one reading comes back as a
line of JSON. `nvml_child.py use`: the same with one reading of the GPUs' use for each line. `nvml_child.py telemetry`:
runs the telemetry at speed and prints every report until stdin ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict

import pynvml

from r3mes_launcher.core.state import GpuReport
from r3mes_launcher.core.telemetry import GpuTelemetry
from r3mes_launcher.ports.clock import SystemClock
from r3mes_launcher.ports.gpu_nvml import NvmlGpuSource
from r3mes_launcher.ports.gpu_use import NvmlGpuUse
from r3mes_launcher.ports.source import Unavailable


class HandClock(SystemClock):
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return 1_700_000_000 + self.seconds

    def monotonic(self) -> float:
        return self.seconds


def say(report: GpuReport) -> None:
    references = pynvml._nvmlLib_refcount
    print(json.dumps({**asdict(report), "references": references}), flush=True)


def read() -> None:
    clock = HandClock()
    source = NvmlGpuSource(clock)
    for line in sys.stdin:
        clock.seconds += float(line)
        say(source.read())
    source.close()
    source.close()
    print(json.dumps({"references": pynvml._nvmlLib_refcount}), flush=True)


async def telemetry() -> None:
    source = NvmlGpuSource(SystemClock())
    running = asyncio.create_task(
        GpuTelemetry(source, SystemClock(), interval_s=0.02, read_timeout_s=0.1, close_timeout_s=0.2).run(say)
    )
    await asyncio.to_thread(sys.stdin.read)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def use() -> None:
    source = NvmlGpuUse()
    for _ in sys.stdin:
        uses = source.read()
        told = (
            {"unavailable": uses.reason} if isinstance(uses, Unavailable) else {"uses": [asdict(use) for use in uses]}
        )
        print(json.dumps(told), flush=True)
    source.close()


if sys.argv[1] == "read":
    read()
elif sys.argv[1] == "use":
    use()
else:
    asyncio.run(telemetry())
