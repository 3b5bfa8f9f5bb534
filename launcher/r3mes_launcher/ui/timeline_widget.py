"""A day of the node as one bar, with a cursor for mouse and keyboard, and words for the ear."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from r3mes_launcher.core.history.timeline import Kind, Stretch, at
from r3mes_launcher.ui.moment_cursor import MomentCursor
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.timeline_wording import TONES, hour, spoken
from r3mes_launcher.ui.tokens import Tone

_HOUR_S = 3600.0
# Marks on the axis: as many as can be read side by side.
_STEPS_H = (1, 2, 3, 6, 12)


class TimelineWidget(MomentCursor):
    cursor_moved = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._begin, self._end = 0.0, 1.0
        self._stretches: tuple[Stretch, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Timeline of the node"))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._theme.metrics.space(80), self._theme.metrics.space(15))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._theme.metrics.space(40), self._theme.metrics.space(15))

    def show_stretches(self, stretches: Sequence[Stretch], begin: float, end: float) -> None:
        """What is known of the time from `begin` to `end`; what comes after the last stretch lies ahead."""
        self._stretches, self._begin, self._end = tuple(stretches), begin, max(end, begin + 1)
        if self._cursor is not None and not begin <= self._cursor <= end:
            self._cursor = None
        self.setAccessibleDescription(self.spoken())
        self.update()

    def _places(self) -> int:
        return len(self._stretches)

    def _place(self) -> int | None:
        return None if self._cursor is None else at(self._stretches, self._cursor)

    def _moment(self, place: int) -> float:
        return (self._stretches[place].since + self._stretches[place].until) / 2

    @property
    def current(self) -> Stretch | None:
        """The stretch that the cursor is on."""
        place = self._place()
        return None if place is None else self._stretches[place]

    def spoken(self) -> str:
        """The cursor's stretch in a sentence, or the newest one."""
        if self.current is not None:
            return spoken(self.current)
        return spoken(self._stretches[-1]) if self._stretches else self.tr("Nothing is recorded yet.")

    def choose(self, index: int) -> None:
        """Puts the cursor on a stretch. Raises IndexError."""
        self._put_cursor(self._moment(index))

    def _put_cursor(self, moment: float | None) -> None:
        if moment != self._cursor:
            super()._put_cursor(moment)
            self.cursor_moved.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        bar = self._bar()
        share = (event.position().x() - bar.left()) / max(bar.width(), 1.0)
        moment = self._begin + share * (self._end - self._begin)
        self._put_cursor(moment if at(self._stretches, moment) is not None else None)

    # Painting.

    def _bar(self) -> QRectF:
        space = self._theme.metrics.space
        return QRectF(self.rect()).adjusted(space(1), space(1), -space(1), -space(5.5))

    def _x(self, bar: QRectF, moment: float) -> float:
        return bar.left() + (moment - self._begin) / (self._end - self._begin) * bar.width()

    def _colour(self, kind: Kind) -> QColor:
        tokens = self._theme.tokens
        tone = TONES[kind]
        if tone is not Tone.NEUTRAL:
            colour = QColor(tokens.tone(tone))
            colour.setAlphaF(0.45 if kind is Kind.WAITING else 1.0)
            return colour
        return QColor(tokens.border if kind in (Kind.UNKNOWN, Kind.NOT_RUNNING) else tokens.border_strong)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        tokens, metrics, bar = self._theme.tokens, self._theme.metrics, self._bar()
        painter = QPainter(self)
        painter.fillRect(bar, QColor(tokens.window))
        for stretch in self._stretches:
            left, right = self._x(bar, stretch.since), self._x(bar, stretch.until)
            # Also a minute can be seen.
            painter.fillRect(QRectF(left, bar.top(), max(right - left, 1.0), bar.height()), self._colour(stretch.kind))
        self._paint_hours(painter, bar)
        current = self.current
        if current is not None and self._cursor is not None:
            left, right = self._x(bar, current.since), self._x(bar, current.until)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(tokens.text), float(metrics.space(0.5))))
            grown = float(metrics.space(0.4))
            painter.drawRoundedRect(
                QRectF(left, bar.top(), max(right - left, 2.0), bar.height()).adjusted(-grown, -grown, grown, grown),
                2,
                2,
            )
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(tokens.accent), float(metrics.space(0.45))))
            inset = metrics.space(0.3)
            painter.drawRoundedRect(
                QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), metrics.small_radius, metrics.small_radius
            )
        painter.end()

    def _paint_hours(self, painter: QPainter, bar: QRectF) -> None:
        painter.setFont(self._theme.figure_font(0.85))
        width = painter.fontMetrics().horizontalAdvance("00:00") * 1.8
        hours = (self._end - self._begin) / _HOUR_S
        step = next((step for step in _STEPS_H if bar.width() / hours * step >= width), _STEPS_H[-1])
        first = datetime.fromtimestamp(self._begin)
        moment = self._begin - (first.minute * 60 + first.second) - first.hour % step * _HOUR_S
        painter.setPen(QColor(self._theme.tokens.text_muted))
        while moment <= self._end:
            x = self._x(bar, moment)
            if bar.left() + width / 3 <= x <= bar.right() - width / 3:
                box = QRectF(x - width / 2, bar.bottom(), width, self.rect().bottom() - bar.bottom())
                painter.drawLine(QPointF(x, bar.bottom()), QPointF(x, bar.bottom() + self._theme.metrics.space(0.8)))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, hour(moment))
            moment += step * _HOUR_S
