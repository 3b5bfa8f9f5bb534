"""The wallet while it is locked, or its file damaged, or not there yet."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from r3mes_launcher.core.wallet_state import VaultState, WalletState
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Card, EmptyState, IconLabel
from r3mes_launcher.ui.core_wording import spoken
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for, nothing
from r3mes_launcher.ui.wallet.text_field import TextField

_CARD_LINES = 25


class WelcomeView(QWidget):
    """No wallet yet: what one is, and the ways to one."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._words = EmptyState(theme, "wallet")
        self.make = Button(theme, self.tr("Make a wallet"), "add", "primary")
        self.restore = Button(theme, self.tr("Restore one from its words"))
        self.file = Button(theme, self.tr("Import a file"), kind="quiet")
        self.watch = Button(theme, self.tr("Watch an address"), kind="quiet")
        for button in (self.make, self.restore, self.file, self.watch):
            self._words.add_button(button)
        column.addWidget(self._words)

    def show_state(self, state: WalletState) -> None:
        if state.network.demo:
            sentence = self.tr(
                "Try everything with coins that are worth nothing: make a wallet, fund it, stake, send. "
                "A wallet of the demo can't sign for a real network."
            )
        else:
            sentence = self.tr(
                "It holds your REMES and stakes them for this computer's node. Its keys stay encrypted on this "
                "computer, and nobody can bring them back but you with your words."
            )
        self._words.show_words(self.tr("Your wallet"), sentence, "wallet", Tone.BUSY)
        # The prefix of addresses is the network's.
        ready = bool(state.network.title) and not state.busy
        for button in (self.make, self.restore, self.file, self.watch):
            button.setEnabled(ready)


class LockedView(QWidget):
    opened = Signal()

    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._intents = intents
        self._vault = VaultState.LOCKED
        space = theme.metrics.space
        column = QVBoxLayout(self)
        column.addStretch(2)
        card = Card(theme)
        card.setAccessibleName(self.tr("Locked wallet"))
        card.setMaximumWidth(round(theme.metrics.line * _CARD_LINES))
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(card, 100)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(3)
        self._icon = IconLabel(theme, "lock", Tone.BUSY, 9)
        card.body.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        self._title = PlainLabel("", "title")
        self._title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        card.body.addWidget(self._title)
        self._sentence = PlainLabel("", "muted", wrap=True)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        card.body.addWidget(self._sentence)
        self.password = TextField(theme, self.tr("Password"), secret=True)
        self.password.line.returnPressed.connect(self._on_unlock)
        card.body.addWidget(self.password)
        buttons = QHBoxLayout()
        buttons.setSpacing(space(2))
        self.unlock = Button(theme, self.tr("Unlock"), "", "primary")
        self.unlock.clicked.connect(lambda: self._on_unlock())
        self.keyring = Button(theme, self.tr("Use the system's keyring"))
        self.keyring.clicked.connect(lambda: self._on_keyring())
        self.backup = Button(theme, self.tr("Use the backup of the file"), kind="primary")
        self.backup.clicked.connect(lambda: self._on_backup())
        for button in (self.unlock, self.keyring, self.backup):
            buttons.addWidget(button)
        buttons.addStretch(1)
        card.body.addLayout(buttons)
        self._note = PlainLabel(
            self.tr("Forgotten? The words of a wallet bring it back; nothing else does."), "caption", wrap=True
        )
        card.body.addWidget(self._note)
        self._waiting = False
        self.setFocusProxy(self.password)

    def show_state(self, state: WalletState) -> None:
        self._vault = state.vault
        damaged = state.vault is VaultState.DAMAGED
        self._icon.show_icon("warning" if damaged else "lock", Tone.BAD if damaged else Tone.BUSY)
        self._title.show_text(self.tr("The wallet's file is damaged") if damaged else self.tr("Locked"))
        sentence = spoken(state.problem if damaged else state.busy or state.locked_because)
        self._sentence.show_text(sentence)
        self._sentence.setVisible(bool(sentence))
        for widget in (self.password, self.unlock, self._note):
            widget.setVisible(not damaged)
        self.keyring.setVisible(not damaged and state.keyring.enabled)
        self.backup.setVisible(damaged and state.has_backup)
        self._show_waiting(bool(state.busy))

    def _show_waiting(self, waiting: bool) -> None:
        self._waiting = waiting
        self.unlock.setEnabled(not waiting)
        self.keyring.setEnabled(not waiting)

    def _on_unlock(self) -> None:
        if self._waiting:
            return
        password = self.password.take()
        if not password:
            self.password.show_problem(self.tr("Type your password."))
            return
        self._show_waiting(True)
        ask_for(
            self,
            self._intents,
            lambda core: core.wallet.unlock(password),
            lambda _: self._on_opened(),
            self._on_refused,
        )

    def _on_keyring(self) -> None:
        self._show_waiting(True)
        ask_for(
            self,
            self._intents,
            lambda core: core.wallet.unlock_with_keyring(),
            lambda _: self._on_opened(),
            self._on_refused,
        )

    def _on_backup(self) -> None:
        ask_for(self, self._intents, lambda core: core.wallet.restore_backup(), nothing, self._on_refused)

    def _on_opened(self) -> None:
        self._show_waiting(False)
        self.password.show_problem("")
        self.opened.emit()

    def _on_refused(self, sentence: str) -> None:
        self._show_waiting(False)
        self.password.show_problem(sentence)
        self._sentence.setVisible(self._vault is VaultState.DAMAGED)
        self.password.setFocus()
