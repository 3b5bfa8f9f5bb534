from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from r3mes_launcher.core.doctor.report import DoctorState, GpuFlaw
from r3mes_launcher.core.history.gpu_record import GpuBucket
from r3mes_launcher.core.state import GpuDriver, GpuReport, GpuSample, LauncherState
from r3mes_launcher.ui.gpu_history import Figure
from r3mes_launcher.ui.pages import DOCTOR, GPUS
from r3mes_launcher.ui.time_series import TimeSeries
from r3mes_launcher.ui.time_series_widget import TimeSeriesWidget
from r3mes_launcher.ui.tokens import Tone

FIRST = GpuSample("a", "First card", False, 8192, 24576, 61, 210.4, 450.0, 88, "8.9")
SECOND = GpuSample("b", "Second card", False, 512, 8192, 40, 30.0, None, 3, "7.5")


def texts(widget: Any) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible() and label.text()]


@pytest.fixture
def page(window: Any) -> Any:
    window.go_to(GPUS)
    return window.pages.gpus


@pytest.mark.parametrize("driver", [driver for driver in GpuDriver if driver is not GpuDriver.OK])
def test_without_cards_the_page_says_why(window: Any, page: Any, driver: GpuDriver) -> None:
    window.show_report(GpuReport(1.0, driver, "The core's own sentence."))
    assert "The core's own sentence." in texts(page)
    assert page.cards == ()
    page.open_doctor.click()
    assert window.page == DOCTOR


def test_figures_of_two_cards(window: Any, page: Any) -> None:
    window.show_report(GpuReport(1.0, GpuDriver.OK, "", "580.1", (FIRST, SECOND)))
    first, second = page.cards
    assert {"First card", "8.0 GiB", "of 24.0 GiB", "61 °C", "210 W", "of 450 W", "88 %"} <= set(texts(first))
    assert {"Second card", "512 MiB", "40 °C", "30 W", "3 %"} <= set(texts(second))
    assert any("580.1" in text for text in texts(page))
    window.show_report(GpuReport(2.0, GpuDriver.OK, "", "580.1", (SECOND,)))
    assert len(page.cards) == 1


def test_a_card_that_tells_nothing_shows_dashes(window: Any, page: Any) -> None:
    window.show_report(GpuReport(1.0, GpuDriver.OK, gpus=(GpuSample("a", "Silent"),)))
    assert texts(page.cards[0]).count("–") == 4


def test_a_lost_card_says_so_and_keeps_its_history(window: Any, page: Any) -> None:
    window.show_report(GpuReport(1.0, GpuDriver.OK, gpus=(FIRST,)))
    lost = GpuSample("a", "First card", True, 8192, 24576, 61, 210.4, 450.0, 88, "8.9")
    window.show_report(GpuReport(2.0, GpuDriver.OK, "One card is gone.", gpus=(lost,)))
    card = page.cards[0]
    assert "This card is gone." in texts(card)
    assert "61 °C" not in texts(card)
    assert "One card is gone." in texts(page)
    history = window.content.history.card("a")
    assert history.series[Figure.TEMPERATURE].values == [61, None]


def test_what_the_self_test_found_stands_on_its_card(window: Any, page: Any) -> None:
    flaws = (
        GpuFlaw("a", True, "only 900 of 24576 MiB of its memory are free", "Close other programs that use the GPU."),
        GpuFlaw("b", False, "a small calculation on it did not end", "Restart the computer."),
    )
    window.show_report(GpuReport(1.0, GpuDriver.OK, gpus=(FIRST,)))
    window.show_state(replace(LauncherState(), doctor=DoctorState(flaws=flaws)))
    # A card that is drawn later has it too.
    window.show_report(GpuReport(2.0, GpuDriver.OK, gpus=(FIRST, SECOND)))
    first, second = page.cards
    assert "It works, with a flaw" in texts(first)
    assert "Only 900 of 24576 MiB of its memory are free. Close other programs that use the GPU." in texts(first)
    assert "The engine can't use this card" in texts(second)
    window.show_state(LauncherState())
    assert "It works, with a flaw" not in texts(first)


@pytest.mark.parametrize(
    ("celsius", "word", "tone"), [(82, "", Tone.BUSY), (84, "hot", Tone.WARNING), (95, "too hot", Tone.BAD)]
)
def test_heat_is_said_in_words_and_colour(window: Any, page: Any, celsius: int, word: str, tone: Tone) -> None:
    window.show_report(GpuReport(1.0, GpuDriver.OK, gpus=(GpuSample("a", "Card", temperature_c=celsius),)))
    card = page.cards[0]
    assert (word in texts(card)) is bool(word)
    assert card._panels[Figure.TEMPERATURE].chart._tone is tone


def test_the_table_says_the_same_as_the_charts(window: Any, page: Any, qtbot: QtBot) -> None:
    for at, celsius in ((1.0, 50), (2.0, 70), (3.0, 60)):
        window.show_report(GpuReport(at, GpuDriver.OK, gpus=(GpuSample("a", "Card", temperature_c=celsius),)))
    table = page.cards[0].table
    assert not table.isVisible()
    page.as_table.click()
    assert table.isVisible()
    assert [table.item(2, column).text() for column in range(4)] == ["60 °C", "50 °C", "60 °C", "70 °C"]
    assert [table.item(3, column).text() for column in range(4)] == ["–"] * 4
    window.show_report(GpuReport(4.0, GpuDriver.OK, gpus=(GpuSample("a", "Card"), GpuSample("b", "New"))))
    assert all(card.table.isVisible() for card in page.cards), "a new card follows the choice"


