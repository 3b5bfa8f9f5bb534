"""Paints the log lines that can be seen, and nothing else, so that a flood of lines costs a screenful a frame."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from r3mes_launcher.core.state import LogLevel, LogLine
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.log_buffer import LogBuffer, LogFilter, as_text
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone

_TONES = {LogLevel.WARNING: Tone.WARNING, LogLevel.ERROR: Tone.BAD}
# What a level is called in its column; not by its colour alone. An ordinary line needs no name.
_LEVELS = {LogLevel.DEBUG: "debug", LogLevel.INFO: "", LogLevel.WARNING: "warn", LogLevel.ERROR: "error"}
# So many matches of the searched text are marked in one line: more can't be told apart.
_MARKED_MATCHES = 50
# A line is drawn up to here; copying gives all of it. Longer ones would only be scrolled past.
_DRAWN_CHARACTERS = 2000


class LogView(QAbstractScrollArea):
    """Lines of a LogBuffer. A line's number stays the same while it is kept, so a selection survives new lines."""

    follow_changed = Signal(bool)

    def __init__(self, theme: Theme, buffer: LogBuffer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._buffer = buffer
        self._follow = True
        self._cursor: int | None = None
        self._anchor: int | None = None
        self.setProperty("kind", "log")
        # Logs are written from left to right in every language.
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setFont(theme.fixed_font())
        self.viewport().setFont(theme.fixed_font())
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Log lines"))
        self._measure()
        self._widest = 0.0
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.horizontalScrollBar().valueChanged.connect(self.viewport().update)
        theme.changed.connect(self.viewport().update)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._theme.metrics.space(200), self._theme.metrics.space(100))

    def _measure(self) -> None:
        metrics = QFontMetricsF(self.font())
        self._row = metrics.height() * 1.25
        self._ascent = (self._row - metrics.height()) / 2 + metrics.ascent()
        figure = metrics.horizontalAdvance("0")
        self._pad = figure * 1.2
        self._level_at = self._pad + figure * 10
        self._source_at = self._level_at + figure * 6.5
        self._text_at = self._source_at + figure * 10
        self._figure = figure

    # What is shown.

    @property
    def follow(self) -> bool:
        return self._follow

    def set_follow(self, follow: bool) -> None:
        if follow != self._follow:
            self._follow = follow
            self.follow_changed.emit(follow)
        if follow:
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    def refresh(self) -> None:
        """The buffer has changed."""
        bar = self.verticalScrollBar()
        first = self._buffer.first
        if self._cursor is not None and self._anchor is not None:
            if max(self._cursor, self._anchor) < first:
                self._cursor = self._anchor = None
            else:
                self._cursor, self._anchor = max(self._cursor, first), max(self._anchor, first)
        rows = self._visible_rows()
        bar.blockSignals(True)
        top = bar.value()
        # Scroll bar values are line numbers: what is read stays in place while old lines fall away.
        bar.setRange(first, max(first, self._buffer.end - rows))
        bar.setPageStep(rows)
        bar.setValue(bar.maximum() if self._follow else max(top, first))
        bar.blockSignals(False)
        self.viewport().update()

    def choose(self, filter: LogFilter) -> None:
        self._buffer.choose(filter)
        self._start_afresh()

    def clear(self) -> None:
        self._buffer.clear()
        self._start_afresh()

    def _start_afresh(self) -> None:
        self._cursor = self._anchor = None
        self._widest = 0.0
        self.horizontalScrollBar().setRange(0, 0)
        self.set_follow(True)
        self.refresh()

    def selected_lines(self) -> list[LogLine]:
        """The selected lines, or none."""
        if self._cursor is None or self._anchor is None:
            return []
        low, high = sorted((self._cursor, self._anchor))
        return list(self._buffer.shown(low, high + 1))

    def shown_text(self) -> str:
        """The selection, or everything shown while nothing is selected."""
        return as_text(self.shown_lines())

    def shown_lines(self) -> tuple[LogLine, ...]:
        """The selection, or everything shown while nothing is selected."""
        return tuple(self.selected_lines() or self._buffer.shown(self._buffer.first, self._buffer.end))

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.shown_text())

    # Geometry and scrolling.

    def _visible_rows(self) -> int:
        return max(1, int(self.viewport().height() / self._row))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.refresh()
        self._fit_across()

    def _on_scrolled(self, value: int) -> None:
        follow = value >= self.verticalScrollBar().maximum()
        if follow != self._follow:
            self._follow = follow
            self.follow_changed.emit(follow)
        self.viewport().update()

    def _fit_across(self) -> None:
        bar = self.horizontalScrollBar()
        bar.setRange(0, max(0, round(self._widest - self.viewport().width())))
        bar.setPageStep(self.viewport().width())
        bar.setSingleStep(round(self._figure * 4))

    def _number_at(self, y: float) -> int | None:
        number = self.verticalScrollBar().value() + int(y // self._row)
        if self._buffer.end <= self._buffer.first:
            return None
        return min(max(number, self._buffer.first), self._buffer.end - 1)

    # Mouse and keyboard.

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        number = self._number_at(event.position().y())
        extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._put_cursor(number, extend)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._put_cursor(self._number_at(event.position().y()), True)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        if event.matches(QKeySequence.StandardKey.SelectAll) and self._buffer.end > self._buffer.first:
            self._anchor = self._buffer.first
            self._cursor = self._buffer.end - 1
            self.viewport().update()
            return
        if event.key() == Qt.Key.Key_Escape and self._cursor is not None:
            self._put_cursor(None, False)
            return
        page = self._visible_rows()
        here = self._cursor if self._cursor is not None else self.verticalScrollBar().value() + page - 1
        moves = {
            Qt.Key.Key_Up: here - 1,
            Qt.Key.Key_Down: here + 1,
            Qt.Key.Key_PageUp: here - page,
            Qt.Key.Key_PageDown: here + page,
            Qt.Key.Key_Home: self._buffer.first,
            Qt.Key.Key_End: self._buffer.end - 1,
        }
        key = Qt.Key(event.key())
        if key in moves and self._buffer.end > self._buffer.first:
            number = min(max(moves[key], self._buffer.first), self._buffer.end - 1)
            self._put_cursor(number, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
            self._show_cursor()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() + bar.singleStep() * (1 if key is Qt.Key.Key_Right else -1))
        else:
            super().keyPressEvent(event)

    def _put_cursor(self, number: int | None, extend: bool) -> None:
        self._cursor = number
        if not extend or self._anchor is None:
            self._anchor = number
        if number is not None:
            line = next(iter(self._buffer.shown(number, number + 1)), None)
            # The line is what a screen reader says.
            self.setAccessibleDescription(as_text([line]) if line is not None else "")
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        self.viewport().update()

    def _show_cursor(self) -> None:
        bar, page = self.verticalScrollBar(), self._visible_rows()
        if self._cursor is not None and self._cursor < bar.value():
            bar.setValue(self._cursor)
        elif self._cursor is not None and self._cursor >= bar.value() + page:
            bar.setValue(self._cursor - page + 1)

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        tokens = self._theme.tokens
        painter = QPainter(self.viewport())
        painter.setFont(self.font())
        shift = self.horizontalScrollBar().value()
        first = self.verticalScrollBar().value()
        rows = int(self.viewport().height() / self._row) + 2
        low, high = self._selection()
        width = self.viewport().width()
        muted, plain = QColor(tokens.text_muted), QColor(tokens.text)
        metrics = QFontMetricsF(self.font())
        widest = self._widest
        for row, line in enumerate(self._buffer.shown(first, first + rows)):
            top = row * self._row
            if low <= first + row <= high:
                painter.fillRect(QRect(0, round(top), width, round(self._row)), QColor(tokens.accent_soft))
            base = top + self._ascent
            painter.setPen(QPen(muted))
            painter.drawText(QPointF(self._pad - shift, base), figures.clock(line.at))
            painter.drawText(QPointF(self._source_at - shift, base), line.source[:9])
            tone = _TONES.get(line.level)
            colour = QColor(tokens.tone(tone)) if tone else muted if line.level is LogLevel.DEBUG else plain
            painter.setPen(QPen(colour))
            painter.drawText(QPointF(self._level_at - shift, base), _LEVELS[line.level])
            text = line.text[:_DRAWN_CHARACTERS]
            for begin, end in matches(text, self._buffer.filter.text):
                left = self._text_at - shift + metrics.horizontalAdvance(text[:begin])
                across = metrics.horizontalAdvance(text[begin:end])
                painter.fillRect(QRectF(left, top, across, self._row), QColor(tokens.warning_soft))
            painter.drawText(QPointF(self._text_at - shift, base), text)
            widest = max(widest, self._text_at + metrics.horizontalAdvance(text) + self._pad)
        if self._buffer.end <= self._buffer.first:
            painter.setFont(QApplication.font())
            painter.setPen(QPen(muted))
            nothing = self.tr("No line passes these filters.") if self._buffer.kept else self.tr("No lines yet.")
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, nothing)
        if self.hasFocus() and self._cursor is not None and first <= self._cursor < first + rows:
            painter.setPen(QPen(QColor(tokens.accent), float(self._theme.metrics.space(0.2))))
            painter.drawRect(QRect(0, round((self._cursor - first) * self._row), width - 1, round(self._row) - 1))
        painter.end()
        if widest > self._widest:
            self._widest = widest
            self._fit_across()

    def _selection(self) -> tuple[int, int]:
        if self._cursor is None or self._anchor is None:
            return 0, -1
        return min(self._cursor, self._anchor), max(self._cursor, self._anchor)


def matches(text: str, searched: str) -> list[tuple[int, int]]:
    """Where the searched text stands in a line, whatever its case: begin and end of each, in order."""
    if not searched:
        return []
    # Where a letter changes its length with its case, marks could be misplaced: then there is none.
    low, wanted = text.lower(), searched.lower()
    if len(low) != len(text):
        return []
    found: list[tuple[int, int]] = []
    at = low.find(wanted)
    while at >= 0 and len(found) < _MARKED_MATCHES:
        found.append((at, at + len(wanted)))
        at = low.find(wanted, at + len(wanted))
    return found
