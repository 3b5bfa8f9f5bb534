"""A package index of our own: a folder of small wheels, made here, that pip is told to use and nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from r3mes_installer.disk import FreeBytes, free_bytes
from r3mes_installer.environment import Environment, this_interpreter
from r3mes_installer.locations import Locations
from r3mes_installer.locks import MANIFEST, Lock, LockSize, Role
from r3mes_installer.pip_runner import ForeignPip, bundled_pip
from r3mes_installer.progress import Plan
from r3mes_installer.target import Accelerator, this_target
from r3mes_installer.workshop import Workshop

INSTALLER = Path(__file__).resolve().parents[1]
PIP_VERSION = "99.1"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


@dataclass
class Recorder:
    """A reporter that remembers."""

    plans: list[Plan] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    steps: list[tuple[str, int, int, str]] = field(default_factory=list)

    def plan(self, plan: Plan) -> None:
        self.plans.append(plan)

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)

    def progress(self, stage: str, done: int, total: int, unit: str) -> None:
        self.steps.append((stage, done, total, unit))

    def detail(self, line: str) -> None:
        pass


def make_wheel(folder: Path, name: str, version: str, files: dict[str, bytes]) -> Path:
    """A real wheel with a RECORD, of plain files."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, data in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(data)}\n"
    content[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for entry, data in content.items():
            archive.writestr(entry, data)
    return path


def lock_line(wheel: Path) -> str:
    name, version = wheel.name.split("-")[:2]
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


_SHIM = """
import runpy, sys
sys.modules.pop("pip", None)
sys.modules.pop("pip.__main__", None)
sys.path.insert(0, {real!r})
import pip
if tuple(int(part) for part in pip.__version__.split(".")[:2]) < (24, 1) and "raw" in sys.argv:
    place = sys.argv.index("raw")
    del sys.argv[place - 1 : place + 1]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True)
class Pip:
    """What stands for the locked pip: a small wheel that calls the pip of this Python, so that a test takes less."""

    wheel: Path
    folder: Path
    """Where that pip lies unpacked."""


@pytest.fixture(scope="session")
def locked_pip(tmp_path_factory: pytest.TempPathFactory) -> Pip:
    root = tmp_path_factory.mktemp("pip")
    real = root / "real"
    bundled = bundled_pip()
    if bundled is not None:
        with zipfile.ZipFile(bundled) as archive:
            archive.extractall(real)
    else:
        import pip

        shutil.copytree(Path(pip.__file__).parent, real / "pip")
    shim = _SHIM.format(real=str(real)).encode()
    return Pip(make_wheel(root, "pip", PIP_VERSION, {"pip/__init__.py": b"", "pip/__main__.py": shim}), real)


@dataclass
class Bench:
    """A checkout of the tests' own, its locks and its index."""

    root: Path
    index: Path
    locations: Locations
    recorder: Recorder
    bootstrap: Lock
    pip: Pip

    def lock(self, *wheels: Path, name: str = "launcher-test") -> Lock:
        path = self.locations.locks / f"{name}.txt"
        path.write_text("".join(lock_line(wheel) for wheel in wheels), encoding="ascii")
        size = LockSize(len(wheels), sum(wheel.stat().st_size for wheel in wheels))
        return Lock(name, path, path.read_bytes(), size)

    def wheel(self, name: str, version: str = "1.0", size: int = 100) -> Path:
        return make_wheel(self.index, name, version, {f"{name}.py": b"VALUE = 1\n", f"{name}.bin": os.urandom(size)})

    def environment(
        self, lock: Lock, *, imports: tuple[str, ...] = (), free: FreeBytes = free_bytes, role: Role = Role.LAUNCHER
    ) -> Environment:
        return Environment(
            role,
            lock,
            self.bootstrap,
            self.locations,
            this_interpreter(),
            imports,
            Accelerator.CPU,
            free,
            lambda *_: ForeignPip(self.pip.folder),
        )

    def workshop(self) -> Workshop:
        return Workshop(self.locations, this_target(), this_interpreter(), lambda *_: None)


@pytest.fixture
def bench(tmp_path: Path, locked_pip: Pip, monkeypatch: pytest.MonkeyPatch) -> Bench:
    for name in [name for name in os.environ if name.startswith(("PIP_", "R3MES_"))]:
        monkeypatch.delenv(name)
    index = tmp_path / "index"
    index.mkdir()
    shutil.copy(locked_pip.wheel, index)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    checkout = tmp_path / "checkout"
    locations = Locations(checkout, tmp_path / "data")
    locations.locks.mkdir(parents=True)
    for path in locations.package_paths:
        path.mkdir(exist_ok=True)
    for folder, package in (("api-lite", "r3mes_api"), ("engine", "r3mes_engine"), ("launcher", "r3mes_launcher")):
        (checkout / folder / f"{package}.py").write_text("", encoding="ascii")
    bench = Bench(tmp_path, index, locations, Recorder(), Lock("bootstrap", Path(), b"", LockSize(0, 0)), locked_pip)
    bench.bootstrap = bench.lock(locked_pip.wheel, name="bootstrap")
    return bench


_QUICK_ENTRY = """
import pathlib, sys
from r3mes_installer import command_line, pip_runner
pip_runner.bundled_pip = lambda: pathlib.Path({pip!r})
sys.exit(command_line.main(sys.argv[1:]))
"""


@dataclass
class Command:
    """The installer as a process, with a checkout of its own: a copy of its code and made-up locks."""

    folder: Path
    """What a person names: `python3 FOLDER`."""
    script: Path
    """The same, but it runs pip unpacked instead of from Python's own archive, which takes two seconds less."""
    environ: dict[str, str]

    def start(
        self, *arguments: str, stdin: int = subprocess.DEVNULL, python: str = sys.executable
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [python, str(self.script), *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environ,
            text=True,
        )

    def run(self, *arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments, python=python) as process:
            stdout, stderr = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


@pytest.fixture
def command(bench: Bench) -> Iterator[Command]:
    """The engine's lock of this platform holds two small packages of the bench's index; torch is one of them."""
    package = bench.locations.checkout / "installer" / "r3mes_installer"
    package.mkdir(parents=True)
    for path in (INSTALLER / "r3mes_installer").glob("*.py"):
        (package / path.name).write_bytes(path.read_bytes())
    script = bench.locations.checkout / "installer" / "__main__.py"
    script.write_bytes((INSTALLER / "__main__.py").read_bytes())
    target = this_target()
    wheels = [bench.wheel("torch"), bench.wheel("transformers"), bench.wheel("pydantic", size=200_000)]
    lock = bench.lock(*wheels, name=f"engine-{target.platform.value}-cpu")
    manifest = {
        "inputs_sha256": "",
        "locks": {
            each.name: {
                "python": {target.python: {"packages": each.size.packages, "download_bytes": each.size.download_bytes}}
            }
            for each in (lock, bench.bootstrap)
        },
    }
    (bench.locations.locks / MANIFEST).write_text(json.dumps(manifest), encoding="ascii")
    environ = {**os.environ, "R3MES_HOME": str(bench.locations.data)}
    quick = script.with_name("quick.py")
    quick.write_text(_QUICK_ENTRY.format(pip=str(bench.pip.folder)), encoding="utf-8")
    yield Command(script.parent, quick, environ)


class StallingIndex:
    """A package index on this computer that sends half of one wheel and then nothing, until it is released."""

    def __init__(self, folder: Path, stalls_at: str) -> None:
        self.stalled = threading.Event()
        self.released = threading.Event()
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.strip("/").split("/")[-1]
                if self.path.startswith("/simple/"):
                    links = "".join(
                        f'<a href="/files/{path.name}">{path.name}</a>' for path in folder.glob(f"{name}-*")
                    )
                    self._answer(f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html")
                else:
                    self._answer((folder / name).read_bytes(), "application/octet-stream", name.startswith(stalls_at))

            def _answer(self, body: bytes, kind: str, stalls: bool = False) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if stalls and not index.released.is_set():
                    self.wfile.write(body[: len(body) // 2])
                    self.wfile.flush()
                    index.stalled.set()
                    index.released.wait(60)
                    self.close_connection = True
                else:
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="index", daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/simple"

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def stalling_index(bench: Bench, command: Command) -> Iterator[StallingIndex]:
    """The command's pip uses it; it stalls at the wheel of transformers."""
    index = StallingIndex(bench.index, "transformers")
    command.environ.pop("PIP_NO_INDEX")
    command.environ.pop("PIP_FIND_LINKS")
    command.environ["PIP_INDEX_URL"] = index.url
    command.environ["PIP_NO_CACHE_DIR"] = "1"
    yield index
    index.close()
