"""What the owner of an open wallet should know before anything else, as callouts above the cards."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from r3mes_launcher.core.wallet_state import WalletState
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Callout
from r3mes_launcher.ui.core_wording import spoken
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.asking import ask_for, nothing


class Notices(QWidget):
    backup_wished = Signal()

    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._intents = intents
        self._unclear = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.metrics.space(3))
        self.backup = Callout(theme, Tone.WARNING)
        self.backup.show_words(
            self.tr("This wallet is not backed up"),
            self.tr("If this computer is lost, so are its coins. Write its words down and show that you have them."),
        )
        show_words = Button(theme, self.tr("Back it up now"))
        show_words.clicked.connect(lambda: self.backup_wished.emit())
        self.backup.add_button(show_words)
        self.mismatch = Callout(theme, Tone.BAD)
        accept = Button(theme, self.tr("I know why: accept it"))
        accept.clicked.connect(lambda: self._on_accept())
        self.mismatch.add_button(accept)
        self.offline = Callout(theme, Tone.WARNING)
        self.unclear = Callout(theme, Tone.WARNING)
        for text, included in ((self.tr("It was paid"), True), (self.tr("It was not paid"), False)):
            button = Button(theme, text)
            button.clicked.connect(lambda _=False, found=included: self._on_found(found))
            self.unclear.add_button(button)
        self.problem = Callout(theme, Tone.BAD)
        dismiss = Button(theme, self.tr("Dismiss"))
        dismiss.clicked.connect(lambda: self.show_problem(""))
        self.problem.add_button(dismiss)
        self._all = (self.problem, self.mismatch, self.offline, self.unclear, self.backup)
        for callout in self._all:
            callout.hide()
            column.addWidget(callout)
        self.hide()

    def show_state(self, state: WalletState) -> None:
        wallet, network = state.wallet, state.network
        self.backup.setVisible(wallet is not None and not wallet.backed_up and wallet.kind == "phrase")
        self.mismatch.setVisible(bool(network.mismatch))
        self.mismatch.show_words(
            self.tr("The network is not what it was: nothing is signed"),
            self.tr("{difference} The node may be wrong or hostile.").format(difference=spoken(network.mismatch)),
        )
        self.offline.setVisible(bool(network.problem))
        self.offline.show_words(self.tr("The network does not answer"), spoken(network.problem))
        unclear = next((entry for entry in state.payments if entry.payment.unclear), None)
        self._unclear = unclear.payment.payment_id if unclear is not None else ""
        self.unclear.setVisible(unclear is not None)
        if unclear is not None:
            self.unclear.show_words(
                self.tr("“{payment}” is unclear").format(payment=spoken(unclear.payment.summary)),
                f"{spoken(unclear.sentence)} {unclear.payment.tx_hash}",
            )
        self._show_self()

    def show_problem(self, sentence: str) -> None:
        self.problem.show_words("", sentence)
        self.problem.setVisible(bool(sentence))
        self._show_self()

    def _show_self(self) -> None:
        self.setVisible(any(callout.isVisibleTo(self) for callout in self._all))

    def _on_accept(self) -> None:
        ask_for(self, self._intents, lambda core: core.wallet.accept_network(), nothing, self.show_problem)

    def _on_found(self, included: bool) -> None:
        payment_id = self._unclear
        ask_for(
            self,
            self._intents,
            lambda core: core.wallet.close_unclear(payment_id, included),
            nothing,
            self.show_problem,
        )
