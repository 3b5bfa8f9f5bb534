"""What the launcher's tests share: Qt without a screen, checks for what a test leaves behind, a core to play with."""

from __future__ import annotations

import os

# Before anything imports Qt: without a display Qt would end the whole test run.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("LANG", "C.UTF-8")

import contextlib
import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from fake_core import FakeChats, FakeCore
from recorded_intents import RecordedIntents

from r3mes_launcher.core.policy_desk import PolicySources
from r3mes_launcher.core.settings import SettingsStore
from r3mes_launcher.core.state import (
    GatewayState,
    LauncherState,
    NodeState,
)
from r3mes_launcher.ports.fixed_source import FixedSource
from r3mes_launcher.ports.network_state import NetworkReading
from r3mes_launcher.ports.power import PowerReading
from r3mes_launcher.ports.session_events import NoSessionEvents

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from r3mes_launcher.ui.main_window import MainWindow
    from r3mes_launcher.ui.theme import Theme

# How long a test waits for what must come: far longer than it takes on a busy machine with two cores.
PATIENCE_S = 60.0
# A modal dialog that is still open after this has nobody who would close it.
MODAL_LIMIT_MS = 30_000
QT_FIXTURES = frozenset({"qapp", "qtbot"})


def poll(condition: Callable[[], bool], seconds: float = PATIENCE_S) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class ChildWatch:
    """Knows the children of this process, and looks for them only after one was started: a look takes milliseconds."""

    EVENTS = frozenset({"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"})

    def __init__(self) -> None:
        self._known: frozenset[psutil.Process] = frozenset()
        self._started = True
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in self.EVENTS:
            self._started = True

    @property
    def has_news(self) -> bool:
        return self._started

    def children(self) -> frozenset[psutil.Process]:
        if self._started:
            self._started = False
            self._known = _children()
        return self._known


@pytest.fixture(scope="session")
def child_watch() -> ChildWatch:
    """Audit hooks can't be taken away, so there is one for the whole run."""
    return ChildWatch()


@pytest.fixture(autouse=True)
def no_child_left(child_watch: ChildWatch) -> Iterator[None]:
    """A test ends the processes that it started."""
    before = child_watch.children()
    yield
    if not child_watch.has_news:
        return
    left: set[psutil.Process] = set()

    def gone() -> bool:
        left.clear()
        left.update(_children() - before)
        return not left

    if not poll(gone, 5.0):
        names = [f"{process.pid} {' '.join(process.cmdline())}" for process in left if process.is_running()]
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        pytest.fail(f"child processes are left: {names}")


def _children() -> frozenset[psutil.Process]:
    found = set()
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                found.add(process)
    return frozenset(found)


@pytest.fixture(autouse=True)
def no_qt_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test with Qt leaves no window, no running timer, no thread and no open modal dialog."""
    if not QT_FIXTURES.intersection(request.fixturenames):
        yield
        return
    qapp = request.getfixturevalue("qapp")
    from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
    from PySide6.QtWidgets import QApplication
    from shiboken6 import isValid

    stuck: list[str] = []
    seen: list[object] = []
    watchdog = QTimer()
    watchdog.setInterval(MODAL_LIMIT_MS)

    def close_modal() -> None:
        modal = QApplication.activeModalWidget()
        # One that is open at one look only may just have been opened by a long test.
        open_for_long = modal is not None and modal in seen
        seen[:] = [modal]
        if modal is not None and open_for_long:
            stuck.append(f"{type(modal).__name__} {modal.windowTitle()}")
            modal.close()

    watchdog.timeout.connect(close_modal)
    watchdog.start()
    windows = {id(widget) for widget in QApplication.topLevelWidgets()}
    threads = set(threading.enumerate())
    yield
    watchdog.stop()

    def settle() -> None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        qapp.processEvents()

    def leaks() -> list[str]:
        settle()
        found = [
            f"window {type(widget).__name__} {widget.objectName()}"
            for widget in QApplication.topLevelWidgets()
            # Combo boxes keep their closed pop-up lists as windows of their own until they go.
            if id(widget) not in windows and widget.parent() is None
        ]
        found += [f"thread {thread.name}" for thread in set(threading.enumerate()) - threads]
        # By type(): isinstance() asks the object, and torch has some (loaded by the engine's tests) that then warn.
        for thing in (each for each in gc.get_objects() if issubclass(type(each), QTimer | QThread)):
            if isinstance(thing, QTimer) and thing is not watchdog and isValid(thing) and thing.isActive():
                found.append(f"timer of {thing.parent()}")
            elif isinstance(thing, QThread) and isValid(thing) and thing.isRunning() and thing is not qapp.thread():
                found.append(f"QThread {thing.objectName()}")
        return found

    assert not stuck, f"modal dialogs stayed open: {stuck}"
    settle()
    if leaks():
        gc.collect()
        assert poll(lambda: not leaks(), 5.0), leaks()


@pytest.fixture
def quiet_computer() -> PolicySources:
    """Nobody is at this computer, and nothing stands against serving."""
    return PolicySources(
        idle=FixedSource(3600.0),
        power=FixedSource(PowerReading(on_battery=False)),
        programs=FixedSource(frozenset()),
        network=FixedSource(NetworkReading(online=True, metered=False)),
        disk=FixedSource(1_000_000),
        gpu_use=FixedSource(()),
        events=NoSessionEvents(),
    )


@pytest.fixture
def fake_core() -> FakeCore:
    return FakeCore()


@pytest.fixture
def fake_chats() -> FakeChats:
    return FakeChats()


@pytest.fixture
def make_fake_core() -> type[FakeCore]:
    return FakeCore


@pytest.fixture
def store(tmp_path: Path) -> SettingsStore:
    """Settings in a file of the test's own."""
    made = SettingsStore(tmp_path / "settings.json", lambda *_: None)
    made.load()
    return made


