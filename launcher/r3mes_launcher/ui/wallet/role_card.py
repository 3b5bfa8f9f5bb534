"""One role: what it needs, what is staked, what is missing, and whether the chain knows of it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from r3mes_launcher.core.wallet_state import RoleEntry, Unit
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.card import Card
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.money import money

_STEPS = 1000


def role_name(role: str) -> str:
    names = {
        "mining": QCoreApplication.translate("Roles", "Miner"),
        "serving": QCoreApplication.translate("Roles", "Serving"),
        "validator": QCoreApplication.translate("Roles", "Validator"),
        "proposer": QCoreApplication.translate("Roles", "Proposer"),
    }
    return names.get(role, role)


def role_sentence(role: str) -> str:
    sentences = {
        "mining": QCoreApplication.translate("Roles", "Trains with its GPU."),
        "serving": QCoreApplication.translate("Roles", "Answers requests with its GPU."),
        "validator": QCoreApplication.translate("Roles", "Makes and checks the chain's blocks."),
        "proposer": QCoreApplication.translate("Roles", "Proposes blocks; also has to be a validator."),
    }
    return sentences.get(role, "")


class RoleCard(Card):
    stake_wished = Signal(int)
    """What is missing, in base units."""
    register_wished = Signal()

    def __init__(self, theme: Theme, role: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, role_name(role), parent=parent)
        self.role = role
        self._missing = 0
        self.status = PlainLabel("", "caption")
        self.heading_row.addWidget(self.status)
        self.body.addWidget(PlainLabel(role_sentence(role), "muted", wrap=True))
        self._bar = QProgressBar()
        self._bar.setRange(0, _STEPS)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Stake of what the role needs"))
        self.body.addWidget(self._bar)
        self.sentence = PlainLabel("", wrap=True)
        self.body.addWidget(self.sentence)
        self.body.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(theme.metrics.space(2))
        self.stake = Button(theme, "")
        self.stake.clicked.connect(lambda: self.stake_wished.emit(self._missing))
        self.register = Button(theme, self.tr("Register"))
        self.register.clicked.connect(lambda: self.register_wished.emit())
        row.addWidget(self.stake)
        row.addWidget(self.register)
        row.addStretch(1)
        self.body.addLayout(row)

    def show_entry(self, entry: RoleEntry, unit: Unit, may_sign: bool) -> None:
        self._missing = entry.missing
        title, tone = self._status(entry)
        self.status.show_text(title)
        self.status.show_tone(tone if tone is not Tone.NEUTRAL else None)
        share = min(1.0, entry.staked / entry.needed) if entry.needed else 1.0
        self._bar.setValue(round(share * _STEPS))
        needed = self.tr("Needs {needed}").format(needed=money(unit, entry.needed))
        if entry.also_needed:
            names = ", ".join(role_name(role) for role in entry.also_needed)
            needed = self.tr("{needed}, of which its own part is {own} (with {names})").format(
                needed=needed, own=money(unit, entry.own_minimum), names=names
            )
        have = (
            self.tr("{missing} are missing").format(missing=money(unit, entry.missing))
            if entry.missing
            else self.tr("your stake is enough")
        )
        self.sentence.show_text(f"{needed}; {have}.")
        self.stake.setVisible(entry.missing > 0)
        self.stake.setText(self.tr("Stake what is missing"))
        self.stake.setAccessibleName(self.tr("Stake what is missing for {role}").format(role=role_name(self.role)))
        self.stake.setEnabled(may_sign)
        self.register.setVisible(not entry.registered)
        self.register.setAccessibleName(self.tr("Register as {role}").format(role=role_name(self.role)))
        self.register.setEnabled(may_sign)

    def _status(self, entry: RoleEntry) -> tuple[str, Tone]:
        if entry.ready:
            return self.tr("Ready"), Tone.GOOD
        if entry.registered and entry.missing:
            return self.tr("Registered, stake too low"), Tone.WARNING
        if entry.registered:
            return self.tr("Registered, a role is missing"), Tone.WARNING
        return self.tr("Not registered"), Tone.NEUTRAL
