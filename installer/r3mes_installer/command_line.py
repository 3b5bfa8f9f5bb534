"""The commands and their options."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from r3mes_installer.cancellation import Cancellation, cancel_at_end_of, cancel_on_signals
from r3mes_installer.environment import this_interpreter
from r3mes_installer.failure import Failure
from r3mes_installer.locations import HOME_VARIABLE, this_locations
from r3mes_installer.locks import Role
from r3mes_installer.pip_runner import ForeignPip, find_pip
from r3mes_installer.progress import ConsoleReporter, JsonReporter, Reporter
from r3mes_installer.target import Accelerator, Platform, Target, this_target
from r3mes_installer.workshop import Workshop

if TYPE_CHECKING:
    from r3mes_installer.system_packages import System


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
    run.epilog = "What follows `--` is passed on to the launcher."

    cli = commands.add_parser("cli", parents=[common], help="one command of r3mes, without a window: cli -- status")
    cli.epilog = "What follows `--` is passed on to r3mes, such as: -- wallet derive"

    test = commands.add_parser("test", parents=[common], help="run all checks and tests")
    test.add_argument("--no-lint", action="store_true", help="the tests only: no ruff, mypy and import-linter")
    test.add_argument("--accelerator", choices=("cpu", "cuda"), default="cpu", help="the build of torch to test with")
    test.epilog = "What follows `--` is passed on to pytest, such as: -- -k chat -x"

    engine = commands.add_parser("engine", parents=[common], help="make the engine's environment (for the launcher)")
    engine.add_argument("--json", action="store_true", help="one JSON object a line on the standard output")
    engine.add_argument("--accelerator", choices=("auto", "cpu", "cuda"), default="auto")
    engine.add_argument("--plan", action="store_true", help="only tell what it would take")
    engine.add_argument("--watch-stdin", action="store_true", help="cancel when the standard input ends")

    lock = commands.add_parser("lock", parents=[common], help="maintainers: write the locks anew from pyproject.toml")
    lock.add_argument("--upgrade", action="store_true", help="take the newest versions that pyproject.toml allows")
    return outer


def split_arguments(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The installer's own arguments, and those after the first `--`."""
    given = list(arguments)
    if "--" not in given:
        return given, []
    place = given.index("--")
    return given[:place], given[place + 1 :]


def main(arguments: Sequence[str]) -> int:
    """Runs one command; returns the exit code. Foreseeable trouble ends with a sentence, never with a traceback."""
    own, passed_on = split_arguments(arguments)
    options = parser().parse_args(own)
    if passed_on and options.command not in ("run", "cli", "test"):
        parser().error(f"{options.command} passes nothing on: {' '.join(passed_on)}")
    options.arguments = passed_on
    if options.home:
        os.environ[HOME_VARIABLE] = str(Path(options.home).expanduser().absolute())
    json_reporter = JsonReporter(sys.stdout) if getattr(options, "json", False) else None
    # The standard output of `cli` is the command's own.
    console = sys.stderr if options.command == "cli" else sys.stdout
    reporter: Reporter = json_reporter or ConsoleReporter(console, options.verbose)
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
    # Each command imports its own modules, so that a later start takes no longer than it must.
    target = this_target()
    locations = this_locations(target.platform)

    def pip_for_new_environments(reporter: Reporter, cancellation: Cancellation) -> ForeignPip:
        if target.platform is not Platform.LINUX:
            return find_pip()
        from r3mes_installer.system_packages import find_or_install_pip, this_system

        return find_or_install_pip(this_system(), locations.system_log, reporter, cancellation)

    workshop = Workshop(locations, target, this_interpreter(), foreign_pip=pip_for_new_environments)
    command: Callable[[argparse.Namespace, Workshop, Target, Reporter, Cancellation], int] = {
        "run": _run,
        "cli": _cli,
        "test": _test,
        "engine": _engine,
        "lock": _lock,
    }[options.command]
    return command(options, workshop, target, reporter, cancellation)


def _run(
    options: argparse.Namespace, workshop: Workshop, target: Target, reporter: Reporter, cancellation: Cancellation
) -> int:
    from r3mes_installer import run_command
    from r3mes_installer.display import has_display, unreachable_display

    window = has_display(target.platform, os.environ)
    with cancel_on_signals(cancellation):
        system = _system_of(target)
        environment = run_command.prepare_run(workshop, window, system, reporter, cancellation)
    unreachable = unreachable_display(target.platform, os.environ) if window else ""
    if unreachable:
        window = False
        reporter.say(f"DISPLAY names {unreachable}, but no display answers there.")
    reporter.say(run_command.launch_sentence(window, options.demo, options.serve))
    command = run_command.launcher_command(environment, window, options.demo, options.serve, options.arguments)
    run_command.become(command, run_command.child_variables(os.environ))


def _cli(
    options: argparse.Namespace, workshop: Workshop, target: Target, reporter: Reporter, cancellation: Cancellation
) -> int:
    from r3mes_installer import run_command

    with cancel_on_signals(cancellation):
        environment = run_command.prepare_run(workshop, False, None, reporter, cancellation)
    run_command.become(run_command.cli_command(environment, options.arguments), run_command.child_variables(os.environ))


def _test(
    options: argparse.Namespace, workshop: Workshop, target: Target, reporter: Reporter, cancellation: Cancellation
) -> int:
    from r3mes_installer import checks_command
    from r3mes_installer.run_command import child_variables

    with cancel_on_signals(cancellation):
        accelerator = Accelerator(options.accelerator)
        system = _system_of(target)
        environment = checks_command.prepare_test(workshop, accelerator, system, reporter, cancellation)
        checkout = workshop.locations.checkout
        steps = checks_command.steps(environment, checkout, not options.no_lint, options.arguments)
        environ = checks_command.checks_variables(child_variables(os.environ))
        outcomes = checks_command.run_steps(steps, checkout, environ, reporter, cancellation)
    code, sentence = checks_command.summary(outcomes)
    reporter.say(sentence)
    return code


def _engine(
    options: argparse.Namespace, workshop: Workshop, target: Target, reporter: Reporter, cancellation: Cancellation
) -> int:
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
    if not options.plan:
        if isinstance(reporter, JsonReporter):
            reporter.event("done", python=str(environment.python))
        else:
            reporter.say(f"The engine is ready: {environment.python}")
    return 0


def _lock(
    options: argparse.Namespace, workshop: Workshop, target: Target, reporter: Reporter, cancellation: Cancellation
) -> int:
    from r3mes_installer.run_command import become, child_variables

    with cancel_on_signals(cancellation):
        environment = workshop.environment(Role.MAINTENANCE)
        environment.provision(reporter, cancellation)
    reporter.say("Resolving the requirements; a minute or two.")
    upgrade = ["--upgrade"] if options.upgrade else []
    become([str(environment.python), "-P", "-m", "r3mes_installer.locking", *upgrade], child_variables(os.environ))


def _system_of(target: Target) -> Callable[[], System] | None:
    """How to learn about the system where Qt needs libraries of it; elsewhere its wheels hold them all."""
    if target.platform is not Platform.LINUX:
        return None
    from r3mes_installer.system_packages import this_system

    return this_system
