"""The one confirmation: everything on it was read from the bytes that would be signed, nothing from a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QPlainTextEdit, QWidget

from r3mes_launcher.core.wallet_orders import PlannedPayment
from r3mes_launcher.core.wallet_state import PaymentEntry, WalletState
from r3mes_launcher.ui.card import Callout, Card
from r3mes_launcher.ui.core_wording import spoken, spoken_lines
from r3mes_launcher.ui.field_list import FieldList
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.language import translate
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.address_view import AddressView
from r3mes_launcher.ui.wallet.sheet import Sheet
from r3mes_launcher.wallet.payment_machine import Payment, PaymentState

if TYPE_CHECKING:
    from r3mes_launcher.wallet.addresses import LookAlike
    from r3mes_launcher.wallet.confirmation import Card as MessageCard

_RAW_LINES = 12


class ConfirmationSheet(Sheet):
    """Then it stays to show what becomes of the payment; closing it changes nothing about that."""

    def __init__(self, theme: Theme, intents: Intents, planned: PlannedPayment, parent: QWidget) -> None:
        super().__init__(theme, intents, parent)
        self.show_title(self.tr("Sign this?"))
        self._planned = planned
        confirmation = planned.confirmation
        alike = dict(confirmation.look_alikes)
        for card in confirmation.cards:
            self.body.addWidget(
                self._message(card, card.recipient in confirmation.first_time, alike.get(card.recipient))
            )
        self._fields = FieldList(theme)
        for key, name, text in (
            ("fee", self.tr("Fee"), spoken(confirmation.fee)),
            ("memo", self.tr("Memo"), confirmation.memo or self.tr("none")),
            ("chain", self.tr("Network"), confirmation.chain_id),
            ("last", self.tr("Valid until block"), str(confirmation.last_block)),
        ):
            self._fields.add(key, name)
            self._fields.show_value(key, text)
        self.body.addWidget(self._fields)
        self.show_raw = QCheckBox(self.tr("Show the raw transaction"))
        self.show_raw.toggled.connect(self._on_raw)
        self.body.addWidget(self.show_raw)
        self.raw = QPlainTextEdit()
        self.raw.setReadOnly(True)
        self.raw.setProperty("kind", "log")
        self.raw.setAccessibleName(self.tr("The raw transaction"))
        self.raw.setFont(theme.fixed_font())
        self.raw.setFixedHeight(round(theme.metrics.line * _RAW_LINES))
        self.raw.setTabChangesFocus(True)
        self.raw.hide()
        self.body.addWidget(self.raw)
        self.consent = QCheckBox(self.tr("I have read the warnings, and I want to sign it all the same"))
        self.consent.setVisible(confirmation.needs_second_consent)
        self.consent.toggled.connect(self._show_buttons)
        self.below.addWidget(self.consent)
        self._outcome = Callout(theme, Tone.BUSY)
        self._outcome.hide()
        self.below.addWidget(self._outcome)
        self.body.addStretch(1)
        self.cancel = self.add_button(self.tr("Cancel"), self.reject)
        self.sign = self.add_button(self.tr("Sign and send"), self._on_sign, "primary", "check")
        # Enter must not sign what nobody has read: the way out has the keyboard first.
        self.sign.setDefault(False)
        self.sign.setAutoDefault(False)
        self.cancel.setFocus()
        self._show_buttons()
        self.fit()

    def _message(self, card: MessageCard, first_time: bool, alike: LookAlike | None) -> Card:
        ground = Card(self._theme)
        ground.setAccessibleName(spoken(card.title))
        ground.body.addWidget(PlainLabel(spoken(card.title), "figure", wrap=True))
        if card.recipient:
            ground.body.addWidget(PlainLabel(self.tr("To this address"), "caption"))
            address = AddressView(self._theme)
            address.show_address(card.recipient, alike.differing if alike is not None else ())
            ground.body.addWidget(address)
        for line in card.lines:
            if not (card.recipient and line.endswith(card.recipient)):
                label = PlainLabel(wrappable(spoken(line)), "muted" if card.known else "", wrap=True)
                ground.body.addWidget(label)
        for warning in card.warnings:
            self._warn(ground, "", spoken(warning), Tone.WARNING if card.known else Tone.BAD)
        if alike is not None:
            self._warn(
                ground,
                self.tr("This looks like an address that you have paid before, but it is another one."),
                self.tr("The marked groups differ. People are robbed that way: compare all of it with your source."),
                Tone.BAD,
            )
            ground.body.addWidget(PlainLabel(self.tr("The one that you have paid before"), "caption"))
            known = AddressView(self._theme)
            known.show_address(alike.known, alike.differing)
            ground.body.addWidget(known)
        elif card.recipient and first_time:
            self._warn(
                ground,
                self.tr("You have never paid this address from this wallet."),
                self.tr("Compare it with your source, group by group. A payment can't be taken back."),
                Tone.WARNING,
            )
        return ground

    def _warn(self, ground: Card, title: str, detail: str, tone: Tone) -> None:
        callout = Callout(self._theme, tone)
        callout.show_words(title, detail)
        ground.body.addWidget(callout)

    def _on_raw(self, shown: bool) -> None:
        if shown and not self.raw.toPlainText():
            self.raw.setPlainText(self._planned.raw)
        self.raw.setVisible(shown)
        self.fit()

    def _show_buttons(self) -> None:
        needed = self._planned.confirmation.needs_second_consent
        self.sign.setEnabled(not needed or self.consent.isChecked())

    def _on_sign(self) -> None:
        plan_id = self._planned.plan_id
        self.sign.setEnabled(False)
        self.ask(lambda core: core.wallet.pay(plan_id), self._on_signed, self._on_refused)

    def _on_refused(self, sentence: str) -> None:
        self._show_buttons()
        self.show_problem(sentence)

    def _on_signed(self, payment: Payment) -> None:
        self.sign.hide()
        self.consent.hide()
        self.cancel.setText(self.tr("Close"))
        self.cancel.setAccessibleName(self.tr("Close"))
        self.cancel.setFocus()
        self._outcome.show()
        self._outcome.show_words(self.tr("Signed"), self.tr("It is on its way; you may close this."))
        self.fit()

    def show_state(self, state: WalletState) -> None:
        entry = state.payment(self._planned.plan_id)
        if entry is None or not self._outcome.isVisibleTo(self):
            return
        title, tone = payment_words(entry)
        self._outcome.show_tone(tone)
        self._outcome.show_words(title, spoken_lines((entry.sentence, entry.reason)))

    @property
    def outcome(self) -> str:
        return self._outcome.accessibleName() if self._outcome.isVisibleTo(self) else ""


def payment_words(entry: PaymentEntry) -> tuple[str, Tone]:
    """A payment's state in a word or two, and its tone."""
    payment = entry.payment
    if payment.unclear:
        return translate("Payment", "Unclear"), Tone.WARNING
    match payment.state:
        case PaymentState.INCLUDED:
            return translate("Payment", "Done"), Tone.GOOD
        case PaymentState.FAILED:
            return translate("Payment", "Failed"), Tone.BAD
        case PaymentState.EXPIRED:
            return translate("Payment", "Not sent"), Tone.WARNING
        case _:
            return translate("Payment", "On its way"), Tone.BUSY


def wrappable(line: str) -> str:
    """Long words, such as addresses and hex, may break anywhere; without it they would be cut off."""
    words = line.split(" ")
    return " ".join(
        "\u200b".join(word[at : at + 8] for at in range(0, len(word), 8)) if len(word) > 40 else word for word in words
    )
