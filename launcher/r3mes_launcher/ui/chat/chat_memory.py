"""What the chat page leaves to the next one: the conversations of this run, and what is being written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from r3mes_launcher.core.chats.chat import ChatSummary
from r3mes_launcher.ui.chat.chat_session import ChatSession


@dataclass(frozen=True, slots=True)
class ChatMemory:
    sessions: tuple[ChatSession, ...]
    """Nobody hears them until the next page takes them."""
    shown: ChatSession
    kept: Mapping[str, ChatSummary]
    draft: str
    chosen: str
    """The model or adapter that is asked."""
    keeps: bool
    shows_list: bool
