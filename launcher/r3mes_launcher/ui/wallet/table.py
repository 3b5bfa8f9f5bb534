"""A plain table inside a card: as tall as its rows, up to a bound; names for screen readers; copies with Ctrl+C."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QTableWidget, QTableWidgetItem, QWidget

from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone

_MOST_ROWS = 12


class Table(QTableWidget):
    def __init__(
        self, theme: Theme, name: str, columns: Sequence[str], stretch: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(0, len(columns), parent)
        self._theme = theme
        self._rows: list[tuple[tuple[str, Tone | None], ...]] = []
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(list(columns))
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().setDefaultSectionSize(theme.metrics.space(7.4))
        theme.changed.connect(self._draw)

    def show_rows(self, rows: Sequence[Sequence[tuple[str, Tone | None]]], tips: Sequence[str] = ()) -> None:
        """Each cell is its text and its tone. Only what differs is drawn anew, so that the chosen row stays."""
        new = [tuple(row) for row in rows]
        if new == self._rows:
            return
        self._rows = new
        self._tips = tuple(tips)
        self._draw()

    def _draw(self) -> None:
        self.setRowCount(len(self._rows))
        for place, row in enumerate(self._rows):
            for column, (text, tone) in enumerate(row):
                item = self.item(place, column)
                if item is None:
                    item = QTableWidgetItem()
                    self.setItem(place, column, item)
                item.setText(text)
                item.setToolTip(self._tips[place] if place < len(self._tips) else "")
                colour = self._theme.tokens.tone(tone) if tone is not None else self._theme.tokens.text
                item.setForeground(QColor(colour))
        self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802
        rows = min(self.rowCount(), _MOST_ROWS)
        height = self.horizontalHeader().sizeHint().height() + rows * self.verticalHeader().defaultSectionSize()
        return QSize(super().sizeHint().width(), height + 2 * self.frameWidth())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._theme.metrics.space(40), self.sizeHint().height())

    def chosen(self) -> int:
        """The selected row, or -1."""
        rows = self.selectionModel().selectedRows()
        return rows[0].row() if rows else -1
