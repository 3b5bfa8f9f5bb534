"""The window as a whole: keyboard, screen readers, plain text, themes, and rules for its source."""

from __future__ import annotations

import ast
import gc
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QWidget,
)
from pytestqt.qtbot import QtBot

from r3mes_launcher.bridge import LogBatch
from r3mes_launcher.core.history.request_record import RequestRecord
from r3mes_launcher.core.shipped_assets import assets_folder
from r3mes_launcher.core.state import (
    Actual,
    Desired,
    Fault,
    GpuDriver,
    GpuReport,
    GpuSample,
    LauncherState,
    LogLevel,
    LogLine,
    NodeState,
    ProcessState,
)
from r3mes_launcher.ui.pages import CHAT, DOCTOR, EARNINGS, GPUS, HOME, LOGS, REQUESTS, ROLES, SETTINGS, WALLET
from r3mes_launcher.ui.theme import Scheme, Theme
from r3mes_launcher.ui.time_series_widget import TimeSeriesWidget

UI = Path(sys.modules["r3mes_launcher.ui.theme"].__file__ or "").parent
SOURCES = sorted(UI.rglob("*.py"))
PAGES = pytest.mark.parametrize(
    "page",
    [HOME, GPUS, EARNINGS, REQUESTS, CHAT, WALLET, ROLES, LOGS, DOCTOR, SETTINGS],
    ids=["home", "gpus", "earnings", "requests", "chat", "wallet", "roles", "logs", "doctor", "settings"],
)


@pytest.fixture
def full(window: Any, ready_state: LauncherState) -> Any:
    """Every page with something on it."""
    fault = Fault("no_usable_gpu", "No usable GPU was found.", "Install the driver.")
    engine = ProcessState(running=True, pid=1, started_at=1.0)
    node = NodeState(desired=Desired.SERVING, actual=Actual.FAULTED, fault=fault, engine=engine)
    window.show_state(replace(ready_state, node=node))
    cards = (GpuSample("a", "Card", temperature_c=50), GpuSample("b", "Other", temperature_c=60))
    window.show_report(GpuReport(1.0, GpuDriver.OK, gpus=cards))
    window.show_report(GpuReport(2.0, GpuDriver.OK, gpus=cards))
    window.show_logs(LogBatch(tuple(LogLine(0, "engine", LogLevel.INFO, f"line {n}") for n in range(40))))
    record = RequestRecord(0.0, "job", "a-model", "an-adapter", "length", 12_345, 999, 80, 61_000)
    window.pages.requests.model.add([replace(record, id=number) for number in range(40, 0, -1)])
    window.pages.requests.select(3)
    window.pages.requests._show()
    return window


def focusable(window: Any) -> list[QWidget]:
    """What Tab has to reach: everything that can be used and is on view."""
    found = []
    for widget in window.findChildren(QWidget):
        usable = isinstance(
            widget, (QAbstractButton, QComboBox, QLineEdit, QAbstractScrollArea, QAbstractSpinBox, TimeSeriesWidget)
        )
        if not usable or not widget.isVisible() or not widget.isEnabled():
            continue
        if isinstance(widget.parentWidget(), QAbstractSpinBox):
            continue  # the line inside it: the box has the focus and the name
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            found.append(widget)
    return found


@PAGES
def test_tab_reaches_everything_on_the_page(full: Any, page: int, qtbot: QtBot) -> None:
    full.go_to(page)
    QApplication.processEvents()
    wanted = focusable(full)
    assert len(wanted) >= 6
    full.activateWindow()
    full.navigation.buttons[0].setFocus()
    reached: list[QWidget] = []
    for _ in range(80):
        widget = QApplication.focusWidget()
        if widget is None or widget in reached:
            break
        reached.append(widget)
        QTest.keyClick(widget, Qt.Key.Key_Tab)
    # Of a group of radio buttons Tab reaches the chosen one; the arrows do the rest.
    missing = [
        widget
        for widget in wanted
        if widget not in reached and not (isinstance(widget, QAbstractButton) and widget.group() is not None)
    ]
    assert missing == [], [f"{type(widget).__name__} {widget.accessibleName()}" for widget in missing]


