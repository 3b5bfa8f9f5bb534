"""The week as a grid of hours: drag or use the arrow keys and Space to allow serving."""

from __future__ import annotations

from PySide6.QtCore import QLocale, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from r3mes_launcher.ui.settings.schedule_hours import DAYS, HOURS, Hours
from r3mes_launcher.ui.theme import Theme

_LABEL_EVERY = 3


class ScheduleGrid(QWidget):
    edited = Signal(object)
    """Hours: what the person made of it, at the end of a stroke."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._hours: Hours = frozenset()
        self._cursor = 0
        self._stroke: bool | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Hours in which serving is allowed"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)
        self._describe()

    def show_hours(self, hours: Hours) -> None:
        if hours != self._hours and self._stroke is None:
            self._hours = hours
            self._describe()
            self.update()

    @property
    def hours(self) -> Hours:
        return self._hours

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._theme.metrics.space(110), round(self._row * (DAYS + 1)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._theme.metrics.space(80), round(self._row * (DAYS + 1)))

    # Where things are. In a right-to-left window the hours run the other way.

    @property
    def _row(self) -> float:
        return self._theme.metrics.line * 1.25

    @property
    def _names(self) -> float:
        figures = QFontMetricsF(self.font())
        locale = QLocale()
        widest = max(
            figures.horizontalAdvance(locale.standaloneDayName(day, QLocale.FormatType.ShortFormat))
            for day in range(1, DAYS + 1)
        )
        return widest + self._theme.metrics.space(2)

    def _cell(self, hour: int) -> QRectF:
        day, column = divmod(hour, HOURS)
        width = (self.width() - self._names) / HOURS
        left = self._names + column * width
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            left = self.width() - left - width
        return QRectF(left, self._row * (day + 1), width, self._row)

    def _hour_at(self, point: QPoint) -> int | None:
        for hour in range(DAYS * HOURS):
            if self._cell(hour).contains(point):
                return hour
        return None

    # The person.

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        hour = self._hour_at(event.position().toPoint())
        if hour is not None and event.button() is Qt.MouseButton.LeftButton:
            self._stroke = hour not in self._hours
            self._paint_hour(hour)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        hour = self._hour_at(event.position().toPoint())
        if self._stroke is not None and hour is not None:
            self._paint_hour(hour)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._stroke is not None:
            self._stroke = None
            self.edited.emit(self._hours)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        day, column = divmod(self._cursor, HOURS)
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                forward = (event.key() == Qt.Key.Key_Right) is not mirrored
                column = min(HOURS - 1, max(0, column + (1 if forward else -1)))
            case Qt.Key.Key_Up:
                day = max(0, day - 1)
            case Qt.Key.Key_Down:
                day = min(DAYS - 1, day + 1)
            case Qt.Key.Key_Home:
                column = 0
            case Qt.Key.Key_End:
                column = HOURS - 1
            case Qt.Key.Key_Space | Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._hours = self._hours ^ {self._cursor}
                self.edited.emit(self._hours)
            case _:
                super().keyPressEvent(event)
                return
        self._cursor = day * HOURS + column
        self._describe()
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self.update()

    def _paint_hour(self, hour: int) -> None:
        self._cursor = hour
        self._hours = self._hours | {hour} if self._stroke else self._hours - {hour}
        self._describe()
        self.update()

    def _describe(self) -> None:
        day, column = divmod(self._cursor, HOURS)
        words = self.tr("{day}, {hour}:00: allowed") if self._cursor in self._hours else self.tr("{day}, {hour}:00: no")
        name = QLocale().standaloneDayName(day + 1, QLocale.FormatType.LongFormat)
        self.setAccessibleDescription(words.format(day=name, hour=f"{column:02d}"))
        if self.hasFocus():
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    # Drawing.

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._theme.figure_font(0.85))
        painter.setPen(QColor(tokens.text_muted))
        locale = QLocale()
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        for day in range(DAYS):
            left = self.width() - self._names if mirrored else 0.0
            room = QRectF(left, self._row * (day + 1), self._names, self._row)
            name = locale.standaloneDayName(day + 1, QLocale.FormatType.ShortFormat)
            side = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
            painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, name)
        for column in range(0, HOURS, _LABEL_EVERY):
            room = self._cell(column).translated(0, -self._row)
            room.setWidth(room.width() * _LABEL_EVERY)
            if mirrored:
                room.translate(-room.width() * (_LABEL_EVERY - 1) / _LABEL_EVERY, 0)
            side = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
            painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, f"{column:02d}")
        gap, radius = self._theme.metrics.space(0.3), self._theme.metrics.space(0.6)
        enabled = self.isEnabled()
        for hour in range(DAYS * HOURS):
            cell = self._cell(hour).adjusted(gap, gap, -gap, -gap)
            on = hour in self._hours
            painter.setPen(QPen(QColor(tokens.border)))
            painter.setBrush(QColor((tokens.accent if enabled else tokens.border_strong) if on else tokens.window))
            painter.drawRoundedRect(cell, radius, radius)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.text), self._theme.metrics.space(0.45)))
            painter.drawRoundedRect(self._cell(self._cursor), radius, radius)
