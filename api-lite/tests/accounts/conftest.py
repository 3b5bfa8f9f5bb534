"""Real servers for the tests of storage and accounts, a clock that stands still, and wallets."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import wallycore
from nacl.signing import SigningKey

from r3mes_api.accounts.ledger import Ledger
from r3mes_api.accounts.services import Accounts, AccountSettings, open_accounts
from r3mes_api.accounts.settlement import Price
from r3mes_api.owner_signature import address_of
from r3mes_api.storage.database import Database, open_database
from r3mes_api.storage.database_url import database_url
from r3mes_api.storage.memory_state import MemoryState
from r3mes_api.storage.migrate import REVISIONS, migrate
from r3mes_api.storage.redis_state import open_redis
from r3mes_api.storage.short_lived import ShortLivedState
from r3mes_api.storage.tables import metadata
from r3mes_protocol.grants import adr36_sign_bytes

START_SECONDS = 60.0
NOBODY = "postgres"


class Clock:
    """Stands at a moment until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def microseconds(self) -> int:
        return int(self.now * 1_000_000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


# --- servers ---------------------------------------------------------------------------------------------------


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"a server for the tests did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)


def stop(process: subprocess.Popen[bytes]) -> None:
    # Nothing of it is kept, so it need not tidy up.
    process.send_signal(signal.SIGQUIT if os.name == "posix" else signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)


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
        stop(process)


@pytest.fixture(scope="session")
def redis(server_folder: Path) -> Iterator[str]:
    """URL of a server of its own."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("needs Redis: apt-get install redis-server")
    path = server_folder / "redis.sock"
    log = server_folder / "redis.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [binary, "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no"],
            stdout=output, stderr=output, cwd=server_folder,
        )  # fmt: skip

    def answers() -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            return connection.connect_ex(str(path)) == 0

    try:
        wait_until(answers, process, log)
        yield f"unix://{path}"
    finally:
        stop(process)


# --- stores ----------------------------------------------------------------------------------------------------


async def make_postgres_database(url: str, name: str) -> str:
    import asyncpg

    connection = await asyncpg.connect(url.format(name="postgres"))
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return url.format(name=name)


async def clean_postgres_database(url: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        # Past the triggers that make the ledger append-only.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY CASCADE")
        await connection.execute("UPDATE alembic_version SET version_num = $1", REVISIONS[-1])
    finally:
        await connection.close()


async def migrate_at(url: str) -> None:
    database = open_database(database_url(url))
    await migrate(database)
    await database.close()


def run_apart(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """A fixture of the session may be asked for while a test's loop runs, so it gets a thread with its own loop."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(work())).result()


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> str:
    """URL of a database with all tables. Making one takes a second, so the tests share it and clean it."""

    async def make() -> None:
        await migrate_at(await make_postgres_database(postgres, "migrated"))

    run_apart(make)
    return postgres.format(name="migrated")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    run_apart(lambda: migrate_at(f"sqlite:///{path}"))
    return path


@dataclass(frozen=True)
class Backend:
    name: str
    database_url: str
    redis_url: str | None


BACKENDS = ["sqlite+memory", "postgres+redis"]


@pytest.fixture(params=BACKENDS)
async def empty_backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    """A database without tables."""
    if request.param == "sqlite+memory":
        return Backend("sqlite+memory", f"sqlite:///{tmp_path / 'empty.db'}", None)
    url = await make_postgres_database(request.getfixturevalue("postgres"), f"test_{secrets.token_hex(6)}")
    return Backend("postgres+redis", url, request.getfixturevalue("redis"))


@pytest.fixture(params=BACKENDS)
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    """A database with empty tables, and short-lived state that holds nothing."""
    if request.param == "sqlite+memory":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "gateway.db")
        return Backend("sqlite+memory", f"sqlite:///{tmp_path / 'gateway.db'}", None)
    url = request.getfixturevalue("migrated_postgres")
    await clean_postgres_database(url)
    return Backend("postgres+redis", url, request.getfixturevalue("redis"))


@pytest.fixture
async def database(backend: Backend) -> AsyncIterator[Database]:
    opened = open_database(database_url(backend.database_url))
    yield opened
    await opened.close()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


@pytest.fixture
async def state(backend: Backend, clock: Clock) -> AsyncIterator[ShortLivedState]:
    if backend.redis_url is None:
        opened: ShortLivedState = MemoryState(clock)
    else:
        opened = open_redis(backend.redis_url, clock_us=clock.microseconds)
        await opened._client.flushall()  # type: ignore[attr-defined]
    yield opened
    await opened.close()


# --- accounts --------------------------------------------------------------------------------------------------

GATEWAY = "https://gateway.example"
PRICE = Price(prompt_per_million=1_000_000, completion_per_million=2_000_000, node_share_percent=90)


@pytest.fixture
def settings(backend: Backend, tmp_path: Path) -> AccountSettings:
    return AccountSettings(
        data_folder=tmp_path / "data",
        gateway=GATEWAY,
        database_url=backend.database_url,
        redis_url=backend.redis_url,
        address_prefix="remes",
        price=PRICE,
    )


@pytest.fixture
async def accounts(
    settings: AccountSettings, backend: Backend, clock: Clock, request: pytest.FixtureRequest
) -> AsyncIterator[Accounts]:
    opened = await open_accounts(settings, clock=clock, log=logging.getLogger("test.accounts"))
    if backend.redis_url is not None:
        await opened._state._client.flushall()  # type: ignore[attr-defined]
    yield opened
    await opened.close()


class Wallet:
    """A secp256k1 key that signs as Keplr's `signArbitrary` does."""

    def __init__(self, prefix: str = "remes") -> None:
        self._key = secrets.token_bytes(32)
        self._public_key = bytes(wallycore.ec_public_key_from_private_key(self._key))
        self.public_key = base64.b64encode(self._public_key).decode()
        self.address = address_of(self._public_key, prefix)

    def sign(self, text: str) -> str:
        return base64.b64encode(self.sign_bytes(adr36_sign_bytes(text.encode(), self.address))).decode()

    def sign_bytes(self, message: bytes) -> bytes:
        digest = hashlib.sha256(message).digest()
        return bytes(wallycore.ec_sig_from_bytes(self._key, digest, wallycore.EC_FLAG_ECDSA))


@pytest.fixture
def new_wallet() -> Callable[..., Wallet]:
    return Wallet


@pytest.fixture
def node_key() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture
def eventually() -> Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]:
    async def wait(condition: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(30):
            while not await condition():
                await asyncio.sleep(0.02)

    return wait
