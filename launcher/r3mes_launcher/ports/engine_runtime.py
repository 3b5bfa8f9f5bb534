"""Where an engine comes from: found, installed and made ready to start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from r3mes_launcher.core.child_process import ChildCommand
from r3mes_launcher.core.state import DeviceChoice, Fault, Progress


@dataclass(frozen=True, slots=True)
class EngineWish:
    """What an engine shall do."""

    gateway: str
    """Origin of the gateway that it registers with."""
    model: str
    """`builtin`, a folder or GGUF file, or a name of the engine's catalogue."""
    device: DeviceChoice
    gpus: tuple[str, ...] = ()
    """UUIDs of the GPUs that it may use; none: it chooses."""
    other_gateways: tuple[str, ...] = ()
    """Origins that it uses, in this order, while the first does not answer."""
    max_concurrency: int = 0
    """Requests at the same time; 0: it decides."""


@dataclass(frozen=True, slots=True)
class RuntimeReport:
    """Whether the engine's environment is there. The sizes are what installing it would take, 0 when unknown."""

    present: bool
    download_bytes: int = 0
    disk_bytes: int = 0
    location: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The verdict "yes": all that the engine needs is in its place."""

    command: ChildCommand


@dataclass(frozen=True, slots=True)
class Refused:
    """The verdict "no", before anything was started."""

    fault: Fault
    runtime_missing: bool = False
    """The environment is gone; it can be installed again."""


class ProvisioningError(Exception):
    """The engine could not be installed."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class EngineRuntime(Protocol):
    async def find(self) -> RuntimeReport: ...

    async def provision(self, tell: Callable[[Progress], None]) -> None:
        """Installs the engine. Cancelling it leaves nothing broken. Raises ProvisioningError."""
        ...

    async def prepare(self, wish: EngineWish) -> Prepared | Refused: ...

    def check_command(self) -> ChildCommand | None:
        """How the engine that `find` found tests itself and prints one JSON object; None where there is none."""
        ...
