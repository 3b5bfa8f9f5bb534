"""The menu behind "Pause": for how long, and the ways back. The tray and Home show the same."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from r3mes_launcher.core.policy.reasons import PauseChoice, PolicyReport
from r3mes_launcher.ui.intents import Intents


class PauseMenu(QMenu):
    def __init__(self, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._intents = intents
        self.choices = {choice: self.addAction("") for choice in PauseChoice}
        for choice, action in self.choices.items():
            action.triggered.connect(lambda _=False, choice=choice: intents.pause(choice))
        self.addSeparator()
        self.resume = self.addAction("")
        self.resume.triggered.connect(lambda: intents.resume())
        self.anyway = self.addAction("")
        self.anyway.triggered.connect(lambda: intents.serve_anyway())
        self.retranslate()
        self.show_policy(PolicyReport())

    def retranslate(self) -> None:
        self.setTitle(self.tr("Pause"))
        words = {
            PauseChoice.QUARTER_HOUR: self.tr("For 15 minutes"),
            PauseChoice.HOUR: self.tr("For 1 hour"),
            PauseChoice.UNTIL_RESTART: self.tr("Until the launcher starts again"),
            PauseChoice.UNTIL_RESUMED: self.tr("Until I resume it"),
        }
        for choice, action in self.choices.items():
            action.setText(words[choice])
        self.resume.setText(self.tr("Resume"))
        self.anyway.setText(self.tr("Serve anyway"))

    def show_policy(self, report: PolicyReport) -> None:
        self.resume.setEnabled(report.paused is not None)
        self.anyway.setVisible(report.overridable)
