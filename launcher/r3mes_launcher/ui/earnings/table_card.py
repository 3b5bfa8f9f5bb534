"""The same figures as a table: by day, by GPU, by node; and as a file for spreadsheets."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QComboBox, QFileDialog, QWidget

from r3mes_launcher.core.earnings.overview import EarningsOverview, Figures
from r3mes_launcher.core.wallet_state import Unit
from r3mes_launcher.ui import figures as plain
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.earnings.earnings_wording import day_name, energy, price, role_name
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.save_dialog import ask_where_to_save
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for
from r3mes_launcher.ui.wallet.money import plain_amount
from r3mes_launcher.ui.wallet.table import Table
from r3mes_launcher.ui.window_view import kept_view

Row = tuple[tuple[str, Tone | None], ...]
FILE_NAME = "r3mes-earnings.csv"


class Grouping(StrEnum):
    DAY = "day"
    GPU = "gpu"
    NODE = "node"


class TableCard(Card):
    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("TableCard", "Table"), "table", parent)
        self._intents = intents
        self._seen = EarningsOverview()
        self._unit = Unit()
        self._dialog: QFileDialog | None = None
        self.grouping = QComboBox()
        self.grouping.setAccessibleName(self.tr("Rows of the table"))
        for text, grouping in (
            (self.tr("By day"), Grouping.DAY),
            (self.tr("By GPU"), Grouping.GPU),
            (self.tr("By node"), Grouping.NODE),
        ):
            self.grouping.addItem(text, grouping)
        kept_view(self.grouping, "earnings.table")
        self.grouping.currentIndexChanged.connect(self._draw)
        self.save = Button(theme, self.tr("Save as CSV…"), "save")
        self.save.clicked.connect(self._on_save)
        self.heading_row.addWidget(self.grouping)
        self.heading_row.addWidget(self.save)
        name = self.tr("Earnings")
        money_columns = (self.tr("Energy"), self.tr("Electricity"), self.tr("Profit"))
        settled = (self.tr("Earned"), self.tr("Pending"), self.tr("Settled"))
        self.tables = {
            Grouping.DAY: Table(theme, name, (self.tr("Day"), *settled, *money_columns), 0),
            Grouping.GPU: Table(theme, name, (self.tr("GPU"), self.tr("Earned"), *money_columns), 0),
            Grouping.NODE: Table(
                theme, name, (self.tr("Node"), self.tr("Role"), self.tr("Answers"), self.tr("Tokens"), *settled), 0
            ),
        }
        for table in self.tables.values():
            self.body.addWidget(table)
        self._words = PlainLabel("", "caption", wrap=True)
        self._message = PlainLabel("", "caption", wrap=True)
        self._message.hide()
        self.body.addWidget(self._words)
        self.body.addWidget(self._message)
        self._draw()

    @property
    def shown(self) -> Grouping:
        return Grouping(self.grouping.currentData())

    def show_overview(self, seen: EarningsOverview, unit: Unit) -> None:
        self._seen, self._unit = seen, unit
        self.save.setEnabled(seen.read_at is not None)
        self._draw()

    def _draw(self) -> None:
        rows = {Grouping.DAY: self._by_day, Grouping.GPU: self._by_gpu, Grouping.NODE: self._by_node}[self.shown]()
        for grouping, table in self.tables.items():
            table.setVisible(grouping is self.shown and bool(rows))
        tips = [node.node_id for node in self._seen.nodes] if self.shown is Grouping.NODE else ()
        self.tables[self.shown].show_rows(rows, tips)
        self._words.show_text(self._explained(bool(rows)))
        self._words.setVisible(bool(self._words.text()))

    def _explained(self, has_rows: bool) -> str:
        unit = self.tr("Amounts in {unit}.").format(unit=self._unit.display)
        match self.shown:
            case Grouping.GPU if not has_rows:
                return self.tr("No GPU of this computer has computed for the node in these days.")
            case Grouping.GPU:
                shared = self.tr("What the node earned is shared out by the energy that each card used for it.")
                return f"{unit} {shared}"
            case Grouping.NODE if not has_rows:
                return self.tr("No node of yours has earned anything in these days.")
        return unit

    def _by_day(self) -> list[Row]:
        newest = self._seen.days[0].day if self._seen.days else None
        return [
            ((day_name(day.day, newest), None), *self._settled(day.figures), *self._left(day.figures))
            for day in self._seen.days
            if newest is not None
        ]

    def _by_gpu(self) -> list[Row]:
        return [
            ((gpu.name, None), (self._amount(gpu.figures.earned), None), *self._left(gpu.figures))
            for gpu in self._seen.gpus
        ]

    def _by_node(self) -> list[Row]:
        rows: list[Row] = []
        for node in self._seen.nodes:
            name = f"{node.node_id[:12]}…"
            if node.is_here:
                name = self.tr("This computer ({node})").format(node=name)
            rows.append(
                (
                    (name, None),
                    (role_name(node.role), None),
                    (plain.count(node.figures.deliveries), None),
                    (plain.count(node.figures.tokens), None),
                    *self._settled(node.figures),
                )
            )
        return rows

    def _amount(self, amount: int) -> str:
        return plain_amount(self._unit, amount) if self._seen.read_at is not None else "–"

    def _settled(self, figures: Figures) -> Row:
        return tuple((self._amount(amount), None) for amount in (figures.earned, figures.pending, figures.settled))

    def _left(self, figures: Figures) -> Row:
        profit = figures.profit if self._seen.read_at is not None else None
        tone = None if not profit else Tone.GOOD if profit > 0 else Tone.BAD
        currency = self._seen.currency
        return ((energy(figures.kwh), None), (price(figures.cost, currency), None), (price(profit, currency), tone))

    # The file.

    def _on_save(self) -> None:
        self._dialog = ask_where_to_save(self, self.tr("Save the earnings"), FILE_NAME, self.save_to)

    def save_to(self, path: str) -> None:
        """Writes the shown days, off this thread."""
        name, count = Path(path).name, len(self._seen.days)

        def write(text: str) -> None:
            self._intents.write_file(
                Path(path), text, lambda: self._say(self.tr("Saved as {name}.").format(name=name)), failed
            )

        def failed(why: str) -> None:
            self._say(self.tr("Could not save {name}: {why}").format(name=name, why=why), Tone.BAD)

        ask_for(self, self._intents, lambda core: core.earnings.table(count), write, failed)

    def _say(self, sentence: str, tone: Tone | None = None) -> None:
        self._message.show_text(sentence)
        self._message.show_tone(tone)
        self._message.show()
