"""Real servers for the tests of storage and accounts, a clock that stands still, and wallets."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
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
from r3mes_api.replicas.directory import Directory
from r3mes_api.replicas.memory_directory import MemoryDirectory
from r3mes_api.replicas.redis_directory import open_redis_directory
from r3mes_api.storage.database import Database, open_database
from r3mes_api.storage.database_url import database_url
from r3mes_api.storage.memory_state import MemoryState
from r3mes_api.storage.migrate import REVISIONS, migrate
from r3mes_api.storage.redis_state import open_redis
from r3mes_api.storage.short_lived import ShortLivedState
from r3mes_api.storage.tables import metadata
from r3mes_protocol.grants import adr36_sign_bytes


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


@pytest.fixture(scope="session")
def own_redis(redis: str) -> str:
    """Not the first database of the Redis: gateways that serve many tests may live there, and tell of their nodes."""
    return f"{redis}?db=1"


@pytest.fixture(params=BACKENDS)
async def empty_backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    """A database without tables."""
    if request.param == "sqlite+memory":
        return Backend("sqlite+memory", f"sqlite:///{tmp_path / 'empty.db'}", None)
    url = await make_postgres_database(request.getfixturevalue("postgres"), f"test_{secrets.token_hex(6)}")
    return Backend("postgres+redis", url, request.getfixturevalue("own_redis"))


@pytest.fixture(params=BACKENDS)
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    """A database with empty tables, and short-lived state that holds nothing."""
    if request.param == "sqlite+memory":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "gateway.db")
        return Backend("sqlite+memory", f"sqlite:///{tmp_path / 'gateway.db'}", None)
    url = request.getfixturevalue("migrated_postgres")
    await clean_postgres_database(url)
    return Backend("postgres+redis", url, request.getfixturevalue("own_redis"))


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
        # What it decides is looked at, not how fast: fifty connections at once take a busy machine a while.
        opened = open_redis(backend.redis_url, clock_us=clock.microseconds, answer_s=30)
        await opened._client.flushdb()  # type: ignore[attr-defined]
    yield opened
    await opened.close()


@pytest.fixture
async def directory(backend: Backend, clock: Clock) -> AsyncIterator[Directory]:
    """Shared by replicas. One in Redis goes by the clock of Redis."""
    if backend.redis_url is None:
        opened: Directory = MemoryDirectory(clock)
    else:
        opened = open_redis_directory(backend.redis_url)
        await opened._client.flushdb()  # type: ignore[attr-defined]
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
        await opened._state._client.flushdb()  # type: ignore[attr-defined]
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
