"""The window under measurement: the child process of `budgets.py`. Prints one JSON object.

watched_window.py start BEGAN      the real program: when its window is painted, and when it has answered a click
watched_window.py idle SECONDS     the real program, hidden as in the tray, left alone for so long
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
"""From the start until the core has brought its gateway up and nothing is left to do."""
BEAT_MS = 10
LINES_A_SECOND = 50_000
BATCHES_A_SECOND = 100
GPUS, READINGS_A_SECOND = 8, 10
LONGEST_MS = 120_000
"""Ends a measurement that hangs."""


NOT_THE_LAUNCHERS = ("rich", "pygments")
"""The tests' tools bring these, and httpx imports them where they are. The launcher's own environment has none."""


def run_program(on_painted: Callable[[Any], None]) -> None:
    """The real program from its entry, with one more listener at its first paint."""
    from PySide6.QtCore import QTimer

    for name in NOT_THE_LAUNCHERS:
        sys.modules[name] = None  # type: ignore[assignment]
    from r3mes_launcher import __main__ as program
    from r3mes_launcher import app

    class Watched(app.App):
        def start(self, in_tray: bool = False) -> None:
            self.window.first_painted.connect(lambda: on_painted(self))
            QTimer.singleShot(LONGEST_MS, self, self.quit)
            super().start(in_tray)

    app.App = Watched  # type: ignore[misc]
    if program.main([]) != 0:
        raise SystemExit("the program did not end well")


def measure_start(began: float) -> dict[str, float]:
    told: dict[str, float] = {}

    def on_painted(app: Any) -> None:
        from PySide6.QtCore import Qt, QTimer
        from PySide6.QtTest import QTest

        told["painted_s"] = time.time() - began
        QTest.mouseClick(app.window.navigation.buttons[1], Qt.MouseButton.LeftButton)
        assert app.window.page == 1
        # After what the click asks to be painted.
        QTimer.singleShot(0, app, lambda: (told.update(answered_s=time.time() - began), app.quit()))

    run_program(on_painted)
    return told


def measure_idle(seconds: float) -> dict[str, float]:
    import psutil

    told: dict[str, float] = {}
    process = psutil.Process()

    def on_painted(app: Any) -> None:
        from PySide6.QtCore import QTimer

        app.window.hide()

        def begin() -> None:
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
                app.quit()

            QTimer.singleShot(round(1000 * seconds), app, end)

        QTimer.singleShot(round(1000 * SETTLE_S), app, begin)

    def spent() -> float:
        times = process.cpu_times()
        return times.user + times.system

    run_program(on_painted)
    return told


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
    from r3mes_launcher.ui import main_window
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
            app.window.go_to(getattr(main_window, page))
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
        "idle": measure_idle,
        "logs": lambda seconds: measure_lateness("LOGS", seconds, Flood.log),
        "gpus": lambda seconds: measure_lateness("GPUS", seconds, Flood.read_gpus),
    }
    print(json.dumps(measures[mode](number)))


if __name__ == "__main__":
    main()
