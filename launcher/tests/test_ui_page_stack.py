"""Pages are made at their first use, keep their places, and begin with the content of that moment."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from r3mes_launcher.bridge import LogBatch
from r3mes_launcher.core.state import LogLevel, LogLine
from r3mes_launcher.ui.main_window import MainWindow
from r3mes_launcher.ui.page_stack import PageStack
from r3mes_launcher.ui.pages import CHAT, DOCTOR, HOME, LOGS, SETTINGS
from r3mes_launcher.ui.window_content import WindowContent


def made(window: MainWindow) -> list[int]:
    return [index for index in range(window.pages.count()) if window.pages.is_made(index)]


def test_a_page_is_made_once_in_its_place_and_shows_nothing_by_itself(qtbot: QtBot) -> None:
    made: list[str] = []

    def maker(name: str) -> Any:
        def make() -> QWidget:
            made.append(name)
            return QLabel(name)

        return make

    stack = PageStack([maker("a"), maker("b"), maker("c")])
    qtbot.addWidget(stack)
    assert made == [] and stack.count() == 3
    last = stack.page(2)
    assert stack.currentIndex() == 0 and stack.widget(2) is last and stack.page(2) is last
    assert stack.is_made(2) and not stack.is_made(0)
    stack.make_all()
    stack.make_all()
    assert made == ["c", "a", "b"] and stack.count() == 3 and stack.currentIndex() == 0
    assert [stack.widget(index).text() for index in range(3)] == ["a", "b", "c"]


def test_a_page_is_made_when_it_is_opened_with_what_came_before(
    qtbot: QtBot, theme: Any, intents: Any, ready_state: Any
) -> None:
    window = MainWindow(theme, intents, WindowContent())
    qtbot.addWidget(window, before_close_func=lambda widget: widget.allow_close())
    window.show()
    qtbot.waitExposed(window, timeout=60_000)
    window.show_state(ready_state)
    window.show_logs(LogBatch((LogLine(0.0, "engine", LogLevel.INFO, "before anybody looked"),), dropped=3))
    for _ in range(20):
        qtbot.wait(0)
    assert made(window) == [HOME], "nothing that nobody asked for takes the event loop's time"
    window.go_to(CHAT)
    models = window.pages.chat.choice.model
    assert {models.itemText(index) for index in range(models.count())} >= {"small", "large"}
    window.go_to(LOGS)
    assert window.pages.logs.view.shown_text().endswith("before anybody looked")
    assert any("3 left out" in label.text() for label in window.pages.logs.findChildren(QLabel))
    window.go_to(SETTINGS)
    assert made(window) == [HOME, CHAT, LOGS, SETTINGS] and window.page == SETTINGS

    before = window.pages
    window.start_over(demo=True)
    assert window.pages is not before and made(window) == [HOME] and window.page == HOME
    window.go_to(DOCTOR)
    window.go_to(LOGS)
    assert window.pages.logs.view.shown_text() == "", "nothing of the core before"
