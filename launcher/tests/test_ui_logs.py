from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from r3mes_launcher.bridge import LogBatch
from r3mes_launcher.core.state import LogLevel, LogLine
from r3mes_launcher.ui.log_buffer import CAPACITY
from r3mes_launcher.ui.log_view import matches
from r3mes_launcher.ui.pages import LOGS


def texts(widget: Any) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible() and label.text()]


def line(text: str, level: LogLevel = LogLevel.INFO, source: str = "engine") -> LogLine:
    return LogLine(0.0, source, level, text)


def shown(page: Any) -> list[str]:
    return [line.text for line in page._buffer.shown(page._buffer.first, page._buffer.end)]


@pytest.fixture
def page(window: Any) -> Any:
    window.go_to(LOGS)
    return window.pages.logs


def add(page: Any, batch: LogBatch) -> None:
    page.window().show_logs(batch)


def fill(page: Any, count: int, name: str = "line") -> None:
    add(page, LogBatch(tuple(line(f"{name} {number}") for number in range(count))))


def test_lines_are_filtered_by_text_level_and_source(page: Any, qtbot: QtBot) -> None:
    add(
        page,
        LogBatch(
            (
                line("model loaded"),
                line("too hot", LogLevel.WARNING),
                line("listening", source="gateway"),
                line("gone", LogLevel.ERROR, "gateway"),
                line("details", LogLevel.DEBUG),
            )
        ),
    )
    assert len(shown(page)) == 5
    qtbot.keyClicks(page.search, "LO")
    qtbot.waitUntil(lambda: shown(page) == ["model loaded"], timeout=20_000)
    assert "1 of 5 lines" in texts(page)
    page.search.clear()
    qtbot.waitUntil(lambda: len(shown(page)) == 5, timeout=20_000)
    page.level.setCurrentIndex(page.level.findData(LogLevel.WARNING))
    assert shown(page) == ["too hot", "gone"]
    page.source.setCurrentIndex(page.source.findData("gateway"))
    assert shown(page) == ["gone"]
    add(page, LogBatch((line("again", LogLevel.ERROR, "gateway"), line("not this"))))
    assert shown(page) == ["gone", "again"]


def test_the_newest_line_is_followed_until_somebody_scrolls(page: Any, qtbot: QtBot) -> None:
    bar = page.view.verticalScrollBar()
    fill(page, 500)
    assert bar.value() == bar.maximum() > 0
    qtbot.keyClick(page.view, Qt.Key.Key_Home)
    assert not page.follow.isChecked()
    fill(page, 500, "later")
    assert bar.value() == 0
    page.follow.click()
    assert bar.value() == bar.maximum()
    fill(page, 500, "latest")
    assert bar.value() == bar.maximum()


def test_reading_stays_in_place_while_old_lines_fall_away(page: Any, qtbot: QtBot) -> None:
    fill(page, CAPACITY)
    bar = page.view.verticalScrollBar()
    bar.setValue(30_000)
    fill(page, 1000, "later")
    assert bar.value() == 30_000
    assert next(iter(page._buffer.shown(30_000, 30_001))).text == "line 30000"
    assert bar.minimum() == 1000
    fill(page, 40_000, "flood")
    assert bar.value() == bar.minimum() == 41_000, "what fell away can't be read any more"


def test_the_number_of_lines_is_capped_and_a_flood_is_told(page: Any) -> None:
    add(page, LogBatch(tuple(line("x") for _ in range(CAPACITY)), dropped=1234))
    fill(page, 10)
    assert page._buffer.kept == CAPACITY
    assert any("1\u202f234 left out" in text for text in texts(page))


def test_lines_are_selected_by_keyboard_and_copied(page: Any, qtbot: QtBot) -> None:
    fill(page, 20)
    view = page.view
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Home)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.accessibleDescription().endswith("line 1")
    qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text().split("\n")
    assert [text.split("  ")[-1] for text in copied] == ["line 1", "line 2"]
    qtbot.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(view.selected_lines()) == 20
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert view.selected_lines() == []
    qtbot.mouseClick(page.copy, Qt.MouseButton.LeftButton)
    assert len(QGuiApplication.clipboard().text().split("\n")) == 20
    assert "20 lines copied." in texts(page)


def test_lines_are_selected_by_mouse(page: Any, qtbot: QtBot) -> None:
    fill(page, 20)
    view, row = page.view, page.view._row
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, int(row * 2.5)))
    qtbot.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, QPoint(40, int(row * 4.5))
    )
    assert [line.text for line in view.selected_lines()] == ["line 2", "line 3", "line 4"]


