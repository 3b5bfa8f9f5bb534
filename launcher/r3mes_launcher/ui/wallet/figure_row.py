"""Figures side by side, each above its name."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme


class FigureRow(QWidget):
    def __init__(self, theme: Theme, names: list[tuple[str, str]], parent: QWidget | None = None) -> None:
        """`names` are keys and names."""
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.metrics.space(4))
        grid.setVerticalSpacing(theme.metrics.space(0.6))
        self._labels: dict[str, PlainLabel] = {}
        for column, (key, name) in enumerate(names):
            value = PlainLabel("–", "heading")
            value.setFont(theme.figure_font())
            value.setAccessibleName(name)
            grid.addWidget(value, 0, column)
            grid.addWidget(PlainLabel(name, "caption"), 1, column)
            grid.setColumnStretch(column, 1)
            self._labels[key] = value

    def show_value(self, key: str, text: str) -> None:
        self._labels[key].show_text(text)

    def value(self, key: str) -> str:
        return self._labels[key].text()
