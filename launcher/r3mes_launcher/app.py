"""The composition root of the window: makes theme, window, tray and bridge, and ties them together."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal
from PySide6.QtWidgets import QApplication, QMessageBox

from r3mes_launcher.bridge import Bridge, ChatStream
from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.policy.reasons import PauseChoice
from r3mes_launcher.core.state import ChatTurn, Desired, DeviceChoice, GatewayKind, LauncherState
from r3mes_launcher.ui.announcer import Announcer
from r3mes_launcher.ui.language import Language, Speech
from r3mes_launcher.ui.main_window import MainWindow
from r3mes_launcher.ui.preferences import CloseAction, PreferenceFile
from r3mes_launcher.ui.question import ask
from r3mes_launcher.ui.theme import Scheme, Theme
from r3mes_launcher.ui.tray import Tray

Result = TypeVar("Result")

# Makes a real (False) or a demo core (True). Called on the core's own thread.
Compose = Callable[[bool], Core]

# The core drains and then ends its children within bounds of its own; when even that takes longer than this, the
# process ends, and the children end themselves because their stdin does.
SHUTDOWN_LIMIT_MS = 60_000
# After `ended` the thread has only to return.
JOIN_LIMIT_S = 10.0


class CurrentBridge:
    """The pages' intents, passed on to the bridge of the day: the real core's or the demo's."""

    def __init__(self, bridge: Bridge, switch: Callable[[bool], None]) -> None:
        self.bridge = bridge
        self._switch = switch
        self._is_watched = True

    def set_desired(self, desired: Desired) -> None:
        self.bridge.set_desired(desired)

    def cancel_provisioning(self) -> None:
        self.bridge.cancel_provisioning()

    def pause(self, choice: PauseChoice) -> None:
        self.bridge.pause(choice)

    def resume(self) -> None:
        self.bridge.resume()

    def serve_anyway(self) -> None:
        self.bridge.serve_anyway()

    def retry(self) -> None:
        self.bridge.retry()

    def examine(self) -> None:
        self.bridge.examine()

    def attend(self, is_watched: bool) -> None:
        self._is_watched = is_watched
        self.bridge.attend(is_watched)

    def change_bridge(self, bridge: Bridge) -> None:
        """To another core, which hears at once whether the window can be seen."""
        self.bridge = bridge
        bridge.attend(self._is_watched)

    def choose_device(self, device: DeviceChoice) -> None:
        self.bridge.choose_device(device)

    def serve_on_cpu(self) -> None:
        self.bridge.serve_on_cpu()

    def choose_model(self, path: str, done: Callable[[], None], failed: Callable[[str], None]) -> None:
        self.bridge.choose_model(path, done, failed)

    def choose_gateway(
        self, kind: GatewayKind, url: str, done: Callable[[], None], failed: Callable[[str], None]
    ) -> None:
        self.bridge.choose_gateway(kind, url, done, failed)

    def write_file(self, path: Path, text: str, done: Callable[[], None], failed: Callable[[str], None]) -> None:
        self.bridge.write_file(path, text, done, failed)

    def chat(self, turns: Sequence[ChatTurn], model: str = "") -> ChatStream:
        return self.bridge.chat(turns, model)

    def ask(
        self,
        question: Callable[[Core], Awaitable[Result]],
        done: Callable[[Result], None],
        failed: Callable[[str], None],
    ) -> None:
        self.bridge.ask(question, done, failed)

    def open_demo(self) -> None:
        self._switch(True)

    def leave_demo(self) -> None:
        self._switch(False)


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
        self._quitting = False
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
        self.window = MainWindow(theme, self.intents, demo)
        self.window.show_preferences(self._preferences)
        self.window.preferences_changed.connect(self._on_preferences)
        self.window.restore_geometry(self._preferences.geometry)
        self.window.close_wished.connect(self.on_close_wished)
        self.window.quit_wished.connect(self.on_quit_wished)
        self.window.restart_wished.connect(self.restart)
        self.window.tour_closed.connect(lambda: self.keep(toured=True))
        self.tray = Tray(theme, self.intents, self)
        self.tray.open_wished.connect(self.window.raise_window)
        self.tray.quit_wished.connect(self.on_quit_wished)
        self.announcer = Announcer(self.tray, self.window.show_problem)
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.timeout.connect(self._finish)
        application.setQuitOnLastWindowClosed(False)
        # The session ends: there is no time for questions.
        application.commitDataRequest.connect(self.quit)

    def start(self, in_tray: bool = False) -> None:
        """The window first; the core, with all that it imports, after the first paint.

        With `in_tray` no window opens while there is a tray, or one still comes; without a tray it opens minimised.
        """
        if in_tray:
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
        if not self.window.isVisible():
            self.window.showMinimized()

    def _begin(self) -> None:
        self.tray.show()
        if not self._quitting:
            self.bridge.start()

    def error_sentence(self, error: BaseException) -> str:
        """For an error of the window itself, which is a fault of the program."""
        detail = f"{type(error).__name__}: {error}"
        return self.tr("Something went wrong in the window ({detail}). The node is not touched by it.").format(
            detail=detail
        )

    def _on_preferences(self, values: dict[str, Any]) -> None:
        self.keep(**values)
        self.window.show_preferences(self._preferences)
        self._theme.choose(self._preferences.scheme)
        if self._speech is not None:
            # After the box that was used has finished: the page it lies on is made anew.
            QTimer.singleShot(0, self, self._speak_as_preferred)

    def _speak_as_preferred(self) -> None:
        if self._speech is not None:
            self._speech.choose(self._preferences.language)

    def _on_language(self) -> None:
        self.window.retranslate()
        self.tray.retranslate()

    # One bridge at a time.

    def _make_bridge(self, demo: bool) -> Bridge:
        bridge = Bridge(lambda: self._compose(demo), self)
        bridge.state_changed.connect(self._on_state)
        bridge.gpus_changed.connect(lambda report: self.window.show_report(report))
        bridge.logs_arrived.connect(lambda batch: self.window.show_logs(batch))
        bridge.failed.connect(lambda sentence: self.window.show_problem(sentence))
        bridge.crashed.connect(self._on_crashed)
        bridge.ended.connect(self._on_ended)
        return bridge

    def _on_state(self, state: LauncherState) -> None:
        self.window.show_state(state)
        if self._first_run and not self._preferences.welcomed and not self._demo and self.window.isVisible():
            self._first_run = False
            self.window.welcome().ended.connect(lambda: self.keep(welcomed=True))
        if state.demo and state.bundle is None and self._offers_tour and not self._preferences.toured:
            self._offers_tour = False
            self.window.start_tour()
        self.tray.show_state(state)
        self.announcer.show_state(state, self._preferences, time.time())

    def _on_crashed(self, sentence: str) -> None:
        self.window.show_crash(sentence)

    def switch(self, demo: bool) -> None:
        """Closes the core that runs and composes the other one, in the same window."""
        if self._quitting or self._switching is not None or demo == self._demo:
            return
        if demo and self.window.state.node.desired is Desired.SERVING:
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
        self.window.show_busy(self.tr("Opening the demo…") if demo else self.tr("Opening the launcher…"))
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
        self.window.start_over(demo)
        self.announcer.start_over()
        self.window.show_ready()
        self.tray.show_state(self.window.state)
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
            self._ask(
                self.tr("Keep R3MES running?"),
                self.tr("It can stay in the tray and go on as it is. You are asked only this once."),
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
        node = self.window.state.node
        if self._quitting or node.desired is not Desired.SERVING or not self.bridge.running:
            self.quit()
            return
        self.window.raise_window()
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
        self.keep(geometry=self.window.geometry_text())
        self.window.show_busy(self.tr("Finishing running requests and closing…"))
        self._limit.start(SHUTDOWN_LIMIT_MS)
        alive = self.bridge.running
        self.bridge.close()
        if not alive:
            self._finish()

    def _finish(self) -> None:
        self._limit.stop()
        self._drop_bridge()
        if self._saver is not None:
            self._saver.join(JOIN_LIMIT_S)
        self.tray.hide()
        self.window.allow_close()
        self.window.close()
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


class SignalWatcher(QObject):
    """Ctrl-C and SIGTERM reach the event loop: Python's own handlers would wait until Qt calls Python again."""

    arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_activated)
        self._before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
        self._wakeup_before = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def _on_activated(self) -> None:
        self._reader.recv(64)
        self.arrived.emit()

    def release(self) -> None:
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()
