"""The address book: kept in the vault, so that nobody can change an address in it unseen."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from r3mes_launcher.core.wallet_state import ContactEntry, WalletState
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.wallet.address_view import AddressView, short_address
from r3mes_launcher.ui.wallet.asking import ask_for, nothing
from r3mes_launcher.ui.wallet.sheet import Sheet
from r3mes_launcher.ui.wallet.sheet_host import SheetHost
from r3mes_launcher.ui.wallet.table import Table
from r3mes_launcher.ui.wallet.text_field import TextField

_LONGEST_NAME, _LONGEST_NOTE = 64, 256


class ContactsCard(Card):
    pay_wished = Signal(str)
    """The address of a contact."""

    def __init__(
        self, theme: Theme, intents: Intents, host: SheetHost, heading: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, heading, "book", parent)
        self._theme = theme
        self._intents = intents
        self._host = host
        self._contacts: tuple[ContactEntry, ...] = ()
        self.add = Button(theme, self.tr("Add"), "add", name=self.tr("Add an address"))
        self.add.clicked.connect(lambda: host.open(ContactSheet(theme, intents, host)))
        self.heading_row.addWidget(self.add)
        self.table = Table(theme, heading, (self.tr("Name"), self.tr("Address"), self.tr("Note")), stretch=2)
        self.table.itemSelectionChanged.connect(self._show_buttons)
        self.table.itemActivated.connect(lambda _: self._on_edit())
        self.body.addWidget(self.table)
        self._empty = PlainLabel(
            self.tr("Nobody yet. Addresses that you keep here can be paid without copying them again."),
            "muted",
            wrap=True,
        )
        self.body.addWidget(self._empty)
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.metrics.space(2))
        self.pay = Button(theme, self.tr("Send"), "send", name=self.tr("Send to the chosen address"))
        self.pay.clicked.connect(lambda: self._on_pay())
        self.edit = Button(theme, self.tr("Change"), name=self.tr("Change the chosen address"))
        self.edit.clicked.connect(lambda: self._on_edit())
        self.remove = Button(theme, self.tr("Remove"), "clear", name=self.tr("Remove the chosen address"))
        self.remove.clicked.connect(lambda: self._on_remove())
        for button in (self.pay, self.edit, self.remove):
            row.addWidget(button)
        row.addStretch(1)
        self.body.addWidget(self._buttons)
        self._show_buttons()

    def show_state(self, state: WalletState) -> None:
        self._contacts = state.contacts
        rows = [[(item.name, None), (short_address(item.address), None), (item.note, None)] for item in state.contacts]
        self.table.show_rows(rows, [item.address for item in state.contacts])
        self.table.setVisible(bool(rows))
        self._buttons.setVisible(bool(rows))
        self._empty.setVisible(not rows)
        self._show_buttons()

    def _chosen(self) -> ContactEntry | None:
        row = self.table.chosen()
        return self._contacts[row] if 0 <= row < len(self._contacts) else None

    def _show_buttons(self) -> None:
        for button in (self.pay, self.edit, self.remove):
            button.setEnabled(self._chosen() is not None)

    def _on_pay(self) -> None:
        contact = self._chosen()
        if contact is not None:
            self.pay_wished.emit(contact.address)

    def _on_edit(self) -> None:
        contact = self._chosen()
        if contact is not None:
            self._host.open(ContactSheet(self._theme, self._intents, self._host, contact))

    def _on_remove(self) -> None:
        contact = self._chosen()
        if contact is not None:
            address = contact.address
            ask_for(
                self, self._intents, lambda core: core.wallet.remove_contact(address), nothing, self._host.failed.emit
            )


class ContactSheet(Sheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost, contact: ContactEntry | None = None) -> None:
        super().__init__(theme, intents, host.window)
        self.show_title(self.tr("Add an address") if contact is None else self.tr("Change an address"))
        self.name = TextField(theme, self.tr("Name"))
        self.name.line.setMaxLength(_LONGEST_NAME)
        self.address = TextField(theme, self.tr("Address"))
        self.address.line.setFont(theme.fixed_font())
        self.address.line.setPlaceholderText(f"{host.state.network.prefix}1…")
        self.note = TextField(theme, self.tr("Note (optional)"))
        self.note.line.setMaxLength(_LONGEST_NOTE)
        self.body.addWidget(self.name)
        self.body.addWidget(self.address)
        if contact is not None:
            self.name.line.setText(contact.name)
            self.note.line.setText(contact.note)
            self.address.line.setText(contact.address)
            self.address.hide()
            view = AddressView(theme)
            view.show_address(contact.address)
            self.body.addWidget(view)
        self.body.addWidget(self.note)
        self.body.addStretch(1)
        self.add_button(self.tr("Cancel"), self.reject)
        self.save = self.add_button(self.tr("Save"), self._on_save, "primary")
        self.name.setFocus()

    def _on_save(self) -> None:
        name, address, note = self.name.text, self.address.text, self.note.text
        if not name.strip():
            self.name.show_problem(self.tr("Give it a name."))
            self.name.setFocus()
            return
        self.ask(
            lambda core: core.wallet.save_contact(name, address, note),
            lambda _: self.accept(),
            self.address.show_problem,
        )
