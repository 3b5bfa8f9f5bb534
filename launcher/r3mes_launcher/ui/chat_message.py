"""One message of a chat: the person's in a bubble on the right, the model's across the column."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QResizeEvent, QTextCursor, QTextOption
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QTextEdit, QVBoxLayout, QWidget

from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Callout
from r3mes_launcher.ui.conversation import Message, MessageState
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone

# How long "Copied" stays: long enough to be seen, short enough to copy again.
_COPIED_MS = 1500


class MessageText(QTextEdit):
    """Plain text that can be selected, as tall as its contents. Never reads markup."""

    def __init__(self, theme: Theme, name: str, hug: bool) -> None:
        super().__init__()
        self._hug = hug
        self.setReadOnly(True)
        self.setAcceptRichText(False)
        self.setProperty("kind", "plain")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAccessibleName(name)
        self.document().setDocumentMargin(0)
        across = QSizePolicy.Policy.Maximum if hug else QSizePolicy.Policy.Expanding
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def append_text(self, text: str) -> None:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text)
        if self._hug:
            self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802
        if not self._hug:
            return QSize(super().sizeHint().width(), self.minimumHeight())
        metrics = QFontMetricsF(self.font())
        widest = max((metrics.horizontalAdvance(line) for line in self.toPlainText().split("\n")), default=0.0)
        # One character of slack: the layout may round a glyph up.
        return QSize(math.ceil(widest + metrics.averageCharWidth()), self.minimumHeight())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(0, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        height = math.ceil(self.document().size().height())
        if height != self.minimumHeight() or height != self.maximumHeight():
            self.setFixedHeight(height)


class MessageView(QWidget):
    """Draws one message and follows it while it grows."""

    retried = Signal()

    def __init__(self, theme: Theme, message: Message, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown = ""
        space = theme.metrics.space
        person = message.role == "user"
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(1.2))
        self._caption = PlainLabel("", "caption")
        self.text = MessageText(theme, self.tr("You") if person else self.tr("Answer"), hug=person)
        column.addWidget(self._caption)
        if person:
            self._add_bubble(theme, column)
        else:
            column.addWidget(self.text)
        self._waiting = PlainLabel(self.tr("Waiting for the first word…"), "muted")
        column.addWidget(self._waiting)
        self._error = Callout(theme, Tone.BAD)
        self.retry = Button(theme, self.tr("Ask again"), "refresh")
        self.retry.clicked.connect(self.retried)
        self._error.add_button(self.retry)
        column.addWidget(self._error)
        footer = QHBoxLayout()
        footer.setSpacing(space(2))
        self.copy = Button(theme, icon="copy", kind="quiet", name=self.tr("Copy the answer"))
        self.copy.clicked.connect(self._on_copy)
        self._note = PlainLabel("", "caption")
        footer.addWidget(self.copy)
        footer.addWidget(self._note)
        footer.addStretch(1)
        self._footer = QWidget()
        self._footer.setLayout(footer)
        footer.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._footer)
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.timeout.connect(lambda: self.copy.show_icon("copy"))
        self.show_message(message)

    def _add_bubble(self, theme: Theme, column: QVBoxLayout) -> None:
        space = theme.metrics.space
        bubble = QFrame()
        bubble.setProperty("bubble", "user")
        bubble.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        inner = QVBoxLayout(bubble)
        inner.setContentsMargins(space(3), space(2), space(3), space(2))
        inner.addWidget(self.text)
        row = QHBoxLayout()
        row.setContentsMargins(space(20), 0, 0, 0)
        row.addStretch(1)
        row.addWidget(bubble)
        column.addLayout(row)

    def show_message(self, message: Message) -> None:
        if message.text.startswith(self._shown):
            fresh = message.text[len(self._shown) :]
        else:
            self.text.clear()
            fresh = message.text
        if fresh:
            self.text.append_text(fresh)
        self._shown = message.text
        answer = message.role != "user"
        self._caption.show_text(message.model)
        self._caption.setVisible(answer and bool(message.model))
        self.text.setVisible(bool(message.text))
        self._waiting.setVisible(message.state is MessageState.WAITING)
        failed = message.state is MessageState.FAILED
        self._error.setVisible(failed)
        self._error.show_words(message.error)
        notes = {
            MessageState.STOPPED: self.tr("Stopped."),
            MessageState.CUT: self.tr("The answer ended at its length limit."),
        }
        note = notes.get(message.state, "")
        self._note.show_text(note)
        done = message.state in (MessageState.DONE, MessageState.STOPPED, MessageState.CUT)
        self.copy.setVisible(bool(message.text))
        self._footer.setVisible(answer and (done or failed) and bool(message.text or note))

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._shown)
        self.copy.show_icon("check")
        self._copied.start(_COPIED_MS)
