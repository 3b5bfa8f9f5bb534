"""Names and fields of the Settings page in two aligned columns."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme


class Form(QGridLayout):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setHorizontalSpacing(theme.metrics.space(4))
        self.setVerticalSpacing(theme.metrics.space(2.4))
        self.setColumnStretch(2, 1)

    def add(self, name: str, field: QWidget, wide: bool = False) -> None:
        """`wide` fields take the rest of the row."""
        label = PlainLabel(name, "muted")
        label.setBuddy(field)
        row = self.rowCount()
        self.addWidget(label, row, 0)
        self.addWidget(field, row, 1, 1, 2 if wide else 1)

    def add_words(self, words: str) -> None:
        """What the fields above mean, over the whole width."""
        self.addWidget(PlainLabel(words, "caption", wrap=True), self.rowCount(), 0, 1, 3)