def test_a_selection_survives_new_lines(page: Any, qtbot: QtBot) -> None:
    fill(page, CAPACITY)
    page.view._put_cursor(100, False)
    page.view._put_cursor(102, True)
    fill(page, 50, "later")
    assert [line.text for line in page.view.selected_lines()] == ["line 100", "line 101", "line 102"]
    fill(page, 51, "later")  # 101 have fallen away, the first selected one among them
    assert [line.text for line in page.view.selected_lines()] == ["line 101", "line 102"]
    fill(page, CAPACITY, "flood")
    assert page.view.selected_lines() == []


def test_saving_asks_for_a_file_and_writes_what_is_shown(page: Any, intents: Any, qtbot: QtBot, tmp_path: Path) -> None:
    fill(page, 3)
    qtbot.mouseClick(page.save, Qt.MouseButton.LeftButton)
    dialog = page.findChild(QFileDialog)
    assert dialog is not None
    dialog.reject()
    page.save_to(str(tmp_path / "log.txt"))
    save, done, failed = intents.asked[-1]
    done(asyncio.run(save(None)))
    assert "Saved as log.txt." in texts(page)
    first, *_ = (tmp_path / "log.txt").read_text("utf-8").splitlines()
    assert first.startswith("19") and first.endswith("info     engine    line 0"), "with its date: it is read elsewhere"
    assert (tmp_path / "log.txt").read_text("utf-8").count("\n") == 3
    failed("The disk is full.")
    assert "Could not save log.txt: The disk is full." in texts(page)


def test_all_processes_can_be_chosen(page: Any) -> None:
    add(page, LogBatch((line("downloading", source="installer"), line("ready"))))
    index = page.source.findData("installer")
    assert index > 0 and page.source.count() == 5
    page.source.setCurrentIndex(index)
    assert shown(page) == ["downloading"]


def test_what_was_looked_for_is_marked(page: Any, theme: Any, qtbot: QtBot) -> None:
    def soft(page: Any) -> int:
        image = page.view.viewport().grab().toImage()
        colour = QColor(theme.tokens.warning_soft).rgb()
        return sum(image.pixel(x, y) == colour for x in range(0, image.width(), 2) for y in range(0, 60, 3))

    add(page, LogBatch((line("Reconnecting in 2 s"),)))
    assert soft(page) == 0
    qtbot.keyClicks(page.search, "connect")
    qtbot.waitUntil(lambda: soft(page) > 0, timeout=20_000)
    assert matches("Connect, reCONNECT", "connect") == [(0, 7), (11, 18)]
    assert matches("aaaa", "aa") == [(0, 2), (2, 4)]
    assert matches("İstanbul", "i") == [], "a letter that grows in lower case: rather no mark than a wrong one"
    assert matches("x" * 9999, "x")[-1] == (49, 50)


def test_an_empty_view_says_why(page: Any, qtbot: QtBot) -> None:
    def dark(page: Any) -> int:
        image = page.view.viewport().grab().toImage()
        middle = image.height() // 2
        rows = range(middle - 8, middle + 8)
        return sum(image.pixelColor(x, y).lightness() < 160 for x in range(image.width()) for y in rows)

    add(page, LogBatch((line("one"),)))
    assert dark(page) == 0
    page.level.setCurrentIndex(page.level.findData(LogLevel.ERROR))
    assert dark(page) > 20


def test_clear(page: Any, qtbot: QtBot) -> None:
    fill(page, 30)
    qtbot.mouseClick(page.clear, Qt.MouseButton.LeftButton)
    assert shown(page) == []
    assert "No lines yet." in texts(page)
    fill(page, 2)
    assert len(shown(page)) == 2


def test_a_very_long_line_can_be_scrolled_and_is_copied_whole(page: Any, qtbot: QtBot) -> None:
    add(page, LogBatch((line("x" * 100_000),)))
    qtbot.waitUntil(lambda: page.view.horizontalScrollBar().maximum() > 0, timeout=20_000)
    qtbot.keyClick(page.view, Qt.Key.Key_Right)
    assert page.view.horizontalScrollBar().value() > 0
    page.view.copy()
    assert len(QGuiApplication.clipboard().text()) > 100_000


def test_find_focuses_the_search(window: Any, page: Any, qtbot: QtBot) -> None:
    page.view.setFocus()
    window.activateWindow()
    qtbot.keyClick(page.view, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(page.search.hasFocus, timeout=20_000)
