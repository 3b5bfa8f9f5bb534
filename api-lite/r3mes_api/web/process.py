"""What the system says of this process, under the names that every Prometheus dashboard knows."""

from __future__ import annotations

import os
import time
from pathlib import Path

from r3mes_api.web.metrics import Gauge


def process_gauges() -> list[Gauge]:
    """Memory and open files where the system tells them, as Linux does."""
    gauges = [
        Gauge(
            "process_cpu_seconds_total",
            "User and system CPU time in seconds.",
            (),
            {(): round(time.process_time(), 3)},
            "counter",
        )
    ]
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        gauges.append(
            Gauge(
                "process_resident_memory_bytes",
                "Resident memory in bytes.",
                (),
                {(): pages * os.sysconf("SC_PAGE_SIZE")},
            )
        )
        gauges.append(Gauge("process_open_fds", "Open files.", (), {(): len(os.listdir("/proc/self/fd"))}))  # noqa: PTH208
    except (OSError, ValueError):
        pass
    return gauges
