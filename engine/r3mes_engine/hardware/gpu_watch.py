"""Watches the GPU that the engine uses, beside whatever the model does.

NVML is asked on a thread of its own: a driver that hangs holds up nothing but this thread, and that is how it shows.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from r3mes_engine.hardware.driver import told, uncorrected_errors
from r3mes_engine.hardware.gpu_faults import LOST, MEMORY_ERROR, GpuFault

log = logging.getLogger(__name__)

INTERVAL_S = 2.0
"""As often as the engine tells its numbers."""
STALE_S = 15.0
"""Numbers that are older are not told any more."""
HANGS_S = 60.0
"""A driver that has not answered for so long hangs. Resets and suspends of a healthy one take seconds."""
STRANGE_ANSWERS = 3
"""A card that has fallen off the bus makes some drivers answer "unknown error"; once may be chance."""


@dataclass(frozen=True, slots=True)
class GpuReading:
    """None: this card does not tell."""

    free_mb: int
    temperature_c: float | None = None
    power_w: float | None = None
    utilisation_percent: float | None = None


class WatchRules:
    """When answers of the driver mean that the GPU is of no use any more. Pure: times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self.fault: GpuFault | None = None
        """Stays, once there is one."""
        self._asked_at: float | None = now
        self._errors_before: int | None = None
        self._strange = 0

    def asks(self, now: float) -> None:
        self._asked_at = now

    def answered(self, errors: int | None) -> None:
        """With a reading, and how many memory errors there were since the driver was loaded."""
        self._asked_at, self._strange = None, 0
        if errors is None:
            return
        if self._errors_before is not None and errors > self._errors_before:
            self.fault = self.fault or MEMORY_ERROR
        self._errors_before = errors

    def refused(self, *, is_lost: bool, is_strange: bool) -> None:
        """With an error of NVML instead. One that is neither tells nothing of the card, as after a driver's update."""
        self._asked_at = None
        self._strange = self._strange + 1 if is_strange else 0
        if is_lost or self._strange >= STRANGE_ANSWERS:
            self.fault = self.fault or LOST

    def look(self, now: float) -> GpuFault | None:
        if self._asked_at is not None and now - self._asked_at >= HANGS_S:
            self.fault = self.fault or LOST
        return self.fault


class GpuWatch:
    """Starts at once; ask it from one thread."""

    def __init__(
        self,
        uuid: str,
        load_nvml: Callable[[], Any] | None = None,
        interval_s: float = INTERVAL_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._uuid = uuid
        self._load_nvml = load_nvml or _pynvml
        self._interval_s = interval_s
        self._clock = clock
        self._rules = WatchRules(clock())
        self._reading: tuple[float, GpuReading] | None = None
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gpu watch", daemon=True)
        self._thread.start()

    def reading(self) -> GpuReading | None:
        """The last one, while it is fresh."""
        last = self._reading
        return last[1] if last is not None and self._clock() - last[0] <= STALE_S else None

    def fault(self) -> GpuFault | None:
        """Why nothing good can come from this GPU any more."""
        with self._lock:
            return self._rules.look(self._clock())

    def close(self) -> None:
        """Does not wait: the thread may hang in the driver."""
        self._closing.set()

    # --- on the own thread -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        nvml = self._load_nvml()
        open_ = False
        while not self._closing.is_set():
            with self._lock:
                self._rules.asks(self._clock())
            try:
                if not open_:
                    nvml.nvmlInit()
                    open_ = True
                reading, errors = self._ask(nvml)
            except nvml.NVMLError as error:
                with self._lock:
                    self._rules.refused(
                        is_lost=error.value
                        in (
                            nvml.NVML_ERROR_GPU_IS_LOST,
                            nvml.NVML_ERROR_RESET_REQUIRED,
                            nvml.NVML_ERROR_NOT_FOUND,
                            nvml.NVML_ERROR_GPU_NOT_FOUND,
                        ),
                        is_strange=error.value == nvml.NVML_ERROR_UNKNOWN,
                    )
                log.warning("the GPU's driver does not tell its numbers: %s", error)
            else:
                self._reading = (self._clock(), reading)
                with self._lock:
                    self._rules.answered(errors)
            self._closing.wait(self._interval_s)
        if open_:
            nvml.nvmlShutdown()

    def _ask(self, nvml: Any) -> tuple[GpuReading, int | None]:
        handle = nvml.nvmlDeviceGetHandleByUUID(self._uuid)
        free = int(nvml.nvmlDeviceGetMemoryInfo(handle).free) // 2**20
        temperature = told(nvml, lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU))
        milliwatts = told(nvml, lambda: nvml.nvmlDeviceGetPowerUsage(handle))
        rates = told(nvml, lambda: nvml.nvmlDeviceGetUtilizationRates(handle))
        reading = GpuReading(
            free,
            None if temperature is None else float(temperature),
            None if milliwatts is None else milliwatts / 1000,
            None if rates is None else float(rates.gpu),
        )
        return reading, uncorrected_errors(nvml, handle)


def _pynvml() -> Any:
    import pynvml

    return pynvml
