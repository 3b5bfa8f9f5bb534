"""Stake, unstake and move a stake: the form, and what it means before it is done."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from r3mes_launcher.core.wallet_orders import MoveStakeOrder, Order, StakeOrder, UnstakeOrder
from r3mes_launcher.core.wallet_state import WalletState
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.card import Callout
from r3mes_launcher.ui.core_wording import spoken_lines
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.address_view import AddressView
from r3mes_launcher.ui.wallet.money import money
from r3mes_launcher.ui.wallet.sheet import Sheet
from r3mes_launcher.ui.wallet.sheet_host import SheetHost
from r3mes_launcher.ui.wallet.text_field import AmountField
from r3mes_launcher.wallet.staking import percent


class ValidatorBox(QWidget):
    """A choice among validators, with the whole address of the chosen one below."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.metrics.space(1))
        label = PlainLabel(name, "caption")
        self.box = QComboBox()
        self.box.setAccessibleName(name)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(12)
        label.setBuddy(self.box)
        self._address = AddressView(theme)
        self.box.currentIndexChanged.connect(lambda _: self._show())
        for widget in (label, self.box, self._address):
            column.addWidget(widget)
        self.setFocusProxy(self.box)

    def add(self, text: str, operator: str) -> None:
        self.box.addItem(text, operator)

    def choose(self, operator: str) -> None:
        index = self.box.findData(operator)
        if index >= 0:
            self.box.setCurrentIndex(index)

    @property
    def operator(self) -> str:
        return str(self.box.currentData() or "")

    def _show(self) -> None:
        self._address.show_address(self.operator)


class _StakingSheet(Sheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost) -> None:
        super().__init__(theme, intents, host.window)
        self._host = host
        self.amount = AmountField(theme, self.tr("Amount"), host.state.unit)

    def validator_names(self, box: ValidatorBox, state: WalletState, besides: str = "") -> None:
        for item in state.validators:
            if item.operator != besides and not item.jailed:
                text = self.tr("{name}  ·  commission {percent}").format(
                    name=item.name or item.operator[:18], percent=figures.number(percent(item.commission))
                )
                box.add(text, item.operator)

    def staked_names(self, box: ValidatorBox, state: WalletState) -> None:
        held = state.holdings
        for item in held.delegations if held is not None else ():
            amount = money(state.unit, item.amount.amount)
            text = self.tr("{name}  ·  {amount} staked").format(
                name=state.validator_name(item.validator), amount=amount
            )
            box.add(text, item.validator)

    def add_meaning(self, state: WalletState) -> None:
        if state.unbonding is not None:
            callout = Callout(self._theme, Tone.WARNING)
            callout.show_words(self.tr("What unstaking means"), spoken_lines(state.unbonding.sentences))
            self.body.addWidget(callout)

    def add_foot(self, text: str) -> None:
        self.body.addStretch(1)
        self.add_button(self.tr("Cancel"), self.reject)
        self.go_on = self.add_button(text, self._on_continue, "primary")

    def order(self, amount: int) -> Order | None:
        """None with the reason shown."""
        raise NotImplementedError

    def _on_continue(self) -> None:
        amount = self.amount.amount()
        order = self.order(amount) if amount is not None else None
        if order is None:
            self.amount.setFocus()
            return
        self.ask(lambda core: core.wallet.plan(order), self._host.show_plan)


class StakeSheet(_StakingSheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost, amount: int = 0) -> None:
        super().__init__(theme, intents, host)
        state = host.state
        self.show_title(self.tr("Stake"))
        self.say(self.tr("You delegate coins to a validator. They stay yours, earn rewards, and count for your roles."))
        self.validator = ValidatorBox(theme, self.tr("Validator"))
        self.validator_names(self.validator, state)
        self.body.addWidget(self.validator)
        self.amount.most_wished.connect(self._on_most)
        self.body.addWidget(self.amount)
        available = state.holdings.available if state.holdings is not None else 0
        self.say(
            self.tr("Available: {amount}. “Max” keeps enough for the fees of unstaking.").format(
                amount=money(state.unit, available)
            ),
            "caption",
        )
        self.add_meaning(state)
        self.add_foot(self.tr("Continue"))
        if amount > 0:
            self.amount.show_amount(amount)
        self.amount.setFocus()

    def _on_most(self) -> None:
        self.ask(lambda core: core.wallet.most_to_spend(), self.amount.show_amount)

    def order(self, amount: int) -> Order | None:
        if not self.validator.operator:
            self.show_problem(self.tr("The network lists no validator to stake with."))
            return None
        return StakeOrder(self.validator.operator, amount)


class UnstakeSheet(_StakingSheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost, validator: str = "") -> None:
        super().__init__(theme, intents, host)
        self.show_title(self.tr("Unstake"))
        self.add_meaning(host.state)
        self.validator = ValidatorBox(theme, self.tr("From validator"))
        self.staked_names(self.validator, host.state)
        self.validator.choose(validator)
        self.body.addWidget(self.validator)
        self.amount.most_wished.connect(self._on_most)
        self.body.addWidget(self.amount)
        self.add_foot(self.tr("Continue"))
        self.amount.setFocus()

    def _on_most(self) -> None:
        held = self._host.state.holdings
        self.amount.show_amount(held.staked_with(self.validator.operator) if held is not None else 0)

    def order(self, amount: int) -> Order | None:
        return UnstakeOrder(self.validator.operator, amount)


class MoveStakeSheet(_StakingSheet):
    def __init__(self, theme: Theme, intents: Intents, host: SheetHost, validator: str = "") -> None:
        super().__init__(theme, intents, host)
        self.show_title(self.tr("Move a stake"))
        self.say(
            self.tr("The coins keep earning. Until the unbonding time is over they can't be moved on a second time.")
        )
        self.source = ValidatorBox(theme, self.tr("From validator"))
        self.staked_names(self.source, host.state)
        self.source.choose(validator)
        self.destination = ValidatorBox(theme, self.tr("To validator"))
        self.source.box.currentIndexChanged.connect(lambda _: self._fill())
        self._fill()
        self.body.addWidget(self.source)
        self.body.addWidget(self.destination)
        self.amount.most_wished.connect(self._on_most)
        self.body.addWidget(self.amount)
        self.add_foot(self.tr("Continue"))
        self.amount.setFocus()

    def _fill(self) -> None:
        self.destination.box.clear()
        self.validator_names(self.destination, self._host.state, self.source.operator)

    def _on_most(self) -> None:
        held = self._host.state.holdings
        self.amount.show_amount(held.staked_with(self.source.operator) if held is not None else 0)

    def order(self, amount: int) -> Order | None:
        if not self.destination.operator:
            self.show_problem(self.tr("There is no other validator to move to."))
            return None
        return MoveStakeOrder(self.source.operator, self.destination.operator, amount)
