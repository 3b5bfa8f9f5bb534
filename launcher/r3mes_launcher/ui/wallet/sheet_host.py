"""Which sheet lies over the window: one at a time, closed when the wallet locks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from r3mes_launcher.core.wallet_orders import Order, PlannedPayment
from r3mes_launcher.core.wallet_state import VaultState, WalletState
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.wallet.confirmation_sheet import ConfirmationSheet
from r3mes_launcher.ui.wallet.sheet import Sheet


class SheetHost(QObject):
    """Belongs to a page. Sheets that plan a payment end in the confirmation."""

    failed = Signal(str)
    """Something that was asked without a sheet did not work: a sentence."""

    def __init__(self, theme: Theme, intents: Intents, page: QWidget) -> None:
        super().__init__(page)
        self._theme = theme
        self._intents = intents
        self._page = page
        self._state = WalletState()
        self._sheet: Sheet | None = None

    @property
    def state(self) -> WalletState:
        return self._state

    @property
    def sheet(self) -> Sheet | None:
        """The one that is open."""
        if self._sheet is not None and (not isValid(self._sheet) or not self._sheet.isVisible()):
            self._sheet = None
        return self._sheet

    def open(self, sheet: Sheet) -> None:
        before = self.sheet
        self._sheet = sheet
        if before is not None:
            before.close()
        sheet.show_state(self._state)
        sheet.fit()
        sheet.open()

    def show_state(self, state: WalletState) -> None:
        locked = self._state.vault is VaultState.OPEN and state.vault is VaultState.LOCKED
        self._state = state
        sheet = self.sheet
        if sheet is None:
            return
        if locked:
            sheet.close()
        else:
            sheet.show_state(state)

    def confirm(self, order: Order, refused: Callable[[str], None] | None = None) -> None:
        """Plans the order and asks its owner. `refused` gets the sentence where it can't be done."""
        self._intents.ask(lambda core: core.wallet.plan(order), self.show_plan, refused or self.failed.emit)

    def show_plan(self, planned: PlannedPayment) -> None:
        if isValid(self) and self._state.vault is VaultState.OPEN:
            self.open(ConfirmationSheet(self._theme, self._intents, planned, self._page.window()))

    @property
    def window(self) -> QWidget:
        return self._page.window()