@PAGES
def test_everything_that_can_be_used_has_a_name(full: Any, page: int) -> None:
    full.go_to(page)
    for widget in focusable(full):
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        assert widget.accessibleName() or text, f"{type(widget).__name__} in {widget.parentWidget()} has no name"


def test_pages_are_opened_by_keyboard(full: Any, qtbot: QtBot) -> None:
    full.activateWindow()
    for key, page in (
        (Qt.Key.Key_2, GPUS),
        (Qt.Key.Key_3, EARNINGS),
        (Qt.Key.Key_4, REQUESTS),
        (Qt.Key.Key_5, CHAT),
        (Qt.Key.Key_6, WALLET),
        (Qt.Key.Key_8, LOGS),
        (Qt.Key.Key_0, SETTINGS),
        (Qt.Key.Key_1, HOME),
    ):
        qtbot.keyClick(full, key, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda page=page: full.page == page, timeout=20_000)
        assert full.navigation.buttons[page].isChecked()


def test_no_ring_of_focus_is_drawn_before_the_keyboard_is_used(window: Any, qtbot: QtBot) -> None:
    window.activateWindow()
    assert not any(button.hasFocus() for button in window.findChildren(QPushButton))
    qtbot.mouseClick(window.navigation.buttons[LOGS], Qt.MouseButton.LeftButton)
    assert window.page == LOGS
    assert not any(button.hasFocus() for button in window.findChildren(QPushButton))
    assert not window.pages.logs.search.hasFocus()


def test_chat_is_ready_for_typing_when_it_opens(full: Any) -> None:
    full.activateWindow()
    full.go_to(CHAT)
    assert QApplication.focusWidget() is full.pages.chat.composer.field


def test_every_label_shows_plain_text(full: Any) -> None:
    labels = full.findChildren(QLabel)
    assert len(labels) > 40
    assert [label.text() for label in labels if label.textFormat() is not Qt.TextFormat.PlainText] == []


@pytest.mark.parametrize("models", [(), ("small",)], ids=["nobody serves", "served"])
def test_nothing_is_cut_off_at_the_smallest_size(full: Any, models: tuple[str, ...]) -> None:
    full.show_state(replace(full.content.state, models=models))
    QApplication.processEvents()
    full.resize(full.minimumSizeHint())
    line = full.fontMetrics().height()
    assert full.minimumSizeHint().width() < line * 60, "the window fits on a small screen"
    assert full.minimumSizeHint().height() < line * 46
    for page in (HOME, GPUS, REQUESTS, CHAT, WALLET, ROLES, LOGS, DOCTOR):
        full.go_to(page)
        for _ in range(3):
            # A layout inside a layout is settled one round later.
            QApplication.processEvents()
        for area in full.findChildren(QScrollArea):
            if area.isVisible():
                assert area.widget().width() <= area.viewport().width(), f"page {page} is wider than the window"
        for label in full.findChildren(QLabel):
            if label.isVisible() and label.text() and not label.wordWrap():
                needed = label.fontMetrics().horizontalAdvance(label.text())
                assert label.contentsRect().width() >= needed - 1, f"{label.text()!r} on page {page}"
        for control in full.findChildren(QWidget):
            if isinstance(control, (QPushButton, QComboBox, QCheckBox, QLineEdit)) and control.isVisible():
                least = control.minimumSizeHint()
                what = f"{control.accessibleName()!r} on page {page}"
                assert control.width() >= least.width() - 1, what
                assert control.height() >= least.height() - 1, what


