"""The requests in the history's file. Every function is one transaction's work."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from r3mes_launcher.core.history.request_record import RequestRecord

REQUESTS_KEPT = 50_000
"""The newest ones. About 6 MB of disk, and as many rows as a table shows without a pause."""

_INSERT = """INSERT INTO requests
    (ended_at, job, model, adapter, outcome, prompt_tokens, completion_tokens, first_token_ms, duration_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_SELECT = """SELECT
    ended_at, job, model, adapter, outcome, prompt_tokens, completion_tokens, first_token_ms, duration_ms, id
    FROM requests WHERE id > ? ORDER BY id DESC LIMIT ?"""


def insert_requests(connection: sqlite3.Connection, records: Sequence[RequestRecord], kept: int) -> None:
    """Adds them and lets the oldest beyond `kept` go."""
    connection.executemany(
        _INSERT,
        [
            (
                record.ended_at,
                record.job,
                record.model,
                record.adapter,
                record.outcome,
                record.prompt_tokens,
                record.completion_tokens,
                record.first_token_ms,
                record.duration_ms,
            )
            for record in records
        ],
    )
    connection.execute("DELETE FROM requests WHERE id <= (SELECT max(id) FROM requests) - ?", (kept,))


def select_requests(connection: sqlite3.Connection, after: int, limit: int) -> tuple[RequestRecord, ...]:
    """The newest `limit` of those with an id above `after`, newest first."""
    return tuple(RequestRecord(*row) for row in connection.execute(_SELECT, (after, limit)))


def delete_requests(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM requests")
