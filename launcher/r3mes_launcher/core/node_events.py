"""What happens to a node and what is done about it: the events and effects of its state machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from r3mes_launcher.core.policy.reasons import ActiveReason
from r3mes_launcher.core.process_outcome import ProcessOutcome
from r3mes_launcher.core.state import Desired, DeviceChoice, Fault, Progress

# --- events ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wished:
    desired: Desired


@dataclass(frozen=True, slots=True)
class Closing:
    """The launcher ends; the wish is kept for its next start."""


@dataclass(frozen=True, slots=True)
class Retried:
    """The person wants another try now."""


@dataclass(frozen=True, slots=True)
class DeviceChosen:
    device: DeviceChoice


@dataclass(frozen=True, slots=True)
class DeadlineChosen:
    """How long an engine that shows no progress may take to be ready, from the next start on."""

    ready_deadline_s: float


@dataclass(frozen=True, slots=True)
class Reconfigured:
    """What the running engine was started with is no longer what is wanted."""


@dataclass(frozen=True, slots=True)
class Suspended:
    """Everything that stands against running now; empty when nothing does."""

    reasons: tuple[ActiveReason, ...]


@dataclass(frozen=True, slots=True)
class RuntimeFound:
    present: bool


@dataclass(frozen=True, slots=True)
class ProvisioningProgressed:
    progress: Progress


@dataclass(frozen=True, slots=True)
class Provisioned:
    pass


@dataclass(frozen=True, slots=True)
class ProvisioningFailed:
    fault: Fault


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """The person stops the provisioning, and with it the wish that led to it."""


@dataclass(frozen=True, slots=True)
class ProvisioningCancelled:
    pass


@dataclass(frozen=True, slots=True)
class StartRefused:
    """The verdict before the spawn. Nothing runs."""

    fault: Fault
    runtime_missing: bool = False


@dataclass(frozen=True, slots=True)
class EngineLoading:
    progress: Progress


@dataclass(frozen=True, slots=True)
class EngineReady:
    pass


@dataclass(frozen=True, slots=True)
class EngineRegistered:
    pass


@dataclass(frozen=True, slots=True)
class EngineDisconnected:
    reason: str


@dataclass(frozen=True, slots=True)
class EngineComplained:
    """An `error` event: if the engine ends next, this is why."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class EngineUnfit:
    """It speaks another protocol: nothing can be done with it."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class EngineSick:
    """It runs and brings nothing any more: only another process helps."""

    how: str
    """The rest of a sentence that begins with "The engine"."""


@dataclass(frozen=True, slots=True)
class DrainEnded:
    """The ladder went past draining."""


@dataclass(frozen=True, slots=True)
class EngineExited:
    """It and its whole tree are gone. `chance` is 0 to 1, from the shell's random numbers."""

    outcome: ProcessOutcome
    chance: float = 0.5


@dataclass(frozen=True, slots=True)
class EngineUnkillable:
    """Even the last step of the ladder did not end it."""


@dataclass(frozen=True, slots=True)
class Tick:
    """The time that `wake_at` named has come."""


Event: TypeAlias = (
    Wished
    | Closing
    | Retried
    | DeviceChosen
    | DeadlineChosen
    | Reconfigured
    | Suspended
    | RuntimeFound
    | ProvisioningProgressed
    | Provisioned
    | ProvisioningFailed
    | CancelRequested
    | ProvisioningCancelled
    | StartRefused
    | EngineLoading
    | EngineReady
    | EngineRegistered
    | EngineDisconnected
    | EngineComplained
    | EngineUnfit
    | EngineSick
    | DrainEnded
    | EngineExited
    | EngineUnkillable
    | Tick
)

# --- effects ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Provision:
    """Answered by Provisioned, ProvisioningFailed or ProvisioningCancelled."""


@dataclass(frozen=True, slots=True)
class CancelProvisioning:
    pass


@dataclass(frozen=True, slots=True)
class StartEngine:
    """Answered by StartRefused, or by one EngineExited at the end of the engine's life."""

    device: DeviceChoice


class StopManner(StrEnum):
    DRAIN = "drain"
    """Finish what runs first."""
    CLOSE = "close"
    """The same in haste."""
    STOP = "stop"
    """Nobody is served."""
    FORCE = "force"
    """It does not answer."""
    YIELD = "yield"
    """The GPU is wanted back within a second."""


@dataclass(frozen=True, slots=True)
class StopEngine:
    """A second one replaces the first. Answered by EngineExited or EngineUnkillable."""

    manner: StopManner


Effect: TypeAlias = Provision | CancelProvisioning | StartEngine | StopEngine
