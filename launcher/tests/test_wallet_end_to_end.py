"""The demo's wallet as its owner uses it, from its making to its history; the gateway and its chain are real."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from r3mes_launcher.app import App
from r3mes_launcher.composition import CompositionOptions, compose
from r3mes_launcher.core.wallet_state import VaultState, WalletState
from r3mes_launcher.ui.pages import ROLES, WALLET
from r3mes_launcher.ui.preferences import PreferenceFile
from r3mes_launcher.ui.wallet.backup_sheet import BackupSheet
from r3mes_launcher.ui.wallet.confirmation_sheet import ConfirmationSheet
from r3mes_launcher.ui.wallet.new_wallet_sheet import CreateSheet
from r3mes_launcher.ui.wallet.register_sheet import RegisterSheet
from r3mes_launcher.ui.wallet.send_sheet import SendSheet
from r3mes_launcher.ui.wallet.stake_sheets import StakeSheet
from r3mes_launcher.wallet.addresses import encode_address
from r3mes_launcher.wallet.sealed_file import StretchParameters

PASSWORD = "correct horse battery"
FRIEND = encode_address(bytes(range(20)), "remes")
LIGHT = StretchParameters(memory_kib=19_456, passes=2)
PATIENCE_MS = 60_000

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the offscreen platform is Linux's")


@pytest.fixture
def demo(qtbot: QtBot, qapp: QApplication, theme: Any, tmp_path: Path) -> Iterator[App]:
    home = tmp_path / "home"

    def make(is_demo: bool) -> Any:
        return compose(CompositionOptions(demo=is_demo, home=home, stretch=LIGHT))

    app = App(qapp, theme, make, PreferenceFile(tmp_path / "window.json"), demo=True)
    ended: list[bool] = []
    app.finished.connect(lambda: ended.append(True))
    app.start()
    yield app
    app.quit()
    qtbot.waitUntil(lambda: bool(ended), timeout=PATIENCE_MS)
    app.window.deleteLater()
    app.tray.menu.deleteLater()
    app.deleteLater()


def test_make_quiz_fund_stake_send_history(demo: App, qtbot: QtBot, tmp_path: Path) -> None:
    window = demo.window
    page = window.pages.wallet

    def state() -> WalletState:
        return window.content.state.wallet

    def until(condition: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)

    def sheet(kind: type, host: Any = None) -> Any:
        found: list[Any] = []

        def look() -> bool:
            opened = (host or page.host).sheet
            if isinstance(opened, kind):
                found[:] = [opened]
            return bool(found)

        qtbot.waitUntil(look, timeout=PATIENCE_MS)
        return found[0]

    def press(button: Any) -> None:
        until(button.isEnabled)
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def sign_and_wait(host: Any = None) -> None:
        confirmation = sheet(ConfirmationSheet, host)
        press(confirmation.sign)
        until(lambda: "Done" in confirmation.outcome)
        press(confirmation.cancel)
        until(lambda: (host or page.host).sheet is None)

    window.go_to(WALLET)
    until(lambda: state().vault is VaultState.ABSENT and state().network.title)
    press(page.welcome.make)
    create = sheet(CreateSheet)
    create.password.line.setText(PASSWORD)
    create.again.line.setText("something else entirely")
    press(create.go_on)
    assert create.again.problem == "The two passwords differ."
    create.again.line.setText(PASSWORD)
    press(create.go_on)

    backup = sheet(BackupSheet)
    assert not backup.words.reveal.isEnabled() and not backup.go_on.isEnabled()
    press(backup.words.reveal)
    words = [label.text().partition(" ")[2] for label in backup.words._labels]
    assert len(words) == 24 and all(words)
    assert page.open_view.notices.backup.isVisible(), "not backed up until the quiz is passed"
    press(backup.go_on)
    assert not any(word == label.text().partition(" ")[2] for label in backup.words._labels for word in words)
    for field in backup.quiz.fields:
        field.line.setText("wrong")
    press(backup.go_on)
    until(lambda: not backup.waiting and backup.quiz.fields[-1].problem)
    for field, position in zip(backup.quiz.fields, backup.quiz.positions, strict=True):
        field.line.setText(f" {words[position - 1].upper()} ")
    press(backup.go_on)
    until(lambda: page.host.sheet is None and state().wallet is not None and state().wallet.backed_up)
    assert not page.open_view.notices.backup.isVisible()

    press(page.open_view.balance.faucet)
    until(lambda: state().holdings is not None and state().holdings.available > 0)
    assert "REMES" in page.open_view.balance.total
    funded = state().holdings.available

    window.go_to(ROLES)
    press(window.pages.roles.open_view.stake.stake)
    staking = sheet(StakeSheet, window.pages.roles.host)
    staking.amount.line.setText("25,5")
    press(staking.go_on)
    confirmation = sheet(ConfirmationSheet, window.pages.roles.host)
    read = " ".join(label.text() for label in confirmation.findChildren(QLabel))
    assert "Stake 25.5 REMES" in read and "r3mes-devnet-1" in read
    sign_and_wait(window.pages.roles.host)
    until(lambda: state().holdings is not None and state().holdings.staked == 25_500_000)

    press(window.pages.roles.open_view.roles["serving"].register)
    registering = sheet(RegisterSheet, window.pages.roles.host)
    until(lambda: not registering.waiting and registering.lines["cpu_cores"].text() != "0")
    press(registering.go_on)
    sign_and_wait(window.pages.roles.host)
    until(lambda: any(entry.role == "serving" and entry.registered for entry in state().roles))
    until(lambda: state().recorded)
    assert "The chain recorded" in state().recorded[0] and "locks no coins" in state().recorded[-1]
    assert state().registration is not None and state().registration.declared.endswith("REMES")

    window.go_to(WALLET)
    press(page.open_view.balance.send)
    sending = sheet(SendSheet)
    sending.recipient.line.setText(FRIEND)
    sending.amount.line.setText("1.000")
    press(sending.go_on)
    assert "can mean" in sending.amount.problem, "what can mean two amounts is asked back"
    sending.amount.line.setText("2,25")
    sending.memo.line.setText("thanks")
    press(sending.go_on)
    confirmation = sheet(ConfirmationSheet)
    read = " ".join(label.text() for label in confirmation.findChildren(QLabel))
    assert "Send 2.25 REMES" in read and "never paid" in read and "thanks" in read
    sign_and_wait()
    until(lambda: len(state().history) >= 4)
    until(lambda: state().holdings is not None and 0 < state().holdings.available < funded - 27_750_000)

    rows = [page.open_view.history.table.item(row, 1).text() for row in range(page.open_view.history.table.rowCount())]
    assert "Send 2.25 REMES" in rows and "Stake 25.5 REMES" in rows
    table = tmp_path / "history.csv"
    page.open_view.history.save_to(str(table))
    until(table.exists)
    until(lambda: "Send 2.25 REMES" in table.read_text("utf-8"))

    press(page.open_view.balance.lock)
    until(lambda: state().vault is VaultState.LOCKED)
    page.locked.password.line.setText("wrong password")
    press(page.locked.unlock)
    until(lambda: page.locked.password.problem)
    assert page.locked.password.text == "", "a password stays in no field"
    page.locked.password.line.setText(PASSWORD)
    press(page.locked.unlock)
    until(lambda: state().vault is VaultState.OPEN and state().holdings is not None)

    # Nothing of the words is in any file of the demo.
    phrase = " ".join(words).encode()
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert phrase not in data and PASSWORD.encode() not in data, path
