"""The whole window with a played core behind it: start, demo, crash, close, second start."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

import r3mes_launcher.__main__ as entry
from r3mes_launcher.app import WINDOW_KEPT_MS, App
from r3mes_launcher.core.state import (
    Actual,
    Desired,
    GpuDriver,
    GpuReport,
    GpuSample,
    LauncherState,
    LogLevel,
    LogLine,
    NodeState,
)
from r3mes_launcher.ui.pages import CHAT, GPUS, HOME, LOGS
from r3mes_launcher.ui.preferences import CloseAction, PreferenceFile, Preferences
from r3mes_launcher.ui.signal_watcher import SignalWatcher
from r3mes_launcher.ui.single_instance import SingleInstance, instance_name

PATIENCE_MS = 60_000
SERVING = NodeState(desired=Desired.SERVING, actual=Actual.SERVING, active_requests=2)


class Stage:
    """An App with played cores: one for the real launcher, one for the demo."""

    def __init__(self, app: App, cores: dict[bool, Any], made: list[bool], finished: list[bool]) -> None:
        self.app = app
        self.cores = cores
        self.made = made
        self.finished = finished

    @property
    def window(self) -> Any:
        return self.app.window

    def dialog(self) -> QMessageBox | None:
        return self.app._question

    def answer(self, text: str) -> None:
        box = self.dialog()
        assert box is not None
        next(button for button in box.buttons() if button.text() == text).click()


@pytest.fixture
def open_app(
    qtbot: QtBot, qapp: QApplication, theme: Any, make_fake_core: Any, ready_state: LauncherState, tmp_path: Path
) -> Iterator[Callable[..., Stage]]:
    stages: list[Stage] = []

    def make(demo: bool = False, real: Any = None, preferences: Preferences | None = None) -> Stage:
        cores = {False: real or make_fake_core(ready_state), True: make_fake_core(replace(ready_state, demo=True))}
        made: list[bool] = []

        def compose(demo: bool) -> Any:
            made.append(demo)
            return cores[demo]

        file = PreferenceFile(tmp_path / "window.json")
        if preferences is not None:
            file.save(preferences)
        app = App(qapp, theme, compose, file, demo)
        finished: list[bool] = []
        app.finished.connect(lambda: finished.append(True))
        stage = Stage(app, cores, made, finished)
        stages.append(stage)
        app.start()
        qtbot.waitUntil(lambda: bool(made), timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: app.window.content.state == cores[made[0]].state, timeout=PATIENCE_MS)
        return stage

    yield make
    for stage in stages:
        if (box := stage.dialog()) is not None:
            box.reject()
        stage.app.quit()
        qtbot.waitUntil(lambda stage=stage: stage.finished == [True], timeout=PATIENCE_MS)
        stage.app.window.deleteLater()
        stage.app.tray.menu.deleteLater()
        stage.app.deleteLater()


def test_the_window_is_painted_before_the_core_is_made(
    qtbot: QtBot, qapp: QApplication, theme: Any, fake_core: Any, tmp_path: Path
) -> None:
    order: list[str] = []

    def compose(_: bool) -> Any:
        order.append("core")
        return fake_core

    app = App(qapp, theme, compose, PreferenceFile(tmp_path / "window.json"))
    finished: list[bool] = []
    app.finished.connect(lambda: finished.append(True))
    app.window.first_painted.connect(lambda: order.append("paint"))
    app.start()
    qtbot.waitUntil(lambda: "core" in order, timeout=PATIENCE_MS)
    assert order == ["paint", "core"]
    app.quit()
    qtbot.waitUntil(lambda: bool(finished), timeout=PATIENCE_MS)
    assert fake_core.closed == 1
    app.window.deleteLater()
    app.tray.menu.deleteLater()
    app.deleteLater()


def test_state_reports_and_lines_reach_the_pages(open_app: Any, qtbot: QtBot) -> None:
    stage = open_app()
    core = stage.cores[False]
    core.show(replace(core.state, node=SERVING))
    core.report(GpuReport(1.0, GpuDriver.OK, gpus=(GpuSample("a", "Card"),)))
    core.log([LogLine(0, "engine", LogLevel.INFO, "hello")])
    window = stage.window
    qtbot.waitUntil(
        lambda: window.content.state.node == SERVING and len(window.pages.gpus.cards) == 1, timeout=PATIENCE_MS
    )
    qtbot.waitUntil(lambda: window.pages.logs._buffer.kept == 1, timeout=PATIENCE_MS)
    qtbot.mouseClick(window.pages.home.serving.switch, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: core.calls == [("set_desired", Desired.OFF)], timeout=PATIENCE_MS)


def test_a_prompt_typed_in_the_window_is_answered_word_by_word(open_app: Any, qtbot: QtBot) -> None:
    stage = open_app()
    core, page = stage.cores[False], stage.window.pages.chat
    stage.window.go_to(CHAT)
    qtbot.keyClicks(page.composer.field, "Tell me a story")
    qtbot.keyClick(page.composer.field, Qt.Key.Key_Return)
    grown: list[str] = []
    for word in ("Once", " upon", " a", " time"):
        core.say(word)
        grown.append((grown[-1] if grown else "") + word)
        qtbot.waitUntil(lambda: page.conversation.messages[-1].text == grown[-1], timeout=PATIENCE_MS)
    qtbot.keyClick(page.composer.field, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: core.chats_closed == 1, timeout=PATIENCE_MS)
    assert page.conversation.messages[-1].text == "Once upon a time"


def test_an_unexpected_failure_of_a_wish_is_shown(open_app: Any, qtbot: QtBot) -> None:
    stage = open_app()
    stage.cores[False].refuse = RuntimeError("boom")
    qtbot.mouseClick(stage.window.pages.home.serving.switch, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(stage.window.bars.problem.isVisible, timeout=PATIENCE_MS)
    assert "boom" in stage.window.bars.problem.sentence


# The demo.


def test_the_demo_opens_in_the_same_window_and_closes_again(open_app: Any, qtbot: QtBot) -> None:
    stage = open_app()
    window = stage.window
    stage.cores[False].log([LogLine(0, "engine", LogLevel.INFO, "real")])
    qtbot.waitUntil(lambda: window.pages.logs._buffer.kept == 1, timeout=PATIENCE_MS)
    qtbot.mouseClick(window.pages.home.try_demo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: stage.made == [False, True] and window.content.state.demo, timeout=PATIENCE_MS)
    assert stage.cores[False].closed == 1, "the real core is closed before the demo's starts"
    qtbot.waitUntil(window.bars.demo.isVisible, timeout=PATIENCE_MS)
    assert window.pages.logs._buffer.kept == 0, "nothing of the real launcher is left on view"
    assert window.windowTitle() == "R3MES demo"
    assert stage.window is window
    assert window.page == HOME
    qtbot.mouseClick(window.bars.demo.leave, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: stage.made == [False, True, False] and not window.content.state.demo, timeout=PATIENCE_MS)
    assert stage.cores[True].closed == 1
    qtbot.waitUntil(lambda: window.pages.home.serving.switch.isEnabled(), timeout=PATIENCE_MS)


def test_the_demo_asks_first_where_it_would_stop_the_serving(open_app: Any, qtbot: QtBot) -> None:
    stage = open_app()
    core = stage.cores[False]
    core.show(replace(core.state, node=SERVING))
    qtbot.waitUntil(lambda: stage.window.content.state.node == SERVING, timeout=PATIENCE_MS)
    stage.window.pages.home.try_demo.click()
    stage.answer("Cancel")
    assert stage.made == [False]
    stage.window.pages.home.try_demo.click()
    stage.answer("Open the demo")
    qtbot.waitUntil(lambda: stage.made == [False, True], timeout=PATIENCE_MS)


def test_wishes_during_the_change_are_not_lost_silently(open_app: Any, make_fake_core: Any, qtbot: QtBot) -> None:
    real = make_fake_core(close_gate=threading.Event())
    stage = open_app(real=real)
    stage.window.pages.home.try_demo.click()
    assert stage.window.bars.busy.isVisible()
    assert not stage.window.pages.home.serving.switch.isEnabled()
    stage.app.switch(True)
    stage.app.restart()
    real.close_gate.set()
    qtbot.waitUntil(lambda: stage.made == [False, True], timeout=PATIENCE_MS)
    assert not stage.window.bars.busy.isVisible()


def test_quitting_during_the_change_quits(open_app: Any, make_fake_core: Any, qtbot: QtBot) -> None:
    real = make_fake_core(close_gate=threading.Event())
    stage = open_app(real=real)
    stage.window.pages.home.try_demo.click()
    stage.app.quit()
    real.close_gate.set()
    qtbot.waitUntil(lambda: stage.finished == [True], timeout=PATIENCE_MS)
    assert stage.made == [False]


# A crash.


def test_a_crash_of_the_core_is_a_bar_with_a_way_on(open_app: Any, make_fake_core: Any, qtbot: QtBot) -> None:
    broken = make_fake_core(fail_start=RuntimeError("the sky fell"))
    stage = open_app(real=broken)
    qtbot.waitUntil(stage.window.bars.crash.isVisible, timeout=PATIENCE_MS)
    assert "the sky fell" in stage.window.bars.crash.sentence
    assert stage.finished == [], "the window stays"
    broken.fail_start = None
    qtbot.waitUntil(lambda: not stage.app.bridge.running, timeout=PATIENCE_MS)
    qtbot.mouseClick(stage.window.bars.restart, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: stage.made == [False, False], timeout=PATIENCE_MS)
    assert broken.started.wait(60)
    assert not stage.window.bars.crash.isVisible()


def test_quitting_after_a_crash(open_app: Any, make_fake_core: Any, qtbot: QtBot) -> None:
    stage = open_app(real=make_fake_core(fail_start=RuntimeError("x")))
    qtbot.waitUntil(lambda: not stage.app.bridge.running, timeout=PATIENCE_MS)
    stage.window.close()
    qtbot.waitUntil(lambda: stage.finished == [True], timeout=PATIENCE_MS)
    # The core's thread can be at its end before the window has heard of it.
    stage.app._on_ended()
    assert stage.finished == [True], "it finishes once"


# Closing.


def test_closing_without_a_tray_drains_and_ends(open_app: Any, make_fake_core: Any, qtbot: QtBot) -> None:
    core = make_fake_core(close_gate=threading.Event())
    stage = open_app(real=core)
    stage.window.close()
    qtbot.waitUntil(lambda: core.closed == 1, timeout=PATIENCE_MS)
    assert stage.window.isVisible(), "the window shows that it is finishing"
    assert stage.window.bars.busy.isVisible()
    stage.window.close()
    assert stage.finished == []
    core.close_gate.set()
    qtbot.waitUntil(lambda: stage.finished == [True], timeout=PATIENCE_MS)
    assert not stage.window.isVisible()
    assert not stage.app.bridge.running


def test_closing_while_serving_asks_and_says_what_stops(open_app: Any, qtbot: QtBot) -> None:
    stage = open_app()
    core = stage.cores[False]
    core.show(replace(core.state, node=SERVING))
    qtbot.waitUntil(lambda: stage.window.content.state.node == SERVING, timeout=PATIENCE_MS)
    stage.window.close()
    box = stage.dialog()
    assert box is not None
    assert "2 running requests" in box.informativeText()
    stage.window.close()
    assert stage.dialog() is box, "one question at a time"
    stage.answer("Cancel")
    assert stage.finished == []
    assert stage.window.isVisible()
    stage.window.close()
    stage.answer("Quit")
    qtbot.waitUntil(lambda: stage.finished == [True], timeout=PATIENCE_MS)


class PlayedTray:
    """A tray that is there, on a platform that has none."""

    available = True

    def __init__(self, tray: Any) -> None:
        self._tray = tray

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tray, name)


def test_the_first_close_with_a_tray_asks_once_and_remembers(open_app: Any, qtbot: QtBot, tmp_path: Path) -> None:
    stage = open_app()
    stage.app.tray = PlayedTray(stage.app.tray)
    stage.window.close()
    stage.answer("Cancel")
    assert stage.window.isVisible()
    stage.window.close()
    stage.answer("Keep running in the tray")
    assert not stage.window.isVisible()
    assert stage.finished == []
    stage.app.tray.open.trigger()
    assert stage.window.isVisible()
    stage.window.close()
    assert stage.dialog() is None, "asked only once"
    assert not stage.window.isVisible()
    stage.app._saver.join(10)
    assert json.loads((tmp_path / "window.json").read_text())["close"] == "tray"


def test_the_first_close_says_what_quitting_ends(open_app: Any, qtbot: QtBot) -> None:
    stage = open_app()
    stage.app.tray = PlayedTray(stage.app.tray)
    core = stage.cores[False]
    core.show(replace(core.state, node=SERVING))
    qtbot.waitUntil(lambda: stage.window.content.state.node == SERVING, timeout=PATIENCE_MS)
    assert stage.window.windowTitle() == "R3MES · Serving", "a taskbar shows no more"
    stage.window.close()
    assert stage.dialog() is not None
    assert stage.dialog().informativeText().endswith("Quitting ends the serving; running requests are finished first.")
    stage.answer("Cancel")


def test_a_remembered_quit_quits(open_app: Any, qtbot: QtBot) -> None:
    stage = open_app(preferences=Preferences(close=CloseAction.QUIT))
    stage.app.tray = PlayedTray(stage.app.tray)
    stage.window.close()
    qtbot.waitUntil(lambda: stage.finished == [True], timeout=PATIENCE_MS)


def test_a_remembered_tray_that_is_not_there_never_hides_the_window(open_app: Any, qtbot: QtBot) -> None:
    stage = open_app(preferences=Preferences(close=CloseAction.TRAY))
    stage.window.close()
    qtbot.waitUntil(lambda: stage.finished == [True], timeout=PATIENCE_MS)


def test_the_end_of_the_session_asks_nothing(open_app: Any, qtbot: QtBot, qapp: QApplication) -> None:
    stage = open_app()
    core = stage.cores[False]
    core.show(replace(core.state, node=SERVING))
    qtbot.waitUntil(lambda: stage.window.content.state.node == SERVING, timeout=PATIENCE_MS)
    stage.app.quit()
    event = QCloseEvent()
    stage.window.closeEvent(event)
    assert stage.dialog() is None
    qtbot.waitUntil(lambda: stage.finished == [True], timeout=PATIENCE_MS)


def test_the_window_comes_back_where_it_was(open_app: Any, qtbot: QtBot, tmp_path: Path) -> None:
    stage = open_app()
    stage.window.resize(stage.window.minimumSizeHint() + QSize(0, 3))
    size = stage.window.size()
    stage.app.quit()
    qtbot.waitUntil(lambda: stage.finished == [True], timeout=PATIENCE_MS)
    again = open_app(preferences=PreferenceFile(tmp_path / "window.json").load())
    # Its least width grows while its pages are made, and the offscreen screen is narrower than that.
    assert again.window.height() == size.height()


# The tray.


def test_the_tray_menu_shows_and_switches(open_app: Any, qtbot: QtBot) -> None:
    stage = open_app()
    core, tray = stage.cores[False], stage.app.tray
    core.show(replace(core.state, node=SERVING))
    qtbot.waitUntil(lambda: tray.status.text() == "R3MES: Serving", timeout=PATIENCE_MS)
    assert tray.serving.isChecked()
    tray.serving.trigger()
    qtbot.waitUntil(lambda: core.calls == [("set_desired", Desired.OFF)], timeout=PATIENCE_MS)
    assert not tray.available, "the offscreen platform has no tray"


# A window that nobody has opened for a while.


def hidden(stage: Stage) -> Any:
    """The window, closed into the tray."""
    window = stage.window
    window.hide()
    assert stage.app.unseen.isActive()
    return window


def give_up(stage: Stage) -> None:
    stage.app.unseen.timeout.emit()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_a_hidden_window_is_given_up_and_the_next_one_goes_on(open_app: Any, qtbot: QtBot) -> None:
    stage = open_app()
    core, window = stage.cores[False], stage.window
    qtbot.waitExposed(window)
    window.go_to(CHAT)
    window.pages.chat.ask("Hello?")
    core.say("An answer", finish_reason="stop")
    qtbot.waitUntil(lambda: not window.pages.chat.conversation.answering, timeout=PATIENCE_MS)
    window.pages.chat.composer.field.setPlainText("half a question")
    window.go_to(LOGS)
    window.pages.logs.search.setText("needle")
    window.pages.logs.level.setCurrentIndex(2)
    window.pages.gpus.as_table.setChecked(True)
    before = hidden(stage)
    assert stage.app.unseen.interval() == WINDOW_KEPT_MS
    gone: list[bool] = []
    before.destroyed.connect(lambda: gone.append(True))
    give_up(stage)
    assert gone == [True]
    assert not stage.app.unseen.isActive(), "nothing wakes the processor for a window that is not there"

    core.show(replace(core.state, node=SERVING))
    core.log([LogLine(0, "engine", LogLevel.ERROR, "a needle")])
    qtbot.waitUntil(lambda: stage.app.content.state.node == SERVING, timeout=PATIENCE_MS)
    stage.app.tray.open.trigger()
    after = stage.window
    assert after is not before
    assert after.isVisible()
    assert after.page == LOGS
    assert after.content.state.node == SERVING
    assert after.pages.logs.search.text() == "needle"
    assert after.pages.logs.level.currentIndex() == 2
    qtbot.waitUntil(lambda: after.pages.logs.view.shown_text().endswith("a needle"), timeout=PATIENCE_MS)
    assert after.pages.gpus.as_table.isChecked()
    chat = after.pages.chat
    assert [message.text for message in chat.conversation.messages] == ["Hello?", "An answer"]
    assert chat.composer.field.toPlainText() == "half a question"
    chat.composer.field.clear()
    chat.ask("And now?")
    core.say("It goes on", finish_reason="stop")
    qtbot.waitUntil(lambda: chat.conversation.messages[-1].text == "It goes on", timeout=PATIENCE_MS)
    # Once more, without a page of it opened in between: what is not made yet is passed on.
    hidden(stage)
    give_up(stage)
    stage.app.tray.open.trigger()
    hidden(stage)
    give_up(stage)
    assert stage.window.pages.chat.conversation.messages[-1].text == "It goes on"


def test_a_window_that_holds_something_is_kept(open_app: Any, qtbot: QtBot) -> None:
    stage = open_app()
    core, window = stage.cores[False], stage.window
    kept: list[str] = []

    def look(why: str) -> None:
        give_up(stage)
        if stage.app._window is window:
            kept.append(why)

    hidden(stage)
    window.pages.chat.ask("Hello?")
    qtbot.waitUntil(lambda: window.pages.chat.conversation.answering, timeout=PATIENCE_MS)
    look("an answer on its way")
    core.say("Done", finish_reason="stop")
    qtbot.waitUntil(lambda: not window.pages.chat.conversation.answering, timeout=PATIENCE_MS)
    url = window.pages.home.gateway.url
    qtbot.keyClicks(url, "https://gate")
    look("an address half typed")
    url.clear()
    sheet = window.welcome()
    look("an open wizard")
    sheet.reject()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    window.start_tour()
    look("the tour")
    window._drop_tour()
    window.show()
    look("somebody sees it")
    window.hide()
    assert kept == ["an answer on its way", "an address half typed", "an open wizard", "the tour", "somebody sees it"]
    give_up(stage)
    assert stage.app._window is None


def test_without_a_window_the_demo_opens_with_nothing_of_the_one_before(open_app: Any, qtbot: QtBot) -> None:
    stage = open_app()
    stage.window.go_to(LOGS)
    stage.window.pages.chat.composer.field.setPlainText("of the real one")
    hidden(stage)
    give_up(stage)
    stage.app.switch(True)
    qtbot.waitUntil(lambda: stage.app.content.state.demo, timeout=PATIENCE_MS)
    assert stage.window.page == HOME
    assert stage.window.pages.chat.composer.field.toPlainText() == ""


# No input or output on the GUI thread.


def test_the_gui_thread_does_no_input_or_output(open_app: Any, qtbot: QtBot, input_output_guard: Any) -> None:
    stage = open_app()
    core, window = stage.cores[False], stage.window
    cards = (GpuSample("a", "Card", temperature_c=50), GpuSample("b", "Other"))
    # Pages are made at first use, and the code of a page is read then: that is no work of the page.
    window.pages.make_all()
    with input_output_guard.on():
        for actual in Actual:
            core.show(replace(core.state, node=NodeState(desired=Desired.SERVING, actual=actual)))
            core.report(GpuReport(1.0, GpuDriver.OK, gpus=cards))
            core.log([LogLine(0, "engine", LogLevel.INFO, f"line {number}") for number in range(200)])
            qtbot.waitUntil(lambda actual=actual: window.content.state.node.actual is actual, timeout=PATIENCE_MS)
            for page in (HOME, GPUS, CHAT, LOGS):
                window.go_to(page)
                window.grab()
        window.pages.home.serving.switch.click()
        window.pages.home.serving.retry.click()
        window.pages.home.gateway.remote.click()
        window.pages.home.gateway.url.setText("https://gateway.example.org")
        window.pages.home.gateway.connect_button.click()
        window.pages.gpus.as_table.click()
        window.go_to(CHAT)
        qtbot.keyClicks(window.pages.chat.composer.field, "Hello")
        qtbot.keyClick(window.pages.chat.composer.field, Qt.Key.Key_Return)
        core.say("Hi", finish_reason="stop")
        qtbot.waitUntil(lambda: not window.pages.chat.conversation.answering, timeout=PATIENCE_MS)
        window.pages.logs.search.setText("line 1")
        qtbot.waitUntil(lambda: window.pages.logs._buffer.filter.text == "line 1", timeout=PATIENCE_MS)
        window.pages.logs.copy.click()
        window._on_tick()
        window.pages.home.try_demo.click()
        if stage.dialog() is not None:
            stage.answer("Open the demo")
        qtbot.waitUntil(lambda: stage.made == [False, True], timeout=PATIENCE_MS)


def test_the_guard_would_notice(input_output_guard: Any, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="open"), input_output_guard.on():
        (tmp_path / "x").write_text("x")


# A second start.


@pytest.fixture
def instance(qtbot: QtBot, tmp_path: Path) -> Iterator[SingleInstance]:
    made = SingleInstance(instance_name(tmp_path))
    yield made
    made.release()
    made.deleteLater()


def test_a_second_start_raises_the_first_window(instance: SingleInstance, qtbot: QtBot, tmp_path: Path) -> None:
    assert instance.claim()
    second = SingleInstance(instance_name(tmp_path))
    with qtbot.waitSignal(instance.raised, timeout=PATIENCE_MS):
        assert not second.claim()
    second.deleteLater()
    other = SingleInstance(instance_name(tmp_path / "elsewhere"))
    assert other.claim(), "another data folder is another launcher"
    other.release()
    other.deleteLater()


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes leave nothing behind")
def test_a_socket_that_a_killed_launcher_left_is_no_obstacle(
    instance: SingleInstance, qtbot: QtBot, tmp_path: Path
) -> None:
    code = (
        "import os, sys, signal\n"
        "from PySide6.QtCore import QCoreApplication\n"
        "from PySide6.QtNetwork import QLocalServer\n"
        "application = QCoreApplication([])\n"
        "server = QLocalServer()\n"
        "server.listen(sys.argv[1])\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    name = instance_name(tmp_path)
    ended = subprocess.run([sys.executable, "-c", code, name], timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert instance.claim()
    assert not SingleInstance(name).claim()


@pytest.mark.parametrize("message", [b"", b"\n", b"[]", b"{", b'{"do": "explode"}', b"x" * 5000, b"\xff\xfe"])
def test_nonsense_from_a_stranger_raises_nothing(
    message: bytes, instance: SingleInstance, qtbot: QtBot, tmp_path: Path
) -> None:
    assert instance.claim()
    raised: list[bool] = []
    instance.raised.connect(lambda: raised.append(True))
    socket = QLocalSocket()
    socket.connectToServer(instance_name(tmp_path))
    assert socket.waitForConnected(5000)
    socket.write(message)
    socket.flush()
    socket.disconnectFromServer()
    second = SingleInstance(instance_name(tmp_path))
    with qtbot.waitSignal(instance.raised, timeout=PATIENCE_MS):
        assert not second.claim()
    assert raised == [True], "only the real second start raised the window"
    second.deleteLater()


def test_only_the_same_user_can_reach_the_window(instance: SingleInstance, qtbot: QtBot) -> None:
    assert instance.claim()
    assert instance._server.socketOptions() & QLocalServer.SocketOption.UserAccessOption


# Signals and the entry.


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that a program could catch")
def test_a_signal_reaches_the_event_loop(qtbot: QtBot) -> None:
    before = signal.getsignal(signal.SIGTERM)
    watcher = SignalWatcher()
    with qtbot.waitSignal(watcher.arrived, timeout=PATIENCE_MS):
        os.kill(os.getpid(), signal.SIGTERM)
    watcher.release()
    watcher.deleteLater()
    assert signal.getsignal(signal.SIGTERM) is before


def test_without_a_display_the_entry_says_what_to_do(tmp_path: Path) -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    assert entry.lacks_display("linux", environment)
    assert not entry.lacks_display("linux", {"DISPLAY": ":0"})
    assert not entry.lacks_display("darwin", environment)
    if sys.platform.startswith("linux"):
        command = [sys.executable, "-m", "r3mes_launcher"]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == entry.NO_DISPLAY_CODE
        assert "r3mes run" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_an_error_of_the_window_has_a_sentence(open_app: Any) -> None:
    stage = open_app()
    stage.app.show_error(KeyError("x"))
    assert stage.window.bars.problem.isVisible() and "KeyError: 'x'" in stage.window.bars.problem.sentence


def test_a_bundle_on_the_command_line_means_the_demo() -> None:
    options = entry.parse(["--bundle", "sent.zip"])
    assert options.demo and options.bundle == Path("sent.zip")
    assert not entry.parse([]).demo


def test_the_entry_imports_no_qt_and_no_core_library_by_itself() -> None:
    code = (
        "import sys\n"
        "import r3mes_launcher.__main__ as entry\n"
        "assert not [name for name in sys.modules if name.startswith('PySide6')], 'Qt'\n"
        "assert entry.parse(['--demo']).demo\n"
        "import r3mes_launcher.app\n"
        "heavy = {'httpx', 'keyring', 'fastapi', 'uvicorn', 'pynvml', 'websockets', 'torch'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
