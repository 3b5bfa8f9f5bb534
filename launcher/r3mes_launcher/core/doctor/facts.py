"""What the doctor saw, as immutable values. None: it could not be found out. Sizes are bytes unless named."""

from __future__ import annotations

from dataclasses import dataclass, field

from r3mes_launcher.core.doctor.report import GpuFlaw
from r3mes_launcher.core.state import Desired, DeviceChoice, Fault, GatewayKind, GpuReport
from r3mes_launcher.wallet.os_keyring import KeyringState


@dataclass(frozen=True, slots=True)
class SystemFacts:
    system: str = ""
    """As `platform.system()` says it: Linux, Windows or Darwin."""
    machine: str = ""
    python: tuple[int, int, int] = (0, 0, 0)
    glibc: tuple[int, int] | None = None
    """None where the system has another C library."""
    memory_total: int | None = None
    memory_available: int | None = None
    network_up: bool | None = None
    """Whether any network interface but the loopback has an address."""
    loopback_problem: str = ""
    """Why a connection of this computer to itself did not work, in the system's words."""


@dataclass(frozen=True, slots=True)
class FolderFacts:
    path: str = ""
    problem: str = ""
    """Why it can't be written to."""
    disk_free: int | None = None


@dataclass(frozen=True, slots=True)
class GatewayFacts:
    kind: GatewayKind = GatewayKind.LOCAL
    url: str = ""
    """Empty where none runs: the launcher's own gateway runs with the launcher."""
    problem: str = ""
    """Why it did not answer, one sentence."""
    clock_ahead_s: float | None = None
    """How far this computer's clock is ahead of the gateway's."""
    clock_uncertainty_s: float = 0.0
    """Half of the way there and back."""


@dataclass(frozen=True, slots=True)
class GpuVerdict:
    """A GPU as the engine sees it. Memory in MiB."""

    name: str
    usable: bool
    reason: str
    memory_total_mb: int
    memory_free_mb: int
    compute_capability: str = ""
    """Such as `8.6`; empty where the driver does not tell."""
    uuid: str = ""
    verdict: str = ""
    """The engine's word: `ok`, `degraded` (it works, with a flaw) or `unusable`."""
    code: str = ""
    """Stable, for programs."""
    hint: str = ""
    """What to do, in the engine's words."""

    @property
    def flaw(self) -> GpuFlaw | None:
        if self.usable and self.verdict != "degraded":
            return None
        return GpuFlaw(self.uuid, self.usable, self.reason, self.hint)


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What `r3mes-engine check --json` says."""

    usable: bool
    problem: str = ""
    hint: str = ""
    gpus: tuple[GpuVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class EngineFacts:
    present: bool = False
    location: str = ""
    vanished: bool = False
    """It was installed, and its program is gone."""
    download_bytes: int = 0
    disk_bytes: int = 0
    self_test: SelfTest | None = None
    self_test_problem: str = ""
    """Why there is no result although the engine is there."""


@dataclass(frozen=True, slots=True)
class Facts:
    demo: bool = False
    desired: Desired = Desired.OFF
    device: DeviceChoice = DeviceChoice.AUTO
    node_fault: Fault | None = None
    gpus: GpuReport = field(default_factory=GpuReport)
    system: SystemFacts = field(default_factory=SystemFacts)
    folder: FolderFacts = field(default_factory=FolderFacts)
    gateway: GatewayFacts = field(default_factory=GatewayFacts)
    engine: EngineFacts = field(default_factory=EngineFacts)
    keyring: KeyringState = KeyringState.NONE
