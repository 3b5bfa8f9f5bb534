"""Pages are made at their first use, keep their places, and the window makes the rest after its first paint."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from r3mes_launcher.ui.main_window import CHAT, HOME, SETTINGS, MainWindow
from r3mes_launcher.ui.page_stack import PageStack


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
    assert stack.make_next() and stack.make_next() and not stack.make_next()
    assert made == ["c", "a", "b"] and stack.count() == 3 and stack.currentIndex() == 0
    assert [stack.widget(index).text() for index in range(3)] == ["a", "b", "c"]


def test_the_window_opens_with_one_page_and_has_them_all_soon(
    qtbot: QtBot, theme: Any, intents: Any, ready_state: Any
) -> None:
    window = MainWindow(theme, intents, demo=False)
    qtbot.addWidget(window, before_close_func=lambda widget: widget.allow_close())
    stack = window._stack
    assert [index for index in range(stack.count()) if stack.is_made(index)] == [HOME]
    window.show_state(ready_state)
    window.show()
    qtbot.waitUntil(lambda: all(stack.is_made(index) for index in range(stack.count())), timeout=20_000)
    assert window.page == HOME
    models = window.chat.choice.model
    assert {models.itemText(index) for index in range(models.count())} >= {"small", "large"}, (
        "made with the state of now"
    )
    window.go_to(SETTINGS)
    window.start_over(demo=True)
    assert window._stack is not stack and window.page == HOME
    qtbot.waitUntil(lambda: window._stack.is_made(CHAT), timeout=20_000)


def test_no_page_is_made_while_nobody_looks(qtbot: Any, theme: Any, intents: Any) -> None:
    from r3mes_launcher.ui.main_window import DOCTOR, SETTINGS, MainWindow

    window = MainWindow(theme, intents, demo=False)
    qtbot.addWidget(window, before_close_func=lambda widget: widget.allow_close())
    window.first_painted.connect(window.hide)
    window.show()
    qtbot.waitUntil(lambda: not window.isVisible())
    for _ in range(20):
        qtbot.wait(0)
    assert not window._stack.is_made(DOCTOR) and not window._stack.is_made(SETTINGS)
    window.show()
    qtbot.waitUntil(lambda: window._stack.is_made(SETTINGS) and window._stack.is_made(DOCTOR))
