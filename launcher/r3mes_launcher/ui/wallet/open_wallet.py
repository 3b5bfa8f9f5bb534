"""The cards of an open wallet, below what its owner should know first."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from r3mes_launcher.core.wallet_state import WalletState
from r3mes_launcher.ui.card import PageColumn
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.wallet.balance_card import BalanceCard
from r3mes_launcher.ui.wallet.contacts_card import ContactsCard
from r3mes_launcher.ui.wallet.history_card import HistoryCard
from r3mes_launcher.ui.wallet.notices import Notices
from r3mes_launcher.ui.wallet.sheet_host import SheetHost


class OpenWallet(PageColumn):
    new_wished = Signal(str)
    """Another wallet: make, restore, import or watch."""

    def __init__(self, theme: Theme, intents: Intents, host: SheetHost, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.notices = Notices(theme, intents)
        self.balance = BalanceCard(theme)
        self.history = HistoryCard(theme, intents, self.tr("History"))
        self.contacts = ContactsCard(theme, intents, host, self.tr("Address book"))
        for widget in (self.notices, self.balance, self.history, self.contacts):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        menu = QMenu(self.balance.add)
        for text, way in (
            (self.tr("Make a wallet"), "make"),
            (self.tr("Restore one from its words"), "restore"),
            (self.tr("Import a file"), "import"),
            (self.tr("Watch an address"), "watch"),
        ):
            action = menu.addAction(text)
            action.triggered.connect(lambda _=False, chosen=way: self.new_wished.emit(chosen))
        self.balance.add.setMenu(menu)

    def show_state(self, state: WalletState) -> None:
        self.notices.show_state(state)
        self.balance.show_state(state)
        self.history.show_state(state)
        self.contacts.show_state(state)
