"""API keys and sessions: the database knows their digests only, so a stolen copy of it opens nothing."""

from __future__ import annotations

import hashlib
import math
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

from r3mes_api.accounts.identity import ALL_SCOPES, Identity, Scope
from r3mes_api.storage.database import Database
from r3mes_api.storage.tables import api_keys, owners
from r3mes_protocol.errors import ApiError, ErrorCode

PREFIX = "r3mes_"
"""Secret scanners find a leaked key by it."""

SECRET_BYTES = 32
"""Nobody guesses that, so a plain digest is enough: a slow hash protects passwords that people choose."""

MAX_TOKEN_CHARS = 100
"""Longer ones are refused unread."""

MAX_KEYS = 50
"""Of one owner, that are neither revoked nor expired."""

MAX_SESSIONS = 20
"""Of one owner; the oldest end first."""

KEEP_SESSION_SECONDS = 30 * 24 * 3600
"""How long an ended session can still be traced by the operator."""

CACHE_SECONDS = 15.0
"""A replica remembers a key for so long instead of asking the database at each request. A key that is revoked on
another replica is good for this long; on the same one it ends at once."""

CACHE_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class ApiKey:
    id: str
    name: str
    hint: str
    """The first characters, to tell keys apart."""
    scopes: frozenset[Scope]
    created_at: int
    expires_at: int | None
    revoked_at: int | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """Shown once: the token can't be read again."""

    token: str
    key: ApiKey

    def __repr__(self) -> str:
        return f"NewKey(id={self.key.id!r})"


