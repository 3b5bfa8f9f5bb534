"""Tells the wallet that its owner is there, so that it does not lock under their hands."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget

from r3mes_launcher.core.interface import Core
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.wallet.asking import ask_for, nothing

# Idle time is counted in minutes: more often would tell nothing.
_INTERVAL_MS = 10_000


class Activity(QObject):
    """Listens for keys and clicks in the window and its sheets while the wallet is open and its page is on view."""

    def __init__(self, intents: Intents, page: QWidget) -> None:
        super().__init__(page)
        self._intents = intents
        self._page = page
        self._since = QElapsedTimer()
        self._listening = False

    def set_open(self, is_open: bool) -> None:
        application = QApplication.instance()
        if application is None or is_open == self._listening:
            return
        self._listening = is_open
        if is_open:
            application.focusChanged.connect(self._on_focus)  # type: ignore[attr-defined]
        else:
            application.focusChanged.disconnect(self._on_focus)  # type: ignore[attr-defined]

    def _on_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        """Also follows the field that somebody types in for long."""
        for widget in (before, now):
            if widget is not None and not widget.property("activity-watched"):
                widget.setProperty("activity-watched", True)
                widget.installEventFilter(self)
        if now is not None and self._page.isVisible():
            self.note()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() in (QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress) and self._page.isVisible():
            self.note()
        return False

    def note(self) -> None:
        if not self._listening or (self._since.isValid() and self._since.elapsed() < _INTERVAL_MS):
            return
        self._since.start()
        ask_for(self._page, self._intents, _touch, nothing, nothing)


async def _touch(core: Core) -> None:
    core.wallet.touch()
