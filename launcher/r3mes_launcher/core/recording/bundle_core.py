"""A core that shows what a diagnostics bundle recorded, its last hour in a minute, with the demo's gateway and wallet.

Satisfies `interface.Core`. The node, its gateway, the doctor's report and the log are the bundle's; nothing that steers
a node is followed, because there is none. Chat, wallet and settings are the demo's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from r3mes_launcher.core.doctor.report import DoctorReport, DoctorState
from r3mes_launcher.core.history.history_store import HistoryStore
from r3mes_launcher.core.history.situation import BEAT_S, Recording, Span, observe
from r3mes_launcher.core.interface import Core, CoreListener
from r3mes_launcher.core.policy.reasons import PauseChoice, PolicyReport
from r3mes_launcher.core.recording.bundle_reader import Bundle, RecordedState
from r3mes_launcher.core.state import (
    BundleOrigin,
    ChatDelta,
    ChatTurn,
    Desired,
    DeviceChoice,
    GatewayKind,
    GpuDriver,
    GpuReport,
    LauncherState,
    LogLine,
    Pace,
)
from r3mes_launcher.ports.replay_clock import ReplayClock
from r3mes_launcher.sentence import phrase

if TYPE_CHECKING:
    from r3mes_launcher.core.autostart_desk import AutostartDesk
    from r3mes_launcher.core.bundle.bundle import BundleFile
    from r3mes_launcher.core.chats.chat_desk import ChatDesk
    from r3mes_launcher.core.download_desk import DownloadDesk
    from r3mes_launcher.core.earnings.earnings_desk import EarningsDesk
    from r3mes_launcher.core.owner_desk import OwnerDesk
    from r3mes_launcher.core.policy_desk import PolicyDesk
    from r3mes_launcher.core.settings import Settings
    from r3mes_launcher.core.settings_desk import SettingsDesk
    from r3mes_launcher.core.wallet_service import WalletService

PLAYED_S = 3600.0
"""The last hour is played, in a minute: it leads to what the bundle was made for. What came before is there at once, in
timeline, requests and log."""
LOOK_S = 0.2
"""How often what has happened meanwhile is shown."""
MOST_BEATS = 20_000
"""A week, one each half minute. A longer record gets fewer."""

REFUSAL = phrase(
    "This is a recording from a diagnostics bundle: there is no node to steer. Leave the demo to use your own."
)
NO_GPUS = phrase("A diagnostics bundle holds no readings of the GPUs.")


def bundle_start(bundle: Bundle) -> float:
    """The recorded moment at which the playing begins, in seconds since the epoch."""
    return max(bundle.begin, bundle.end - PLAYED_S)


def bundle_spans(bundle: Bundle) -> tuple[Span, ...]:
    """The situations of the record, as the launcher that made it observed them."""
    beat_s = max(BEAT_S, (bundle.end - bundle.begin) / MOST_BEATS)
    recording, found = Recording("bundle"), dict[int, Span]()
    following = [*(state.at for state in bundle.states[1:]), bundle.end]
    for state, until in zip(bundle.states, following, strict=True):
        now = state.at
        while True:
            recording, spans = observe(recording, state.node, now)
            found.update((span.number, span) for span in spans)
            if now >= until:
                break
            now = min(now + beat_s, until)
    return tuple(found.values())


class BundleCore:
    """`inner` is the demo, whose switch is off. `history` is empty and in memory."""

    def __init__(self, inner: Core, bundle: Bundle, clock: ReplayClock, history: HistoryStore) -> None:
        self._inner = inner
        self._bundle = bundle
        self._clock = clock
        self._history = history
        self._origin = BundleOrigin(bundle.name, bundle.version, bundle.system, bundle.begin, bundle.end)
        self._shown = [state for state in bundle.states if state.at <= clock.now()][-1]
        self._told = 0
        """Lines of the log that were shown."""
        self._pace = Pace(0.0, clock.now(), 0.0)
        self._listeners: list[CoreListener] = []
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def state(self) -> LauncherState:
        shown = self._shown
        return replace(
            self._inner.state,
            pace=self._pace,
            node=shown.node,
            gateway=shown.gateway,
            policy=PolicyReport(reasons=shown.node.suspended),
            doctor=DoctorState(report=self._bundle.report),
            bundle=self._origin,
        )

    @property
    def wallet(self) -> WalletService:
        return self._inner.wallet

    @property
    def owner(self) -> OwnerDesk:
        return self._inner.owner

    @property
    def policy(self) -> PolicyDesk:
        return self._inner.policy

    @property
    def history(self) -> HistoryStore:
        return self._history

    @property
    def downloads(self) -> DownloadDesk:
        return self._inner.downloads

    @property
    def settings(self) -> SettingsDesk:
        return self._inner.settings

    @property
    def autostart(self) -> AutostartDesk:
        return self._inner.autostart

    @property
    def chats(self) -> ChatDesk:
        return self._inner.chats

    @property
    def earnings(self) -> EarningsDesk:
        return self._inner.earnings

    def attend(self, is_watched: bool) -> None:
        self._inner.attend(is_watched)

    @property
    def current_settings(self) -> Settings:
        return self._inner.current_settings

    def subscribe(self, listener: CoreListener) -> Callable[[], None]:
        mine = _Filtered(listener, lambda: self.state)
        end = self._inner.subscribe(mine)
        listener.on_gpus(GpuReport(self._bundle.begin, GpuDriver.NO_GPU, NO_GPUS))
        if self._told:
            listener.on_logs(self._bundle.lines[: self._told])
        self._listeners.append(listener)

        def unsubscribe() -> None:
            end()
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    # --- its life ------------------------------------------------------------------------------------------------

    async def open_at_rest(self) -> None:
        await self._inner.open_at_rest()

    async def start(self) -> None:
        # The pages ask at once.
        self._history.start()
        await self._inner.start()
        spans, requests = await asyncio.to_thread(lambda: (bundle_spans(self._bundle), self._bundle.requests()))
        # All of it at once: the timeline ends at the recorded now, whatever is known of later.
        self._history.note_spans(spans)
        self._tasks = [
            asyncio.create_task(self._clock.run(), name="let the bundle's time pass"),
            asyncio.create_task(self._play(iter(requests)), name="play the bundle"),
        ]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._history.close()
        await self._inner.close()

    async def _play(self, requests: Iterator[Any]) -> None:
        bundle = self._bundle
        states = iter([state for state in bundle.states if state.at > self._shown.at])
        request = next(requests, None)
        coming: RecordedState | None = next(states, None)
        self._pace = self._clock.pace()
        while True:
            now = min(self._clock.now(), bundle.end)
            while coming is not None and coming.at <= now:
                self._shown, coming = coming, next(states, None)
            while request is not None and request.ended_at <= now:
                self._history.note_request(request)
                request = next(requests, None)
            self._tell_lines(now)
            ended = now >= bundle.end
            if ended:
                # From now on it is the moment at which the bundle was made.
                self._pace = Pace(0.0, bundle.end, 0.0)
            self._tell_state()
            if ended:
                return
            await asyncio.sleep(LOOK_S)

    def _tell_lines(self, now: float) -> None:
        lines, begin = self._bundle.lines, self._told
        while self._told < len(lines) and lines[self._told].at <= now:
            self._told += 1
        if begin < self._told:
            for listener in tuple(self._listeners):
                listener.on_logs(lines[begin : self._told])

    def _tell_state(self) -> None:
        state = self.state
        for listener in tuple(self._listeners):
            listener.on_state(state)

    # --- intents: there is nothing to steer ------------------------------------------------------------------------

    async def set_desired(self, desired: Desired) -> None:
        _refuse()

    async def pause(self, choice: PauseChoice) -> None:
        _refuse()

    async def resume(self) -> None:
        _refuse()

    async def serve_anyway(self) -> None:
        _refuse()

    async def keep_to_rules(self) -> None:
        _refuse()

    async def cancel_provisioning(self) -> None:
        _refuse()

    async def retry(self) -> None:
        _refuse()

    async def choose_device(self, device: DeviceChoice) -> None:
        _refuse()

    async def choose_gpus(self, uuids: Sequence[str]) -> None:
        _refuse()

    async def choose_model(self, path: str) -> None:
        _refuse()

    async def choose_gateway(self, kind: GatewayKind, url: str = "") -> None:
        _refuse()

    async def bundle(self) -> tuple[BundleFile, ...]:
        _refuse()

    async def examine(self) -> DoctorReport:
        _refuse()

    async def change_settings(self, values: Mapping[str, Any]) -> Settings:
        return await self._inner.change_settings(values)

    def chat(self, turns: Sequence[ChatTurn], model: str = "") -> AsyncIterator[ChatDelta]:
        """By the demo's gateway: the recorded one is not here."""
        return self._inner.chat(turns, model)


class _Filtered:
    """What the demo behind it tells, as far as it is not the bundle's."""

    def __init__(self, listener: CoreListener, state: Callable[[], LauncherState]) -> None:
        self._listener = listener
        self._state = state

    def on_state(self, state: LauncherState) -> None:
        self._listener.on_state(self._state())

    def on_gpus(self, report: GpuReport) -> None:
        return

    def on_logs(self, lines: Sequence[LogLine]) -> None:
        return


def _refuse() -> NoReturn:
    raise ValueError(REFUSAL)
