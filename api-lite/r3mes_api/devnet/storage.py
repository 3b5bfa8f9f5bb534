"""The chain in one SQLite file. A block is one transaction, so that a killed process leaves a whole chain behind.

What a node accepted and put in no block yet is in memory only, as on a real node: wallets send it again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from r3mes_api.devnet.records import Key, Record, Records, record_from_json, record_json
from r3mes_api.lifecycle import CannotStart

FORMAT = 1
BUSY_TIMEOUT_MS = 2_000
"""Another gateway on the same file is refused after this, instead of two chains writing over each other."""

_SCHEMA = """
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), chain_id TEXT NOT NULL, height INTEGER NOT NULL,
  time_us INTEGER NOT NULL, reward_clock_us INTEGER NOT NULL);
CREATE TABLE records (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE transactions (hash TEXT PRIMARY KEY, height INTEGER NOT NULL, place INTEGER NOT NULL,
  answer TEXT NOT NULL);
CREATE TABLE attributes (name TEXT NOT NULL, value TEXT NOT NULL, hash TEXT NOT NULL, UNIQUE (name, value, hash));
CREATE INDEX transactions_by_height ON transactions (height, place);
"""


class StorageError(CannotStart):
    """The file can't be used; the text says why and what to do."""


@dataclass(frozen=True)
class Head:
    chain_id: str
    height: int
    time_us: int
    reward_clock_us: int


@dataclass(frozen=True)
class Included:
    """A transaction in a block: what a node answers when asked for its hash, and what it is found by."""

    tx_hash: str
    height: int
    place: int
    answer: dict[str, Any]
    attributes: tuple[tuple[str, str], ...]
    """`message.sender` and its kin with their values."""


class ChainStorage:
    def __init__(self, path: Path | None) -> None:
        """Without a path the chain lives in memory. Raises StorageError."""
        self.path = path
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise StorageError(f"The devnet's file {path} can't be opened ({error}).") from None
        try:
            self._open()
        except sqlite3.Error as error:
            self._database.close()
            if "locked" in str(error):
                raise StorageError(
                    f"Another gateway keeps its devnet in {path}; end it, or name another file."
                ) from None
            raise StorageError(f"{path} is no devnet ({error}); delete it, or name another file.") from None
        except StorageError:
            self._database.close()
            raise

    def _open(self) -> None:
        execute = self._database.execute
        execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        # Before the journal: the lock is taken with the first write and kept until the end.
        execute("PRAGMA locking_mode = EXCLUSIVE")
        execute("PRAGMA journal_mode = WAL")
        # A power cut may lose the last blocks, never the file; a killed process loses nothing.
        execute("PRAGMA synchronous = NORMAL")
        version = execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, FORMAT):
            raise StorageError(f"{self.path} is of another version; delete it, or name another file.")
        execute("BEGIN EXCLUSIVE")
        if version == 0:
            for statement in _SCHEMA.strip().split(";\n"):
                execute(statement)
            execute(f"PRAGMA user_version = {FORMAT}")
        execute("COMMIT")

    def close(self) -> None:
        self._database.close()

    def head(self) -> Head | None:
        """None for a chain that is not born yet."""
        row = self._database.execute("SELECT chain_id, height, time_us, reward_clock_us FROM head").fetchone()
        return None if row is None else Head(*row)

    def load(self) -> Records:
        """Raises StorageError."""
        changes: dict[Key, Record | None] = {}
        for text, value in self._database.execute("SELECT key, value FROM records"):
            try:
                key = tuple(json.loads(text))
                changes[key] = record_from_json(key, value)
            except (ValueError, ValidationError, KeyError, TypeError, IndexError):
                raise StorageError(f"{self.path} holds a record that can't be read; delete the file.") from None
        records = Records()
        records.apply(changes)
        return records

    def commit(self, head: Head, changes: Mapping[Key, Record | None], included: Sequence[Included]) -> None:
        """One block, whole or not at all. Raises StorageError."""
        try:
            self._commit(head, changes, included)
        except sqlite3.Error as error:
            raise StorageError(f"The devnet's file {self.path} can't be written ({error}).") from None

    def _commit(self, head: Head, changes: Mapping[Key, Record | None], included: Sequence[Included]) -> None:
        execute, many = self._database.execute, self._database.executemany
        execute("BEGIN IMMEDIATE")
        try:
            execute(
                "INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?, ?)",
                (head.chain_id, head.height, head.time_us, head.reward_clock_us),
            )
            many("DELETE FROM records WHERE key = ?", [(_key(key),) for key, item in changes.items() if item is None])
            many(
                "INSERT OR REPLACE INTO records VALUES (?, ?)",
                [(_key(key), record_json(key, item)) for key, item in changes.items() if item is not None],
            )
            for item in included:
                row = (item.tx_hash, item.height, item.place, json.dumps(item.answer))
                execute("INSERT INTO transactions VALUES (?, ?, ?, ?)", row)
                many(
                    "INSERT OR IGNORE INTO attributes VALUES (?, ?, ?)",
                    [(name, value, item.tx_hash) for name, value in item.attributes],
                )
            execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                execute("ROLLBACK")
            raise

    def transaction(self, tx_hash: str) -> dict[str, Any] | None:
        row = self._database.execute("SELECT answer FROM transactions WHERE hash = ?", (tx_hash,)).fetchone()
        return None if row is None else json.loads(row[0])

    def search(
        self, conditions: Iterable[tuple[str, str]], *, newest_first: bool, limit: int, offset: int
    ) -> tuple[int, list[dict[str, Any]]]:
        """How many transactions meet all conditions, and those of one page."""
        where, values = ["1"], []
        for name, value in conditions:
            if name == "tx.height":
                where.append("height = ?")
                values += [value]
            else:
                where.append("hash IN (SELECT hash FROM attributes WHERE name = ? AND value = ?)")
                values += [name, value]
        chosen = f"FROM transactions WHERE {' AND '.join(where)}"
        order = "DESC" if newest_first else "ASC"
        total = self._database.execute(f"SELECT count(*) {chosen}", values).fetchone()[0]
        rows = self._database.execute(
            f"SELECT answer {chosen} ORDER BY height {order}, place {order} LIMIT ? OFFSET ?", [*values, limit, offset]
        )
        return int(total), [json.loads(row[0]) for row in rows]


def _key(key: Key) -> str:
    return json.dumps(key)