@pytest.fixture
def ready_state() -> LauncherState:
    """A launcher whose gateway answers and lists two models."""
    gateway = GatewayState(url="http://127.0.0.1:8080", mode="remote", reachable=True)
    return LauncherState(node=NodeState(), gateway=gateway, models=("small", "large"))


@pytest.fixture
def intents() -> RecordedIntents:
    return RecordedIntents()


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    """The window's look and its English, made once: fonts and icons stay the same."""
    from r3mes_launcher.core.shipped_assets import assets_folder
    from r3mes_launcher.ui.language import Language, Speech
    from r3mes_launcher.ui.theme import Scheme, Theme

    speech = Speech(qapp, assets_folder(), Language.ENGLISH)
    speech.setParent(qapp)
    return Theme(qapp, assets_folder(), Scheme.LIGHT)


@pytest.fixture
def window(qtbot: QtBot, theme: Theme, intents: RecordedIntents) -> MainWindow:
    """The window without an application behind it; what it asks for is in `intents`."""
    from r3mes_launcher.ui.main_window import MainWindow
    from r3mes_launcher.ui.window_content import WindowContent

    made = MainWindow(theme, intents, WindowContent())
    qtbot.addWidget(made, before_close_func=lambda widget: widget.allow_close())
    made.show()
    qtbot.waitExposed(made, timeout=60_000)
    made.pages.make_all()
    return made


class GuiBeat:
    """A precise timer of the GUI thread, which tells how late each of its beats comes."""

    EVERY_MS = 10

    @contextlib.contextmanager
    def late(self) -> Iterator[list[float]]:
        """While it beats, fills the list with the seconds that each beat is late."""
        from PySide6.QtCore import Qt, QTimer

        late: list[float] = []
        last = time.perf_counter()

        def on_beat() -> None:
            nonlocal last
            now = time.perf_counter()
            late.append(max(0.0, now - last - self.EVERY_MS / 1000))
            last = now

        beat = QTimer()
        beat.setTimerType(Qt.TimerType.PreciseTimer)
        beat.setInterval(self.EVERY_MS)
        beat.timeout.connect(on_beat)
        beat.start()
        try:
            yield late
        finally:
            beat.stop()


@pytest.fixture
def gui_beat() -> GuiBeat:
    return GuiBeat()


class InputOutputGuard:
    """While it is on, the thread that made it may not open a file, a socket or a process."""

    EVENTS = frozenset(
        {"open", "socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.listdir"}
        | {"os.scandir", "os.rename", "os.remove", "os.mkdir", "os.posix_spawn", "os.fork", "time.sleep"}
    )

    def __init__(self) -> None:
        self._thread = 0
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._thread and event in self.EVENTS and threading.get_ident() == self._thread:
            self.seen.append(f"{event} {arguments[:1]}")

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        self.seen.clear()
        self._thread = threading.get_ident()
        try:
            yield
        finally:
            self._thread = 0
        assert not self.seen, f"the GUI thread did input or output: {self.seen}"


@pytest.fixture(scope="session")
def input_output_guard() -> InputOutputGuard:
    """Audit hooks can't be taken away, so there is one for the whole run."""
    return InputOutputGuard()
