"""The tour of the demo: one click a step, by keyboard too, beside the pages and closed for good when that is wished."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from r3mes_launcher.core.state import BundleOrigin, LauncherState, Pace
from r3mes_launcher.ui.pages import CHAT, HOME, SETTINGS
from r3mes_launcher.ui.tour import steps

DEMO = LauncherState(demo=True, pace=Pace(0.0, 1_767_225_600.0, 60.0))


@pytest.fixture
def demo_window(window: Any) -> Any:
    window.show_state(DEMO)
    return window


def test_each_step_shows_its_page_and_the_last_one_closes_the_tour(demo_window: Any, qtbot: QtBot) -> None:
    window, closed = demo_window, []
    window.tour_closed.connect(lambda: closed.append(True))
    before = window.width()
    qtbot.mouseClick(window.bars.demo.take_tour, Qt.MouseButton.LeftButton)
    pages, words = [], set()
    for _ in steps():
        assert not window.bars.demo.take_tour.isVisible() and not closed
        pages.append(window.page)
        words.add(window.tour.words)
        assert window.tour.next.accessibleDescription() == window.tour.words
        qtbot.mouseClick(window.tour.next, Qt.MouseButton.LeftButton)
    assert closed == [True] and window.tour is None and window.bars.demo.take_tour.isVisible()
    assert len(words) == len(steps()) and all(len(each) > 60 for each in words)
    assert set(pages) == set(range(SETTINGS + 1)), "every page is shown"
    assert pages == sorted(pages), "in the order of the navigation"
    assert window.width() == before


def test_by_keyboard_alone(demo_window: Any, qtbot: QtBot) -> None:
    window = demo_window
    window.bars.demo.take_tour.setFocus()
    QTest.keyClick(window.bars.demo.take_tour, Qt.Key.Key_Return)
    assert window.tour.place == 0 and window.focusWidget() is window.tour.next
    for _ in range(2):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    assert window.tour.place == 2
    QTest.keyClick(window.tour, Qt.Key.Key_Tab)
    assert window.focusWidget() is window.tour.back
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    assert window.tour.place == 1 and window.page == HOME
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert window.tour is None


def test_it_goes_with_another_core_and_stays_with_another_language(demo_window: Any, qtbot: QtBot) -> None:
    window = demo_window
    window.start_tour()
    window.tour.next.click()
    window.retranslate()
    assert window.tour is not None and window.tour.place == 1
    qtbot.waitUntil(window.tour.isVisible, timeout=20_000)
    window.start_over(False)
    assert window.tour is None


def test_the_banner_tells_recorded_time_and_whose_record_it_is(demo_window: Any) -> None:
    window = demo_window
    assert "no real money" in window.bars.demo.sentence and window.bars.demo.isVisible()
    window._on_tick()
    assert "60" in window.bars.demo.time.text()
    origin = BundleOrigin("<b>x</b>.zip", "0.1.0", "Linux 6", 1_767_225_600.0, 1_767_229_200.0)
    window.show_state(replace(DEMO, bundle=origin, pace=Pace(0.0, 1_767_229_200.0, 0.0)))
    window._on_tick()
    for part in ("another computer", "0.1.0", "Linux 6", "<b>x</b>.zip", "2026"):
        assert part in window.bars.demo.sentence
    assert not window.bars.demo.take_tour.isVisible() and "the end" in window.bars.demo.time.text()
    window.show_state(LauncherState())
    window._on_tick()
    assert not window.bars.demo.isVisible() and not window.bars.demo.time.isVisible()


def test_the_tour_leaves_the_chat_its_keys(demo_window: Any, qtbot: QtBot) -> None:
    window = demo_window
    window.start_tour()
    while window.page != CHAT:
        window.tour.next.click()
    QTest.keyClicks(window.pages.chat.composer.field, "hello")
    assert window.pages.chat.composer.field.toPlainText() == "hello" and window.page == CHAT


def test_a_window_that_is_closed_during_the_tour_opens_as_wide_as_before(demo_window: Any) -> None:
    before = demo_window.geometry_text()
    demo_window.start_tour()
    assert demo_window.geometry_text() == before
