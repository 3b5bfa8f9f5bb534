"""Settings: the window's own, a card for each section of the core's, and all of it to and from a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from r3mes_launcher.core.state import GpuReport, LauncherState
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
    from r3mes_launcher.ui.settings.core_sections import CoreSections


class SettingsPage(PageColumn):
    preferences_changed = Signal(dict)
    """Fields of Preferences with their new values."""

    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._theme = theme
        self._intents = intents
        self._state = LauncherState()
        self._report = GpuReport()
        self.setAccessibleName(self.tr("Settings"))
        self.appearance = AppearanceCard(theme)
        self.appearance.changed.connect(self.preferences_changed)
        self.notifications = NotificationsCard(theme)
        self.notifications.changed.connect(self.preferences_changed)
        self.start = StartCard(theme, intents)
        self.column.addWidget(self.appearance)
        self.column.addWidget(self.start)
        self.column.addWidget(self.notifications)
        # Made when the page opens for the first time, one after the other below what is seen at once: together they
        # take as long as ten other pages, and they bring pydantic.
        self._sections: CoreSections | None = None
        self._making: Iterator[QWidget] = iter(())
        self._is_whole = False
        self._wanted: QWidget | None = None
        """The section that somebody asked for, until they go elsewhere."""
        self.verticalScrollBar().rangeChanged.connect(lambda *_: self._show_wanted())
        self.verticalScrollBar().actionTriggered.connect(self._on_scrolled)

    @property
    def sections(self) -> CoreSections:
        """The cards of what the core keeps, all of them."""
        sections = self._begun()
        while not self._is_whole:
            self._make_card()
        return sections

    def _begun(self) -> CoreSections:
        if self._sections is None:
            from r3mes_launcher.ui.settings.core_sections import CoreSections

            self._sections = CoreSections(self._theme, self._intents, self._state, self._report)
            self._making = self._sections.make()
        return self._sections

    def _make_card(self) -> None:
        card = next(self._making, None)
        if card is None:
            self._is_whole = True
            self.column.addStretch(1)
        else:
            self.column.addWidget(card)
            # At once, so that it can take the keyboard; the layout would show it later.
            card.show()

    def _make_more(self) -> None:
        """One card, and then the event loop has its turn."""
        if self.isVisible() and not self._is_whole:
            self._begun()
            self._make_card()
            QTimer.singleShot(0, self, self._make_more)

    def show_prices(self) -> None:
        """Brings the section of the prices into view and the keyboard to its first field."""
        self._wanted = self.sections.power
        self.sections.power.currency.setFocus()
        self._show_wanted()

    def _show_wanted(self) -> None:
        """The cards get their height one after the other, when they are laid out and when the core has answered."""
        ground = self.widget()
        if self._wanted is not None and ground is not None:
            self.verticalScrollBar().setValue(
                self._wanted.mapTo(ground, QPoint(0, 0)).y() - self._theme.metrics.space(4)
            )

    def _on_scrolled(self) -> None:
        self._wanted = None

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        self._wanted = None
        super().wheelEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        self._wanted = None
        super().hideEvent(event)

    def show_settings(self, settings: Settings) -> None:
        self._begun().show_settings(settings)

    def show_state(self, state: LauncherState) -> None:
        self._state = state
        if self._sections is not None:
            self._sections.show_state(state)

    def show_report(self, report: GpuReport) -> None:
        self._report = report
        if self._sections is not None:
            self._sections.show_report(report)

    def show_preferences(self, preferences: Preferences) -> None:
        self.appearance.show_preferences(preferences)
        self.notifications.show_preferences(preferences)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Each time it opens it asks what holds: the command line changes settings too."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._make_more)
        ask_for(self, self._intents, lambda core: core.settings.read(), self.show_settings, nothing)
