"""The engine's end comes at the earliest moment that anybody asked for, whoever is interrupted meanwhile."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[1]
PACKAGES = [str(ENGINE), str(ENGINE.parent / "api-lite")]


def ended(code: str) -> tuple[int, float, str]:
    """Exit code, seconds and output of a process that would run for a minute."""
    program = (
        f"import sys; sys.path[:0] = {PACKAGES!r}\n"
        "import signal, threading, time\n"
        "from r3mes_engine.watchdog import Watchdog\n"
        f"watchdog = Watchdog(7)\n{code}\nprint('armed', flush=True)\ntime.sleep(60)\n"
    )
    began = time.monotonic()
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False)
    return result.returncode, time.monotonic() - began, result.stdout


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("watchdog.end_within(0.2)", 7),
        ("watchdog.end_within(40); watchdog.end_within(0.2, 3); watchdog.end_within(30, 5)", 3),
        ("for _ in range(2): threading.Thread(target=watchdog.end_within, args=(0.2, 4)).start()", 4),
    ],
)
def test_the_earliest_moment_counts(code: str, exit_code: int) -> None:
    found, seconds, said = ended(code)
    assert (found, said.strip()) == (exit_code, "armed") and seconds < 20


@pytest.mark.skipif(sys.platform == "win32", reason="signals are raised as POSIX has them")
@pytest.mark.parametrize("held", ["watchdog._lock", "threading._active_limbo_lock"])
def test_a_signal_may_interrupt_whoever_asks_or_starts_a_thread(held: str) -> None:
    """Either lock is held for some microseconds; a handler that waited for it would wait for itself."""
    found, seconds, said = ended(
        "signal.signal(signal.SIGTERM, lambda *_: watchdog.end_within(0.2))\n"
        f"with {held}: signal.raise_signal(signal.SIGTERM)"
    )
    assert (found, said.strip()) == (7, "armed") and seconds < 20