@pytest.fixture
def chart(qtbot: QtBot, theme: Any) -> TimeSeriesWidget:
    made = TimeSeriesWidget(theme, "Temperature, Card", "°C")
    qtbot.addWidget(made)
    series = TimeSeries(600.0)
    for second in range(120):
        series.add(1000.0 + second, None if 40 <= second < 50 else 40.0 + second / 10)
    made.show_series(series, 100.0)
    made.resize(600, 200)
    made.show()
    qtbot.waitExposed(made, timeout=60_000)
    made.setFocus()
    return made


def test_a_chart_speaks(chart: TimeSeriesWidget) -> None:
    assert chart.accessibleName() == "Temperature, Card"
    assert chart.accessibleDescription() == (
        "Temperature, Card over the last 10 min 00 s: now 52 °C, lowest 40 °C, average 46 °C, highest 52 °C."
    )
    chart.show_series(TimeSeries(1.0), 100.0)
    assert chart.accessibleDescription() == "Temperature, Card: no values yet."


def test_a_chart_tells_its_edges(chart: TimeSeriesWidget, qtbot: QtBot, theme: Any) -> None:
    assert chart.labels() == ("100 °C", "", "10 min ago", "now")
    chart.show_series(TimeSeries(600.0), 100.0)
    assert chart.labels() == ("", "", "", ""), "nothing is known yet"
    days = TimeSeriesWidget(theme, "Power", "W", moment_text=lambda at: f"day {at / 86400:.0f}", bar_s=86400.0)
    qtbot.addWidget(days)
    series = TimeSeries(3 * 86400.0)
    for day, value in enumerate((2.0, -1.0, 4.0)):
        series.add(day * 86400.0, value)
    days.show_series(series, 0.0)
    assert days.labels() == ("4 W", "-1 W", "day 0", "day 2")
    days.resize(320, 200)
    assert not days.grab().isNull()
    centres = [point.x() for line in days._lines for point in line.toList()]
    plot = days._plot()
    assert centres == pytest.approx([plot.left() + plot.width() * share for share in (1 / 6, 3 / 6, 5 / 6)])


def test_the_keyboard_moves_the_cursor(chart: TimeSeriesWidget, qtbot: QtBot) -> None:
    assert chart.reading() == ""
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.reading().endswith(": 52 °C.")
    qtbot.keyClick(chart, Qt.Key.Key_PageUp)
    assert chart.reading().endswith(": 46 °C.")
    assert chart.accessibleDescription().startswith(chart.reading())
    qtbot.keyClick(chart, Qt.Key.Key_Home)
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.reading().endswith(": 40 °C.")
    for _ in range(45):
        qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert chart.reading().endswith(": –."), "a hole is no value"
    qtbot.keyClick(chart, Qt.Key.Key_Escape)
    assert chart.reading() == ""


def test_the_cursor_stays_on_its_moment_while_new_samples_come(chart: TimeSeriesWidget, qtbot: QtBot) -> None:
    qtbot.keyClick(chart, Qt.Key.Key_Home)
    reading = chart.reading()
    chart._series.add(1200.0, 90.0)
    chart.refresh()
    assert chart.reading() == reading


def test_the_mouse_reads_the_nearest_sample(chart: TimeSeriesWidget, qtbot: QtBot) -> None:
    qtbot.mouseMove(chart, QPoint(chart.width() - 3, 50))
    qtbot.waitUntil(lambda: chart.reading().endswith(": 52 °C."), timeout=20_000)
    qtbot.mouseMove(chart, QPoint(1, 50))
    qtbot.waitUntil(lambda: chart.reading().endswith(": 40 °C."), timeout=20_000)
    assert not chart.grab().isNull()


def test_a_hole_breaks_the_line(chart: TimeSeriesWidget) -> None:
    assert [line.size() for line in chart._lines] == [40, 70]


def test_a_value_above_the_ceiling_stretches_the_axis(chart: TimeSeriesWidget) -> None:
    chart._series.add(1121.0, 250.0)
    chart.refresh()
    plot = chart._plot()
    assert all(plot.adjusted(-1, -1, 1, 1).contains(point) for line in chart._lines for point in line.toList())


def test_long_times_come_from_the_history_with_energy_and_its_cost(window: Any, page: Any) -> None:
    window.show_report(GpuReport(1.0, GpuDriver.OK, "", "580.1", (FIRST, SECOND)))
    page.span.setCurrentIndex(1)
    asked = window._intents.asked
    buckets = tuple(
        GpuBucket("a", 300.0 * place, 300.0, 1024.0, 50.0, 60.0, 200.0, 60_000.0) for place in (1, 2, 3, 9, 10)
    )
    asked[-1][1]((buckets, ""))
    assert "Driver 580.1  ·  83 Wh used by the cards" in texts(page)
    first, second = page.cards
    chart = first._panels[Figure.POWER].chart
    assert "1 d 0 h" in chart.spoken() and "200" in chart.spoken()
    assert chart._series.values == [200.0, 200.0, 200.0, None, 200.0, 200.0], "what was not seen is a hole"
    assert "no values yet" in second._panels[Figure.POWER].chart.spoken()
    before = len(asked)
    window._on_tick()
    assert len(asked) == before, "not every second"
    page.span.setCurrentIndex(3)
    assert len(asked) == before + 1
    asked[-1][1]((buckets, "0.02 EUR"))
    assert any("0.02 EUR of electricity" in text for text in texts(page))
    page.span.setCurrentIndex(2)
    asked[-1][2]("The history can't be used now (disk full).")
    assert any("disk full" in text for text in texts(page))
    page.span.setCurrentIndex(0)
    assert first._panels[Figure.POWER].chart._series.values == [210.4], "the live charts are back"
