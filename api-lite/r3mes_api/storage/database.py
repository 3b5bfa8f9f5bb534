"""One way to read and one to write, the same for SQLite and Postgres."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import random
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, Select, create_engine, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from r3mes_api.storage.database_url import DatabaseUrlError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")
Work = Callable[[Connection], T]
"""Statements on one connection. It must have no other effect, since it can be called again, and must not wait."""

SQLITE_BUSY_SECONDS = 10
"""How long one process waits for another one's write, such as a migration or the operator's command line."""

SQLITE_READERS = 2
"""Threads that read while the one writer writes."""

POOL_SIZE = 8
"""Postgres connections of one replica: each transaction holds one for a millisecond or two."""

CONNECT_SECONDS = 10
"""A database in the same data centre answers within milliseconds; past this it is away."""

MAX_TRIES = 5
"""Of a transaction that Postgres gave up for a deadlock or a serialisation failure: the other one is done by then."""

ANSWER_SECONDS = 30
"""Postgres answers within milliseconds, a report over a long ledger within seconds. One that hangs (its disk, or its
machine) would otherwise keep requests for a quarter of an hour, until the kernel gives the connection up."""

_DEADLOCK_STATES = ("40001", "40P01")

_NOT_THE_STATEMENT = ("08", "28", "3D", "53", "57", "58", "F0", "XX", "25006", "42501")
"""Beginnings of SQLSTATEs that speak of the server, the account or the disk: the same statement may work later.
Source: https://www.postgresql.org/docs/current/errcodes-appendix.html"""

_FOR_A_PERSON = ("28", "3D", "42501")
"""Of these the ones that time does not heal."""

_WORDS = {
    "28": "it does not let in the user of DATABASE_URL: another password, or pg_hba.conf",
    "3D": "it has no database of this name",
    "53100": "its disk is full",
    "53300": "it has no connection left",
    "57P03": "it is starting, or ending",
    "25006": "it may only be read, as a standby may",
    "42501": "its user may not make or change the tables; let the database belong to that user",
}


class DatabaseUnavailable(Exception):
    """The database can't be opened or can't be used now. The message never holds its password."""

    def __init__(self, message: str, *, may_pass: bool = True) -> None:
        super().__init__(message)
        self.may_pass = may_pass
        """Whether it may be there in a moment, as a server that starts together with the gateway."""


class _Connections(Protocol):
    async def write(self, work: Work[T], answer_s: float | None) -> T: ...

    async def read(self, work: Work[T], answer_s: float | None) -> T: ...

    async def close(self) -> None: ...


class Database:
    """Runs work on a connection: `transact` in a transaction, all or nothing; `read` sees only what is done."""

    def __init__(self, connections: _Connections, dialect: Literal["sqlite", "postgresql"]) -> None:
        self._connections = connections
        self.dialect = dialect
        self.log: logging.Logger | None = None
        """Hears once of each trouble, and of its end; clients hear no more than that they have to wait."""
        self._trouble = ""
        self._running: set[asyncio.Task[Any]] = set()

    async def transact(self, work: Work[T], answer_s: float | None = ANSWER_SECONDS) -> T:
        """Runs `work` in a transaction and commits it; any exception rolls it back and is raised.

        A caller that is cancelled leaves the transaction to come to its end: money moves wholly or not at all.
        `answer_s` is how long a database elsewhere may take. Raises DatabaseUnavailable.
        """
        task = asyncio.create_task(self._transact(work, answer_s))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    async def read(self, work: Work[T], answer_s: float | None = ANSWER_SECONDS) -> T:
        """Runs queries. `answer_s` is how long a database elsewhere may take. Raises DatabaseUnavailable."""
        try:
            return await self._connections.read(work, answer_s)
        except (DBAPIError, OSError, TimeoutError, PoolTimeout) as error:
            raise self._told(error) from None

    async def rows(self, query: Select[Any], answer_s: float | None = ANSWER_SECONDS) -> Sequence[Any]:
        """All rows of one query, as named tuples. Raises DatabaseUnavailable."""
        return await self.read(lambda connection: connection.execute(query).all(), answer_s)

    async def close(self) -> None:
        """Waits for transactions that are under way, then closes every connection."""
        while self._running:
            await asyncio.wait(self._running)
        await self._connections.close()

    async def _transact(self, work: Work[T], answer_s: float | None) -> T:
        tries = 0
        while True:
            tries += 1
            try:
                result = await self._connections.write(work, answer_s)
            except (DBAPIError, OSError, TimeoutError, PoolTimeout) as error:
                if tries >= MAX_TRIES or not _is_collision(error):
                    raise self._told(error) from None
            else:
                if self._trouble:
                    self._trouble = ""
                    if self.log is not None:
                        self.log.warning("The database can be used again.")
                return result
            # Two that collided must not meet again in step.
            await asyncio.sleep(random.uniform(0, 0.01 * 2**tries))

    def _told(self, error: Exception) -> Exception:
        told = _told(error)
        if isinstance(told, DatabaseUnavailable) and str(told) != self._trouble:
            self._trouble = str(told)
            if self.log is not None:
                self.log.warning("%s", told)
        return told

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            # A caller that was cancelled does not ask for the exception any more.
            task.exception()


