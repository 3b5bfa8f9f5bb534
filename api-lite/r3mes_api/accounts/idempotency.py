"""Idempotency keys: a request that is sent again gets the answer of the first one, and is billed once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

from r3mes_api.accounts.ledger import release, reservation_with_key
from r3mes_api.storage.database import Database
from r3mes_api.storage.tables import idempotency_keys
from r3mes_protocol.errors import ApiError, ErrorCode

MAX_KEY_CHARS = 255
"""As with other APIs that have this header."""

LEASE_SECONDS = 120
"""A request that has not renewed its lease for so long has died with its gateway, and whoever sends it again need not
wait any longer. Replicas judge one another's leases, so it is also what their clocks may differ by."""

RENEW_SECONDS = 30
"""How often a request that runs renews its lease: three tries may fail while the database is away."""

KEEP_SECONDS = 24 * 3600
"""How long an answer can be had again."""

MAX_STORED_BYTES = 1024 * 1024
"""A longer answer is not kept; asked for again, it is refused rather than made and billed anew."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """Nobody has sent this before, or whoever did died: go on and call `finish` or `abandon`."""

    owner: str
    digest: str
    attempt: int

    @property
    def reservation_key(self) -> str:
        """Under which `Billing.reserve` sets credits aside, so that even without this table it happens once."""
        return f"idempotent:{self.owner}:{self.digest}:{self.attempt}"


@dataclass(frozen=True, slots=True)
class InProgress:
    request_id: str


@dataclass(frozen=True, slots=True)
class Finished:
    request_id: str
    status: int
    content_type: str
    body: bytes | None
    """None when it was too long to be kept."""


def fingerprint(body: Mapping[str, Any]) -> str:
    """Two requests are the same when their parsed bodies are, whatever the order of their keys."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Idempotency:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(
        self, owner: str, key: str, body_fingerprint: str, *, request_id: str, now: int
    ) -> Fresh | InProgress | Finished:
        """Raises ApiError: INVALID_REQUEST for a key that can't be one, IDEMPOTENCY_CONFLICT for another body."""
        if not 0 < len(key) <= MAX_KEY_CHARS or not key.isprintable():
            raise ApiError(
                ErrorCode.INVALID_REQUEST,
                f"Idempotency-Key has 1 to {MAX_KEY_CHARS} printable characters.",
                param="Idempotency-Key",
            )
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        values = {
            "owner": owner,
            "digest": digest,
            "fingerprint": body_fingerprint,
            "attempt": 1,
            "request_id": request_id,
            "lease_until": now + LEASE_SECONDS,
            "expires_at": now + KEEP_SECONDS,
        }

        def work(connection: Connection) -> Fresh | InProgress | Finished:
            insert_type = SqliteInsert if connection.dialect.name == "sqlite" else PostgresInsert
            inserted = connection.execute(insert_type(idempotency_keys).values(**values).on_conflict_do_nothing())
            if inserted.rowcount == 1:
                return Fresh(owner, digest, 1)
            return self._begin_again(connection, values, now)

        return await self._database.transact(work)

    async def renew(self, begun: Fresh, *, now: int) -> None:
        """The request still runs. Nothing happens when it has ended, or another gateway took it over."""

        def work(connection: Connection) -> None:
            columns = idempotency_keys.c
            connection.execute(
                update(idempotency_keys)
                .where(*_is(begun), columns.status.is_(None), columns.lease_until > 0)
                .values(lease_until=now + LEASE_SECONDS)
            )

        await self._database.transact(work)

    async def finish(self, begun: Fresh, *, status: int, content_type: str, body: bytes, now: int) -> None:
        """Keeps the answer. Nothing happens when another gateway took the request over in the meantime."""

        def work(connection: Connection) -> None:
            connection.execute(
                update(idempotency_keys)
                .where(*_is(begun))
                .values(
                    status=status,
                    content_type=content_type,
                    body=body if len(body) <= MAX_STORED_BYTES else None,
                    expires_at=now + KEEP_SECONDS,
                )
            )

        await self._database.transact(work)

    async def abandon(self, begun: Fresh) -> None:
        """The request was refused before anything was delivered: sent again, it is tried again."""

        def work(connection: Connection) -> None:
            connection.execute(
                update(idempotency_keys).where(*_is(begun), idempotency_keys.c.status.is_(None)).values(lease_until=0)
            )

        await self._database.transact(work)

    async def forget(self, *, now: int) -> int:
        """Deletes what is older than KEEP_SECONDS. Returns how many there were."""

        def work(connection: Connection) -> int:
            old = delete(idempotency_keys).where(
                idempotency_keys.c.expires_at <= now, idempotency_keys.c.lease_until <= now
            )
            return (connection.execute(old)).rowcount

        return await self._database.transact(work)

    def _begin_again(self, connection: Connection, values: dict[str, Any], now: int) -> Fresh | InProgress | Finished:
        columns = idempotency_keys.c
        is_key = (columns.owner == values["owner"], columns.digest == values["digest"])
        row = (connection.execute(select(idempotency_keys).where(*is_key).with_for_update())).one()
        if row.fingerprint != values["fingerprint"]:
            raise ApiError(
                ErrorCode.IDEMPOTENCY_CONFLICT,
                "This Idempotency-Key was used for another request. Use a new key for a new request.",
            )
        if row.status is not None:
            return Finished(row.request_id, row.status, row.content_type, row.body)
        if now < row.lease_until:
            return InProgress(row.request_id)
        # Whoever had it is gone. What it set aside is called off for good, so that only one of the two is ever billed.
        before = reservation_with_key(connection, Fresh(row.owner, row.digest, row.attempt).reservation_key)
        if before is not None:
            release(connection, before, now)
        again = {key: values[key] for key in ("request_id", "lease_until", "expires_at")}
        connection.execute(update(idempotency_keys).where(*is_key).values(attempt=row.attempt + 1, **again))
        return Fresh(row.owner, row.digest, row.attempt + 1)


def _is(begun: Fresh) -> tuple[Any, ...]:
    columns = idempotency_keys.c
    return (columns.owner == begun.owner, columns.digest == begun.digest, columns.attempt == begun.attempt)
