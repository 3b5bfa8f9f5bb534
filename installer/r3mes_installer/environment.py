"""One Python environment for one role: made from a lock, complete or not there.

An environment is a virtual environment whose name ends with a digest of what it was made of: the lock, the Python
(version and path) and the checkout. It counts only with its marker file, which is written last. Whatever interrupts
the making, the next run finds no marker and makes it anew; downloads then come from pip's cache.

The packages of the checkout are put on the import path by a `.pth` file, not installed: that needs no build tool and no
network, leaves nothing in the checkout, and an update of the checkout is there at the next start.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from r3mes_installer.cancellation import Cancellation
from r3mes_installer.disk import FreeBytes, free_bytes, needed_bytes, require_space
from r3mes_installer.exclusive import exclusive
from r3mes_installer.failure import Failure, FailureCode
from r3mes_installer.locations import Locations
from r3mes_installer.locks import Lock, Role
from r3mes_installer.pip_output import PipProgress, advance, local_file
from r3mes_installer.pip_runner import ForeignPip, find_pip, run_pip, wait_quietly
from r3mes_installer.progress import Plan, Reporter
from r3mes_installer.target import Accelerator

LAYOUT = 1
"""Part of the digest: raised when this module makes environments differently."""
MARKER = "r3mes-environment.json"
PATH_FILE = "r3mes-checkout.pth"
CHECK_TIMEOUT_S = 300
"""The first import of torch compiles thousands of files; on a slow disk it takes minutes."""


FindPip = Callable[[Reporter, Cancellation], ForeignPip]


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that environments are made with."""

    executable: str
    version: str


def this_interpreter() -> Interpreter:
    """The base of this Python, also when it runs from a virtual environment itself."""
    executable = os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)
    return Interpreter(executable, ".".join(str(part) for part in sys.version_info[:3]))


@dataclass(frozen=True, slots=True)
class Marker:
    """What the marker file says of a complete environment."""

    layout: int
    role: str
    lock: str
    checkout: str
    python: str
    accelerator: str


