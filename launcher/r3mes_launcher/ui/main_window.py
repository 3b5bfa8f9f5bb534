"""The window: navigation left, pages right, bars above. Draws its content, passes wishes on, decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QLocale, QSize, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeySequence, QPaintEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from r3mes_launcher.bridge import LogBatch
from r3mes_launcher.core.state import Actual, GpuReport, LauncherState
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.navigation import Navigation
from r3mes_launcher.ui.pages import CHAT, WALLET, Pages
from r3mes_launcher.ui.preferences import Preferences
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.window_bars import WindowBars
from r3mes_launcher.ui.window_content import WindowContent
from r3mes_launcher.ui.window_view import holds_work
from r3mes_launcher.ui.wording import gateway_wording, node_wording

if TYPE_CHECKING:
    # Most windows never show these.
    from r3mes_launcher.ui.first_run_sheet import FirstRunSheet
    from r3mes_launcher.ui.guided_tour import GuidedTour
    from r3mes_launcher.ui.tour import Step
    from r3mes_launcher.ui.tour_panel import TourPanel

_TICK_MS = 1000
_LAYOUT_ROUNDS = 3


class MainWindow(QWidget):
    """Satisfies `window_content.Display`: what it is told, it keeps in its content too."""

    close_wished = Signal()
    """The person closed the window; somebody decides what that means."""
    quit_wished = Signal()
    restart_wished = Signal()
    """After a crash of the core: start it again."""
    first_painted = Signal()
    tour_closed = Signal()
    seen_changed = Signal(bool)
    """Whether it is open, be it minimised."""
    preferences_changed = Signal(dict)
    """The person changed what the window remembers: fields of Preferences."""

    def __init__(self, theme: Theme, intents: Intents, content: WindowContent) -> None:
        super().__init__()
        self._theme = theme
        self._intents = intents
        self.content = content
        self._welcome: FirstRunSheet | None = None
        self._tour: GuidedTour | None = None
        self._may_close = False
        self._painted = False
        self.setWindowTitle("R3MES")
        self.setWindowIcon(theme.icons.icon("r3mes", theme.tokens.accent))
        self._ground = QHBoxLayout(self)
        self._ground.setContentsMargins(0, 0, 0, 0)
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
        self.navigation = Navigation(self._theme, pages)
        self.navigation.chosen.connect(self.go_to)
        row.addWidget(self.navigation)
        column = QVBoxLayout()
        column.setSpacing(0)
        row.addLayout(column, 1)
        self.bars = WindowBars(self._theme)
        self.bars.demo.take_tour.clicked.connect(self.start_tour)
        self.bars.demo.leave.clicked.connect(self._intents.leave_demo)
        self.bars.restart_wished.connect(self.restart_wished)
        self.bars.dismissed.connect(lambda: self.show_problem(""))
        column.addWidget(self.bars)
        self._column = column
        self._build_pages()

    def _build_pages(self) -> None:
        self.pages = Pages(self._theme, self._intents, self.content)
        self.pages.page_wished.connect(self.go_to)
        self.pages.preferences_changed.connect(self.preferences_changed)
        self._column.addWidget(self.pages, 1)
        self.go_to(self.content.view.page)
        self._show_sentences()
        self.show_state(self.content.state)

    def retranslate(self) -> None:
        """After a change of language: everything anew, with the conversations and the content of before."""
        before, has_chat = self._inside, self.pages.is_made(CHAT)
        step = None if self._tour is None else self._tour.panel.place
        self._drop_tour()
        before.hide()
        self.content.view = self.pages.leave()
        self._build()
        if has_chat:
            # An answer may be on its way, and somebody has to keep it.
            self.pages.page(CHAT)
        before.deleteLater()
        if step is not None:
            self._open_tour(step)

    @property
    def holds_work(self) -> bool:
        """Whether something would be lost with this window, though it was left."""
        return self._tour is not None or bool(self.content.busy) or holds_work(self) or self.pages.holds_work

    def leave(self) -> None:
        """Before another window takes this one's place, with the same content."""
        self.content.view = self.pages.leave()

    def start_over(self, demo: bool) -> None:
        """For another core: fresh pages without anything of the one before."""
        self._column.removeWidget(self.pages)
        self.pages.hide()
        self.pages.deleteLater()
        self.content.start_over(demo)
        self._drop_tour()
        self._build_pages()

    # Content in.

    def show_state(self, state: LauncherState) -> None:
        self.content.show_state(state)
        self.bars.demo.show_state(state, self._tour is not None)
        self._show_title(state)
        self.pages.show_state()
        self._show_status()
        self._show_facts()

    def show_preferences(self, preferences: Preferences) -> None:
        self.content.show_preferences(preferences)
        self.pages.show_preferences()

    def show_report(self, report: GpuReport) -> None:
        self.content.show_report(report)
        self._show_facts()
        self.pages.show_report(report)

    def show_logs(self, batch: LogBatch) -> None:
        self.content.show_logs(batch)
        self.pages.show_logs(batch)

    def show_crash(self, sentence: str) -> None:
        self.content.show_crash(sentence)
        self._show_sentences()

    def show_problem(self, sentence: str) -> None:
        self.content.show_problem(sentence)
        self._show_sentences()

    def show_busy(self, sentence: str) -> None:
        self.content.show_busy(sentence)
        self._show_sentences()

    def show_ready(self) -> None:
        self.content.show_ready()
        self._show_sentences()

    def _show_sentences(self) -> None:
        self.bars.show_sentences(self.content)
        self.pages.setEnabled(not self.content.busy)

    def _show_title(self, state: LauncherState) -> None:
        """With what the node does: a taskbar and a list of windows show no more than this."""
        name = self.tr("R3MES demo") if state.demo else "R3MES"
        if state.node.actual in (Actual.STOPPED, Actual.UNPROVISIONED):
            self.setWindowTitle(name)
        else:
            self.setWindowTitle(f"{name} · {node_wording(state.node, self.content.now).title}")

    def _show_status(self) -> None:
        state = self.content.state
        words = node_wording(state.node, self.content.now)
        gateway = gateway_wording(state.gateway)
        self.navigation.show_status(
            words.title, words.tone, self.tr("Gateway: {state}").format(state=QLocale().toLower(gateway.title))
        )

    # The pages.

    def go_to(self, index: int) -> None:
        self.navigation.show_page(index)
        self.pages.open(index)

    @property
    def page(self) -> int:
        return self.pages.currentIndex()

    def _on_tick(self) -> None:
        self.bars.demo.show_time(self.content.state.pace, self.content.now)
        self.pages.tick()
        self._show_status()

    # Whether anybody looks.

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._on_tick()
        self._tick.start()
        self._attend()
        self.seen_changed.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        # In the tray nobody sees it, and nothing wakes the processor for it.
        super().hideEvent(event)
        self._tick.stop()
        self._attend()
        self.seen_changed.emit(False)

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

        facts = facts_of(self.content.state, self.content.report or GpuReport())
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

            self.first_run.show_facts(facts_of(self.content.state, self.content.report or GpuReport()))

    def _on_wallet_wished(self, choice: str) -> None:
        self.go_to(WALLET)
        self.pages.wallet.open_new(choice)

    # The tour of the demo.

    def start_tour(self) -> None:
        if self._tour is None:
            self._open_tour(0)
        else:
            self._tour.show_step(0)

    @property
    def tour(self) -> TourPanel | None:
        """The guided tour, while it is open."""
        return None if self._tour is None else self._tour.panel

    def _open_tour(self, step: int) -> None:
        from r3mes_launcher.ui.guided_tour import GuidedTour

        self._tour = GuidedTour(self._theme, self, self._row, self._turn_to, step)
        self._tour.closed.connect(self._on_tour_closed)
        self.bars.demo.take_tour.hide()

    def _turn_to(self, step: Step) -> None:
        self.go_to(self._places[step.page])
        if step.part == "timeline":
            home = self.pages.home
            # After the layout of this moment, by which the page may have become narrower.
            QTimer.singleShot(0, home, lambda: home.ensureWidgetVisible(home.timeline))

    def _on_tour_closed(self) -> None:
        self._drop_tour()
        self.pages.page(self.page).setFocus()
        self.tour_closed.emit()

    def _drop_tour(self) -> None:
        tour, self._tour = self._tour, None
        self.bars.demo.take_tour.show()
        if tour is not None:
            tour.close()

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
            # meanwhile behind the next painting: without this, that one shows the cards squeezed. One round gives
            # wrapped text its width, and only the next one sometimes its height.
            for _ in range(_LAYOUT_ROUNDS):
                QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            # After this paint has reached the screen.
            QTimer.singleShot(0, self, self.first_painted.emit)
