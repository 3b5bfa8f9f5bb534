"""The Requests page: what is new appears above, filters, details, the saved table, and 50 000 rows without a pause."""

from __future__ import annotations

import csv
import io
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QAbstractTableModel, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from r3mes_launcher.core.history.request_record import OutcomeKind, RequestRecord
from r3mes_launcher.core.history.request_table import REQUESTS_KEPT
from r3mes_launcher.ui.pages import REQUESTS
from r3mes_launcher.ui.request_model import Column, RequestModel
from r3mes_launcher.ui.request_wording import milliseconds, outcome_wording
from r3mes_protocol.messages import FailureCode

ONE = RequestRecord(1000.0, "job", "a-model", "", "stop", 12, 21, 100, 1100)
OUTCOMES = ("stop", "cancelled", "capacity", "engine_error", "length")


def records(newest: int, oldest: int = 1) -> list[RequestRecord]:
    return [
        replace(ONE, id=number, job=f"job-{number}", outcome=OUTCOMES[number % 5])
        for number in range(newest, oldest - 1, -1)
    ]


def texts(widget: Any) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible() and label.text()]


def asked_by_page(window: Any) -> int:
    """The timeline on Home asks too."""
    return sum("RequestsPage" in question[0].__qualname__ for question in window._intents.asked)


def answer(window: Any, newer: list[RequestRecord]) -> None:
    window._intents.asked[-1][1](tuple(newer))


@pytest.fixture
def page(window: Any) -> Any:
    window.go_to(REQUESTS)
    return window.pages.requests


def test_the_page_says_why_it_is_empty_and_then_lists_what_comes(window: Any, page: Any) -> None:
    assert asked_by_page(window) == 1, "it asks when it is opened"
    assert "No requests yet" in texts(page)
    window._on_tick()
    assert asked_by_page(window) == 1, "and not again before it has an answer"
    answer(window, records(10))
    assert page.view.isVisible() and page.model.rowCount() == 10
    window._on_tick()
    page.select(0)
    assert page.model.newest == 10
    answer(window, records(12, 11))
    assert page.model.newest == 12 and page.view.currentIndex().row() == 2, "the chosen request stays chosen"
    assert page.detail.fields.value("id") == "job-10"


def test_a_history_that_can_not_be_read_is_told_and_tried_again(window: Any, page: Any) -> None:
    window._intents.asked[-1][2]("The history can't be used now (disk full).")
    assert "The history can't be used now (disk full)." in texts(page)
    window._on_tick()
    answer(window, [])
    assert "No requests yet" in texts(page)


def test_outcomes_are_filtered_and_counted(window: Any, page: Any) -> None:
    answer(window, records(50))
    page.kind.setCurrentIndex(page.kind.findData(OutcomeKind.ANSWERED))
    assert {record.kind for record in page.model.shown} == {OutcomeKind.ANSWERED}
    assert any(text.startswith("20 of 50 requests") for text in texts(page))
    window._on_tick()
    answer(window, records(55, 51))
    assert page.model.rowCount() == 22
    page.kind.setCurrentIndex(0)
    assert page.model.rowCount() == 55
    assert any("first token after 100 ms (median)" in text and "20.0 tokens/s" in text for text in texts(page))


def test_the_keyboard_walks_the_rows_and_the_detail_follows(window: Any, page: Any, qtbot: QtBot) -> None:
    answer(window, records(5))
    assert not page.detail.isVisible()
    page.view.setFocus()
    qtbot.keyClick(page.view, Qt.Key.Key_Down)
    qtbot.keyClick(page.view, Qt.Key.Key_Down)
    assert page.detail.isVisible()
    row = page.view.currentIndex().row()
    assert page.detail.fields.value("id") == page.model.shown[row].job
    assert page.detail.fields.value("took") == "1.1 s  ·  20.0 tokens/s"


def test_what_is_shown_is_saved(window: Any, page: Any, intents: Any) -> None:
    answer(window, records(50))
    page.kind.setCurrentIndex(page.kind.findData(OutcomeKind.FAILED))
    page.save_to("/somewhere/requests.csv")
    name, path, text = intents.calls[-1]
    assert (name, path) == ("write_file", Path("/somewhere/requests.csv"))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 10 and {row["outcome"] for row in rows} == {"engine_error"}
    assert "10 requests saved as requests.csv." in texts(page)
    intents.refuse = "No space left on device"
    page.save_to("/somewhere/requests.csv")
    assert "Could not save requests.csv: No space left on device" in texts(page)


def test_fifty_thousand_rows_are_shown_grown_and_filtered_without_a_pause(window: Any, page: Any) -> None:
    many = records(REQUESTS_KEPT)
    began = time.process_time()
    answer(window, many)
    page.grab()
    window._on_tick()
    answer(window, records(REQUESTS_KEPT + 100, REQUESTS_KEPT + 1))
    page.grab()
    page.kind.setCurrentIndex(page.kind.findData(OutcomeKind.REFUSED))
    page.grab()
    took = time.process_time() - began
    assert page.model.kept == REQUESTS_KEPT, "the oldest went"
    assert page.model.rowCount() == REQUESTS_KEPT // 5
    assert took < 2.0, f"{took:.2f} s of processor time"


def test_the_model_keeps_qt_s_contract(theme: Any, qtbot: QtBot) -> None:
    model = RequestModel(theme, capacity=30)
    assert isinstance(model, QAbstractTableModel)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for oldest in range(1, 100, 7):
        model.add(records(oldest + 6, oldest))
        model.choose([None, *OutcomeKind][oldest % 5])
        assert model.kept <= 30
    model.choose(None)
    assert [record.id for record in model.shown] == list(range(model.newest, model.newest - 30, -1))
    model.clear()
    assert model.rowCount() == 0 and model.newest == 0
    del tester


@pytest.mark.parametrize("code", [*(code.value for code in FailureCode), "stop", "length", "failed"])
def test_every_outcome_has_words(code: str) -> None:
    words = outcome_wording(replace(ONE, outcome=code))
    assert words.title and words.title != code and words.sentence.endswith(".")


def test_an_outcome_of_a_newer_engine_is_shown_as_it_came(theme: Any) -> None:
    assert outcome_wording(replace(ONE, outcome="quantum_leap")).title == "quantum_leap"
    model = RequestModel(theme)
    model.add([replace(ONE, id=1, adapter="ipek", first_token_ms=None)])
    row = [model.data(model.index(0, column)) for column in Column]
    assert row[2:] == ["ipek", "12", "21", "–", "1.1 s", "–"]


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (80, "80 ms"), (2_449, "2.4 s"), (200_000, "3 min 20 s")])
def test_milliseconds(value: int | None, text: str) -> None:
    assert milliseconds(value) == text
