"""What the node's state machine knows at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from r3mes_launcher.core.back_off import BackOff
from r3mes_launcher.core.node_events import StopManner
from r3mes_launcher.core.policy.reasons import ActiveReason, Urgency
from r3mes_launcher.core.state import Actual, Desired, DeviceChoice, Fault, Progress

READY_DEADLINE_S = 180.0
"""From the spawn, or the last sign of progress, to `ready`: a cold disk reads gigabytes of libraries and weights."""

_ENGINE_LIVES = frozenset({Actual.STARTING, Actual.REGISTERING, Actual.SERVING, Actual.DRAINING, Actual.STOPPING})


class Runtime(StrEnum):
    """What is known of the engine's environment."""

    UNKNOWN = "unknown"
    MISSING = "missing"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class NodeMachineState:
    actual: Actual = Actual.UNPROVISIONED
    desired: Desired = Desired.OFF
    closing: bool = False
    suspended: tuple[ActiveReason, ...] = ()
    runtime: Runtime = Runtime.UNKNOWN
    device: DeviceChoice = DeviceChoice.AUTO
    cpu_fallback: bool = False
    """The tester's opt-in: without a usable GPU the node goes on with the CPU."""
    fell_back: bool = False
    cancelling: bool = False
    """Provisioning has been told to end."""
    losses: int = 0
    """How often in a row the engine ended by itself."""
    restarts: int = 0
    """How often it was started again after a loss, since the switch was turned on."""
    ready_by: float | None = None
    healthy_at: float | None = None
    retry_at: float | None = None
    manner: StopManner | None = None
    """While an engine is ended: how."""
    lost: str = ""
    """While stopping: why this stop counts as a loss; empty when it was wanted."""
    unfit: Fault | None = None
    """While stopping: why there is no point in another start."""
    complaint: Fault | None = None
    fault: Fault | None = None
    reason: str = ""
    progress: Progress | None = None
    back_off: BackOff = field(default_factory=BackOff, repr=False)
    ready_deadline_s: float = READY_DEADLINE_S

    @property
    def wanted(self) -> bool:
        """Whether an engine should run."""
        return self.desired is Desired.SERVING and not self.closing and not self.suspended

    @property
    def wished(self) -> bool:
        return self.desired is Desired.SERVING and not self.closing

    @property
    def urgency(self) -> Urgency:
        return max((active.urgency for active in self.suspended), default=Urgency.WHEN_DONE)

    @property
    def suspended_because(self) -> str:
        return " ".join(active.sentence for active in self.suspended)

    @property
    def engine_lives(self) -> bool:
        """Whether an engine was started and its end not yet told."""
        return self.actual in _ENGINE_LIVES

    @property
    def wake_at(self) -> float | None:
        """When the next Tick is due."""
        match self.actual:
            case Actual.STARTING:
                return self.ready_by
            case Actual.REGISTERING | Actual.SERVING:
                return self.healthy_at
            case Actual.BACKING_OFF:
                return self.retry_at
        return None