class ApiKeys:
    """`clock` gives Unix seconds."""

    def __init__(self, database: Database, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._known: OrderedDict[str, tuple[Identity, float]] = OrderedDict()

    async def create(self, identity: Identity, *, name: str, scopes: Iterable[Scope], expires_at: int | None) -> NewKey:
        """A new key for the owner. Raises ApiError for more rights or a longer life than its maker has."""
        wanted = frozenset(scopes)
        now = math.floor(self._clock())
        if not wanted:
            raise ApiError(ErrorCode.INVALID_REQUEST, "A key needs at least one scope.", param="scopes")
        if not wanted <= identity.scopes:
            missing = ", ".join(sorted(wanted - identity.scopes))
            raise ApiError(ErrorCode.FORBIDDEN, f"This API key can't give away what it lacks: {missing}.")
        if expires_at is not None and expires_at <= now:
            raise ApiError(ErrorCode.INVALID_REQUEST, "A key has to expire in the future.", param="expires_at")
        if not identity.is_session and identity.expires_at is not None:
            # A key that ends must not be able to outlive itself through another one.
            expires_at = min(expires_at or identity.expires_at, identity.expires_at)
        new, row = _new_key(identity.owner, "key", name, wanted, now, expires_at)

        def work(connection: Connection) -> None:
            _touch_owner(connection, identity.owner, now)
            count = connection.execute(
                select(func.count()).where(api_keys.c.owner == identity.owner, api_keys.c.kind == "key", _is_live(now))
            )
            if count.scalar_one() >= MAX_KEYS:
                raise ApiError(ErrorCode.FORBIDDEN, f"There are {MAX_KEYS} keys already. Revoke one that is not used.")
            connection.execute(insert(api_keys).values(row))

        await self._database.transact(work)
        return new

    async def open_session(self, owner: str, *, seconds: int) -> NewKey:
        """For an owner that has just proved to be one."""
        now = math.floor(self._clock())
        new, row = _new_key(owner, "session", "wallet", ALL_SCOPES, now, now + seconds)

        def work(connection: Connection) -> None:
            _touch_owner(connection, owner, now, signed_in=True)
            is_session = (api_keys.c.owner == owner) & (api_keys.c.kind == "session")
            newest = (
                select(api_keys.c.id)
                .where(is_session, _is_live(now))
                .order_by(api_keys.c.created_at.desc(), api_keys.c.id)
                .limit(MAX_SESSIONS - 1)
            )
            connection.execute(
                update(api_keys)
                .where(is_session, api_keys.c.revoked_at.is_(None), api_keys.c.id.not_in(newest))
                .values(revoked_at=now)
            )
            connection.execute(insert(api_keys).values(row))

        await self._database.transact(work)
        return new

    async def identify(self, token: str) -> Identity:
        """Raises ApiError UNAUTHORIZED for a token that is unknown, revoked or expired; it does not say which."""
        now = self._clock()
        digest = _digest(token) if len(token) <= MAX_TOKEN_CHARS and token.startswith(PREFIX) else None
        identity = None if digest is None else await self._find(digest, now)
        if identity is None or (identity.expires_at is not None and identity.expires_at <= now):
            raise ApiError(ErrorCode.UNAUTHORIZED, "This API key is not valid. It may have expired or been revoked.")
        return identity

    async def list(self, owner: str) -> list[ApiKey]:
        """The owner's keys, the newest first, revoked ones included; no sessions."""
        query = (
            select(api_keys)
            .where(api_keys.c.owner == owner, api_keys.c.kind == "key")
            .order_by(api_keys.c.created_at.desc(), api_keys.c.id)
            .limit(1000)
        )
        return [_api_key(row) for row in await self._database.rows(query)]

    async def revoke(self, owner: str, key_id: str) -> bool:
        """False when the owner has no such key. Revoking twice is no error."""
        now = math.floor(self._clock())

        def work(connection: Connection) -> str | None:
            changed = connection.execute(
                update(api_keys)
                .where(api_keys.c.owner == owner, api_keys.c.id == key_id)
                .values(revoked_at=func.coalesce(api_keys.c.revoked_at, now))
                .returning(api_keys.c.digest)
            )
            digest: str | None = changed.scalar_one_or_none()
            return digest

        digest = await self._database.transact(work)
        if digest is None:
            return False
        self._known.pop(digest, None)
        return True

    async def forget_sessions(self) -> int:
        """Deletes sessions that ended long ago. Returns how many there were."""
        before = math.floor(self._clock()) - KEEP_SESSION_SECONDS

        def work(connection: Connection) -> int:
            ended = delete(api_keys).where(api_keys.c.kind == "session", api_keys.c.expires_at <= before)
            return connection.execute(ended).rowcount

        return await self._database.transact(work)

    async def _find(self, digest: str, now: float) -> Identity | None:
        known = self._known.get(digest)
        if known is not None and now < known[1]:
            return known[0]
        rows = await self._database.rows(select(api_keys).where(api_keys.c.digest == digest))
        # Only what exists is remembered: guesses must not fill the memory.
        if not rows or rows[0].revoked_at is not None:
            self._known.pop(digest, None)
            return None
        row = rows[0]
        identity = Identity(row.owner, row.id, _scopes(row.scopes), row.kind == "session", row.expires_at)
        self._known[digest] = (identity, now + CACHE_SECONDS)
        self._known.move_to_end(digest)
        if len(self._known) > CACHE_ENTRIES:
            self._known.popitem(last=False)
        return identity


def _new_key(
    owner: str, kind: str, name: str, scopes: frozenset[Scope], now: int, expires_at: int | None
) -> tuple[NewKey, dict[str, object]]:
    token = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey(secrets.token_hex(16), name, token[: len(PREFIX) + 4], scopes, now, expires_at, None)
    row = {
        "id": key.id,
        "owner": owner,
        "kind": kind,
        "name": name,
        "hint": key.hint,
        "digest": _digest(token),
        "scopes": " ".join(sorted(scopes)),
        "created_at": now,
        "expires_at": expires_at,
    }
    return NewKey(token, key), row


def _touch_owner(connection: Connection, owner: str, now: int, *, signed_in: bool = False) -> None:
    # The row is also what two requests of one owner wait for, so that neither passes a limit beside the other.
    insert_type = SqliteInsert if connection.dialect.name == "sqlite" else PostgresInsert
    statement = insert_type(owners).values(address=owner, created_at=now, signed_in_at=now)
    kept = statement.excluded.signed_in_at if signed_in else owners.c.signed_in_at
    connection.execute(statement.on_conflict_do_update(index_elements=[owners.c.address], set_={"signed_in_at": kept}))


def _is_live(now: int):  # type: ignore[no-untyped-def]
    return api_keys.c.revoked_at.is_(None) & or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > now)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _scopes(text: str) -> frozenset[Scope]:
    # A scope of a newer program gives no right here.
    return frozenset(Scope(scope) for scope in text.split() if scope in ALL_SCOPES)


def _api_key(row: Row[tuple[object, ...]]) -> ApiKey:
    return ApiKey(row.id, row.name, row.hint, _scopes(row.scopes), row.created_at, row.expires_at, row.revoked_at)
