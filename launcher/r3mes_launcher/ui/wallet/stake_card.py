"""What is staked, with whom, what is on its way back, and what it has earned."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from r3mes_launcher.core.wallet_orders import CancelUnbondingOrder, ClaimOrder
from r3mes_launcher.core.wallet_state import WalletState
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.core_wording import spoken_lines
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.figure_row import FigureRow
from r3mes_launcher.ui.wallet.money import moment, money
from r3mes_launcher.ui.wallet.sheet_host import SheetHost
from r3mes_launcher.ui.wallet.table import Table


class StakeCard(Card):
    def __init__(
        self, theme: Theme, intents: Intents, host: SheetHost, heading: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, heading, "stake", parent)
        self._theme = theme
        self._intents = intents
        self._host = host
        self._state = WalletState()
        self.figures = FigureRow(
            theme,
            [
                ("staked", self.tr("Staked")),
                ("unbonding", self.tr("Unbonding")),
                ("rewards", self.tr("Rewards")),
                ("available", self.tr("Available")),
            ],
        )
        self.body.addWidget(self.figures)
        self.table = Table(
            theme,
            self.tr("Stakes by validator"),
            (self.tr("Validator"), self.tr("Staked"), self.tr("Rewards")),
            stretch=0,
        )
        self.body.addWidget(self.table)
        self._empty = PlainLabel(self.tr("Nothing is staked yet."), "muted", wrap=True)
        self.body.addWidget(self._empty)
        row = QHBoxLayout()
        row.setSpacing(theme.metrics.space(2))
        self.stake = Button(theme, self.tr("Stake"), "stake", "primary")
        self.stake.clicked.connect(lambda: self.open_stake())
        self.unstake = Button(theme, self.tr("Unstake"))
        self.unstake.clicked.connect(lambda: self._open_unstake())
        self.move_stake = Button(theme, self.tr("Move"), name=self.tr("Move a stake to another validator"))
        self.move_stake.clicked.connect(lambda: self._open_move())
        self.claim = Button(theme, self.tr("Claim rewards"))
        self.claim.clicked.connect(lambda: self._host.confirm(ClaimOrder()))
        for button in (self.stake, self.unstake, self.move_stake, self.claim):
            row.addWidget(button)
        row.addStretch(1)
        self.body.addLayout(row)
        self._unbonding_name = PlainLabel(self.tr("On their way back"), "strong")
        self.body.addWidget(self._unbonding_name)
        self.unbondings = Table(
            theme,
            self.tr("Coins on their way back"),
            (self.tr("Validator"), self.tr("Amount"), self.tr("Free on")),
            stretch=0,
        )
        self.unbondings.itemSelectionChanged.connect(self._show_cancel)
        self.body.addWidget(self.unbondings)
        self.cancel = Button(theme, self.tr("Stake the chosen one again"))
        self.cancel.clicked.connect(lambda: self._on_cancel())
        self.body.addWidget(self.cancel)
        self._meaning = PlainLabel("", "caption", wrap=True)
        self.body.addWidget(self._meaning)

    def show_state(self, state: WalletState) -> None:
        self._state = state
        held, unit = state.holdings, state.unit
        for key, amount in (
            ("staked", held.staked if held is not None else None),
            ("unbonding", held.unbonding if held is not None else None),
            ("rewards", held.claimable if held is not None else None),
            ("available", held.available if held is not None else None),
        ):
            self.figures.show_value(key, "–" if amount is None else money(unit, amount))
        rewards = {item.validator: item for item in held.rewards} if held is not None else {}
        rows = []
        for item in held.delegations if held is not None else ():
            reward = rewards.get(item.validator)
            earned = sum(coin.amount for coin in reward.coins if coin.denom == unit.denom) if reward is not None else 0
            rows.append(
                [
                    (state.validator_name(item.validator), None),
                    (money(unit, item.amount.amount), None),
                    (money(unit, earned), Tone.GOOD if earned else Tone.NEUTRAL),
                ]
            )
        self.table.show_rows(rows, [item.validator for item in held.delegations] if held is not None else ())
        self.table.setVisible(bool(rows))
        self._empty.setVisible(not rows and held is not None)
        returning = [
            [
                (state.validator_name(entry.validator), None),
                (money(unit, entry.amount), None),
                (moment(entry.completes_at), None),
            ]
            for entry in (held.unbondings if held is not None else ())
        ]
        self.unbondings.show_rows(returning)
        for widget in (self._unbonding_name, self.unbondings, self.cancel):
            widget.setVisible(bool(returning))
        self._meaning.show_text(spoken_lines(state.unbonding.sentences) if state.unbonding is not None else "")
        self._meaning.setVisible(bool(returning))
        may = state.wallet is not None and state.wallet.signs and held is not None and not state.network.mismatch
        self.stake.setEnabled(may)
        self.unstake.setEnabled(may and bool(rows))
        self.move_stake.setEnabled(may and bool(rows) and len(state.validators) > 1)
        self.claim.setEnabled(may and held is not None and held.claimable > 0)
        self._show_cancel()

    # The sheets bring the libraries of the chain: they are imported when the first one opens.

    def open_stake(self, amount: int = 0) -> None:
        from r3mes_launcher.ui.wallet.stake_sheets import StakeSheet

        self._host.open(StakeSheet(self._theme, self._intents, self._host, amount))

    def _open_unstake(self) -> None:
        from r3mes_launcher.ui.wallet.stake_sheets import UnstakeSheet

        self._host.open(UnstakeSheet(self._theme, self._intents, self._host, self._chosen()))

    def _open_move(self) -> None:
        from r3mes_launcher.ui.wallet.stake_sheets import MoveStakeSheet

        self._host.open(MoveStakeSheet(self._theme, self._intents, self._host, self._chosen()))

    def _chosen(self) -> str:
        held, row = self._state.holdings, self.table.chosen()
        return held.delegations[row].validator if held is not None and 0 <= row < len(held.delegations) else ""

    def _show_cancel(self) -> None:
        wallet = self._state.wallet
        self.cancel.setEnabled(self.unbondings.chosen() >= 0 and wallet is not None and wallet.signs)

    def _on_cancel(self) -> None:
        held, row = self._state.holdings, self.unbondings.chosen()
        if held is not None and 0 <= row < len(held.unbondings):
            entry = held.unbondings[row]
            self._host.confirm(CancelUnbondingOrder(entry.validator, entry.created_height, entry.amount))
