"""The Earnings page: totals, chart and tables say the same; every reason for an empty page comes with its way out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractSlider, QApplication, QLabel
from pytestqt.qtbot import QtBot

from r3mes_launcher.core.earnings.break_even import BreakEven
from r3mes_launcher.core.earnings.card_day import CardDay
from r3mes_launcher.core.earnings.overview import EarningsOverview, Worth, overview
from r3mes_launcher.core.earnings.reading import EarningsReading, NodeDay, NodeTotal
from r3mes_launcher.core.earnings.standing import SENTENCES, Standing
from r3mes_launcher.core.wallet_state import VaultState, WalletState
from r3mes_launcher.ui.earnings.chart_card import Shown
from r3mes_launcher.ui.earnings.earnings_page import REFRESH_S
from r3mes_launcher.ui.earnings.earnings_wording import price, role_name, standing_words
from r3mes_launcher.ui.earnings.table_card import Grouping
from r3mes_launcher.ui.pages import EARNINGS, HOME, SETTINGS, WALLET

TODAY = date(2026, 11, 26)
HERE, OTHER = "a" * 64, "b" * 64


def seen(**changes: Any) -> EarningsOverview:
    """Two nodes, two days, one card that used a kilowatt-hour on each."""
    yesterday = TODAY - timedelta(days=1)
    days = (
        NodeDay(TODAY, "serving", HERE, 3, 1200, 0, 4_000_000),
        NodeDay(TODAY, "serving", OTHER, 1, 100, 0, 1_000_000),
        NodeDay(yesterday, "serving", HERE, 1, 400, 1, 500_000),
    )
    totals = (NodeTotal(HERE, 4, 1600, 1, 4_500_000, 4_200_000), NodeTotal(OTHER, 1, 100, 0, 1_000_000, 1_000_000))
    energy = tuple(CardDay(day, "GPU-1", 3_600_000_000, Decimal("0.30")) for day in (TODAY, yesterday))
    made = overview(
        EarningsReading("remes1owner", days, totals, 1_800_000_000.0),
        energy,
        Worth(Decimal("0.2"), "EUR", has_tariff=True),
        today=TODAY,
        count=30,
        here=HERE,
        names={"GPU-1": "A card"},
        break_even=BreakEven(Decimal("0.5"), Decimal("0.3"), "EUR", 21_600.0),
    )
    return replace(made, **changes)


def texts(widget: Any) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible() and label.text()]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def rows(page: Any) -> list[list[str]]:
    table = page.table.tables[page.table.shown]
    return [
        [plain(table.item(row, column).text()) for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


def asked(window: Any) -> list[Any]:
    """The timeline on Home asks too."""
    mine = ("EarningsPage", "TableCard")
    return [each for each in window._intents.asked if each[0].__qualname__.startswith(mine)]


@pytest.fixture
def page(window: Any) -> Any:
    window.go_to(EARNINGS)
    return window.pages.earnings


@pytest.fixture
def answered(window: Any, page: Any) -> Any:
    asked(window)[-1][1](seen())
    return page


def test_it_asks_when_it_opens_and_then_now_and_then(window: Any, page: Any) -> None:
    assert len(asked(window)) == 1
    window._on_tick()
    assert len(asked(window)) == 1
    asked(window)[-1][1](seen())
    page.tick(page._asked_at + REFRESH_S + 1)
    assert len(asked(window)) == 2


def test_the_totals_are_set_side_by_side(answered: Any) -> None:
    totals = answered.totals
    assert [plain(totals.value("earned", column)) for column in range(3)] == ["5 REMES", "5.5 REMES", "5.5 REMES"]
    assert [plain(totals.value("here", column)) for column in range(3)] == ["4 REMES", "4.5 REMES", "4.5 REMES"]
    assert [plain(totals.value("cost", column)) for column in range(3)] == ["0.30 EUR", "0.60 EUR", "0.60 EUR"]
    assert [plain(totals.value("profit", column)) for column in range(3)] == ["0.50 EUR", "0.30 EUR", "0.30 EUR"]
    assert plain(totals.held) == "Pending: 5.2 REMES  ·  Settled: 0.3 REMES"
    assert not answered.notice.isVisible()
    assert any("An hour of serving brings 0.50 EUR and costs 0.30 EUR." in plain(text) for text in texts(answered))
    names = [label.accessibleName() for label in totals.findChildren(QLabel) if label.accessibleName()]
    assert "Profit after power, 7 days" in names


def test_what_the_stop_still_has_to_measure_is_told(window: Any, page: Any) -> None:
    asked(window)[-1][1](seen(break_even=BreakEven(None, None, "EUR", 5400.0, 21_600.0)))
    words = "For the break-even stop 1 h 30 min of 6 h 00 min of serving are measured."
    assert any(words in plain(text) for text in texts(page))


def test_the_table_shows_days_cards_and_nodes(answered: Any, qtbot: QtBot) -> None:
    assert rows(answered)[:2] == [
        ["Today", "5", "5", "0", "1.00 kWh", "0.30 EUR", "0.50 EUR"],
        ["2026-11-25 Wed", "0.5", "0.2", "0.3", "1.00 kWh", "0.30 EUR", "-0.20 EUR"],
    ]
    answered.table.grouping.setFocus()
    qtbot.keyClick(answered.table.grouping, Qt.Key.Key_Down)
    assert answered.table.shown is Grouping.GPU
    assert rows(answered) == [["A card", "4.5", "2.00 kWh", "0.60 EUR", "0.30 EUR"]]
    shared = "What the node earned is shared out by the energy that each card used for it."
    assert f"Amounts in REMES. {shared}" in texts(answered)
    qtbot.keyClick(answered.table.grouping, Qt.Key.Key_Down)
    assert rows(answered) == [
        ["This computer (aaaaaaaaaaaa…)", "Serving", "4", "1 600", "4.5", "4.2", "0.3"],
        ["bbbbbbbbbbbb…", "Serving", "1", "100", "1", "1", "0"],
    ]


def test_the_chart_speaks_the_days_and_draws_losses_below_zero(answered: Any, qtbot: QtBot) -> None:
    chart = answered.chart.chart
    chart.setFocus()
    qtbot.keyClick(chart, Qt.Key.Key_End)
    assert plain(chart.reading()) == "Today: 5 REMES."
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert plain(chart.reading()) == "2026-11-25 Wed: 0.5 REMES."
    answered.chart.choice.setCurrentIndex(answered.chart.choice.findData(Shown.PROFIT))
    qtbot.keyClick(chart, Qt.Key.Key_End)
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert plain(chart.reading()) == "2026-11-25 Wed: -0.20 EUR."
    assert "Profit after power" in chart.accessibleName() and "lowest" in chart.accessibleDescription()
    plot = chart._plot()
    [line] = chart._lines
    assert line[-2].y() > chart._zero(plot) > line[-1].y(), "a loss is below zero"
    assert all(plot.adjusted(-1, -1, 1, 1).contains(point) for point in line.toList())
    assert not chart.grab().isNull()


@pytest.mark.parametrize("standing", [each for each in Standing if each is not Standing.READY])
def test_every_reason_says_what_to_do(window: Any, page: Any, standing: Standing) -> None:
    words = standing_words(standing)
    assert (words.title, words.hint) == SENTENCES[standing], "the same in English as the core's"
    asked(window)[-1][1](EarningsOverview(standing=standing, detail="Somebody's own words."))
    assert words.title in texts(page) and f"Somebody's own words. {words.hint}" in texts(page)
    assert page.remedy.isVisible() and page.remedy.text() == words.button == page.remedy.accessibleName()
    before = len(asked(window))
    page.remedy.click()
    went = {HOME: "home", WALLET: "wallet", EARNINGS: "asked" if len(asked(window)) > before else ""}[window.page]
    assert went == {"sign_in": "asked", "wallet": "wallet", "home": "home", "again": "asked"}[str(words.remedy)]


def test_signing_in_is_a_click_and_a_refusal_is_told(window: Any, page: Any) -> None:
    asked(window)[-1][1](EarningsOverview(standing=Standing.SIGNED_OUT))
    page.remedy.click()
    assert not page.remedy.isEnabled(), "not twice"
    asked(window)[-1][2]("The wallet is locked.")
    assert "The wallet is locked." in texts(page) and page.remedy.text() == "Try again"
    page.remedy.click()
    asked(window)[-1][1](seen())
    assert not page.notice.isVisible()


def test_without_a_reading_the_energy_is_there_and_the_rest_is_a_dash(window: Any, page: Any) -> None:
    energy = (CardDay(TODAY, "GPU-1", 180_000_000, Decimal("0.01")),)
    worth = Worth(Decimal("0.2"), "EUR", has_tariff=True)
    nobody = overview(
        EarningsReading(), energy, worth, today=TODAY, count=7, here="", standing=Standing.LOCKED
    )  # fmt: skip
    asked(window)[-1][1](nobody)
    assert plain(page.totals.value("energy", 0)) == "50 Wh" and plain(page.totals.value("cost", 0)) == "0.010 EUR"
    assert page.totals.value("earned", 0) == "–" and page.totals.value("profit", 0) == "–"
    assert rows(page)[0][1:4] == ["–", "–", "–"] and rows(page)[0][-1] == "–"
    assert not page.table.save.isEnabled()


def test_an_owner_who_earned_nothing_is_told_how_to_begin(window: Any, page: Any) -> None:
    reading = EarningsReading("remes1owner", (), (), 1.0)
    asked(window)[-1][1](overview(reading, (), Worth(), today=TODAY, count=30, here=""))
    assert "No earnings in these days" in texts(page) and not page.remedy.isVisible()
    assert "Without prices nobody can tell what is left after power." in texts(page)


def test_an_unlocked_wallet_is_reason_to_look_at_once(window: Any, answered: Any) -> None:
    before = len(asked(window))
    state = window.content.state
    window.show_state(replace(state, wallet=WalletState(vault=VaultState.OPEN)))
    window._on_tick()
    assert len(asked(window)) == before + 1
    asked(window)[-1][1](seen())
    window.show_state(replace(state, wallet=WalletState(vault=VaultState.OPEN), models=("other",)))
    window._on_tick()
    assert len(asked(window)) == before + 1


def test_the_shown_days_are_saved(window: Any, answered: Any, intents: Any) -> None:
    answered.span.setCurrentIndex(0)
    asked(window)[-1][1](seen())
    answered.table.save_to("/somewhere/earnings.csv")
    asked(window)[-1][1]("day,node_id\n")
    assert intents.calls[-1] == ("write_file", Path("/somewhere/earnings.csv"), "day,node_id\n")
    assert "Saved as earnings.csv." in texts(answered)
    answered.table.save_to("/somewhere/earnings.csv")
    asked(window)[-1][2]("The gateway can't be reached.")
    assert "Could not save earnings.csv: The gateway can't be reached." in texts(answered)


def test_the_prices_are_a_click_away(window: Any, answered: Any, qtbot: QtBot) -> None:
    answered.prices.click()
    assert window.page == SETTINGS
    page = window.pages.settings
    card = page.sections.power
    qtbot.waitUntil(card.currency.hasFocus, timeout=20_000)

    def on_top() -> bool:
        return 0 <= card.mapTo(page.viewport(), QPoint(0, 0)).y() < page.viewport().height() // 4

    qtbot.waitUntil(on_top, timeout=20_000)
    page.sections.policy.grid.show()
    qtbot.waitUntil(on_top, timeout=20_000)
    page.verticalScrollBar().triggerAction(QAbstractSlider.SliderAction.SliderToMinimum)
    page.sections.policy.grid.hide()
    QApplication.processEvents()
    assert page.verticalScrollBar().value() == 0, "whoever scrolls goes where they want"


def test_words_of_others_are_shown_as_they_came(theme: Any) -> None:
    assert role_name("validator") == "validator"
    assert price(None, "EUR") == "–" and plain(price(Decimal("-1234.5"), "")) == "-1 234.50"


def test_a_window_that_nobody_sees_tells_it(window: Any, intents: Any, qtbot: QtBot) -> None:
    assert intents.attended[-1] is True
    window.hide()
    assert intents.attended[-1] is False
    window.show()
    assert intents.attended[-1] is True
    window.showMinimized()
    qtbot.waitUntil(lambda: intents.attended[-1] is False, timeout=20_000)
