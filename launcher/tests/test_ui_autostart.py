"""The switch for starting with the session, in the window and on the command line; and a start in the tray."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from r3mes_launcher.app import App
from r3mes_launcher.cli import main
from r3mes_launcher.core.state import GpuDriver, GpuReport, GpuSample, LauncherState, LogLevel, LogLine
from r3mes_launcher.ports.autostart import AutostartEntry, AutostartReading
from r3mes_launcher.ui.pages import SETTINGS
from r3mes_launcher.ui.preferences import PreferenceFile


@pytest.fixture
def card(window: Any) -> Any:
    window.go_to(SETTINGS)
    return window.pages.settings.start


def answer_last(intents: Any, done: bool, value: object) -> None:
    """The page asks other things as well; the card's question is the last one."""
    _, on_done, on_failed = intents.asked[-1]
    (on_done if done else on_failed)(value)


def test_the_switch_shows_what_was_read_back(card: Any, intents: Any) -> None:
    assert not card.at_login.isEnabled(), "until it was read nobody knows"
    card.show_reading(AutostartReading(AutostartEntry.OFF))
    assert card.at_login.isEnabled() and not card.at_login.isChecked()
    card.at_login.click()
    answer_last(intents, True, AutostartReading(AutostartEntry.ON))
    assert card.at_login.isChecked() and "tray" in card.sentence
    card.at_login.click()
    answer_last(intents, False, "The system did not keep it: afterwards it was as before.")
    assert card.at_login.isChecked(), "it goes back to what holds"
    assert card.sentence.startswith("The system did not keep it")
    assert card.at_login.accessibleDescription() == card.sentence


def test_another_copy_and_no_way_are_said(card: Any) -> None:
    card.show_reading(AutostartReading(AutostartEntry.OTHER))
    assert not card.at_login.isChecked() and "another copy" in card.sentence
    card.show_reading(AutostartReading(AutostartEntry.UNAVAILABLE, "The demo changes nothing on this computer."))
    assert not card.at_login.isEnabled()
    assert card.sentence == "Not available here. The demo changes nothing on this computer."


def test_the_command_line_switches_it_and_reads_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("R3MES_HOME", str(tmp_path / "home"))
    entry = tmp_path / "config" / "autostart" / "r3mes-launcher.desktop"

    def r3mes(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(("settings", *words))
        out, err = capsys.readouterr()
        return code, out, err

    assert r3mes("get", "autostart") == (0, "false\n", "")
    assert r3mes("set", "autostart", "on") == (0, "", "")
    assert f"--home {tmp_path / 'home'}" in entry.read_text("utf-8")
    assert r3mes("get", "autostart")[1] == "true\n"
    assert "autostart = true" in r3mes("list")[1].splitlines()
    assert r3mes("set", "autostart", "false")[0] == 0 and not entry.exists()
    code, _, complaint = r3mes("set", "autostart", "perhaps")
    assert code == 1 and "true or false" in complaint
    code, out, complaint = r3mes("get", "autostart", "--demo")
    assert (code, out) == (0, "false\n") and "changes nothing" in complaint
    assert not entry.exists()


@pytest.fixture
def open_in_tray(qtbot: QtBot, qapp: QApplication, theme: Any, fake_core: Any, tmp_path: Path) -> Any:
    apps: list[tuple[App, list[bool]]] = []

    def make() -> App:
        app = App(qapp, theme, lambda _: fake_core, PreferenceFile(tmp_path / "window.json"), first_run=True)
        finished: list[bool] = []
        app.finished.connect(lambda: finished.append(True))
        apps.append((app, finished))
        app.start(in_tray=True)
        return app

    yield make
    for app, finished in apps:
        app.quit()
        qtbot.waitUntil(lambda finished=finished: finished == [True], timeout=20_000)
        if app._window is not None:
            app._window.deleteLater()
        app.tray.menu.deleteLater()
        app.deleteLater()


def test_a_start_with_the_session_opens_no_window_and_runs(
    open_in_tray: Callable[[], App], fake_core: Any, qtbot: QtBot
) -> None:
    app = open_in_tray()
    qtbot.waitUntil(fake_core.started.is_set, timeout=20_000)
    qtbot.waitUntil(lambda: app.tray.status.text() != "", timeout=20_000)
    qtbot.waitUntil(lambda: fake_core.attended[-1:] == [False], timeout=20_000)
    assert app._window is None, "what nobody looks at is not made"
    app.tray.open.trigger()
    assert app.window.isVisible() and not app.window.isMinimized()
    qtbot.waitUntil(lambda: app.window.first_run is not None, timeout=20_000)
    qtbot.waitUntil(lambda: fake_core.attended[-1] is True, timeout=20_000)
    app.tray.missing.emit()
    assert app.window.isVisible() and not app.window.isMinimized(), "an open window stays as it is"


def test_what_came_while_there_was_no_window_is_in_it_when_it_opens(
    open_in_tray: Callable[[], App], fake_core: Any, ready_state: LauncherState, qtbot: QtBot
) -> None:
    app = open_in_tray()
    qtbot.waitUntil(fake_core.started.is_set, timeout=20_000)
    fake_core.show(ready_state)
    fake_core.log([LogLine(0.0, "engine", LogLevel.INFO, "said to nobody")])
    fake_core.report(GpuReport(1.0, GpuDriver.OK, gpus=(GpuSample("a", "First card"),)))
    app.bridge.failed.emit("That did not work.")
    app.bridge.crashed.emit("The core stopped.")
    qtbot.waitUntil(lambda: app.content.state == ready_state, timeout=20_000)
    qtbot.waitUntil(lambda: app.content.log.kept == 1 and app.content.report is not None, timeout=20_000)
    assert app._window is None
    app.raise_window()
    window = app.window
    assert window.bars.problem.isVisible() and window.bars.problem.sentence == "That did not work."
    assert window.bars.crash.isVisible() and window.bars.crash.sentence == "The core stopped."
    assert window.pages.logs.view.shown_text().endswith("said to nobody")
    assert [card.name for card in window.content.report.gpus] == ["First card"] and len(window.pages.gpus.cards) == 1
    assert window.pages.chat.choice.model.findText("small") >= 0


def test_a_launcher_that_was_never_opened_ends_without_a_window(
    open_in_tray: Callable[[], App], fake_core: Any, qtbot: QtBot
) -> None:
    app = open_in_tray()
    qtbot.waitUntil(fake_core.started.is_set, timeout=20_000)
    with qtbot.waitSignal(app.finished, timeout=20_000):
        app.quit()
    assert app._window is None


def test_without_a_tray_it_can_be_reached_all_the_same(open_in_tray: Callable[[], App], qtbot: QtBot) -> None:
    app = open_in_tray()
    app.tray.missing.emit()
    assert app.window.isVisible() and app.window.isMinimized()
