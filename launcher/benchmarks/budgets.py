"""What the launcher may cost a person, measured: one line for each budget, and exit code 1 when one is not held.

    python launcher/benchmarks/budgets.py                        # all of them, about three minutes
    python launcher/benchmarks/budgets.py --only start,idle
    python launcher/benchmarks/budgets.py --slack 3 --json       # for a machine that does other things too

Each is measured up to `--rounds` times and the best round counts, since other programs can only make it worse. Needs
the launcher's environment; without a display also Xvfb. `stop` needs the engine and its embedded model in it too.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

WINDOW = Path(__file__).with_name("watched_window.py")
PATIENCE_S = 180.0
SERVING_S = 400.0
"""The first start of the engine converts its model."""
KILL_LIMIT_S = 30.0
DEFAULT_ROUNDS = 3
LEAST_RATE = 0.9
"""A machine that is too busy to make the lines proves nothing about the window."""


class NotMeasured(Exception):
    """The text says why."""


@dataclass(frozen=True, slots=True)
class Bar:
    figure: str
    at_most: float
    unit: str


@dataclass(frozen=True, slots=True)
class Budget:
    bars: tuple[Bar, ...]
    measure: Callable[[Mapping[str, str], float], dict[str, float]]
    """Takes the environment and the seconds that a measurement over time lasts. Returns figures by name."""


def window(mode: str) -> Callable[[Mapping[str, str], float], dict[str, float]]:
    def measure(environment: Mapping[str, str], seconds: float) -> dict[str, float]:
        number = time.time() if mode == "start" else seconds
        ended = subprocess.run(
            [sys.executable, str(WINDOW), mode, repr(number)],
            env=dict(environment), cwd=environment["R3MES_HOME"], capture_output=True, text=True, timeout=PATIENCE_S,
            check=False,
        )  # fmt: skip
        if ended.returncode != 0 or not ended.stdout.strip():
            raise NotMeasured(f"the window ended with {ended.returncode}: {ended.stderr.strip()[-600:]}")
        told: dict[str, float] = json.loads(ended.stdout.strip().splitlines()[-1])
        if not told:
            raise NotMeasured("the window ended before it was measured")
        return told

    return measure


def kill(environment: Mapping[str, str], seconds: float) -> dict[str, float]:
    """SIGKILL for the launcher while its gateway and a node run: how long until every child is gone."""
    process = subprocess.Popen(
        [sys.executable, "-m", "r3mes_launcher.cli", "run", "--demo", "--serve"],
        env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "Node: serving" in line:
                break
        else:
            raise NotMeasured("the demo's node did not serve")
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        began = time.monotonic()
        _, alive = psutil.wait_procs(family, timeout=KILL_LIMIT_S)
        took = time.monotonic() - began
    finally:
        process.kill()
        process.communicate()
    # Where nothing collects the dead of others, as in a bare container, they stay as zombies.
    left = [child for child in alive if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    return {"children_gone_s": KILL_LIMIT_S if left else min(took, KILL_LIMIT_S), "children": float(len(family))}


def stop(environment: Mapping[str, str], seconds: float) -> dict[str, float]:
    """The switch goes off while the real engine answers on the CPU: the answer ends whole, then the process is gone.

    With its process an engine's GPU memory is free: nothing else holds any.
    """
    return asyncio.run(_stop(environment))


async def _stop(environment: Mapping[str, str]) -> dict[str, float]:
    from r3mes_launcher.composition import CompositionOptions, compose
    from r3mes_launcher.core.state import Actual, ChatTurn, Desired, DeviceChoice

    options = CompositionOptions(device=DeviceChoice.CPU, serve=True, home=Path(environment["R3MES_HOME"]) / "stop")
    core = compose(options, {**environment, "R3MES_ENGINE_PYTHON": sys.executable})
    await core.start()
    try:
        async with asyncio.timeout(SERVING_S):
            while not (core.state.node.actual is Actual.SERVING and core.state.models):
                if core.state.node.fault is not None:
                    raise NotMeasured(f"the engine did not serve: {core.state.node.fault.message}")
                await asyncio.sleep(0.1)
        pid = core.state.node.engine.pid
        assert pid is not None
        engine = psutil.Process(pid)
        switched_at = answered_at = 0.0
        reason = ""
        async for delta in core.chat([ChatTurn("user", "Say hello.")]):
            if delta.text and not switched_at:
                await core.set_desired(Desired.OFF)
                switched_at = time.monotonic()
            reason = delta.finish_reason or reason
        answered_at = time.monotonic()
        await asyncio.to_thread(psutil.wait_procs, [engine], timeout=PATIENCE_S)
        gone_at = time.monotonic()
    finally:
        await core.close()
    if reason not in ("stop", "length"):
        raise NotMeasured(f"the answer was not drained: it ended with {reason!r}")
    return {"drained_s": answered_at - switched_at, "gone_after_drain_s": gone_at - answered_at}


AT_REST = (Bar("core_percent", 0.3, "% of a core"), Bar("rss_mib", 130.0, "MiB"))

AFTER_USE = (Bar("core_percent", 0.3, "% of a core"), Bar("rss_mib", 150.0, "MiB"), Bar("opened_s", 1.0, "s"))
"""Of a window that was given up its modules and Qt's libraries stay: Python and the system can't unload them."""

BUDGETS = {
    "start": Budget((Bar("answered_s", 1.0, "s"),), window("start")),
    "pages": Budget((Bar("worst_ms", 150.0, "ms"),), window("pages")),
    "idle": Budget((*AT_REST, Bar("opened_s", 1.0, "s")), window("idle")),
    "hidden": Budget(AFTER_USE, window("hidden")),
    "logs": Budget((Bar("p99_ms", 50.0, "ms"),), window("logs")),
    "gpus": Budget((Bar("p99_ms", 50.0, "ms"),), window("gpus")),
    "stop": Budget((Bar("gone_after_drain_s", 10.0, "s"),), stop),
    "kill": Budget((Bar("children_gone_s", 5.0, "s"),), kill),
}
RATES = {"logs": 50_000.0, "gpus": 10.0}
WARMED = ("start", "pages", "idle", "hidden")
"""These are for a warm disk: what is read and compiled once is so before the first round, by one that does not count.
Compiling takes memory too, which stays with the process."""
ONCE = ("stop",)
"""Takes minutes, most of them before the measurement."""
SECONDS = {"idle": 20.0, "hidden": 20.0, "logs": 3.0, "gpus": 3.0}


def held(name: str, figures: Mapping[str, float], slack: float) -> bool:
    made = name not in RATES or figures["rate"] >= LEAST_RATE * RATES[name]
    return made and all(figures[bar.figure] <= bar.at_most * slack for bar in BUDGETS[name].bars)


def measure(name: str, environment: Mapping[str, str], rounds: int, slack: float, seconds: float | None) -> Any:
    """One line of the result: the figures of the best round, whether the bars were held, or why there are none."""
    budget = BUDGETS[name]
    lasts = SECONDS.get(name, 0.0) if seconds is None else seconds
    best: dict[str, float] = {}
    try:
        if name in WARMED:
            budget.measure(environment, 0.0)
        for _ in range(1 if name in ONCE else rounds):
            figures = budget.measure(environment, lasts)
            if not best or worst_share(budget, figures) < worst_share(budget, best):
                best = figures
            if held(name, best, slack):
                break
    except NotMeasured as error:
        return {"budget": name, "held": False, "problem": str(error)}
    return {"budget": name, "held": held(name, best, slack), "figures": best, "load": round(load(), 1)}


def worst_share(budget: Budget, figures: Mapping[str, float]) -> float:
    """The figure that is nearest to its bar or furthest above it, as a share of the bar."""
    return max(figures[bar.figure] / bar.at_most for bar in budget.bars)


def load() -> float:
    """Programs that wanted a core in the last minute, for each core."""
    return psutil.getloadavg()[0] / (os.cpu_count() or 1)


@contextlib.contextmanager
def display(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment with a display: the person's own, or an Xvfb for this run. Raises NotMeasured."""
    if sys.platform != "linux" or environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"):
        yield dict(environment)
        return
    if shutil.which("Xvfb") is None:
        raise NotMeasured("there is no display, and Xvfb is not installed (Debian: apt-get install xvfb)")
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    try:
        number = server.stdout.readline().strip()
        if not number:
            raise NotMeasured("Xvfb did not start")
        yield {**environment, "DISPLAY": f":{number}"}
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def words(line: Mapping[str, Any]) -> str:
    name = line["budget"]
    if "problem" in line:
        return f"{name:6} not measured: {line['problem']}"
    figures = line["figures"]
    bars = ", ".join(
        f"{bar.figure} {figures[bar.figure]:.2f} of {bar.at_most:g} {bar.unit}" for bar in BUDGETS[name].bars
    )
    barred = {bar.figure for bar in BUDGETS[name].bars}
    more = ", ".join(f"{figure} {value:.2f}" for figure, value in figures.items() if figure not in barred)
    return f"{name:6} {'held' if line['held'] else 'NOT HELD'}: {bars} ({more}; load {line['load']})"


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures the launcher's budgets.")
    parser.add_argument("--only", default=",".join(BUDGETS), metavar="NAMES", help="of: %(default)s")
    parser.add_argument("--rounds", type=int, default=DEFAULT_ROUNDS, help="attempts at each (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=None, help="length of the measurements over time")
    parser.add_argument("--slack", type=float, default=1.0, help="what the bars are multiplied with")
    parser.add_argument("--json", action="store_true", help="one object a line, for scripts")
    options = parser.parse_args()
    names = options.only.split(",")
    if unknown := [name for name in names if name not in BUDGETS]:
        parser.error(f"no budget is called {', '.join(unknown)}; there are {', '.join(BUDGETS)}")
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        foreign = ("R3MES_", "QT_", "PYTEST_", "PYTHONDONTWRITE")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        environment |= {"R3MES_HOME": folder, "PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled")}
        try:
            with display(environment) as shown:
                for name in names:
                    line = measure(name, shown, options.rounds, options.slack, options.seconds)
                    kept = kept and line["held"]
                    print(json.dumps(line) if options.json else words(line), flush=True)
        except NotMeasured as error:
            print(f"Nothing was measured: {error}", file=sys.stderr)
            return 2
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
