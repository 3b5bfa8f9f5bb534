"""Logs: the newest lines of launcher, engine and gateway, filtered, followed, copied, saved."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.state import LogLevel, LogLine
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.log_buffer import LogBuffer, LogFilter, as_text
from r3mes_launcher.ui.log_view import LogView
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.save_dialog import ask_where_to_save
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for
from r3mes_launcher.ui.window_view import kept_view

# Filtering starts when the typing pauses: going through 50 000 lines takes some tens of milliseconds.
_TYPING_PAUSE_MS = 150


class LogsPage(QWidget):
    def __init__(self, theme: Theme, intents: Intents, buffer: LogBuffer, parent: QWidget | None = None) -> None:
        """Begins with what is in the buffer, unfiltered."""
        super().__init__(parent)
        self._intents = intents
        self._buffer = buffer
        # Other processes are listed by their own names as they are heard.
        self._sources: set[str] = set()
        self._dialog: QFileDialog | None = None
        self.setAccessibleName(self.tr("Logs"))
        space = theme.metrics.space
        page = QVBoxLayout(self)
        page.setContentsMargins(space(8), space(5), space(8), space(5))
        page.setSpacing(space(3))
        page.addLayout(self._make_filters(theme))
        self.view = LogView(theme, self._buffer)
        self.view.follow_changed.connect(self._on_follow_changed)
        page.addWidget(self.view, 1)
        foot = QHBoxLayout()
        foot.setSpacing(space(2))
        self._count = PlainLabel("", "caption")
        self._count.setFont(theme.figure_font(0.9))
        self._message = PlainLabel("", "caption")
        foot.addWidget(self._count)
        foot.addStretch(1)
        foot.addWidget(self._message)
        page.addLayout(foot)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.activated.connect(self.search.setFocus)
        if not buffer.filter.empty:
            buffer.choose(LogFilter())
        self.show_lines(buffer.lines())

    def _make_filters(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.metrics.space(2))
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Show lines with…"))
        self.search.setAccessibleName(self.tr("Text to look for"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(theme.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_PAUSE_MS)
        self._typing.timeout.connect(self._apply_filter)
        self.search.textChanged.connect(lambda: self._typing.start())
        self.level = QComboBox()
        self.level.setAccessibleName(self.tr("Level"))
        for text, level in (
            (self.tr("All levels"), LogLevel.DEBUG),
            (self.tr("From info"), LogLevel.INFO),
            (self.tr("From warning"), LogLevel.WARNING),
            (self.tr("Errors only"), LogLevel.ERROR),
        ):
            self.level.addItem(text, level)
        self.level.currentIndexChanged.connect(self._apply_filter)
        self.source = QComboBox()
        self.source.setAccessibleName(self.tr("Source"))
        self.source.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for text, source in (
            (self.tr("All sources"), ""),
            (self.tr("Launcher"), "launcher"),
            (self.tr("Engine"), "engine"),
            (self.tr("Gateway"), "gateway"),
        ):
            self.source.addItem(text, source)
            self._sources.add(source)
        self.source.currentIndexChanged.connect(self._apply_filter)
        self.follow = QCheckBox(self.tr("Follow"))
        self.follow.setChecked(True)
        self.follow.toggled.connect(self._on_follow)
        self.copy = Button(theme, icon="copy", name=self.tr("Copy the selected lines, or all that are shown"))
        self.copy.clicked.connect(self._on_copy)
        self.save = Button(theme, icon="save", name=self.tr("Save the lines that are shown"))
        self.save.clicked.connect(self._on_save)
        self.clear = Button(theme, icon="clear", name=self.tr("Clear"))
        self.clear.clicked.connect(self._on_clear)
        kept_view(self.search, "logs.search")
        kept_view(self.level, "logs.level")
        kept_view(self.source, "logs.source")
        kept_view(self.follow, "logs.follow")
        row.addWidget(self.search, 1)
        for widget in (self.level, self.source, self.follow, self.copy, self.save, self.clear):
            row.addWidget(widget)
        return row

    def show_lines(self, lines: Sequence[LogLine]) -> None:
        """The buffer has these new ones."""
        for source in sorted({line.source for line in lines} - self._sources):
            self._sources.add(source)
            self.source.addItem(source, source)
        self.view.refresh()
        self._show_count()

    def _show_count(self) -> None:
        shown, kept = self._buffer.end - self._buffer.first, self._buffer.kept
        if not kept:
            text = self.tr("No lines yet.")
        elif shown == kept:
            text = self.tr("%Ln line(s)", "", kept)
        else:
            text = self.tr("{shown} of {count} lines").format(shown=figures.count(shown), count=figures.count(kept))
        if self._buffer.lost:
            text += "  ·  " + self.tr("{count} left out in a flood").format(count=figures.count(self._buffer.lost))
        self._count.show_text(text)

    def _apply_filter(self) -> None:
        chosen = LogFilter(
            self.search.text().strip(), LogLevel(self.level.currentData()), str(self.source.currentData())
        )
        if chosen != self._buffer.filter:
            self.view.choose(chosen)
            self._show_count()

    def _on_follow(self, follow: bool) -> None:
        self.view.set_follow(follow)

    def _on_follow_changed(self, follow: bool) -> None:
        self.follow.setChecked(follow)

    def _on_copy(self) -> None:
        count = len(self.view.selected_lines()) or self._buffer.end - self._buffer.first
        self.view.copy()
        self._say(self.tr("%Ln line(s) copied.", "", count))

    def _on_clear(self) -> None:
        self.view.clear()
        self._show_count()

    def _on_save(self) -> None:
        self._dialog = ask_where_to_save(self, self.tr("Save the log"), "r3mes-log.txt", self.save_to)

    def save_to(self, path: str) -> None:
        """Writes what is shown. The text is made off this thread too: of 50 000 lines it takes a while."""
        lines, target = self.view.shown_lines(), Path(path)

        async def save(core: Core) -> None:
            await asyncio.to_thread(lambda: target.write_text(as_text(lines, dates=True) + "\n", "utf-8"))

        saved = self.tr("Saved as {name}.").format(name=target.name)
        ask_for(
            self,
            self._intents,
            save,
            lambda _: self._say(saved),
            lambda why: self._say(self.tr("Could not save {name}: {why}").format(name=target.name, why=why), Tone.BAD),
        )

    def _say(self, sentence: str, tone: Tone | None = None) -> None:
        self._message.show_text(sentence)
        self._message.show_tone(tone)
