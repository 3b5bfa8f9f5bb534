"""One way to read and one to write, the same for SQLite and Postgres."""

from __future__ import annotations

import asyncio
import importlib.util
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

from sqlalchemy import URL, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from r3mes_api.storage.database_url import DatabaseUrlError

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]

SQLITE_BUSY_SECONDS = 10
"""How long one process waits for another one's write, such as a migration or the operator's command line."""

POOL_SIZE = 8
"""Postgres connections of one replica: each transaction holds one for a millisecond or two."""

CONNECT_SECONDS = 10
"""A database in the same data centre answers within milliseconds; past this it is away."""

MAX_TRIES = 5
"""Of a transaction that Postgres gave up for a deadlock or a serialisation failure: the other one is done by then."""

_DEADLOCK_STATES = ("40001", "40P01")


class DatabaseUnavailable(Exception):
    """The database can't be opened or does not answer; the message says which, without its password."""


class Database:
    """A pool of connections. `transact` runs work in one transaction, all or nothing; `read` sees only what is done."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine, *, one_writer: bool) -> None:
        self._writer = writer
        self._reader = reader
        # SQLite has one writer at a time. Waiting here is fair and costs nothing; in SQLite it would be a poll.
        self._turn = asyncio.Lock() if one_writer else None
        self._running: set[asyncio.Task[Any]] = set()

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        return "sqlite" if self._writer.dialect.name == "sqlite" else "postgresql"

    async def transact(self, work: Work[T]) -> T:
        """Runs `work` in a transaction and commits it; any exception rolls it back and is raised.

        Postgres may make two transactions collide, so `work` can be called again: it must have no effect outside the
        connection. A caller that is cancelled leaves the transaction to come to its end: money moves wholly or not.
        """
        task = asyncio.create_task(self._transact(work))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for queries. Raises DatabaseUnavailable when there is none to be had."""
        connection = self._reader.connect()
        try:
            await connection.start()
        except (OSError, OperationalError, TimeoutError) as error:
            raise DatabaseUnavailable(f"The database does not answer ({type(error).__name__}).") from None
        try:
            yield connection
        except DBAPIError as error:
            if _is_away(error):
                raise DatabaseUnavailable(f"The database does not answer ({type(error.orig).__name__}).") from None
            raise
        finally:
            await connection.close()

    async def close(self) -> None:
        """Waits for transactions that are under way, then closes every connection."""
        while self._running:
            await asyncio.wait(self._running)
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()

    async def _transact(self, work: Work[T]) -> T:
        if self._turn is None:
            return await self._try(work)
        async with self._turn:
            return await self._try(work)

    async def _try(self, work: Work[T]) -> T:
        tries = 0
        while True:
            tries += 1
            try:
                async with self._writer.begin() as connection:
                    return await work(connection)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _DEADLOCK_STATES or tries >= MAX_TRIES:
                    if _is_away(error):
                        raise DatabaseUnavailable(
                            f"The database does not answer ({type(error.orig).__name__})."
                        ) from None
                    raise
            except (OSError, TimeoutError) as error:
                raise DatabaseUnavailable(f"The database does not answer ({type(error).__name__}).") from None
            # Two that collided must not meet again in step.
            await asyncio.sleep(random.uniform(0, 0.01 * 2**tries))

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            # A caller that was cancelled does not ask for the exception any more.
            task.exception()


def open_database(url: URL) -> Database:
    """Opens no connection yet. `url` comes from `database_url`. Raises DatabaseUrlError when its driver is missing."""
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    if importlib.util.find_spec("asyncpg") is None:
        raise DatabaseUrlError("Postgres needs an extra; run: pip install 'r3mes[postgres]'.")
    engine = create_async_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS,
        # A connection that the server closed while it was idle is found before work is done on it.
        pool_pre_ping=True,
        connect_args={"timeout": CONNECT_SECONDS},
    )
    return Database(engine, engine, one_writer=False)


def _open_sqlite(url: URL) -> Database:
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # One transaction that only reads must not wait for one that writes, nor the other way round (WAL).
    writer = create_async_engine(url, pool_size=1, max_overflow=0)
    _configure_sqlite(writer, begin="BEGIN IMMEDIATE")
    reader = create_async_engine(url, pool_size=2, max_overflow=0, pool_timeout=CONNECT_SECONDS)
    _configure_sqlite(reader, begin="BEGIN")
    return Database(writer, reader, one_writer=True)


def _configure_sqlite(engine: AsyncEngine, *, begin: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(connection: Any, record: object) -> None:
        # The driver must not begin transactions by itself: it would begin them as readers, and a reader that turns
        # writer can't wait for another writer.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            # A killed process loses nothing. A power cut may lose the last moments, and never tears a transaction.
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"busy_timeout={SQLITE_BUSY_SECONDS * 1000}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _on_begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def _is_away(error: DBAPIError) -> bool:
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


async def answers(database: Database) -> bool:
    """Whether a query comes back, for readiness. Never raises."""
    try:
        async with database.read() as connection:
            await connection.execute(text("SELECT 1"))
    except (DatabaseUnavailable, DBAPIError):
        return False
    return True
