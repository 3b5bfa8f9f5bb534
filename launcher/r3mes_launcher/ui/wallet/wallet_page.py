"""The wallet page: which of its views is on, and which sheet is opened by what."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from r3mes_launcher.core.wallet_orders import ClaimOrder
from r3mes_launcher.core.wallet_state import VaultState, WalletState
from r3mes_launcher.ui.card import EmptyState
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.wallet.activity import Activity
from r3mes_launcher.ui.wallet.asking import ask_for, nothing
from r3mes_launcher.ui.wallet.locked_view import LockedView, WelcomeView
from r3mes_launcher.ui.wallet.open_wallet import OpenWallet
from r3mes_launcher.ui.wallet.sheet_host import SheetHost


class WalletPage(QWidget):
    roles_wished = Signal()

    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._intents = intents
        self._state = WalletState()
        self.setAccessibleName(self.tr("Wallet"))
        self.host = SheetHost(theme, intents, self)
        self.activity = Activity(intents, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._stack = QStackedWidget()
        column.addWidget(self._stack)
        self._looking = EmptyState(theme, "wallet")
        self._view: QWidget = self._looking
        self._looking.show_words(self.tr("Your wallet"), self.tr("Looking for it…"), "wallet")
        self.welcome = WelcomeView(theme)
        self.locked = LockedView(theme, intents)
        # Built when the wallet opens for the first time: the window itself has to open sooner.
        self._open: OpenWallet | None = None
        for view in (self._looking, self.welcome, self.locked):
            self._stack.addWidget(view)
        self.welcome.make.clicked.connect(lambda: self.open_new("make"))
        self.welcome.restore.clicked.connect(lambda: self.open_new("restore"))
        self.welcome.watch.clicked.connect(lambda: self.open_new("watch"))
        self.welcome.file.clicked.connect(lambda: self.open_new("import"))
        self.host.failed.connect(self._show_problem)

    def _make_open(self) -> OpenWallet:
        view = OpenWallet(self._theme, self._intents, self.host)
        self._stack.addWidget(view)
        view.notices.backup_wished.connect(self._on_backup)
        view.contacts.pay_wished.connect(self._on_send)
        balance = view.balance
        balance.chosen.connect(self._on_chosen)
        balance.send.clicked.connect(lambda: self._on_send(""))
        balance.receive.clicked.connect(lambda: self._on_receive())
        balance.stake.clicked.connect(lambda: self.roles_wished.emit())
        balance.claim.clicked.connect(lambda: self.host.confirm(ClaimOrder()))
        balance.faucet.clicked.connect(lambda: self._on_faucet())
        balance.refresh.clicked.connect(lambda: self._on_refresh())
        balance.settings.clicked.connect(lambda: self._on_security())
        balance.lock.clicked.connect(lambda: self._ask_lock())
        view.new_wished.connect(self.open_new)
        return view

    @property
    def open_view(self) -> OpenWallet:
        """The cards of an open wallet."""
        if self._open is None:
            self._open = self._make_open()
        return self._open

    def _show_problem(self, sentence: str) -> None:
        if self._open is not None:
            self._open.notices.show_problem(sentence)

    def show_state(self, state: WalletState) -> None:
        self._state = state
        match state.vault:
            case VaultState.LOOKING:
                view: QWidget = self._looking
            case VaultState.ABSENT:
                view = self.welcome
            case VaultState.OPEN:
                # An open vault whose last wallet was removed has nothing to show.
                view = self.open_view if state.wallets or state.busy else self.welcome
            case _:
                view = self.locked
        # First: what the keyboard does when the view changes is not its owner's doing.
        self.activity.set_open(state.vault is VaultState.OPEN)
        self._view = view
        self._stack.setCurrentWidget(view)
        self.welcome.show_state(state)
        if view is self.locked:
            self.locked.show_state(state)
        if view is self._open:
            self._open.show_state(state)
        self.host.show_state(state)

    @property
    def view(self) -> QWidget:
        return self._view

    @property
    def first(self) -> QWidget:
        """Where typing goes when the page opens: the password while it is locked, else nowhere in particular."""
        return self.locked.password if self.view is self.locked else self

    def _on_chosen(self, wallet_id: str) -> None:
        ask_for(self, self._intents, lambda core: core.wallet.choose(wallet_id), nothing, self._show_problem)

    # The sheets bring the libraries of keys and of the chain: they are imported when the first one opens.

    def open_new(self, way: str) -> None:
        """The sheet that makes, restores, imports or watches a wallet."""
        from r3mes_launcher.ui.wallet.new_wallet_sheet import CreateSheet, ImportSheet, RestoreSheet, WatchSheet

        kinds = {"make": CreateSheet, "restore": RestoreSheet, "import": ImportSheet, "watch": WatchSheet}
        self.host.open(kinds[way](self._theme, self._intents, self.host))

    def _on_send(self, to: str) -> None:
        from r3mes_launcher.ui.wallet.send_sheet import SendSheet

        self.host.open(SendSheet(self._theme, self._intents, self.host, to))

    def _on_receive(self) -> None:
        from r3mes_launcher.ui.wallet.receive_sheet import ReceiveSheet

        wallet = self._state.wallet
        if wallet is not None:
            self.host.open(ReceiveSheet(self._theme, self._intents, self.host, wallet))

    def _on_backup(self) -> None:
        from r3mes_launcher.ui.wallet.backup_sheet import BackupSheet

        self.host.open(BackupSheet(self._theme, self._intents, self.host, self._state.active))

    def _on_security(self) -> None:
        from r3mes_launcher.ui.wallet.security_sheet import SecuritySheet

        self.host.open(SecuritySheet(self._theme, self._intents, self.host))

    def _on_faucet(self) -> None:
        self.open_view.balance.faucet.setEnabled(False)

        def done(sentence: str = "") -> None:
            self.open_view.balance.faucet.setEnabled(True)
            self._show_problem(sentence)

        ask_for(self, self._intents, lambda core: core.wallet.ask_faucet(), lambda _: done(), done)

    def _on_refresh(self) -> None:
        ask_for(self, self._intents, lambda core: core.wallet.refresh(), lambda _: self._show_problem(""), nothing)

    def _ask_lock(self) -> None:
        ask_for(self, self._intents, lambda core: core.wallet.lock(), nothing, self._show_problem)
