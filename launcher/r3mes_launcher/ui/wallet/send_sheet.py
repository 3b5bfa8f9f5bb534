"""Send: to whom, how much, with which memo. What is signed is shown afterwards, read from the transaction itself."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu

from r3mes_launcher.core.wallet_orders import SendOrder
from r3mes_launcher.core.wallet_state import WalletState
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.core_wording import spoken_error
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.wallet.address_view import short_address
from r3mes_launcher.ui.wallet.money import money
from r3mes_launcher.ui.wallet.sheet import Sheet
from r3mes_launcher.ui.wallet.sheet_host import SheetHost
from r3mes_launcher.ui.wallet.text_field import AmountField, TextField
from r3mes_launcher.wallet.addresses import require_account
from r3mes_launcher.wallet.errors import WalletError

# Nodes refuse longer ones before they cost anything.
_LONGEST_MEMO = 256


class SendSheet(Sheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost, to: str = "") -> None:
        super().__init__(theme, intents, host.window)
        self.show_title(self.tr("Send"))
        self._host = host
        state = host.state
        self._prefix = state.network.prefix
        self.recipient = TextField(theme, self.tr("To"))
        self.recipient.line.setPlaceholderText(f"{self._prefix}1…")
        self.recipient.line.setFont(theme.fixed_font())
        self.recipient.line.editingFinished.connect(self._on_recipient)
        self.book = Button(theme, self.tr("Address book"), name=self.tr("Choose from the address book"))
        self._menu = QMenu(self.book)
        for contact in state.contacts:
            text = f"{contact.name}   {short_address(contact.address)}".replace("&", "&&")
            action = self._menu.addAction(text)
            action.triggered.connect(lambda _=False, address=contact.address: self._choose(address))
        self.book.setMenu(self._menu)
        self.book.setVisible(bool(state.contacts))
        self.recipient.row.addWidget(self.book)
        self.body.addWidget(self.recipient)
        self.amount = AmountField(theme, self.tr("Amount"), state.unit)
        self.amount.most_wished.connect(self._on_most)
        self.body.addWidget(self.amount)
        self.memo = TextField(theme, self.tr("Memo (optional; everybody can read it)"))
        self.memo.line.setMaxLength(_LONGEST_MEMO)
        self.body.addWidget(self.memo)
        available = state.holdings.available if state.holdings is not None else 0
        self._available = self.say(
            self.tr("Available: {amount}. The fee is shown before you sign.").format(
                amount=money(state.unit, available)
            ),
            "caption",
        )
        self.body.addStretch(1)
        self.add_button(self.tr("Cancel"), self.reject)
        self.go_on = self.add_button(self.tr("Continue"), self._on_continue, "primary")
        self.recipient.line.setText(to)
        (self.amount if to else self.recipient).setFocus()

    def show_state(self, state: WalletState) -> None:
        if state.holdings is not None:
            self._available.show_text(
                self.tr("Available: {amount}. The fee is shown before you sign.").format(
                    amount=money(state.unit, state.holdings.available)
                )
            )

    def _choose(self, address: str) -> None:
        self.recipient.line.setText(address)
        self.recipient.show_problem("")
        self.amount.setFocus()

    def _on_recipient(self) -> None:
        if self.recipient.text.strip():
            self._checked_recipient()

    def _checked_recipient(self) -> str:
        try:
            return require_account(self.recipient.text.strip(), self._prefix)
        except WalletError as error:
            self.recipient.show_problem(spoken_error(error))
            return ""

    def _on_most(self) -> None:
        self.ask(lambda core: core.wallet.most_to_spend(), self.amount.show_amount)

    def _on_continue(self) -> None:
        recipient, amount = self._checked_recipient(), self.amount.amount()
        if not recipient or amount is None:
            (self.recipient if not recipient else self.amount).setFocus()
            return
        order = SendOrder(recipient, amount, self.memo.text)
        self.ask(lambda core: core.wallet.plan(order), self._host.show_plan)
