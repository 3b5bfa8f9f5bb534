"""Settings: the window's own, when the node may run, and all of it to and from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from r3mes_launcher.ui.card import PageColumn
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.preferences import Preferences
from r3mes_launcher.ui.settings.appearance_card import AppearanceCard
from r3mes_launcher.ui.settings.notifications_card import NotificationsCard
from r3mes_launcher.ui.settings.start_card import StartCard
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.wallet.asking import ask_for, nothing

if TYPE_CHECKING:
    from r3mes_launcher.core.settings import Settings
    from r3mes_launcher.ui.settings.policy_card import PolicyCard
    from r3mes_launcher.ui.settings.power_card import PowerCard
    from r3mes_launcher.ui.settings.transfer_card import TransferCard


class SettingsPage(PageColumn):
    preferences_changed = Signal(dict)
    """Fields of Preferences with their new values."""

    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._theme = theme
        self._intents = intents
        self.setAccessibleName(self.tr("Settings"))
        self.appearance = AppearanceCard(theme)
        self.appearance.changed.connect(self.preferences_changed)
        self.notifications = NotificationsCard(theme)
        self.notifications.changed.connect(self.preferences_changed)
        self.start = StartCard(theme, intents)
        self.column.addWidget(self.appearance)
        self.column.addWidget(self.start)
        self.column.addWidget(self.notifications)
        # Built when the page opens for the first time: they bring pydantic, and the window has to open sooner.
        self._policy: PolicyCard | None = None
        self._power: PowerCard | None = None
        self._transfer: TransferCard | None = None

    def _build(self) -> None:
        from r3mes_launcher.core.settings import Settings
        from r3mes_launcher.ui.settings.policy_card import PolicyCard
        from r3mes_launcher.ui.settings.power_card import PowerCard
        from r3mes_launcher.ui.settings.transfer_card import TransferCard

        self._policy = PolicyCard(self._theme, self._intents)
        self._power = PowerCard(self._theme, self._intents)
        self._transfer = TransferCard(self._theme, self._intents)
        self._transfer.arrived.connect(self.show_settings)
        self.column.addWidget(self._policy)
        self.column.addWidget(self._power)
        self.column.addWidget(self._transfer)
        self.column.addStretch(1)
        self.show_settings(Settings())

    @property
    def policy(self) -> PolicyCard:
        if self._policy is None:
            self._build()
        assert self._policy is not None
        return self._policy

    @property
    def power(self) -> PowerCard:
        if self._power is None:
            self._build()
        assert self._power is not None
        return self._power

    def show_prices(self) -> None:
        """Brings the section of the prices into view and the keyboard to its first field."""
        self.power.currency.setFocus()
        # After the page is laid out: a card that was just made has no place yet.
        QTimer.singleShot(0, self, lambda: self.ensureWidgetVisible(self.power))

    @property
    def transfer(self) -> TransferCard:
        if self._transfer is None:
            self._build()
        assert self._transfer is not None
        return self._transfer

    def show_settings(self, settings: Settings) -> None:
        self.policy.show_settings(settings)
        self.power.show_settings(settings)

    def show_preferences(self, preferences: Preferences) -> None:
        self.appearance.show_preferences(preferences)
        self.notifications.show_preferences(preferences)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Each time it opens it asks what holds: the command line changes settings too."""
        if self._policy is None:
            self._build()
        super().showEvent(event)
        ask_for(self, self._intents, lambda core: core.settings.read(), self.show_settings, nothing)
