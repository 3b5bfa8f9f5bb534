"""Messages of the desktop. The real one is the tray's; tests and computers without a tray have the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class Notifier(Protocol):
    def tell(self, title: str, sentence: str) -> bool:
        """Shows a message of the desktop. False where there is no way to; then the window has to say it."""
        ...


@dataclass(slots=True)
class RecordedNotifier:
    """Writes down what it is told."""

    available: bool = True
    told: list[tuple[str, str]] = field(default_factory=list)

    def tell(self, title: str, sentence: str) -> bool:
        if self.available:
            self.told.append((title, sentence))
        return self.available
