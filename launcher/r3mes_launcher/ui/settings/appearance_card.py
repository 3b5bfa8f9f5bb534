"""Language, colours, and what closing the window means: what the window itself remembers."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.language import NAMES, Language
from r3mes_launcher.ui.preferences import CloseAction, Preferences
from r3mes_launcher.ui.settings.form import Form
from r3mes_launcher.ui.theme import Scheme, Theme


class Choice(QComboBox):
    """One of a few. The wheel scrolls the page until the box has the focus."""

    picked = Signal(object)

    def __init__(self, name: str, choices: list[tuple[str, StrEnum]]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        for text, value in choices:
            self.addItem(text, value)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.activated.connect(lambda index: self.picked.emit(self.itemData(index)))

    def show_value(self, value: StrEnum) -> None:
        for index in range(self.count()):
            if self.itemData(index) == value:
                self.setCurrentIndex(index)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class AppearanceCard(Card):
    changed = Signal(dict)
    """Fields of Preferences with their new values."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("AppearanceCard", "This window"), "home", parent)
        self._form = Form(theme)
        self.body.addLayout(self._form)
        self.language = self._add(
            "language",
            self.tr("Language"),
            [(self.tr("The system's"), Language.SYSTEM), *((name, language) for language, name in NAMES.items())],
        )
        self.scheme = self._add(
            "scheme",
            self.tr("Colours"),
            [
                (self.tr("The system's"), Scheme.SYSTEM),
                (self.tr("Light"), Scheme.LIGHT),
                (self.tr("Dark"), Scheme.DARK),
                (self.tr("High contrast"), Scheme.CONTRAST),
            ],
        )
        self.close_action = self._add(
            "close",
            self.tr("When the window is closed"),
            [
                (self.tr("Ask"), CloseAction.ASK),
                (self.tr("Keep R3MES in the tray"), CloseAction.TRAY),
                (self.tr("Quit R3MES"), CloseAction.QUIT),
            ],
        )

    def show_preferences(self, preferences: Preferences) -> None:
        self.language.show_value(preferences.language)
        self.scheme.show_value(preferences.scheme)
        self.close_action.show_value(preferences.close)

    def _add(self, field: str, name: str, choices: list[tuple[str, StrEnum]]) -> Choice:
        box = Choice(name, choices)
        self._form.add(name, box)

        def pick(value: Any) -> None:
            self.changed.emit({field: value})

        box.picked.connect(pick)
        return box
