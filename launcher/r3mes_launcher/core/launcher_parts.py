"""What the composition root chose for one launcher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from r3mes_launcher.core.back_off import BackOff
from r3mes_launcher.core.data_folder import DataFolder
from r3mes_launcher.core.doctor.doctor import DoctorParts
from r3mes_launcher.core.earnings.reading import EarningsSource
from r3mes_launcher.core.history.history_store import HistoryStore
from r3mes_launcher.core.local_gateway import CommandForPort
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.policy_desk import PolicySources
from r3mes_launcher.core.recording.recorded_past import RecordedPast
from r3mes_launcher.core.settings import SettingsStore
from r3mes_launcher.core.supervisor import Supervisor
from r3mes_launcher.core.telemetry import GpuTelemetry
from r3mes_launcher.core.wallet_service import WalletParts
from r3mes_launcher.ports.autostart import Autostart
from r3mes_launcher.ports.engine_runtime import EngineRuntime
from r3mes_launcher.ports.replay_clock import ReplayClock


@dataclass(frozen=True, slots=True)
class Replay:
    """What is played instead of lived through."""

    clock: ReplayClock
    past: Callable[[], RecordedPast]
    """What the history knows at its begin. Takes half a second."""


@dataclass(frozen=True, slots=True)
class LauncherParts:
    """The parts that differ: real or demo, this system's or the tests'."""

    folder: DataFolder
    logs: LogHub
    settings: SettingsStore
    supervisor: Supervisor
    runtime: EngineRuntime
    gateway_command: CommandForPort
    gpus: GpuTelemetry
    wallet: WalletParts
    policy: PolicySources
    doctor: DoctorParts
    history: HistoryStore
    autostart: Autostart
    earnings: EarningsSource | None = None
    """Where the earnings come from; None: from the accounts of the gateway in use."""
    demo: bool = False
    serve: bool = False
    """Serving on at once, with the CPU where there is no usable GPU."""
    back_off: BackOff = field(default_factory=BackOff)
    replay: Replay | None = None
