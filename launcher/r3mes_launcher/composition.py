"""The composition root of the launcher's core: real or demo adapters are chosen here and nowhere else."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from r3mes_launcher.core.back_off import BackOff
from r3mes_launcher.core.child_environment import child_environment
from r3mes_launcher.core.child_process import ChildCommand
from r3mes_launcher.core.data_folder import HOME_VARIABLE, DataFolder, data_home
from r3mes_launcher.core.doctor.doctor import DoctorParts
from r3mes_launcher.core.doctor.keyring_look import KeyringLook
from r3mes_launcher.core.history.history_store import HistoryStore
from r3mes_launcher.core.installed_engine import InstalledEngineRuntime
from r3mes_launcher.core.interface import Core, StartRefused
from r3mes_launcher.core.launcher import LauncherCore
from r3mes_launcher.core.launcher_parts import LauncherParts, Replay
from r3mes_launcher.core.local_gateway import CommandForPort
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.model_check import ModelCheck
from r3mes_launcher.core.policy_desk import PolicySources
from r3mes_launcher.core.provisioning import Installer
from r3mes_launcher.core.recording.recorded_day import RecordingError, read_day
from r3mes_launcher.core.recording.recorded_earnings import RecordedEarnings
from r3mes_launcher.core.recording.recorded_past import RecordedPast, recorded_past
from r3mes_launcher.core.role_command import Role, role_command
from r3mes_launcher.core.settings import SettingsStore
from r3mes_launcher.core.shipped_assets import assets_folder
from r3mes_launcher.core.state import Desired, DeviceChoice, GatewayKind
from r3mes_launcher.core.supervisor import Supervisor
from r3mes_launcher.core.telemetry import READ_TIMEOUT_S, GpuTelemetry, read_once
from r3mes_launcher.core.wallet_service import NetworkAccess, WalletParts
from r3mes_launcher.ports.autostart import AutostartEntry, AutostartReading, FixedAutostart, system_autostart
from r3mes_launcher.ports.clock import SystemClock
from r3mes_launcher.ports.disk_space import DiskSpace
from r3mes_launcher.ports.engine_demo import DemoEngineRuntime
from r3mes_launcher.ports.engine_runtime import EngineRuntime
from r3mes_launcher.ports.fixed_source import FixedSource
from r3mes_launcher.ports.gpu import GpuSource
from r3mes_launcher.ports.gpu_nvml import NvmlGpuSource
from r3mes_launcher.ports.gpu_replay import ReplayedCards, ReplayGpuSource, ReplayGpuUse
from r3mes_launcher.ports.gpu_use import NvmlGpuUse
from r3mes_launcher.ports.idle import system_idle
from r3mes_launcher.ports.network_state import NetworkReading, system_network
from r3mes_launcher.ports.power import PowerReading, SystemPower
from r3mes_launcher.ports.process_tree import system_process_trees
from r3mes_launcher.ports.program_update import ProgramUpdate
from r3mes_launcher.ports.replay_clock import ReplayClock
from r3mes_launcher.ports.running_programs import SystemPrograms
from r3mes_launcher.ports.session_events import NoSessionEvents, system_session_events
from r3mes_launcher.ports.sleep_delay import system_sleep_delay
from r3mes_launcher.ports.surroundings import SystemSurroundings
from r3mes_launcher.role_demo_engine import NODE_ID
from r3mes_launcher.sentence import phrase, sentence_of
from r3mes_launcher.wallet.os_keyring import SystemKeyring
from r3mes_launcher.wallet.profiles import NetworkProfile, built_in_profiles
from r3mes_launcher.wallet.sealed_file import STANDARD, StretchParameters
from r3mes_protocol.origin import gateway_origin

DEMO_GATEWAY = {"R3MES_INFERENCE_MODE": "mock", "R3MES_DEVNET": "1"}
DEMO_DAY = Path("demo") / "day.jsonl.gz"
"""Among the assets: the recorded day that the demo plays."""
DEMO_CHAIN_ID = "r3mes-devnet-1"
"""The id of the chain that the demo's gateway emulates; the demo's wallets sign for no other."""
DEMO_PRICES = {"electricity_price": Decimal("0.30"), "electricity_currency": "EUR", "remes_price": Decimal("0.35")}
"""Made up, as the demo's coins are: what a kilowatt-hour costs, and what a REMES is worth."""
FAUCET_PATH = "/devnet/faucet"
DEMO_AUTOSTART = phrase("The demo changes nothing on this computer.")
NETWORK = "r3mes-testnet"
# Open: this gateway is on the loopback and made for the node beside it, which needs no grant for that.
LOCAL_GATEWAY = {"R3MES_INFERENCE_MODE": "remote", "R3MES_NODE_AUTH": "open"}


