"""The demo in Turkish, with its real processes and a used wallet: every page is walked, and no English is left."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QTableWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from r3mes_launcher.app import App
from r3mes_launcher.composition import CompositionOptions, compose
from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.policy.reasons import PauseChoice
from r3mes_launcher.core.shipped_assets import assets_folder
from r3mes_launcher.core.state import Actual
from r3mes_launcher.core.wallet_orders import NodeResources, RegisterOrder, SendOrder, StakeOrder, UnstakeOrder
from r3mes_launcher.ui.chat.transcript import Transcript
from r3mes_launcher.ui.language import Language, Speech
from r3mes_launcher.ui.pages import WALLET
from r3mes_launcher.ui.preferences import PreferenceFile
from r3mes_launcher.ui.wallet.confirmation_sheet import ConfirmationSheet
from r3mes_launcher.ui.wallet.contacts_card import ContactSheet
from r3mes_launcher.ui.wallet.new_wallet_sheet import CreateSheet, RestoreSheet
from r3mes_launcher.ui.wallet.receive_sheet import ReceiveSheet
from r3mes_launcher.ui.wallet.register_sheet import RegisterSheet
from r3mes_launcher.ui.wallet.security_sheet import SecuritySheet
from r3mes_launcher.ui.wallet.send_sheet import SendSheet
from r3mes_launcher.ui.wallet.stake_sheets import StakeSheet, UnstakeSheet
from r3mes_launcher.wallet.addresses import encode_address
from r3mes_launcher.wallet.sealed_file import StretchParameters

pytestmark = pytest.mark.timeout(180)

TRANSLATIONS = Path(__file__).resolve().parents[2] / "assets" / "translations"
FRIEND = encode_address(bytes(range(20)), "remes")
LIGHT = StretchParameters(memory_kib=19_456, passes=2)
PATIENCE_MS = 60_000
ENGLISH = re.compile(
    r"\b(the|is|are|was|were|of|to|and|this|that|with|for|from|it|its|you|your|has|have|been|will|can|may|"
    r"there|only|every|until|after|before|which|while|than)\b",
    re.IGNORECASE,
)
"""Words that every English sentence has some of and no Turkish one has."""
PATH = re.compile(r"\S*/\S*")


@pytest.fixture
def demo(qtbot: QtBot, qapp: QApplication, theme: Any, tmp_path: Path) -> Iterator[App]:
    environment = {**os.environ, "R3MES_HOME": str(tmp_path / "home")}

    def make(is_demo: bool) -> Core:
        return compose(CompositionOptions(demo=is_demo, serve=is_demo, stretch=LIGHT), environment)

    speech = Speech(qapp, assets_folder(), Language.TURKISH)
    preferences = PreferenceFile(tmp_path / "window.json")
    app = App(qapp, theme, make, preferences, demo=True, speech=speech, first_run=True)
    app.keep(language=Language.TURKISH)
    app.start()
    yield app
    with qtbot.waitSignal(app.finished, timeout=PATIENCE_MS):
        app.quit()
    app.window.deleteLater()
    app.tray.menu.deleteLater()
    app.deleteLater()
    speech.release()
    QLocale.setDefault(QLocale("en"))


def english_sources() -> frozenset[str]:
    """What the window would say in English and says otherwise in Turkish."""
    messages = list(ElementTree.parse(TRANSLATIONS / "r3mes_tr.ts").getroot().iter("message"))
    # “Stake” is a Turkish word too, where it is no verb.
    turkish = {message.findtext("translation", "") for message in messages}
    return frozenset(message.findtext("source", "") for message in messages) - turkish


def texts(root: QWidget) -> set[str]:
    """All that can be read or is read aloud; a conversation is the words of a person and of a model."""
    found: set[str] = set()
    for widget in (root, *root.findChildren(QWidget)):
        if not widget.isVisible() or any(isinstance(each, Transcript) for each in ancestors(widget)):
            continue
        found |= {widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.windowTitle()}
        if isinstance(widget, QLabel | QAbstractButton):
            found.add(widget.text())
        elif isinstance(widget, QLineEdit):
            found.add(widget.placeholderText())
        elif isinstance(widget, QComboBox):
            found |= {widget.itemText(place) for place in range(widget.count())}
        elif isinstance(widget, QTableWidget):
            for column in range(widget.columnCount()):
                head = widget.horizontalHeaderItem(column)
                found |= {head.text() if head is not None else ""}
                cells = [widget.item(row, column) for row in range(widget.rowCount())]
                found |= {cell.text() for cell in cells if cell is not None}
                found |= {cell.toolTip() for cell in cells if cell is not None}
    return found - {""}


def ancestors(widget: QWidget) -> Iterator[QWidget]:
    here: QWidget | None = widget
    while here is not None:
        yield here
        here = here.parentWidget()


class Walk:
    """Collects what is English still."""

    def __init__(self, app: App, qtbot: QtBot) -> None:
        self.app = app
        self.window: Any = app.window
        self._qtbot = qtbot
        self._sources = english_sources()
        self.left: dict[str, set[str]] = {}

    def until(self, condition: Callable[[], object], what: str) -> None:
        def holds() -> None:
            state = self.window.content.state
            assert condition(), f"{what}: {state.node.actual} {state.node.reason!r} {state.wallet.busy!r}"

        self._qtbot.waitUntil(holds, timeout=PATIENCE_MS)

    def ask(self, question: Callable[[Any], Awaitable[Any]]) -> Any:
        answers: list[Any] = []
        refusals: list[str] = []
        self.app.bridge.ask(question, answers.append, refusals.append)
        self.until(lambda: answers or refusals, "an answer of the core")
        assert not refusals, refusals
        return answers[0]

    def pay(self, order: Any) -> None:
        planned = self.ask(lambda core: core.wallet.plan(order))
        self.ask(lambda core: core.wallet.pay(planned.plan_id))

        def settled() -> bool:
            entry = self.window.content.state.wallet.payment(planned.plan_id)
            return entry is not None and not entry.payment.in_flight

        self.until(settled, "the payment is done")

    def look(self, place: str, root: QWidget | None = None) -> None:
        for _ in range(4):
            QApplication.processEvents()
        for text in texts(root or self.window):
            if text in self._sources or ENGLISH.search(PATH.sub("", text)):
                self.left.setdefault(place, set()).add(text)


def test_no_english_is_left_in_the_turkish_demo(demo: App, qtbot: QtBot) -> None:
    walk = Walk(demo, qtbot)
    window = walk.window
    wallet: Callable[[], Any] = lambda: window.content.state.wallet  # noqa: E731
    walk.until(
        lambda: window.content.state.node.actual is Actual.SERVING and window.content.state.models, "the node serves"
    )
    walk.look("first look")
    walk.until(lambda: wallet().network.title, "the demo's chain")
    walk.ask(lambda core: core.wallet.create("Cüzdan", "uzun ve gizli bir parola"))
    walk.ask(lambda core: core.wallet.ask_faucet())
    walk.until(lambda: wallet().holdings is not None and wallet().holdings.available > 0, "coins")
    validator = wallet().validators[0].operator
    walk.pay(StakeOrder(validator, 25_500_000))
    walk.pay(SendOrder(FRIEND, 1_250_000))
    walk.pay(UnstakeOrder(validator, 1_500_000))
    walk.pay(RegisterOrder(("serving",), NodeResources(2, 4, 1, 8, 10, 100)))
    walk.until(lambda: wallet().recorded, "what the chain recorded")
    walk.ask(lambda core: core.owner.grant_node(("serving",), 90))
    walk.ask(lambda core: core.examine())

    tour = window.tour
    assert tour is not None
    while not tour._last:
        walk.look(f"tour {tour.place}")
        tour.next.click()
    window.pages.chat.ask("Merhaba?")
    for index in range(window.pages.count()):
        window.go_to(index)
        walk.look(f"page {index}")
    window.go_to(WALLET)
    table = window.pages.wallet.open_view.history.table
    rows = [table.item(row, 1).text() for row in range(table.rowCount())]
    assert any("1,25 REMES" in row for row in rows), rows

    for page, kinds in (
        (window.pages.wallet, (SendSheet, ContactSheet, SecuritySheet, CreateSheet, RestoreSheet)),
        (window.pages.roles, (StakeSheet, UnstakeSheet)),
    ):
        for kind in kinds:
            sheet = kind(window._theme, window._intents, page.host)
            page.host.open(sheet)
            walk.look(kind.__name__, sheet)
            sheet.reject()
    receive = ReceiveSheet(window._theme, window._intents, window.pages.wallet.host, wallet().wallet)
    window.pages.wallet.host.open(receive)
    walk.look("receive", receive)
    receive.reject()
    register = RegisterSheet(window._theme, window._intents, window.pages.roles.host, ("validator", "proposer"))
    window.pages.roles.host.open(register)
    walk.look("register", register)
    register.reject()
    for order in (SendOrder(FRIEND, 1_250_500), StakeOrder(validator, 10_500_000), UnstakeOrder(validator, 1_500_000)):
        planned = walk.ask(lambda core, order=order: core.wallet.plan(order))
        confirm = ConfirmationSheet(window._theme, window._intents, planned, window)
        window.pages.wallet.host.open(confirm)
        walk.look(type(order).__name__, confirm)
        confirm.reject()

    window.go_to(0)
    walk.ask(lambda core: core.pause(PauseChoice.HOUR))
    walk.until(lambda: window.content.state.policy.paused, "the pause")
    walk.look("paused")
    walk.ask(lambda core: core.wallet.lock())
    walk.look("locked")
    assert walk.left == {}
