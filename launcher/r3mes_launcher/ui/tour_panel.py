"""The tour beside the pages: a step's words, and one button to the next. It covers nothing and can be closed."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tour import Step

_WIDTH_LINES = 17


class TourPanel(QWidget):
    """`show_step` draws; who owns the window changes the page."""

    step_wished = Signal(int)
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._place = 0
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Guided tour"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        space = theme.metrics.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space(5), space(5), space(5), space(5))
        column.setSpacing(space(3))
        head = QHBoxLayout()
        self._where = PlainLabel("", "caption")
        head.addWidget(self._where)
        head.addStretch(1)
        self.close_button = Button(theme, icon="close", kind="quiet", name=self.tr("Close the tour"))
        self.close_button.clicked.connect(self.closed)
        head.addWidget(self.close_button)
        column.addLayout(head)
        self._title = PlainLabel("", "heading", wrap=True)
        column.addWidget(self._title)
        self._text = PlainLabel("", wrap=True)
        column.addWidget(self._text)
        column.addSpacing(space(2))
        self.next = Button(theme, self.tr("Next"), kind="primary")
        self.next.clicked.connect(self._on_next)
        self.back = Button(theme, self.tr("Back"))
        self.back.clicked.connect(lambda: self.step_wished.emit(self._place - 1))
        row = QHBoxLayout()
        row.setSpacing(space(2))
        row.addWidget(self.next)
        row.addWidget(self.back)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(round(self._theme.metrics.line * _WIDTH_LINES), super().sizeHint().height())

    @property
    def place(self) -> int:
        return self._place

    @property
    def words(self) -> str:
        return f"{self._title.text()}. {self._text.text()}"

    def show_step(self, steps: tuple[Step, ...], place: int) -> None:
        """Raises IndexError."""
        step, self._place = steps[place], place
        self._last = place == len(steps) - 1
        self._where.show_text(self.tr("Tour, step {step} of {all}").format(step=place + 1, all=len(steps)))
        self._title.show_text(step.title)
        self._text.show_text(step.text)
        # A screen reader reads it with the button that has the focus.
        self.next.setAccessibleDescription(self.words)
        self.back.setEnabled(place > 0)
        self.next.setText(self.tr("Close the tour") if self._last else self.tr("Next"))
        self.next.setAccessibleName(self.next.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _on_next(self) -> None:
        if self._last:
            self.closed.emit()
        else:
            self.step_wished.emit(self._place + 1)
