"""A conversation as a value, and as the JSON document that is kept of it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeGuard

from r3mes_launcher.core.chats.answer_figures import AnswerFigures

SCHEMA = 1
MAX_TITLE_CHARACTERS = 80
CHAT_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
"""The hexadecimal digits of a random UUID. It becomes a file's name, so nothing else is one."""

# A title is one line: no control characters, and nothing that turns the direction of text around.
_NO_TITLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class MessageState(StrEnum):
    DONE = "done"
    WAITING = "waiting"
    """Asked, no word yet."""
    STREAMING = "streaming"
    STOPPED = "stopped"
    CUT = "cut"
    """Ended at the limit of its length."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    """`user` or `assistant`."""
    text: str
    state: MessageState = MessageState.DONE
    model: str = ""
    error: str = ""
    figures: AnswerFigures | None = None


@dataclass(frozen=True, slots=True)
class ChatSummary:
    """What a list of conversations shows. Times are seconds since the epoch."""

    chat_id: str
    title: str
    changed_at: float


@dataclass(frozen=True, slots=True)
class Chat:
    """Messages in pairs: a question, then its answer."""

    chat_id: str
    title: str
    created_at: float
    changed_at: float
    messages: tuple[Message, ...] = ()

    @property
    def summary(self) -> ChatSummary:
        return ChatSummary(self.chat_id, self.title, self.changed_at)


def title_of(text: str) -> str:
    """One short line for a list: of a first question, or of what somebody typed as a title."""
    line = " ".join(_NO_TITLE.sub(" ", text).split())
    if len(line) <= MAX_TITLE_CHARACTERS:
        return line
    return line[: MAX_TITLE_CHARACTERS - 1].rstrip() + "…"


def document_of(chat: Chat) -> dict[str, Any]:
    return {
        "v": SCHEMA,
        "id": chat.chat_id,
        "title": chat.title,
        "created_at": chat.created_at,
        "changed_at": chat.changed_at,
        "messages": [_message_document(message) for message in chat.messages],
    }


def _message_document(message: Message) -> dict[str, Any]:
    document: dict[str, Any] = {"role": message.role, "text": message.text, "state": message.state.value}
    if message.model:
        document["model"] = message.model
    if message.error:
        document["error"] = message.error
    if message.figures is not None:
        document["figures"] = {
            "first_word_s": message.figures.first_word_s,
            "tokens": message.figures.tokens,
            "seconds": message.figures.seconds,
            "counted": message.figures.counted,
        }
    return document


def chat_of(document: Mapping[str, Any]) -> Chat:
    """Raises ValueError with the end of a sentence when it is no conversation.

    An answer that was on its way when it was written has stopped there.
    """
    if document.get("v") != SCHEMA:
        raise ValueError("it is of another version")
    chat_id, title = document.get("id"), document.get("title")
    if not isinstance(chat_id, str) or CHAT_ID.fullmatch(chat_id) is None or not isinstance(title, str):
        raise ValueError("it has no name")
    created_at, changed_at, entries = (document.get(name) for name in ("created_at", "changed_at", "messages"))
    if not _is_number(created_at) or not _is_number(changed_at) or not isinstance(entries, list):
        raise ValueError("parts of it are missing")
    messages = tuple(_message(entry) for entry in entries)
    if [message.role for message in messages] != ["user", "assistant"] * (len(messages) // 2):
        raise ValueError("its questions and answers are not in pairs")
    return Chat(chat_id, title_of(title), float(created_at), float(changed_at), messages)


def _message(entry: object) -> Message:
    if not isinstance(entry, dict):
        raise ValueError("a message is no object")
    role, text, state = entry.get("role"), entry.get("text"), entry.get("state")
    if role not in ("user", "assistant") or not isinstance(text, str):
        raise ValueError("a message has no words")
    try:
        known = MessageState(str(state))
    except ValueError:
        known = MessageState.DONE
    if known in (MessageState.WAITING, MessageState.STREAMING):
        known = MessageState.STOPPED
    model, error = entry.get("model", ""), entry.get("error", "")
    return Message(str(role), text, known, _text(model), _text(error), _figures(entry.get("figures")))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _figures(value: object) -> AnswerFigures | None:
    if not isinstance(value, dict):
        return None
    first, tokens, seconds = value.get("first_word_s"), value.get("tokens"), value.get("seconds")
    if not _is_number(first) or not _is_number(seconds) or type(tokens) is not int or tokens < 0:
        return None
    return AnswerFigures(float(first), tokens, float(seconds), value.get("counted") is True)


def _is_number(value: object) -> TypeGuard[int | float]:
    return type(value) in (int, float) and math.isfinite(value) and value >= 0  # type: ignore[arg-type,operator]
