"""The big switch: a check box that looks like what it is."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QRectF, QSize, Qt, QVariantAnimation
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QStyle, QWidget

from r3mes_launcher.ui.theme import Theme


class Switch(QAbstractButton):
    """`clicked` tells what the person wished; `setChecked` shows what is wished for now."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.setText(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._position = 0.0
        self._slide = QVariantAnimation(self)
        self._slide.setEasingCurve(QEasingCurve.Type.InOutQuad)
        self._slide.valueChanged.connect(self._on_slide)
        self.toggled.connect(self._on_toggled)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        space = self._theme.metrics.space
        return QSize(space(15), space(9))

    def _on_toggled(self, checked: bool) -> None:
        # The style says how long things may move; 0 where the person wants no motion.
        moment = self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, self)
        self._slide.stop()
        if moment <= 0 or not self.isVisible():
            self._position = 1.0 if checked else 0.0
            self.update()
            return
        self._slide.setDuration(min(moment, 150))
        self._slide.setStartValue(self._position)
        self._slide.setEndValue(1.0 if checked else 0.0)
        self._slide.start()

    def _on_slide(self, position: float) -> None:
        self._position = float(position)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        tokens, metrics = self._theme.tokens, self._theme.metrics
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = metrics.space(0.45)
        margin = ring * 2.0
        track = QRectF(self.rect()).adjusted(margin, margin, -margin, -margin)
        round_end = track.height() / 2
        ground = QColor(tokens.accent if self.isChecked() else tokens.border_strong)
        if not self.isEnabled():
            ground = QColor(tokens.border)
        elif self.underMouse() and self.isChecked():
            ground = QColor(tokens.accent_hover)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(track, round_end, round_end)
        inset = metrics.space(0.8)
        diameter = track.height() - 2 * inset
        left = track.left() + inset + self._position * (track.width() - 2 * inset - diameter)
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            left = track.left() + track.right() - left - diameter
        painter.setBrush(QColor(tokens.on_accent if self.isChecked() else tokens.surface))
        painter.drawEllipse(QRectF(left, track.top() + inset, diameter, diameter))
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), ring))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            outer = track.adjusted(-ring * 1.5, -ring * 1.5, ring * 1.5, ring * 1.5)
            painter.drawRoundedRect(outer, outer.height() / 2, outer.height() / 2)
        painter.end()
