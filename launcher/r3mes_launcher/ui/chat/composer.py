"""The field where a prompt is written: grows with its text, Enter sends."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QWidget

from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.plain_label import restyle
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.window_view import kept_view

_MOST_LINES = 8


class PromptField(QPlainTextEdit):
    submitted = Signal()
    focus_changed = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("kind", "plain")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(theme.metrics.space(0.6))
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.submitted.emit()
            return
        super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: N802
        self.insertPlainText(source.text())

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        # The plain layout counts its height in lines.
        lines = min(max(1, round(self.document().size().height())), _MOST_LINES)
        height = round(lines * self.fontMetrics().lineSpacing() + 2 * self.document().documentMargin()) + 1
        overflow = self.document().size().height() > _MOST_LINES
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if overflow else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)
        if height != self.maximumHeight():
            self.setFixedHeight(height)


class Composer(QFrame):
    """The prompt field and the button that sends, or stops the answer on its way."""

    sent = Signal(str)
    stopped = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("composer", "true")
        space = theme.metrics.space
        row = QHBoxLayout(self)
        row.setContentsMargins(space(2.6), space(1.6), space(1.6), space(1.6))
        row.setSpacing(space(2))
        self.field = PromptField(theme)
        self.field.setAccessibleName(self.tr("Your prompt"))
        # The chat page keeps it with the conversations.
        kept_view(self.field, "chat.draft")
        self.field.setPlaceholderText(self.tr("Ask the model something"))
        self.field.submitted.connect(self._on_send)
        self.field.textChanged.connect(self._show_buttons)
        self.field.focus_changed.connect(lambda on: restyle(self, "focused", "true" if on else "false"))
        self.send = Button(theme, icon="send", kind="primary", name=self.tr("Send"))
        self.send.clicked.connect(self._on_send)
        self.stop = Button(theme, icon="stop", kind="primary", name=self.tr("Stop the answer"))
        self.stop.clicked.connect(self.stopped)
        row.addWidget(self.field, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.send, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self.stop, 0, Qt.AlignmentFlag.AlignBottom)
        self._can_send = True
        self._answering = False
        self._show_buttons()

    def show_state(self, can_send: bool, answering: bool) -> None:
        self._can_send = can_send
        self._answering = answering
        self._show_buttons()

    def _show_buttons(self) -> None:
        had_focus = self.send.hasFocus() or self.stop.hasFocus()
        self.send.setEnabled(self._can_send and bool(self.field.toPlainText().strip()))
        self.send.setVisible(not self._answering)
        self.stop.setVisible(self._answering)
        if had_focus and not self.send.hasFocus() and not self.stop.hasFocus():
            self.field.setFocus()

    def _on_send(self) -> None:
        text = self.field.toPlainText().strip()
        # While an answer is on its way, or with nobody to ask, the words stay where they are.
        if text and self._can_send and not self._answering:
            self.field.clear()
            self.sent.emit(text)
