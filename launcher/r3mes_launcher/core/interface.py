"""What a front end may ask of the core: the window, the command line and the tests use only this."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from r3mes_launcher.core.policy.reasons import PauseChoice
from r3mes_launcher.core.state import (
    ChatDelta,
    ChatTurn,
    Desired,
    DeviceChoice,
    GatewayKind,
    GpuReport,
    LauncherState,
    LogLine,
)

if TYPE_CHECKING:
    from r3mes_launcher.core.autostart_desk import AutostartDesk
    from r3mes_launcher.core.bundle.bundle import BundleFile
    from r3mes_launcher.core.chats.chat_desk import ChatDesk
    from r3mes_launcher.core.doctor.report import DoctorReport
    from r3mes_launcher.core.download_desk import DownloadDesk
    from r3mes_launcher.core.earnings.earnings_desk import EarningsDesk

    # For their types alone: what is behind them takes long to import, and a window has to open first.
    from r3mes_launcher.core.history.history_store import HistoryStore
    from r3mes_launcher.core.owner_desk import OwnerDesk
    from r3mes_launcher.core.policy_desk import PolicyDesk
    from r3mes_launcher.core.settings import Settings
    from r3mes_launcher.core.settings_desk import SettingsDesk
    from r3mes_launcher.core.wallet_service import WalletService


class ChatError(Exception):
    """A chat request that did not work; the message is a sentence for the person."""


class StartRefused(Exception):
    """The core can't start here; the message is a sentence for the person."""


class CoreListener(Protocol):
    """Called on the core's own thread, in order. Must return at once."""

    def on_state(self, state: LauncherState) -> None: ...
    def on_gpus(self, report: GpuReport) -> None: ...
    def on_logs(self, lines: Sequence[LogLine]) -> None: ...


class Core(Protocol):
    """One running launcher, demo or real. All coroutines run on the core's loop."""

    @property
    def state(self) -> LauncherState: ...

    @property
    def wallet(self) -> WalletService:
        """Its methods raise WalletError, whose words are for the person."""
        ...

    @property
    def owner(self) -> OwnerDesk:
        """What the wallet's owner does for this computer's node."""
        ...

    @property
    def policy(self) -> PolicyDesk:
        """When the node may run: its settings, the pause, and "serve anyway". Call it on the core's loop."""
        ...

    @property
    def history(self) -> HistoryStore:
        """What this computer's node did. Its questions raise HistoryError, whose words are for the person."""
        ...

    @property
    def downloads(self) -> DownloadDesk:
        """The model that the engine's start waits for. Its methods raise ValueError with a sentence."""
        ...

    @property
    def settings(self) -> SettingsDesk:
        """What the Settings page changes. Its methods raise ValueError with a sentence."""
        ...

    @property
    def autostart(self) -> AutostartDesk:
        """Whether R3MES starts with the session. Works at rest too. `choose` raises ValueError with a sentence."""
        ...

    @property
    def chats(self) -> ChatDesk:
        """The conversations that are kept. Its methods raise ValueError with a sentence."""
        ...

    @property
    def earnings(self) -> EarningsDesk:
        """What the node earns and what its electricity costs. Its questions raise ValueErrors whose words are for the
        person."""
        ...

    def attend(self, is_watched: bool) -> None:
        """Whether somebody looks at the window: while nobody does, the GPUs are read seldom."""
        ...

    def subscribe(self, listener: CoreListener) -> Callable[[], None]:
        """Starts telling the listener, first with what is known now. Returns the way to end it."""
        ...

    async def start(self) -> None:
        """Brings the gateway up and resumes what was wished for. Returns when that has begun.

        Raises StartRefused, for example when another launcher uses the same data folder.
        """
        ...

    async def close(self) -> None:
        """Drains and ends every child. Safe to call twice."""
        ...

    async def set_desired(self, desired: Desired) -> None:
        """The switch. Serving provisions the engine first where it is missing."""
        ...

    async def pause(self, choice: PauseChoice) -> None:
        """The node does not run until then; the switch stays where it is. A second pause replaces the first."""
        ...

    async def resume(self) -> None:
        """Ends the pause."""
        ...

    async def serve_anyway(self) -> None:
        """Ends the pause, and sets aside every reason that can be set aside without harm, until it is over."""
        ...

    async def keep_to_rules(self) -> None:
        """Takes `serve_anyway` back: every reason counts again."""
        ...

    async def cancel_provisioning(self) -> None: ...

    async def retry(self) -> None:
        """Tries again at once after a fault or during a back-off."""
        ...

    async def choose_device(self, device: DeviceChoice) -> None: ...

    async def choose_gpus(self, uuids: Sequence[str]) -> None:
        """The GPUs that the node may use, by UUID; none: the engine takes the best one. Raises ValueError."""
        ...

    async def choose_model(self, path: str) -> None:
        """`builtin`, or a folder or GGUF file. Takes effect at the next start of the engine."""
        ...

    async def choose_gateway(self, kind: GatewayKind, url: str = "") -> None:
        """Raises ValueError with a sentence when the URL can't be one."""
        ...

    async def open_at_rest(self) -> None:
        """Takes the folder and reads the settings, instead of `start`: for what needs nothing to run.

        Raises StartRefused, for example when another launcher uses the same data folder.
        """
        ...

    @property
    def current_settings(self) -> Settings:
        """What holds now."""
        ...

    async def change_settings(self, values: Mapping[str, Any]) -> Settings:
        """Top-level values as JSON. Takes effect at once. Raises ValueError with a sentence; then nothing changed."""
        ...

    async def bundle(self) -> tuple[BundleFile, ...]:
        """Diagnostics for somebody who helps, redacted. Looks at this computer first where nobody did lately."""
        ...

    async def examine(self) -> DoctorReport:
        """The doctor's look at this computer. Takes up to some minutes; its steps are in the state."""
        ...

    def chat(self, turns: Sequence[ChatTurn], model: str = "") -> AsyncIterator[ChatDelta]:
        """Streams one answer. Closing the iterator ends the generation. Raises ChatError."""
        ...
