"""Today, seven and thirty days side by side, and what the gateway still holds."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QGridLayout, QWidget

from r3mes_launcher.core.earnings.overview import EarningsOverview, Figures
from r3mes_launcher.core.wallet_state import Unit
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.earnings.earnings_wording import energy, price
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.money import moment, money

_ROWS = ("earned", "here", "energy", "cost", "profit")


class TotalsCard(Card):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("TotalsCard", "Totals"), "earnings", parent)
        space = theme.metrics.space
        self._read = PlainLabel("", "caption")
        self.heading_row.addWidget(self._read)
        grid = QGridLayout()
        grid.setHorizontalSpacing(space(5))
        grid.setVerticalSpacing(space(1.6))
        self._periods = (self.tr("Today"), self.tr("7 days"), self.tr("30 days"))
        names = {
            "earned": self.tr("Earned"),
            "here": self.tr("By this computer"),
            "energy": self.tr("Energy of its GPUs"),
            "cost": self.tr("Electricity"),
            "profit": self.tr("Profit after power"),
        }
        for column, period in enumerate(self._periods):
            grid.addWidget(PlainLabel(period, "strong"), 0, column + 1)
            grid.setColumnStretch(column + 1, 1)
        self._labels: dict[tuple[str, int], PlainLabel] = {}
        self._names: dict[str, PlainLabel] = {}
        for row, key in enumerate(_ROWS):
            self._names[key] = PlainLabel(names[key], "muted")
            grid.addWidget(self._names[key], row + 1, 0)
            for column, period in enumerate(self._periods):
                value = PlainLabel("–", "heading" if key in ("earned", "profit") else "")
                value.setFont(theme.figure_font())
                value.setAccessibleName(f"{names[key]}, {period}")
                grid.addWidget(value, row + 1, column + 1)
                self._labels[key, column] = value
        self.body.addLayout(grid)
        self._held = PlainLabel("", "", wrap=True)
        self._meaning = PlainLabel(
            self.tr("Pending is what the gateway still holds for you, settled is what it has paid out."),
            "caption",
            wrap=True,
        )
        self.body.addSpacing(space(1))
        self.body.addWidget(self._held)
        self.body.addWidget(self._meaning)

    def show_overview(self, seen: EarningsOverview, unit: Unit) -> None:
        for column, figures in enumerate((seen.today, seen.week, seen.month)):
            self._show_figures(column, figures, seen, unit)
        for key in ("here",):
            self._names[key].setVisible(seen.has_other_nodes)
            for column in range(len(self._periods)):
                self._labels[key, column].setVisible(seen.has_other_nodes)
        self._held.show_text(
            self.tr("Pending: {pending}  ·  Settled: {settled}").format(
                pending=money(unit, seen.pending), settled=money(unit, seen.settled)
            )
            if seen.read_at is not None
            else ""
        )
        for label in (self._held, self._meaning):
            label.setVisible(seen.read_at is not None)
        self._read.show_text("" if seen.read_at is None else self.tr("As of {time}").format(time=moment(seen.read_at)))

    def _show_figures(self, column: int, figures: Figures, seen: EarningsOverview, unit: Unit) -> None:
        known = seen.read_at is not None
        texts = {
            "earned": money(unit, figures.earned) if known else "–",
            "here": money(unit, figures.here) if known and seen.node_id else "–",
            "energy": energy(figures.kwh),
            "cost": price(figures.cost, seen.currency),
            "profit": price(figures.profit, seen.currency) if known else "–",
        }
        for key, text in texts.items():
            self._labels[key, column].show_text(text)
        profit = figures.profit if known else None
        tone = None if not profit else Tone.GOOD if profit > 0 else Tone.BAD
        self._labels["profit", column].show_tone(tone)

    def value(self, key: str, column: int) -> str:
        return self._labels[key, column].text()

    @property
    def held(self) -> str:
        return self._held.text()
