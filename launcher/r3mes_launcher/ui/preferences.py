"""What the window remembers: where it was, its colours, and what closing it means. Nothing that the core decides."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from r3mes_launcher.core.data_folder import read_json_object, write_atomically
from r3mes_launcher.core.notifications import News, Route
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
    routes: Mapping[News, Route] = field(default_factory=dict)
    """How each kind of news is told, where it is not as by default."""
    quiet: tuple[int, int] | None = None
    """Hours of the day, from and to, without messages of the desktop."""
    welcomed: bool = False
    """The screens of the first start were shown and closed."""
    toured: bool = False
    """The demo's tour was closed: it opens by its button alone."""


NIGHT = (22, 8)
"""The hours that are offered to whoever wants quiet."""

Choice = TypeVar("Choice", bound=StrEnum)


def _one_of(kind: type[Choice], value: object, default: Choice) -> Choice:
    try:
        return kind(str(value))
    except ValueError:
        return default


def _routes(value: object) -> dict[News, Route]:
    if not isinstance(value, dict):
        return {}
    return {News(name): Route(route) for name, route in value.items() if name in list(News) and route in list(Route)}


def _hours(value: object) -> tuple[int, int] | None:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(type(hour) is int and 0 <= hour < 24 for hour in value)
    ):
        return None
    return value[0], value[1]


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
            routes=_routes(document.get("routes")),
            quiet=_hours(document.get("quiet")),
            welcomed=document.get("welcomed") is True,
            toured=document.get("toured") is True,
        )

    def save(self, preferences: Preferences) -> None:
        """Raises OSError. Not for the GUI thread."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(self._path, json.dumps(asdict(preferences), indent=2) + "\n")
