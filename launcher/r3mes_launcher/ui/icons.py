"""The launcher's own icons, read once and drawn in the colour that the theme asks for."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

# Icons beside text at 100, 150, 200 and 300 %. What lies between is drawn from the next larger one.
_SIZES = (16, 24, 32, 48)
# The window's and the tray's icon are drawn larger by some desktops.
_LARGE_SIZES = (*_SIZES, 64, 128)


class Icons:
    """Draws SVG icons. Reads the folder when it is made and no file afterwards."""

    def __init__(self, folder: Path) -> None:
        self._sources = {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.svg"))}
        self._made: dict[tuple[str, str, str, float], QIcon] = {}

    def icon(self, name: str, colour: str, disabled: str = "", dot: str = "", gap: float = 0.0) -> QIcon:
        """The icon in `colour` (`#rrggbb`). Raises KeyError.

        `dot` puts a disc of that colour in its corner; `gap` leaves that share of its width free beside it.
        """
        key = (name, colour + disabled, dot, gap)
        if key not in self._made:
            made = QIcon()
            # Read once for all sizes, which takes longer than to draw one.
            drawing, grey = self._drawing(name, colour), self._drawing(name, disabled) if disabled else None
            for size in _SIZES if gap or disabled else _LARGE_SIZES:
                made.addPixmap(_pixmap(drawing, size, dot, gap))
                if grey is not None:
                    made.addPixmap(_pixmap(grey, size, "", gap), QIcon.Mode.Disabled)
            self._made[key] = made
        return self._made[key]

    def forget(self) -> None:
        """Gives up the pictures that nobody shows any more. They are drawn anew when they are asked for."""
        self._made.clear()

    def _drawing(self, name: str, colour: str) -> QSvgRenderer:
        return QSvgRenderer(QByteArray(self._sources[name].replace("currentColor", colour).encode()))


def _pixmap(drawing: QSvgRenderer, size: int, dot: str, gap: float) -> QPixmap:
    """In device pixels."""
    pixmap = QPixmap(round(size * (1 + gap)), size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    drawing.render(painter, QRectF(0, 0, size, size))
    if dot:
        diameter = size * 0.44
        painter.setPen(Qt.PenStyle.NoPen)
        corner = QRectF(size - diameter, size - diameter, diameter, diameter)
        painter.setBrush(QColor("#ffffff"))
        painter.drawEllipse(corner)
        inset = diameter * 0.14
        painter.setBrush(QColor(dot))
        painter.drawEllipse(corner.adjusted(inset, inset, -inset, -inset))
    painter.end()
    # The copy has no paint engine, which a picture keeps after it was painted and which is twice as large.
    return pixmap.copy()
