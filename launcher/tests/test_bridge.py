"""The bridge with a real asyncio thread behind it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from r3mes_launcher.bridge import LOG_BACKLOG, Bridge, LogBatch
from r3mes_launcher.core.interface import StartRefused
from r3mes_launcher.core.state import (
    ChatTurn,
    Desired,
    DeviceChoice,
    GatewayKind,
    GpuReport,
    LauncherState,
    LogLevel,
    LogLine,
)
from r3mes_launcher.ui.current_bridge import CurrentBridge

PATIENCE_MS = 60_000


class Heard:
    """Everything that a bridge tells, in order."""

    def __init__(self, bridge: Bridge) -> None:
        self.states: list[LauncherState] = []
        self.reports: list[GpuReport] = []
        self.batches: list[LogBatch] = []
        self.sentences: list[str] = []
        self.crashes: list[str] = []
        self.ended = 0
        bridge.state_changed.connect(self.states.append)
        bridge.gpus_changed.connect(self.reports.append)
        bridge.logs_arrived.connect(self.batches.append)
        bridge.failed.connect(self.sentences.append)
        bridge.crashed.connect(self.crashes.append)
        bridge.ended.connect(self._on_ended)

    def _on_ended(self) -> None:
        self.ended += 1

    @property
    def texts(self) -> list[str]:
        return [line.text for batch in self.batches for line in batch.lines]


@pytest.fixture
def open_bridge(qtbot: QtBot) -> Iterator[Callable[..., tuple[Bridge, Heard]]]:
    made: list[tuple[Bridge, Heard]] = []

    def make(factory: Callable[[], Any], start: bool = True) -> tuple[Bridge, Heard]:
        bridge = Bridge(factory)
        heard = Heard(bridge)
        made.append((bridge, heard))
        if start:
            bridge.start()
        return bridge, heard

    yield make
    for bridge, heard in made:
        was_running = bridge.running
        bridge.close()
        if was_running:
            qtbot.waitUntil(lambda heard=heard: heard.ended == 1, timeout=PATIENCE_MS)
        assert bridge.join(60)
        bridge.deleteLater()


def intents(bridge: Bridge) -> CurrentBridge:
    return CurrentBridge(bridge, lambda demo: None)


def test_the_core_is_made_and_runs_on_its_own_thread(open_bridge: Any, fake_core: Any, qtbot: QtBot) -> None:
    made_on: list[str] = []

    def factory() -> Any:
        made_on.append(threading.current_thread().name)
        return fake_core

    _, heard = open_bridge(factory)
    qtbot.waitUntil(lambda: bool(heard.states), timeout=PATIENCE_MS)
    assert made_on == ["r3mes-core"]
    assert fake_core.started.wait(60)
    assert fake_core.thread == "r3mes-core"


def test_signals_arrive_on_the_gui_thread(open_bridge: Any, fake_core: Any, qtbot: QtBot, qapp: Any) -> None:
    bridge, _ = open_bridge(lambda: fake_core)
    threads: list[bool] = []
    bridge.state_changed.connect(lambda _: threads.append(QThread.currentThread() is qapp.thread()))
    qtbot.waitUntil(lambda: bool(threads), timeout=PATIENCE_MS)
    assert threads == [True]


def test_states_are_coalesced_to_ten_a_second_and_the_newest_wins(
    open_bridge: Any, fake_core: Any, qtbot: QtBot
) -> None:
    _, heard = open_bridge(lambda: fake_core)
    assert fake_core.started.wait(60)
    began = time.monotonic()
    stop = threading.Event()
    last = replace(LauncherState(), models=("last",))

    def flood() -> None:
        number = 0
        while not stop.is_set():
            fake_core.show(replace(LauncherState(), models=(str(number),)))
            number += 1
            time.sleep(0.0005)
        fake_core.show(last)

    flooding = threading.Thread(target=flood)
    flooding.start()
    qtbot.wait(700)
    stop.set()
    flooding.join()
    qtbot.waitUntil(lambda: bool(heard.states) and heard.states[-1] == last, timeout=PATIENCE_MS)
    took = time.monotonic() - began
    assert 3 <= len(heard.states) <= took * 10 + 2


def test_every_gpu_report_and_every_line_arrives_in_order(open_bridge: Any, fake_core: Any, qtbot: QtBot) -> None:
    _, heard = open_bridge(lambda: fake_core)
    assert fake_core.started.wait(60)
    for number in range(300):
        fake_core.report(GpuReport(at=float(number)))
        fake_core.log([LogLine(0, "engine", LogLevel.INFO, f"{number}.{part}") for part in range(3)])
    qtbot.waitUntil(lambda: len(heard.reports) == 300 and len(heard.texts) == 900, timeout=PATIENCE_MS)
    assert [report.at for report in heard.reports] == [float(number) for number in range(300)]
    assert heard.texts == [f"{number}.{part}" for number in range(300) for part in range(3)]
    assert len(heard.batches) < 100, "lines come in batches"


def test_a_flood_while_the_window_is_busy_is_bounded_and_counted(
    open_bridge: Any, fake_core: Any, qtbot: QtBot
) -> None:
    _, heard = open_bridge(lambda: fake_core)
    assert fake_core.started.wait(60)
    qtbot.waitUntil(lambda: bool(heard.states), timeout=PATIENCE_MS)
    line = LogLine(0, "engine", LogLevel.INFO, "x")
    # The GUI thread is busy here, so nothing is taken away meanwhile.
    for _ in range(6):
        fake_core.log([line] * (LOG_BACKLOG // 5))
    qtbot.waitUntil(lambda: bool(heard.batches), timeout=PATIENCE_MS)
    assert sum(len(batch.lines) for batch in heard.batches) == LOG_BACKLOG
    assert sum(batch.dropped for batch in heard.batches) == LOG_BACKLOG // 5


def test_intents_reach_the_core_in_order(open_bridge: Any, fake_core: Any, qtbot: QtBot) -> None:
    bridge, _ = open_bridge(lambda: fake_core)
    answers: list[str] = []
    intents(bridge).set_desired(Desired.SERVING)
    intents(bridge).retry()
    intents(bridge).choose_device(DeviceChoice.CPU)
    intents(bridge).cancel_provisioning()
    intents(bridge).serve_on_cpu()
    intents(bridge).choose_model("/models/a", lambda: answers.append("model"), answers.append)
    intents(bridge).choose_gateway(GatewayKind.REMOTE, "https://g", lambda: answers.append("gateway"), answers.append)
    qtbot.waitUntil(lambda: len(answers) == 2, timeout=PATIENCE_MS)
    assert answers == ["model", "gateway"]
    assert fake_core.calls == [
        ("set_desired", Desired.SERVING),
        ("retry",),
        ("choose_device", DeviceChoice.CPU),
        ("cancel_provisioning",),
        ("choose_device", DeviceChoice.CPU),
        ("retry",),
        ("choose_model", "/models/a"),
        ("choose_gateway", GatewayKind.REMOTE, "https://g"),
    ]


def test_a_refused_wish_is_a_sentence_for_whoever_asked(open_bridge: Any, fake_core: Any, qtbot: QtBot) -> None:
    bridge, heard = open_bridge(lambda: fake_core)
    fake_core.refuse = ValueError("This is no address.")
    problems: list[str] = []
    intents(bridge).choose_gateway(GatewayKind.REMOTE, "x", lambda: problems.append("done"), problems.append)
    qtbot.waitUntil(lambda: bool(problems), timeout=PATIENCE_MS)
    assert problems == ["This is no address."]
    fake_core.refuse = RuntimeError("boom")
    intents(bridge).retry()
    qtbot.waitUntil(lambda: bool(heard.sentences), timeout=PATIENCE_MS)
    assert heard.sentences == ["That did not work (RuntimeError: boom)."]


def test_wishes_before_the_start_wait_for_the_core(open_bridge: Any, fake_core: Any, qtbot: QtBot) -> None:
    bridge, _ = open_bridge(lambda: fake_core, start=False)
    intents(bridge).set_desired(Desired.SERVING)
    bridge.start()
    qtbot.waitUntil(lambda: bool(fake_core.calls), timeout=PATIENCE_MS)
    assert fake_core.calls == [("set_desired", Desired.SERVING)]


def test_a_bridge_that_was_never_started_closes(open_bridge: Any, fake_core: Any, qtbot: QtBot) -> None:
    bridge, heard = open_bridge(lambda: fake_core, start=False)
    bridge.close()
    assert bridge.join(1)
    intents(bridge).retry()
    qtbot.waitUntil(lambda: bool(heard.sentences), timeout=PATIENCE_MS)
    assert heard.sentences == ["The launcher's core has ended."]
    assert fake_core.calls == []


def test_files_are_written_off_the_gui_thread(
    open_bridge: Any, fake_core: Any, qtbot: QtBot, tmp_path: Path, input_output_guard: Any
) -> None:
    bridge, _ = open_bridge(lambda: fake_core)
    said: list[str] = []
    with input_output_guard.on():
        intents(bridge).write_file(tmp_path / "log.txt", "straße\n", lambda: said.append("done"), said.append)
        qtbot.waitUntil(lambda: bool(said), timeout=PATIENCE_MS)
    assert said == ["done"]
    assert (tmp_path / "log.txt").read_text("utf-8") == "straße\n"
    intents(bridge).write_file(tmp_path / "missing" / "log.txt", "x", lambda: said.append("done"), said.append)
    qtbot.waitUntil(lambda: len(said) == 2, timeout=PATIENCE_MS)
    assert "No such file" in said[1]


# Chat.


class Answer:
    def __init__(self, stream: Any) -> None:
        self.text = ""
        self.pieces = 0
        self.ends: list[tuple[str, ...]] = []
        stream.arrived.connect(self._on_arrived)
        stream.finished.connect(lambda reason, model: self.ends.append(("finished", reason, model)))
        stream.failed.connect(lambda sentence: self.ends.append(("failed", sentence)))

    def _on_arrived(self, text: str) -> None:
        assert not self.ends, "no words after the end"
        self.text += text
        self.pieces += 1


def test_an_answer_streams_and_ends_once(open_bridge: Any, fake_core: Any, qtbot: QtBot) -> None:
    bridge, _ = open_bridge(lambda: fake_core)
    assert fake_core.started.wait(60)
    answer = Answer(bridge.chat([ChatTurn("user", "Hello?")], "small"))
    fake_core.say("Once", model="small-1")
    qtbot.waitUntil(lambda: answer.text == "Once", timeout=PATIENCE_MS)
    fake_core.say(" upon")
    qtbot.waitUntil(lambda: answer.text == "Once upon", timeout=PATIENCE_MS)
    for _ in range(200):
        fake_core.say(" a")
    fake_core.say(finish_reason="length")
    qtbot.waitUntil(lambda: bool(answer.ends), timeout=PATIENCE_MS)
    assert answer.text == "Once upon" + " a" * 200
    assert answer.pieces < 60, "words that come together are shown together"
    assert answer.ends == [("finished", "length", "small-1")]
    assert fake_core.asked == [((ChatTurn("user", "Hello?"),), "small")]
    qtbot.waitUntil(lambda: fake_core.chats_closed == 1, timeout=PATIENCE_MS)


def test_stop_is_instant_and_closes_the_generation(open_bridge: Any, fake_core: Any, qtbot: QtBot) -> None:
    bridge, _ = open_bridge(lambda: fake_core)
    assert fake_core.started.wait(60)
    stream = bridge.chat([ChatTurn("user", "Hello?")])
    answer = Answer(stream)
    fake_core.say("Once")
    qtbot.waitUntil(lambda: answer.text == "Once", timeout=PATIENCE_MS)
    stream.stop()
    stream.stop()
    fake_core.say(" more")
    qtbot.waitUntil(lambda: fake_core.chats_closed == 1 and bool(answer.ends), timeout=PATIENCE_MS)
    assert answer.text == "Once"
    assert [end[:2] for end in answer.ends] == [("finished", "stopped")]


def test_a_chat_error_is_a_sentence(open_bridge: Any, fake_core: Any, qtbot: QtBot) -> None:
    bridge, _ = open_bridge(lambda: fake_core)
    assert fake_core.started.wait(60)
    answer = Answer(bridge.chat([ChatTurn("user", "Hello?")]))
    fake_core.say("Half")
    fake_core.break_chat("The node went away.")
    qtbot.waitUntil(lambda: bool(answer.ends), timeout=PATIENCE_MS)
    assert answer.text == "Half"
    assert answer.ends == [("failed", "The node went away.")]


def test_closing_stops_answers_before_the_core(open_bridge: Any, fake_core: Any, qtbot: QtBot) -> None:
    bridge, heard = open_bridge(lambda: fake_core)
    assert fake_core.started.wait(60)
    answer = Answer(bridge.chat([ChatTurn("user", "Hello?")]))
    fake_core.say("Once")
    qtbot.waitUntil(lambda: answer.text == "Once", timeout=PATIENCE_MS)
    bridge.close()
    qtbot.waitUntil(lambda: heard.ended == 1 and bool(answer.ends), timeout=PATIENCE_MS)
    assert [end[:2] for end in answer.ends] == [("finished", "stopped")]
    assert fake_core.chats_closed == 1
    late = Answer(bridge.chat([ChatTurn("user", "Still there?")]))
    qtbot.waitUntil(lambda: bool(late.ends), timeout=PATIENCE_MS)
    assert late.ends == [("failed", "The launcher's core has ended.")]


# The end.


def test_closing_drains_the_core_and_ends_the_thread(open_bridge: Any, make_fake_core: Any, qtbot: QtBot) -> None:
    core = make_fake_core(close_gate=threading.Event())
    bridge, heard = open_bridge(lambda: core)
    assert core.started.wait(60)
    bridge.close()
    bridge.close()
    qtbot.waitUntil(lambda: core.closed == 1, timeout=PATIENCE_MS)
    draining = replace(LauncherState(), models=("draining",))
    core.show(draining)
    qtbot.waitUntil(lambda: bool(heard.states) and heard.states[-1] == draining, timeout=PATIENCE_MS)
    assert heard.ended == 0, "the window still hears what the core does while it drains"
    core.close_gate.set()
    qtbot.waitUntil(lambda: heard.ended == 1, timeout=PATIENCE_MS)
    assert bridge.join(60)
    assert core.listeners == []
    assert not bridge.running


@pytest.mark.parametrize("where", ["factory", "start"])
def test_a_crash_of_the_core_is_a_sentence_and_a_traceback_in_the_log(
    where: str, open_bridge: Any, make_fake_core: Any, qtbot: QtBot
) -> None:
    core = make_fake_core(fail_start=RuntimeError("the sky fell") if where == "start" else None)

    def factory() -> Any:
        if where == "factory":
            raise RuntimeError("the sky fell")
        return core

    bridge, heard = open_bridge(factory)
    qtbot.waitUntil(lambda: heard.ended == 1, timeout=PATIENCE_MS)
    assert heard.crashes == ["The launcher's core stopped unexpectedly (RuntimeError: the sky fell)."]
    assert any("Traceback" in text for text in heard.texts)
    assert core.closed == (1 if where == "start" else 0)
    intents(bridge).retry()
    qtbot.waitUntil(lambda: bool(heard.sentences), timeout=PATIENCE_MS)


def test_a_refused_start_says_only_its_sentence(open_bridge: Any, make_fake_core: Any, qtbot: QtBot) -> None:
    core = make_fake_core(fail_start=StartRefused("Another launcher uses this folder."))
    _, heard = open_bridge(lambda: core)
    qtbot.waitUntil(lambda: heard.ended == 1, timeout=PATIENCE_MS)
    assert heard.crashes == ["Another launcher uses this folder."]
    assert heard.texts == []


def test_an_error_nobody_waits_for_reaches_the_log(open_bridge: Any, fake_core: Any, qtbot: QtBot) -> None:
    bridge, heard = open_bridge(lambda: fake_core)
    assert fake_core.started.wait(60)

    def explode() -> None:
        raise RuntimeError("in a callback")

    fake_core.loop.call_soon_threadsafe(explode)
    qtbot.waitUntil(lambda: any("in a callback" in text for text in heard.texts), timeout=PATIENCE_MS)
    assert heard.crashes == []
    assert bridge.running
