"""What stands around a chart's plot: the value of its upper edge above it, its first and last moment below."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from r3mes_launcher.ui.theme import Theme

# Smaller than the figures that people look for.
_FONT_FACTOR = 0.8


class AxisLabels(NamedTuple):
    """Empty where nothing is known."""

    top: str = ""
    base: str = ""
    """Of the lower edge, where that is not 0."""
    first: str = ""
    last: str = ""


class ChartAxes:
    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def strip(self) -> float:
        """The height of one line of labels, in pixels."""
        return QFontMetricsF(self._theme.figure_font(_FONT_FACTOR)).height()

    def plot(self, area: QRectF) -> QRectF:
        """What the labels leave of the area."""
        return area.adjusted(0, self.strip(), 0, -self.strip())

    def paint(self, painter: QPainter, plot: QRectF, labels: AxisLabels) -> None:
        painter.setFont(self._theme.figure_font(_FONT_FACTOR))
        painter.setPen(QColor(self._theme.tokens.text_muted))
        height = self.strip()
        above = QRectF(plot.left(), plot.top() - height, plot.width(), height)
        below = QRectF(plot.left(), plot.bottom(), plot.width(), height)
        left, right, centre = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignVCenter
        painter.drawText(above, left | centre, labels.top)
        painter.drawText(below.translated(0, -height), left | centre, labels.base)
        painter.drawText(below, left | centre, labels.first)
        painter.drawText(below, right | centre, labels.last)
