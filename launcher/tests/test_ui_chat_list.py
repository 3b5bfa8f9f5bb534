"""Conversations beside each other: kept, opened again, renamed, deleted; adapters; links; the pace of an answer."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from r3mes_launcher.core.chats.answer_figures import AnswerFigures
from r3mes_launcher.core.chats.chat import Chat, Message, MessageState
from r3mes_launcher.core.state import AdapterOffer, LauncherState
from r3mes_launcher.ui.pages import CHAT


def texts(widget: Any) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible() and label.text()]


@pytest.fixture
def answering(intents: Any, fake_chats: Any) -> Any:
    """The core behind the page has the chats of `fake_chats`; other questions stay unanswered."""

    intents.answer_by(SimpleNamespace(chats=fake_chats))
    return fake_chats


@pytest.fixture
def page(answering: Any, window: Any, ready_state: LauncherState) -> Any:
    window.show_state(ready_state)
    window.resize(window.minimumSizeHint().width() + window.pages.chat.chats.sizeHint().width() + 200, 700)
    window.go_to(CHAT)
    window.pages.chat.show_chats.setChecked(True)
    return window.pages.chat


def say(page: Any, intents: Any, question: str, answer: str) -> None:
    page.ask(question)
    intents.streams[-1].arrived.emit(answer)
    intents.streams[-1].finished.emit("stop", "small")


def titles(page: Any) -> list[str]:
    return [item.text() for item in page.chats._items()]


def open_title(page: Any, title: str) -> None:
    item = next(item for item in page.chats._items() if item.text() == title)
    page.chats.list.itemClicked.emit(item)


def test_a_conversation_is_kept_and_opened_again(page: Any, intents: Any, answering: Any) -> None:
    say(page, intents, "What is a GPU?\nIn short.", "A processor.")
    (kept,) = answering.kept_chats.values()
    assert kept.title == "What is a GPU? In short." and kept.messages[1].text == "A processor."
    page.start_over()
    say(page, intents, "And a CPU?", "Another one.")
    assert titles(page) == ["And a CPU?", "What is a GPU? In short."]
    open_title(page, "What is a GPU? In short.")
    assert page.views[-1].words == "A processor."
    page.ask("More?")
    assert [turn.text for turn in intents.questions[-1][0]] == ["What is a GPU?\nIn short.", "A processor.", "More?"]


def test_what_is_on_the_disk_is_listed_and_read_when_it_is_opened(page: Any, answering: Any) -> None:
    messages = (Message("user", "Old?"), Message("assistant", "**Yes**", MessageState.STOPPED, "large"))
    answering.kept_chats["a" * 32] = Chat("a" * 32, "An old one", 1.0, 2.0, messages)
    page._refresh_list()
    assert titles(page) == ["An old one"]
    open_title(page, "An old one")
    assert page.views[-1].words == "Yes" and "Stopped." in texts(page)
    assert page.choice.chosen == "large", "it goes on with the model that it was asked of"
    answering.kept_chats.clear()
    page.start_over()
    page._forget("a" * 32)
    open_title(page, "An old one")
    assert "This conversation is not there any more." in texts(page.chats)


def test_an_answer_goes_on_in_its_own_conversation(page: Any, intents: Any, answering: Any) -> None:
    page.ask("A long story")
    stream = intents.streams[-1]
    stream.arrived.emit("Once")
    page.start_over()
    assert not page.conversation.answering and page.composer.send.isVisible()
    stream.arrived.emit(" upon a time")
    stream.finished.emit("stop", "small")
    assert page.conversation.messages == ()
    assert next(iter(answering.kept_chats.values())).messages[1].text == "Once upon a time"
    open_title(page, "A long story")
    assert page.views[-1].words == "Once upon a time"


def test_rename_by_keyboard_and_an_empty_title_is_none(page: Any, intents: Any, answering: Any, qtbot: QtBot) -> None:
    say(page, intents, "First", "One")
    page.activateWindow()
    page.chats.list.setFocus()
    for typed, title in (("Night trains", "Night trains"), ("   ", "Night trains")):
        qtbot.keyClick(page.chats.list, Qt.Key.Key_F2)
        editor = page.chats.list.findChild(QLineEdit)
        assert editor is not None
        editor.setText(typed)
        qtbot.keyClick(editor, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda title=title: titles(page) == [title], timeout=20_000)
        qtbot.waitUntil(lambda: page.chats.list.findChild(QLineEdit) is None, timeout=20_000)
    assert next(iter(answering.kept_chats.values())).title == "Night trains"
    say(page, intents, "Second", "Two")
    assert titles(page) == ["Night trains"], "a title that somebody gave stays"


def test_delete_asks_and_then_forgets(page: Any, intents: Any, answering: Any, qtbot: QtBot) -> None:
    say(page, intents, "First", "One")
    page.start_over()
    say(page, intents, "Second", "Two")
    open_title(page, "First")
    qtbot.keyClick(page.chats.list, Qt.Key.Key_Delete)
    assert "“First”" in page.chats.question.informativeText()
    page.chats.question.reject()
    assert len(answering.kept_chats) == 2
    qtbot.mouseClick(page.chats.delete, Qt.MouseButton.LeftButton)
    next(button for button in page.chats.question.buttons() if button.text() == "Delete").click()
    assert [chat.title for chat in answering.kept_chats.values()] == ["Second"]
    assert titles(page) == ["Second"] and page.conversation.messages == ()
    qtbot.mouseClick(page.chats.delete_all, Qt.MouseButton.LeftButton)
    next(button for button in page.chats.question.buttons() if button.text() == "Delete all").click()
    assert answering.kept_chats == {} and titles(page) == []
    assert "What you ask is listed here." in texts(page.chats)


def test_a_deleted_conversation_is_not_written_again_by_its_answer(page: Any, intents: Any, answering: Any) -> None:
    page.ask("Secret")
    stream = intents.streams[-1]
    page._on_deleted(page._session.chat_id)
    stream.arrived.emit("late")
    stream.finished.emit("stop", "")
    assert answering.kept_chats == {} and titles(page) == []


def test_keeping_can_be_switched_off(page: Any, intents: Any, answering: Any, qtbot: QtBot) -> None:
    assert page.chats.keep.isChecked()
    page.chats.keep.click()
    say(page, intents, "Only now", "Yes")
    assert answering.kept_chats == {} and titles(page) == ["Only now"], "it is there until R3MES ends"
    page.chats.keep.click()
    say(page, intents, "Again", "Yes")
    assert len(answering.kept_chats) == 1


def test_in_a_narrow_window_the_list_takes_the_conversation_s_place(window: Any, page: Any, intents: Any) -> None:
    say(page, intents, "First", "One")
    assert page.chats.isVisible() and page.composer.isVisible()
    window.resize(window.minimumSizeHint())
    QApplication.processEvents()
    assert page.chats.isVisible() and not page.composer.isVisible()
    open_title(page, "First")
    assert not page.chats.isVisible() and page.composer.isVisible()


def test_adapters_of_the_model_can_be_chosen(
    window: Any, page: Any, intents: Any, ready_state: LauncherState, qtbot: QtBot
) -> None:
    assert not page.choice.adapter.isVisible()
    offered = replace(
        ready_state,
        models=("small", "large", "poetry", "law", "auto"),
        adapters=(AdapterOffer("poetry", "small"), AdapterOffer("law", "large")),
    )
    window.show_state(offered)
    assert [page.choice.model.itemText(index) for index in range(2)] == ["small", "large"]
    assert page.choice.model.count() == 2
    assert [page.choice.adapter.itemData(index) for index in range(3)] == ["", "auto", "poetry"]
    page.choice.adapter.setCurrentIndex(2)
    page.ask("A poem")
    assert intents.questions[-1][1] == "poetry"
    intents.streams[-1].finished.emit("stop", "poetry")
    window.show_state(replace(offered, models=("small", "poetry", "auto"), adapters=offered.adapters[:1]))
    assert page.choice.chosen == "poetry", "a new list keeps the choice"
    window.show_state(replace(offered, models=("small", "auto"), adapters=()))
    assert page.choice.chosen == "small", "what is offered no more is not asked for"


def test_the_pace_of_an_answer_is_shown(page: Any, intents: Any) -> None:
    page.ask("Quick?")
    stream = intents.streams[-1]
    stream._figures = AnswerFigures(0.42, 41, 2.0, counted=True)
    stream.arrived.emit("Very.")
    stream.finished.emit("stop", "small")
    assert "first word after 0.4 s  ·  20.0 tokens/s  ·  41 tokens" in texts(page)


def test_answer_anew_and_what_was_there_comes_back_when_it_fails(page: Any, intents: Any, qtbot: QtBot) -> None:
    say(page, intents, "Poem?", "Roses")
    qtbot.mouseClick(page.views[-1].again, Qt.MouseButton.LeftButton)
    assert page.views[-1].words == ""
    intents.streams[-1].failed.emit("No node serves right now.")
    assert page.views[-1].words == "Roses" and "No node serves right now." in texts(page)
    qtbot.mouseClick(page.views[-1].retry, Qt.MouseButton.LeftButton)
    page.stop()
    qtbot.waitUntil(lambda: not page.conversation.answering, timeout=20_000)
    assert page.views[-1].words == "Roses"
    page.retry()
    intents.streams[-1].arrived.emit("Violets")
    intents.streams[-1].finished.emit("stop", "")
    assert page.views[-1].words == "Violets" and intents.questions[-1][0][0].text == "Poem?"


def test_a_link_is_opened_only_after_its_address_was_shown(
    page: Any, intents: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(page, "open_address", opened.append)
    say(page, intents, "Where?", "[here](https://example.org/a?b=c)")
    page.views[-1].link_wished.emit("https://example.org/a?b=c")
    assert page._question.informativeText() == "https://example.org/a?b=c"
    page._question.reject()
    assert opened == []
    page.views[-1].link_wished.emit("https://example.org/a?b=c")
    next(button for button in page._question.buttons() if button.text() == "Copy the address").click()
    assert QGuiApplication.clipboard().text() == "https://example.org/a?b=c" and opened == []
    page.views[-1].link_wished.emit("https://example.org/a?b=c")
    next(button for button in page._question.buttons() if button.text() == "Open").click()
    assert opened == ["https://example.org/a?b=c"]


def test_a_long_conversation_opens_with_its_end(page: Any, answering: Any, qtbot: QtBot) -> None:
    messages = []
    for number in range(30):
        messages += [Message("user", f"question {number}"), Message("assistant", f"answer {number}")]
    answering.kept_chats["b" * 32] = Chat("b" * 32, "Long", 1.0, 2.0, tuple(messages))
    page._refresh_list()
    open_title(page, "Long")
    assert len(page.views) == 20 and page.views[-1].words == "answer 29"
    qtbot.mouseClick(page.transcript.earlier, Qt.MouseButton.LeftButton)
    assert len(page.views) == 40 and page.views[0].words == "question 10"
    qtbot.mouseClick(page.transcript.earlier, Qt.MouseButton.LeftButton)
    assert page.views[0].words == "question 0" and not page.transcript.earlier.isVisible()


def test_an_answer_without_end_is_stopped(page: Any, intents: Any, qtbot: QtBot) -> None:
    page.ask("Go on")
    stream = intents.streams[-1]
    stream.arrived.emit("word\n\n" * 10)
    page._session._on_arrived("x" * 400_000)
    qtbot.waitUntil(lambda: not page.conversation.answering, timeout=20_000)
    assert len(page.conversation.messages[-1].text) <= 400_000
