"""Chat: ask the model, watch the answer come, stop it, copy it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from r3mes_launcher.bridge import ChatStream
from r3mes_launcher.core.state import LauncherState
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Callout, EmptyState, PageGround
from r3mes_launcher.ui.chat_message import MessageView
from r3mes_launcher.ui.composer import Composer
from r3mes_launcher.ui.conversation import Conversation
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone

# A line of text longer than about this many lines' heights is hard to read.
_WIDEST_LINES = 52


class ChatPage(QWidget):
    home_wished = Signal()
    """The person wants to see why nothing answers."""

    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._intents = intents
        self._state = LauncherState()
        self._views: list[MessageView] = []
        self.suggestions: list[Button] = []
        self._stream: ChatStream | None = None
        self._follow = True
        self.conversation = Conversation()
        self.setAccessibleName(self.tr("Chat"))
        space = theme.metrics.space
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, space(4))
        page.setSpacing(space(2))
        page.addLayout(self._make_head(theme))
        self._stack = QStackedWidget()
        self._stack.addWidget(self._make_empty(theme))
        self._stack.addWidget(self._make_transcript(theme))
        page.addWidget(self._stack, 1)
        page.addLayout(self._make_foot(theme))
        stop = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        stop.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        stop.activated.connect(self.stop)
        fresh = QShortcut(QKeySequence(QKeySequence.StandardKey.New), self)
        fresh.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        fresh.activated.connect(self.start_over)
        self._show_controls()

    def _make_head(self, theme: Theme) -> QHBoxLayout:
        space = theme.metrics.space
        row = QHBoxLayout()
        row.setContentsMargins(space(8), space(5), space(8), 0)
        row.setSpacing(space(2))
        self._model_name = name = PlainLabel(self.tr("Model"), "muted")
        self.model = QComboBox()
        self.model.setAccessibleName(self.tr("Model to ask"))
        self.model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        name.setBuddy(self.model)
        self.new = Button(theme, self.tr("New conversation"), "add")
        self.new.clicked.connect(self.start_over)
        row.addWidget(name)
        row.addWidget(self.model)
        row.addStretch(1)
        row.addWidget(self.new)
        return row

    def _make_empty(self, theme: Theme) -> EmptyState:
        empty = EmptyState(theme, "chat")
        empty.show_words(
            self.tr("Ask the model something"),
            self.tr("Your words go to the gateway, and a node of the network answers."),
            "chat",
            Tone.BUSY,
        )
        for prompt in (
            self.tr("Explain what a GPU does"),
            self.tr("Write a short poem about night trains"),
            self.tr("What is photosynthesis?"),
        ):
            button = Button(theme, prompt)
            button.clicked.connect(lambda _=False, text=prompt: self.ask(text))
            empty.add_button(button)
            self.suggestions.append(button)
        return empty

    def _make_transcript(self, theme: Theme) -> QWidget:
        space = theme.metrics.space
        holder = QWidget()
        stack = QVBoxLayout(holder)
        stack.setContentsMargins(0, 0, 0, 0)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName(self.tr("Conversation"))
        inside = PageGround()
        across = QHBoxLayout(inside)
        across.setContentsMargins(space(8), space(2), space(8), space(4))
        column = QWidget()
        column.setMaximumWidth(round(theme.metrics.line * _WIDEST_LINES))
        column.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        across.addStretch(1)
        across.addWidget(column, 1000)
        across.addStretch(1)
        self._column = QVBoxLayout(column)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(space(5))
        self._column.addStretch(1)
        self._scroll.setWidget(inside)
        stack.addWidget(self._scroll)
        bar = self._scroll.verticalScrollBar()
        bar.valueChanged.connect(self._on_scrolled)
        bar.rangeChanged.connect(self._on_grown)
        self.latest = Button(theme, self.tr("Latest"), "down", name=self.tr("Go to the latest words"), parent=holder)
        self.latest.setText(self.tr("Latest"))
        self.latest.clicked.connect(self._go_to_end)
        self.latest.hide()
        return holder

    def _make_foot(self, theme: Theme) -> QVBoxLayout:
        space = theme.metrics.space
        self._nobody = Callout(theme, Tone.WARNING)
        self.go_home = Button(theme, self.tr("Open Home"), "home")
        self.go_home.clicked.connect(self.home_wished)
        self._nobody.add_button(self.go_home)
        self.composer = Composer(theme)
        self.composer.sent.connect(self.ask)
        self.composer.stopped.connect(self.stop)
        hint = PlainLabel(
            self.tr("Enter sends, Shift+Enter starts a new line. Small models make things up."), "caption", wrap=True
        )
        hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QWidget()
        column.setMaximumWidth(round(theme.metrics.line * _WIDEST_LINES))
        column.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        inner = QVBoxLayout(column)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(space(2))
        inner.addWidget(self._nobody)
        inner.addWidget(self.composer)
        inner.addWidget(hint)
        foot = QVBoxLayout()
        foot.setContentsMargins(space(8), 0, space(8), 0)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(column, 1000)
        row.addStretch(1)
        foot.addLayout(row)
        return foot

    # State in.

    def show_state(self, state: LauncherState, now: float) -> None:
        if state.models != self._state.models and not self.model.view().isVisible():
            chosen = self.model.currentText()
            self.model.clear()
            self.model.addItems(list(state.models))
            if chosen in state.models:
                self.model.setCurrentText(chosen)
        self._state = state
        self._show_controls()

    def _show_controls(self) -> None:
        gateway = self._state.gateway
        can_send = bool(gateway.url)
        answering = self.conversation.answering
        self.composer.show_state(can_send, answering)
        self._model_name.setVisible(self.model.count() > 0)
        self.model.setVisible(self.model.count() > 0)
        self.model.setEnabled(not answering)
        self.new.setEnabled(bool(self.conversation.messages))
        for suggestion in self.suggestions:
            suggestion.setEnabled(can_send)
        self._nobody.setVisible(not self._state.models)
        if not gateway.reachable:
            self._nobody.show_words(
                self.tr("The gateway does not answer yet."),
                gateway.message or self.tr("Home shows what it is doing."),
            )
        else:
            self._nobody.show_words(
                self.tr("Nobody serves a model right now."),
                self.tr("Switch Serving on at Home and this computer answers, or wait for another node."),
            )

    # The person's wishes.

    def ask(self, text: str) -> None:
        if self.conversation.answering or not text.strip() or not self._state.gateway.url:
            return
        self.conversation.ask(text, self.model.currentText())
        if self._views:
            # Only the newest question can be asked again.
            self._views[-1].retry.hide()
        for message in self.conversation.messages[-2:]:
            self._add_view(MessageView(self._theme, message))
        self._stack.setCurrentIndex(1)
        self._follow = True
        self._begin_stream()

    def retry(self) -> None:
        if self.conversation.messages and not self.conversation.answering:
            self.conversation.retry()
            self._begin_stream()

    def stop(self) -> None:
        if self._stream is not None:
            self._stream.stop()

    def start_over(self) -> None:
        """A new conversation; an answer on its way is stopped and forgotten."""
        self._drop_stream()
        self.conversation = Conversation()
        for view in self._views:
            self._column.removeWidget(view)
            view.hide()
            view.deleteLater()
        self._views.clear()
        self._stack.setCurrentIndex(0)
        self._show_controls()
        self.composer.field.setFocus()

    def take_over(self, other: ChatPage) -> None:
        """Goes on where another page is, in the middle of an answer too. The other one hears nothing any more."""
        stream = other._let_go()
        self.conversation = other.conversation
        self.composer.field.setPlainText(other.composer.field.toPlainText())
        for message in self.conversation.messages:
            self._add_view(MessageView(self._theme, message))
        for view in self._views[:-1]:
            view.retry.hide()
        if self._views:
            self._stack.setCurrentIndex(1)
        self._state = other._state
        self.model.addItems(list(self._state.models))
        self.model.setCurrentText(other.model.currentText())
        if stream is not None:
            self._listen(stream)
        self._show_controls()

    # The answer.

    def _begin_stream(self) -> None:
        stream = self._intents.chat(self.conversation.turns(), self.model.currentText())
        self._listen(stream)
        self._show_last()

    def _listen(self, stream: ChatStream) -> None:
        self._stream = stream
        stream.arrived.connect(self._on_arrived)
        stream.finished.connect(self._on_finished)
        stream.failed.connect(self._on_failed)

    def _let_go(self) -> ChatStream | None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.arrived.disconnect(self._on_arrived)
            stream.finished.disconnect(self._on_finished)
            stream.failed.disconnect(self._on_failed)
        return stream

    def _drop_stream(self) -> None:
        stream = self._let_go()
        if stream is not None:
            stream.stop()

    def _on_arrived(self, text: str) -> None:
        self.conversation.add(text)
        self._show_last()

    def _on_finished(self, reason: str, model: str) -> None:
        self._stream = None
        self.conversation.finish(reason, model)
        self._show_last()

    def _on_failed(self, sentence: str) -> None:
        self._stream = None
        self.conversation.fail(sentence)
        self._show_last()

    def _show_last(self) -> None:
        self._views[-1].show_message(self.conversation.messages[-1])
        self._show_controls()

    def _add_view(self, view: MessageView) -> None:
        view.retried.connect(self.retry)
        self._views.append(view)
        self._column.insertWidget(self._column.count() - 1, view)

    # Following the end.

    def _on_scrolled(self, value: int) -> None:
        self._follow = value >= self._scroll.verticalScrollBar().maximum() - self._theme.metrics.space(2)
        self.latest.setVisible(not self._follow)

    def _on_grown(self, _: int, maximum: int) -> None:
        if self._follow:
            self._scroll.verticalScrollBar().setValue(maximum)
        self._place_latest()

    def _go_to_end(self) -> None:
        self._scroll.verticalScrollBar().setValue(self._scroll.verticalScrollBar().maximum())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        # After the layout of this resize has settled.
        QTimer.singleShot(0, self, self._place_latest)

    def _place_latest(self) -> None:
        gap = self._theme.metrics.space(2)
        self.latest.adjustSize()
        area = self._scroll.geometry()
        self.latest.move(area.center().x() - self.latest.width() // 2, area.bottom() - self.latest.height() - gap)
        self.latest.raise_()
