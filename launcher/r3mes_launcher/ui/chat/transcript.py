"""The messages of one conversation, one below the other, following their end while somebody is there."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import PageGround
from r3mes_launcher.ui.chat.chat_message import MessageView
from r3mes_launcher.ui.chat.conversation import Message
from r3mes_launcher.ui.theme import Theme

# A line of text longer than about this many lines' heights is hard to read.
WIDEST_LINES = 52
# A long conversation opens with its end; each wish for more makes so many messages more.
SHOWN_AT_ONCE = 20


class Transcript(QWidget):
    retried = Signal()
    link_wished = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._messages: tuple[Message, ...] = ()
        self.views: list[MessageView] = []
        self._follow = True
        space = theme.metrics.space
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setAccessibleName(self.tr("Conversation"))
        inside = PageGround()
        across = QHBoxLayout(inside)
        across.setContentsMargins(space(8), space(2), space(8), space(4))
        column = QWidget()
        column.setMaximumWidth(round(theme.metrics.line * WIDEST_LINES))
        column.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        across.addStretch(1)
        across.addWidget(column, 1000)
        across.addStretch(1)
        self._column = QVBoxLayout(column)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(space(5))
        self.earlier = Button(theme, self.tr("Earlier messages"), "up", kind="quiet")
        self.earlier.clicked.connect(self._on_earlier)
        self.earlier.hide()
        self._column.addWidget(self.earlier, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addStretch(1)
        self.area.setWidget(inside)
        stack.addWidget(self.area)
        bar = self.area.verticalScrollBar()
        bar.valueChanged.connect(self._on_scrolled)
        bar.rangeChanged.connect(self._on_grown)
        self.latest = Button(theme, self.tr("Latest"), "down", name=self.tr("Go to the latest words"), parent=self)
        self.latest.setText(self.tr("Latest"))
        self.latest.clicked.connect(self.go_to_end)
        self.latest.hide()

    @property
    def messages(self) -> tuple[Message, ...]:
        return self._messages

    def show_messages(self, messages: tuple[Message, ...]) -> None:
        """Another conversation, from its end."""
        for view in self.views:
            self._column.removeWidget(view)
            view.hide()
            view.deleteLater()
        self.views.clear()
        self._messages = messages
        self._follow = True
        for message in messages[-SHOWN_AT_ONCE:]:
            self._add_view(message, len(self.views))
        self._show_ends()

    def add_messages(self, messages: tuple[Message, ...]) -> None:
        """The conversation with new messages at its end."""
        fresh = messages[len(self._messages) :]
        self._messages = messages
        for message in fresh:
            self._add_view(message, len(self.views))
        self._follow = True
        self._show_ends()

    def show_last(self, message: Message) -> None:
        """The newest message has changed."""
        self._messages = (*self._messages[:-1], message)
        self.views[-1].show_message(message)

    def _add_view(self, message: Message, at: int) -> None:
        view = MessageView(self._theme, message)
        view.retried.connect(self.retried)
        view.link_wished.connect(self.link_wished)
        self.views.insert(at, view)
        # After the button above them, before the stretch below.
        self._column.insertWidget(at + 1, view)
        view.grown.connect(self._order)

    def _show_ends(self) -> None:
        for view in self.views:
            view.show_last(view is self.views[-1])
        self.earlier.setVisible(len(self.views) < len(self._messages))
        self._order()

    def _order(self) -> None:
        """Tab goes the way of reading, whatever was made first."""
        before: QWidget = self.earlier
        for stop in (stop for view in self.views for stop in view.stops):
            QWidget.setTabOrder(before, stop)
            before = stop
        QWidget.setTabOrder(before, self.latest)

    def _on_earlier(self) -> None:
        """What is read stays in place: the new ones grow upwards."""
        bar = self.area.verticalScrollBar()
        below = bar.maximum() - bar.value()
        self._follow = False
        hidden = self._messages[: len(self._messages) - len(self.views)]
        for message in reversed(hidden[-SHOWN_AT_ONCE:]):
            self._add_view(message, 0)
        self._show_ends()
        QTimer.singleShot(0, self, lambda: bar.setValue(bar.maximum() - below))

    # Following the end.

    def _on_scrolled(self, value: int) -> None:
        self._follow = value >= self.area.verticalScrollBar().maximum() - self._theme.metrics.space(2)
        self.latest.setVisible(not self._follow)

    def _on_grown(self, _: int, maximum: int) -> None:
        if self._follow:
            self.area.verticalScrollBar().setValue(maximum)
        self._place_latest()

    def go_to_end(self) -> None:
        self.area.verticalScrollBar().setValue(self.area.verticalScrollBar().maximum())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        # After the layout of this resize has settled.
        QTimer.singleShot(0, self, self._place_latest)

    def _place_latest(self) -> None:
        gap = self._theme.metrics.space(2)
        self.latest.adjustSize()
        area = self.area.geometry()
        self.latest.move(area.center().x() - self.latest.width() // 2, area.bottom() - self.latest.height() - gap)
        self.latest.raise_()
