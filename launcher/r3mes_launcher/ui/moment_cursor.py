"""A cursor on a line of time, for mouse and keyboard alike: what the charts have in common."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QWidget


class MomentCursor(QWidget):
    """A widget with a row of places in time. The cursor is a moment, in seconds, so that it stays where it is while new
    places come. It goes with the mouse, with the focus, and with Escape."""

    page = 0
    """How many places Page Up and Page Down go; 0: they do not move the cursor."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._cursor: float | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    def _places(self) -> int:
        raise NotImplementedError

    def _place(self) -> int | None:
        """The index of the one that the cursor is on."""
        raise NotImplementedError

    def _moment(self, place: int) -> float:
        """Where the cursor stands on it."""
        raise NotImplementedError

    def spoken(self) -> str:
        """For a screen reader."""
        raise NotImplementedError

    def _put_cursor(self, moment: float | None) -> None:
        if moment == self._cursor:
            return
        self._cursor = moment
        self.setAccessibleDescription(self.spoken())
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        self.update()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        if not self.hasFocus():
            self._put_cursor(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self._put_cursor(None)
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        last, place = self._places() - 1, self._place()
        # Without a cursor an arrow brings it, to the newest.
        here, step = (last, 0) if place is None else (place, 1)
        moves = {
            Qt.Key.Key_Left: here - step,
            Qt.Key.Key_Right: here + step,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if self.page:
            moves |= {Qt.Key.Key_PageUp: here - self.page, Qt.Key.Key_PageDown: here + self.page}
        key = Qt.Key(event.key())
        if key is Qt.Key.Key_Escape and self._cursor is not None:
            self._put_cursor(None)
        elif key in moves and last >= 0:
            self._put_cursor(self._moment(min(max(moves[key], 0), last)))
        else:
            super().keyPressEvent(event)
