"""The timeline on Home: a cursor for keyboard and mouse, the same as a list, the days before, and words for all."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from r3mes_launcher.core.history.timeline import Kind, Stretch
from r3mes_launcher.core.policy.reasons import ActiveReason, SuspendReason
from r3mes_launcher.ui.timeline_wording import spoken, stretch_wording

HOUR = 3600.0
LOCKED = ActiveReason(SuspendReason.WALLET_LOCKED, "wallet_locked", (), 0.0)
SERVES = (
    (6, Kind.OFF),
    (2, Kind.ANSWERING),
    (4, Kind.WAITING),
    (1, Kind.SUSPENDED),
    (11, Kind.NOT_RUNNING),
)


def texts(widget: Any) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible() and label.text()]


def day(end: float) -> tuple[Stretch, ...]:
    made, here = [], end - 24 * HOUR
    for hours, kind in SERVES:
        reasons = (LOCKED,) if kind is Kind.SUSPENDED else ()
        made.append(Stretch(here, here + hours * HOUR, kind, reasons))
        here += hours * HOUR
    return tuple(made)


@pytest.fixture
def card(window: Any) -> Any:
    # The window's own clock would move the day under the test.
    window._tick.stop()
    card = window.pages.home.timeline
    card.tick(100 * 24 * HOUR)
    window._intents.asked[-1][1](day(100 * 24 * HOUR))
    return card


def test_before_the_first_record_it_says_so(window: Any) -> None:
    assert "Nothing is recorded yet." in texts(window.pages.home.timeline)


def test_the_day_is_summed_and_the_cursor_explains_each_stretch(card: Any, qtbot: QtBot) -> None:
    said = [text.replace("\u00a0", " ") for text in texts(card)]
    assert any("Answering 2 h 00 min" in text and "Switched off 6 h 00 min" in text for text in said)
    widget = card.widget
    assert widget.accessibleDescription().endswith("Not running. The launcher was not running.")
    widget.setFocus()
    for key, what in (
        (Qt.Key.Key_Home, "Switched off. It waited to be switched on."),
        (Qt.Key.Key_Right, "Answering. Requests came and were answered."),
        (Qt.Key.Key_End, "Not running."),
        (Qt.Key.Key_Left, "Suspended. The wallet is locked."),
    ):
        qtbot.keyClick(widget, key)
        assert what in widget.accessibleDescription()
        assert widget.accessibleDescription() in texts(card), "what is spoken is also shown"
    qtbot.keyClick(widget, Qt.Key.Key_Escape)
    assert widget.current is None


def test_the_mouse_points_at_a_stretch(card: Any) -> None:
    widget = card.widget
    widget.resize(720, 60)
    # Told to the widget itself: another window of the test's process may lie under the pointer.
    answering = widget._stretches[1]
    place = QPointF(widget._x(widget._bar(), (answering.since + answering.until) / 2), 10)
    none = Qt.MouseButton.NoButton
    widget.mouseMoveEvent(QMouseEvent(QEvent.Type.MouseMove, place, place, none, none, Qt.KeyboardModifier.NoModifier))
    assert widget.current is not None and widget.current.kind is Kind.ANSWERING


def test_the_same_as_a_list(card: Any) -> None:
    card.as_list.setChecked(True)
    assert card.list.isVisible() and not card.widget.isVisible()
    rows = [[card.list.item(row, column).text() for column in (1, 2, 3)] for row in range(card.list.rowCount())]
    assert rows[1] == ["1 h 00 min", "Suspended", "The wallet is locked."]
    assert len(rows) == len(SERVES)


def test_earlier_days_are_asked_for_and_a_refusal_is_told(window: Any, card: Any) -> None:
    asked = len(window._intents.asked)
    card.tick(100 * 24 * HOUR + 1)
    assert len(window._intents.asked) == asked, "not every second"
    assert not card.later.isEnabled()
    card.earlier.click()
    assert len(window._intents.asked) == asked + 1
    window._intents.asked[-1][2]("The history can't be used now (disk full).")
    assert "The history can't be used now (disk full)." in texts(card)
    card.later.click()
    assert not card.later.isEnabled() and len(window._intents.asked) == asked + 2


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_words_and_the_core_s_own_win(kind: Kind) -> None:
    stretch = Stretch(0.0, 60.0, kind)
    assert stretch_wording(stretch).title and stretch_wording(stretch).sentence.endswith(".")
    told = Stretch(0.0, 60.0, kind, detail="The GPU is gone.")
    assert spoken(told).endswith("The GPU is gone.")
