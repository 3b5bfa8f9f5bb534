from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from r3mes_launcher.core.state import ChatTurn, LauncherState
from r3mes_launcher.ui.chat.message_text import MessageText
from r3mes_launcher.ui.pages import CHAT, HOME


def texts(widget: Any) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible() and label.text()]


@pytest.fixture
def page(window: Any, ready_state: LauncherState) -> Any:
    window.show_state(ready_state)
    window.go_to(CHAT)
    return window.pages.chat


def answer(page: Any) -> str:
    # What waits because the draw before took long.
    page.views[-1].answer.draw()
    return str(page.views[-1].words)


def test_enter_sends_and_shift_enter_starts_a_line(page: Any, intents: Any, qtbot: QtBot) -> None:
    field = page.composer.field
    qtbot.keyClicks(field, "Hello")
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(field, "there")
    assert intents.questions == []
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert intents.questions == [((ChatTurn("user", "Hello\nthere"),), "small")]
    assert field.toPlainText() == ""


def test_an_empty_prompt_is_not_sent(page: Any, intents: Any, qtbot: QtBot) -> None:
    qtbot.keyClicks(page.composer.field, "   ")
    assert not page.composer.send.isEnabled()
    qtbot.keyClick(page.composer.field, Qt.Key.Key_Return)
    assert intents.questions == []


def test_an_answer_grows_word_by_word(page: Any, intents: Any, qtbot: QtBot) -> None:
    page.ask("Tell me")
    stream = intents.streams[0]
    assert "Waiting for the first word…" in texts(page)
    assert page.composer.stop.isVisible()
    assert not page.composer.send.isVisible()
    stream.arrived.emit("Once")
    assert "Waiting for the first word…" not in texts(page)
    stream.arrived.emit(" upon")
    assert answer(page) == "Once upon"
    stream.finished.emit("stop", "small-1")
    assert "small-1" in texts(page)
    assert page.composer.send.isVisible()
    page.ask("More")
    assert intents.questions[1][0] == (
        ChatTurn("user", "Tell me"),
        ChatTurn("assistant", "Once upon"),
        ChatTurn("user", "More"),
    )


@pytest.mark.parametrize(
    "hostile",
    [
        "<b>bold</b><img src='http://x/y.png'>",
        "<a href='file:///etc/passwd'>click</a>",
        "<script>1</script>&amp;",
        "\u202eevil\x00",
    ],
)
def test_network_text_is_plain_text(page: Any, intents: Any, hostile: str) -> None:
    page.ask(hostile)
    intents.streams[0].arrived.emit(hostile)
    intents.streams[0].finished.emit("stop", hostile)
    shown = hostile.replace("\x00", "")
    assert answer(page).replace("\x00", "").replace("\ufffd", "") == shown
    assert page.views[0].words.replace("\x00", "").replace("\ufffd", "") == shown
    assert hostile in texts(page)
    for text in page.findChildren(MessageText):
        html = text.document().toHtml()
        assert "<img" not in html
        # A web address may be a link; it shows itself, and nobody opens it without being asked.
        assert "<a href" not in html.replace('<a href="http://x/y.png"', "")


def test_a_second_question_waits_for_the_answer(page: Any, intents: Any, qtbot: QtBot) -> None:
    page.ask("one")
    qtbot.keyClicks(page.composer.field, "two")
    qtbot.keyClick(page.composer.field, Qt.Key.Key_Return)
    assert len(intents.questions) == 1
    assert page.composer.field.toPlainText() == "two", "what was typed is kept"


