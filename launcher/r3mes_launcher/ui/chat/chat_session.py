"""One conversation and the answer on its way to it. It goes on while another conversation is shown."""

from __future__ import annotations

import time
from uuid import uuid4

from PySide6.QtCore import QObject, Signal

from r3mes_launcher.bridge import ChatStream
from r3mes_launcher.core.chats.chat import Chat, ChatSummary, title_of
from r3mes_launcher.ui.chat.conversation import Conversation
from r3mes_launcher.ui.intents import Intents

# An answer on its way is kept this often: a crash loses no more of it.
SAVE_EVERY_S = 5.0


class ChatSession(QObject):
    changed = Signal()
    """The newest message has changed."""
    worth_keeping = Signal()
    """Something new should be kept now."""

    def __init__(self, chat: Chat | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        now = time.time()
        self._chat = chat or Chat(uuid4().hex, "", now, now)
        self.conversation = Conversation(self._chat.messages)
        self._stream: ChatStream | None = None
        self._kept_at = time.monotonic()

    @property
    def chat_id(self) -> str:
        return self._chat.chat_id

    @property
    def title(self) -> str:
        return self._chat.title

    @property
    def summary(self) -> ChatSummary:
        return self._chat.summary

    @property
    def empty(self) -> bool:
        return not self.conversation.messages

    def rename(self, title: str) -> None:
        self._chat = Chat(self.chat_id, title, self._chat.created_at, self._chat.changed_at)

    def kept(self) -> Chat:
        """As it is to be kept now."""
        return Chat(self.chat_id, self.title, self._chat.created_at, self._chat.changed_at, self.conversation.messages)

    def ask(self, intents: Intents, text: str, model: str) -> None:
        """Raises ValueError as the conversation does."""
        self.conversation.ask(text, model)
        self._touch(self.title or title_of(text))
        self._begin(intents, model)

    def retry(self, intents: Intents, model: str) -> None:
        if self.conversation.messages and not self.conversation.answering:
            self.conversation.retry(model)
            self._touch(self.title)
            self._begin(intents, model)

    def stop(self) -> None:
        if self._stream is not None:
            self._stream.stop()

    def drop(self) -> None:
        """Stops an answer on its way and hears nothing more of it."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.arrived.disconnect(self._on_arrived)
            stream.finished.disconnect(self._on_finished)
            stream.failed.disconnect(self._on_failed)
            stream.stop()

    def _touch(self, title: str) -> None:
        self._chat = Chat(self.chat_id, title, self._chat.created_at, time.time())

    def _begin(self, intents: Intents, model: str) -> None:
        stream = self._stream = intents.chat(self.conversation.turns(), model)
        stream.arrived.connect(self._on_arrived)
        stream.finished.connect(self._on_finished)
        stream.failed.connect(self._on_failed)
        self.changed.emit()
        self._keep()

    def _on_arrived(self, text: str) -> None:
        room = self.conversation.add(text)
        self.conversation.measure(self._stream.figures if self._stream is not None else None)
        self.changed.emit()
        if not room:
            self.stop()
        elif time.monotonic() - self._kept_at > SAVE_EVERY_S:
            self._keep()

    def _on_finished(self, reason: str, model: str) -> None:
        self._end()
        self.conversation.finish(reason, model)
        self.changed.emit()
        self._keep()

    def _on_failed(self, sentence: str) -> None:
        self._end()
        self.conversation.fail(sentence)
        self.changed.emit()
        self._keep()

    def _end(self) -> None:
        if self._stream is not None and self._stream.figures is not None:
            self.conversation.measure(self._stream.figures)
        self._stream = None

    def _keep(self) -> None:
        self._kept_at = time.monotonic()
        self.worth_keeping.emit()
