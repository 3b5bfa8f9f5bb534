"""Settings to and from a file, and back to their defaults."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMessageBox, QWidget

from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.settings import Settings
from r3mes_launcher.core.settings_sections import takes_effect
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.question import ask
from r3mes_launcher.ui.save_dialog import ask_where_to_save
from r3mes_launcher.ui.settings.section_card import effect_words
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for

if TYPE_CHECKING:
    from r3mes_launcher.core.state import LauncherState

FILE_NAME = "r3mes-settings.json"
# Larger files are no exported settings.
MOST_BYTES = 4_000_000


class TransferCard(Card):
    arrived = Signal(object)
    """Settings, after an import or a reset."""

    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("TransferCard", "All settings"), "file", parent)
        self._intents = intents
        self._settings = Settings()
        self._engine_runs = False
        self._dialog: QFileDialog | None = None
        self._question: QMessageBox | None = None
        space = theme.metrics.space
        self.body.addWidget(
            PlainLabel(
                self.tr("The file holds no password and no key. The wallet has its own export on its page."),
                "muted",
                wrap=True,
            )
        )
        row = QHBoxLayout()
        row.setSpacing(space(2))
        self.export_button = Button(theme, self.tr("Export…"), "save")
        self.import_button = Button(theme, self.tr("Import…"), "folder")
        self.reset_button = Button(theme, self.tr("Reset all sections…"), "refresh")
        self.export_button.clicked.connect(self._on_export)
        self.import_button.clicked.connect(self._on_import)
        self.reset_button.clicked.connect(self._on_reset)
        for button in (self.export_button, self.import_button, self.reset_button):
            row.addWidget(button)
        row.addStretch(1)
        self.body.addLayout(row)
        self._message = PlainLabel("", "caption", wrap=True)
        self._message.hide()
        self.body.addWidget(self._message)

    def show_settings(self, settings: Settings) -> None:
        self._settings = settings

    def show_state(self, state: LauncherState) -> None:
        self._engine_runs = state.node.engine.running

    def _on_export(self) -> None:
        self._dialog = ask_where_to_save(self, self.tr("Export the settings"), FILE_NAME, self.export_to)

    def _on_import(self) -> None:
        dialog = self._dialog = QFileDialog(self, self.tr("Import settings"))
        dialog.finished.connect(dialog.deleteLater)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Settings (*.json)"), self.tr("All files (*)")])
        dialog.fileSelected.connect(self.import_from)
        dialog.open()

    def export_to(self, path: str) -> None:
        async def export(core: Core) -> None:
            text = await core.settings.export_text()
            await asyncio.to_thread(Path(path).write_text, text, "utf-8")

        done = self.tr("Saved as {name}.").format(name=Path(path).name)
        ask_for(self, self._intents, export, lambda _: self._say(done), self._fail)

    def import_from(self, path: str) -> None:
        async def take(core: Core) -> tuple[Settings, tuple[str, ...]]:
            return await core.settings.import_text(await asyncio.to_thread(_read, Path(path)))

        ask_for(self, self._intents, take, self._on_imported, self._fail)

    def _on_imported(self, outcome: tuple[Settings, tuple[str, ...]]) -> None:
        settings, wrong = outcome
        when = effect_words(takes_effect(self._settings, settings, self._engine_runs))
        words = self.tr("Imported, except for what can't be used here: {names}.")
        if wrong:
            self._say(
                f"{words.format(names=', '.join(wrong))} {when}".strip(),
                Tone.WARNING,
            )
        else:
            self._say(f"{self.tr('Imported.')} {when}".strip())
        self.arrived.emit(settings)

    def _on_reset(self) -> None:
        self._question = ask(
            self,
            self.tr("Reset all sections?"),
            self.tr("Model, GPUs, gateways, rules and all else get their first values. The wallet stays as it is."),
            [(self.tr("Reset"), self.reset)],
            self.tr("Cancel"),
        )

    def reset(self) -> None:
        def done(settings: Settings) -> None:
            when = effect_words(takes_effect(self._settings, settings, self._engine_runs))
            self._say(f"{self.tr('All sections have their first values again.')} {when}".strip())
            self.arrived.emit(settings)

        ask_for(self, self._intents, lambda core: core.settings.reset(), done, self._fail)

    def _fail(self, sentence: str) -> None:
        self._say(sentence, Tone.BAD)

    def _say(self, sentence: str, tone: Tone | None = None) -> None:
        self._message.show_text(sentence)
        self._message.show_tone(tone)
        self._message.show()


def _read(path: Path) -> str:
    """Bounded. Raises OSError, and ValueError for a file that is no text."""
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("This file is no text, so it is no export of settings.") from None
