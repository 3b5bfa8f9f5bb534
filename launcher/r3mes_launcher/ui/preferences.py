"""What the window remembers: where it was, its colours, and what closing it means. Nothing that the core decides."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from r3mes_launcher.core.data_folder import read_json_object, write_atomically


class CloseAction(StrEnum):
    ASK = "ask"
    TRAY = "tray"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Preferences:
    geometry: str = ""
    """Qt's own bytes, as hexadecimal digits."""
    close: CloseAction = CloseAction.ASK
    scheme: str = "system"


class PreferenceFile:
    """One small JSON file. A damaged one counts as none: all of it can be chosen again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Preferences:
        try:
            document = read_json_object(self._path)
        except (OSError, ValueError):
            return Preferences()
        known = Preferences()
        with contextlib.suppress(ValueError):
            known = Preferences(close=CloseAction(str(document.get("close", known.close))))
        return Preferences(
            geometry=str(document.get("geometry", "")),
            close=known.close,
            scheme=str(document.get("scheme", known.scheme)),
        )

    def save(self, preferences: Preferences) -> None:
        """Raises OSError. Not for the GUI thread."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(self._path, json.dumps(asdict(preferences), indent=2) + "\n")
