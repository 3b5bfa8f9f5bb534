"""The commands and their options."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from r3mes_installer.cancellation import Cancellation, cancel_at_end_of, cancel_on_signals
from r3mes_installer.environment import this_interpreter
from r3mes_installer.failure import Failure
from r3mes_installer.locations import HOME_VARIABLE, this_locations
from r3mes_installer.progress import ConsoleReporter, JsonReporter, Reporter
from r3mes_installer.target import this_target
from r3mes_installer.workshop import Workshop


def parser() -> argparse.ArgumentParser:
    outer = argparse.ArgumentParser(
        prog="python3 installer", description="Sets R3MES up and starts it. Everything can be interrupted and repeated."
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--verbose", action="store_true", help="show what pip and the system's package manager print")
    common.add_argument("--home", metavar="DIR", help=f"data directory (else {HOME_VARIABLE}, else the user's own)")
    commands = outer.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", parents=[common], help="start the launcher (in the terminal without a display)")
    run.add_argument("--demo", action="store_true", help="offline demo: nothing real, nothing to download later")
    run.add_argument("--serve", action="store_true", help="switch Serving on at once, with the embedded model")
    run.add_argument("arguments", nargs="*", metavar="-- ARGUMENT", help="passed on to the launcher")

    test = commands.add_parser("test", parents=[common], help="run all checks and tests")
    test.add_argument("--no-lint", action="store_true", help="the tests only: no ruff, mypy and import-linter")
    test.add_argument("arguments", nargs="*", metavar="-- ARGUMENT", help="passed on to pytest")

    engine = commands.add_parser("engine", parents=[common], help="make the engine's environment (for the launcher)")
    engine.add_argument("--json", action="store_true", help="one JSON object a line on the standard output")
    engine.add_argument("--accelerator", choices=("auto", "cpu", "cuda"), default="auto")
    engine.add_argument("--plan", action="store_true", help="only tell what it would take")
    engine.add_argument("--watch-stdin", action="store_true", help="cancel when the standard input ends")

    lock = commands.add_parser("lock", parents=[common], help="maintainers: write the locks anew from pyproject.toml")
    lock.add_argument("--upgrade", action="store_true", help="take the newest versions that pyproject.toml allows")
    return outer


def main(arguments: Sequence[str]) -> int:
    """Runs one command; returns the exit code. Foreseeable trouble ends with a sentence, never with a traceback."""
    options = parser().parse_args(arguments)
    if options.home:
        os.environ[HOME_VARIABLE] = str(Path(options.home).expanduser().absolute())
    json_reporter = JsonReporter(sys.stdout) if getattr(options, "json", False) else None
    reporter: Reporter = json_reporter or ConsoleReporter(sys.stdout, options.verbose)
    cancellation = Cancellation()
    try:
        return _dispatch(options, reporter, cancellation)
    except Failure as failure:
        if json_reporter:
            json_reporter.event("error", code=failure.code.value, message=failure.message, hint=failure.hint)
        else:
            sys.stdout.flush()
            sys.stderr.write(f"\n{failure.message}\n" + (f"{failure.hint}\n" if failure.hint else ""))
        return failure.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read this is gone; nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 130


def _dispatch(options: argparse.Namespace, reporter: Reporter, cancellation: Cancellation) -> int:
    target = this_target()
    workshop = Workshop(this_locations(target.platform), target, this_interpreter())
    if options.command == "engine":
        from r3mes_installer.accelerator import has_nvidia_gpu
        from r3mes_installer.engine_command import run_engine

        if options.watch_stdin:
            cancel_at_end_of(0, cancellation)
        with cancel_on_signals(cancellation):
            environment = run_engine(
                workshop,
                options.accelerator,
                options.plan,
                lambda: has_nvidia_gpu(target.platform),
                reporter,
                cancellation,
            )
        if isinstance(reporter, JsonReporter) and not options.plan:
            reporter.event("done", python=str(environment.python))
        return 0
    raise AssertionError(options.command)
