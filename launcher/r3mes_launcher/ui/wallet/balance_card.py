"""The top of the wallet: which wallet, what it has, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from r3mes_launcher.core.wallet_state import WalletState
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.core_wording import spoken
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.figure_row import FigureRow
from r3mes_launcher.ui.wallet.money import moment, money


class BalanceCard(Card):
    chosen = Signal(str)
    """The id of another wallet."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent=parent)
        self.setAccessibleName(self.tr("Balance"))
        space = theme.metrics.space
        head = QHBoxLayout()
        head.setSpacing(space(1.6))
        self.wallets = QComboBox()
        self.wallets.setAccessibleName(self.tr("Wallet"))
        self.wallets.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.wallets.activated.connect(lambda index: self.chosen.emit(str(self.wallets.itemData(index))))
        head.addWidget(self.wallets)
        self._network = PlainLabel("", "caption")
        head.addSpacing(space(2))
        head.addWidget(self._network)
        head.addStretch(1)
        self.add = Button(theme, icon="add", kind="quiet", name=self.tr("Add a wallet"))
        self.settings = Button(theme, icon="shield", kind="quiet", name=self.tr("Security and backup"))
        self.refresh = Button(theme, icon="refresh", kind="quiet", name=self.tr("Ask the network again"))
        self.lock = Button(theme, self.tr("Lock"), "lock", name=self.tr("Lock the wallet"))
        for button in (self.refresh, self.add, self.settings, self.lock):
            head.addWidget(button)
        self.body.addLayout(head)
        self.body.addSpacing(space(1))
        self._total = PlainLabel("–", "display")
        self._total.setAccessibleName(self.tr("Total"))
        self.body.addWidget(self._total)
        self._read = PlainLabel("", "caption")
        self.body.addWidget(self._read)
        self.body.addSpacing(space(1))
        self.figures = FigureRow(
            theme,
            [
                ("available", self.tr("Available")),
                ("staked", self.tr("Staked")),
                ("unbonding", self.tr("Unbonding")),
                ("rewards", self.tr("Rewards")),
            ],
        )
        self.body.addWidget(self.figures)
        self.body.addSpacing(space(2))
        row = QHBoxLayout()
        row.setSpacing(space(2))
        self.send = Button(theme, self.tr("Send"), "send", "primary")
        self.receive = Button(theme, self.tr("Receive"), "down")
        self.stake = Button(theme, self.tr("Stake"), "stake")
        self.claim = Button(theme, self.tr("Claim rewards"))
        self.faucet = Button(theme, self.tr("Get demo coins"), "demo")
        for button in (self.send, self.receive, self.stake, self.claim):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.faucet)
        self.body.addLayout(row)

    def show_state(self, state: WalletState) -> None:
        self._show_wallets(state)
        network, held, unit = state.network, state.holdings, state.unit
        self._network.show_text(
            self.tr("{network}  ·  demo coins, worth nothing").format(network=spoken(network.title))
            if network.demo
            else spoken(network.title)
        )
        self._network.show_tone(Tone.BUSY if network.demo else None)
        wallet = state.wallet
        signs = wallet is not None and wallet.signs
        if held is None:
            self._total.show_text("–")
            self._read.show_text(self.tr("Asking the network…") if not network.problem else self.tr("Not known yet"))
            for key in ("available", "staked", "unbonding", "rewards"):
                self.figures.show_value(key, "–")
        else:
            self._total.show_text(money(unit, held.total))
            stale = self.tr("As of {time}") if network.reachable else self.tr("As of {time}; the network is away")
            self._read.show_text(stale.format(time=moment(network.read_at)))
            for key, amount in (
                ("available", held.available),
                ("staked", held.staked),
                ("unbonding", held.unbonding),
                ("rewards", held.claimable),
            ):
                self.figures.show_value(key, money(unit, amount))
        self.send.setEnabled(signs and held is not None and held.available > 0 and not network.mismatch)
        self.stake.setEnabled(signs and held is not None)
        self.claim.setEnabled(signs and held is not None and held.claimable > 0 and not network.mismatch)
        self.faucet.setVisible(network.faucet)
        self.receive.setEnabled(wallet is not None)

    def _show_wallets(self, state: WalletState) -> None:
        watched = self.tr("{name} (watched)")
        wanted = [
            (entry.name if entry.signs else watched.format(name=entry.name), entry.wallet_id) for entry in state.wallets
        ]
        shown = [(self.wallets.itemText(row), self.wallets.itemData(row)) for row in range(self.wallets.count())]
        if wanted != shown:
            self.wallets.clear()
            for text, wallet_id in wanted:
                self.wallets.addItem(text, wallet_id)
        index = next((row for row, item in enumerate(wanted) if item[1] == state.active), -1)
        if index != self.wallets.currentIndex():
            self.wallets.setCurrentIndex(index)

    @property
    def total(self) -> str:
        return self._total.text()
