"""The pages of the window and what each is told. A page is made when somebody opens it, with the content of then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from r3mes_launcher.bridge import LogBatch
from r3mes_launcher.core.state import GpuReport
from r3mes_launcher.ui.home_page import HomePage
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.page_stack import PageStack
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.window_content import WindowContent
from r3mes_launcher.ui.window_view import WindowView, choices_of, holds_work, kept_view, show_choices

if TYPE_CHECKING:
    # A page's module is imported with its first use: all of them take longer than to open the window.
    from r3mes_launcher.ui.chat.chat_page import ChatPage
    from r3mes_launcher.ui.doctor_page import DoctorPage
    from r3mes_launcher.ui.earnings.earnings_page import EarningsPage
    from r3mes_launcher.ui.gpus_page import GpusPage
    from r3mes_launcher.ui.logs_page import LogsPage
    from r3mes_launcher.ui.requests_page import RequestsPage
    from r3mes_launcher.ui.settings.settings_page import SettingsPage
    from r3mes_launcher.ui.wallet.roles_page import RolesPage
    from r3mes_launcher.ui.wallet.wallet_page import WalletPage

HOME, GPUS, EARNINGS, REQUESTS, CHAT, WALLET, ROLES, LOGS, DOCTOR, SETTINGS = range(10)


class Pages(PageStack):
    """`now` is always the time of what is shown, in seconds since the epoch: in the demo it is recorded."""

    page_wished = Signal(int)
    """A page has a way to another one."""
    preferences_changed = Signal(dict)
    """The person changed what the window remembers: fields of Preferences."""

    def __init__(self, theme: Theme, intents: Intents, content: WindowContent, parent: QWidget | None = None) -> None:
        super().__init__(
            (
                lambda: HomePage(theme, intents),
                self._make_gpus,
                self._make_earnings,
                self._make_requests,
                self._make_chat,
                self._make_wallet,
                self._make_roles,
                self._make_logs,
                self._make_doctor,
                self._make_settings,
            ),
            parent,
        )
        self._theme = theme
        self._intents = intents
        self._content = content
        # A page takes its part of it when it is made.
        self._before = content.view

    # Each made at its first use.

    @property
    def home(self) -> HomePage:
        return cast(HomePage, self.page(HOME))

    @property
    def gpus(self) -> GpusPage:
        return cast("GpusPage", self.page(GPUS))

    @property
    def earnings(self) -> EarningsPage:
        return cast("EarningsPage", self.page(EARNINGS))

    @property
    def requests(self) -> RequestsPage:
        return cast("RequestsPage", self.page(REQUESTS))

    @property
    def chat(self) -> ChatPage:
        return cast("ChatPage", self.page(CHAT))

    @property
    def wallet(self) -> WalletPage:
        return cast("WalletPage", self.page(WALLET))

    @property
    def roles(self) -> RolesPage:
        return cast("RolesPage", self.page(ROLES))

    @property
    def logs(self) -> LogsPage:
        return cast("LogsPage", self.page(LOGS))

    @property
    def doctor(self) -> DoctorPage:
        return cast("DoctorPage", self.page(DOCTOR))

    @property
    def settings(self) -> SettingsPage:
        return cast("SettingsPage", self.page(SETTINGS))

    def _make_gpus(self) -> GpusPage:
        from r3mes_launcher.ui.gpus_page import GpusPage

        page = GpusPage(self._theme, self._intents, self._content.history)
        page.doctor_wished.connect(lambda: self.page_wished.emit(DOCTOR))
        page.show_flaws(self._content.state.doctor.flaws)
        if self._content.report is not None:
            page.show_report(self._content.report)
        return page

    def _make_earnings(self) -> EarningsPage:
        from r3mes_launcher.ui.earnings.earnings_page import EarningsPage

        page = EarningsPage(self._theme, self._intents)
        page.wallet_wished.connect(lambda: self.page_wished.emit(WALLET))
        page.home_wished.connect(lambda: self.page_wished.emit(HOME))
        page.prices_wished.connect(self._on_prices_wished)
        page.show_state(self._content.state)
        return page

    def _on_prices_wished(self) -> None:
        self.page_wished.emit(SETTINGS)
        self.settings.show_prices()

    def _make_requests(self) -> RequestsPage:
        from r3mes_launcher.ui.requests_page import RequestsPage

        return RequestsPage(self._theme, self._intents)

    def _make_chat(self) -> ChatPage:
        from r3mes_launcher.ui.chat.chat_page import ChatPage

        page = ChatPage(self._theme, self._intents)
        page.home_wished.connect(lambda: self.page_wished.emit(HOME))
        page.show_state(self._content.state, self._content.now)
        if self._before.chat is not None:
            page.take_over(self._before.chat)
        return page

    def _make_wallet(self) -> WalletPage:
        from r3mes_launcher.ui.wallet.wallet_page import WalletPage

        page = WalletPage(self._theme, self._intents)
        page.roles_wished.connect(lambda: self.page_wished.emit(ROLES))
        page.show_state(self._content.state.wallet)
        return page

    def _make_roles(self) -> RolesPage:
        from r3mes_launcher.ui.wallet.roles_page import RolesPage

        page = RolesPage(self._theme, self._intents)
        page.wallet_wished.connect(lambda: self.page_wished.emit(WALLET))
        page.show_state(self._content.state, self._content.now)
        return page

    def _make_logs(self) -> LogsPage:
        from r3mes_launcher.ui.logs_page import LogsPage

        return LogsPage(self._theme, self._intents, self._content.log)

    def _make_doctor(self) -> DoctorPage:
        from r3mes_launcher.ui.doctor_page import DoctorPage

        page = DoctorPage(self._theme, self._intents)
        page.gateway_wished.connect(lambda: self.page_wished.emit(HOME))
        page.gpus_wished.connect(lambda: self.page_wished.emit(GPUS))
        page.logs_wished.connect(lambda: self.page_wished.emit(LOGS))
        page.show_state(self._content.state)
        return page

    def _make_settings(self) -> SettingsPage:
        from r3mes_launcher.ui.settings.settings_page import SettingsPage

        page = SettingsPage(self._theme, self._intents)
        page.show_preferences(self._content.preferences)
        page.show_state(self._content.state)
        page.show_report(self._content.report or GpuReport())
        page.preferences_changed.connect(self.preferences_changed)
        return page

    # The content has changed. A page that is made later begins with the content of that moment.

    def show_state(self) -> None:
        state, now = self._content.state, self._content.now
        self.home.show_state(state, now)
        if self.is_made(EARNINGS):
            self.earnings.show_state(state)
        if self.is_made(CHAT):
            self.chat.show_state(state, now)
        if self.is_made(WALLET):
            self.wallet.show_state(state.wallet)
        if self.is_made(ROLES):
            self.roles.show_state(state, now)
        if self.is_made(DOCTOR):
            self.doctor.show_state(state)
        if self.is_made(GPUS):
            self.gpus.show_flaws(state.doctor.flaws)
        if self.is_made(SETTINGS):
            self.settings.show_state(state)

    def show_report(self, report: GpuReport) -> None:
        if self.is_made(GPUS):
            self.gpus.show_report(report)
        if self.is_made(SETTINGS):
            self.settings.show_report(report)

    def show_logs(self, batch: LogBatch) -> None:
        """Of lines that the content has already."""
        if self.is_made(LOGS):
            self.logs.show_lines(batch.lines)

    def show_preferences(self) -> None:
        if self.is_made(SETTINGS):
            self.settings.show_preferences(self._content.preferences)

    # Another window goes on where this one was left.

    def page(self, index: int) -> QWidget:
        is_new = not self.is_made(index)
        page = super().page(index)
        if is_new:
            kept_view(page, f"page.{index}")
            show_choices(page, self._before.choices)
        return page

    @property
    def holds_work(self) -> bool:
        """Whether something would be lost with these pages, though they were left."""
        return (self.is_made(CHAT) and self.chat.answering) or holds_work(self)

    def leave(self) -> WindowView:
        """What only the pages themselves hold. They are of no use after this."""
        choices = dict(self._before.choices)
        for index in range(self.count()):
            if self.is_made(index):
                choices |= choices_of(self.page(index))
        return WindowView(self.currentIndex(), choices, self.chat.leave() if self.is_made(CHAT) else self._before.chat)

    # What the person sees.

    def open(self, index: int) -> None:
        page = self.page(index)
        self.setCurrentIndex(index)
        # The page itself, so that Tab goes to its first control and no ring is drawn that nobody asked for.
        if index == CHAT:
            page = self.chat.composer.field
        elif index == WALLET:
            page = self.wallet.first
        page.setFocus()
        if index == REQUESTS:
            self.requests.refresh()
        if index == EARNINGS:
            self.earnings.tick(time.time())

    def tick(self) -> None:
        """Once a second while the window can be seen."""
        now, shown = self._content.now, self.currentIndex()
        self.home.tick(now)
        if shown == REQUESTS:
            self.requests.refresh()
        if shown == GPUS:
            self.gpus.tick(now)
        if shown == EARNINGS:
            self.earnings.tick(time.time())
