"""The window under measurement: the child process of `budgets.py`. Prints one JSON object.

watched_window.py start BEGAN      the real program: when its window is painted, and when it has answered a click
watched_window.py pages BEGAN      the real program: how long each page takes to open for the first time
watched_window.py idle SECONDS     the real program, started into the tray and left alone for so long; then opened
watched_window.py hidden SECONDS   the real program, all pages looked at, hidden and left alone for so long; then opened
watched_window.py logs SECONDS     the window's timer while 50,000 log lines a second arrive
watched_window.py gpus SECONDS     the same while 8 GPUs are read ten times a second
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

SETTLE_S = 10.0
"""From when the core has brought its gateway up until nothing is left to do."""
PAUSE_MS = 500
"""Between two pages, so that what the one asks for is not counted to the other."""
BEAT_MS = 10
LINES_A_SECOND = 50_000
BATCHES_A_SECOND = 100
GPUS, READINGS_A_SECOND = 8, 10
SOON_MS = 1000
"""Instead of a minute, how long a hidden window is kept."""
LONGEST_MS = 120_000
"""Ends a measurement that hangs."""


NOT_THE_LAUNCHERS = ("rich", "pygments")
"""The tests' tools bring these, and httpx imports them where they are. The launcher's own environment has none."""


def run_program(watch: Callable[[Any], None], *arguments: str) -> None:
    """The real program from its entry; `watch` gets its App before it starts."""
    from PySide6.QtCore import QTimer

    for name in NOT_THE_LAUNCHERS:
        sys.modules[name] = None  # type: ignore[assignment]
    from r3mes_launcher import __main__ as program
    from r3mes_launcher import app

    class Watched(app.App):
        def start(self, in_tray: bool = False) -> None:
            watch(self)
            QTimer.singleShot(LONGEST_MS, self, self.quit)
            super().start(in_tray)

    app.App = Watched  # type: ignore[misc]
    if program.main(list(arguments)) != 0:
        raise SystemExit("the program did not end well")


def at_first_paint(then: Callable[[Any], None]) -> Callable[[Any], None]:
    return lambda app: app.window.first_painted.connect(lambda: then(app))


def measure_start(began: float) -> dict[str, float]:
    told: dict[str, float] = {}

    def on_painted(app: Any) -> None:
        from PySide6.QtCore import QTimer

        told["painted_s"] = time.time() - began
        click_page(app, 1)
        assert app.window.page == 1
        # After what the click asks to be painted.
        QTimer.singleShot(0, app, lambda: (told.update(answered_s=time.time() - began), app.quit()))

    run_program(at_first_paint(on_painted))
    return told


def click_page(app: Any, index: int) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    QTest.mouseClick(app.window.navigation.buttons[index], Qt.MouseButton.LeftButton)


def measure_pages(_: float) -> dict[str, float]:
    """From the click until the page is painted, in a window whose core is up and has nothing to do."""
    told: dict[str, float] = {}
    names = ("gpus", "earnings", "requests", "chat", "wallet", "roles", "logs", "doctor", "settings")

    def on_painted(app: Any) -> None:
        from PySide6.QtCore import QTimer

        def open_page(index: int) -> None:
            if index > len(names):
                told["worst_ms"] = max(told.values())
                app.quit()
                return
            began = time.perf_counter()
            click_page(app, index)
            # What the click changed is painted now and not with the next round of the loop.
            app.window.repaint()
            told[f"{names[index - 1]}_ms"] = 1000 * (time.perf_counter() - began)
            QTimer.singleShot(PAUSE_MS, app, lambda: open_page(index + 1))

        when_settled(app, lambda: open_page(1))

    run_program(at_first_paint(on_painted))
    return told


def measure_idle(seconds: float) -> dict[str, float]:
    told: dict[str, float] = {}

    def watch(app: Any) -> None:
        from PySide6.QtCore import QTimer

        def open_window() -> None:
            # It is not the launcher that quits then, whatever is asked at the first start.
            began = time.perf_counter()
            app.tray.open.trigger()
            app.window.first_painted.connect(
                lambda: (told.update(opened_s=time.perf_counter() - began), QTimer.singleShot(0, app, app.quit))
            )

        when_settled(app, lambda: measure_rest(app, seconds, told, open_window))

    run_program(watch, "--tray")
    return told


def measure_hidden(seconds: float) -> dict[str, float]:
    told: dict[str, float] = {}

    def on_painted(app: Any) -> None:
        from PySide6.QtCore import QTimer

        def hide() -> None:
            for button in app.window.navigation.buttons:
                # Without the library for tests, whose memory is not the launcher's.
                button.click()
                app.window.repaint()
            if app.window.first_run is not None:
                # A window with a dialog in it is kept.
                app.window.first_run.reject()
            app.unseen.setInterval(SOON_MS)
            app.window.hide()
            # Its memory is given back by then.
            when_settled(app, lambda: measure_rest(app, seconds, told, open_again))

        def open_again() -> None:
            began = time.perf_counter()
            app.tray.open.trigger()
            assert app.window.page == len(app.window.navigation.buttons) - 1
            app.window.first_painted.connect(
                lambda: (told.update(opened_s=time.perf_counter() - began), QTimer.singleShot(0, app, app.quit))
            )

        when_settled(app, hide)

    run_program(at_first_paint(on_painted))
    return told


def when_settled(app: Any, then: Callable[[], None]) -> None:
    """When the core has brought its gateway up, and some seconds after that."""
    from PySide6.QtCore import QTimer

    is_up: list[bool] = []

    def on_state(state: Any) -> None:
        if state.gateway.reachable and not is_up:
            is_up.append(True)
            QTimer.singleShot(round(1000 * SETTLE_S), app, then)

    app.bridge.state_changed.connect(on_state)
    on_state(app.content.state)


def measure_rest(app: Any, seconds: float, told: dict[str, float], then: Callable[[], None]) -> None:
    """What the program uses while it is left alone."""
    import psutil
    from PySide6.QtCore import QTimer

    process = psutil.Process()

    def spent() -> float:
        times = process.cpu_times()
        return times.user + times.system

    before, began = spent(), time.monotonic()

    def end() -> None:
        used = spent() - before
        memory = process.memory_full_info()
        told.update(
            core_percent=100 * used / (time.monotonic() - began),
            rss_mib=memory.rss / 2**20,
            unshared_mib=memory.uss / 2**20,
            children_rss_mib=sum(child.memory_info().rss for child in process.children(True)) / 2**20,
        )
        then()

    QTimer.singleShot(round(1000 * seconds), app, end)


class Flood:
    """A core that does nothing but tell."""

    wallet = owner = policy = None

    def __init__(self) -> None:
        self.listeners: list[Any] = []
        self.loop: asyncio.AbstractEventLoop | None = None

    def attend(self, is_watched: bool) -> None: ...

    def subscribe(self, listener: Any) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    async def start(self) -> None:
        self.loop = asyncio.get_running_loop()

    async def close(self) -> None:
        return

    async def log(self, seconds: float) -> float:
        """Lines at the promised rate. Returns how many a second there were."""
        from r3mes_launcher.core.state import LogLevel, LogLine

        def tell(batch: int) -> None:
            now = time.time()
            lines = [
                LogLine(now, "engine", LogLevel.WARNING if n % 97 == 0 else LogLevel.INFO, f"line {batch}.{n} of many")
                for n in range(LINES_A_SECOND // BATCHES_A_SECOND)
            ]
            for listener in self.listeners:
                listener.on_logs(lines)

        return await paced(seconds, BATCHES_A_SECOND, tell) * LINES_A_SECOND / BATCHES_A_SECOND

    async def read_gpus(self, seconds: float) -> float:
        """Readings at the promised rate. Returns how many a second there were."""
        from r3mes_launcher.core.state import GpuDriver, GpuReport, GpuSample

        def tell(number: int) -> None:
            cards = tuple(
                GpuSample(f"GPU-{card}", f"GPU {card}", False, 9000 + number % 700, 24576, 40 + (number + card) % 40,
                          120.0 + number % 100, 350.0, (7 * number + card) % 100, "8.9")
                for card in range(GPUS)
            )  # fmt: skip
            report = GpuReport(time.time(), GpuDriver.OK, "", "", cards)
            for listener in self.listeners:
                listener.on_gpus(report)

        return await paced(seconds, READINGS_A_SECOND, tell)


async def paced(seconds: float, rate: int, tell: Callable[[int], None]) -> float:
    """Calls `tell` `rate` times a second. Returns the rate that was reached."""
    began = time.monotonic()
    count = round(seconds * rate)
    for number in range(count):
        tell(number)
        await asyncio.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))
    return count / (time.monotonic() - began)


def measure_lateness(page: str, seconds: float, work: Callable[[Flood, float], Awaitable[float]]) -> dict[str, float]:
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtWidgets import QApplication

    from r3mes_launcher.app import App
    from r3mes_launcher.core.shipped_assets import assets_folder
    from r3mes_launcher.ui import pages
    from r3mes_launcher.ui.preferences import PreferenceFile
    from r3mes_launcher.ui.theme import Theme

    application = QApplication(sys.argv[:1])
    core = Flood()
    app = App(
        application,
        Theme(application, assets_folder()),
        lambda demo: core,  # type: ignore[arg-type, return-value]
        PreferenceFile(Path("window.json")),
    )
    told: dict[str, float] = {}
    late: list[float] = []
    last = 0.0

    def on_beat() -> None:
        nonlocal last
        now = time.perf_counter()
        late.append(max(0.0, now - last - BEAT_MS / 1000))
        last = now

    beat = QTimer(app)
    beat.setTimerType(Qt.TimerType.PreciseTimer)
    beat.setInterval(BEAT_MS)
    beat.timeout.connect(on_beat)
    watch = QTimer(app)
    running: list[Any] = []

    def look() -> None:
        nonlocal last
        if not running:
            if core.loop is None:
                return
            # How long that takes is a budget of its own. All that comes of it counts here.
            app.window.go_to(getattr(pages, page))
            running.append(asyncio.run_coroutine_threadsafe(as_coroutine(work(core, seconds)), core.loop))
            last = time.perf_counter()
            beat.start()
        elif running[0].done():
            watch.stop()
            beat.stop()
            told.update(
                rate=running[0].result(),
                median_ms=1000 * statistics.median(late),
                p99_ms=1000 * statistics.quantiles(late, n=100)[98],
                worst_ms=1000 * max(late),
            )
            app.quit()

    watch.timeout.connect(look)
    watch.start(100)
    QTimer.singleShot(LONGEST_MS, app, app.quit)
    app.finished.connect(application.quit)
    app.start()
    application.exec()
    return told


async def as_coroutine(work: Awaitable[float]) -> float:
    return await work


def main() -> None:
    mode, number = sys.argv[1], float(sys.argv[2])
    # Qt is not imported yet: what it takes is a part of the start.
    measures: dict[str, Callable[[float], dict[str, float]]] = {
        "start": measure_start,
        "pages": measure_pages,
        "idle": measure_idle,
        "hidden": measure_hidden,
        "logs": lambda seconds: measure_lateness("LOGS", seconds, Flood.log),
        "gpus": lambda seconds: measure_lateness("GPUS", seconds, Flood.read_gpus),
    }
    print(json.dumps(measures[mode](number)))


if __name__ == "__main__":
    main()
