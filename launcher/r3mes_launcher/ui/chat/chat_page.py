"""Chat: ask the model, watch the answer come, stop it, copy it; and go on with an earlier conversation."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMessageBox, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from r3mes_launcher.core.chats.chat import Chat, ChatSummary
from r3mes_launcher.core.chats.chat_desk import KeptChats
from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.state import LauncherState
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Callout, EmptyState
from r3mes_launcher.ui.chat.chat_list import ChatList
from r3mes_launcher.ui.chat.chat_memory import ChatMemory
from r3mes_launcher.ui.chat.chat_message import MessageView
from r3mes_launcher.ui.chat.chat_session import ChatSession
from r3mes_launcher.ui.chat.composer import Composer
from r3mes_launcher.ui.chat.conversation import Conversation
from r3mes_launcher.ui.chat.model_choice import ModelChoice
from r3mes_launcher.ui.chat.transcript import WIDEST_LINES, Transcript
from r3mes_launcher.ui.core_wording import spoken
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.question import ask
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for, nothing

# A conversation beside the list has so many lines of width at least; with less, the list takes its place.
_LEAST_LINES = 30


class ChatPage(QWidget):
    home_wished = Signal()
    """The person wants to see why nothing answers."""

    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._intents = intents
        self._state = LauncherState()
        self._question: QMessageBox | None = None
        self.suggestions: list[Button] = []
        # Those of this run; the others are on the disk until somebody opens them.
        self._sessions: dict[str, ChatSession] = {}
        self._kept: dict[str, ChatSummary] = {}
        self._session = self._new_session()
        self.setAccessibleName(self.tr("Chat"))
        space = theme.metrics.space
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(space(2))
        page.addLayout(self._make_head(theme))
        across = QHBoxLayout()
        across.setSpacing(0)
        page.addLayout(across, 1)
        self.chats = ChatList(theme)
        self.chats.hide()
        self.chats.opened.connect(self.open_chat)
        self.chats.renamed.connect(self._on_renamed)
        self.chats.deleted.connect(self._on_deleted)
        self.chats.all_deleted.connect(self._on_all_deleted)
        self.chats.keeping_chosen.connect(self._on_keeping)
        across.addWidget(self.chats)
        self._main = QWidget()
        across.addWidget(self._main, 1)
        column = QVBoxLayout(self._main)
        column.setContentsMargins(0, 0, 0, space(4))
        column.setSpacing(space(2))
        self._stack = QStackedWidget()
        self._stack.addWidget(self._make_empty(theme))
        self.transcript = Transcript(theme)
        self.transcript.retried.connect(self.retry)
        self.transcript.link_wished.connect(self._on_link)
        self._stack.addWidget(self.transcript)
        column.addWidget(self._stack, 1)
        column.addLayout(self._make_foot(theme))
        for keys, action in (
            (QKeySequence(Qt.Key.Key_Escape), self.stop),
            (QKeySequence(QKeySequence.StandardKey.New), self.start_over),
        ):
            shortcut = QShortcut(keys, self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(action)
        self._show_controls()

    def _make_head(self, theme: Theme) -> QHBoxLayout:
        space = theme.metrics.space
        row = QHBoxLayout()
        row.setContentsMargins(space(8), space(5), space(8), 0)
        row.setSpacing(space(2))
        self.show_chats = Button(theme, icon="list", name=self.tr("Show the conversations"))
        self.show_chats.setCheckable(True)
        self.show_chats.toggled.connect(self._on_show_chats)
        self.choice = ModelChoice(theme)
        self.new = Button(theme, self.tr("New"), "add", name=self.tr("New conversation"))
        self.new.setToolTip(self.tr("New conversation"))
        self.new.clicked.connect(self.start_over)
        row.addWidget(self.show_chats)
        row.addWidget(self.choice)
        row.addStretch(1)
        row.addWidget(self.new)
        self._head = row
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
        column.setMaximumWidth(round(theme.metrics.line * WIDEST_LINES))
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

    @property
    def conversation(self) -> Conversation:
        return self._session.conversation

    @property
    def views(self) -> list[MessageView]:
        return self.transcript.views

    def show_state(self, state: LauncherState, now: float) -> None:
        self.choice.show_offers(state)
        self._state = state
        self._show_controls()

    def _show_controls(self) -> None:
        gateway = self._state.gateway
        can_send = bool(gateway.url)
        answering = self.conversation.answering
        self.composer.show_state(can_send, answering)
        self.choice.setEnabled(not answering)
        self.new.setEnabled(not self._session.empty)
        for suggestion in self.suggestions:
            suggestion.setEnabled(can_send)
        self._nobody.setVisible(not self._state.models)
        if not gateway.reachable:
            self._nobody.show_words(
                self.tr("The gateway does not answer yet."),
                spoken(gateway.message) or self.tr("Home shows what it is doing."),
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
        self._session.ask(self._intents, text, self.choice.chosen)
        self._stack.setCurrentIndex(1)

    def retry(self) -> None:
        self._session.retry(self._intents, self.choice.chosen)

    def stop(self) -> None:
        self._session.stop()

    def start_over(self) -> None:
        """A new conversation. An answer on its way goes on in its own."""
        if not self._session.empty:
            self._show_session(self._new_session())
        self._leave_list()
        self.composer.field.setFocus()

    def open_chat(self, chat_id: str) -> None:
        """One of this run at once, one from the disk when it is read."""
        if chat_id in self._sessions:
            self._show_session(self._sessions[chat_id])
            self._leave_list()
            return

        def arrived(chat: Chat) -> None:
            self.chats.show_problem("")
            session = self._sessions.get(chat_id) or self._adopt(ChatSession(chat, self))
            self._show_session(session)
            self._leave_list()

        ask_for(self, self._intents, lambda core: core.chats.read(chat_id), arrived, self._on_store_problem)

    @property
    def answering(self) -> bool:
        """Whether an answer is on its way to any conversation."""
        return any(session.conversation.answering for session in self._sessions.values())

    def leave(self) -> ChatMemory:
        """For another page, which goes on in the middle of an answer too. This one hears nothing any more."""
        for session in self._sessions.values():
            session.changed.disconnect()
            session.worth_keeping.disconnect()
            session.setParent(None)
        return ChatMemory(
            tuple(self._sessions.values()),
            self._session,
            self._kept,
            self.composer.field.toPlainText(),
            self.choice.chosen,
            self.chats.keep.isChecked(),
            self.show_chats.isChecked(),
        )

    def take_over(self, memory: ChatMemory) -> None:
        """Goes on where another page was left."""
        for session in memory.sessions:
            session.setParent(self)
            self._adopt(session)
        self._kept = dict(memory.kept)
        self.composer.field.setPlainText(memory.draft)
        self.choice.choose(memory.chosen)
        self.chats.show_keeping(memory.keeps)
        self.show_chats.setChecked(memory.shows_list)
        self._show_session(memory.shown)
        self.choice.choose(memory.chosen)

    # Sessions.

    def _new_session(self) -> ChatSession:
        return self._adopt(ChatSession(parent=self))

    def _adopt(self, session: ChatSession) -> ChatSession:
        self._sessions[session.chat_id] = session
        session.changed.connect(lambda: self._on_session_changed(session))
        session.worth_keeping.connect(lambda: self._on_worth_keeping(session))
        return session

    def _show_session(self, session: ChatSession) -> None:
        before, self._session = self._session, session
        if before is not session and before.empty:
            self._forget(before.chat_id)
        self.transcript.show_messages(session.conversation.messages)
        self._stack.setCurrentIndex(0 if session.empty else 1)
        if not session.empty:
            self.choice.choose(session.conversation.messages[-1].model)
        self._show_controls()
        self._show_list()

    def _forget(self, chat_id: str) -> None:
        session = self._sessions.pop(chat_id, None)
        if session is not None:
            session.drop()
            session.deleteLater()

    def _on_session_changed(self, session: ChatSession) -> None:
        if session is self._session:
            messages = session.conversation.messages
            if len(messages) > len(self.transcript.messages):
                self.transcript.add_messages(messages)
            else:
                self.transcript.show_last(messages[-1])
            self._show_controls()

    def _on_worth_keeping(self, session: ChatSession) -> None:
        chat = session.kept()
        self._show_list()
        ask_for(self, self._intents, lambda core: core.chats.write(chat), nothing, self._on_store_problem)

    # The list.

    def _show_list(self) -> None:
        summaries = dict(self._kept)
        summaries |= {session.chat_id: session.summary for session in self._sessions.values() if not session.empty}
        newest_first = sorted(summaries.values(), key=lambda summary: summary.changed_at, reverse=True)
        self.chats.show_chats(newest_first, self._session.chat_id)

    def _refresh_list(self) -> None:
        def arrived(kept: KeptChats) -> None:
            self._kept = {summary.chat_id: summary for summary in kept.summaries}
            self.chats.show_keeping(kept.keeps)
            self._show_list()

        ask_for(self, self._intents, lambda core: core.chats.kept(), arrived, self._on_store_problem)

    def _on_store_problem(self, sentence: str) -> None:
        self.chats.show_problem(sentence)

    def _on_renamed(self, chat_id: str, title: str) -> None:
        session = self._sessions.get(chat_id)
        before = session.title if session is not None else self._kept[chat_id].title

        def done(summary: ChatSummary) -> None:
            self._kept[chat_id] = summary
            if session is not None:
                session.rename(summary.title)
            self._show_list()

        def failed(sentence: str) -> None:
            self.chats.show_problem(sentence)
            self._show_list()

        if session is not None and title.strip():
            # Also where nothing is kept on the disk.
            session.rename(" ".join(title.split()))
            done(session.summary)
            self._tell(lambda core: core.chats.write(session.kept()))
        elif title.strip() and title != before:
            ask_for(self, self._intents, lambda core: core.chats.rename(chat_id, title), done, failed)
        else:
            self._show_list()

    def _on_deleted(self, chat_id: str) -> None:
        self._kept.pop(chat_id, None)
        if chat_id == self._session.chat_id:
            self._show_session(self._new_session())
        self._forget(chat_id)
        self._show_list()
        self._tell(lambda core: core.chats.delete(chat_id))

    def _on_all_deleted(self) -> None:
        self._kept.clear()
        self._show_session(self._new_session())
        for chat_id in list(self._sessions):
            if chat_id != self._session.chat_id:
                self._forget(chat_id)
        self._show_list()
        self._tell(lambda core: core.chats.delete_all())

    def _on_keeping(self, keep: bool) -> None:
        self._tell(lambda core: core.chats.choose_keeping(keep))

    def _tell(self, intent: Callable[[Core], Coroutine[Any, Any, object]]) -> None:
        ask_for(self, self._intents, intent, nothing, self._on_store_problem)

    def _on_show_chats(self, shown: bool) -> None:
        self.chats.setVisible(shown)
        self._arrange()
        if shown:
            self._refresh_list()

    def _leave_list(self) -> None:
        """In a narrow window the conversation takes its place again."""
        if self._narrow and self.show_chats.isChecked():
            self.show_chats.setChecked(False)

    @property
    def _narrow(self) -> bool:
        least = max(self._main.minimumSizeHint().width(), round(self._theme.metrics.line * _LEAST_LINES))
        return self.width() < self.chats.sizeHint().width() + least

    def _arrange(self) -> None:
        """The list beside the conversation, or in its place where there is no room for both."""
        alone = self._narrow and self.show_chats.isChecked()
        self._main.setVisible(not alone)
        across = QSizePolicy.Policy.Expanding if alone else QSizePolicy.Policy.Fixed
        self.chats.setSizePolicy(across, QSizePolicy.Policy.Expanding)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """That without the list: it must not keep the window from becoming narrow."""
        whole = super().minimumSizeHint()
        head = self._head.minimumSize().width()
        return QSize(max(head, self._main.minimumSizeHint().width()), whole.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._refresh_list()

    # Links.

    def _on_link(self, address: str) -> None:
        """Nothing that a model wrote is opened before its whole address was shown."""
        self._question = ask(
            self,
            self.tr("Open this address in the browser?"),
            address,
            [
                (self.tr("Copy the address"), lambda: QGuiApplication.clipboard().setText(address)),
                (self.tr("Open"), lambda: self.open_address(address)),
            ],
            self.tr("Cancel"),
        )

    def open_address(self, address: str) -> None:
        QDesktopServices.openUrl(QUrl(address))
