"""Shows all of a diagnostics bundle before it is saved: the files left, what is in them right."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from r3mes_launcher.core.bundle.bundle import BundleFile, bundle_name, write_zip
from r3mes_launcher.core.interface import Core
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.save_dialog import ask_where_to_save
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone

# A log of many megabytes would hold up the window; its end is what matters, and the file has all of it.
_SHOWN_CHARS = 400_000
_LIST_SHARE, _TEXT_SHARE = 1, 3


class BundleView(QWidget):
    closed = Signal()

    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._intents = intents
        self._files: tuple[BundleFile, ...] = ()
        self._dialog: QFileDialog | None = None
        self.setAccessibleName(self.tr("Diagnostics"))
        space = theme.metrics.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space(8), space(6), space(8), space(6))
        column.setSpacing(space(3))
        column.addWidget(PlainLabel(self.tr("Diagnostics"), "title"))
        column.addWidget(
            PlainLabel(
                self.tr(
                    "This is all that the file would hold. Secrets, prompts, names and the home folder are taken out; "
                    "look through it before you pass it on."
                ),
                "muted",
                wrap=True,
            )
        )
        row = QHBoxLayout()
        row.setSpacing(space(3))
        self.names = QListWidget()
        self.names.setAccessibleName(self.tr("Files"))
        self.names.currentRowChanged.connect(self._show_file)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(theme.figure_font())
        self.text.setTabChangesFocus(True)
        row.addWidget(self.names, _LIST_SHARE)
        row.addWidget(self.text, _TEXT_SHARE)
        column.addLayout(row, 1)
        foot = QHBoxLayout()
        foot.setSpacing(space(2))
        self._message = PlainLabel("", "caption", wrap=True)
        self.save = Button(theme, self.tr("Save…"), "save", kind="primary")
        self.save.clicked.connect(self._on_save)
        self.back = Button(theme, self.tr("Back"))
        self.back.clicked.connect(self.closed)
        foot.addWidget(self._message, 1)
        foot.addWidget(self.back)
        foot.addWidget(self.save)
        column.addLayout(foot)

    def show_files(self, files: tuple[BundleFile, ...]) -> None:
        self._files = files
        self._message.show_text("")
        self.names.clear()
        for file in files:
            self.names.addItem(file.name)
        self.names.setCurrentRow(0)

    def _show_file(self, row: int) -> None:
        if not 0 <= row < len(self._files):
            self.text.clear()
            return
        file = self._files[row]
        self.text.setAccessibleName(file.name)
        text = file.text
        if len(text) > _SHOWN_CHARS:
            left_out = self.tr("The first {count} characters are in the file and not shown here.").format(
                count=figures.count(len(text) - _SHOWN_CHARS)
            )
            text = f"{left_out}\n\n{text[-_SHOWN_CHARS:]}"
        self.text.setPlainText(text)

    def _on_save(self) -> None:
        self._dialog = ask_where_to_save(self, self.tr("Save the diagnostics"), bundle_name(time.time()), self.save_to)

    def save_to(self, path: str) -> None:
        """Writes the files that are shown, off this thread."""
        files, name = self._files, Path(path).name

        async def write(core: Core) -> None:
            await asyncio.to_thread(write_zip, Path(path), files)

        self._intents.ask(
            write,
            lambda _: self._say(self.tr("Saved as {name}.").format(name=name)),
            lambda why: self._say(self.tr("Could not save {name}: {why}").format(name=name, why=why), Tone.BAD),
        )

    def _say(self, sentence: str, tone: Tone | None = None) -> None:
        self._message.show_text(sentence)
        self._message.show_tone(tone)
