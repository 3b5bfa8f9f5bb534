"""A model that takes all it can get does not make its node look dead, and its pace is told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

HEARTBEAT_S = 0.5
LATEST_S = 3.0
"""A gateway asks for a beat every 10 s and takes a node for dead after 20: so late a beat is in time. Four threads that
hold the interpreter for tens of milliseconds each cost up to 1.1 s on two cores that were busy with other work too."""
BURNS_S = 5.0
USUAL_LOAD = 2.0
"""Programs that want a core, for each core, in a run of all tests. With more of them everything takes longer."""


def slowness() -> float:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return max(1.0, load / (os.cpu_count() or 1) / USUAL_LOAD)


@contextmanager
def busy_engine(gateway_url: str, burns_s: float) -> Iterator[subprocess.Popen[bytes]]:
    script = Path(__file__).with_name("busy_engine.py")
    engine = subprocess.Popen([sys.executable, str(script), gateway_url, str(burns_s)], stdin=subprocess.DEVNULL)
    try:
        yield engine
    finally:
        engine.kill()
        engine.wait(60)


def test_a_busy_model_does_not_starve_the_heartbeats(start_gateway: Any) -> None:
    gateway, slow = start_gateway(heartbeat_s=HEARTBEAT_S), slowness()
    with busy_engine(gateway.url, BURNS_S * slow):
        session = gateway.session()
        jobs = [session.job() for _ in range(2)]
        session.wait(lambda: all(session.frames.get(job) for job in jobs), "the answers are under way")
        begun = len(session.heartbeats)
        session.wait(lambda: len(session.heartbeats) >= begun + 7, "seven more heartbeats")
        times = [at for at, _ in session.heartbeats[begun - 1 :]]
        late = [later - earlier - HEARTBEAT_S for earlier, later in pairwise(times)]
        assert max(late) < LATEST_S * slow, late
        beats = [beat for _, beat in session.heartbeats[begun:]]
        assert all(beat.active == 2 for beat in beats), "a busy node says that it is busy"
        paces = [beat.telemetry.tokens_per_second for beat in beats if beat.telemetry is not None]
        assert len(paces) == len(beats) and paces[-1] > 0.5, "the pace is measured and told"
