"""One private file for each conversation: whole or absent, never a half-written one."""

from __future__ import annotations

import json
import os
from pathlib import Path

from r3mes_launcher.core.chats.chat import CHAT_ID, Chat, ChatSummary, chat_of, document_of
from r3mes_launcher.core.data_folder import read_json_object, write_atomically
from r3mes_launcher.core.settings import SayLine
from r3mes_launcher.core.state import LogLevel
from r3mes_launcher.sentence import Sentence
from r3mes_launcher.system_cause import system_cause

MAX_CHAT_BYTES = 8 * 1024 * 1024
"""A hundred answers of the greatest length that is asked for take a tenth of it."""
MAX_LISTED = 2000


class ChatStore:
    """Waits for the disk: not for a loop's thread."""

    def __init__(self, folder: Path, say: SayLine) -> None:
        self._folder = folder
        self._say = say
        self._complained: set[str] = set()

    def summaries(self) -> tuple[ChatSummary, ...]:
        """The newest first. A file that can't be read is left where it is and named in the log, once.

        Raises OSError when the folder can't be read.
        """
        found: list[ChatSummary] = []
        try:
            paths = sorted(self._folder.glob("*.json"), key=_modified_at, reverse=True)[:MAX_LISTED]
        except FileNotFoundError:
            return ()
        for path in paths:
            if CHAT_ID.fullmatch(path.stem) is None:
                continue
            try:
                found.append(_read(path).summary)
            except (OSError, ValueError) as error:
                if path.name not in self._complained:
                    self._complained.add(path.name)
                    self._say(f"The kept conversation {path.name} can't be read: {error}.", LogLevel.WARNING)
        return tuple(sorted(found, key=lambda summary: summary.changed_at, reverse=True))

    def read(self, chat_id: str) -> Chat:
        """Raises ValueError with a sentence."""
        try:
            return _read(self._path(chat_id))
        except FileNotFoundError:
            raise ValueError("This conversation is not there any more.") from None
        except (OSError, ValueError) as error:
            raise ValueError(f"This conversation can't be read: {error}.") from None

    def write(self, chat: Chat) -> None:
        """Raises ValueError with a sentence."""
        text = json.dumps(document_of(chat), ensure_ascii=True) + "\n"
        if len(text) > MAX_CHAT_BYTES:
            raise ValueError("This conversation has become too long to be kept. Start a new one.")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if os.name == "posix":
                self._folder.chmod(0o700)
            write_atomically(self._path(chat.chat_id), text)
        except OSError as error:
            raise ValueError(Sentence("The conversation can't be kept: {cause}.", cause=system_cause(error))) from None

    def delete(self, chat_id: str) -> None:
        """Raises ValueError with a sentence. What is gone already is no problem."""
        try:
            self._path(chat_id).unlink(missing_ok=True)
        except OSError as error:
            said = Sentence("The conversation can't be deleted: {cause}.", cause=system_cause(error))
            raise ValueError(said) from None

    def delete_all(self) -> int:
        """How many there were, damaged ones included. Raises ValueError with a sentence."""
        paths = [path for path in self._folder.glob("*.json") if CHAT_ID.fullmatch(path.stem)]
        for path in paths:
            self.delete(path.stem)
        return len(paths)

    def _path(self, chat_id: str) -> Path:
        if CHAT_ID.fullmatch(chat_id) is None:
            raise ValueError("That is no conversation's name.")
        return self._folder / f"{chat_id}.json"


def _read(path: Path) -> Chat:
    chat = chat_of(read_json_object(path, MAX_CHAT_BYTES))
    if chat.chat_id != path.stem:
        raise ValueError("it is another conversation than its name says")
    return chat


def _modified_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
