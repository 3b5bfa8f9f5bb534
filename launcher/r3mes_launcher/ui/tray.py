"""The icon in the system tray, where there is one: state at a glance, open, serve, quit."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from r3mes_launcher.core.state import Actual, Desired, LauncherState
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.pause_menu import PauseMenu
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wording import node_wording

# A desktop that starts together with the launcher makes its tray within a minute.
_LOOK_MS = 2000
_MOST_LOOKS = 30


class Tray(QObject):
    open_wished = Signal()
    quit_wished = Signal()
    missing = Signal()
    """There is no tray, and none came within the time that a desktop takes to make one."""

    def __init__(self, theme: Theme, intents: Intents, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._intents = intents
        self._state = LauncherState()
        self.menu = QMenu()
        self.status = self.menu.addAction("")
        self.status.setEnabled(False)
        self.menu.addSeparator()
        self.open = self.menu.addAction("")
        self.open.triggered.connect(self.open_wished)
        self.serving = self.menu.addAction("")
        self.serving.setCheckable(True)
        self.serving.triggered.connect(self._on_serving)
        self.pause = PauseMenu(intents, self.menu)
        self.menu.addMenu(self.pause)
        self.menu.addSeparator()
        self.quit = self.menu.addAction("")
        self.quit.triggered.connect(self.quit_wished)
        self._icon: QSystemTrayIcon | None = None
        self._looks = 0
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._on_look)
        theme.changed.connect(self._draw)
        self.retranslate()

    def retranslate(self) -> None:
        self.open.setText(self.tr("Open R3MES"))
        self.serving.setText(self.tr("Serving"))
        self.quit.setText(self.tr("Quit"))
        self.pause.retranslate()
        self._draw()

    def show(self) -> None:
        """Shows the icon as soon as there is a tray. After a login the desktop may still be making it."""
        self._looks = 0
        self._on_look()

    def hide(self) -> None:
        self._look.stop()
        if self._icon is not None:
            self._icon.hide()

    @property
    def available(self) -> bool:
        """Asked anew each time: a desktop's tray may come late or go away."""
        return self._icon is not None and self._icon.isVisible() and QSystemTrayIcon.isSystemTrayAvailable()

    def tell(self, title: str, sentence: str) -> bool:
        """A message of the desktop, in plain text. False where there is no tray that could show it."""
        if self._icon is None or not self.available or not QSystemTrayIcon.supportsMessages():
            return False
        self._icon.showMessage(title, sentence, QSystemTrayIcon.MessageIcon.NoIcon)
        return True

    def _on_look(self) -> None:
        if QSystemTrayIcon.isSystemTrayAvailable():
            self._look.stop()
            self._icon = QSystemTrayIcon(self)
            self._icon.setContextMenu(self.menu)
            self._icon.activated.connect(self._on_activated)
            self._icon.messageClicked.connect(self.open_wished)
            self._draw()
            self._icon.show()
            return
        self._looks += 1
        if self._looks < _MOST_LOOKS:
            self._look.start()
        else:
            self._look.stop()
            self.missing.emit()

    def show_state(self, state: LauncherState) -> None:
        before = self._state
        changed = (state.node.actual, state.node.suspended, state.demo) != (
            before.node.actual,
            before.node.suspended,
            before.demo,
        )
        self.pause.show_policy(state.policy)
        self._state = state
        self.serving.setChecked(state.node.desired is Desired.SERVING)
        if changed:
            self._draw()

    def _draw(self) -> None:
        words = node_wording(self._state.node, self._state.pace.now(time.time()))
        tokens = self._theme.tokens
        dot = "" if words.tone is Tone.NEUTRAL else tokens.tone(words.tone)
        name = self.tr("R3MES demo") if self._state.demo else "R3MES"
        if self._icon is not None:
            self._icon.setIcon(self._theme.icons.icon("r3mes", tokens.accent, dot=dot))
            suspended = self._state.node.actual is Actual.SUSPENDED
            why = f"\n{words.sentence}" if suspended else ""
            self._icon.setToolTip(f"{name}: {words.title}{why}")
        self.status.setText(f"{name}: {words.title}")

    def _on_serving(self, on: bool) -> None:
        self._intents.set_desired(Desired.SERVING if on else Desired.OFF)

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.open_wished.emit()
