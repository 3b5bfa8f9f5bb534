"""Receive: the whole address, as text and as a QR code."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from r3mes_launcher.core.wallet_state import WalletEntry
from r3mes_launcher.ui.core_wording import spoken
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.wallet.address_view import AddressView
from r3mes_launcher.ui.wallet.qr_code import QrCode
from r3mes_launcher.ui.wallet.sheet import Sheet
from r3mes_launcher.ui.wallet.sheet_host import SheetHost


class ReceiveSheet(Sheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost, wallet: WalletEntry) -> None:
        super().__init__(theme, intents, host.window)
        self.show_title(self.tr("Receive"))
        self._address = wallet.address
        network = host.state.network
        self.say(
            self.tr("Only coins of {network} can be sent to this address of “{name}”.").format(
                network=spoken(network.title), name=wallet.name
            )
        )
        self.code = QrCode(theme, self.tr("The address as a QR code"))
        self.code.show_text(wallet.address)
        self.body.addWidget(self.code, 0, Qt.AlignmentFlag.AlignHCenter)
        self.view = AddressView(theme)
        self.view.show_address(wallet.address)
        self.body.addWidget(self.view)
        self._copied = self.say("", "caption")
        self.body.addStretch(1)
        self.copy = self.add_button(self.tr("Copy the address"), self._on_copy, "primary", "copy")
        self.add_button(self.tr("Close"), self.reject)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._address)
        self._copied.show_text(self.tr("Copied. After pasting, compare a few groups: some malware swaps addresses."))
        self.fit()
