"""Names and values in two aligned columns."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from r3mes_launcher.ui.plain_label import PlainLabel, SelectableLabel
from r3mes_launcher.ui.theme import Theme


class FieldList(QWidget):
    """Rows are added once and hidden while they have nothing to say."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.metrics.space(4))
        self._grid.setVerticalSpacing(theme.metrics.space(1.6))
        self._grid.setColumnStretch(1, 1)
        self._rows: dict[str, tuple[PlainLabel, SelectableLabel]] = {}

    def add(self, key: str, name: str) -> None:
        row = len(self._rows)
        label = PlainLabel(name, "muted")
        value = SelectableLabel("", wrap=True)
        value.setFont(self._theme.figure_font())
        value.setAccessibleName(name)
        label.setBuddy(value)
        self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(value, row, 1, Qt.AlignmentFlag.AlignTop)
        self._rows[key] = label, value

    def show_value(self, key: str, text: str) -> None:
        """An empty text hides the row. Raises KeyError."""
        label, value = self._rows[key]
        label.setVisible(bool(text))
        value.setVisible(bool(text))
        value.show_text(text)

    def value(self, key: str) -> str:
        return self._rows[key][1].text()
