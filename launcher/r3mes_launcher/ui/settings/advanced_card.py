"""What hardly anybody needs."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from r3mes_launcher.core.settings import Settings
from r3mes_launcher.core.settings_sections import Section
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.settings.form import Form
from r3mes_launcher.ui.settings.number_field import NumberField
from r3mes_launcher.ui.settings.section_card import SectionCard
from r3mes_launcher.ui.theme import Theme


class AdvancedCard(SectionCard):
    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        heading = QCoreApplication.translate("AdvancedCard", "Advanced")
        super().__init__(theme, intents, Section.ADVANCED, heading, "settings", parent)
        form = Form(theme)
        self.body.addLayout(form)
        self.deadline = NumberField(
            self.tr("Give up on an engine that loads after"), self.tr("s"), Settings, "ready_deadline_s"
        )
        self.deadline.editingFinished.connect(
            lambda: self.change({"ready_deadline_s": float(self.deadline.value())}),
        )
        form.add(self.tr("Give up on an engine that loads after"), self.deadline)
        form.add_words(self.tr("Counted anew with each sign of progress. A slow disk may need more."))

    def draw(self) -> None:
        self.deadline.show_number(self.settings.ready_deadline_s)
