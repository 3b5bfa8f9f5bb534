"""A model's download on Home: pause, resume, cancel, and the token of its hub."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from r3mes_launcher.core.state import (
    Actual,
    Desired,
    Download,
    DownloadState,
    LauncherState,
    NodeState,
    Progress,
)
from r3mes_launcher.wallet.os_keyring import KeyringState

STARTING = NodeState(desired=Desired.SERVING, actual=Actual.STARTING, progress=Progress("Downloading Tiny", 300, 1000))


def show(window: Any, download: Download | None) -> Any:
    window.show_state(LauncherState(node=STARTING, download=download))
    QApplication.processEvents()
    return window.pages.home.serving.download


class Desk:
    """Stands in for the core's, and writes down what it is asked."""

    def __init__(self, refusal: str = "") -> None:
        self.calls: list[tuple[object, ...]] = []
        self.refusal = refusal
        self.state = KeyringState.READY

    async def pause(self) -> None:
        self.calls.append(("pause",))

    async def resume(self) -> None:
        self.calls.append(("resume",))

    async def cancel(self) -> None:
        self.calls.append(("cancel",))

    async def give_token(self, token: str) -> KeyringState:
        self.calls.append(("give_token", token))
        if self.refusal:
            raise ValueError(self.refusal)
        return self.state


def answer(intents: Any, desk: Desk) -> None:
    """Lets the desk answer what the page asked last."""
    question, done, failed = intents.asked.pop()
    try:
        result = asyncio.run(question(SimpleNamespace(downloads=desk)))
    except ValueError as error:
        failed(str(error))
    else:
        done(result)


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (DownloadState.DOWNLOADING, {"hold", "cancel"}),
        (DownloadState.PAUSED, {"go_on", "cancel"}),
        (DownloadState.WAITING, {"cancel"}),
        (DownloadState.CHECKING, {"cancel"}),
        (DownloadState.TOKEN_NEEDED, {"cancel", "use_token"}),
    ],
)
def test_each_state_has_its_buttons(window: Any, state: DownloadState, shown: set[str]) -> None:
    controls = show(window, Download("Tiny", state, 300, 1000, 50, 14))
    for name in ("hold", "go_on", "cancel", "use_token"):
        assert getattr(controls, name).isVisible() is (name in shown), name
    assert controls._pace.text() == ("50 B/s  ·  14 s" if state is DownloadState.DOWNLOADING else "")
    assert not show(window, None).isVisible()


def test_pause_and_resume_are_wishes(window: Any, intents: Any, qtbot: QtBot) -> None:
    desk = Desk()
    controls = show(window, Download("Tiny", DownloadState.DOWNLOADING))
    qtbot.mouseClick(controls.hold, Qt.MouseButton.LeftButton)
    answer(intents, desk)
    show(window, Download("Tiny", DownloadState.PAUSED))
    qtbot.mouseClick(controls.go_on, Qt.MouseButton.LeftButton)
    answer(intents, desk)
    assert desk.calls == [("pause",), ("resume",)]


def test_a_cancel_asks_first(window: Any, intents: Any, qtbot: QtBot) -> None:
    desk = Desk()
    controls = show(window, Download("Tiny", DownloadState.PAUSED, 3_000_000_000, 8_000_000_000))
    for accept in (False, True):
        before = len(intents.asked)
        qtbot.mouseClick(controls.cancel, Qt.MouseButton.LeftButton)
        (box,) = [one for one in controls.findChildren(QMessageBox) if one.isVisible()]
        assert "3.0 GB" in box.informativeText() and "Tiny" in box.text()
        button = box.defaultButton() if accept else box.escapeButton()
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert len(intents.asked) - before == accept
    answer(intents, desk)
    assert desk.calls == [("cancel",)]


def test_a_token_is_given_and_kept_by_no_widget(window: Any, intents: Any, qtbot: QtBot) -> None:
    desk = Desk()
    controls = show(window, Download("Tiny", DownloadState.TOKEN_NEEDED))
    assert "Tiny is given to people with an account" in controls._why.text()
    assert controls.token.line.echoMode() is QLineEdit.EchoMode.Password
    qtbot.keyClicks(controls.token.line, "hf_secret")
    qtbot.keyClick(controls.token.line, Qt.Key.Key_Return)
    assert controls.token.text == "" and not controls.use_token.isEnabled()
    answer(intents, desk)
    assert desk.calls == [("give_token", "hf_secret")] and controls.use_token.isEnabled()
    # The hub refuses it: its words take the place of the explanation.
    show(window, Download("Tiny", DownloadState.TOKEN_NEEDED, message="The server does not take the token (401)."))
    assert controls._why.text() == "The server does not take the token (401)."
    desk.refusal = "This is no access token."
    qtbot.keyClicks(controls.token.line, "x")
    qtbot.mouseClick(controls.use_token, Qt.MouseButton.LeftButton)
    answer(intents, desk)
    assert controls.token.problem == "This is no access token."
    desk.refusal, desk.state = "", KeyringState.LOCKED
    qtbot.keyClicks(controls.token.line, "y")
    qtbot.mouseClick(controls.use_token, Qt.MouseButton.LeftButton)
    answer(intents, desk)
    assert "used this once" in controls._problem.text()
    qtbot.keyClicks(controls.token.line, "left behind")
    show(window, None)
    assert controls.token.text == ""