def test_the_theme_changes_while_the_window_is_open(full: Any, theme: Any) -> None:
    try:
        for scheme, dark in ((Scheme.DARK, True), (Scheme.LIGHT, False)):
            theme.choose(scheme)
            QApplication.processEvents()
            assert theme.tokens.dark is dark
            ground = QApplication.palette().color(QPalette.ColorRole.Window)
            assert ground == QColor(theme.tokens.window)
            corner = full.grab().toImage().pixelColor(full.width() - 30, full.height() - 4)
            assert corner.name() == theme.tokens.window
    finally:
        theme.choose(Scheme.LIGHT)


def test_the_system_scheme_is_followed_live(theme: Any, qapp: QApplication) -> None:
    """The offscreen platform has no scheme to change, so the system's answer and its signal are played."""
    system_dark = False
    following = Theme(qapp, assets_folder(), Scheme.SYSTEM, lambda: system_dark)
    try:
        changes: list[bool] = []
        following.changed.connect(lambda: changes.append(following.tokens.dark))
        system_dark = True
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
        assert changes == [True]
        assert QApplication.palette().color(QPalette.ColorRole.Window).name() == following.tokens.window
        system_dark = False
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
        assert changes == [True, False]
        following.choose(Scheme.DARK)
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
        assert following.tokens.dark, "a choice of the person wins over the system"
    finally:
        following.deleteLater()
        theme.choose(Scheme.LIGHT)


def test_a_problem_is_a_bar_that_goes_away(window: Any, qtbot: QtBot) -> None:
    window.show_problem("That did not work.")
    assert window.bars.problem.isVisible()
    assert window.bars.problem.accessibleName() == "That did not work."
    dismiss = window.bars.problem.findChild(QPushButton)
    qtbot.mouseClick(dismiss, Qt.MouseButton.LeftButton)
    assert not window.bars.problem.isVisible()


def test_geometry_is_kept_and_nonsense_ignored(window: Any) -> None:
    window.resize(window.minimumSizeHint() + QSize(0, 21))
    text = window.geometry_text()
    size = window.size()
    window.resize(window.minimumSizeHint())
    window.restore_geometry(text)
    assert window.size() == size
    window.restore_geometry("zz not hexadecimal ü")
    window.restore_geometry("")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal since Python 3.12: no reference can be lost")
def test_void_calls_do_not_lose_references_to_none(qapp: QApplication, theme: Any, qtbot: QtBot) -> None:
    """PySide6 6.12.0 drops one per call on Python 3.11 and aborts the process after some thousand of them."""
    widget = QWidget()
    qtbot.addWidget(widget)
    gc.collect()
    before = sys.getrefcount(None)
    for _ in range(2000):
        widget.update()
        widget.updateGeometry()
    lost = before - sys.getrefcount(None)
    assert abs(lost) < 500, f"{lost} references to None were lost in 4000 calls"


# Rules for the source.

SHOWN_BY = {
    "setText", "setToolTip", "setWindowTitle", "setAccessibleName", "setAccessibleDescription", "setPlaceholderText",
    "setInformativeText", "addItem", "addAction", "show_text", "show_words", "show_sentence", "show_problem",
    "show_crash", "show_busy", "PlainLabel", "SelectableLabel", "QLabel", "QPushButton", "QCheckBox",
    "QRadioButton", "QMessageBox",
    "Card", "Switch", "TextField", "show_title", "show_hint", "say", "add_button",
    "addTab", "setWhatsThis", "setStatusTip",
}  # fmt: skip
# Names and formats that are the same in every language.
SAME_EVERYWHERE = {"R3MES", "https://gateway.example.org", "blender, game.exe"}


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield path, node


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_every_shown_literal_goes_through_tr() -> None:
    bare = []
    for path, node in calls():
        if called(node) in SHOWN_BY:
            # Only the text itself: what follows in a label or a button is its kind.
            alone = called(node).endswith("Label") or called(node) in {"add_button", "say"}
            for argument in node.args[: 1 if alone else None]:
                words = argument.value if isinstance(argument, ast.Constant) else None
                icon = called(node) in {"Card", "show_words"} and isinstance(words, str) and words.islower()
                if (
                    isinstance(words, str)
                    and any(c.isalpha() for c in words)
                    and words not in SAME_EVERYWHERE
                    and not icon
                ):
                    bare.append(f"{path.name} line {node.lineno}: {words!r}")
    assert bare == []


