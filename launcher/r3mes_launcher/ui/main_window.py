"""The window: navigation left, pages right, bars above. Draws state, passes wishes on, decides nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QLocale, QSize, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeySequence, QPaintEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from r3mes_launcher.bridge import LogBatch
from r3mes_launcher.core.state import GpuReport, LauncherState
from r3mes_launcher.ui.bar import Bar
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.demo_bar import DemoBar
from r3mes_launcher.ui.gpu_history import GpuHistory
from r3mes_launcher.ui.home_page import HomePage
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.navigation import Navigation
from r3mes_launcher.ui.page_stack import PageStack
from r3mes_launcher.ui.preferences import Preferences
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wording import gateway_wording, node_wording

if TYPE_CHECKING:
    # A page's module is imported with its first use: all of them take longer than to open the window.
    from r3mes_launcher.ui.chat.chat_page import ChatPage
    from r3mes_launcher.ui.doctor_page import DoctorPage
    from r3mes_launcher.ui.earnings.earnings_page import EarningsPage
    from r3mes_launcher.ui.first_run_sheet import FirstRunSheet
    from r3mes_launcher.ui.gpus_page import GpusPage
    from r3mes_launcher.ui.logs_page import LogsPage
    from r3mes_launcher.ui.requests_page import RequestsPage
    from r3mes_launcher.ui.settings.settings_page import SettingsPage
    from r3mes_launcher.ui.tour_panel import TourPanel
    from r3mes_launcher.ui.wallet.roles_page import RolesPage
    from r3mes_launcher.ui.wallet.wallet_page import WalletPage

HOME, GPUS, EARNINGS, REQUESTS, CHAT, WALLET, ROLES, LOGS, DOCTOR, SETTINGS = range(10)
_TICK_MS = 1000


class MainWindow(QWidget):
    close_wished = Signal()
    """The person closed the window; somebody decides what that means."""
    quit_wished = Signal()
    restart_wished = Signal()
    """After a crash of the core: start it again."""
    first_painted = Signal()
    tour_closed = Signal()
    preferences_changed = Signal(dict)
    """The person changed what the window remembers: fields of Preferences."""

    def __init__(self, theme: Theme, intents: Intents, demo: bool) -> None:
        super().__init__()
        self._theme = theme
        self._intents = intents
        self._state = LauncherState(demo=demo)
        self._report: GpuReport | None = None
        self._welcome: FirstRunSheet | None = None
        self._tour: TourPanel | None = None
        self._width_alone: int | None = None
        """The window's width without the tour, where it was made wider for it."""
        self._preferences = Preferences()
        self._may_close = False
        self._painted = False
        self.setWindowTitle("R3MES")
        self.setWindowIcon(theme.icons.icon("r3mes", theme.tokens.accent))
        self._ground = QHBoxLayout(self)
        self._ground.setContentsMargins(0, 0, 0, 0)
        self._history = GpuHistory()
        self._build()
        quit_keys = QShortcut(QKeySequence(QKeySequence.StandardKey.Quit), self)
        quit_keys.activated.connect(self.quit_wished)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._on_tick)
        line = theme.metrics.line
        self.resize(QSize(round(line * 64), round(line * 46)))

    def _build(self) -> None:
        """Everything inside the window, in the language of the moment."""
        theme = self._theme
        # One widget that holds it all, so that it can be made anew.
        self._inside = QWidget()
        self._ground.addWidget(self._inside)
        row = QHBoxLayout(self._inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._row = row
        pages = [
            (self.tr("Home"), "home"),
            (self.tr("GPUs"), "gpu"),
            (self.tr("Earnings"), "earnings"),
            (self.tr("Requests"), "requests"),
            (self.tr("Chat"), "chat"),
            (self.tr("Wallet"), "wallet"),
            (self.tr("Roles"), "stake"),
            (self.tr("Logs"), "logs"),
            (self.tr("Doctor"), "doctor"),
            (self.tr("Settings"), "settings"),
        ]
        self._places = {icon: place for place, (_, icon) in enumerate(pages)}
        self.navigation = Navigation(theme, pages)
        self.navigation.chosen.connect(self.go_to)
        row.addWidget(self.navigation)
        column = QVBoxLayout()
        column.setSpacing(0)
        row.addLayout(column, 1)
        self._make_bars(theme, column)
        self._column = column
        self._build_pages()

    def retranslate(self) -> None:
        """After a change of language: everything anew, with the conversation, the log and the charts of before."""
        page, before, chat, logs = self.page, self._inside, self.chat, self.logs
        step = None if self._tour is None else self._tour.place
        self._drop_tour()
        bars = [bar.sentence if not bar.isHidden() else "" for bar in (self.crash_bar, self.problem_bar)]
        busy = "" if self.busy_bar.isHidden() else self.busy_bar.sentence
        before.hide()
        self._build()
        self.chat.take_over(chat)
        self.logs.take_over(logs)
        for bar, sentence in zip((self.crash_bar, self.problem_bar), bars, strict=True):
            if sentence:
                bar.show_sentence(sentence)
                bar.show()
        if busy:
            self.show_busy(busy)
        if self._report is not None:
            self.gpus.show_report(self._report)
        before.deleteLater()
        self.show_state(self._state)
        self.go_to(page)
        if step is not None:
            self._show_step(step)

    def _make_bars(self, theme: Theme, column: QVBoxLayout) -> None:
        self.demo_bar = DemoBar(theme)
        self.demo_bar.take_tour.clicked.connect(self.start_tour)
        self.demo_bar.leave.clicked.connect(self._intents.leave_demo)
        self.crash_bar = Bar(theme, "warning", Tone.BAD)
        self.restart = Button(theme, self.tr("Start again"), "refresh")
        self.restart.clicked.connect(self.restart_wished)
        self.crash_bar.buttons.addWidget(self.restart)
        self.problem_bar = Bar(theme, "warning", Tone.WARNING)
        dismiss = Button(theme, icon="close", kind="quiet", name=self.tr("Dismiss"))
        dismiss.clicked.connect(self.problem_bar.hide)
        self.problem_bar.buttons.addWidget(dismiss)
        self.busy_bar = Bar(theme, "info", Tone.BUSY)
        for bar in (self.demo_bar, self.crash_bar, self.problem_bar, self.busy_bar):
            bar.hide()
            column.addWidget(bar)

    def _build_pages(self) -> None:
        self._stack = PageStack(
            (
                lambda: HomePage(self._theme, self._intents),
                self._make_gpus,
                self._make_earnings,
                self._make_requests,
                self._make_chat,
                self._make_wallet,
                self._make_roles,
                self._make_logs,
                self._make_doctor,
                self._make_settings,
            )
        )
        self._column.addWidget(self._stack, 1)
        self.go_to(HOME)
        self.show_state(self._state)
        if self._painted:
            self._make_more()

    def _make_more(self) -> None:
        """One page after the other, and between them the window answers, so that a later click finds its page."""
        # In the tray nobody clicks, and pages that nobody opens take ten megabytes; `showEvent` goes on.
        if self.isVisible() and self._stack.make_next():
            QTimer.singleShot(0, self, self._make_more)

    def make_pages(self) -> None:
        """All that are missing, at once."""
        while self._stack.make_next():
            pass

    # The pages, each made at its first use.

    @property
    def home(self) -> HomePage:
        return cast(HomePage, self._stack.page(HOME))

    @property
    def gpus(self) -> GpusPage:
        return cast("GpusPage", self._stack.page(GPUS))

    @property
    def earnings(self) -> EarningsPage:
        return cast("EarningsPage", self._stack.page(EARNINGS))

    @property
    def requests(self) -> RequestsPage:
        return cast("RequestsPage", self._stack.page(REQUESTS))

    @property
    def chat(self) -> ChatPage:
        return cast("ChatPage", self._stack.page(CHAT))

    @property
    def wallet(self) -> WalletPage:
        return cast("WalletPage", self._stack.page(WALLET))

    @property
    def roles(self) -> RolesPage:
        return cast("RolesPage", self._stack.page(ROLES))

    @property
    def logs(self) -> LogsPage:
        return cast("LogsPage", self._stack.page(LOGS))

    @property
    def doctor(self) -> DoctorPage:
        return cast("DoctorPage", self._stack.page(DOCTOR))

    @property
    def settings(self) -> SettingsPage:
        return cast("SettingsPage", self._stack.page(SETTINGS))

    def _make_gpus(self) -> GpusPage:
        from r3mes_launcher.ui.gpus_page import GpusPage

        page = GpusPage(self._theme, self._intents, self._history)
        page.show_flaws(self._state.doctor.flaws)
        if self._report is not None:
            page.show_report(self._report)
        return page

    def _make_earnings(self) -> EarningsPage:
        from r3mes_launcher.ui.earnings.earnings_page import EarningsPage

        page = EarningsPage(self._theme, self._intents)
        page.wallet_wished.connect(lambda: self.go_to(WALLET))
        page.home_wished.connect(lambda: self.go_to(HOME))
        page.prices_wished.connect(self._on_prices_wished)
        page.show_state(self._state)
        return page

    def _on_prices_wished(self) -> None:
        self.go_to(SETTINGS)
        self.settings.show_prices()

    def _make_requests(self) -> RequestsPage:
        from r3mes_launcher.ui.requests_page import RequestsPage

        return RequestsPage(self._theme, self._intents)

    def _make_chat(self) -> ChatPage:
        from r3mes_launcher.ui.chat.chat_page import ChatPage

        page = ChatPage(self._theme, self._intents)
        page.home_wished.connect(lambda: self.go_to(HOME))
        page.show_state(self._state, self._now)
        return page

    def _make_wallet(self) -> WalletPage:
        from r3mes_launcher.ui.wallet.wallet_page import WalletPage

        page = WalletPage(self._theme, self._intents)
        page.roles_wished.connect(lambda: self.go_to(ROLES))
        page.show_state(self._state.wallet)
        return page

    def _make_roles(self) -> RolesPage:
        from r3mes_launcher.ui.wallet.roles_page import RolesPage

        page = RolesPage(self._theme, self._intents)
        page.wallet_wished.connect(lambda: self.go_to(WALLET))
        page.show_state(self._state, self._now)
        return page

    def _make_logs(self) -> LogsPage:
        from r3mes_launcher.ui.logs_page import LogsPage

        return LogsPage(self._theme, self._intents)

    def _make_doctor(self) -> DoctorPage:
        from r3mes_launcher.ui.doctor_page import DoctorPage

        page = DoctorPage(self._theme, self._intents)
        page.gateway_wished.connect(lambda: self.go_to(HOME))
        page.logs_wished.connect(lambda: self.go_to(LOGS))
        page.show_state(self._state)
        return page

    def _make_settings(self) -> SettingsPage:
        from r3mes_launcher.ui.settings.settings_page import SettingsPage

        page = SettingsPage(self._theme, self._intents)
        page.show_preferences(self._preferences)
        page.show_state(self._state)
        page.show_report(self._report or GpuReport())
        page.preferences_changed.connect(self.preferences_changed)
        return page

    def start_over(self, demo: bool) -> None:
        """For another core: fresh pages without anything of the one before."""
        self._column.removeWidget(self._stack)
        self._stack.hide()
        self._stack.deleteLater()
        for bar in (self.crash_bar, self.problem_bar, self.busy_bar):
            bar.hide()
        self._state = LauncherState(demo=demo)
        self._history = GpuHistory()
        self._report = None
        self._drop_tour()
        self._build_pages()

    # State in.

    @property
    def _now(self) -> float:
        """The time of what is shown: in the demo it is recorded."""
        return self._state.pace.now(time.time())

    @property
    def state(self) -> LauncherState:
        return self._state

    def show_state(self, state: LauncherState) -> None:
        self._state = state
        now = self._now
        self.demo_bar.show_state(state, self._tour is not None)
        self.setWindowTitle(self.tr("R3MES demo") if state.demo else "R3MES")
        self.home.show_state(state, now)
        # A page that is made later begins with the state of that moment.
        if self._stack.is_made(EARNINGS):
            self.earnings.show_state(state)
        if self._stack.is_made(CHAT):
            self.chat.show_state(state, now)
        if self._stack.is_made(WALLET):
            self.wallet.show_state(state.wallet)
        if self._stack.is_made(ROLES):
            self.roles.show_state(state, now)
        if self._stack.is_made(DOCTOR):
            self.doctor.show_state(state)
        if self._stack.is_made(GPUS):
            self.gpus.show_flaws(state.doctor.flaws)
        if self._stack.is_made(SETTINGS):
            self.settings.show_state(state)
        self._show_status(now)
        self._show_facts()

    def show_preferences(self, preferences: Preferences) -> None:
        self._preferences = preferences
        if self._stack.is_made(SETTINGS):
            self.settings.show_preferences(preferences)

    def show_report(self, report: GpuReport) -> None:
        self._report = report
        self._show_facts()
        self._history.add(report)
        if self._stack.is_made(GPUS):
            self.gpus.show_report(report)
        if self._stack.is_made(SETTINGS):
            self.settings.show_report(report)

    def show_logs(self, batch: LogBatch) -> None:
        self.logs.add(batch)

    def show_crash(self, sentence: str) -> None:
        self.crash_bar.show_sentence(sentence)
        self.crash_bar.show()

    def show_problem(self, sentence: str) -> None:
        self.problem_bar.show_sentence(sentence)
        self.problem_bar.show()

    def show_busy(self, sentence: str) -> None:
        """The launcher ends or changes over: the pages stay readable, wishes have to wait."""
        self.busy_bar.show_sentence(sentence)
        self.busy_bar.show()
        self._stack.setEnabled(False)
        self.demo_bar.leave.setEnabled(False)

    def show_ready(self) -> None:
        self.busy_bar.hide()
        self._stack.setEnabled(True)
        self.demo_bar.leave.setEnabled(True)

    def go_to(self, index: int) -> None:
        page = self._stack.page(index)
        self._stack.setCurrentIndex(index)
        self.navigation.show_page(index)
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

    @property
    def page(self) -> int:
        return self._stack.currentIndex()

    def _show_status(self, now: float) -> None:
        words = node_wording(self._state.node, now)
        gateway = gateway_wording(self._state.gateway)
        self.navigation.show_status(
            words.title, words.tone, self.tr("Gateway: {state}").format(state=QLocale().toLower(gateway.title))
        )

    def _on_tick(self) -> None:
        now = self._now
        self.demo_bar.show_time(self._state.pace, now)
        self.home.tick(now)
        self._show_status(now)
        if self.page == REQUESTS:
            self.requests.refresh()
        if self.page == GPUS:
            self.gpus.tick(now)
        if self.page == EARNINGS:
            self.earnings.tick(time.time())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._on_tick()
        self._tick.start()
        self._attend()
        if self._painted:
            QTimer.singleShot(0, self, self._make_more)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        # In the tray nobody sees it, and nothing wakes the processor for it.
        super().hideEvent(event)
        self._tick.stop()
        self._attend()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() is QEvent.Type.WindowStateChange:
            self._attend()

    def _attend(self) -> None:
        """A window that nobody sees needs no reading of the GPUs each second."""
        self._intents.attend(self.isVisible() and not self.isMinimized())

    # The first start.

    def welcome(self) -> FirstRunSheet:
        """Shows the screens of the first start. Nobody else has to wait for their import."""
        from r3mes_launcher.core.first_run import facts_of
        from r3mes_launcher.ui.first_run_sheet import FirstRunSheet

        facts = facts_of(self._state, self._report or GpuReport())
        sheet = FirstRunSheet(self._theme, self._intents, self, facts)
        sheet.demo_wished.connect(self._intents.open_demo)
        sheet.wallet_wished.connect(self._on_wallet_wished)
        self._welcome = sheet
        sheet.open()
        return sheet

    @property
    def first_run(self) -> FirstRunSheet | None:
        """The screens of the first start, while they are open."""
        return self._welcome if self._welcome is not None and isValid(self._welcome) else None

    def _show_facts(self) -> None:
        if self.first_run is not None:
            from r3mes_launcher.core.first_run import facts_of

            self.first_run.show_facts(facts_of(self._state, self._report or GpuReport()))

    def _on_wallet_wished(self, choice: str) -> None:
        self.go_to(WALLET)
        self.wallet.open_new(choice)

    # The tour of the demo.

    def start_tour(self) -> None:
        self._show_step(0)

    @property
    def tour(self) -> TourPanel | None:
        """The guided tour, while it is open."""
        return self._tour

    def _show_step(self, place: int) -> None:
        from r3mes_launcher.ui.tour import steps

        if self._tour is None:
            from r3mes_launcher.ui.tour_panel import TourPanel

            self._tour = TourPanel(self._theme)
            self._tour.step_wished.connect(self._show_step)
            self._tour.closed.connect(self._on_tour_closed)
            self._row.addWidget(self._tour)
            self._make_room(self._tour.sizeHint().width())
        way = steps()
        self.go_to(self._places[way[place].page])
        self._tour.show_step(way, place)
        self.demo_bar.take_tour.hide()
        self._tour.show()
        if way[place].part == "timeline":
            # After the layout of this moment, by which the page may have become narrower.
            QTimer.singleShot(0, self.home, lambda: self.home.ensureWidgetVisible(self.home.timeline))
        # The next Enter is the next step.
        self._tour.next.setFocus()

    def _on_tour_closed(self) -> None:
        self._drop_tour()
        self._stack.page(self.page).setFocus()
        self.tour_closed.emit()

    def _drop_tour(self) -> None:
        tour, self._tour = self._tour, None
        self.demo_bar.take_tour.show()
        if tour is not None:
            self._row.removeWidget(tour)
            tour.hide()
            tour.deleteLater()
            if self._width_alone is not None:
                # The layouts have to know first that it may be narrower.
                self._row.activate()
                self._ground.activate()
                self.resize(self._width_alone, self.height())

    def _make_room(self, width: int) -> None:
        """Makes the window wider by that much, as far as the screen goes."""
        self._width_alone = None if self.isMaximized() or self.isFullScreen() else self.width()
        if self._width_alone is not None:
            wider = min(self.width() + width, self.screen().availableGeometry().width())
            self.resize(max(wider, self.width()), self.height())

    # Window matters.

    def raise_window(self) -> None:
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def geometry_text(self) -> str:
        """For the next start. Ends the tour: the room that it has beside the pages goes with it."""
        self._drop_tour()
        return bytes(self.saveGeometry().data()).hex()

    def restore_geometry(self, text: str) -> None:
        if text:
            self.restoreGeometry(QByteArray.fromHex(text.encode("ascii", "ignore")))

    def allow_close(self) -> None:
        self._may_close = True

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if self._may_close:
            event.accept()
        else:
            event.ignore()
            self.close_wished.emit()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.UpdateRequest:
            # A change of a card's height travels up to the page one posted event a level, and Qt puts those that come
            # meanwhile behind the next painting: without this, that one shows the cards squeezed.
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            # After this paint has reached the screen.
            QTimer.singleShot(0, self, self._on_first_painted)

    def _on_first_painted(self) -> None:
        self.first_painted.emit()
        QTimer.singleShot(0, self, self._make_more)
