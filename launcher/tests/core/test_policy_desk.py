"""The policy at work: real processes pause, yield and come back; sources that are silent, slow or gone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from r3mes_launcher.composition import CompositionOptions, compose, demo_policy_sources
from r3mes_launcher.core.back_off import BackOff
from r3mes_launcher.core.foreign_use import ForeignUse
from r3mes_launcher.core.launcher import LauncherCore
from r3mes_launcher.core.policy.observations import GpuObservation
from r3mes_launcher.core.policy.policy_settings import GpuBusyRule, IdleRule, MeteredRule, PolicySettings
from r3mes_launcher.core.policy.reasons import PauseChoice, PolicyReport, SourceState, SuspendReason
from r3mes_launcher.core.policy_desk import METERED_NOT_TOLD, SLEPT_S, PolicyDesk
from r3mes_launcher.core.settings import SettingsStore
from r3mes_launcher.core.source_watch import SourceWatch
from r3mes_launcher.core.state import Actual, Desired
from r3mes_launcher.core.status_file import status_document
from r3mes_launcher.ports.fixed_source import FixedSource
from r3mes_launcher.ports.gpu_use import GpuProcess, GpuUse
from r3mes_launcher.ports.session_events import TellEvent
from r3mes_launcher.ports.source import Unavailable
from r3mes_launcher.wallet.auto_lock import SystemEvent

Until = Callable[..., Awaitable[None]]
Make = Callable[..., LauncherCore]
CARD = GpuUse("GPU-1", "A GPU", 50, ())

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in engine is a shell script")


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    cores: list[LauncherCore] = []
    script = tmp_path / "engine-python"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("fake_engine.py")}"\n')
    script.chmod(0o700)
    environ = {**os.environ, "R3MES_ENGINE_PYTHON": str(script)}

    def compose_core(**sources: object) -> LauncherCore:
        policy = replace(demo_policy_sources(), **sources)  # type: ignore[arg-type]
        options = CompositionOptions(home=tmp_path / "home", back_off=BackOff(unit_s=0.05), policy=policy)
        cores.append(compose(options, environ))
        return cores[-1]

    yield compose_core
    for core in cores:
        await core.close()


def reasons(core: LauncherCore) -> list[SuspendReason]:
    return [active.reason for active in core.state.node.suspended]


@posix_only
async def test_a_pause_drains_shows_itself_and_survives_a_restart(make: Make, until: Until, alive: Any) -> None:
    core = make()
    await core.start()
    await core.set_desired(Desired.SERVING)
    await until(lambda: core.state.node.actual is Actual.SERVING)
    pid = core.state.node.engine.pid
    core.policy.pause(PauseChoice.UNTIL_RESUMED)
    assert core.state.node.actual is Actual.DRAINING
    await until(lambda: core.state.node.actual is Actual.SUSPENDED)
    assert not alive(pid)
    assert core.state.node.desired is Desired.SERVING and core.state.node.reason == "Paused by you."
    assert core.state.policy.paused is PauseChoice.UNTIL_RESUMED
    assert status_document(core.state)["node"]["suspended"][0]["reason"] == "pause"
    await core.close()

    again = make()
    await again.start()
    await until(lambda: reasons(again) == [SuspendReason.PAUSE])
    assert again.state.node.actual is Actual.SUSPENDED
    await again.resume()
    await until(lambda: again.state.node.actual is Actual.SERVING)
    await again.pause(PauseChoice.UNTIL_RESTART)
    await again.close()

    third = make()
    await third.start()
    assert third.state.policy.paused is None
    await until(lambda: third.state.node.actual is Actual.SERVING)


@posix_only
@pytest.mark.alone
async def test_the_gpu_is_free_within_a_second_and_taken_back_after(make: Make, until: Until, alive: Any) -> None:
    gpus: FixedSource[tuple[GpuUse, ...]] = FixedSource((CARD,))
    core = make(gpu_use=gpus)
    await core.start()
    core.policy.change(PolicySettings(gpu_busy=GpuBusyRule(wait_s=1)))
    await core.set_desired(Desired.SERVING)
    await until(lambda: core.state.node.actual is Actual.SERVING)
    pid = core.state.node.engine.pid
    assert pid is not None
    # The engine's own memory is nobody's business; then another program comes.
    gpus.value = (replace(CARD, processes=(GpuProcess(pid, 20_000),)),)
    await asyncio.sleep(0)
    began = time.monotonic()
    gpus.value = (replace(CARD, processes=(GpuProcess(pid, 20_000), GpuProcess(os.getpid(), 9_000))),)
    await until(lambda: not alive(pid))
    took = time.monotonic() - began
    assert took < 1.0, f"{took:.2f} s"
    await until(lambda: core.state.node.actual is Actual.SUSPENDED)
    assert reasons(core) == [SuspendReason.GPU_BUSY] and "9000 MB of A GPU" in core.state.node.reason
    gpus.value = (CARD,)
    await until(lambda: core.state.node.actual is Actual.SERVING)
    assert core.state.node.engine.restarts == 0, "yielding is no loss"


@posix_only
async def test_serving_anyway_holds_until_the_reason_is_over(make: Make, until: Until) -> None:
    idle = FixedSource(1.0)
    core = make(idle=idle)
    await core.start()
    core.policy.change(PolicySettings(idle=IdleRule(enabled=True)))
    await core.set_desired(Desired.SERVING)
    await until(lambda: reasons(core) == [SuspendReason.USER_ACTIVE])
    assert core.state.policy.overridable
    await core.serve_anyway()
    await until(lambda: core.state.node.actual is Actual.SERVING)
    assert [active.reason for active in core.state.policy.set_aside] == [SuspendReason.USER_ACTIVE]
    await core.keep_to_rules()
    await until(lambda: reasons(core) == [SuspendReason.USER_ACTIVE])
    await core.serve_anyway()
    await until(lambda: core.state.node.actual is Actual.SERVING)
    idle.value = 9999.0
    await until(lambda: not core.state.policy.set_aside)
    idle.value = 0.0
    await until(lambda: core.state.node.actual is Actual.SUSPENDED)


@posix_only
async def test_the_chosen_gpus_reach_the_engine_and_are_remembered(make: Make, until: Until) -> None:
    core = make()
    await core.start()
    with pytest.raises(ValueError):
        await core.choose_gpus(["GPU-1,GPU-2"])
    await core.choose_gpus(["GPU-00000000-0000-0000-0000-000000000001"])
    await core.set_desired(Desired.SERVING)
    await until(lambda: core.state.node.actual is Actual.SERVING)
    first = core.state.node.engine.pid
    assert first is not None
    environment = psutil.Process(first).environ()
    assert environment["CUDA_VISIBLE_DEVICES"] == "GPU-00000000-0000-0000-0000-000000000001"
    await core.choose_gpus([])
    await until(lambda: core.state.node.engine.pid not in (None, first))
    await until(lambda: core.state.node.actual is Actual.SERVING)
    assert core.state.gpu_choice == () and core.state.node.engine.restarts == 0


# --- the desk alone ------------------------------------------------------------------------------------------------


class HandEvents:
    unavailable: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.tell: TellEvent | None = None

    async def run(self, tell: TellEvent) -> None:
        self.tell = tell
        await asyncio.Event().wait()


class NotedDelay:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def hold(self) -> None:
        self.calls.append("hold")

    def release(self) -> None:
        self.calls.append("release")


@dataclass
class Desk:
    desk: PolicyDesk
    clock: Any
    events: HandEvents
    settings: SettingsStore
    delay: NotedDelay
    told: list[PolicyReport] = field(default_factory=list)
    wakes: list[float] = field(default_factory=list)

    def names(self) -> list[SuspendReason]:
        return [active.reason for active in self.desk.reasons]


@pytest.fixture
async def one(tmp_path: Path, hand_clock: Any) -> AsyncIterator[Desk]:
    clock, events = hand_clock, HandEvents()
    store = SettingsStore(tmp_path / "settings.json", lambda text, level: None)
    made = Desk.__new__(Desk)
    told: list[PolicyReport] = []
    wakes: list[float] = []
    delay = NotedDelay()
    sources = replace(demo_policy_sources(), delay=delay, events=events, idle=FixedSource(Unavailable("No desktop.")))
    desk = PolicyDesk(store, sources, clock, told.append, woke=lambda: wakes.append(clock.now()))
    made.__init__(desk, clock, events, store, delay, told, wakes)  # type: ignore[misc]
    await desk.start()
    await clock.pass_time(0)
    yield made
    await desk.close()


async def test_a_card_that_the_node_does_not_use_may_be_used_by_others(one: Desk) -> None:
    other = GpuObservation("GPU-B", "Other", 99, 9000, "game")
    one.desk._gpus = (GpuObservation("GPU-A", "Mine", 40, 0), other)
    one.desk.use_gpu(True, True)
    assert set(one.names()) == {SuspendReason.TEMPERATURE, SuspendReason.GPU_BUSY}
    one.desk.use_gpu(False, True)
    assert one.desk._seen.gpus == ()
    one.desk.use_gpu(True, True, ("a",))
    assert [gpu.uuid for gpu in one.desk._seen.gpus] == ["GPU-A"]


async def test_sleep_is_heard_of_and_noticed(one: Desk) -> None:
    assert one.events.tell is not None
    await one.events.tell(SystemEvent.SLEEP)
    assert one.names() == [SuspendReason.SLEEP]
    # The signal of the end got lost; the clock tells.
    await one.clock.pass_time(SLEPT_S + 1)
    await one.clock.pass_time(6)
    assert one.names() == [] and len(one.wakes) == 1
    await one.events.tell(SystemEvent.SHUTDOWN)
    assert one.names() == [SuspendReason.SHUTDOWN]


@pytest.mark.parametrize("steps", range(8))
async def test_it_ends_at_whatever_moment_of_a_sleep_it_is_told_to(one: Desk, until: Until, steps: int) -> None:
    assert one.events.tell is not None
    await until(lambda: one.delay.calls == ["hold"])
    await one.events.tell(SystemEvent.SLEEP)
    for _ in range(steps):
        await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await one.desk.close()


async def test_a_sleep_waits_for_the_engine_and_for_nothing_else(one: Desk, until: Until) -> None:
    assert one.events.tell is not None
    delay = one.delay
    await until(lambda: delay.calls == ["hold"])
    one.desk.use_gpu(False, engine_lives=True)
    await one.events.tell(SystemEvent.SLEEP)
    await asyncio.sleep(0.3)
    assert delay.calls == ["hold"], "the engine still finishes its requests"
    one.desk.use_gpu(False, engine_lives=False)
    await until(lambda: delay.calls == ["hold", "release"])
    await one.events.tell(SystemEvent.WAKE)
    await until(lambda: delay.calls == ["hold", "release", "hold"])
    await one.events.tell(SystemEvent.SHUTDOWN)
    await until(lambda: delay.calls[3:] == ["release"])


async def test_a_snooze_ends_by_itself_and_is_written_down(one: Desk) -> None:
    one.desk.pause(PauseChoice.QUARTER_HOUR)
    kept = one.settings.current.pause
    assert kept is not None and kept.since == one.clock.now()
    assert one.told[-1].paused_until == one.clock.now() + 900
    for _ in range(45):
        await one.clock.pass_time(20)
    assert one.names() == [] and one.told[-1].paused is None
    assert one.settings.current.pause is None
    assert one.wakes == []


async def test_what_is_not_told_here_is_said_and_stops_nothing(one: Desk, until: Until) -> None:
    one.desk.change(PolicySettings(idle=IdleRule(enabled=True)))
    await one.clock.pass_time(3)
    await asyncio.sleep(0.05)
    await one.clock.pass_time(3)
    assert SourceState("idle", unavailable="No desktop.") in one.desk.report.sources and one.names() == []


async def test_what_the_network_costs_is_said_to_be_unknown_where_nobody_tells_it(one: Desk) -> None:
    one.desk.observe(gateway_remote=True, online=True, metered=None)
    assert SourceState("metered", unavailable=METERED_NOT_TOLD) in one.desk.report.sources
    one.desk.change(PolicySettings(metered=MeteredRule(enabled=False)))
    assert all(source.name != "metered" for source in one.desk.report.sources)


async def test_a_watch_knows_what_its_source_is_called(until: Until, hand_clock: Any) -> None:
    class Named(FixedSource[float]):
        name = "X11"

    source = Named(5.0)
    watch = SourceWatch("idle", source, hand_clock, lambda: 1.0, lambda: True, lambda value: None)
    running = asyncio.create_task(watch.run())
    await until(lambda: watch.told_by == "X11")
    source.value = Unavailable("Gone.")
    watch.hurry()
    await until(lambda: watch.unavailable == "Gone.")
    assert watch.told_by == ""
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_source_that_raises_is_unavailable_and_not_the_end(until: Until, hand_clock: Any) -> None:
    class Broken:
        def read(self) -> float:
            raise RuntimeError("secret detail")

        def close(self) -> None:
            return

    heard: list[float | None] = []
    watch = SourceWatch("broken", Broken(), hand_clock, lambda: 1.0, lambda: True, heard.append)
    running = asyncio.create_task(watch.run())
    await until(lambda: watch.unavailable)
    assert heard == [None] and watch.unavailable == "It could not be read (RuntimeError)."
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
def parent_and_child() -> Iterator[tuple[int, int]]:
    code = (
        "import subprocess,sys; p=subprocess.Popen([sys.executable,'-c','input()']); print(p.pid,flush=True); p.wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None and parent.stdin is not None
    yield parent.pid, int(parent.stdout.readline())
    parent.stdin.close()
    parent.wait(60)
    parent.stdout.close()


def test_the_engine_s_children_are_the_engine_s(parent_and_child: tuple[int, int]) -> None:
    parent, child = parent_and_child
    own: set[int] = {parent}
    foreign = ForeignUse(lambda: frozenset(own))
    nobody = 2**22 + 5
    use = replace(CARD, processes=(GpuProcess(child, 100), GpuProcess(os.getpid(), 70), GpuProcess(nobody, 9)))
    (seen,) = foreign.observations((use,))
    assert seen.foreign_memory_mb == 70 and "python" in seen.foreign_program.lower()
    unknown = replace(CARD, processes=(GpuProcess(child, None), GpuProcess(os.getpid(), None)))
    assert foreign.observations((unknown,))[0].foreign_memory_mb is None
    ours = replace(CARD, processes=(GpuProcess(child, None),))
    assert foreign.observations((ours,))[0].foreign_memory_mb == 0
    assert foreign.observations((replace(CARD, processes=None),))[0].foreign_memory_mb is None
