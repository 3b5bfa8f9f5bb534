"""Requests: what this node was asked, how fast it was, and what became of it. Figures only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from PySide6.QtCore import QItemSelectionModel, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from r3mes_launcher.core.history.request_record import OutcomeKind, RequestRecord, requests_csv
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import EmptyState
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.request_detail import RequestDetail
from r3mes_launcher.ui.request_model import Column, RequestModel
from r3mes_launcher.ui.request_wording import milliseconds
from r3mes_launcher.ui.save_dialog import ask_where_to_save
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for
from r3mes_launcher.ui.window_view import kept_view

# The summary is of the newest ones: of 50 000 it would say nothing about today.
_SUMMED = 1000
# Below so many lines of width the detail stands below the table.
_NARROW_LINES = 62
# The name of a model is cut off when its column is narrower.
_MODEL_QUARTERS = 40
_GIVING_WAY = (Column.PROMPT, Column.FIRST_TOKEN, Column.PACE, Column.DURATION)


class RequestsPage(QWidget):
    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._intents = intents
        self._asking = False
        self._problem = ""
        self._dialog: QFileDialog | None = None
        self.setAccessibleName(self.tr("Requests"))
        holder = QVBoxLayout(self)
        holder.setContentsMargins(0, 0, 0, 0)
        self._stack = QStackedWidget()
        holder.addWidget(self._stack)
        self._empty = EmptyState(theme, "requests")
        self._stack.addWidget(self._empty)
        self._page = QWidget()
        self._stack.addWidget(self._page)
        space = theme.metrics.space
        column = QVBoxLayout(self._page)
        column.setContentsMargins(space(8), space(5), space(8), space(5))
        column.setSpacing(space(3))
        column.addLayout(self._make_head(theme))
        self._both = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._both.setSpacing(space(4))
        self.model = RequestModel(theme)
        self.view = self._make_view(theme)
        self._both.addWidget(self.view, 3)
        self.detail = RequestDetail(theme)
        self.detail.hide()
        self._both.addWidget(self.detail, 1)
        column.addLayout(self._both, 1)
        foot = QHBoxLayout()
        foot.setSpacing(space(2))
        self._summary = PlainLabel("", "caption")
        self._summary.setFont(theme.figure_font(0.9))
        self._message = PlainLabel("", "caption")
        foot.addWidget(self._summary)
        foot.addStretch(1)
        foot.addWidget(self._message)
        column.addLayout(foot)
        self._show()

    def _make_head(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.metrics.space(2))
        row.addWidget(PlainLabel(self.tr("Prompts and answers are not kept."), "muted"))
        row.addStretch(1)
        self.kind = QComboBox()
        self.kind.setAccessibleName(self.tr("Outcome"))
        for text, kind in (
            (self.tr("All outcomes"), ""),
            (self.tr("Answered"), OutcomeKind.ANSWERED),
            (self.tr("Cancelled"), OutcomeKind.CANCELLED),
            (self.tr("Refused"), OutcomeKind.REFUSED),
            (self.tr("Failed"), OutcomeKind.FAILED),
        ):
            self.kind.addItem(text, kind)
        kept_view(self.kind, "requests.kind")
        self.kind.currentIndexChanged.connect(self._on_kind)
        self.save = Button(theme, icon="save", name=self.tr("Save the requests that are shown as CSV"))
        self.save.clicked.connect(self._on_save)
        row.addWidget(self.kind)
        row.addWidget(self.save)
        return row

    def _make_view(self, theme: Theme) -> QTableView:
        view = QTableView()
        view.setProperty("kind", "rows")
        view.setAccessibleName(self.tr("Requests, newest first"))
        view.setModel(self.model)
        view.setFont(theme.figure_font())
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setTextElideMode(Qt.TextElideMode.ElideRight)
        # Rows of one height: the view never measures what it does not show.
        rows = view.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(theme.metrics.space(7.4))
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(Column.MODEL, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(theme.metrics.space(14))
        measure = view.fontMetrics()
        samples = {
            Column.TIME: "2026-06-30 23:59:59",
            Column.OUTCOME: self.tr("Answered, at its limit"),
            Column.PROMPT: "100 000",
            Column.ANSWER: "100 000",
            Column.FIRST_TOKEN: "000.0 ms",
            Column.DURATION: "00 min 00 s",
            Column.PACE: "0000.0",
        }
        for column, sample in samples.items():
            title = str(self.model.headerData(column, Qt.Orientation.Horizontal))
            widest = max(measure.horizontalAdvance(sample), measure.horizontalAdvance(title))
            header.resizeSection(column, widest + theme.metrics.space(5))
        view.selectionModel().currentRowChanged.connect(self._on_row)
        self.model.modelReset.connect(lambda: self.detail.hide())
        return view

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._theme.metrics.space(130), self._theme.metrics.space(80))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        narrow = event.size().width() < self._theme.metrics.line * _NARROW_LINES
        direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if direction != self._both.direction():
            self._both.setDirection(direction)
        self._make_room(event.size().width())
        super().resizeEvent(event)

    def _make_room(self, width: int) -> None:
        """The least telling columns give way, so that the model's name can be read."""
        header, space = self.view.horizontalHeader(), self._theme.metrics.space
        room = width - 2 * space(8) - (0 if self._both.direction() is QBoxLayout.Direction.TopToBottom else width // 4)
        for column in _GIVING_WAY:
            self.view.setColumnHidden(column, False)
        for column in _GIVING_WAY:
            rest = sum(header.sectionSize(shown) for shown in Column if shown is not Column.MODEL)
            if room - rest >= space(_MODEL_QUARTERS):
                return
            self.view.setColumnHidden(column, True)

    # What is new.

    def refresh(self) -> None:
        """Asks the history for what came since; called once a second while the page is on view."""
        if self._asking:
            return
        self._asking = True
        after = self.model.newest
        ask_for(self, self._intents, lambda core: core.history.requests(after), self._on_requests, self._on_refused)

    def _on_requests(self, newer: Sequence[RequestRecord]) -> None:
        self._asking = False
        if newer or self._problem:
            self._problem = ""
            self.model.add(newer)
            self._show()

    def _on_refused(self, sentence: str) -> None:
        self._asking = False
        if sentence != self._problem:
            self._problem = sentence
            self._show()

    def _show(self) -> None:
        self._stack.setCurrentWidget(self._page if self.model.kept else self._empty)
        if self._problem:
            self._empty.show_words(self.tr("The history can't be read"), self._problem, "warning", Tone.BAD)
        else:
            self._empty.show_words(
                self.tr("No requests yet"),
                self.tr(
                    "Every request that this node answers is listed here: when, how fast and how it ended. "
                    "Prompts and answers are not kept."
                ),
                "requests",
            )
        self._summary.show_text(self._problem or self._sum())

    def _sum(self) -> str:
        shown, kept = len(self.model.shown), self.model.kept
        parts = [
            self.tr("%Ln request(s)", "", kept)
            if shown == kept
            else self.tr("{shown} of {count} requests").format(shown=figures.count(shown), count=figures.count(kept))
        ]
        newest = self.model.shown[:_SUMMED]
        first = [record.first_token_ms for record in newest if record.first_token_ms is not None]
        paces = [record.tokens_per_second for record in newest if record.tokens_per_second is not None]
        if first:
            parts.append(self.tr("first token after {time} (median)").format(time=milliseconds(round(median(first)))))
        if paces:
            pace = figures.rate(median(pace for pace in paces if pace is not None))
            parts.append(self.tr("{pace} tokens/s (median)").format(pace=pace))
        return "  ·  ".join(parts)

    # What the person does.

    def _on_kind(self) -> None:
        chosen = self.kind.currentData()
        self.model.choose(OutcomeKind(chosen) if chosen else None)
        self._show()

    def _on_row(self) -> None:
        row = self.view.currentIndex().row()
        self.detail.setVisible(0 <= row < len(self.model.shown))
        if self.detail.isVisibleTo(self):
            self.detail.show_record(self.model.shown[row])

    def select(self, row: int) -> None:
        """Shows the detail of a row."""
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.view.selectionModel().setCurrentIndex(self.model.index(row, 0), flags)

    def _on_save(self) -> None:
        self._dialog = ask_where_to_save(self, self.tr("Save the requests"), "r3mes-requests.csv", self.save_to)

    def save_to(self, path: str) -> None:
        """Writes the rows that are shown; the file is written off this thread."""
        name, count = Path(path).name, len(self.model.shown)
        self._intents.write_file(
            Path(path),
            requests_csv(self.model.shown),
            lambda: self._say(self.tr("%Ln request(s) saved as {name}.", "", count).format(name=name)),
            lambda why: self._say(self.tr("Could not save {name}: {why}").format(name=name, why=why), Tone.BAD),
        )

    def _say(self, sentence: str, tone: Tone | None = None) -> None:
        self._message.show_text(sentence)
        self._message.show_tone(tone)
