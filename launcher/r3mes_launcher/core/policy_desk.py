"""Keeps the policy going: gathers what it needs to know, decides once a second, and takes the person's word."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from r3mes_launcher.core.foreign_use import ForeignUse
from r3mes_launcher.core.policy.decision import (
    Pause,
    PolicyState,
    decide,
    kept_to,
    paused,
    restarted,
    resumed,
    served_anyway,
)
from r3mes_launcher.core.policy.observations import GpuObservation, Observations
from r3mes_launcher.core.policy.policy_settings import PolicySettings, program_name
from r3mes_launcher.core.policy.reasons import ActiveReason, PauseChoice, PolicyReport, SourceState
from r3mes_launcher.core.settings import KeptPause, SettingsStore
from r3mes_launcher.core.source_watch import SourceWatch
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.ports.fixed_source import FixedSource
from r3mes_launcher.ports.gpu_use import GpuUse
from r3mes_launcher.ports.network_state import NetworkReading
from r3mes_launcher.ports.power import PowerReading
from r3mes_launcher.ports.program_update import UpdateReading
from r3mes_launcher.ports.session_events import SessionEvents
from r3mes_launcher.ports.sleep_delay import NoSleepDelay, SleepDelay
from r3mes_launcher.ports.source import Source, Unavailable
from r3mes_launcher.sentence import phrase
from r3mes_launcher.wallet.auto_lock import SystemEvent

LOOK_S = 1.0
"""How often it decides; times in sentences and schedules need no more."""
SLEPT_S = 30.0
"""A gap this long between two looks: the computer slept, whether it said so or not."""

DELAY_S = 4.5
"""How long an engine may delay a sleep: a little less than logind waits at most."""

IDLE_S = 2.0
"""A person who comes back waits no longer than this."""
PROGRAMS_S = 5.0
"""Listing all processes takes some 20 ms."""
POWER_S = 5.0
NETWORK_S = 10.0
DISK_S = 30.0
UPDATE_S = 30.0
"""Reads one small file."""
GPU_BUSY_S = 0.25
"""While an engine holds a GPU: with the 0.5 s that it has to end, its memory is free within a second."""
GPU_CALM_S = 2.0

METERED_NOT_TOLD = phrase("This system does not tell whether its connection is metered.")


@dataclass(frozen=True, slots=True)
class PolicySources:
    """The outside world, real or not."""

    idle: Source[float]
    power: Source[PowerReading]
    programs: Source[frozenset[str]]
    network: Source[NetworkReading]
    disk: Source[int]
    gpu_use: Source[tuple[GpuUse, ...]]
    events: SessionEvents
    update: Source[UpdateReading] = field(default_factory=lambda: FixedSource(UpdateReading()))
    delay: SleepDelay = field(default_factory=NoSleepDelay)


class PolicyDesk:
    """Owned by the core's loop. `tell` hears the reasons whenever they changed."""

    def __init__(
        self,
        settings: SettingsStore,
        sources: PolicySources,
        clock: Clock,
        tell: Callable[[PolicyReport], None],
        own_pids: Callable[[], frozenset[int]] = frozenset,
        woke: Callable[[], None] = lambda: None,
    ) -> None:
        """`woke` is called when the computer is back from a sleep."""
        self._settings = settings
        self._sources = sources
        self._clock = clock
        self._tell = tell
        self._own_pids = own_pids
        self._woke = woke
        self._seen = Observations()
        self._gpus: tuple[GpuObservation, ...] = ()
        self._uses_gpu = False
        self._own_gpus: frozenset[str] = frozenset()
        self._engine_lives = False
        self._state = PolicyState()
        self._report = PolicyReport()
        self._looked_at: float | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._going_down = asyncio.Event()
        self._engine_ended = asyncio.Event()
        self._engine_ended.set()
        self._awake = asyncio.Event()
        self._watches = self._make_watches()

    # --- its life ------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        kept = self._settings.current.pause
        pause = None if kept is None else restarted(Pause(kept.choice, kept.since))
        self._state = replace(self._state, pause=pause)
        self._keep_pause()
        self.look()
        self._tasks = [
            asyncio.create_task(self._run(), name="decide the policy"),
            asyncio.create_task(self._delay_sleep(), name="delay the computer's sleep"),
            asyncio.create_task(self._sources.events.run(self._on_event), name="hear of sleep for the policy"),
            *(asyncio.create_task(watch.run(), name=f"watch {watch.name}") for watch in self._watches),
        ]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._sources.delay.release)

    @property
    def reasons(self) -> tuple[ActiveReason, ...]:
        return self._state.reasons

    @property
    def report(self) -> PolicyReport:
        return self._report

    # --- the person ------------------------------------------------------------------------------------------------

    @property
    def settings(self) -> PolicySettings:
        return self._settings.current.policy

    def change(self, settings: PolicySettings) -> None:
        """Takes effect at once."""
        self._settings.change(policy=settings)
        self.look()
        self._hurry()

    def pause(self, choice: PauseChoice) -> None:
        self._state = paused(self._state, choice, self._clock.now())
        self._keep_pause()
        self.look()

    def resume(self) -> None:
        """Ends the pause; other reasons stay."""
        self._state = resumed(self._state)
        self._keep_pause()
        self.look()

    def serve_anyway(self) -> None:
        """Ends the pause and sets aside what can be set aside without harm, until it is over."""
        self._state = served_anyway(self._state)
        self._keep_pause()
        self.look()

    def keep_to_rules(self) -> None:
        """Takes `serve_anyway` back."""
        self._state = kept_to(self._state)
        self.look()

    # --- what other parts know -----------------------------------------------------------------------------------

    def observe(self, **values: Any) -> None:
        """Fields of `Observations` that other parts of the launcher know."""
        seen = replace(self._seen, **values)
        if seen != self._seen:
            self._seen = seen
            self.look()

    def use_gpu(self, uses_gpu: bool, engine_lives: bool, uuids: tuple[str, ...] = ()) -> None:
        """Whether the node computes on GPUs, whether its engine runs now, and on which; without UUIDs, on any."""
        if (uses_gpu, engine_lives) != (self._uses_gpu, self._engine_lives):
            self._hurry()
        self._engine_lives = engine_lives
        (self._engine_ended.clear if engine_lives else self._engine_ended.set)()
        plain = frozenset(map(plain_uuid, uuids))
        if (uses_gpu, plain) != (self._uses_gpu, self._own_gpus):
            self._uses_gpu, self._own_gpus = uses_gpu, plain
            self._show_gpus()

    # --- deciding --------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Decides by what is known now."""
        now = self._clock.now()
        seen = replace(self._seen, local_time=datetime.fromtimestamp(now))
        before = self._state.pause
        self._state = decide(self.settings, seen, self._state, now)
        if self._state.pause != before:
            self._keep_pause()
        report = self._state.report(self._source_states())
        if report != self._report:
            self._report = report
            self._tell(report)

    def _source_states(self) -> tuple[SourceState, ...]:
        known = [
            SourceState(watch.name, watch.told_by, watch.unavailable)
            for watch in self._watches
            if watch.told_by or watch.unavailable
        ]
        seen = self._seen
        if self.settings.metered.enabled and seen.online is not None and seen.metered is None:
            # What tells of the network does not always tell what it costs.
            known.append(SourceState("metered", unavailable=METERED_NOT_TOLD))
        return tuple(known)

    async def _run(self) -> None:
        while True:
            now = self._clock.now()
            if self._looked_at is not None and now - self._looked_at > SLEPT_S:
                self._wake()
            self._looked_at = now
            self.look()
            await self._clock.sleep(LOOK_S)

    def _wake(self) -> None:
        self._seen = replace(self._seen, sleeping=False)
        self._show_going_down()
        self._woke()

    async def _delay_sleep(self) -> None:
        """Has the system wait until the engine has ended, whenever it wants to sleep or to shut down."""
        delay = self._sources.delay
        while True:
            await asyncio.to_thread(delay.hold)
            await self._going_down.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DELAY_S):
                    await self._engine_ended.wait()
            await asyncio.to_thread(delay.release)
            await self._awake.wait()

    def _show_going_down(self) -> None:
        down = self._seen.sleeping or self._seen.shutting_down
        (self._going_down.set if down else self._going_down.clear)()
        (self._awake.clear if down else self._awake.set)()

    async def _on_event(self, event: SystemEvent) -> None:
        match event:
            case SystemEvent.SLEEP:
                self.observe(sleeping=True)
            case SystemEvent.WAKE:
                self._wake()
                self.look()
            case SystemEvent.SHUTDOWN:
                self.observe(shutting_down=True)
            case SystemEvent.SESSION_LOCK:
                self.observe(session_locked=True)
            case SystemEvent.SESSION_UNLOCK:
                self.observe(session_locked=False)
        self._show_going_down()

    def _keep_pause(self) -> None:
        pause = self._state.pause
        kept = None if pause is None else KeptPause(choice=pause.choice, since=max(0.0, pause.since))
        if kept != self._settings.current.pause:
            self._settings.change(pause=kept)

    def _show_gpus(self) -> None:
        mine = tuple(gpu for gpu in self._gpus if not self._own_gpus or plain_uuid(gpu.uuid) in self._own_gpus)
        self.observe(gpus=mine if self._uses_gpu else ())

    def _hurry(self) -> None:
        for watch in self._watches:
            watch.hurry()

    # --- the sources -----------------------------------------------------------------------------------------------

    def _make_watches(self) -> tuple[SourceWatch[Any], ...]:
        sources, clock = self._sources, self._clock

        def power(reading: PowerReading | None) -> None:
            if reading is None:
                self.observe(on_battery=None, charge_percent=None)
            else:
                self.observe(on_battery=reading.on_battery, charge_percent=reading.charge_percent)

        def network(reading: NetworkReading | None) -> None:
            if reading is None:
                self.observe(online=None, metered=None)
            else:
                self.observe(online=reading.online, metered=reading.metered)

        def programs(names: frozenset[str] | None) -> None:
            exclusive = self.settings.exclusive_apps.names
            running = {program_name(name) for name in names or ()}
            self.observe(running_apps=frozenset(running.intersection(exclusive)))

        def update(reading: UpdateReading | None) -> None:
            seen = reading or UpdateReading()
            self.observe(updating=seen.installing, newer_version=seen.version)

        def gpus(seen: tuple[GpuObservation, ...] | None) -> None:
            self._gpus = seen or ()
            self._show_gpus()

        return (
            SourceWatch(
                "idle",
                sources.idle,
                clock,
                lambda: IDLE_S,
                lambda: self.settings.idle.enabled,
                lambda idle_s: self.observe(idle_s=idle_s),
            ),
            SourceWatch("power", sources.power, clock, lambda: POWER_S, lambda: self.settings.battery.enabled, power),
            SourceWatch(
                "programs",
                sources.programs,
                clock,
                lambda: PROGRAMS_S,
                lambda: bool(self.settings.exclusive_apps.names),
                programs,
            ),
            SourceWatch(
                "network",
                sources.network,
                clock,
                lambda: NETWORK_S,
                lambda: self._seen.gateway_remote,
                network,
            ),
            SourceWatch(
                "disk",
                sources.disk,
                clock,
                lambda: DISK_S,
                lambda: self.settings.disk.enabled,
                lambda free_mb: self.observe(disk_free_mb=free_mb),
            ),
            SourceWatch("update", sources.update, clock, lambda: UPDATE_S, lambda: True, update),
            SourceWatch(
                "gpu_use",
                _ForeignGpuUse(sources.gpu_use, ForeignUse(self._own_pids)),
                clock,
                lambda: GPU_BUSY_S if self._engine_lives else GPU_CALM_S,
                lambda: self._uses_gpu and (self.settings.gpu_busy.enabled or self.settings.temperature.enabled),
                gpus,
            ),
        )


def plain_uuid(uuid: str) -> str:
    """NVML writes `GPU-` before it, torch does not."""
    return uuid.removeprefix("GPU-").lower()


class _ForeignGpuUse:
    """Satisfies `Source[tuple[GpuObservation, ...]]`."""

    def __init__(self, source: Source[tuple[GpuUse, ...]], foreign: ForeignUse) -> None:
        self._source = source
        self._foreign = foreign

    def read(self) -> tuple[GpuObservation, ...] | Unavailable:
        uses = self._source.read()
        return uses if isinstance(uses, Unavailable) else self._foreign.observations(uses)

    def close(self) -> None:
        self._source.close()
