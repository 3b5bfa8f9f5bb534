"""One launcher, demo or real: owns every part of the core and tells the front ends what is."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from r3mes_launcher.core.autostart_desk import AutostartDesk
from r3mes_launcher.core.chats.chat_desk import ChatDesk
from r3mes_launcher.core.chats.chat_store import ChatStore
from r3mes_launcher.core.control.server import ControlServer
from r3mes_launcher.core.control.verbs import verbs_of
from r3mes_launcher.core.data_folder import FolderLock
from r3mes_launcher.core.doctor.doctor import Doctor, Situation
from r3mes_launcher.core.doctor.report import DoctorReport, DoctorState
from r3mes_launcher.core.download_desk import DownloadDesk
from r3mes_launcher.core.earnings.earnings_desk import EarningsDesk, Surroundings
from r3mes_launcher.core.earnings.gateway_account import GatewayAccount
from r3mes_launcher.core.earnings.owner_wallet import ServiceWallet
from r3mes_launcher.core.engine_faults import driver_obstacle
from r3mes_launcher.core.gateway_client import GatewayClient
from r3mes_launcher.core.gateway_desk import GatewayDesk, GatewayView
from r3mes_launcher.core.history.history_store import HistoryStore
from r3mes_launcher.core.history.request_record import request_record
from r3mes_launcher.core.history.situation import BEAT_S, Recording, observe
from r3mes_launcher.core.interface import CoreListener
from r3mes_launcher.core.launcher_parts import LauncherParts
from r3mes_launcher.core.local_gateway import LocalGateway
from r3mes_launcher.core.node_controller import NodeController
from r3mes_launcher.core.node_controllers import NodeControllers
from r3mes_launcher.core.node_grant import GrantFile
from r3mes_launcher.core.node_machine_state import NodeMachineState
from r3mes_launcher.core.owner_desk import OwnerDesk
from r3mes_launcher.core.policy.reasons import PauseChoice, PolicyReport, SuspendReason
from r3mes_launcher.core.policy.stake_seen import stake_seen
from r3mes_launcher.core.policy_desk import PolicyDesk, plain_uuid
from r3mes_launcher.core.settings import Settings
from r3mes_launcher.core.settings_desk import SettingsDesk
from r3mes_launcher.core.settings_paths import checked
from r3mes_launcher.core.state import (
    Actual,
    ChatDelta,
    ChatTurn,
    Desired,
    DeviceChoice,
    Download,
    GatewayKind,
    GatewayState,
    GpuReport,
    LauncherState,
    LogLevel,
    NodeState,
)
from r3mes_launcher.core.status_file import WRITE_INTERVAL_S, StatusFile
from r3mes_launcher.core.wallet_orders import NodeFacts
from r3mes_launcher.core.wallet_service import WalletService
from r3mes_launcher.core.wallet_state import VaultState, WalletState
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.ports.replay_clock import ReplayClock
from r3mes_protocol import __version__
from r3mes_protocol.control import RequestEvent
from r3mes_protocol.grants import Role, SignedGrant
from r3mes_protocol.origin import gateway_origin

if TYPE_CHECKING:
    from r3mes_launcher.core.bundle.bundle import BundleFile

DAY_S = 86_400.0

KEPT_STATES = 1000
"""Changes of node and gateway that a diagnostics bundle tells of; some hours of a busy node."""
PACE_TOLERANCE_S = 20.0
"""Recorded seconds by which a shown clock may be wrong."""
REPORT_FRESH_S = 600.0
"""A doctor's report that is older says too little about now."""

NODE_ID = re.compile(r"[0-9a-f]{64}")


