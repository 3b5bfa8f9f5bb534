"""50 000 log lines a second through the real bridge into the real window, and its timer stays on time."""

from __future__ import annotations

import asyncio
import statistics
import time
from concurrent.futures import Future
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from r3mes_launcher.bridge import Bridge
from r3mes_launcher.core.state import LogLevel, LogLine
from r3mes_launcher.ui.pages import LOGS

pytestmark = pytest.mark.alone

LINES_PER_SECOND = 50_000
BATCHES_PER_SECOND = 100
FLOOD_S = 2.0
# The promise. On a quiet machine with two cores it is about 30 ms.
LATENESS_P99_S = 0.100
# A machine that is too busy to make the lines proves nothing about the window.
LEAST_SHARE_MADE = 0.9
# Other programs on the machine delay the timer too; the promise has to hold in one round of these.
ROUNDS = 4


async def flood(core: Any) -> float:
    """Makes lines at the promised rate. Returns the seconds it took."""
    began = time.monotonic()
    for batch in range(int(FLOOD_S * BATCHES_PER_SECOND)):
        now = time.time()
        core.log(
            [
                LogLine(
                    now, "engine", LogLevel.WARNING if n % 97 == 0 else LogLevel.INFO, f"line {batch}.{n} of a flood"
                )
                for n in range(LINES_PER_SECOND // BATCHES_PER_SECOND)
            ]
        )
        await asyncio.sleep(max(0.0, began + (batch + 1) / BATCHES_PER_SECOND - time.monotonic()))
    return time.monotonic() - began


def lateness(qtbot: QtBot, core: Any, gui_beat: Any) -> tuple[list[float], float]:
    """One round: how late each beat of a GUI timer was, in seconds, and the lines a second that were made."""
    with gui_beat.late() as late:
        flooding: Future[float] = asyncio.run_coroutine_threadsafe(flood(core), core.loop)
        qtbot.waitUntil(flooding.done, timeout=60_000)
    return late, LINES_PER_SECOND * FLOOD_S / flooding.result()


def test_the_gui_timer_is_on_time_in_a_flood_of_lines(qtbot: QtBot, window: Any, fake_core: Any, gui_beat: Any) -> None:
    bridge = Bridge(lambda: fake_core)
    bridge.logs_arrived.connect(window.show_logs)
    ended: list[bool] = []
    bridge.ended.connect(lambda: ended.append(True))
    bridge.start()
    window.go_to(LOGS)
    assert fake_core.started.wait(60)
    rounds: list[str] = []
    kept = False
    while not kept and len(rounds) < ROUNDS:
        late, rate = lateness(qtbot, fake_core, gui_beat)
        p99 = statistics.quantiles(late, n=100)[98]
        rounds.append(
            f"{rate:.0f} lines a second; timer late: median {statistics.median(late) * 1000:.1f} ms, "
            f"p99 {p99 * 1000:.1f} ms, worst {max(late) * 1000:.1f} ms"
        )
        print(rounds[-1])
        kept = p99 <= LATENESS_P99_S and rate >= LINES_PER_SECOND * LEAST_SHARE_MADE
    qtbot.waitUntil(lambda: window.pages.logs.view.shown_text().endswith("of a flood"), timeout=20_000)
    bridge.close()
    qtbot.waitUntil(lambda: bool(ended), timeout=20_000)
    assert bridge.join(60)
    bridge.deleteLater()
    assert kept, rounds
