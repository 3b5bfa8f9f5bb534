"""A bundle is played in order over a demo whose node is off, and nothing in it can be steered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from r3mes_launcher.core.history.history_store import HistoryStore
from r3mes_launcher.core.history.timeline import Kind
from r3mes_launcher.core.policy.reasons import PauseChoice
from r3mes_launcher.core.recording.bundle_core import REFUSAL, BundleCore, bundle_start
from r3mes_launcher.core.recording.bundle_reader import Bundle, RecordedState
from r3mes_launcher.core.state import (
    Actual,
    ChatDelta,
    ChatTurn,
    Desired,
    DeviceChoice,
    Fault,
    GatewayKind,
    GatewayState,
    GpuReport,
    LauncherState,
    LogLevel,
    LogLine,
    NodeState,
)
from r3mes_launcher.ports.replay_clock import ReplayClock

T = 1_767_225_600.0
FAULT = Fault("no_usable_gpu", "No GPU.", "Buy one.")


def recorded(at: float, actual: Actual, **values: Any) -> RecordedState:
    node = NodeState(desired=Desired.SERVING, actual=actual, model="SmolLM2", **values)
    return RecordedState(at, node, GatewayState(url="https://gateway.example", mode="remote"))


BUNDLE = Bundle(
    name="b.zip",
    version="0.1.0",
    system="Linux",
    states=(
        recorded(T, Actual.STARTING),
        recorded(T + 60, Actual.SERVING),
        recorded(T + 600, Actual.FAULTED, fault=FAULT),
    ),
    lines=(
        LogLine(T + 1, "launcher", LogLevel.INFO, "first"),
        LogLine(T + 90, "engine", LogLevel.INFO, "Request a1: stop, 12 tokens in 400 ms."),
        LogLine(T + 601, "engine", LogLevel.ERROR, "last"),
    ),
    report=None,
)


class Inner:
    """The demo behind it."""

    def __init__(self) -> None:
        self.state = LauncherState(demo=True, models=("mock",))
        self.calls: list[str] = []
        self.listeners: list[Any] = []

    def subscribe(self, listener: Any) -> Callable[[], None]:
        listener.on_state(self.state)
        listener.on_gpus(GpuReport(1.0))
        listener.on_logs([LogLine(0, "gateway", LogLevel.INFO, "the demo's own")])
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    async def start(self) -> None:
        self.calls.append("start")

    async def close(self) -> None:
        self.calls.append("close")

    async def chat(self, turns: Sequence[ChatTurn], model: str = "") -> AsyncIterator[ChatDelta]:
        yield ChatDelta("hello", "stop", "mock")


@pytest.fixture
async def playing() -> AsyncIterator[tuple[BundleCore, Inner]]:
    # Ten minutes in half a second.
    clock, inner = ReplayClock(T, rate=1200.0, tick_s=0.02), Inner()
    core = BundleCore(inner, BUNDLE, clock, HistoryStore(None, lambda sentence, level: None, clock))  # type: ignore[arg-type]
    yield core, inner
    await core.close()
    assert inner.calls[-1] == "close"


async def test_it_plays_states_log_and_requests_in_order_and_stays_at_the_end(
    playing: tuple[BundleCore, Inner], listener: Callable[[], Any]
) -> None:
    core, inner = playing
    heard = listener()
    leave = core.subscribe(heard)
    await core.start()
    async with asyncio.timeout(60):
        while core.state.pace.rate or core.state.node.actual is not Actual.FAULTED:
            await asyncio.sleep(0.02)
    seen = list(dict.fromkeys(state.node.actual for state in heard.states))
    assert seen == [Actual.STARTING, Actual.SERVING, Actual.FAULTED]
    assert heard.lines == [line.text for line in BUNDLE.lines], "each once, and none of the demo's"
    assert [report.message for report in heard.reports] == ["A diagnostics bundle holds no readings of the GPUs."]
    last = heard.states[-1]
    assert last.bundle is not None and last.bundle.name == "b.zip" and last.demo and last.models == ("mock",)
    assert last.gateway.url == "https://gateway.example" and last.node.fault == FAULT
    assert last.pace.now(1e12) == BUNDLE.end, "time stands at the moment when the bundle was made"
    kinds = [stretch.kind for stretch in await core.history.timeline(T, BUNDLE.end)]
    assert kinds == [Kind.STARTING, Kind.WAITING, Kind.FAULT]
    assert [record.job for record in await core.history.requests()] == ["a1"]
    late = listener()
    core.subscribe(late)
    assert late.lines == heard.lines, "who comes later hears all of it"
    leave()
    assert len(inner.listeners) == 1


async def test_what_lies_before_the_last_hour_is_there_at_once(listener: Callable[[], Any]) -> None:
    old = tuple(recorded(T - 86_400 + hour * 3600, Actual.SERVING, total_requests=hour) for hour in range(20))
    line = LogLine(T - 80_000, "engine", LogLevel.INFO, "Request b2: stop, 7 tokens in 300 ms.")
    bundle = replace(BUNDLE, states=(*old, *BUNDLE.states), lines=(line, *BUNDLE.lines))
    clock = ReplayClock(bundle_start(bundle), rate=0.0, tick_s=0.02)
    core = BundleCore(Inner(), bundle, clock, HistoryStore(None, lambda sentence, level: None, clock))  # type: ignore[arg-type]
    heard = listener()
    core.subscribe(heard)
    assert heard.states[0].node.total_requests == 19, "the state of the moment at which it begins"
    await core.start()
    async with asyncio.timeout(60):
        while not heard.lines:
            await asyncio.sleep(0.02)
    assert heard.lines == [line.text]
    assert [record.job for record in await core.history.requests()] == ["b2"]
    begin = bundle_start(bundle)
    assert {part.kind for part in await core.history.timeline(begin - 36_000, begin)} >= {Kind.WAITING, Kind.ANSWERING}
    await core.close()


async def test_nothing_in_it_can_be_steered_and_the_chat_is_the_demos(playing: tuple[BundleCore, Inner]) -> None:
    core, _ = playing
    for intent in (
        core.set_desired(Desired.OFF),
        core.pause(PauseChoice.HOUR),
        core.resume(),
        core.serve_anyway(),
        core.cancel_provisioning(),
        core.retry(),
        core.choose_device(DeviceChoice.CPU),
        core.choose_gpus(()),
        core.choose_model("builtin"),
        core.choose_gateway(GatewayKind.LOCAL),
        core.bundle(),
        core.examine(),
    ):
        with pytest.raises(ValueError, match="recording") as refused:
            await intent
        assert str(refused.value) == REFUSAL
    assert [delta.text async for delta in core.chat((ChatTurn("user", "hi"),))] == ["hello"]


async def test_a_bundle_that_is_none_ends_the_start_with_its_sentence(tmp_path: Path) -> None:
    from r3mes_launcher.composition import CompositionOptions, compose
    from r3mes_launcher.core.interface import StartRefused

    (tmp_path / "no.zip").write_text("no")
    with pytest.raises(StartRefused, match="no diagnostics bundle"):
        compose(CompositionOptions(demo=True, bundle=tmp_path / "no.zip", home=tmp_path), {})