@dataclass(frozen=True, slots=True)
class CompositionOptions:
    """What a command line may ask for. None of it is written to the settings: it holds for this run."""

    demo: bool = False
    serve: bool = False
    """Switches Serving on at once. The tester's opt-in: without a usable GPU it goes on with the CPU and says so."""
    at_rest: bool = False
    """The switch is off for this run, whatever was wished for before."""
    gateway_url: str = ""
    """A remote gateway instead of the one in the settings."""
    device: DeviceChoice | None = None
    model: str = ""
    """`builtin`, or a folder or GGUF file, instead of the one in the settings."""
    bundle: Path | None = None
    """A diagnostics bundle to play; with `demo`."""
    home: Path | None = None
    """Where the data lie, instead of R3MES_HOME or the platform's folder."""
    back_off: BackOff | None = None
    """Other pauses between restarts, for tests."""
    policy: PolicySources | None = None
    """What the policy observes, instead of this computer: for tests."""
    network: Callable[[str], NetworkAccess | None] | None = None
    """The chain at a gateway, instead of the network's own nodes: for tests."""
    stretch: StretchParameters = STANDARD
    """What opening the wallet's file costs; less for tests."""


def compose(options: CompositionOptions, environ: Mapping[str, str] | None = None) -> Core:
    """One launcher, not yet started; `start` does all the work.

    Raises ValueError with a sentence for a bad URL, StartRefused where a recording or bundle can't be played.
    """
    if options.bundle is None:
        return compose_launcher(options, environ)
    # Seldom needed, and a window has to open first.
    from r3mes_launcher.core.recording.bundle_core import BundleCore, bundle_start
    from r3mes_launcher.core.recording.bundle_reader import BundleError, read_bundle

    try:
        bundle = read_bundle(options.bundle)
    except BundleError as error:
        raise StartRefused(sentence_of(error)) from None
    clock = ReplayClock(bundle_start(bundle))
    # The launcher behind it has gateway and wallet; its own node stays off, whatever its settings say.
    inner = compose_launcher(replace(options, demo=True, serve=False, bundle=None, at_rest=True), environ)
    return BundleCore(inner, bundle, clock, HistoryStore(None, lambda sentence, level: None, clock))


def compose_launcher(options: CompositionOptions, environ: Mapping[str, str] | None = None) -> LauncherCore:
    """The launcher itself, real or demo. Raises as `compose` does."""
    environment = dict(os.environ if environ is None else environ)
    folder = data_folder(options, environment)
    clock = SystemClock()
    demo = _Demo() if options.demo else None
    logs = LogHub() if demo is None else LogHub(demo.clock.now)
    supervisor = Supervisor(folder.run_records, system_process_trees(), environment, logs)
    runtime: EngineRuntime
    if demo is not None:
        runtime = DemoEngineRuntime(folder.engine, environment, demo.recording, demo.moment, demo.clock.rate)
    else:
        command = installer_command()
        installer = None if command is None else Installer(command, folder.home, environment, supervisor, logs)
        runtime = InstalledEngineRuntime(
            folder.engine, environment, installer, logs, model_check=ModelCheck(supervisor, logs, clock)
        )
    policy_sources = system_policy_sources(folder, environment) if demo is None else demo_policy_sources(demo.cards)
    # The emulated chain keeps its state beside the demo's wallet, whose coins it has.
    demo_gateway = {**DEMO_GATEWAY, "R3MES_DEVNET_FILE": str(folder.root / "devnet.sqlite")}
    settings = SettingsStore(folder.settings, logs.say, _session_settings(options))
    keyring = SystemKeyring()

    def new_gpu_source() -> GpuSource:
        return NvmlGpuSource(clock) if demo is None else ReplayGpuSource(demo.cards)

    core = LauncherCore(
        LauncherParts(
            folder=folder,
            logs=logs,
            settings=settings,
            supervisor=supervisor,
            runtime=runtime,
            gateway_command=_gateway_command(folder, environment, demo_gateway if options.demo else LOCAL_GATEWAY),
            gpus=(
                GpuTelemetry(new_gpu_source(), clock)
                if demo is None
                else GpuTelemetry(new_gpu_source(), demo.clock, read_timeout_s=READ_TIMEOUT_S * demo.clock.rate)
            ),
            wallet=WalletParts(
                # The command line's wallet lies there too; the demo's is in the demo's own folder.
                folder=(folder.root if options.demo else folder.home) / "wallet",
                network=options.network or (demo_network if options.demo else real_network),
                keyring=keyring,
                clock=clock,
                settings=settings,
                events=system_session_events(),
                say=logs.say,
                parameters=options.stretch,
            ),
            policy=options.policy or policy_sources,
            doctor=DoctorParts(
                folder=folder.root,
                surroundings=SystemSurroundings(),
                runtime=runtime,
                supervisor=supervisor,
                keyring=KeyringLook(role_command(Role.KEYRING), environment),
                clock=clock,
                logs=logs,
                read_gpus=lambda: read_once(new_gpu_source()),
                demo=options.demo,
            ),
            # The demo's past is made anew at each start: its own earlier runs would lie in its future.
            history=(
                HistoryStore(folder.history, logs.say, clock)
                if demo is None
                else HistoryStore(None, logs.say, demo.clock)
            ),
            autostart=(
                FixedAutostart(AutostartReading(AutostartEntry.UNAVAILABLE, DEMO_AUTOSTART))
                if options.demo
                else system_autostart(environment, environment.get(HOME_VARIABLE, "").strip() and str(folder.home))
            ),
            demo=options.demo,
            serve=options.serve,
            back_off=options.back_off or BackOff(),
            earnings=None if demo is None else demo.earnings(),
            replay=None if demo is None else Replay(demo.clock, demo.past),
        )
    )
    if demo is not None:
        demo.cards.follow(lambda: core.state.node.engine.running)
    return core


