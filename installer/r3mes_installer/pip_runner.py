"""Calls pip for an environment, watched and cancellable."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from r3mes_installer.cancellation import Cancellation
from r3mes_installer.failure import Failure, FailureCode
from r3mes_installer.pip_output import explain, is_noise

END_GRACE_S = 5.0
"""A child whose standard input has ended dies at once; longer than this it is killed."""
POLL_S = 0.25

_OTHER_PLACES = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_DRY_RUN", "PIP_PYTHON", "PIP_REPORT")
"""Settings that send packages elsewhere than into the environment; all other settings of pip are the person's."""


def pip_environment(environ: Mapping[str, str], temporary: Path) -> dict[str, str]:
    """The environment variables for pip. Mirrors, links, constraints, proxies and certificates stay as they are."""
    cleaned = {
        name: value
        for name, value in environ.items()
        if name not in _OTHER_PLACES
        and not name.startswith("PYTHON")
        and name not in ("VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    }
    # pip collects all downloads in the temporary directory; /tmp is often a small RAM disk.
    cleaned.update(TMPDIR=str(temporary), TEMP=str(temporary), TMP=str(temporary))
    cleaned.update(PIP_NO_INPUT="1", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_ROOT_USER_ACTION="ignore")
    return cleaned


@dataclass(frozen=True, slots=True)
class ForeignPip:
    """A pip outside of the environment, to bring the locked one into it."""

    wheel: Path | None
    """The wheel to run it from; None: it is installed beside this Python."""


def has_pip() -> bool:
    """Whether a pip can be had for an environment without installing a system package."""
    return bundled_pip() is not None or importlib.util.find_spec("pip") is not None


def find_pip() -> ForeignPip:
    """Raises Failure when this Python has no pip at all, as on Debian without its venv package."""
    wheel = bundled_pip()
    if wheel is None and importlib.util.find_spec("pip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Failure(
            FailureCode.NO_VENV,
            f"This Python ({sys.executable}) comes without venv and pip.",
            f"Install its package for them (on Debian and Ubuntu, as root: apt install python{version}-venv).",
        )
    return ForeignPip(wheel)


def bundled_pip() -> Path | None:
    """The wheel of pip that comes with Python (or with the distribution's package for it)."""
    folders = [sysconfig.get_config_var("WHEEL_PKG_DIR")]
    ensurepip = importlib.util.find_spec("ensurepip")
    if ensurepip is not None and ensurepip.origin is not None:
        folders.append(str(Path(ensurepip.origin).parent / "_bundled"))
    for folder in folders:
        wheels = sorted(Path(folder).glob("pip-*.whl")) if folder else []
        if wheels:
            return wheels[-1]
    return None


def run_pip(
    python: Path,
    arguments: Sequence[str],
    *,
    temporary: Path,
    log: Path,
    cancellation: Cancellation,
    on_line: Callable[[str], None],
    on_idle: Callable[[], None] = lambda: None,
    wheel: Path | None = None,
) -> list[str]:
    """Runs `pip ARGUMENTS` with that Python; returns what it printed.

    `on_line` gets each line, `on_idle` is called every POLL_S from another thread. What is printed is added to `log`.
    Raises Cancelled, and Failure with the reason when pip fails.
    """
    script = Path(__file__).with_name("watched_child.py")
    temporary.mkdir(parents=True, exist_ok=True)
    command = [str(python), "-I", str(script), str(wheel or ""), *arguments]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=pip_environment(os.environ, temporary),
        # A session of its own: Ctrl-C reaches the installer alone, which then ends pip with all its children.
        start_new_session=sys.platform != "win32",
    )
    assert process.stdin is not None
    assert process.stdout is not None
    lines: list[str] = []
    with cancellation.calling(process.stdin.close), log.open("a", encoding="utf-8") as record, _idle(on_idle):
        record.write(f"$ pip {' '.join(arguments)}\n")
        try:
            for line in process.stdout:
                text = line.rstrip()
                on_line(text)
                if not is_noise(text):
                    lines.append(text)
                    record.write(text + "\n")
            code = process.wait()
        finally:
            end_child(process)
    cancellation.check()
    if code != 0:
        raise explain(lines, str(log))
    return lines


def end_child(process: subprocess.Popen[str]) -> None:
    """Ends it, if it runs, by ending its standard input; kills it when that does not help."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(END_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


@contextmanager
def _idle(on_idle: Callable[[], None]) -> Iterator[None]:
    ended = threading.Event()

    def poll() -> None:
        while not ended.wait(POLL_S):
            on_idle()

    thread = threading.Thread(target=poll, name="pip-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def wait_quietly(
    process: subprocess.Popen[str] | subprocess.Popen[bytes], seconds: float, cancellation: Cancellation
) -> None:
    """Waits for a short helper process; raises Cancelled when cancelled, kills it when it takes too long."""
    deadline = time.monotonic() + seconds
    try:
        while process.poll() is None:
            if time.monotonic() > deadline:
                return
            cancellation.wait(0.05)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
