"""The roles page: the stake, each role with what it needs, and this computer's node."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from r3mes_launcher.core.state import LauncherState
from r3mes_launcher.core.wallet_state import VaultState, WalletState
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import EmptyState
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.wallet.activity import Activity
from r3mes_launcher.ui.wallet.open_roles import OpenRoles
from r3mes_launcher.ui.wallet.register_sheet import RegisterSheet
from r3mes_launcher.ui.wallet.sheet_host import SheetHost

ROLES = ("serving", "mining", "validator", "proposer")


class RolesPage(QWidget):
    wallet_wished = Signal()

    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._intents = intents
        self._state = WalletState()
        self.setAccessibleName(self.tr("Roles"))
        self.host = SheetHost(theme, intents, self)
        self.activity = Activity(intents, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._stack = QStackedWidget()
        column.addWidget(self._stack)
        self._closed = EmptyState(theme, "stake")
        self.to_wallet = Button(theme, self.tr("Open the wallet"), "wallet", "primary")
        self.to_wallet.clicked.connect(lambda: self.wallet_wished.emit())
        self._closed.add_button(self.to_wallet)
        self._stack.addWidget(self._closed)
        # Built when the wallet opens for the first time: the window itself has to open sooner.
        self._open: OpenRoles | None = None

    @property
    def open_view(self) -> OpenRoles:
        """The cards for an open wallet."""
        if self._open is None:
            self._open = OpenRoles(self._theme, self._intents, self.host)
            self._open.notices.backup_wished.connect(lambda: self.wallet_wished.emit())
            self._open.register_wished.connect(self._on_register)
            self.host.failed.connect(self._open.notices.show_problem)
            self._stack.addWidget(self._open)
        return self._open

    def show_state(self, state: LauncherState, now: float) -> None:
        wallet = self._state = state.wallet
        open_now = wallet.vault is VaultState.OPEN and wallet.wallet is not None
        self.activity.set_open(open_now)
        self._stack.setCurrentWidget(self.open_view if open_now else self._closed)
        if open_now:
            self.open_view.show_state(state, now)
        else:
            absent = wallet.vault is VaultState.ABSENT
            self._closed.show_words(
                self.tr("Roles need a wallet") if absent else self.tr("The wallet is locked"),
                self.tr("Make one first: a role's stake belongs to it.")
                if absent
                else self.tr("Unlock it to see your stake and your roles."),
                "stake",
            )
        self.host.show_state(wallet)

    def _on_register(self, role: str) -> None:
        wanted: tuple[str, ...] = (role,)
        entry = next((item for item in self._state.roles if item.role == role), None)
        if entry is not None:
            # A role that needs another is registered together with it.
            held = {item.role for item in self._state.roles if item.registered}
            wanted = (*(other for other in entry.also_needed if other not in held), role)
        self.host.open(RegisterSheet(self._theme, self._intents, self.host, wanted))
