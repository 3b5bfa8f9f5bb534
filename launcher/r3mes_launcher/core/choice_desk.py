"""What a person chooses: the switch, device, cards, model, gateway and every other setting. Kept, and told at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from r3mes_launcher.core.gateway_desk import GatewayDesk
from r3mes_launcher.core.history.history_store import HistoryStore
from r3mes_launcher.core.node_controller import NodeController
from r3mes_launcher.core.node_controllers import NodeControllers
from r3mes_launcher.core.policy_desk import PolicyDesk
from r3mes_launcher.core.settings import Settings, SettingsStore
from r3mes_launcher.core.settings_paths import checked
from r3mes_launcher.core.state import Desired, DeviceChoice, GatewayKind
from r3mes_launcher.core.state_board import StateBoard
from r3mes_launcher.core.wallet_service import WalletService
from r3mes_launcher.sentence import Sentence
from r3mes_protocol.grants import Role
from r3mes_protocol.origin import gateway_origin

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class ChoiceHearers:
    """Who does what was chosen."""

    nodes: NodeControllers
    gateway: GatewayDesk
    policy: PolicyDesk
    wallet: WalletService
    history: HistoryStore
    watch_gpu: Callable[[], None]
    """Tells the policy which cards count now."""


class ChoiceDesk:
    """Owned by the core's loop. A choice for the node waits until the launcher has started."""

    def __init__(
        self, settings: SettingsStore, board: StateBoard, hearers: ChoiceHearers, started: asyncio.Event
    ) -> None:
        self._settings = settings
        self._board = board
        self._hearers = hearers
        self._started = started
        self._choosing_gateway = asyncio.Lock()

    async def serving_node(self) -> NodeController:
        await self._started.wait()
        return self._hearers.nodes[Role.SERVING]

    async def set_desired(self, desired: Desired) -> None:
        node = await self.serving_node()
        self._settings.change(desired=desired)
        node.wish(desired)

    async def choose_device(self, device: DeviceChoice) -> None:
        node = await self.serving_node()
        self._settings.change(device=device)
        self._board.change(device_choice=device)
        self._hearers.watch_gpu()
        node.choose_device(device)

    async def choose_gpus(self, uuids: Sequence[str]) -> None:
        """Raises ValueError with a sentence."""
        node = await self.serving_node()
        chosen = self._hearers.nodes.own_gpus(Role.SERVING, uuids)
        self._settings.change(gpus=chosen)
        self._board.change(gpu_choice=chosen)
        self._hearers.watch_gpu()
        node.choose_gpus(chosen)

    async def choose_model(self, path: str) -> None:
        """Raises ValueError with a sentence."""
        node = await self.serving_node()
        model = path.strip()
        if not model:
            raise ValueError("Choose a model: a folder, a GGUF file, or the built-in one.")
        self._settings.change(model=model)
        self._board.change(model_path=model)
        node.choose_model(model)

    async def choose_gateway(self, kind: GatewayKind, url: str = "") -> None:
        """Raises ValueError with a sentence."""
        await self._started.wait()
        origin = gateway_origin(url) if kind is GatewayKind.REMOTE else ""
        async with self._choosing_gateway:
            self._settings.change(gateway_kind=kind, gateway_url=origin)
            await self._hearers.gateway.use(kind, origin, self._settings.current.gateway_fallbacks)

    async def change(self, values: Mapping[str, Any]) -> Settings:
        """Top-level values as JSON. Raises ValueError with a sentence; then nothing has changed,
        or nothing but what the file has not."""
        store = self._settings
        wanted, rest = checked(store.current, dict(values)), dict(values)
        if wanted.gateway_kind is GatewayKind.REMOTE and not wanted.gateway_url:
            raise ValueError("Name the gateway's address first, such as https://gateway.example.org.")
        if self._started.is_set():
            # Whoever has to hear of a change does what the window's button does.
            for names, tell in self._ways(wanted):
                if rest.keys() & names:
                    # What stands beside it is written first: the hearer reads it.
                    beside = {name: rest.pop(name) for name in names if name in rest}
                    store.change(**beside)
                    await tell()
        if rest:
            store.change(**rest)
        if store.unsaved is not None:
            raise ValueError(self._unsaved_words(store.unsaved))
        return store.current

    def _unsaved_words(self, cause: Sentence) -> Sentence:
        if self._started.is_set():
            return Sentence("The settings can't be saved: {cause}. The change holds until R3MES ends.", cause=cause)
        return Sentence("The settings can't be saved: {cause}. Nothing was changed.", cause=cause)

    def keep_history(self, days: float) -> None:
        self._hearers.history.keep_for(days * DAY_S)

    def _ways(self, wanted: Settings) -> tuple[tuple[frozenset[str], Callable[[], Awaitable[None]]], ...]:
        """How a change of which settings is told while the launcher runs."""
        hearers = self._hearers

        async def policy() -> None:
            hearers.policy.change(wanted.policy)

        async def engine() -> None:
            node = await self.serving_node()
            node.choose_concurrency(wanted.max_concurrency)
            node.choose_deadline(wanted.ready_deadline_s)

        async def history() -> None:
            self.keep_history(wanted.history_days)

        return (
            (frozenset({"device"}), lambda: self.choose_device(wanted.device)),
            (frozenset({"gpus"}), lambda: self.choose_gpus(wanted.gpus)),
            (frozenset({"model"}), lambda: self.choose_model(wanted.model)),
            (
                frozenset({"gateway_kind", "gateway_url", "gateway_fallbacks"}),
                lambda: self.choose_gateway(wanted.gateway_kind, wanted.gateway_url),
            ),
            (frozenset({"policy"}), policy),
            (frozenset({"wallet_idle_s"}), lambda: hearers.wallet.choose_auto_lock(wanted.wallet_idle_s)),
            (frozenset({"max_concurrency", "ready_deadline_s"}), engine),
            (frozenset({"history_days"}), history),
            (frozenset({"desired"}), lambda: self.set_desired(wanted.desired)),
        )