class _Demo:
    """The recorded day, its time and its cards. Raises StartRefused."""

    def __init__(self) -> None:
        self.recording = assets_folder() / DEMO_DAY
        try:
            self._day = read_day(self.recording)
        except RecordingError as error:
            raise StartRefused(sentence_of(error)) from None
        self.clock = ReplayClock(time.time())
        # It opens now, whatever the recorded hour: the wallet's times, which are real, fit to it.
        self._begin = self.clock.now() - self._day.opens_at
        self.cards = ReplayedCards(self._day, self.clock, self._begin)

    def moment(self) -> float:
        return self.clock.now() - self._begin

    def earnings(self) -> RecordedEarnings:
        return RecordedEarnings(self._day, self._begin, self.clock, NODE_ID)

    def past(self) -> RecordedPast:
        return recorded_past(self._day, self._begin)


def system_policy_sources(folder: DataFolder, environ: Mapping[str, str]) -> PolicySources:
    return PolicySources(
        idle=system_idle(environ),
        power=SystemPower(),
        programs=SystemPrograms(),
        network=system_network(),
        disk=DiskSpace(folder.root),
        gpu_use=NvmlGpuUse(),
        events=system_session_events(),
        update=ProgramUpdate(folder.home / "environments"),
        delay=system_sleep_delay(),
    )


def demo_policy_sources(cards: ReplayedCards | None = None) -> PolicySources:
    """A computer that is left alone, with the recorded cards: the demo depends on nothing outside it."""
    return PolicySources(
        idle=FixedSource(3600.0),
        power=FixedSource(PowerReading(on_battery=False)),
        programs=FixedSource(frozenset()),
        network=FixedSource(NetworkReading(online=True, metered=False)),
        disk=FixedSource(1_000_000),
        gpu_use=FixedSource(()) if cards is None else ReplayGpuUse(cards),
        events=NoSessionEvents(),
    )


def real_network(gateway: str) -> NetworkAccess | None:
    """The network's own nodes, wherever the gateway is."""
    profile = next(profile for profile in built_in_profiles() if profile.name == NETWORK)
    return NetworkAccess(profile)


def demo_network(gateway: str) -> NetworkAccess | None:
    """The chain that the demo's gateway emulates, at the gateway's own address."""
    if not gateway:
        return None
    profile = NetworkProfile(
        name="demo", title=phrase("The demo's chain"), endpoints=(gateway,), chain_id=DEMO_CHAIN_ID, demo=True
    )
    return NetworkAccess(profile, gateway + FAUCET_PATH)


def data_folder(options: CompositionOptions, environ: Mapping[str, str]) -> DataFolder:
    home = options.home or data_home(environ)
    return DataFolder.under(home.expanduser().absolute(), options.demo)


def installer_command() -> tuple[str, ...] | None:
    """How the installer is started, where this copy of the project comes with it."""
    if getattr(sys, "frozen", False):
        return None
    folder = Path(__file__).resolve().parents[2] / "installer"
    return (sys.executable, str(folder)) if (folder / "__main__.py").is_file() else None


def _session_settings(options: CompositionOptions) -> dict[str, Any]:
    session: dict[str, Any] = {"desired": Desired.OFF} if options.at_rest else {}
    if options.demo:
        # Without prices there would be no profit to show; what a person types takes their place.
        session |= DEMO_PRICES
    if options.gateway_url:
        session |= {"gateway_kind": GatewayKind.REMOTE, "gateway_url": gateway_origin(options.gateway_url)}
    if options.device is not None:
        session["device"] = options.device
    if options.model:
        session["model"] = options.model
    return session


def _gateway_command(folder: DataFolder, environ: Mapping[str, str], settings: Mapping[str, str]) -> CommandForPort:
    def command(port: int) -> ChildCommand:
        argv = (*role_command(Role.API_LITE), "--host", "127.0.0.1", "--port", str(port), "--control", "stdio")
        return ChildCommand(argv, folder.root, child_environment(environ, settings))

    return command
