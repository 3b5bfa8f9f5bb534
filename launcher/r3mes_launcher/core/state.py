"""What the launcher knows, as immutable values: the one thing that views draw and the command line prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from r3mes_launcher.core.doctor.report import DoctorState
from r3mes_launcher.core.policy.reasons import ActiveReason, PolicyReport
from r3mes_launcher.core.wallet_state import WalletState


class Desired(StrEnum):
    """What the person wants: the position of the switch."""

    OFF = "off"
    SERVING = "serving"


class Actual(StrEnum):
    """What the node does."""

    UNPROVISIONED = "unprovisioned"
    PROVISIONING = "provisioning"
    STOPPED = "stopped"
    STARTING = "starting"
    REGISTERING = "registering"
    SERVING = "serving"
    SUSPENDED = "suspended"
    DRAINING = "draining"
    STOPPING = "stopping"
    BACKING_OFF = "backing_off"
    FAULTED = "faulted"


class GatewayKind(StrEnum):
    LOCAL = "local"
    """The bundled api-lite, started on this computer."""
    REMOTE = "remote"


class DeviceChoice(StrEnum):
    AUTO = "auto"
    """A usable GPU, or a fault that says there is none."""
    CPU = "cpu"
    """The tester's explicit choice. Never chosen for anybody."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Long work under way. `total` is 0 where nobody can know it."""

    stage: str
    """A sentence such as "Downloading the engine"."""
    done: int = 0
    total: int = 0
    unit: str = "bytes"


class DownloadState(StrEnum):
    WAITING = "waiting"
    """Another process downloads the same."""
    TOKEN_NEEDED = "token_needed"
    """Its hub gives it to people with an account alone."""
    DOWNLOADING = "downloading"
    PAUSED = "paused"
    CHECKING = "checking"


@dataclass(frozen=True, slots=True)
class Download:
    """A model that the engine's start waits for. Sizes are bytes."""

    name: str
    state: DownloadState
    done: int = 0
    total: int = 0
    bytes_per_second: int = 0
    seconds_left: int | None = None
    message: str = ""
    """Why a token is needed, where the hub has said so."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the node does not run and will not by itself."""

    code: str
    """Stable, for tests and scripts, such as `no_usable_gpu`."""
    message: str
    """What happened and why, one sentence."""
    hint: str = ""
    """What the person can do about it."""


@dataclass(frozen=True, slots=True)
class ProcessState:
    """A supervised child. Times are seconds since the epoch."""

    running: bool = False
    pid: int | None = None
    started_at: float | None = None
    restarts: int = 0
    last_exit: str = ""
    """How it ended last, as a sentence: "ended with code 11: the model file is damaged"."""


@dataclass(frozen=True, slots=True)
class NodeState:
    desired: Desired = Desired.OFF
    actual: Actual = Actual.UNPROVISIONED
    reason: str = ""
    """Why actual differs from desired, or what happens next; one sentence."""
    suspended: tuple[ActiveReason, ...] = ()
    """What stands against running now, also while the switch is off."""
    fault: Fault | None = None
    retry_at: float | None = None
    progress: Progress | None = None
    engine: ProcessState = field(default_factory=ProcessState)
    node_id: str = ""
    gateway: str = ""
    """Origin of the gateway that it is registered with now; empty while it is with none."""
    model: str = ""
    device: str = ""
    gpu_uuids: tuple[str, ...] = ()
    """The GPUs that the engine computes on, as it told last."""
    computes_on_gpu: bool = False
    """As it told last; an engine that starts has not told yet."""
    active_requests: int = 0
    total_requests: int = 0
    tokens_per_second: float = 0.0
    total_tokens: int = 0
    provision_bytes: int = 0
    """Bytes that provisioning the engine would download; 0 when unknown or provisioned."""


