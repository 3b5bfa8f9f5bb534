"""One figure by day, as a chart with a cursor."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QComboBox, QWidget

from r3mes_launcher.core.earnings.overview import EarningsOverview, Figures
from r3mes_launcher.core.wallet_state import Unit
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.earnings.earnings_wording import day_name, energy, price
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.time_series import TimeSeries
from r3mes_launcher.ui.time_series_widget import TimeSeriesWidget
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.money import money
from r3mes_launcher.ui.window_view import kept_view

_DAY_S = 86_400.0


class Shown(StrEnum):
    EARNED = "earned"
    PROFIT = "profit"
    COST = "cost"
    ENERGY = "energy"


class ChartCard(Card):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("ChartCard", "By day"), "table", parent)
        self._seen = EarningsOverview()
        self._unit = Unit()
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("What the chart shows"))
        for text, shown in (
            (self.tr("Earned"), Shown.EARNED),
            (self.tr("Profit after power"), Shown.PROFIT),
            (self.tr("Electricity"), Shown.COST),
            (self.tr("Energy"), Shown.ENERGY),
        ):
            self.choice.addItem(text, shown)
        kept_view(self.choice, "earnings.chart")
        self.choice.currentIndexChanged.connect(self._draw)
        self.heading_row.addWidget(self.choice)
        self.chart = TimeSeriesWidget(
            theme,
            self.tr("Earnings by day"),
            "",
            value_text=self._value_text,
            moment_text=self._moment_text,
            bar_s=_DAY_S,
        )
        self.chart.setMinimumHeight(theme.metrics.space(40))
        self.body.addWidget(self.chart)
        self._nothing = PlainLabel(
            self.tr("Type the prices of electricity and of a REMES to see this."), "caption", wrap=True
        )
        self.body.addWidget(self._nothing)

    @property
    def shown(self) -> Shown:
        return Shown(self.choice.currentData())

    def show_overview(self, seen: EarningsOverview, unit: Unit) -> None:
        self._seen, self._unit = seen, unit
        self._draw()

    def _draw(self) -> None:
        days = self._seen.days
        series = TimeSeries(max(1, len(days)) * _DAY_S)
        for day in reversed(days):
            series.add(_noon(day.day), self._value(day.figures))
        # Of the chart alone: what is written is made from the decimal figures.
        tone = Tone.GOOD if self.shown in (Shown.EARNED, Shown.PROFIT) else Tone.BUSY
        self.chart.show_tone(tone)
        self.chart.rename(self.choice.currentText())
        self.chart.show_series(series, 0.0)
        known = any(self._value(day.figures) is not None for day in days)
        self._nothing.setVisible(not known and self.shown in (Shown.PROFIT, Shown.COST))

    def _value(self, figures: Figures) -> float | None:
        match self.shown:
            case Shown.EARNED:
                return float(figures.earned) if self._seen.read_at is not None else None
            case Shown.PROFIT:
                exact = figures.profit if self._seen.read_at is not None else None
            case Shown.COST:
                exact = figures.cost
            case Shown.ENERGY:
                exact = figures.kwh
        return None if exact is None else float(exact)

    def _value_text(self, value: float | None) -> str:
        if value is None:
            return "–"
        match self.shown:
            case Shown.EARNED:
                return money(self._unit, round(value))
            case Shown.ENERGY:
                return energy(Decimal(str(value)))
            case _:
                return price(Decimal(str(value)), self._seen.currency)

    def _moment_text(self, at: float) -> str:
        newest = self._seen.days[0].day if self._seen.days else date.min
        return day_name(datetime.fromtimestamp(at).date(), newest)


def _noon(day: date) -> float:
    """The middle of the day, so that a change of the clocks moves no point to another day."""
    return datetime.combine(day, time(12)).timestamp()
