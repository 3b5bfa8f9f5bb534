"""Which model is served, and how many requests at a time."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from r3mes_launcher.core.settings import Settings
from r3mes_launcher.core.settings_sections import Section
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.model_picker import ModelPicker
from r3mes_launcher.ui.settings.form import Form
from r3mes_launcher.ui.settings.number_field import NumberField
from r3mes_launcher.ui.settings.section_card import SectionCard
from r3mes_launcher.ui.theme import Theme


class ModelCard(SectionCard):
    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        heading = QCoreApplication.translate("ModelCard", "Model")
        super().__init__(theme, intents, Section.MODEL, heading, "engine", parent)
        form = Form(theme)
        self.body.addLayout(form)
        self.model = ModelPicker(theme)
        self.model.chosen.connect(self._on_model)
        form.add(self.tr("Model to serve"), self.model, wide=True)
        self.concurrency = NumberField(self.tr("Requests at the same time"), "", Settings, "max_concurrency")
        self.concurrency.setSpecialValueText(self.tr("as the engine sees fit"))
        self.concurrency.editingFinished.connect(
            lambda: self.change({"max_concurrency": self.concurrency.value()}),
        )
        form.add(self.tr("Requests at the same time"), self.concurrency)
        form.add_words(self.tr("More at a time serve more people and take more memory. 0: the engine decides."))

    def draw(self) -> None:
        self.model.show_model(self.settings.model)
        self.concurrency.show_number(self.settings.max_concurrency)

    def _on_model(self, path: str) -> None:
        self.change({"model": path})
        # The list goes back to what really holds, until the core has answered.
        self.model.show_model(self.settings.model)