class _PostgresConnections:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def write(self, work: Work[T], answer_s: float | None) -> T:
        async with asyncio.timeout(answer_s), self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def read(self, work: Work[T], answer_s: float | None) -> T:
        async with asyncio.timeout(answer_s), self._engine.connect() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        await self._engine.dispose()


class _SqliteConnections:
    """A transaction is one visit to a thread. The asynchronous driver makes a visit of each step: 52 for one bill."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._writer = writer
        self._reader = reader
        # SQLite has one writer at a time. To wait for a thread is fair and costs nothing; in SQLite it would be a poll.
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._read_threads = ThreadPoolExecutor(SQLITE_READERS, thread_name_prefix="sqlite-reader")

    async def write(self, work: Work[T], answer_s: float | None) -> T:
        def visit() -> T:
            with self._writer.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._write_thread, visit)

    async def read(self, work: Work[T], answer_s: float | None) -> T:
        def visit() -> T:
            with self._reader.connect() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._read_threads, visit)

    async def close(self) -> None:
        self._write_thread.shutdown()
        self._read_threads.shutdown()
        self._writer.dispose()
        self._reader.dispose()


def open_database(url: URL) -> Database:
    """Opens no connection yet. `url` comes from `database_url`. Raises DatabaseUrlError when its driver is missing."""
    if url.get_backend_name() == "sqlite":
        return Database(_open_sqlite(url), "sqlite")
    if importlib.util.find_spec("asyncpg") is None:
        raise DatabaseUrlError("Postgres needs an extra; run: pip install 'r3mes[postgres]'.")
    # Here and not above: it brings the whole mapper, 7 MiB that SQLite has no use for.
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS,
        # A connection that the server closed while it was idle is found before work is done on it.
        pool_pre_ping=True,
        connect_args={"timeout": CONNECT_SECONDS},
    )
    return Database(_PostgresConnections(engine), "postgresql")


def _open_sqlite(url: URL) -> _SqliteConnections:
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Who only reads must not wait for the one who writes, nor the other way round (WAL).
    writer = create_engine(url, pool_size=1, max_overflow=0)
    _configure_sqlite(writer, begin="BEGIN IMMEDIATE")
    reader = create_engine(url, pool_size=SQLITE_READERS, max_overflow=0)
    _configure_sqlite(reader, begin="BEGIN")
    return _SqliteConnections(writer, reader)


def _configure_sqlite(engine: Engine, *, begin: str) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, record: object) -> None:
        # The driver must not begin transactions by itself: it would begin them as readers, and a reader that turns
        # writer can't wait for another writer.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={SQLITE_BUSY_SECONDS * 1000}",
            "journal_mode=WAL",
            # A killed process loses nothing. A power cut may lose the last moments, and never tears a transaction.
            "synchronous=NORMAL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def _is_collision(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _DEADLOCK_STATES


def _told(error: Exception) -> Exception:
    """What the caller is to see: the error itself when the statement is at fault, else that the database is away."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        if state.startswith(_NOT_THE_STATEMENT):
            words = _WORDS.get(state) or _WORDS.get(state[:2]) or f"SQLSTATE {state}"
            return DatabaseUnavailable(
                f"The database can't be used ({words}).", may_pass=not state.startswith(_FOR_A_PERSON)
            )
        if isinstance(error.orig, sqlite3.OperationalError):
            # In SQLite's own words, which quote nothing.
            return DatabaseUnavailable(f"The database can't be used ({error.orig}).", may_pass=False)
        if not error.connection_invalidated and not isinstance(error, OperationalError | InterfaceError):
            return error
        return DatabaseUnavailable(f"The database does not answer ({type(error.orig).__name__}).")
    return DatabaseUnavailable(f"The database does not answer ({type(error).__name__}).")


async def answers(database: Database) -> bool:
    """Whether a query comes back, for readiness. Never raises."""
    try:
        await database.read(lambda connection: connection.execute(text("SELECT 1")).scalar())
    except (DatabaseUnavailable, DBAPIError):
        return False
    return True
