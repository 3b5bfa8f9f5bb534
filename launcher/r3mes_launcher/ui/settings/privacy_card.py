"""What this computer keeps, for how long, and the way to be rid of it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QCheckBox, QMessageBox, QWidget

from r3mes_launcher.core.settings import Settings
from r3mes_launcher.core.settings_sections import Section
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.question import ask
from r3mes_launcher.ui.settings.form import Form
from r3mes_launcher.ui.settings.number_field import NumberField
from r3mes_launcher.ui.settings.section_card import SectionCard
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.wallet.asking import ask_for

_MINUTE_S = 60.0


class PrivacyCard(SectionCard):
    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        heading = QCoreApplication.translate("PrivacyCard", "Privacy")
        super().__init__(theme, intents, Section.PRIVACY, heading, "lock", parent)
        self._question: QMessageBox | None = None
        words = self.tr(
            "R3MES reports to nobody. Of the requests that this computer answers, neither prompts nor answers are kept."
        )
        self.body.addWidget(PlainLabel(words, "muted", wrap=True))
        self.requests = QCheckBox(self.tr("Keep a list of requests: when, how long, how many tokens"))
        self.requests.clicked.connect(lambda on: self.change({"keep_requests": on}))
        self.body.addWidget(self.requests)
        self.chats = QCheckBox(self.tr("Keep the conversations of the chat page on this computer"))
        self.chats.clicked.connect(lambda on: self.change({"keep_chats": on}))
        self.body.addWidget(self.chats)
        form = Form(theme)
        self.body.addLayout(form)
        self.days = NumberField(self.tr("Keep figures and timeline for"), self.tr("days"), Settings, "history_days")
        self.days.editingFinished.connect(lambda: self.change({"history_days": self.days.value()}))
        form.add(self.tr("Keep figures and timeline for"), self.days)
        self.lock = NumberField(
            self.tr("Lock the wallet after"), self.tr("min"), Settings, "wallet_idle_s", scale=_MINUTE_S
        )
        self.lock.editingFinished.connect(lambda: self.change({"wallet_idle_s": self.lock.value() * _MINUTE_S}))
        form.add(self.tr("Lock the wallet after"), self.lock)
        self.forget_button = Button(theme, self.tr("Delete the list of requests…"))
        self.forget_button.clicked.connect(self._on_forget)
        self.body.addWidget(self.forget_button)

    def draw(self) -> None:
        self.requests.setChecked(self.settings.keep_requests)
        self.chats.setChecked(self.settings.keep_chats)
        self.days.show_number(self.settings.history_days)
        self.lock.show_number(self.settings.wallet_idle_s / _MINUTE_S)

    def _on_forget(self) -> None:
        self._question = ask(
            self,
            self.tr("Delete the list of requests?"),
            self.tr("It is gone for good. What the gateway counted for you stays there."),
            [(self.tr("Delete"), self.forget)],
            self.tr("Cancel"),
        )

    def forget(self) -> None:
        ask_for(
            self,
            self._intents,
            lambda core: core.history.forget_requests(),
            lambda _: self._say(self.tr("The list of requests is deleted.")),
            self.show_problem,
        )
