"""50 000 log lines a second through the real bridge into the real window, and its timer stays on time."""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from typing import Any

from PySide6.QtCore import Qt, QTimer
from pytestqt.qtbot import QtBot

from r3mes_launcher.bridge import Bridge
from r3mes_launcher.core.state import LogLevel, LogLine
from r3mes_launcher.ui.main_window import LOGS

LINES_PER_SECOND = 50_000
BATCHES_PER_SECOND = 100
FLOOD_S = 3.0
BEAT_MS = 10
# The promise is 100 ms; what is measured on a quiet machine is far below it.
LATENESS_P99_S = 0.100
# A machine that is too busy to make the lines proves nothing about the window.
LEAST_SHARE_MADE = 0.8


def test_the_gui_timer_is_on_time_in_a_flood_of_lines(
    qtbot: QtBot, window: Any, fake_core: Any, record_property: Any
) -> None:
    bridge = Bridge(lambda: fake_core)
    bridge.logs_arrived.connect(window.show_logs)
    ended: list[bool] = []
    bridge.ended.connect(lambda: ended.append(True))
    bridge.start()
    window.go_to(LOGS)
    assert fake_core.started.wait(20)
    made = 0
    flooding = threading.Event()
    flooding.set()

    async def flood() -> None:
        nonlocal made
        began = time.monotonic()
        size = LINES_PER_SECOND // BATCHES_PER_SECOND
        for batch in range(int(FLOOD_S * BATCHES_PER_SECOND)):
            now = time.time()
            fake_core.log(
                [
                    LogLine(
                        now,
                        "engine",
                        LogLevel.WARNING if n % 97 == 0 else LogLevel.INFO,
                        f"line {batch}.{n} of a flood",
                    )
                    for n in range(size)
                ]
            )
            made += size
            await asyncio.sleep(max(0.0, began + (batch + 1) / BATCHES_PER_SECOND - time.monotonic()))
        flooding.clear()

    late: list[float] = []
    beat = QTimer()
    beat.setTimerType(Qt.TimerType.PreciseTimer)
    beat.setInterval(BEAT_MS)
    last = time.perf_counter()

    def on_beat() -> None:
        nonlocal last
        now = time.perf_counter()
        late.append(max(0.0, now - last - BEAT_MS / 1000))
        last = now

    beat.timeout.connect(on_beat)
    beat.start()
    began = time.monotonic()
    asyncio.run_coroutine_threadsafe(flood(), fake_core.loop)
    qtbot.waitUntil(lambda: not flooding.is_set(), timeout=60_000)
    took = time.monotonic() - began
    beat.stop()
    bridge.close()
    qtbot.waitUntil(lambda: bool(ended), timeout=20_000)
    assert bridge.join(10)
    bridge.deleteLater()

    p99 = statistics.quantiles(late, n=100)[98]
    print(
        f"{made} lines in {took:.2f} s ({made / took:.0f} a second); timer late: "
        f"median {statistics.median(late) * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms, worst {max(late) * 1000:.1f} ms"
    )
    assert made == LINES_PER_SECOND * FLOOD_S
    assert made / took >= LINES_PER_SECOND * LEAST_SHARE_MADE, f"only {made / took:.0f} lines a second were made"
    assert p99 <= LATENESS_P99_S, f"the timer was late by {p99 * 1000:.0f} ms"
    assert window.logs.view.shown_text().endswith("of a flood")