UNSEEN_BY = {"tr", "translate", "setProperty", "Template", "setObjectName", "_log_traceback"}
"""Calls whose texts are translated, or never shown."""


def test_no_sentence_of_the_window_stands_outside_tr() -> None:
    """Also where it takes a way to the screen that no list of calls knows: a table, a default, an f-string."""
    bare = []
    for path in SOURCES:
        tree = ast.parse(path.read_text("utf-8"))
        above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            words = node.value if isinstance(node, ast.Constant) else None
            if not isinstance(words, str) or not re.search(r"[^\W\d_]{2,} [^\W\d_]", words):
                continue
            around, here = [], node
            while here in above:
                around.append(here := above[here])
            unseen = isinstance(around[0], ast.Expr) or any(
                isinstance(each, ast.Raise | ast.Assert) or (isinstance(each, ast.Call) and called(each) in UNSEEN_BY)
                for each in around
            )
            if not unseen:
                bare.append(f"{path.name} line {node.lineno}: {words!r}")
    assert bare == []


SAID_BY_THE_CORE = {"message", "hint", "stage", "last_exit", "mismatch", "why", "problem", "locked_because", "busy"}
"""Fields of the core's state that hold a sentence."""


def test_what_the_core_says_is_shown_in_the_window_s_language() -> None:
    bare = []
    for path, node in calls():
        if called(node) in SHOWN_BY:
            for argument in node.args:
                for part in argument.values if isinstance(argument, ast.JoinedStr) else [argument]:
                    said = part.value if isinstance(part, ast.FormattedValue) else part
                    if isinstance(said, ast.Attribute) and said.attr in SAID_BY_THE_CORE:
                        bare.append(f"{path.name} line {node.lineno}: {ast.unparse(said)}")
    assert bare == [], "say it with `core_wording.spoken`"


GEOMETRY = {
    "setFixedSize", "setFixedWidth", "setFixedHeight", "setMinimumSize", "setMinimumWidth", "setMinimumHeight",
    "setMaximumWidth", "setMaximumHeight", "setGeometry", "resize", "move", "setContentsMargins", "setSpacing",
    "setHorizontalSpacing", "setVerticalSpacing", "setIconSize", "QSize", "setPixelSize", "setPointSize",
    "setPointSizeF",
}  # fmt: skip


def test_no_length_is_a_literal() -> None:
    literal = [
        f"{path.name} line {node.lineno}: {called(node)}({argument.value})"
        for path, node in calls()
        if called(node) in GEOMETRY
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, (int, float)) and argument.value != 0
    ]
    assert literal == []


def test_no_dialog_stops_the_event_loop() -> None:
    forbidden = {"exec", "exec_", "getOpenFileName", "getSaveFileName", "getText", "question", "processEvents"}
    blocking = [f"{path.name} line {node.lineno}" for path, node in calls() if called(node) in forbidden]
    assert blocking == []


def test_a_question_does_what_was_answered_and_nothing_on_escape(window: Any, qtbot: QtBot) -> None:
    from r3mes_launcher.ui.question import ask

    done: list[str] = []
    answers = [("Yes", lambda: done.append("yes")), ("Other", lambda: done.append("other"))]
    box = ask(window, "Really <b>?", "Details", answers, "Cancel")
    assert box.textFormat() is Qt.TextFormat.PlainText
    box.reject()
    assert done == []
    box = ask(window, "Really?", "", answers, "Cancel")
    next(button for button in box.buttons() if button.text() == "Other").click()
    assert done == ["other"]
    assert QApplication.activeModalWidget() is None or not isinstance(QApplication.activeModalWidget(), QMessageBox)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
