"""`installer test`: makes the environment of the tests, then runs the linters, the type checker and pytest."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from r3mes_installer.cancellation import Cancellation
from r3mes_installer.environment import Environment
from r3mes_installer.locks import Role
from r3mes_installer.progress import Reporter
from r3mes_installer.run_command import missing_libraries, require_libraries
from r3mes_installer.system_packages import System, apt_install, missing_qt_libraries, missing_test_tools
from r3mes_installer.target import Accelerator
from r3mes_installer.workshop import Workshop

INTERRUPT_GRACE_S = 20.0
"""pytest tears its fixtures down after Ctrl-C; children of a test may take their drain time."""
POLL_S = 0.1
WORKERS = 3
"""Test files that run at the same time: one more than the cores of a small computer, because the tests wait for
processes and timers a quarter of their time. With more, the tests' own time-outs would measure the machine."""
STEP_LIMIT_S = 40 * 60.0
"""Three times what the longest step takes: whoever waits for the outcome is told of a step that hangs."""
TIMED_OUT = 124
"""The code that `timeout` of the coreutils gives."""
ALONE = "alone"
"""The marker of tests that measure time: they run one after another, without others beside them."""


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    name: str
    code: int
    seconds: float


def prepare_test(
    workshop: Workshop,
    accelerator: Accelerator,
    system: Callable[[], System] | None,
    reporter: Reporter,
    cancellation: Cancellation,
) -> Environment:
    """Makes all that the tests need. Raises Failure."""
    choice = workshop.choose(Role.TEST, accelerator, cancellation)
    if choice.note:
        reporter.say(choice.note)
    environment = choice.environment
    environment.provision(reporter, cancellation)
    if system is None:
        return environment
    libraries = missing_qt_libraries(environment.site_packages)
    if libraries:
        require_libraries(libraries, workshop, system(), reporter, cancellation)
        left = missing_qt_libraries(environment.site_packages)
        if left:
            raise missing_libraries(left, system())
    tools = missing_test_tools()
    if tools and system().installs_packages:
        apt_install(tools, workshop.locations.system_log, reporter, cancellation)
    elif tools:
        reporter.say(f"Some tests will be skipped, for lack of these packages (apt install): {' '.join(tools)}")
    return environment


def steps(environment: Environment, checkout: Path, lint: bool, arguments: Sequence[str]) -> list[Step]:
    python = str(environment.python)
    scripts = environment.python.parent
    import_linter = next(iter(scripts.glob("lint-imports*")), scripts / "lint-imports")
    linters = [
        Step("ruff check", (python, "-m", "ruff", "check", "--no-cache")),
        Step("ruff format", (python, "-m", "ruff", "format", "--check", "--no-cache")),
        Step("mypy", (python, "-m", "mypy")),
        Step("import-linter", (str(import_linter), "--no-cache")),
    ]
    # -P: the folder that the command runs in is no place for modules.
    pytest = (python, "-P", "-m", "pytest")
    if arguments:
        tests = [Step("pytest", (*pytest, *arguments))]
    else:
        # A worker that dies ends the run: one that takes its place waits for ever at the end of it (pytest-xdist 3.8).
        workers = ("-n", str(WORKERS), "--dist", "loadfile", "--max-worker-restart", "0")
        side_by_side = (*workers, "--durations", "15", "-m", f"not slow and not {ALONE}")
        alone = ("-m", f"{ALONE} and not slow", *files_alone(checkout))
        tests = [
            Step("pytest, side by side", (*pytest, *side_by_side)),
            Step("pytest, alone", (*pytest, *alone)),
        ]
    return [*(linters if lint else []), *tests]


def files_alone(checkout: Path) -> list[str]:
    """The test files that have the marker, relative to the checkout: to import all the others takes a minute."""
    return sorted(
        path.relative_to(checkout).as_posix()
        for path in checkout.glob("*/tests/**/test_*.py")
        if f"mark.{ALONE}" in path.read_text("utf-8")
    )


def run_steps(
    to_run: Sequence[Step],
    folder: Path,
    environ: Mapping[str, str],
    reporter: Reporter,
    cancellation: Cancellation,
) -> list[Outcome]:
    """Runs each step, whatever the ones before it gave. Raises Cancelled."""
    outcomes: list[Outcome] = []
    for step in to_run:
        reporter.say(f"== {step.name}")
        began = time.monotonic()
        code = _run(step.command, folder, environ, cancellation)
        cancellation.check()
        if code == TIMED_OUT:
            reporter.say(f"{step.name} was ended: it took more than {round(STEP_LIMIT_S / 60)} minutes.")
        outcomes.append(Outcome(step.name, code, time.monotonic() - began))
    return outcomes


def _run(
    command: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    cancellation: Cancellation,
    limit_s: float = STEP_LIMIT_S,
) -> int:
    """The exit code of the command; `TIMED_OUT` for one that was ended at its limit."""
    sys.stdout.flush()
    process = subprocess.Popen(command, cwd=folder, env=dict(environ))
    deadline = time.monotonic() + limit_s
    interrupted_at: float | None = None
    timed_out = False
    while True:
        try:
            code = process.wait(POLL_S)
            return TIMED_OUT if timed_out else code
        except subprocess.TimeoutExpired:
            now = time.monotonic()
            timed_out = timed_out or (now > deadline and not cancellation.cancelled)
            if interrupted_at is None and (timed_out or cancellation.cancelled):
                interrupted_at = now
                # Ctrl-C in a terminal reaches the child by itself; a second one would cut its tear-down short.
                if sys.platform != "win32" and (timed_out or not sys.stdin.isatty()):
                    process.send_signal(signal.SIGINT)
            if interrupted_at is not None and now - interrupted_at > INTERRUPT_GRACE_S:
                process.kill()


def checks_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment variables of the tests: a fixed locale, nothing of the person's own R3MES settings."""
    kept = {name: value for name, value in environ.items() if not name.startswith("R3MES_")}
    # Otherwise each of the hundreds of processes that the tests start would compile the checkout's modules anew.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    # The threads of a model that wait for one another would keep the cores from the other tests: ten times the work.
    kept.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if not kept.get("LANG"):
        kept["LANG"] = "C.UTF-8"
    return kept


def summary(outcomes: Sequence[Outcome]) -> tuple[int, str]:
    """The exit code (pytest's, or 1 when only a linter complains) and the last sentence."""
    failed = [outcome.name for outcome in outcomes if outcome.code != 0]
    tests = next((o for o in outcomes if o.name.startswith("pytest") and o.code != 0), outcomes[-1])
    seconds = round(sum(outcome.seconds for outcome in outcomes))
    if not failed:
        return 0, f"All checks passed in {seconds} s."
    code = tests.code if tests.code > 0 else 1
    if tests.code == 5:
        return code, "No test was run: nothing matches the arguments that pytest was given."
    return code, f"Failed after {seconds} s: {', '.join(failed)}."
