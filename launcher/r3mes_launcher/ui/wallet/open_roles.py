"""The cards of the roles page: the stake, each role with what it needs, and this computer's node."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from r3mes_launcher.core.state import LauncherState
from r3mes_launcher.ui.card import PageColumn, PairRow
from r3mes_launcher.ui.core_wording import spoken_lines
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.wallet.node_card import NodeCard
from r3mes_launcher.ui.wallet.notices import Notices
from r3mes_launcher.ui.wallet.role_card import RoleCard
from r3mes_launcher.ui.wallet.sheet_host import SheetHost
from r3mes_launcher.ui.wallet.stake_card import StakeCard

ROLES = ("serving", "mining", "validator", "proposer")


class OpenRoles(PageColumn):
    register_wished = Signal(str)

    def __init__(self, theme: Theme, intents: Intents, host: SheetHost, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.notices = Notices(theme, intents)
        self.stake = StakeCard(theme, intents, host, self.tr("Stake"))
        self.roles = {role: RoleCard(theme, role) for role in ROLES}
        for card in self.roles.values():
            card.stake_wished.connect(self.stake.open_stake)
            card.register_wished.connect(lambda role=card.role: self.register_wished.emit(role))
        self._notes = PlainLabel("", "caption", wrap=True)
        self.node = NodeCard(theme, intents, self.tr("This computer's node"))
        cards = [self.roles[role] for role in ROLES]
        for widget in (
            self.notices,
            self.stake,
            PairRow(theme, cards[0], cards[1]),
            PairRow(theme, cards[2], cards[3]),
            self._notes,
            self.node,
        ):
            self.column.addWidget(widget)
        self.column.addStretch(1)

    def show_state(self, state: LauncherState, now: float) -> None:
        wallet = state.wallet
        signs = wallet.wallet is not None and wallet.wallet.signs and not wallet.network.mismatch
        self.notices.show_state(wallet)
        self.stake.show_state(wallet)
        for entry in wallet.roles:
            if entry.role in self.roles:
                self.roles[entry.role].show_entry(entry, wallet.unit, signs)
        for card in self.roles.values():
            card.setEnabled(bool(wallet.roles))
        notes = dict.fromkeys(note for entry in wallet.roles for note in entry.notes)
        self._notes.show_text(spoken_lines(notes))
        self._notes.setVisible(bool(notes))
        self.node.show_state(state, now)
