"""The requests as a table: newest first, filtered, bounded. A view asks only for the cells that it shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from r3mes_launcher.core.history.request_record import OutcomeKind, RequestRecord
from r3mes_launcher.core.history.request_table import REQUESTS_KEPT
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.request_wording import milliseconds, outcome_wording
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class Column(IntEnum):
    TIME = 0
    OUTCOME = 1
    MODEL = 2
    PROMPT = 3
    ANSWER = 4
    FIRST_TOKEN = 5
    DURATION = 6
    PACE = 7


class RequestModel(QAbstractTableModel):
    def __init__(self, theme: Theme, capacity: int = REQUESTS_KEPT) -> None:
        super().__init__()
        self._theme = theme
        self._capacity = capacity
        self._all: list[RequestRecord] = []
        self._shown: list[RequestRecord] = []
        self._kind: OutcomeKind | None = None
        self._titles = {
            Column.TIME: self.tr("Time"),
            Column.OUTCOME: self.tr("Outcome"),
            Column.MODEL: self.tr("Model or adapter"),
            Column.PROMPT: self.tr("Prompt"),
            Column.ANSWER: self.tr("Answer"),
            Column.FIRST_TOKEN: self.tr("First token"),
            Column.DURATION: self.tr("Duration"),
            Column.PACE: self.tr("Tokens/s"),
        }
        theme.changed.connect(self._on_theme)

    @property
    def newest(self) -> int:
        """The highest id that is known; 0 without any."""
        return self._all[0].id if self._all else 0

    @property
    def kept(self) -> int:
        return len(self._all)

    @property
    def shown(self) -> Sequence[RequestRecord]:
        return self._shown

    def add(self, newer: Sequence[RequestRecord]) -> None:
        """Requests that are newer than all that are known, newest first. The oldest beyond the capacity go."""
        if not newer:
            return
        self._all[:0] = newer
        del self._all[self._capacity :]
        fitting = [record for record in newer if self._fits(record)]
        if fitting:
            self.beginInsertRows(_ROOT, 0, len(fitting) - 1)
            self._shown[:0] = fitting
            self.endInsertRows()
        oldest = self._all[-1].id
        keep = len(self._shown)
        while keep and self._shown[keep - 1].id < oldest:
            keep -= 1
        if keep < len(self._shown):
            self.beginRemoveRows(_ROOT, keep, len(self._shown) - 1)
            del self._shown[keep:]
            self.endRemoveRows()

    def clear(self) -> None:
        self.beginResetModel()
        self._all, self._shown = [], []
        self.endResetModel()

    def choose(self, kind: OutcomeKind | None) -> None:
        """Only requests of this kind; None shows all."""
        if kind is self._kind:
            return
        self.beginResetModel()
        self._kind = kind
        self._shown = [record for record in self._all if self._fits(record)]
        self.endResetModel()

    def _fits(self, record: RequestRecord) -> bool:
        return self._kind is None or record.kind is self._kind

    # What Qt asks.

    def rowCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles[Column(section)]
        return self._alignment(Column(section)) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        record, column = self._shown[index.row()], Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(record, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(column)
        if role == Qt.ItemDataRole.ForegroundRole and column is Column.OUTCOME:
            tone = outcome_wording(record).tone
            return QColor(self._theme.tokens.text if tone is Tone.NEUTRAL else self._theme.tokens.tone(tone))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self._titles[column]}: {self.text(record, column)}"
        return None

    def text(self, record: RequestRecord, column: Column) -> str:
        match column:
            case Column.TIME:
                return datetime.fromtimestamp(record.ended_at).strftime("%Y-%m-%d %H:%M:%S")
            case Column.OUTCOME:
                return outcome_wording(record).title
            case Column.MODEL:
                return record.adapter or record.model or "–"
            case Column.PROMPT:
                return figures.count(record.prompt_tokens)
            case Column.ANSWER:
                return figures.count(record.completion_tokens)
            case Column.FIRST_TOKEN:
                return milliseconds(record.first_token_ms)
            case Column.DURATION:
                return milliseconds(record.duration_ms)
            case Column.PACE:
                pace = record.tokens_per_second
                return "–" if pace is None else figures.rate(pace)

    @staticmethod
    def _alignment(column: Column) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignLeft if column <= Column.MODEL else Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter

    def _on_theme(self) -> None:
        if self._shown:
            last = self.index(len(self._shown) - 1, len(Column) - 1)
            self.dataChanged.emit(self.index(0, 0), last, [Qt.ItemDataRole.ForegroundRole])
