"""One message of a chat: the person's in a bubble at the end of the line, the model's across the column."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QSpacerItem, QVBoxLayout, QWidget

from r3mes_launcher.core.chats.answer_figures import AnswerFigures
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Callout
from r3mes_launcher.ui.chat.code_view import COPIED_MS
from r3mes_launcher.ui.chat.conversation import Message, MessageState
from r3mes_launcher.ui.chat.markdown_view import MarkdownView
from r3mes_launcher.ui.chat.message_text import MessageText
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone


class MessageView(QWidget):
    """Draws one message and follows it while it grows."""

    retried = Signal()
    link_wished = Signal(str)
    """Somebody wants to follow a link in the answer."""
    grown = Signal()
    """There is more in it that Tab stops at."""

    def __init__(self, theme: Theme, message: Message, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown = ""
        self._last = True
        space = theme.metrics.space
        person = message.role == "user"
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(1.2))
        self._caption = PlainLabel("", "caption")
        column.addWidget(self._caption)
        self.bubble: MessageText | None = None
        self.answer: MarkdownView | None = None
        if person:
            self.bubble = MessageText(theme, self.tr("You"), hug=True)
            self._add_bubble(theme, column, self.bubble)
        else:
            self.answer = MarkdownView(theme, self.tr("Answer"))
            self.answer.link_wished.connect(self.link_wished)
            self.answer.grown.connect(self.grown)
            column.addWidget(self.answer)
        self._waiting = PlainLabel(self.tr("Waiting for the first word…"), "muted")
        column.addWidget(self._waiting)
        self._error = Callout(theme, Tone.BAD)
        self.retry = Button(theme, self.tr("Ask again"), "refresh")
        self.retry.clicked.connect(self.retried)
        self._error.add_button(self.retry)
        column.addWidget(self._error)
        footer = QHBoxLayout()
        footer.setSpacing(space(1))
        self.copy = Button(theme, icon="copy", kind="quiet", name=self.tr("Copy the answer"))
        self.copy.clicked.connect(self._on_copy)
        self.again = Button(theme, icon="refresh", kind="quiet", name=self.tr("Answer anew"))
        self.again.clicked.connect(self.retried)
        self._note = PlainLabel("", "caption")
        self._note.setFont(theme.figure_font(0.9))
        footer.addWidget(self.copy)
        footer.addWidget(self.again)
        footer.addSpacing(space(1))
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

    def _add_bubble(self, theme: Theme, column: QVBoxLayout, text: MessageText) -> None:
        space = theme.metrics.space
        bubble = QFrame()
        bubble.setProperty("bubble", "user")
        bubble.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        inner = QVBoxLayout(bubble)
        inner.setContentsMargins(space(3), space(2), space(3), space(2))
        inner.addWidget(text)
        row = QHBoxLayout()
        # A gap that stays even beside a long question, at the side where the answers begin.
        row.addSpacerItem(
            QSpacerItem(space(20), space(1), QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Minimum)
        )
        row.addWidget(bubble)
        column.addLayout(row)

    @property
    def words(self) -> str:
        """What can be read of the message itself."""
        if self.bubble is not None:
            return self.bubble.toPlainText()
        return self.answer.words if self.answer is not None else ""

    @property
    def stops(self) -> list[QWidget]:
        """What Tab stops at, in the order of reading."""
        if self.bubble is not None:
            return [self.bubble]
        return [*(self.answer.stops if self.answer is not None else []), self.retry, self.copy, self.again]

    def show_last(self, last: bool) -> None:
        """Only the newest answer can be asked for again."""
        self._last = last
        self.retry.setVisible(last)
        self.again.setVisible(last)

    def show_message(self, message: Message) -> None:
        answer = message.role != "user"
        done = message.state in (MessageState.DONE, MessageState.STOPPED, MessageState.CUT)
        failed = message.state is MessageState.FAILED
        if self.bubble is not None and message.text != self._shown:
            self.bubble.clear()
            self.bubble.append_text(message.text)
        if self.answer is not None:
            self.answer.show_text(message.text, done or failed)
            self.answer.setVisible(bool(message.text))
        self._shown = message.text
        self._caption.show_text(message.model)
        self._caption.setVisible(answer and bool(message.model))
        self._waiting.setVisible(message.state is MessageState.WAITING)
        self._error.setVisible(failed)
        self._error.show_words(message.error)
        self._note.show_text(self._note_of(message))
        self.copy.setVisible(bool(message.text))
        self.copy.setEnabled(done or failed)
        self.again.setVisible(self._last and done)
        streaming = message.state is MessageState.STREAMING and message.figures is not None
        self._footer.setVisible(
            answer and (streaming or ((done or failed) and bool(message.text or self._note.text())))
        )

    def _note_of(self, message: Message) -> str:
        ends = {
            MessageState.STOPPED: self.tr("Stopped."),
            MessageState.CUT: self.tr("The answer ended at its length limit."),
        }
        parts = [ends.get(message.state, ""), self._pace_of(message.figures)]
        return "  ·  ".join(part for part in parts if part)

    def _pace_of(self, pace: AnswerFigures | None) -> str:
        if pace is None:
            return ""
        parts = [self.tr("first word after {seconds} s").format(seconds=figures.decimal(pace.first_word_s))]
        rate = pace.tokens_per_second
        if rate is not None:
            parts.append(self.tr("{rate} tokens/s").format(rate=figures.rate(rate)))
        if pace.counted:
            parts.append(self.tr("%Ln token(s)", "", pace.tokens))
        return "  ·  ".join(parts)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._shown)
        self.copy.show_icon("check")
        self._copied.start(COPIED_MS)
