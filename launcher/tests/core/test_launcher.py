"""The whole core as a front end sees it: the demo, the wish that survives, the gateway that is changed."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from r3mes_launcher.composition import CompositionOptions, compose
from r3mes_launcher.core.back_off import BackOff
from r3mes_launcher.core.data_folder import DataFolder
from r3mes_launcher.core.history.timeline import Kind
from r3mes_launcher.core.interface import ChatError, Core, StartRefused
from r3mes_launcher.core.launcher import LauncherCore
from r3mes_launcher.core.state import (
    Actual,
    ChatTurn,
    Desired,
    DeviceChoice,
    GatewayKind,
    GpuReport,
    LauncherState,
    LogLine,
)
from r3mes_launcher.core.status_file import running_launcher

Until = Callable[..., Awaitable[None]]
QUICK = BackOff(unit_s=0.05)
HELLO = (ChatTurn("user", "hello"),)


class Listener:
    def __init__(self) -> None:
        self.states: list[LauncherState] = []
        self.reports: list[GpuReport] = []
        self.lines: list[LogLine] = []

    def on_state(self, state: LauncherState) -> None:
        self.states.append(state)

    def on_gpus(self, report: GpuReport) -> None:
        self.reports.append(report)

    def on_logs(self, lines: Sequence[LogLine]) -> None:
        self.lines += lines


@pytest.fixture
async def made() -> AsyncIterator[list[LauncherCore]]:
    cores: list[LauncherCore] = []
    yield cores
    for core in cores:
        await core.close()


@pytest.fixture
def make(made: list[LauncherCore], tmp_path: Path) -> Callable[..., LauncherCore]:
    def compose_core(environ: dict[str, str] | None = None, **options: object) -> LauncherCore:
        whole = CompositionOptions(home=tmp_path, back_off=QUICK, **options)  # type: ignore[arg-type]
        core = compose(whole, {**os.environ, **(environ or {})})
        made.append(core)
        return core

    return compose_core


@pytest.fixture
def engine_python(tmp_path: Path) -> dict[str, str]:
    """An interpreter that runs the fake engine, whatever it is told to run."""
    script = tmp_path / "engine-python"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("fake_engine.py")}"\n')
    script.chmod(0o700)
    return {"R3MES_ENGINE_PYTHON": str(script)}


async def words(core: Core) -> list[str]:
    return [delta.text async for delta in core.chat(HELLO) if delta.text]


async def test_the_demo_chats_and_serves_and_leaves_nothing(
    make: Callable[..., LauncherCore], until: Until, tmp_path: Path, alive: Callable[[int], bool]
) -> None:
    core, listener = make(demo=True), Listener()
    core.subscribe(listener)
    assert listener.states[0].demo
    await core.start()
    assert len(await words(core)) > 5
    assert core.state.models and core.state.gateway.mode == "mock"
    await core.set_desired(Desired.SERVING)
    await until(lambda: core.state.node.actual is Actual.SERVING)
    assert "Demo GPU" in core.state.node.device and core.state.node.engine.pid is not None
    async with asyncio.timeout(30):
        while not (requests := await core.history.requests()):
            await asyncio.sleep(0.2)
    assert requests[0].model == "demo-8b-instruct" and requests[0].duration_ms > 0
    now = core.state.pace.now(time.time())
    told = await core.history.timeline(now - 86_400, now)
    assert {part.kind for part in told} >= {Kind.RECOVERING, Kind.OFF, Kind.STARTING, Kind.ANSWERING}
    assert Kind.UNKNOWN not in {part.kind for part in told}, "it opens with a past"
    folder = DataFolder.under(tmp_path, True)
    await until(lambda: (running := running_launcher(folder)) and running.status["node"]["actual"] == "serving")
    assert [path.name for path in tmp_path.iterdir()] == ["demo"], "the demo touches nothing but its own folder"
    assert stat.S_IMODE(folder.root.stat().st_mode) == 0o700
    pids = [core.state.node.engine.pid, core.state.gateway.process.pid]
    await core.close()
    await core.close()
    assert not any(alive(pid) for pid in pids if pid)
    assert running_launcher(folder) is None
    assert listener.states[-1].node.actual is Actual.STOPPED
    assert {line.source for line in listener.lines} == {"launcher", "engine", "gateway"}


async def test_the_wish_survives_a_restart(make: Callable[..., LauncherCore], until: Until) -> None:
    first = make(demo=True)
    await first.start()
    await first.set_desired(Desired.SERVING)
    await first.close()
    second = make(demo=True)
    await second.start()
    await until(lambda: second.state.node.actual is Actual.SERVING)
    await second.set_desired(Desired.OFF)
    await until(lambda: second.state.node.actual is Actual.STOPPED)


async def test_serving_for_one_run_is_not_remembered(make: Callable[..., LauncherCore], until: Until) -> None:
    first = make(demo=True, serve=True)
    await first.start()
    await until(lambda: first.state.node.actual is Actual.SERVING)
    await first.close()
    second = make(demo=True)
    await second.start()
    await until(lambda: second.state.node.actual is Actual.STOPPED)
    assert second.state.node.desired is Desired.OFF


async def test_a_second_launcher_is_refused(make: Callable[..., LauncherCore]) -> None:
    first, second = make(demo=True), make(demo=True)
    await first.start()
    with pytest.raises(StartRefused, match="Another R3MES launcher"):
        await second.start()
    await second.close()
    assert await words(first), "the first one is not disturbed"


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in interpreter is a shell script")
async def test_a_killed_engine_and_a_killed_gateway_come_back(
    make: Callable[..., LauncherCore], until: Until, engine_python: dict[str, str]
) -> None:
    core = make(engine_python)
    await core.start()
    await core.set_desired(Desired.SERVING)
    await until(lambda: core.state.node.actual is Actual.SERVING)
    assert core.state.gateway.mode == "remote"
    engine, gateway = core.state.node.engine.pid, core.state.gateway.process.pid
    url = core.state.gateway.url
    assert engine is not None and gateway is not None
    os.kill(engine, signal.SIGKILL)
    await until(lambda: core.state.node.actual is Actual.SERVING and core.state.node.engine.pid not in (engine, None))
    assert "SIGKILL" in core.state.node.engine.last_exit
    os.kill(gateway, signal.SIGKILL)
    await until(lambda: core.state.gateway.process.pid not in (gateway, None) and core.state.gateway.reachable)
    assert core.state.gateway.url == url
    with pytest.raises(ChatError, match=r"No (node|model)"):
        await words(core)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in interpreter is a shell script")
async def test_the_gateway_is_changed_and_changed_back(
    make: Callable[..., LauncherCore], until: Until, engine_python: dict[str, str]
) -> None:
    core = make(engine_python)
    await core.start()
    await core.set_desired(Desired.SERVING)
    await until(lambda: core.state.node.actual is Actual.SERVING)
    first = core.state.node.engine.pid
    with pytest.raises(ValueError, match="https"):
        await core.choose_gateway(GatewayKind.REMOTE, "nonsense")
    await core.choose_gateway(GatewayKind.REMOTE, "http://127.0.0.1:9/path")
    assert (core.state.gateway.kind, core.state.gateway.url) == (GatewayKind.REMOTE, "http://127.0.0.1:9")
    assert core.state.gateway.process.pid is None
    await until(lambda: core.state.node.actual is Actual.SERVING and core.state.node.engine.pid not in (first, None))
    await until(lambda: "out of reach" in core.state.gateway.message)
    with pytest.raises(ChatError, match="out of reach"):
        await words(core)
    await core.choose_gateway(GatewayKind.LOCAL)
    await until(lambda: core.state.gateway.reachable)
    assert core.state.gateway.kind is GatewayKind.LOCAL


async def test_a_model_that_is_not_there_is_a_fault_and_another_one_works(
    make: Callable[..., LauncherCore], until: Until, engine_python: dict[str, str], tmp_path: Path
) -> None:
    core = make(engine_python)
    await core.start()
    with pytest.raises(ValueError, match="Choose a model"):
        await core.choose_model("  ")
    await core.choose_model(str(tmp_path / "no-model"))
    await core.set_desired(Desired.SERVING)
    await until(lambda: core.state.node.actual is Actual.FAULTED)
    assert core.state.node.fault is not None and "no-model" in core.state.node.fault.message
    await core.choose_device(DeviceChoice.CPU)
    await core.choose_model("builtin")
    await core.retry()
    await until(lambda: core.state.node.actual is Actual.SERVING)
    assert core.state.device_choice is DeviceChoice.CPU


async def test_wishes_before_the_start_wait_for_it(make: Callable[..., LauncherCore], until: Until) -> None:
    core = make(demo=True)
    wish = asyncio.create_task(core.set_desired(Desired.SERVING))
    await asyncio.sleep(0)
    await core.start()
    await wish
    await until(lambda: core.state.node.actual is Actual.SERVING)


async def test_closing_in_the_middle_of_everything_leaves_nothing(make: Callable[..., LauncherCore]) -> None:
    core = make(demo=True, serve=True)
    starting = asyncio.create_task(core.start())
    await asyncio.sleep(0.05)
    await asyncio.gather(starting, return_exceptions=True)
    await core.close()