def test_stop_by_button_and_by_escape(page: Any, intents: Any, qtbot: QtBot) -> None:
    page.ask("one")
    stream = intents.streams[0]
    stream.arrived.emit("Half")
    qtbot.mouseClick(page.composer.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Stopped." in texts(page), timeout=20_000)
    assert answer(page) == "Half"
    page.ask("two")
    qtbot.keyClick(page.composer.field, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not page.conversation.answering, timeout=20_000)


def test_a_failure_is_a_sentence_and_can_be_asked_again(page: Any, intents: Any, qtbot: QtBot) -> None:
    page.ask("one")
    intents.streams[0].failed.emit("Nobody serves this model.")
    assert "Nobody serves this model." in texts(page)
    qtbot.mouseClick(page.views[-1].retry, Qt.MouseButton.LeftButton)
    assert intents.questions[1][0] == (ChatTurn("user", "one"),)
    assert "Nobody serves this model." not in texts(page)
    intents.streams[1].arrived.emit("Now")
    intents.streams[1].finished.emit("length", "")
    assert "The answer ended at its length limit." in texts(page)


def test_a_partial_answer_that_failed_is_kept_until_it_is_asked_again(page: Any, intents: Any) -> None:
    page.ask("one")
    intents.streams[0].arrived.emit("Half an answer")
    intents.streams[0].failed.emit("The node went away.")
    assert answer(page) == "Half an answer"
    page.retry()
    assert answer(page) == ""


def test_copy_gives_the_whole_answer(page: Any, intents: Any, qtbot: QtBot) -> None:
    page.ask("one")
    intents.streams[0].arrived.emit("First line\nsecond line")
    intents.streams[0].finished.emit("stop", "")
    view = page.views[-1]
    qtbot.mouseClick(view.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "First line\nsecond line"
    qtbot.waitUntil(lambda: not view._copied.isActive(), timeout=20_000)


def test_a_new_conversation_forgets_the_old_one(page: Any, intents: Any, qtbot: QtBot) -> None:
    page.ask("one")
    old = intents.streams[0]
    qtbot.mouseClick(page.new, Qt.MouseButton.LeftButton)
    assert page.conversation.messages == ()
    assert page._stack.currentIndex() == 0
    old.arrived.emit("late words")
    qtbot.wait(50)
    assert page.conversation.messages == ()
    qtbot.mouseClick(page.suggestions[0], Qt.MouseButton.LeftButton)
    assert intents.questions[-1][0][0].text == page.suggestions[0].text()


def test_the_model_is_chosen_and_kept(window: Any, page: Any, intents: Any, ready_state: LauncherState) -> None:
    page.choice.model.setCurrentText("large")
    window.show_state(replace(ready_state, models=("new", "large")))
    assert page.choice.chosen == "large"
    page.ask("one")
    assert intents.questions[0][1] == "large"
    assert not page.choice.isEnabled()


def test_without_a_node_or_gateway_the_page_says_what_to_do(
    window: Any, page: Any, ready_state: LauncherState, intents: Any, qtbot: QtBot
) -> None:
    window.show_state(replace(ready_state, models=()))
    assert "Nobody serves a model right now." in texts(page)
    qtbot.mouseClick(page.go_home, Qt.MouseButton.LeftButton)
    assert window.page == HOME
    window.go_to(CHAT)
    window.show_state(LauncherState())
    assert "The gateway does not answer yet." in texts(page)
    qtbot.keyClicks(page.composer.field, "Hello?")
    qtbot.keyClick(page.composer.field, Qt.Key.Key_Return)
    assert intents.questions == []
    assert page.composer.field.toPlainText() == "Hello?"


def test_the_end_is_followed_only_by_who_is_there(page: Any, intents: Any, qtbot: QtBot) -> None:
    bar = page.transcript.area.verticalScrollBar()
    page.ask("one")
    stream = intents.streams[0]
    for number in range(80):
        stream.arrived.emit(f"line {number}\n\n")
    qtbot.waitUntil(lambda: bar.maximum() > 0 and bar.value() == bar.maximum(), timeout=20_000)
    assert not page.transcript.latest.isVisible()
    bar.setValue(10)
    for number in range(40):
        stream.arrived.emit(f"more {number}\n\n")
    before = bar.maximum()
    qtbot.waitUntil(lambda: bar.maximum() >= before and page.transcript.latest.isVisible(), timeout=20_000)
    assert bar.value() == 10
    qtbot.mouseClick(page.transcript.latest, Qt.MouseButton.LeftButton)
    stream.arrived.emit("the\nvery\nlast")
    qtbot.waitUntil(lambda: bar.value() == bar.maximum(), timeout=20_000)
    assert not page.transcript.latest.isVisible()


def test_the_prompt_field_grows_and_stops_growing(page: Any, qtbot: QtBot) -> None:
    field = page.composer.field
    one = field.height()
    field.setPlainText("a\nb\nc")
    qtbot.waitUntil(lambda: field.height() > one, timeout=20_000)
    field.setPlainText("\n" * 60)
    qtbot.waitUntil(lambda: field.height() > 3 * one, timeout=20_000)
    assert field.height() < 12 * one


def test_a_long_answer_stays_quick(page: Any, intents: Any, qtbot: QtBot) -> None:
    page.ask("one")
    stream = intents.streams[0]
    for _ in range(300):
        stream.arrived.emit("some more words of a long answer, " * 3 + "\n")
    stream.finished.emit("stop", "")
    assert answer(page).count("a long answer") == 900
