"""NVIDIA cards through NVML, the library that comes with NVIDIA's driver.

Source of calls and errors: https://docs.nvidia.com/deploy/nvml-api/, bound by the package nvidia-ml-py.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pynvml

from r3mes_launcher.core.state import GpuDriver, GpuReport, GpuSample
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.sentence import Sentence, phrase

RETRY_FIRST_S = 2.0
"""A driver that is just being installed or restarted is back in seconds."""

RETRY_MOST_S = 60.0
"""Opening a broken driver can take a second and fill the system's log: once a minute is enough."""

MAX_CARDS = 64
"""More than any computer holds; it bounds what a broken driver can make of it."""

_MIB = 1024 * 1024

_DRIVER_FAILURES: dict[int, tuple[GpuDriver, str]] = {
    pynvml.NVML_ERROR_LIBRARY_NOT_FOUND: (
        GpuDriver.NO_DRIVER,
        phrase("No NVIDIA driver was found on this computer; install it to use an NVIDIA GPU."),
    ),
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: (
        GpuDriver.NO_DRIVER,
        phrase("The NVIDIA driver is installed but not running; restart the computer, or install the driver again."),
    ),
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: (
        GpuDriver.MISMATCH,
        phrase("The NVIDIA driver was updated and its old version still runs; restart the computer."),
    ),
    pynvml.NVML_ERROR_NO_PERMISSION: (
        GpuDriver.NO_PERMISSION,
        phrase("This user may not ask the NVIDIA driver; give the user access to the NVIDIA devices."),
    ),
    pynvml.NVML_ERROR_FUNCTION_NOT_FOUND: (
        GpuDriver.FAILED,
        phrase("The NVIDIA driver is too old to be asked; install a newer one."),
    ),
}
_NO_GPU = (
    GpuDriver.NO_GPU,
    phrase("The NVIDIA driver works but finds no GPU; check that the card is seated and has power."),
)
_NONE_ANSWERS = phrase("No GPU answers any more; restart the computer if none comes back.")

# The library as a whole does not work (any more): it must be opened again.
_DRIVER_GONE = frozenset(
    {
        pynvml.NVML_ERROR_UNINITIALIZED,
        pynvml.NVML_ERROR_LIBRARY_NOT_FOUND,
        pynvml.NVML_ERROR_DRIVER_NOT_LOADED,
        pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH,
    }
)
_CARD_GONE = frozenset({pynvml.NVML_ERROR_GPU_IS_LOST, pynvml.NVML_ERROR_RESET_REQUIRED, pynvml.NVML_ERROR_NOT_FOUND})
# This card or this driver does not tell: no reason to doubt the card.
_NOT_TOLD = frozenset(
    {
        pynvml.NVML_ERROR_NOT_SUPPORTED,
        pynvml.NVML_ERROR_FUNCTION_NOT_FOUND,
        pynvml.NVML_ERROR_NO_PERMISSION,
        pynvml.NVML_ERROR_NO_DATA,
        pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH,
    }
)


class _CardLost(Exception):
    """This card does not answer any more."""


