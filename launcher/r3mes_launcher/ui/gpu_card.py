"""One graphics card: its name, its four figures now, and their last minutes as charts or as a table."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from r3mes_launcher.core.doctor.report import GpuFlaw
from r3mes_launcher.core.state import GpuSample
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.card import Callout, Card
from r3mes_launcher.ui.core_wording import flaw_words
from r3mes_launcher.ui.gpu_history import CardHistory, Figure
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.time_series_widget import TimeSeriesWidget
from r3mes_launcher.ui.tokens import Tone

# Where makers begin to slow the card down, and where they switch it off.
HOT_C = 83
CRITICAL_C = 92
# A figure without a known limit gets an axis that fits ordinary cards.
_USUAL_POWER_W = 300.0
_HOTTEST_AXIS_C = 100.0


class FigurePanel(QWidget):
    """One figure: name and value above, chart below."""

    def __init__(self, theme: Theme, card: str, name: str, unit: str, digits: int = 0) -> None:
        super().__init__()
        space = theme.metrics.space
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(0.8))
        row = QHBoxLayout()
        row.setSpacing(space(2))
        self._value = PlainLabel("", "figure")
        self._value.setFont(theme.figure_font())
        self._value.setAccessibleName(name)
        self._detail = PlainLabel("", "caption")
        self._detail.setFont(theme.figure_font())
        column.addWidget(PlainLabel(name, "caption"))
        row.addWidget(self._value, 0, Qt.AlignmentFlag.AlignBaseline)
        row.addWidget(self._detail, 0, Qt.AlignmentFlag.AlignBaseline)
        row.addStretch(1)
        column.addLayout(row)
        self.chart = TimeSeriesWidget(theme, f"{name}, {card}", unit, digits)
        column.addWidget(self.chart, 1)

    def show_figure(self, value: str, detail: str, tone: Tone = Tone.BUSY) -> None:
        self._value.show_text(value)
        self._value.show_tone(tone if tone is not Tone.BUSY else None)
        self._detail.show_text(detail)
        self.chart.show_tone(tone)


class GpuCard(Card):
    def __init__(self, theme: Theme, sample: GpuSample, parent: QWidget | None = None) -> None:
        super().__init__(theme, sample.name, "gpu", parent)
        space = theme.metrics.space
        self._about = PlainLabel("", "caption")
        self.heading_row.addWidget(self._about)
        self._lost = Callout(theme, Tone.BAD)
        self._lost.hide()
        self.body.addWidget(self._lost)
        self._flaw = Callout(theme, Tone.WARNING)
        self._flaw.hide()
        self.body.addWidget(self._flaw)
        self._panels = {
            Figure.MEMORY: FigurePanel(theme, sample.name, self.tr("Memory"), "GiB", 1),
            Figure.UTILISATION: FigurePanel(theme, sample.name, self.tr("Utilisation"), "%"),
            Figure.TEMPERATURE: FigurePanel(theme, sample.name, self.tr("Temperature"), "°C"),
            Figure.POWER: FigurePanel(theme, sample.name, self.tr("Power"), "W"),
        }
        self._charts = QWidget()
        grid = QGridLayout(self._charts)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(space(6))
        grid.setVerticalSpacing(space(4))
        for index, panel in enumerate(self._panels.values()):
            grid.addWidget(panel, index // 2, index % 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.body.addWidget(self._charts)
        self.table = self._make_table(sample)
        self.body.addWidget(self.table)
        self.table.hide()

    def _make_table(self, sample: GpuSample) -> QTableWidget:
        names = (self.tr("Now"), self.tr("Lowest"), self.tr("Average"), self.tr("Highest"))
        table = QTableWidget(len(self._panels), len(names))
        table.setAccessibleName(self.tr("Figures of {card}").format(card=sample.name))
        table.setHorizontalHeaderLabels(names)
        rows = (self.tr("Memory"), self.tr("Utilisation"), self.tr("Temperature"), self.tr("Power"))
        table.setVerticalHeaderLabels(rows)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setSizeAdjustPolicy(QAbstractItemView.SizeAdjustPolicy.AdjustToContents)
        table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for row in range(table.rowCount()):
            for column in range(table.columnCount()):
                item = QTableWidgetItem("")
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                table.setItem(row, column, item)
        return table

    def show_as_table(self, table: bool) -> None:
        self._charts.setVisible(not table)
        self.table.setVisible(table)

    def show_flaw(self, flaw: GpuFlaw | None) -> None:
        """What the engine's self-test found; None: nothing, or it was not run."""
        self._flaw.setVisible(flaw is not None)
        if flaw is not None:
            self._flaw.show_tone(Tone.WARNING if flaw.usable else Tone.BAD)
            title = self.tr("It works, with a flaw") if flaw.usable else self.tr("The engine can't use this card")
            self._flaw.show_words(title, flaw_words(flaw))

    def show_sample(self, sample: GpuSample, history: CardHistory) -> None:
        self._about.show_text(
            self.tr("Compute capability {version}").format(version=sample.compute_capability)
            if sample.compute_capability
            else ""
        )
        self._lost.setVisible(sample.lost)
        self._lost.show_words(
            self.tr("This card is gone."),
            self.tr("The driver lost it, often after sleep or a fault. Restart the computer if it does not come back."),
        )
        ceilings = {
            Figure.MEMORY: (sample.memory_total_mb or 1024) / 1024,
            Figure.UTILISATION: 100.0,
            Figure.TEMPERATURE: _HOTTEST_AXIS_C,
            Figure.POWER: sample.power_limit_w or _USUAL_POWER_W,
        }
        for figure, panel in self._panels.items():
            panel.chart.show_series(history.series[figure], ceilings[figure])
        self._show_figures(sample)
        self._show_table(history)

    def _show_figures(self, sample: GpuSample) -> None:
        gone = sample.lost
        of = self.tr("of {total}")
        total = sample.memory_total_mb
        self._panels[Figure.MEMORY].show_figure(
            figures.memory(None if gone else sample.memory_used_mb),
            "" if total is None else of.format(total=figures.memory(total)),
        )
        self._panels[Figure.UTILISATION].show_figure(
            figures.value(None if gone else sample.utilisation_percent, "%"), ""
        )
        celsius = None if gone else sample.temperature_c
        tone, detail = Tone.BUSY, ""
        if celsius is not None and celsius >= CRITICAL_C:
            tone, detail = Tone.BAD, self.tr("too hot")
        elif celsius is not None and celsius >= HOT_C:
            tone, detail = Tone.WARNING, self.tr("hot")
        self._panels[Figure.TEMPERATURE].show_figure(figures.value(celsius, "°C"), detail, tone)
        limit = sample.power_limit_w
        self._panels[Figure.POWER].show_figure(
            figures.value(None if gone else sample.power_w, "W"),
            "" if limit is None else of.format(total=figures.value(limit, "W")),
        )

    def _show_table(self, history: CardHistory) -> None:
        for row, (figure, panel) in enumerate(self._panels.items()):
            summary = history.series[figure].summary()
            values = (None,) * 4 if summary is None else (summary.now, summary.lowest, summary.mean, summary.highest)
            for column, value in enumerate(values):
                item = self.table.item(row, column)
                if item is not None:
                    item.setText(panel.chart.format(value))
