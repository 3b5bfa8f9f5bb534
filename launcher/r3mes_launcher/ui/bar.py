"""A bar across the top of the pages: what holds for all of them."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from r3mes_launcher.ui.card import IconLabel
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone


class Bar(QFrame):
    """An icon, a sentence, and room for buttons at its end."""

    def __init__(self, theme: Theme, icon: str, tone: Tone, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("bar", tone.value)
        space = theme.metrics.space
        row = QHBoxLayout(self)
        row.setContentsMargins(space(8), space(2), space(6), space(2))
        row.setSpacing(space(2.4))
        row.addWidget(IconLabel(theme, icon, tone))
        self._sentence = PlainLabel("", wrap=True)
        row.addWidget(self._sentence, 1)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(space(2))
        row.addLayout(self.buttons)

    @property
    def sentence(self) -> str:
        return self._sentence.text()

    def show_sentence(self, sentence: str) -> None:
        self._sentence.show_text(sentence)
        self.setAccessibleName(sentence)