class NvmlGpuSource:
    """Satisfies `GpuSource`. Opens NVML at the first reading and again, with growing pauses, after a failure."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open = False
        self._handles: dict[str, Any] = {}
        """The cards that answer, by UUID."""
        self._samples: dict[str, GpuSample] = {}
        """The last of every card that was ever seen, by UUID; a lost one stays, so that its absence is seen."""
        self._failure: tuple[GpuDriver, str] | None = None
        self._driver_version = ""
        self._retry_at = 0.0
        self._pause_s = RETRY_FIRST_S

    def read(self) -> GpuReport:
        if self._wants_opening() and self._clock.monotonic() >= self._retry_at:
            self._reopen()
        if self._open:
            self._read_cards()
        return self._report()

    def close(self) -> None:
        if self._open:
            self._open = False
            with suppress(pynvml.NVMLError):
                pynvml.nvmlShutdown()
        self._handles.clear()

    # --- opening -------------------------------------------------------------------------------------------------

    def _wants_opening(self) -> bool:
        # A card that was reset or plugged in again is seen by a newly opened library only.
        return not self._open or not self._all_there()

    def _all_there(self) -> bool:
        return 0 < len(self._handles) == len(self._samples)

    def _reopen(self) -> None:
        self.close()
        # Before the calls that may fail; when every card is there, the pauses begin anew.
        self._wait_longer()
        try:
            pynvml.nvmlInit()
            self._open = True
            self._find_cards()
        except pynvml.NVMLError as error:
            self._fail(error)

    def _wait_longer(self) -> None:
        self._retry_at = self._clock.monotonic() + self._pause_s
        self._pause_s = min(self._pause_s * 2, RETRY_MOST_S)

    def _find_cards(self) -> None:
        """Raises NVMLError when no card can be asked because of the driver."""
        self._failure = None
        self._driver_version = _Reading().value(pynvml.nvmlSystemGetDriverVersion) or ""
        count = min(pynvml.nvmlDeviceGetCount(), MAX_CARDS)
        refusal: pynvml.NVMLError | None = None
        for index in range(count):
            try:
                self._meet(index, pynvml.nvmlDeviceGetHandleByIndex(index))
            except pynvml.NVMLError as error:
                if error.value in _DRIVER_GONE:
                    raise
                refusal = error
            except _CardLost:
                continue
        if not self._handles and refusal is not None and refusal.value not in _CARD_GONE:
            raise refusal
        if not count and not self._samples:
            self.close()
            self._failure = _NO_GPU
        elif self._all_there():
            self._pause_s = RETRY_FIRST_S

    def _meet(self, index: int, handle: Any) -> None:
        """Raises _CardLost, and NVMLError when the driver has gone."""
        reading = _Reading()
        uuid = reading.value(pynvml.nvmlDeviceGetUUID, handle) or f"GPU {index}"
        capability = reading.value(pynvml.nvmlDeviceGetCudaComputeCapability, handle)
        known = self._samples.get(uuid) or GpuSample(uuid, "NVIDIA GPU")
        self._handles[uuid] = handle
        self._samples[uuid] = replace(
            known,
            name=reading.value(pynvml.nvmlDeviceGetName, handle) or known.name,
            compute_capability=f"{capability[0]}.{capability[1]}" if capability else known.compute_capability,
        )

    def _fail(self, error: pynvml.NVMLError) -> None:
        self.close()
        self._failure = _DRIVER_FAILURES.get(error.value) or (
            GpuDriver.FAILED,
            Sentence(
                "The NVIDIA driver does not work (error {value}, {name}); restart the computer if it stays.",
                value=error.value,
                name=_name(error),
            ),
        )

    # --- reading -------------------------------------------------------------------------------------------------

    def _read_cards(self) -> None:
        for uuid, handle in list(self._handles.items()):
            try:
                self._samples[uuid] = _sample(self._samples[uuid], handle)
            except _CardLost:
                del self._handles[uuid]
            except pynvml.NVMLError as error:
                self._wait_longer()
                self._fail(error)
                return

    def _report(self) -> GpuReport:
        samples = tuple(replace(sample, lost=uuid not in self._handles) for uuid, sample in self._samples.items())
        driver, message = self._failure or (GpuDriver.OK, "")
        if self._failure is None and not self._handles:
            driver, message = GpuDriver.FAILED, _NONE_ANSWERS
        elif self._failure is None and len(self._handles) < len(samples):
            names = ", ".join(sample.name for sample in samples if sample.lost)
            message = Sentence(
                "A GPU does not answer any more ({names}); restart the computer if it does not come back.", names=names
            )
        return GpuReport(self._clock.now(), driver, message, self._driver_version, samples)


class _Reading:
    """Asks one card several things and tells a card that keeps something to itself from one that is gone."""

    def __init__(self) -> None:
        self._answered = False
        self._broken = False

    def value(self, ask: Callable[..., Any], *arguments: Any) -> Any:
        """None where the card or the driver does not tell.

        Raises _CardLost, and NVMLError when the driver has gone.
        """
        try:
            answer = ask(*arguments)
        except pynvml.NVMLError as error:
            if error.value in _DRIVER_GONE:
                raise
            if error.value in _CARD_GONE:
                raise _CardLost from None
            self._broken = self._broken or error.value not in _NOT_TOLD
            return None
        except UnicodeDecodeError:
            return None
        self._answered = True
        return answer

    @property
    def failed(self) -> bool:
        """Every answer was an error, and not only because the card does not tell such things."""
        return self._broken and not self._answered


def _sample(last: GpuSample, handle: Any) -> GpuSample:
    """Raises _CardLost, and NVMLError when the driver has gone."""
    reading = _Reading()
    memory = reading.value(pynvml.nvmlDeviceGetMemoryInfo, handle)
    temperature = reading.value(pynvml.nvmlDeviceGetTemperature, handle, pynvml.NVML_TEMPERATURE_GPU)
    if temperature is None:
        # The old call is to go; drivers before 575 have no other one.
        temperature = reading.value(pynvml.nvmlDeviceGetTemperatureV, handle, pynvml.NVML_TEMPERATURE_GPU)
    power = reading.value(pynvml.nvmlDeviceGetPowerUsage, handle)
    limit = reading.value(pynvml.nvmlDeviceGetEnforcedPowerLimit, handle)
    utilisation = reading.value(pynvml.nvmlDeviceGetUtilizationRates, handle)
    # Millijoules; cards from Volta on have it.
    energy = reading.value(pynvml.nvmlDeviceGetTotalEnergyConsumption, handle)
    if reading.failed:
        raise _CardLost
    return replace(
        last,
        memory_used_mb=None if memory is None else int(memory.used) // _MIB,
        memory_total_mb=None if memory is None else int(memory.total) // _MIB,
        temperature_c=None if temperature is None else int(temperature),
        power_w=None if power is None else power / 1000,
        power_limit_w=None if limit is None else limit / 1000,
        utilisation_percent=None if utilisation is None else int(utilisation.gpu),
        energy_j=None if energy is None else energy / 1000,
    )


def _name(error: pynvml.NVMLError) -> str:
    """What NVML calls the error, such as `Unknown Error`."""
    try:
        return str(error)
    except (UnicodeDecodeError, OSError):
        return "without a name"
