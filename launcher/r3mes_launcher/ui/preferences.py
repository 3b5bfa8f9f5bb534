"""What the window remembers: where it was, its colours, and what closing it means. Nothing that the core decides."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from r3mes_launcher.core.data_folder import read_json_object, write_atomically
from r3mes_launcher.ui.language import Language
from r3mes_launcher.ui.theme import Scheme


class CloseAction(StrEnum):
    ASK = "ask"
    TRAY = "tray"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Preferences:
    geometry: str = ""
    """Qt's own bytes, as hexadecimal digits."""
    close: CloseAction = CloseAction.ASK
    scheme: Scheme = Scheme.SYSTEM
    language: Language = Language.SYSTEM
    welcomed: bool = False
    """The screens of the first start were shown and closed."""


Choice = TypeVar("Choice", bound=StrEnum)


def _one_of(kind: type[Choice], value: object, default: Choice) -> Choice:
    try:
        return kind(str(value))
    except ValueError:
        return default


class PreferenceFile:
    """One small JSON file. A damaged one counts as none: all of it can be chosen again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Preferences:
        try:
            document = read_json_object(self._path)
        except (OSError, ValueError):
            return Preferences()
        return Preferences(
            geometry=str(document.get("geometry", "")),
            close=_one_of(CloseAction, document.get("close"), CloseAction.ASK),
            scheme=_one_of(Scheme, document.get("scheme"), Scheme.SYSTEM),
            language=_one_of(Language, document.get("language"), Language.SYSTEM),
            welcomed=document.get("welcomed") is True,
        )

    def save(self, preferences: Preferences) -> None:
        """Raises OSError. Not for the GUI thread."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(self._path, json.dumps(asdict(preferences), indent=2) + "\n")