@dataclass(frozen=True, slots=True)
class GatewayState:
    kind: GatewayKind = GatewayKind.LOCAL
    url: str = ""
    """Empty while the local gateway is not running."""
    mode: str = ""
    process: ProcessState = field(default_factory=ProcessState)
    reachable: bool = False
    message: str = ""
    """What the person should know of it, one sentence."""
    order: tuple[str, ...] = ()
    """All that the node may use, the preferred one first; `url` is the one that answers."""


class GpuDriver(StrEnum):
    OK = "ok"
    STARTING = "starting"
    NO_DRIVER = "no_driver"
    NO_GPU = "no_gpu"
    MISMATCH = "mismatch"
    """The driver was updated and the computer not restarted since."""
    NO_PERMISSION = "no_permission"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class GpuSample:
    """One GPU at one moment. None: this card or driver does not tell."""

    uuid: str
    name: str
    lost: bool = False
    """The card was there and is gone; the other values are the last that it gave."""
    memory_used_mb: int | None = None
    memory_total_mb: int | None = None
    temperature_c: int | None = None
    power_w: float | None = None
    power_limit_w: float | None = None
    utilisation_percent: int | None = None
    compute_capability: str = ""
    energy_j: float | None = None
    """The card's own counter of all energy since its driver was loaded."""


@dataclass(frozen=True, slots=True)
class GpuReport:
    """All GPUs at one moment. `at` is seconds since the epoch."""

    at: float = 0.0
    driver: GpuDriver = GpuDriver.STARTING
    message: str = ""
    """What the person should know, one sentence; empty when all is well."""
    driver_version: str = ""
    gpus: tuple[GpuSample, ...] = ()


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LogLine:
    at: float
    source: str
    """`launcher`, `engine` or `gateway`."""
    level: LogLevel
    text: str
    """Plain text without line breaks or control characters."""


@dataclass(frozen=True, slots=True)
class ChatDelta:
    """A piece of an answer, in order."""

    text: str = ""
    finish_reason: str = ""
    model: str = ""
    tokens: int | None = None
    """Tokens of the whole answer, as the gateway counts them; with the last piece."""


@dataclass(frozen=True, slots=True)
class ChatTurn:
    role: str
    """`user` or `assistant`."""
    text: str


@dataclass(frozen=True, slots=True)
class AdapterOffer:
    """An adapter that the gateway lists, and the base model that it belongs to."""

    name: str
    base_model: str


@dataclass(frozen=True, slots=True)
class Pace:
    """The time of what is shown, in seconds since the epoch: the computer's own, or the demo's recorded time."""

    real_at: float = 0.0
    shown_at: float = 0.0
    rate: float = 1.0
    """Shown seconds in one second."""

    def now(self, real_now: float) -> float:
        return self.shown_at + (real_now - self.real_at) * self.rate


@dataclass(frozen=True, slots=True)
class BundleOrigin:
    """The diagnostics bundle that is played: somebody else's word, as plain text."""

    name: str
    version: str
    system: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class LauncherState:
    demo: bool = False
    pace: Pace = Pace()
    bundle: BundleOrigin | None = None
    """What is shown was recorded elsewhere."""
    node: NodeState = field(default_factory=NodeState)
    gateway: GatewayState = field(default_factory=GatewayState)
    models: tuple[str, ...] = ()
    """What the chat can ask, as the gateway lists it: base models, adapters, and `auto`."""
    adapters: tuple[AdapterOffer, ...] = ()
    """Which of them are adapters."""
    device_choice: DeviceChoice = DeviceChoice.AUTO
    gpu_choice: tuple[str, ...] = ()
    """UUIDs of the GPUs that the node may use; none: the engine takes the best one."""
    model_path: str = "builtin"
    """`builtin`, or a folder or GGUF file."""
    download: Download | None = None
    wallet: WalletState = field(default_factory=WalletState)
    policy: PolicyReport = field(default_factory=PolicyReport)
    doctor: DoctorState = field(default_factory=DoctorState)