class LauncherCore:
    """Satisfies `interface.Core`."""

    def __init__(self, parts: LauncherParts) -> None:
        self._parts = parts
        self._logs = parts.logs
        # What is noted and decided follows the recorded time where there is one; wallet and children live in ours.
        self._clock: Clock = parts.wallet.clock if parts.replay is None else parts.replay.clock
        self._lock = FolderLock(parts.folder)
        self._listeners: list[CoreListener] = []
        self._states: deque[tuple[float, LauncherState]] = deque(maxlen=KEPT_STATES)
        self._gpus = GpuReport()
        self._state = LauncherState(demo=parts.demo)
        self._client = GatewayClient()
        self._gateway = GatewayDesk(self._client, self._make_local_gateway, self._follow_gateway, self._show_gateway)
        self._nodes = NodeControllers()
        self._tasks: list[asyncio.Task[None]] = []
        self._choosing_gateway = asyncio.Lock()
        self._started = asyncio.Event()
        self._recording: Recording | None = None
        self._closed: asyncio.Task[None] | None = None
        self._control = ControlServer(parts.folder.root, verbs_of(self), parts.logs)
        self._doctor = Doctor(parts.doctor, self._client, self._on_doctor)
        self._settings = SettingsDesk(parts.settings, self.change_settings)
        self._autostart = AutostartDesk(parts.autostart, parts.logs.say)
        self._chats = ChatDesk(ChatStore(parts.folder.chats, parts.logs.say), parts.settings)
        self._downloads = DownloadDesk(parts.wallet.keyring, self._on_download, self._on_download_cancelled)
        self._wallet = WalletService(parts.wallet, self._on_wallet)
        self._policy = PolicyDesk(
            parts.settings,
            parts.policy,
            self._clock,
            self._on_policy,
            parts.supervisor.child_pids,
            self._on_wake,
        )
        self._owner = OwnerDesk(
            self._wallet,
            GrantFile(parts.folder.grant),
            parts.folder.home,
            parts.wallet.clock,
            self._node_facts,
            self._hand_grants,
        )
        self._earnings = self._make_earnings(parts)

    def _make_earnings(self, parts: LauncherParts) -> EarningsDesk:
        wallet = ServiceWallet(self._wallet)
        source = parts.earnings or GatewayAccount(
            self._client,
            wallet,
            parts.wallet.clock,
            gateway=lambda: self._gateway.url,
            agreed=lambda origin: parts.settings.current.earnings_gateway == origin,
            agree=lambda origin: parts.settings.change(earnings_gateway=origin),
        )
        around = Surroundings(
            gateway=lambda: self._gateway.url,
            owner=wallet.owner,
            node=lambda: self._state.node,
            node_id=self._node_id,
            cards=lambda: {card.uuid: card.name for card in self._gpus.gpus},
            decimals=lambda: self._state.wallet.unit.decimals,
            is_stopped=lambda: any(each.reason is SuspendReason.BREAK_EVEN for each in self._policy.reasons),
            observe=lambda balance: self._policy.observe(break_even=balance),
        )
        return EarningsDesk(source, parts.history, parts.settings, self._clock, around)

    @property
    def earnings(self) -> EarningsDesk:
        return self._earnings

    def attend(self, is_watched: bool) -> None:
        self._parts.gpus.attend(is_watched)

    @property
    def state(self) -> LauncherState:
        return self._state

    @property
    def wallet(self) -> WalletService:
        return self._wallet

    @property
    def owner(self) -> OwnerDesk:
        return self._owner

    @property
    def policy(self) -> PolicyDesk:
        return self._policy

    @property
    def history(self) -> HistoryStore:
        return self._parts.history

    @property
    def downloads(self) -> DownloadDesk:
        return self._downloads

    @property
    def settings(self) -> SettingsDesk:
        return self._settings

    @property
    def autostart(self) -> AutostartDesk:
        return self._autostart

    @property
    def chats(self) -> ChatDesk:
        return self._chats

    def subscribe(self, listener: CoreListener) -> Callable[[], None]:
        listener.on_state(self._state)
        listener.on_gpus(self._gpus)
        end_logs = self._logs.subscribe(listener.on_logs)
        self._listeners.append(listener)

        def unsubscribe() -> None:
            end_logs()
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    # --- its life ------------------------------------------------------------------------------------------------

    async def open_at_rest(self) -> None:
        self._parts.folder.create()
        self._lock.take()
        self._parts.settings.load()
        settings = self._parts.settings.current
        self._change(
            replace(self._state, device_choice=settings.device, gpu_choice=settings.gpus, model_path=settings.model)
        )

    async def start(self) -> None:
        parts = self._parts
        parts.folder.create()
        self._lock.take()
        self._logs.say(f"R3MES launcher {__version__}" + (" (demo)" if parts.demo else ""))
        parts.settings.load()
        parts.history.start()
        past = asyncio.create_task(self._remember(), name="remember the recorded past")
        await parts.supervisor.reap_stale()
        settings = parts.settings.current
        serving = NodeController(
            NodeMachineState(
                device=settings.device,
                cpu_fallback=parts.serve,
                back_off=parts.back_off,
                ready_deadline_s=settings.ready_deadline_s,
            ),
            parts.runtime,
            parts.supervisor,
            self._logs,
            settings.model,
            self._on_node,
            tell_request=self._on_request,
            gpus=settings.gpus,
            downloads=self._downloads,
            max_concurrency=settings.max_concurrency,
            obstacle=lambda device: driver_obstacle(self._gpus.driver, device),
            now=self._clock.now,
            rate=1.0 if parts.replay is None else parts.replay.clock.rate,
        )
        self._nodes.add(Role.SERVING, serving)
        self._change(
            replace(self._state, device_choice=settings.device, gpu_choice=settings.gpus, model_path=settings.model)
        )
        parts.history.keep_for(settings.history_days * DAY_S)
        self._gateway.start()
        await self._gateway.use(settings.gateway_kind, settings.gateway_url, settings.gateway_fallbacks)
        await self._wallet.start()
        await self._owner.start()
        await past
        # Before the wish is resumed: nothing starts that the policy would stop at once.
        self._watch_gpu(self._state)
        await self._policy.start()
        self._nodes.suspend(self._policy.reasons)
        serving.start(Desired.SERVING if parts.serve else settings.desired)
        self._tasks.append(asyncio.create_task(parts.gpus.run(self._on_gpus), name="read the GPUs"))
        self._recording = Recording(uuid4().hex)
        if parts.replay is not None:
            self._tasks.append(asyncio.create_task(parts.replay.clock.run(), name="let recorded time pass"))
            self._keep_pace(parts.replay.clock)
        self._tasks.append(asyncio.create_task(self._record(), name="record what the node does"))
        self._tasks.append(asyncio.create_task(self._write_status(), name="write the status file"))
        self._tasks.append(asyncio.create_task(self._autostart.keep_up(), name="keep the autostart entry up"))
        self._earnings.start()
        self._started.set()
        await self._control.start()

    async def close(self) -> None:
        if self._closed is None:
            self._closed = asyncio.create_task(self._close(), name="close the core")
        await asyncio.shield(self._closed)

    async def _close(self) -> None:
        await self._control.close()
        await self._earnings.close()
        # First of the parts: nothing is signed while the rest ends.
        await self._wallet.close()
        await self._policy.close()
        await self._doctor.close()
        await self._nodes.close()
        await self._downloads.close()
        await self._gateway.close_local()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._gateway.close_monitor()
        await self._client.close()
        await self._parts.supervisor.close()
        self._note_situation()
        self._recording = None
        await self._parts.history.close()
        self._logs.flush()
        self._lock.release()

    # --- intents -------------------------------------------------------------------------------------------------

    async def set_desired(self, desired: Desired) -> None:
        node = await self._ready_node()
        self._parts.settings.change(desired=desired)
        node.wish(desired)

    async def pause(self, choice: PauseChoice) -> None:
        await self._started.wait()
        self._policy.pause(choice)

    async def resume(self) -> None:
        await self._started.wait()
        self._policy.resume()

    async def serve_anyway(self) -> None:
        await self._started.wait()
        self._policy.serve_anyway()

    async def cancel_provisioning(self) -> None:
        (await self._ready_node()).cancel_provisioning()

    async def retry(self) -> None:
        node = await self._ready_node()
        self._gateway.retry()
        node.retry()

    async def choose_device(self, device: DeviceChoice) -> None:
        node = await self._ready_node()
        self._parts.settings.change(device=device)
        self._change(replace(self._state, device_choice=device))
        self._watch_gpu(self._state)
        node.choose_device(device)

    async def choose_gpus(self, uuids: Sequence[str]) -> None:
        node = await self._ready_node()
        chosen = self._nodes.own_gpus(Role.SERVING, uuids)
        self._parts.settings.change(gpus=chosen)
        self._change(replace(self._state, gpu_choice=chosen))
        self._watch_gpu(self._state)
        node.choose_gpus(chosen)

    async def choose_model(self, path: str) -> None:
        node = await self._ready_node()
        model = path.strip()
        if not model:
            raise ValueError("Choose a model: a folder, a GGUF file, or the built-in one.")
        self._parts.settings.change(model=model)
        self._change(replace(self._state, model_path=model))
        node.choose_model(model)

    async def choose_gateway(self, kind: GatewayKind, url: str = "") -> None:
        await self._ready_node()
        origin = gateway_origin(url) if kind is GatewayKind.REMOTE else ""
        async with self._choosing_gateway:
            self._parts.settings.change(gateway_kind=kind, gateway_url=origin)
            await self._gateway.use(kind, origin, self._parts.settings.current.gateway_fallbacks)

    @property
    def current_settings(self) -> Settings:
        return self._parts.settings.current

    async def change_settings(self, values: Mapping[str, Any]) -> Settings:
        store = self._parts.settings
        wanted, rest = checked(store.current, dict(values)), dict(values)
        if wanted.gateway_kind is GatewayKind.REMOTE and not wanted.gateway_url:
            raise ValueError("Name the gateway's address first, such as https://gateway.example.org.")
        if self._started.is_set():
            # Whoever has to hear of a change does what the window's button does.
            for names, tell in self._hearers(wanted):
                if rest.keys() & names:
                    # What stands beside it is written first: the hearer reads it.
                    beside = {name: rest.pop(name) for name in names if name in rest}
                    store.change(**beside)
                    await tell()
        if rest:
            store.change(**rest)
        return store.current

    def _hearers(self, wanted: Settings) -> tuple[tuple[frozenset[str], Callable[[], Awaitable[None]]], ...]:
        """Who is told of a change of which settings while the launcher runs."""

        async def policy() -> None:
            self._policy.change(wanted.policy)

        async def engine() -> None:
            node = await self._ready_node()
            node.choose_concurrency(wanted.max_concurrency)
            node.choose_deadline(wanted.ready_deadline_s)

        async def history() -> None:
            self._parts.history.keep_for(wanted.history_days * DAY_S)

        return (
            (frozenset({"device"}), lambda: self.choose_device(wanted.device)),
            (frozenset({"gpus"}), lambda: self.choose_gpus(wanted.gpus)),
            (frozenset({"model"}), lambda: self.choose_model(wanted.model)),
            (
                frozenset({"gateway_kind", "gateway_url", "gateway_fallbacks"}),
                lambda: self.choose_gateway(wanted.gateway_kind, wanted.gateway_url),
            ),
            (frozenset({"policy"}), policy),
            (frozenset({"wallet_idle_s"}), lambda: self._wallet.choose_auto_lock(wanted.wallet_idle_s)),
            (frozenset({"max_concurrency", "ready_deadline_s"}), engine),
            (frozenset({"history_days"}), history),
            (frozenset({"desired"}), lambda: self.set_desired(wanted.desired)),
        )

    async def bundle(self) -> tuple[BundleFile, ...]:
        # What makes bundles is seldom needed, and a window has to open first.
        from r3mes_launcher.core.bundle.bundle import BundleFacts, bundle_files, system_redaction

        report, clock = self._state.doctor.report, self._parts.wallet.clock
        if report is None or clock.now() - report.at > REPORT_FRESH_S:
            report = await self.examine()
        facts = BundleFacts(
            self._state, tuple(self._states), self.current_settings, report, self._logs.lines,
            self._parts.folder.run_records,
        )  # fmt: skip
        return await asyncio.to_thread(lambda: bundle_files(facts, system_redaction()))

    async def examine(self) -> DoctorReport:
        state, settings = self._state, self._parts.settings.current
        gateway = state.gateway if self._started.is_set() else GatewayState(settings.gateway_kind, settings.gateway_url)
        return await self._doctor.examine(
            Situation(
                desired=settings.desired,
                device=settings.device,
                node_fault=state.node.fault,
                installing=state.node.actual is Actual.PROVISIONING,
                gateway_kind=gateway.kind,
                gateway_url=gateway.url,
                gateway_problem=gateway.message,
                gpus=self._gpus,
            )
        )

    async def chat(self, turns: Sequence[ChatTurn], model: str = "") -> AsyncGenerator[ChatDelta, None]:
        async with contextlib.aclosing(self._gateway.chat(turns, model, lambda: self._state.node)) as deltas:
            async for delta in deltas:
                yield delta

    # --- what the parts tell -------------------------------------------------------------------------------------

    def _make_local_gateway(self, tell: Callable[[GatewayState], None]) -> LocalGateway:
        parts = self._parts
        return LocalGateway(
            parts.gateway_command, parts.supervisor, self._logs, tell, parts.back_off, now=self._clock.now
        )

    def _follow_gateway(self, base: GatewayState, fallbacks: tuple[str, ...]) -> None:
        self._nodes.use_gateway(base.url, fallbacks)
        self._wallet.follow_gateway("" if base.message else base.url)

    def _show_gateway(self, view: GatewayView) -> None:
        self._change(replace(self._state, gateway=view.gateway, models=view.models, adapters=view.adapters))
        remote = self._gateway.is_remote
        self._policy.observe(gateway_remote=remote, stake=stake_seen(self._state.wallet, remote))

    def _on_node(self, node: NodeState) -> None:
        before = self._state.node
        self._change(replace(self._state, node=node))
        self._earnings.note_node(node)
        if node.node_id != before.node_id and NODE_ID.fullmatch(node.node_id):
            # Its earnings are known by it, also while no engine runs.
            self._parts.settings.change(node_id=node.node_id)
        self._watch_gpu(self._state)
        if node.actual is not before.actual and Actual.SERVING in (node.actual, before.actual):
            self._gateway.look_now()
        if node.desired is not before.desired and self._started.is_set():
            # Cancelling the installation takes the wish back.
            self._parts.settings.change(desired=node.desired)

    def _on_download(self, download: Download | None) -> None:
        self._change(replace(self._state, download=download))

    def _on_download_cancelled(self) -> None:
        if self._started.is_set():
            self._nodes[Role.SERVING].wish(Desired.OFF)

    def _on_request(self, event: RequestEvent, model: str) -> None:
        if not self._parts.settings.current.keep_requests:
            return
        self._parts.history.note_request(request_record(event, model, self._clock.now()))

    def _on_wallet(self, wallet: WalletState) -> None:
        self._change(replace(self._state, wallet=wallet))
        self._policy.observe(
            wallet_locked=None if wallet.vault is VaultState.LOOKING else wallet.vault is not VaultState.OPEN,
            stake=stake_seen(wallet, self._gateway.is_remote),
        )

    def _on_policy(self, report: PolicyReport) -> None:
        self._change(replace(self._state, policy=report))
        # Until the core has started, `start` itself hands them over.
        if self._started.is_set():
            self._nodes.suspend(report.reasons)

    def _on_wake(self) -> None:
        self._logs.say("The computer slept and is awake again.")
        self._gateway.look_now()
        self._nodes.probe()

    def _watch_gpu(self, state: LauncherState) -> None:
        uses_gpu = state.device_choice is not DeviceChoice.CPU
        # What the engine uses is known when it has run once; before that, any card may be meant.
        uuids = state.gpu_choice or state.node.gpu_uuids
        self._policy.use_gpu(uses_gpu, state.node.engine.running, uuids)

    def _on_doctor(self, doctor: DoctorState) -> None:
        self._change(replace(self._state, doctor=doctor))

    def _hand_grants(self, signed: tuple[SignedGrant, ...]) -> None:
        self._nodes.use_grants(signed)

    def _node_facts(self) -> NodeFacts:
        cards = [card for card in self._gpus.gpus if not card.lost]
        return NodeFacts(
            node_id=self._state.node.node_id,
            gateways=self._gateway.order,
            gpu_count=len(cards),
            gpu_memory_gb=max((card.memory_total_mb or 0 for card in cards), default=0) // 1000,
        )

    def _on_gpus(self, report: GpuReport) -> None:
        self._gpus = report
        used = self._node_gpus(report)
        self._parts.history.note_gpus(report, used)
        self._earnings.note_gpus(report, used)
        for listener in tuple(self._listeners):
            listener.on_gpus(report)

    def _node_id(self) -> str:
        """Of this computer's node, also before its engine has told it in this run."""
        grant = self._state.wallet.grant
        told = self._state.node.node_id or self._parts.settings.current.node_id
        return told or ("" if grant is None else grant.node_id)

    def _node_gpus(self, report: GpuReport) -> frozenset[str]:
        """The cards on which the engine runs now. It tells when it is ready; some servers tell no cards."""
        node = self._state.node
        if not node.engine.running or not (node.computes_on_gpu or node.gpu_uuids):
            return frozenset()
        known = {plain_uuid(uuid) for uuid in node.gpu_uuids or self._state.gpu_choice}
        return frozenset(card.uuid for card in report.gpus if not known or plain_uuid(card.uuid) in known)

    async def _record(self) -> None:
        while True:
            self._note_situation()
            if self._parts.replay is not None:
                self._keep_pace(self._parts.replay.clock)
            await self._clock.sleep(BEAT_S)

    def _keep_pace(self, clock: ReplayClock) -> None:
        """Tells the front ends the recorded time anew where a busy computer has fallen behind it."""
        pace = clock.pace()
        known = self._state.pace
        if known.rate != pace.rate or abs(known.now(pace.real_at) - pace.shown_at) > PACE_TOLERANCE_S:
            self._change(replace(self._state, pace=pace))

    async def _remember(self) -> None:
        if self._parts.replay is not None:
            past, history = await asyncio.to_thread(self._parts.replay.past), self._parts.history
            for record in past.requests:
                history.note_request(record)
            history.note_spans(past.spans)
            history.note_buckets(past.buckets)

    def _note_situation(self) -> None:
        if self._recording is not None:
            now = self._clock.now()
            self._recording, spans = observe(self._recording, self._state.node, now)
            self._parts.history.note_spans(spans)

    def _change(self, state: LauncherState) -> None:
        if state == self._state:
            return
        node_changed = state.node != self._state.node
        if (state.node, state.gateway) != (self._state.node, self._state.gateway):
            self._states.append((self._clock.now(), state))
        self._state = state
        if node_changed:
            self._note_situation()
        for listener in tuple(self._listeners):
            listener.on_state(state)

    async def _ready_node(self) -> NodeController:
        await self._started.wait()
        return self._nodes[Role.SERVING]

    async def _write_status(self) -> None:
        file = StatusFile(self._parts.folder.status)
        written: LauncherState | None = None
        warned = False
        try:
            while True:
                if self._state != written:
                    written = self._state
                    try:
                        await asyncio.to_thread(file.write, written)
                    except OSError as error:
                        if not warned:
                            self._logs.say(f"The status file can't be written ({error.strerror}).", LogLevel.WARNING)
                        warned = True
                await asyncio.sleep(WRITE_INTERVAL_S)
        finally:
            file.remove()
