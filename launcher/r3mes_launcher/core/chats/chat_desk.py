"""The kept conversations, as the chat page asks for them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from r3mes_launcher.core.chats.chat import Chat, ChatSummary, title_of
from r3mes_launcher.core.chats.chat_store import ChatStore
from r3mes_launcher.core.settings import SettingsStore


@dataclass(frozen=True, slots=True)
class KeptChats:
    keeps: bool
    """Whether conversations are kept from now on. Those that were stay until somebody deletes them."""
    summaries: tuple[ChatSummary, ...] = ()
    """The newest first."""


class ChatDesk:
    """One call at a time, so that a rename and a save of the same conversation lose nothing."""

    def __init__(self, store: ChatStore, settings: SettingsStore) -> None:
        self._store = store
        self._settings = settings
        self._turn = asyncio.Lock()

    async def kept(self) -> KeptChats:
        """Raises OSError when the folder can't be read."""
        async with self._turn:
            summaries = await asyncio.to_thread(self._store.summaries)
        return KeptChats(self._settings.current.keep_chats, summaries)

    async def read(self, chat_id: str) -> Chat:
        async with self._turn:
            return await asyncio.to_thread(self._store.read, chat_id)

    async def write(self, chat: Chat) -> None:
        """Nothing where conversations are not kept."""
        async with self._turn:
            if self._settings.current.keep_chats:
                await asyncio.to_thread(self._store.write, chat)

    async def rename(self, chat_id: str, title: str) -> ChatSummary:
        """Raises ValueError with a sentence, for an empty title too."""
        plain = title_of(title)
        if not plain:
            raise ValueError("A conversation needs a title.")
        async with self._turn:
            renamed = replace(await asyncio.to_thread(self._store.read, chat_id), title=plain)
            await asyncio.to_thread(self._store.write, renamed)
        return renamed.summary

    async def delete(self, chat_id: str) -> None:
        async with self._turn:
            await asyncio.to_thread(self._store.delete, chat_id)

    async def delete_all(self) -> int:
        async with self._turn:
            return await asyncio.to_thread(self._store.delete_all)

    async def choose_keeping(self, keep: bool) -> None:
        """From now on. Switching it off deletes nothing by itself."""
        self._settings.change(keep_chats=keep)
