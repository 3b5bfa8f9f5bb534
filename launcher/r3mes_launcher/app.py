"""The composition root of the window: makes theme, window, tray and bridge, and ties them together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QPixmapCache
from PySide6.QtWidgets import QApplication, QMessageBox

from r3mes_launcher.bridge import Bridge
from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.state import Desired, LauncherState
from r3mes_launcher.ports.given_back_memory import give_back_memory
from r3mes_launcher.ui.announcer import Announcer
from r3mes_launcher.ui.current_bridge import CurrentBridge
from r3mes_launcher.ui.language import Language, Speech
from r3mes_launcher.ui.preferences import CloseAction, PreferenceFile
from r3mes_launcher.ui.question import ask
from r3mes_launcher.ui.theme import Scheme, Theme
from r3mes_launcher.ui.tray import Tray
from r3mes_launcher.ui.window_content import Display, WindowContent

if TYPE_CHECKING:
    # In the tray there is no window, and what it draws is not imported.
    from r3mes_launcher.ui.main_window import MainWindow

Result = TypeVar("Result")

# Makes a real (False) or a demo core (True). Called on the core's own thread.
Compose = Callable[[bool], Core]

# The core drains and then ends its children within bounds of its own; when even that takes longer than this, the
# process ends, and the children end themselves because their stdin does.
SHUTDOWN_LIMIT_MS = 60_000
# A window that was closed into the tray stays whole for so long, for whoever wants it back at once; then its memory is
# given back, which is a fifth of the launcher's.
WINDOW_KEPT_MS = 60_000
# After `ended` the thread has only to return.
JOIN_LIMIT_S = 10.0


class App(QObject):
    """The running launcher. `start` shows the window; `finished` comes when all has ended."""

    finished = Signal()

    def __init__(
        self,
        application: QApplication,
        theme: Theme,
        compose: Compose,
        preferences: PreferenceFile,
        demo: bool = False,
        speech: Speech | None = None,
        first_run: bool = False,
    ) -> None:
        """`first_run`: whether first start and tour of the demo are shown to those who have not seen them."""
        super().__init__()
        self._first_run = first_run
        self._offers_tour = first_run
        self._application = application
        self._compose = compose
        self._preference_file = preferences
        self._preferences = preferences.load()
        self._saver: threading.Thread | None = None
        self._question: QMessageBox | None = None
        self._demo = demo
        self._quitting = self._finished = False
        self._has_state = False
        """Whether the core of the day has told one."""
        self._switching: bool | None = None
        self._theme = theme
        if self._preferences.scheme is not Scheme.SYSTEM:
            theme.choose(self._preferences.scheme)
        self._speech = speech
        if speech is not None:
            if self._preferences.language is not Language.SYSTEM:
                speech.choose(self._preferences.language)
            speech.changed.connect(self._on_language)
        self.bridge = self._make_bridge(demo)
        self.intents = CurrentBridge(self.bridge, self.switch)
        self.content = WindowContent(demo)
        self.content.show_preferences(self._preferences)
        self._window: MainWindow | None = None
        self.tray = Tray(theme, self.intents, self)
        self.tray.open_wished.connect(self.raise_window)
        self.tray.quit_wished.connect(self.on_quit_wished)
        self.announcer = Announcer(self.tray, lambda sentence: self._display.show_problem(sentence))
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.timeout.connect(self._finish)
        self.unseen = QTimer(self)
        """Runs while a window is hidden."""
        self.unseen.setInterval(WINDOW_KEPT_MS)
        self.unseen.timeout.connect(self._give_up_window)
        application.setQuitOnLastWindowClosed(False)
        # The session ends: there is no time for questions.
        application.commitDataRequest.connect(self.quit)

    @property
    def window(self) -> MainWindow:
        """Made when somebody first wants to see it, with the content of then."""
        if self._window is None:
            self._window = self._make_window()
        return self._window

    def _make_window(self) -> MainWindow:
        from r3mes_launcher.ui.main_window import MainWindow

        window = MainWindow(self._theme, self.intents, self.content)
        window.restore_geometry(self._preferences.geometry)
        window.preferences_changed.connect(self._on_preferences)
        window.close_wished.connect(self.on_close_wished)
        window.quit_wished.connect(self.on_quit_wished)
        window.restart_wished.connect(self.restart)
        window.tour_closed.connect(lambda: self.keep(toured=True))
        window.seen_changed.connect(self._on_seen_changed)
        return window

    def _on_seen_changed(self, is_seen: bool) -> None:
        if is_seen or self._quitting:
            self.unseen.stop()
        else:
            self.unseen.start()

    def _give_up_window(self) -> None:
        """Of a window that nobody has opened for a while; the next one goes on where it was left.

        Where something in it would be lost, it is looked at again later.
        """
        window = self._window
        if window is None or self._is_seen or self._quitting:
            self.unseen.stop()
            return
        if window.holds_work or self._question is not None or self._switching is not None:
            return
        self.unseen.stop()
        self.keep(geometry=window.geometry_text())
        window.leave()
        self._window = None
        # Its own signals would come to nobody.
        window.blockSignals(True)
        # Not at once: what Qt still holds at that moment goes with the end of the event.
        window.destroyed.connect(lambda: QTimer.singleShot(0, self, self._on_window_gone))
        window.deleteLater()

    def _on_window_gone(self) -> None:
        self._theme.icons.forget()
        QPixmapCache.clear()
        give_back_memory()

    @property
    def _display(self) -> Display:
        return self.content if self._window is None else self._window

    @property
    def _is_seen(self) -> bool:
        return self._window is not None and self._window.isVisible()

    def raise_window(self) -> None:
        self.window.raise_window()
        # After the window itself, which need not wait for them.
        QTimer.singleShot(0, self, self._offer_first_steps)

    def start(self, in_tray: bool = False) -> None:
        """The window first; the core, with all that it imports, after the first paint.

        With `in_tray` no window opens while there is a tray, or one still comes; without a tray it opens minimised.
        """
        if in_tray:
            # The window that would say so is not made.
            self.intents.attend(False)
            self.tray.missing.connect(self._on_no_tray)
            QTimer.singleShot(0, self, self._begin)
            return
        self.window.first_painted.connect(self._on_first_painted)
        self.window.show()

    def _on_first_painted(self) -> None:
        self.window.first_painted.disconnect(self._on_first_painted)
        self._begin()

    def _on_no_tray(self) -> None:
        """A launcher that nobody can see or end would be a trap."""
        if not self._is_seen:
            self.window.showMinimized()

    def _begin(self) -> None:
        self.tray.show()
        if not self._quitting:
            self.bridge.start()

    def show_error(self, error: BaseException) -> None:
        """An error of the window itself, which is a fault of the program."""
        detail = f"{type(error).__name__}: {error}"
        self._display.show_problem(
            self.tr("Something went wrong in the window ({detail}). The node is not touched by it.").format(
                detail=detail
            )
        )

    def _on_preferences(self, values: dict[str, Any]) -> None:
        self.keep(**values)
        self._display.show_preferences(self._preferences)
        self._theme.choose(self._preferences.scheme)
        if self._speech is not None:
            # After the box that was used has finished: the page it lies on is made anew.
            QTimer.singleShot(0, self, self._speak_as_preferred)

    def _speak_as_preferred(self) -> None:
        if self._speech is not None:
            self._speech.choose(self._preferences.language)

    def _on_language(self) -> None:
        if self._window is not None:
            self._window.retranslate()
        self.tray.retranslate()

    # One bridge at a time.

    def _make_bridge(self, demo: bool) -> Bridge:
        bridge = Bridge(lambda: self._compose(demo), self)
        bridge.state_changed.connect(self._on_state)
        bridge.gpus_changed.connect(lambda report: self._display.show_report(report))
        bridge.logs_arrived.connect(lambda batch: self._display.show_logs(batch))
        bridge.failed.connect(lambda sentence: self._display.show_problem(sentence))
        bridge.crashed.connect(self._on_crashed)
        bridge.ended.connect(self._on_ended)
        return bridge

    def _on_state(self, state: LauncherState) -> None:
        self._display.show_state(state)
        self._has_state = True
        self._offer_first_steps()
        self.tray.show_state(state)
        self.announcer.show_state(state, self._preferences, time.time())

    def _offer_first_steps(self) -> None:
        """The first start's screens or the demo's tour, to whoever sees the window and has not seen them."""
        if not self._is_seen or not self._has_state:
            return
        state = self.content.state
        if self._first_run and not self._preferences.welcomed and not self._demo:
            self._first_run = False
            self.window.welcome().ended.connect(lambda: self.keep(welcomed=True))
        if state.demo and state.bundle is None and self._offers_tour and not self._preferences.toured:
            self._offers_tour = False
            self.window.start_tour()

    def _on_crashed(self, sentence: str) -> None:
        self._display.show_crash(sentence)

    def switch(self, demo: bool) -> None:
        """Closes the core that runs and composes the other one, in the same window."""
        if self._quitting or self._switching is not None or demo == self._demo:
            return
        if demo and self.content.state.node.desired is Desired.SERVING:
            self._ask(
                self.tr("Open the demo?"),
                self.tr("Serving stops while the demo is open. Running requests are finished first."),
                [(self.tr("Open the demo"), lambda: self._change_over(True))],
            )
            return
        self._change_over(demo)

    def restart(self) -> None:
        """After a crash: the same core again."""
        if not self._quitting and self._switching is None:
            self._change_over(self._demo)

    def _change_over(self, demo: bool) -> None:
        if self._quitting or self._switching is not None:
            return
        self._switching = demo
        self._display.show_busy(self.tr("Opening the demo…") if demo else self.tr("Opening the launcher…"))
        if self.bridge.running:
            self.bridge.close()
        else:
            self.bridge.close()
            self._on_ended()

    def _on_ended(self) -> None:
        if self._quitting:
            self._finish()
            return
        if self._switching is None:
            return  # a crash: the bar says so, and the window stays
        demo, self._switching = self._switching, None
        self._drop_bridge()
        self._demo = demo
        self.bridge = self._make_bridge(demo)
        self.intents.change_bridge(self.bridge)
        self._has_state = False
        self._display.start_over(demo)
        self.announcer.start_over()
        self._display.show_ready()
        self.tray.show_state(self.content.state)
        self.bridge.start()

    def _drop_bridge(self) -> None:
        self.bridge.join(JOIN_LIMIT_S)
        self.bridge.deleteLater()

    # Closing.

    def on_close_wished(self) -> None:
        if self._quitting:
            return
        if not self.tray.available:
            self.on_quit_wished()
        elif self._preferences.close is CloseAction.TRAY:
            self.window.hide()
        elif self._preferences.close is CloseAction.QUIT:
            self.on_quit_wished()
        else:
            detail = self.tr("It can stay in the tray and go on as it is. You are asked only this once.")
            if self.content.state.node.desired is Desired.SERVING:
                detail = " ".join((detail, self.tr("Quitting ends the serving; running requests are finished first.")))
            self._ask(
                self.tr("Keep R3MES running?"),
                detail,
                [
                    (self.tr("Keep running in the tray"), lambda: self._remember_close(CloseAction.TRAY)),
                    (self.tr("Quit"), lambda: self._remember_close(CloseAction.QUIT)),
                ],
            )

    def _remember_close(self, action: CloseAction) -> None:
        self.keep(close=action)
        if action is CloseAction.TRAY:
            self.window.hide()
        else:
            self.quit()

    def on_quit_wished(self) -> None:
        """Quits, after a question where that stops the serving."""
        node = self.content.state.node
        if self._quitting or node.desired is not Desired.SERVING or not self.bridge.running:
            self.quit()
            return
        self.raise_window()
        running = node.active_requests
        detail = (
            self.tr("This computer stops serving. %Ln running request(s) are finished first.", "", running)
            if running
            else self.tr("This computer stops serving until you start R3MES again.")
        )
        self._ask(self.tr("Quit R3MES?"), detail, [(self.tr("Quit"), self.quit)])

    def quit(self) -> None:
        """Drains, ends the core, joins its thread; `finished` follows. Safe to call twice."""
        if self._quitting:
            return
        self._quitting = True
        if self._window is not None:
            self.keep(geometry=self._window.geometry_text())
        self._display.show_busy(self.tr("Finishing running requests and closing…"))
        self._limit.start(SHUTDOWN_LIMIT_MS)
        alive = self.bridge.running
        self.bridge.close()
        if not alive:
            self._finish()

    def _finish(self) -> None:
        if self._finished:
            return  # the core's own end was told after it was found ended
        self._finished = True
        self._limit.stop()
        self._drop_bridge()
        if self._saver is not None:
            self._saver.join(JOIN_LIMIT_S)
        self.tray.hide()
        if self._window is not None:
            self._window.allow_close()
            self._window.close()
        self.finished.emit()

    def _ask(self, title: str, detail: str, answers: list[tuple[str, Callable[[], None]]]) -> None:
        if self._question is not None:
            self._question.raise_()
            return
        self._question = ask(self.window, title, detail, answers, self.tr("Cancel"))
        self._question.finished.connect(self._on_answered)

    def _on_answered(self) -> None:
        self._question = None

    def keep(self, **values: Any) -> None:
        """Writes what the window remembers, off this thread; losing it loses nothing that matters."""
        self._preferences = replace(self._preferences, **values)
        kept, previous = self._preferences, self._saver

        def save() -> None:
            if previous is not None:
                previous.join()
            try:
                self._preference_file.save(kept)
            except OSError:
                return  # a full or read-only disk: the question is asked again next time

        self._saver = threading.Thread(target=save, name="r3mes-preferences", daemon=True)
        self._saver.start()
