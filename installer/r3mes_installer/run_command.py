"""`installer run`: makes the launcher's environment and becomes the launcher."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from r3mes_installer.cancellation import Cancellation
from r3mes_installer.environment import Environment
from r3mes_installer.failure import Failure, FailureCode
from r3mes_installer.locks import Role
from r3mes_installer.progress import Reporter
from r3mes_installer.system_packages import (
    System,
    apt_install,
    missing_qt_libraries,
    packages_for,
)
from r3mes_installer.workshop import Workshop


def prepare_run(
    workshop: Workshop,
    window: bool,
    system: Callable[[], System] | None,
    reporter: Reporter,
    cancellation: Cancellation,
) -> Environment:
    """Makes all that the launcher needs. `system` is None where Qt brings all that it needs. Raises Failure."""
    environment = workshop.environment(Role.LAUNCHER)
    environment.provision(reporter, cancellation)
    if window and system is not None:
        libraries = missing_qt_libraries(environment.site_packages)
        if libraries:
            require_libraries(libraries, workshop, system(), reporter, cancellation)
            left = missing_qt_libraries(environment.site_packages)
            if left:
                raise missing_libraries(left, system())
    return environment


def require_libraries(
    libraries: Sequence[str], workshop: Workshop, system: System, reporter: Reporter, cancellation: Cancellation
) -> None:
    """Installs the packages of these libraries where that is possible. Raises Failure that names them where not."""
    packages = packages_for(libraries)
    if not packages or not system.installs_packages:
        raise missing_libraries(libraries, system)
    apt_install(packages, workshop.locations.system_log, reporter, cancellation)


def missing_libraries(libraries: Sequence[str], system: System) -> Failure:
    message = f"The window can't open: the system lacks {', '.join(libraries)}."
    packages = packages_for(libraries)
    if system.debian and packages:
        hint = f"Install them as root:  apt install {' '.join(packages)}"
    else:
        hint = "Install the packages of your system that contain these libraries."
    return Failure(FailureCode.MISSING_LIBRARIES, message, hint + "\nThen run the same command again.")


def launcher_command(
    environment: Environment, window: bool, demo: bool, serve: bool, arguments: Sequence[str]
) -> list[str]:
    """With a display the window; without one a chat in the terminal: the demo's, or with `serve` a real node's."""
    flags = (["--demo"] if demo or not (window or serve) else []) + (["--serve"] if serve else [])
    if window:
        return [str(environment.python), "-P", "-m", "r3mes_launcher", *flags, *arguments]
    return cli_command(environment, ["chat", *flags, *arguments])


def cli_command(environment: Environment, arguments: Sequence[str]) -> list[str]:
    """`r3mes` with these arguments."""
    return [str(environment.python), "-P", "-m", "r3mes_launcher.cli", *arguments]


def launch_sentence(window: bool, demo: bool, serve: bool) -> str:
    if window:
        return "Starting the launcher."
    if serve and not demo:
        return "No display here: a real node serves in this terminal instead, and you chat with it."
    return "No display here: the demo runs in this terminal instead (with --serve: a real node)."


def child_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment variables without those that would send the environment's Python to another one's modules."""
    foreign = ("PYTHONHOME", "PYTHONPATH", "PYTHONSAFEPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    return {name: value for name, value in environ.items() if name not in foreign}


def become(command: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Replaces this process by the command, so that signals and the exit code are its own."""
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform != "win32":
        os.execve(command[0], list(command), dict(environ))
    # Windows has no exec; its Ctrl-C reaches the child as well, which is the one to decide.
    with subprocess.Popen(list(command), env=dict(environ)) as process:
        while True:
            try:
                sys.exit(process.wait())
            except KeyboardInterrupt:
                continue
