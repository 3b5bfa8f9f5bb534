"""The sections of the settings that the core keeps: one card each, and all of them hear of every change."""

from __future__ import annotations

from collections.abc import Iterator

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
    """A new section is a `SectionCard` that stands in `make`."""

    def __init__(self, theme: Theme, intents: Intents, state: LauncherState, report: GpuReport) -> None:
        self._theme = theme
        self._intents = intents
        self._state = state
        self._report = report
        self._settings = Settings()
        self._sections: list[SectionCard] = []
        self._transfer: TransferCard | None = None

    def make(self) -> Iterator[QWidget]:
        """Makes one card after the other, from top to bottom, each with what is known by then."""
        theme, intents = self._theme, self._intents
        self.model = ModelCard(theme, intents)
        yield self._added(self.model)
        self.device = DeviceCard(theme, intents)
        yield self._added(self.device)
        self.gateways = GatewaysCard(theme, intents)
        yield self._added(self.gateways)
        self.policy = PolicyCard(theme, intents)
        yield self._added(self.policy)
        self.power = PowerCard(theme, intents)
        yield self._added(self.power)
        self.privacy = PrivacyCard(theme, intents)
        yield self._added(self.privacy)
        self.advanced = AdvancedCard(theme, intents)
        yield self._added(self.advanced)
        self.transfer = self._transfer = TransferCard(theme, intents)
        self.transfer.arrived.connect(self.show_settings)
        self.transfer.show_settings(self._settings)
        self.transfer.show_state(self._state)
        yield self.transfer

    def _added(self, section: SectionCard) -> SectionCard:
        self._sections.append(section)
        section.arrived.connect(self.show_settings)
        section.show_settings(self._settings)
        section.show_state(self._state)
        section.show_report(self._report)
        return section

    @property
    def _listeners(self) -> tuple[SectionCard | TransferCard, ...]:
        return (*self._sections, *(() if self._transfer is None else (self._transfer,)))

    def show_settings(self, settings: Settings) -> None:
        self._settings = settings
        for card in self._listeners:
            card.show_settings(settings)

    def show_state(self, state: LauncherState) -> None:
        self._state = state
        for card in self._listeners:
            card.show_state(state)

    def show_report(self, report: GpuReport) -> None:
        self._report = report
        for section in self._sections:
            section.show_report(report)
