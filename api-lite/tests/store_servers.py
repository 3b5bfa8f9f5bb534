"""Postgres and Redis of the tests' own. The fixtures are taken in by `conftest.py`."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

START_S = 60.0
"""A store writes its first files meanwhile."""

NOBODY = "postgres"
"""Postgres refuses to run as root; Debian's package makes this user."""


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"a server for the tests did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)


def stop_server(process: subprocess.Popen[bytes]) -> None:
    # Nothing of it is kept, so it need not tidy up.
    process.send_signal(signal.SIGQUIT if os.name == "posix" else signal.SIGTERM)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(60)


def postgres_binaries() -> Path | None:
    on_path = shutil.which("postgres")
    found = [Path(on_path).resolve().parent] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(found) if (folder / "initdb").exists()), None)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    # Not below pytest's own folder: a path of a Unix socket is short, and another user has to reach it.
    folder = Path(tempfile.mkdtemp(prefix="r3mes-", dir="/tmp" if os.name == "posix" else None))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(server_folder: Path) -> Iterator[str]:
    """URL of a server of its own; `{name}` stands for the database."""
    binaries = postgres_binaries()
    if binaries is None:
        pytest.skip("needs Postgres: apt-get install postgresql")
    folder = server_folder / "postgres"
    folder.mkdir()
    # Postgres refuses to run as root.
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        shutil.chown(folder, NOBODY, NOBODY)
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "gateway", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"],
        check=True, capture_output=True, cwd=folder, **user,
    )  # fmt: skip
    log = server_folder / "postgres.log"
    options = {
        "listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off", "max_connections": "200",
        "shared_buffers": "32MB", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0",
    }  # fmt: skip
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, *arguments], stdout=output, stderr=output, cwd=folder, **user
        )
    try:
        wait_until(lambda: b"database system is ready" in log.read_bytes(), process, log)
        yield f"postgresql://gateway@/{{name}}?host={folder}"
    finally:
        stop_server(process)


class RedisServer:
    """A Redis of the tests' own, reached by a Unix socket; it can be killed and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        binary = shutil.which("redis-server")
        if binary is None:
            pytest.skip("needs Redis: apt-get install redis-server")
        self._binary = binary
        self._folder = folder
        self._socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}"

    def start(self) -> RedisServer:
        log = self._folder / "redis.log"
        self._socket.unlink(missing_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [self._binary, "--port", "0", "--unixsocket", self._socket, "--save", "", "--appendonly", "no"],
                stdout=output, stderr=output, cwd=self._folder,
            )  # fmt: skip
        wait_until(self._answers, self._process, log)
        return self

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            return connection.connect_ex(str(self._socket)) == 0

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(60)

    def stop(self) -> None:
        if self._process is not None:
            stop_server(self._process)


@pytest.fixture(scope="session")
def redis(server_folder: Path) -> Iterator[str]:
    """URL of a server of its own."""
    server = RedisServer(server_folder)
    try:
        yield server.start().url
    finally:
        server.stop()


@pytest.fixture
def mortal_redis() -> Iterator[RedisServer]:
    """A server that the test may kill and start again."""
    folder = Path(tempfile.mkdtemp(prefix="r3mes-", dir="/tmp" if os.name == "posix" else None))
    server = RedisServer(folder)
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
