"""What the tests of the core share: a supervisor on a fresh folder, an engine that behaves as told, and patience."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from r3mes_launcher.core.back_off import BackOff
from r3mes_launcher.core.child_environment import child_environment
from r3mes_launcher.core.child_process import ChildCommand
from r3mes_launcher.core.doctor.report import GpuFlaw
from r3mes_launcher.core.log_hub import LogHub
from r3mes_launcher.core.node_controller import NodeController
from r3mes_launcher.core.node_events import StopManner
from r3mes_launcher.core.node_machine_state import NodeMachineState
from r3mes_launcher.core.state import (
    Actual,
    DeviceChoice,
    Fault,
    GpuReport,
    LauncherState,
    LogLine,
    NodeState,
    Progress,
)
from r3mes_launcher.core.stop_ladder import StopAction, StopLadder, StopStep
from r3mes_launcher.core.supervisor import Supervisor
from r3mes_launcher.ports.engine_runtime import EngineWish, Prepared, Refused, RuntimeReport
from r3mes_launcher.ports.process_tree import system_process_trees

FAKE_ENGINE = Path(__file__).with_name("fake_engine.py")
PATIENCE_S = 60.0

Until = Callable[[Callable[[], object]], Awaitable[None]]


@pytest.fixture
def until() -> Until:
    """Waits for a condition and fails when it does not come true in time."""

    async def wait(condition: Callable[[], object], seconds: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not come true in time"
            await asyncio.sleep(0.01)

    return wait  # type: ignore[return-value]


@pytest.fixture
def alive() -> Callable[[int], bool]:
    def is_alive(pid: int) -> bool:
        try:
            return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    return is_alive


class Heard:
    """A subscriber that keeps what a core, or its board, has told it."""

    def __init__(self) -> None:
        self.states: list[LauncherState] = []
        self.reports: list[GpuReport] = []
        self.lines: list[str] = []

    def on_state(self, state: LauncherState) -> None:
        self.states.append(state)

    def on_gpus(self, report: GpuReport) -> None:
        self.reports.append(report)

    def on_logs(self, lines: Sequence[LogLine]) -> None:
        self.lines += [line.text for line in lines]


@pytest.fixture
def listener() -> type[Heard]:
    return Heard


class HandClock:
    """Time that moves when the test says so; the wall's and the monotonic clock together."""

    def __init__(self) -> None:
        self.at = 1_800_000_000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        sleeper = (self.at + seconds, asyncio.get_running_loop().create_future())
        self._sleepers.append(sleeper)
        try:
            await sleeper[1]
        finally:
            self._sleepers.remove(sleeper)

    @property
    def asleep(self) -> int:
        """How many wait for their time to come."""
        return sum(not woken.done() for _, woken in self._sleepers)

    def advance(self, seconds: float) -> None:
        self.at += seconds
        for until, woken in self._sleepers:
            if until <= self.at and not woken.done():
                woken.set_result(None)

    async def pass_time(self, seconds: float) -> None:
        """Advances, and lets those who wake do what they have to."""
        self.advance(seconds)
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture
def hand_clock() -> HandClock:
    return HandClock()


@pytest.fixture
def logs() -> LogHub:
    return LogHub()


@pytest.fixture
async def supervisor(tmp_path: Path, logs: LogHub) -> AsyncIterator[Supervisor]:
    records = tmp_path / "running"
    records.mkdir()
    made = Supervisor(records, system_process_trees(), dict(os.environ), logs)
    yield made
    await made.close()


@dataclass
class FakeRuntime:
    """Engines that behave as the words of their turn say; the last turn's words are kept."""

    folder: Path
    turns: list[tuple[str, ...]] = field(default_factory=lambda: [()])
    present: bool = True
    refusal: Refused | None = None
    wishes: list[EngineWish] = field(default_factory=list)
    provisioning: Callable[[Callable[[Progress], None]], Awaitable[None]] | None = None

    async def find(self) -> RuntimeReport:
        return RuntimeReport(self.present, 0 if self.present else 500_000_000)

    async def provision(self, tell: Callable[[Progress], None]) -> None:
        assert self.provisioning is not None
        await self.provisioning(tell)

    async def prepare(self, wish: EngineWish) -> Prepared | Refused:
        self.wishes.append(wish)
        if self.refusal is not None:
            return self.refusal
        words = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        return Prepared(engine_command(self.folder, words))


def engine_command(folder: Path, words: tuple[str, ...]) -> ChildCommand:
    return ChildCommand((sys.executable, str(FAKE_ENGINE), *words), folder, child_environment(os.environ))


@pytest.fixture
def fake_command(tmp_path: Path) -> Callable[..., ChildCommand]:
    return lambda *words: engine_command(tmp_path, words)


@pytest.fixture
def runtime(tmp_path: Path) -> FakeRuntime:
    return FakeRuntime(tmp_path)


def _step(action: StopAction, wait_s: float) -> StopStep:
    return StopStep(action, wait_s)


# As the real ones, with less patience.
_FORCE = (_step(StopAction.TERMINATE, 0.5), _step(StopAction.KILL, 5.0))
QUICK_LADDERS: dict[StopManner, StopLadder] = {
    StopManner.DRAIN: (_step(StopAction.DRAIN, 1.0), _step(StopAction.STOP, 1.0), *_FORCE),
    StopManner.CLOSE: (_step(StopAction.DRAIN, 0.5), _step(StopAction.STOP, 0.5), *_FORCE),
    StopManner.STOP: (_step(StopAction.STOP, 0.5), *_FORCE),
    StopManner.FORCE: _FORCE,
    StopManner.YIELD: (_step(StopAction.STOP, 0.3), _step(StopAction.KILL, 5.0)),
}


@dataclass
class Watched:
    """A node controller and every state that it told."""

    node: NodeController
    told: list[NodeState]
    gpus: dict[str, GpuFlaw | None]
    """What engines found of cards, by UUID."""

    @property
    def state(self) -> NodeState:
        return self.told[-1]

    @property
    def path(self) -> list[Actual]:
        """The states in order, each once as long as it lasted."""
        path: list[Actual] = []
        for state in self.told:
            if not path or path[-1] is not state.actual:
                path.append(state.actual)
        return path


@pytest.fixture
async def watched(runtime: FakeRuntime, supervisor: Supervisor, logs: LogHub) -> AsyncIterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def make(obstacle: Callable[[DeviceChoice], Fault | None] = lambda device: None, **machine: object) -> Watched:
        told: list[NodeState] = []
        gpus: dict[str, GpuFlaw | None] = {}
        quick: dict[str, object] = {"back_off": BackOff(unit_s=0.05), **machine}
        state = NodeMachineState(**quick)  # type: ignore[arg-type]
        node = NodeController(
            state,
            runtime,
            supervisor,
            logs,
            "builtin",
            told.append,
            chance=lambda: 0.5,
            ladders=QUICK_LADDERS,
            obstacle=obstacle,
            check_s=0.05,
            tell_gpu=gpus.__setitem__,
        )
        node.use_gateway("http://127.0.0.1:1")
        made.append(Watched(node, told, gpus))
        return made[-1]

    yield make
    for one in made:
        await one.node.close()
