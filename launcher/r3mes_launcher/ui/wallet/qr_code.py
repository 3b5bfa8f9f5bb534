"""A QR code, drawn module by module."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from r3mes_launcher.ui.theme import Theme

# Scanners want a quiet zone of four modules.
_BORDER = 4


class QrCode(QWidget):
    """Black on white in both schemes: many scanners read nothing else."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._matrix: tuple[bytearray, ...] = ()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        import segno

        self._matrix = segno.make(text, error="m", micro=False).matrix
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        modules = len(self._matrix) + 2 * _BORDER
        side = max(3, round(self._theme.metrics.line * 11 / modules)) * modules
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#ffffff"))
        radius = self._theme.metrics.small_radius
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        modules = len(self._matrix) + 2 * _BORDER
        side = min(self.width(), self.height()) / modules
        painter.setBrush(QColor("#000000"))
        for row, line in enumerate(self._matrix):
            for column, dark in enumerate(line):
                if dark:
                    painter.drawRect(QRectF((column + _BORDER) * side, (row + _BORDER) * side, side, side))
        painter.end()
