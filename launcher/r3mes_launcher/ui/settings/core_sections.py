"""The sections of the settings that the core keeps: one card each, and all of them hear of every change."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from r3mes_launcher.core.settings import Settings
from r3mes_launcher.core.state import GpuReport, LauncherState
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.settings.advanced_card import AdvancedCard
from r3mes_launcher.ui.settings.device_card import DeviceCard
from r3mes_launcher.ui.settings.gateways_card import GatewaysCard
from r3mes_launcher.ui.settings.model_card import ModelCard
from r3mes_launcher.ui.settings.policy_card import PolicyCard
from r3mes_launcher.ui.settings.power_card import PowerCard
from r3mes_launcher.ui.settings.privacy_card import PrivacyCard
from r3mes_launcher.ui.settings.section_card import SectionCard
from r3mes_launcher.ui.settings.transfer_card import TransferCard
from r3mes_launcher.ui.theme import Theme


class CoreSections:
    """A new section is a `SectionCard` that stands in `_sections`."""

    def __init__(self, theme: Theme, intents: Intents) -> None:
        self.model = ModelCard(theme, intents)
        self.device = DeviceCard(theme, intents)
        self.gateways = GatewaysCard(theme, intents)
        self.policy = PolicyCard(theme, intents)
        self.power = PowerCard(theme, intents)
        self.privacy = PrivacyCard(theme, intents)
        self.advanced = AdvancedCard(theme, intents)
        self.transfer = TransferCard(theme, intents)
        self._sections: tuple[SectionCard, ...] = (
            self.model,
            self.device,
            self.gateways,
            self.policy,
            self.power,
            self.privacy,
            self.advanced,
        )
        for section in self._sections:
            section.arrived.connect(self.show_settings)
        self.transfer.arrived.connect(self.show_settings)
        self.show_settings(Settings())

    @property
    def cards(self) -> tuple[QWidget, ...]:
        """From top to bottom."""
        return (*self._sections, self.transfer)

    def show_settings(self, settings: Settings) -> None:
        self.transfer.show_settings(settings)
        for section in self._sections:
            section.show_settings(settings)

    def show_state(self, state: LauncherState) -> None:
        self.transfer.show_state(state)
        for section in self._sections:
            section.show_state(state)

    def show_report(self, report: GpuReport) -> None:
        for section in self._sections:
            section.show_report(report)