class Environment:
    def __init__(
        self,
        role: Role,
        lock: Lock,
        bootstrap: Lock,
        locations: Locations,
        interpreter: Interpreter,
        imports: Sequence[str] = (),
        accelerator: Accelerator = Accelerator.CPU,
        free: FreeBytes = free_bytes,
        foreign_pip: FindPip = lambda reporter, cancellation: find_pip(),
    ) -> None:
        """`imports` are modules that must be importable in a complete environment."""
        self.role = role
        self.lock = lock
        self.accelerator = accelerator
        self._bootstrap = bootstrap
        self._locations = locations
        self._interpreter = interpreter
        self._imports = imports
        self._free = free
        self._foreign_pip = foreign_pip
        self.path = locations.environments / f"{role.value}-{self._digest()}"

    def _digest(self) -> str:
        parts = (
            str(LAYOUT).encode(),
            self.lock.content,
            self._bootstrap.content,
            self._interpreter.executable.encode(errors="surrogateescape"),
            self._interpreter.version.encode(),
            str(self._locations.checkout).encode(errors="surrogateescape"),
        )
        digest = hashlib.sha256()
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()[:12]

    @property
    def python(self) -> Path:
        if sys.platform == "win32":
            return self.path / "Scripts" / "python.exe"
        return self.path / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        return Path(sysconfig.get_path("purelib", "venv", {"base": str(self.path), "platbase": str(self.path)}))

    @property
    def log(self) -> Path:
        """What pip printed; kept beside the environment."""
        return self.path.with_name(self.path.name + ".log")

    @property
    def _marker(self) -> Marker:
        return Marker(
            LAYOUT,
            self.role.value,
            self.lock.name,
            str(self._locations.checkout),
            self._interpreter.version,
            self.accelerator.value,
        )

    @property
    def _needed_bytes(self) -> int:
        return needed_bytes(self.lock.size.download_bytes, self.accelerator)

    def is_complete(self) -> bool:
        """Whether it can be used as it is. Fast: two files are looked at."""
        try:
            found = json.loads((self.path / MARKER).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return bool(found == asdict(self._marker)) and self.python.exists()

    def plan(self) -> Plan:
        if self.is_complete():
            return Plan(0, 0, str(self.path), provisioned=True, python=str(self.python))
        download = self.lock.size.download_bytes
        return Plan(download, self._needed_bytes, str(self.path), provisioned=False, python="")

    def provision(self, reporter: Reporter, cancellation: Cancellation) -> None:
        """Makes it if it isn't complete. Safe to repeat and to run twice at once. Raises Failure."""
        if self.is_complete():
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with exclusive(
                self.path.with_name(self.path.name + ".lock"),
                cancellation,
                lambda: reporter.say("Another installation of the same environment is running; waiting for it."),
            ):
                if not self.is_complete():
                    self._make(reporter, cancellation)
        except OSError as error:
            raise _failure_of(error, self.path) from error

    def _make(self, reporter: Reporter, cancellation: Cancellation) -> None:
        require_space(self.path, self._needed_bytes, self._free)
        reporter.plan(self.plan())
        self.log.unlink(missing_ok=True)
        if self.path.exists():
            reporter.say("An earlier installation was interrupted; starting it again.")
            _remove(self.path)
        cancellation.check()
        self._create(reporter)
        cancellation.check()
        temporary = self.path / "tmp"
        PipInstallation(self, self._bootstrap, reporter, cancellation).run(
            temporary, self._foreign_pip(reporter, cancellation)
        )
        PipInstallation(self, self.lock, reporter, cancellation).run(temporary, None)
        _remove(temporary)
        self._write_path_file()
        self._check_imports(reporter, cancellation)
        self._write_marker()
        self._remove_older()

    def _create(self, reporter: Reporter) -> None:
        reporter.say(f"Creating the environment for {self.role.value} with Python {self._interpreter.version}.")
        venv.EnvBuilder(symlinks=sys.platform != "win32", with_pip=False).create(self.path)

    def _write_path_file(self) -> None:
        paths = [str(path) for path in self._locations.package_paths]
        if all(path.isascii() for path in paths):
            text = "".join(path + "\n" for path in paths)
        else:
            # Pythons differ in the encoding that they read .pth files with; this form is ASCII in all of them.
            text = f"import sys; sys.path.extend({paths!a})\n"
        (self.site_packages / PATH_FILE).write_text(text, encoding="ascii")

    def _check_imports(self, reporter: Reporter, cancellation: Cancellation) -> None:
        if not self._imports:
            return
        reporter.say("Checking that everything installed can be loaded.")
        process = subprocess.Popen(
            [str(self.python), "-I", "-c", f"import {', '.join(self._imports)}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        assert process.stderr is not None
        with process.stderr:
            wait_quietly(process, CHECK_TIMEOUT_S, cancellation)
            errors = process.stderr.read().strip().splitlines()
        if process.returncode != 0:
            raise Failure(
                FailureCode.BROKEN_ENVIRONMENT,
                f"What was installed can't be loaded: {errors[-1] if errors else 'it took too long'}.",
                "A system library may be missing or too old (Linux needs glibc 2.34 or newer).",
            )

    def _write_marker(self) -> None:
        temporary = self.path / (MARKER + ".part")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(asdict(self._marker), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path / MARKER)

    def _remove_older(self) -> None:
        """Removes this checkout's older environments for the role, but keeps the last one: it may still be running."""
        older: list[tuple[float, Path]] = []
        for marker in self.path.parent.glob(f"{self.role.value}-*/{MARKER}"):
            try:
                found = json.loads(marker.read_text(encoding="utf-8"))
                same = found["checkout"] == str(self._locations.checkout) and found["role"] == self.role.value
                same = same and found["accelerator"] == self.accelerator.value and marker.parent != self.path
                if same:
                    older.append((marker.stat().st_mtime, marker.parent))
            except (OSError, ValueError, KeyError, TypeError):
                continue
        for _, path in sorted(older)[:-1]:
            (path / MARKER).unlink(missing_ok=True)
            shutil.rmtree(path, ignore_errors=True)
            for suffix in (".log", ".lock"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)


class PipInstallation:
    """One `pip install` of a lock into an environment, with its progress."""

    def __init__(self, environment: Environment, lock: Lock, reporter: Reporter, cancellation: Cancellation) -> None:
        self._environment = environment
        self._lock = lock
        self._reporter = reporter
        self._cancellation = cancellation
        self._what = " pip" if lock.name == Role.BOOTSTRAP else ""
        self._progress = PipProgress()
        self._before = 0
        self._unpacked = -1

    def run(self, temporary: Path, foreign_pip: ForeignPip | None) -> None:
        """`foreign_pip` is the one to use while the environment has none. Raises Failure."""
        arguments = ["install", "--no-deps", "--require-hashes", "--requirement", str(self._lock.path)]
        python, wheel = self._environment.python, None
        if foreign_pip is None:
            # Raw progress is new in pip 24; the environment has the locked one by now.
            arguments += ["--progress-bar", "raw"]
        elif foreign_pip.wheel is None:
            arguments = ["--python", str(python), *arguments]
            python = Path(sys.executable)
        else:
            wheel = foreign_pip.wheel
        self._before = self._installed()
        run_pip(
            python,
            arguments,
            temporary=temporary,
            log=self._environment.log,
            cancellation=self._cancellation,
            on_line=self._on_line,
            on_idle=self._on_idle,
            wheel=wheel,
        )

    def _on_line(self, line: str) -> None:
        path = local_file(line)
        size = Path(path).stat().st_size if path and Path(path).exists() else 0
        before = self._progress
        self._progress = advance(self._progress, line, size)
        total = self._lock.size.download_bytes
        if self._progress.installing:
            if not before.installing:
                self._reporter.progress(f"Downloading{self._what}", total, total, "bytes")
        elif self._progress != before:
            self._reporter.progress(f"Downloading{self._what}", min(self._progress.bytes_done, total), total, "bytes")
        self._reporter.detail(line)

    def _on_idle(self) -> None:
        total = self._progress.installing
        done = min(total, self._installed() - self._before)
        if total and done != self._unpacked:
            self._unpacked = done
            self._reporter.progress(f"Unpacking{self._what}", done, total, "packages")

    def _installed(self) -> int:
        return sum(1 for _ in self._environment.site_packages.glob("*.dist-info"))


def _remove(path: Path) -> None:
    """Removes a folder that nobody uses; its marker goes first, so that it never looks complete meanwhile."""
    (path / MARKER).unlink(missing_ok=True)
    shutil.rmtree(path)


def _failure_of(error: OSError, path: Path) -> Failure:
    if error.errno == 28:
        return Failure(FailureCode.NO_DISK, "The disk is full.", "Free some space and run the same command again.")
    return Failure(
        FailureCode.NO_PERMISSION,
        f"{path} can't be written ({error.strerror or error}).",
        "Check who owns it, or choose another data directory with R3MES_HOME.",
    )
