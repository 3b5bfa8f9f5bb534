"""One launcher, demo or real: owns every part of the core and tells the front ends what is."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from r3mes_launcher.core.autostart_desk import AutostartDesk
from r3mes_launcher.core.chats.chat_desk import ChatDesk
from r3mes_launcher.core.chats.chat_store import ChatStore
from r3mes_launcher.core.choice_desk import ChoiceDesk, ChoiceHearers
from r3mes_launcher.core.control.server import ControlServer
from r3mes_launcher.core.control.verbs import verbs_of
from r3mes_launcher.core.data_folder import FolderLock
from r3mes_launcher.core.diagnosis import Diagnosis
from r3mes_launcher.core.doctor.report import DoctorReport
from r3mes_launcher.core.download_desk import DownloadDesk
from r3mes_launcher.core.earnings.earnings_desk import EarningsDesk, Surroundings
from r3mes_launcher.core.earnings.gateway_account import GatewayAccount
from r3mes_launcher.core.earnings.owner_wallet import ServiceWallet
from r3mes_launcher.core.engine_faults import driver_obstacle
from r3mes_launcher.core.gateway_client import GatewayClient
from r3mes_launcher.core.gateway_desk import GatewayDesk, GatewayView
from r3mes_launcher.core.history.history_recorder import HistoryRecorder
from r3mes_launcher.core.history.history_store import HistoryStore
from r3mes_launcher.core.history.situation import BEAT_S
from r3mes_launcher.core.interface import CoreListener
from r3mes_launcher.core.launcher_parts import LauncherParts
from r3mes_launcher.core.local_gateway import LocalGateway
from r3mes_launcher.core.node_controller import NodeController
from r3mes_launcher.core.node_controllers import NodeControllers
from r3mes_launcher.core.node_grant import GrantFile
from r3mes_launcher.core.node_machine_state import NodeMachineState
from r3mes_launcher.core.node_view import cards_in_use, known_node_id, node_facts
from r3mes_launcher.core.owner_desk import OwnerDesk
from r3mes_launcher.core.policy.reasons import PauseChoice, PolicyReport, SuspendReason
from r3mes_launcher.core.policy.stake_seen import stake_seen
from r3mes_launcher.core.policy_desk import PolicyDesk
from r3mes_launcher.core.settings import Settings
from r3mes_launcher.core.settings_desk import SettingsDesk
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
    NodeState,
)
from r3mes_launcher.core.state_board import StateBoard
from r3mes_launcher.core.status_file import keep_status
from r3mes_launcher.core.wallet_service import WalletService
from r3mes_launcher.core.wallet_state import VaultState, WalletState
from r3mes_launcher.ports.clock import Clock
from r3mes_protocol import __version__
from r3mes_protocol.control import RequestEvent
from r3mes_protocol.grants import Role

if TYPE_CHECKING:
    from r3mes_launcher.core.bundle.bundle import BundleFile

NODE_ID = re.compile(r"[0-9a-f]{64}")


class LauncherCore:
    """Satisfies `interface.Core`."""

    def __init__(self, parts: LauncherParts) -> None:
        self._parts = parts
        self._logs = parts.logs
        # What is noted and decided follows the recorded time where there is one; wallet and children live in ours.
        self._clock: Clock = parts.wallet.clock if parts.replay is None else parts.replay.clock
        self._lock = FolderLock(parts.folder)
        self._recorder = HistoryRecorder(parts.history, self._clock)
        self._board = StateBoard(LauncherState(demo=parts.demo), parts.logs, self._clock.now, self._recorder.note_node)
        self._client = GatewayClient()
        self._gateway = GatewayDesk(self._client, self._make_local_gateway, self._follow_gateway, self._show_gateway)
        self._nodes = NodeControllers()
        self._tasks: list[asyncio.Task[None]] = []
        self._started = asyncio.Event()
        self._closed: asyncio.Task[None] | None = None
        self._control = ControlServer(parts.folder.root, verbs_of(self), parts.logs)
        self._diagnosis = Diagnosis(
            parts.doctor, self._client, parts.settings, parts.folder, self._board, self._started
        )
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
        self._choices = ChoiceDesk(
            parts.settings,
            self._board,
            ChoiceHearers(self._nodes, self._gateway, self._policy, self._wallet, parts.history, self._watch_gpu),
            self._started,
        )
        self._owner = OwnerDesk(
            self._wallet,
            GrantFile(parts.folder.grant),
            parts.folder.home,
            parts.wallet.clock,
            lambda: node_facts(self.state, self._board.gpus, self._gateway.order),
            self._nodes.use_grants,
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
            node=lambda: self._board.state.node,
            node_id=lambda: known_node_id(self.state, parts.settings.current.node_id),
            cards=lambda: {card.uuid: card.name for card in self._board.gpus.gpus},
            decimals=lambda: self._board.state.wallet.unit.decimals,
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
        return self._board.state

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
        return self._board.subscribe(listener)

    # --- its life ------------------------------------------------------------------------------------------------

    async def open_at_rest(self) -> None:
        self._parts.folder.create()
        self._lock.take()
        self._parts.settings.load()
        settings = self._parts.settings.current
        self._board.change(device_choice=settings.device, gpu_choice=settings.gpus, model_path=settings.model)

    async def start(self) -> None:
        parts = self._parts
        parts.folder.create()
        self._lock.take()
        self._logs.say(f"R3MES launcher {__version__}" + (" (demo)" if parts.demo else ""))
        parts.settings.load()
        parts.history.start()
        past = None
        if parts.replay is not None:
            past = asyncio.create_task(self._recorder.remember(parts.replay.past), name="remember the recorded past")
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
            tell_gpu=self._diagnosis.note_gpu,
            gpus=settings.gpus,
            downloads=self._downloads,
            max_concurrency=settings.max_concurrency,
            obstacle=lambda device: driver_obstacle(self._board.gpus.driver, device),
            now=self._clock.now,
            rate=1.0 if parts.replay is None else parts.replay.clock.rate,
        )
        self._nodes.add(Role.SERVING, serving)
        self._board.change(device_choice=settings.device, gpu_choice=settings.gpus, model_path=settings.model)
        self._choices.keep_history(settings.history_days)
        self._gateway.start()
        await self._gateway.use(settings.gateway_kind, settings.gateway_url, settings.gateway_fallbacks)
        await self._wallet.start()
        await self._owner.start()
        if past is not None:
            await past
        # Before the wish is resumed: nothing starts that the policy would stop at once.
        self._watch_gpu()
        await self._policy.start()
        self._nodes.suspend(self._policy.reasons)
        serving.start(Desired.SERVING if parts.serve else settings.desired)
        self._tasks.append(asyncio.create_task(parts.gpus.run(self._on_gpus), name="read the GPUs"))
        self._recorder.begin()
        if parts.replay is not None:
            self._tasks.append(asyncio.create_task(parts.replay.clock.run(), name="let recorded time pass"))
            self._board.keep_pace(parts.replay.clock.pace())
        self._tasks.append(asyncio.create_task(self._record(), name="record what the node does"))
        self._tasks.append(
            asyncio.create_task(
                keep_status(parts.folder.status, lambda: self.state, parts.logs.say), name="write the status file"
            )
        )
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
        await self._diagnosis.close()
        await self._nodes.close()
        await self._downloads.close()
        await self._gateway.close_local()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._gateway.close_monitor()
        await self._client.close()
        await self._parts.supervisor.close()
        self._recorder.end(self.state.node)
        await self._parts.history.close()
        self._logs.flush()
        self._lock.release()

    # --- intents -------------------------------------------------------------------------------------------------

    async def set_desired(self, desired: Desired) -> None:
        await self._choices.set_desired(desired)

    async def pause(self, choice: PauseChoice) -> None:
        await self._started.wait()
        self._policy.pause(choice)

    async def resume(self) -> None:
        await self._started.wait()
        self._policy.resume()

    async def serve_anyway(self) -> None:
        await self._started.wait()
        self._policy.serve_anyway()

    async def keep_to_rules(self) -> None:
        await self._started.wait()
        self._policy.keep_to_rules()

    async def cancel_provisioning(self) -> None:
        (await self._choices.serving_node()).cancel_provisioning()

    async def retry(self) -> None:
        node = await self._choices.serving_node()
        self._gateway.retry()
        node.retry()

    async def choose_device(self, device: DeviceChoice) -> None:
        await self._choices.choose_device(device)

    async def choose_gpus(self, uuids: Sequence[str]) -> None:
        await self._choices.choose_gpus(uuids)

    async def choose_model(self, path: str) -> None:
        await self._choices.choose_model(path)

    async def choose_gateway(self, kind: GatewayKind, url: str = "") -> None:
        await self._choices.choose_gateway(kind, url)

    @property
    def current_settings(self) -> Settings:
        return self._parts.settings.current

    async def change_settings(self, values: Mapping[str, Any]) -> Settings:
        return await self._choices.change(values)

    async def bundle(self) -> tuple[BundleFile, ...]:
        return await self._diagnosis.bundle()

    async def examine(self) -> DoctorReport:
        return await self._diagnosis.examine()

    async def chat(self, turns: Sequence[ChatTurn], model: str = "") -> AsyncGenerator[ChatDelta, None]:
        async with contextlib.aclosing(self._gateway.chat(turns, model, lambda: self._board.state.node)) as deltas:
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
        self._board.change(gateway=view.gateway, models=view.models, adapters=view.adapters)
        remote = self._gateway.is_remote
        self._policy.observe(gateway_remote=remote, stake=stake_seen(self._board.state.wallet, remote))

    def _on_node(self, node: NodeState) -> None:
        before = self._board.state.node
        self._board.change(node=node)
        self._earnings.note_node(node)
        if node.node_id != before.node_id and NODE_ID.fullmatch(node.node_id):
            # Its earnings are known by it, also while no engine runs.
            self._parts.settings.change(node_id=node.node_id)
        self._watch_gpu()
        self._gateway.follow_node(node.gateway)
        if node.actual is not before.actual and Actual.SERVING in (node.actual, before.actual):
            self._gateway.look_now()
        if node.desired is not before.desired and self._started.is_set():
            # Cancelling the installation takes the wish back.
            self._parts.settings.change(desired=node.desired)

    def _on_download(self, download: Download | None) -> None:
        self._board.change(download=download)

    def _on_download_cancelled(self) -> None:
        if self._started.is_set():
            self._nodes[Role.SERVING].wish(Desired.OFF)

    def _on_request(self, event: RequestEvent, model: str) -> None:
        if self._parts.settings.current.keep_requests:
            self._recorder.note_request(event, model)

    def _on_wallet(self, wallet: WalletState) -> None:
        self._board.change(wallet=wallet)
        self._policy.observe(
            wallet_locked=None if wallet.vault is VaultState.LOOKING else wallet.vault is not VaultState.OPEN,
            stake=stake_seen(wallet, self._gateway.is_remote),
        )

    def _on_policy(self, report: PolicyReport) -> None:
        self._board.change(policy=report)
        # Until the core has started, `start` itself hands them over.
        if self._started.is_set():
            self._nodes.suspend(report.reasons)

    def _on_wake(self) -> None:
        self._logs.say("The computer slept and is awake again.")
        self._gateway.look_now()
        self._nodes.probe()

    def _watch_gpu(self) -> None:
        state = self._board.state
        uses_gpu = state.device_choice is not DeviceChoice.CPU
        # What the engine uses is known when it has run once; before that, any card may be meant.
        uuids = state.gpu_choice or state.node.gpu_uuids
        self._policy.use_gpu(uses_gpu, state.node.engine.running, uuids)

    def _on_gpus(self, report: GpuReport) -> None:
        self._board.show_gpus(report)
        used = cards_in_use(self._board.state, report)
        self._parts.history.note_gpus(report, used)
        self._earnings.note_gpus(report, used)

    async def _record(self) -> None:
        while True:
            self._recorder.note_node(self.state.node)
            if self._parts.replay is not None:
                self._board.keep_pace(self._parts.replay.clock.pace())
            await self._clock.sleep(BEAT_S)
