"""The history's SQLite file: made, brought to the newest schema, and put aside when it is damaged.

Belongs to one thread. Losing the history must never keep a node from serving: where the file can't be used, the history
is kept in memory for this run, and a sentence says so.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from r3mes_launcher.core.history.schema import MIGRATIONS
from r3mes_launcher.core.state import LogLevel

Result = TypeVar("Result")
SayLine = Callable[[str, LogLevel], None]

BUSY_TIMEOUT_S = 5.0
"""Another program that reads the file, such as a backup, is done in less."""

_IN_MEMORY = ":memory:"


class NewerHistoryError(Exception):
    """The file is from a launcher that knows more than this one."""


class HistoryDatabase:
    def __init__(self, path: Path | None, say: SayLine, migrations: tuple[tuple[str, ...], ...] = MIGRATIONS) -> None:
        """None: in memory."""
        self._path = path
        self._say = say
        self._migrations = migrations
        self._connection: sqlite3.Connection | None = None
        self._in_memory = path is None

    def open(self) -> None:
        """Never fails."""
        try:
            self._connection = self._connect(_IN_MEMORY if self._path is None else str(self._path))
        except NewerHistoryError:
            self._forget_at_the_end("The history is from a newer launcher and is left as it is")
        except sqlite3.OperationalError as error:
            self._forget_at_the_end(f"The history can't be opened ({error})")
        except sqlite3.DatabaseError as error:
            self._start_anew(error)

    def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Does the work in one transaction. Raises sqlite3.Error, after which nothing of it was kept.

        A file that turns out to be damaged is put aside, and the work is done on a new one.
        """
        try:
            return self._transaction(work)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            self._start_anew(error)
            return self._transaction(work)

    def close(self) -> None:
        """Safe to call twice."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _transaction(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        if self._connection is None:
            self.open()
        connection = self._connection
        assert connection is not None
        connection.execute("BEGIN")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        return result

    def _connect(self, where: str) -> sqlite3.Connection:
        connection = sqlite3.connect(where, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        try:
            version = self._version(connection)
            # The write-ahead log: a reader never waits, and a power cut costs the last moments, never the file.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
            self._migrate(connection, version)
        except BaseException:
            connection.close()
            raise
        return connection

    def _version(self, connection: sqlite3.Connection) -> int:
        """Before anything is written: a newer launcher's file is left as it is."""
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(self._migrations):
            raise NewerHistoryError(f"version {version}, known are {len(self._migrations)}")
        return int(version)

    def _migrate(self, connection: sqlite3.Connection, version: int) -> None:
        for step in range(version, len(self._migrations)):
            connection.execute("BEGIN IMMEDIATE")
            try:
                for statement in self._migrations[step]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {step + 1}")
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def _start_anew(self, error: sqlite3.Error) -> None:
        """Moves the damaged file out of the way, one of them at most, and makes a new one."""
        self.close()
        if self._in_memory or self._path is None:
            self._forget_at_the_end("The history in memory was damaged")
            return
        aside = self._path.with_name(f"{self._path.stem}.damaged{self._path.suffix}")
        try:
            self._path.replace(aside)
            for suffix in ("-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            self._connection = self._connect(str(self._path))
        except (OSError, sqlite3.Error):
            self._forget_at_the_end(f"The history is damaged ({error}) and can't be replaced")
        else:
            self._say(
                f"The history was damaged ({error}). It begins anew; the damaged file is kept as {aside.name}.",
                LogLevel.WARNING,
            )

    def _forget_at_the_end(self, problem: str) -> None:
        self._in_memory = True
        self._connection = self._connect(_IN_MEMORY)
        self._say(f"{problem}; what happens now is remembered until the launcher ends.", LogLevel.WARNING)


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Its subclasses mean other things: a full disk, a lock, an error of our own."""
    return type(error) is sqlite3.DatabaseError
