"""Whether R3MES starts with the session: what the system would do at the next login, and the switch for it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QWidget

from r3mes_launcher.ports.autostart import AutostartEntry, AutostartReading
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.core_wording import spoken
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel, indented
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for


class StartCard(Card):
    """Shows what was read from the system, never what was clicked: a refused change goes back by itself."""

    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("StartCard", "Starting"), "power", parent)
        self._intents = intents
        self._reading: AutostartReading | None = None
        self.at_login = QCheckBox(self.tr("Start R3MES when I log in to this computer"))
        self.at_login.setEnabled(False)
        self.at_login.clicked.connect(self._on_chosen)
        self._sentence = PlainLabel("", "caption", wrap=True)
        self.body.addWidget(self.at_login)
        self.body.addLayout(indented(self._sentence, theme.metrics.space(6)))
        self.body.setSpacing(theme.metrics.space(0.8))
        self._show("", None)

    def show_reading(self, reading: AutostartReading) -> None:
        self._reading = reading
        self.at_login.setEnabled(reading.entry is not AutostartEntry.UNAVAILABLE)
        self.at_login.setChecked(reading.entry is AutostartEntry.ON)
        if reading.entry is AutostartEntry.UNAVAILABLE:
            self._show(self.tr("Not available here. {why}").format(why=spoken(reading.why)), None)
        elif reading.entry is AutostartEntry.OTHER:
            self._show(self.tr("Now another copy of R3MES starts. Tick it, and this one does instead."), Tone.WARNING)
        else:
            self._show("", None)

    @property
    def sentence(self) -> str:
        return self._sentence.text()

    def _show(self, sentence: str, tone: Tone | None) -> None:
        usual = self.tr("It begins in the tray. Serving goes on as it was switched.")
        self._sentence.show_text(sentence or usual)
        self._sentence.show_tone(tone)
        self.at_login.setAccessibleDescription(sentence or usual)

    def _on_chosen(self, on: bool) -> None:
        self.at_login.setEnabled(False)
        ask_for(self, self._intents, lambda core: core.autostart.choose(on), self.show_reading, self._on_failed)

    def _on_failed(self, sentence: str) -> None:
        if self._reading is not None:
            self.show_reading(self._reading)
        self._show(sentence, Tone.BAD)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Each time: the system's own settings change it too."""
        super().showEvent(event)
        ask_for(self, self._intents, lambda core: core.autostart.read(), self.show_reading, self._on_failed)
