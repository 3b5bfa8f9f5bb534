"""The log: plain lines, levels, a cap, batches, and a flood that starves nobody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.core import log_hub
from r3mes_launcher.core.log_hub import BATCH_INTERVAL_S, MAX_LINE_CHARS, RING_LINES, LogHub, level_of, plain_text
from r3mes_launcher.core.state import LogLevel, LogLine
from r3mes_launcher.core.supervisor import Supervisor

Until = Callable[..., Awaitable[None]]


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("\x1b[1;31mred\x1b[0m text", "red text"),
        ("\x1b]0;a title\x07after", "after"),
        ("a\x00b\x07c", "a b c"),
        ("evil \u202etxt.exe", "evil  txt.exe"),
        ("ünïcode 中文 🙂", "ünïcode 中文 🙂"),
        (" 10%\r 50%\r100% done\r", "100% done"),
        ("tab\tbed", "tab bed"),
    ],
)
def test_lines_are_plain(raw: str, plain: str) -> None:
    assert plain_text(raw) == plain


@given(st.text(max_size=200))
def test_no_line_holds_what_a_terminal_obeys(raw: str) -> None:
    text = plain_text(raw)
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text)
    assert "\u202e" not in text and "\n" not in text


def test_a_long_line_is_cut() -> None:
    assert len(plain_text("x" * 100_000)) == MAX_LINE_CHARS


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("2026-11-23 22:12:11,139 ERROR r3mes_engine.serve: no", LogLevel.ERROR),
        ("WARNING: careful", LogLevel.WARNING),
        ("debug things", LogLevel.DEBUG),
        ('{"level": "critical", "message": "x"}', LogLevel.ERROR),
        ("Traceback (most recent call last):", LogLevel.ERROR),
        ("loading weights", LogLevel.INFO),
        ("level=warn msg=x", LogLevel.WARNING),
        ("a line whose word comes much too late to be its level: ERROR", LogLevel.INFO),
    ],
)
def test_levels_are_found(text: str, level: LogLevel) -> None:
    assert level_of(text) is level


async def test_an_indented_line_belongs_to_the_one_before(logs: LogHub) -> None:
    logs.add("engine", ["Traceback (most recent call last):", '  File "x.py", line 1', "", "INFO fine"])
    assert [line.level for line in logs.lines] == [LogLevel.ERROR, LogLevel.ERROR, LogLevel.INFO]


async def test_listeners_hear_batches_and_what_was_before(logs: LogHub, until: Until) -> None:
    logs.say("before")
    batches: list[tuple[float, Sequence[LogLine]]] = []
    end = logs.subscribe(lambda batch: batches.append((time.monotonic(), batch)))
    assert [line.text for line in batches[0][1]] == ["before"]
    for number in range(100):
        logs.say(str(number))
        await asyncio.sleep(0.003)
    await until(lambda: sum(len(batch) for _, batch in batches) == 101)
    times = [at for at, _ in batches[1:]]
    assert all(later - sooner > BATCH_INTERVAL_S * 0.9 for sooner, later in pairwise(times))
    end()
    logs.say("after")
    await asyncio.sleep(BATCH_INTERVAL_S * 2)
    assert sum(len(batch) for _, batch in batches) == 101


async def test_the_ring_is_capped(logs: LogHub, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.add("engine", (f"line {number}" for number in range(RING_LINES + 10)))
    assert len(logs.lines) == RING_LINES and logs.lines[0].text == "line 10"
    assert log_hub.RING_LINES == 50_000


async def test_a_flood_from_a_child_does_not_starve_the_loop(
    supervisor: Supervisor, logs: LogHub, fake_command: Any, until: Until
) -> None:
    """A real child writes 100,000 lines as fast as it can, at least 50,000 a second; a timer on the loop goes on."""
    from r3mes_launcher.core.engine_events import EngineEvents

    lines = 100_000
    count = 0

    def take(batch: Sequence[LogLine]) -> None:
        nonlocal count
        count += len(batch)

    lateness: list[float] = []

    async def tick() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            lateness.append(time.monotonic() - before - 0.005)

    logs.subscribe(take)
    ticking = asyncio.create_task(tick())
    started = time.monotonic()
    child = await supervisor.start(
        "engine", fake_command(f"flood={lines}", "exit=0"), EngineEvents(logs, lambda event: None, lambda facts: None)
    )
    await child.wait()
    logs.flush()
    took = time.monotonic() - started
    ticking.cancel()
    ordered = sorted(lateness)
    typical, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    print(f"{lines / took:,.0f} lines a second; the timer late by {typical * 1000:.0f} ms, p99 {late * 1000:.0f} ms")
    assert len(logs.lines) == RING_LINES and "number 99999" in logs.lines[-1].text
    # The listener loses lines only where a batch of its own would be larger than the whole ring.
    assert count >= RING_LINES
    # One read of the pipe takes about 10 ms to file away; the rest of the bounds is for a machine with other work.
    assert typical < 0.1 and late < 2.0


def test_a_models_download_is_the_nodes_progress() -> None:
    from r3mes_launcher.core.engine_events import EngineEvents, EngineFacts
    from r3mes_launcher.core.node_events import EngineLoading, Event
    from r3mes_protocol.control import DownloadEvent, command_line

    told: list[Event] = []
    facts: list[EngineFacts] = []
    hub = LogHub()
    events = EngineEvents(hub, told.append, facts.append)
    for state in ("downloading", "paused", "done"):
        event = DownloadEvent(name="Tiny", kind="model", state=state, done_bytes=5, total_bytes=20)
        events.on_output(command_line(event))
    progress = [event.progress for event in told if isinstance(event, EngineLoading)]
    assert [(one.stage, one.done, one.total, one.unit) for one in progress] == [
        ("Downloading Tiny", 5, 20, "bytes"),
        ("The download of Tiny is paused", 5, 20, "bytes"),
    ]
    assert len(told) == 2
