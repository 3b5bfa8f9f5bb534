"""The ledger in the database: append-only entries, balances beside them, and reservations."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, and_, func, select
from sqlalchemy.exc import IntegrityError

from r3mes_api.accounts import ledger_entry, ledger_statements
from r3mes_api.accounts.ledger_entry import Entry, EntryKind
from r3mes_api.storage.database import Database
from r3mes_api.storage.tables import ledger_balances, ledger_entries, ledger_postings, reservations

MAX_AMOUNT = 2**53
"""Base units in one entry: JavaScript clients and Lua count exactly up to here."""

SWEEP_ROWS = 500
"""Forgotten reservations that one transaction gives back, so that it does not hold up others."""


class InsufficientFunds(Exception):
    """An account holds less than is to be taken from it. Nothing was moved."""

    def __init__(self, available: int, needed: int) -> None:
        super().__init__(f"{needed} base units are needed, {available} are available")
        self.available = available
        self.needed = needed


class AlreadyReserved(Exception):
    """A reservation with this key was made before: the request is running or was billed."""


class ReservationState(StrEnum):
    OPEN = "open"
    SETTLED = "settled"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Reservation:
    id: str
    owner: str
    request_id: str
    amount: int
    state: ReservationState
    expires_at: int


@dataclass(frozen=True, slots=True)
class Balance:
    available: int
    reserved: int


@dataclass(frozen=True, slots=True)
class LedgerLine:
    id: int
    kind: str
    reference: str
    amount: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Audit:
    """What has to hold of the whole ledger at any moment; `is_balanced` says whether it does."""

    total: int
    """Sum of all postings."""
    unbalanced_entries: int
    wrong_balances: int
    """Accounts whose balance is not the sum of their postings."""
    reserved: int
    open_reservations: int
    """Sum of the reservations that are open; it is what all `reserved` accounts hold."""

    @property
    def is_balanced(self) -> bool:
        return (
            self.total == 0
            and self.unbalanced_entries == 0
            and self.wrong_balances == 0
            and self.reserved == self.open_reservations
        )


class Ledger:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def deposit(self, owner: str, amount: int, *, reference: str, now: int) -> bool:
        """Gives out credits. False when `reference` was used before: the same deposit is made once.

        Raises ValueError for an amount that is not between 1 and MAX_AMOUNT.
        """
        if not 0 < amount <= MAX_AMOUNT:
            raise ValueError(f"a deposit is between 1 and {MAX_AMOUNT} base units")
        entry = ledger_entry.deposit(owner, amount, reference)

        def work(connection: Connection) -> bool:
            return post_if_new(connection, entry, now)

        return await self._database.transact(work)

    async def reserve(
        self, owner: str, amount: int, *, key: str, request_id: str, now: int, expires_at: int
    ) -> Reservation:
        """Sets credits aside. `key` is unique: what may be sent twice is reserved once.

        Raises InsufficientFunds, and AlreadyReserved for a key that was used before.
        """
        if not 0 <= amount <= MAX_AMOUNT:
            raise ValueError(f"a reservation is between 0 and {MAX_AMOUNT} base units")
        reservation_id = secrets.token_hex(16)

        def work(connection: Connection) -> None:
            connection.execute(
                ledger_statements.INSERT_RESERVATION,
                {
                    "id": reservation_id,
                    "key": key,
                    "owner": owner,
                    "request_id": request_id,
                    "amount": amount,
                    "state": ReservationState.OPEN.value,
                    "created_at": now,
                    "expires_at": expires_at,
                },
            )
            if amount:
                post(connection, ledger_entry.reserve(owner, amount, reservation_id), now)

        try:
            await self._database.transact(work)
        except IntegrityError:
            raise AlreadyReserved from None
        return Reservation(reservation_id, owner, request_id, amount, ReservationState.OPEN, expires_at)

    async def release(self, reservation_id: str, *, now: int) -> bool:
        """Gives everything back because nothing was delivered. False when the reservation had ended before."""

        def work(connection: Connection) -> bool:
            return release(connection, reservation_id, now)

        return await self._database.transact(work)

    async def expire(self, *, now: int) -> int:
        """Gives back what requests set aside that never ended, as after a crash. Returns how many there were."""
        count = 0
        while True:

            def work(connection: Connection) -> int:
                rows = connection.execute(
                    select(reservations.c.id)
                    .where(reservations.c.state == ReservationState.OPEN.value, reservations.c.expires_at <= now)
                    .order_by(reservations.c.owner, reservations.c.id)
                    .limit(SWEEP_ROWS)
                )
                ended = [
                    end_reservation(connection, row.id, ReservationState.EXPIRED, EntryKind.EXPIRE, now) for row in rows
                ]
                return sum(ended)

            expired = await self._database.transact(work)
            count += expired
            if expired < SWEEP_ROWS:
                return count

    async def balance(self, owner: str) -> Balance:
        names = (ledger_entry.available(owner), ledger_entry.reserved(owner))
        rows = await self._database.rows(select(ledger_balances).where(ledger_balances.c.account.in_(names)))
        balances = {row.account: int(row.balance) for row in rows}
        return Balance(*(balances.get(name, 0) for name in names))

    async def lines(self, owner: str, *, before: int | None, limit: int) -> list[LedgerLine]:
        """What moved an owner's available credits, the newest first. `before` is the last id of the page before."""
        postings, entries = ledger_postings.c, ledger_entries.c
        query = (
            select(postings.id, entries.kind, entries.reference, postings.amount, entries.created_at)
            .join(ledger_entries, entries.id == postings.entry_id)
            .where(postings.account == ledger_entry.available(owner))
            .order_by(postings.id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(postings.id < before)
        return [LedgerLine(*row) for row in await self._database.rows(query)]

    async def audit(self) -> Audit:
        """Adds everything up. Reads the whole ledger: for tests, an operator's check and a nightly job."""
        postings, balances = ledger_postings.c, ledger_balances.c
        sums = (
            select(postings.account, func.sum(postings.amount).label("amount"))
            .where(postings.account.not_in((ledger_entry.GATEWAY, ledger_entry.ISSUED)))
            .group_by(postings.account)
            .subquery()
        )
        entry_sums = select(postings.entry_id).group_by(postings.entry_id).having(func.sum(postings.amount) != 0)
        wrong = (
            select(func.count())
            .select_from(ledger_balances.outerjoin(sums, sums.c.account == balances.account))
            .where(balances.balance != func.coalesce(sums.c.amount, 0))
        )
        missing = (
            select(func.count())
            .select_from(sums.outerjoin(ledger_balances, sums.c.account == balances.account))
            .where(and_(balances.account.is_(None), sums.c.amount != 0))
        )
        reserved = select(func.coalesce(func.sum(balances.balance), 0)).where(balances.account.like("reserved/%"))
        opened = select(func.coalesce(func.sum(reservations.c.amount), 0)).where(
            reservations.c.state == ReservationState.OPEN.value
        )
        columns = (
            select(func.coalesce(func.sum(postings.amount), 0)).scalar_subquery(),
            select(func.count()).select_from(entry_sums.subquery()).scalar_subquery(),
            wrong.scalar_subquery() + missing.scalar_subquery(),
            reserved.scalar_subquery(),
            opened.scalar_subquery(),
        )
        # One statement, so that it sees one moment. It takes as long as it takes.
        [row] = await self._database.rows(select(*columns), answer_s=None)
        return Audit(*(int(value) for value in row))


def end_reservation(
    connection: Connection, reservation_id: str, state: ReservationState, kind: EntryKind, now: int
) -> bool:
    """Within a transaction: gives an open reservation back. False when it is not open any more."""
    row = _change_state(connection, reservation_id, ReservationState.OPEN, state)
    if row is None:
        return False
    if row.amount:
        post(connection, ledger_entry.give_back(kind, row.owner, row.amount, reservation_id), now)
    return True


def release(connection: Connection, reservation_id: str, now: int) -> bool:
    """Within a transaction: calls a reservation off for good, also one that had expired."""
    if end_reservation(connection, reservation_id, ReservationState.RELEASED, EntryKind.RELEASE, now):
        return True
    changed = _change_state(connection, reservation_id, ReservationState.EXPIRED, ReservationState.RELEASED)
    return changed is not None


def take_for_settlement(connection: Connection, reservation_id: str) -> Reservation | None:
    """Within a transaction: marks a reservation settled. None when it was settled or called off before.

    The state returned is the one it had: OPEN, or EXPIRED when its credits went back already.
    """
    for state in (ReservationState.OPEN, ReservationState.EXPIRED):
        row = _change_state(connection, reservation_id, state, ReservationState.SETTLED)
        if row is not None:
            return Reservation(reservation_id, row.owner, row.request_id, row.amount, state, row.expires_at)
    return None


def reservation_with_key(connection: Connection, key: str) -> str | None:
    found: str | None = (
        connection.execute(select(reservations.c.id).where(reservations.c.key == key))
    ).scalar_one_or_none()
    return found


def available_credits(connection: Connection, owner: str) -> int:
    """Within a transaction that may take them: Postgres holds the row until the transaction ends."""
    balance = (
        connection.execute(
            select(ledger_balances.c.balance)
            .where(ledger_balances.c.account == ledger_entry.available(owner))
            .with_for_update()
        )
    ).scalar_one_or_none()
    return int(balance or 0)


def post_if_new(connection: Connection, entry: Entry, now: int) -> bool:
    """Within a transaction: writes an entry unless its reference exists."""
    entry_id = _insert_entry(connection, entry, now)
    if entry_id is None:
        return False
    _write_postings(connection, entry_id, entry.postings)
    return True


def post(connection: Connection, entry: Entry, now: int) -> None:
    """Within a transaction: writes an entry.

    Raises InsufficientFunds when an account would fall below zero, and AlreadyReserved for a reference that exists.
    """
    if not post_if_new(connection, entry, now):
        raise AlreadyReserved


def _insert_entry(connection: Connection, entry: Entry, now: int) -> int | None:
    entry_id: int | None = connection.execute(
        ledger_statements.INSERT_ENTRY[connection.dialect.name],
        {"kind": entry.kind.value, "reference": entry.reference, "created_at": now},
    ).scalar_one_or_none()
    return entry_id


def _write_postings(connection: Connection, entry_id: int, postings: Sequence[tuple[str, int]]) -> None:
    connection.execute(
        ledger_statements.INSERT_POSTINGS,
        [{"entry_id": entry_id, "account": account, "amount": amount} for account, amount in postings],
    )
    # In one order everywhere, so that no two transactions wait for one another.
    for account, amount in sorted(postings):
        if ledger_entry.has_balance(account):
            _move(connection, account, amount)


def _move(connection: Connection, account: str, amount: int) -> None:
    if amount > 0:
        connection.execute(ledger_statements.ADD[connection.dialect.name], {"account": account, "balance": amount})
        return
    taken = connection.execute(ledger_statements.TAKE, {"of": account, "taken": -amount})
    if taken.rowcount != 1:
        held = connection.execute(ledger_statements.BALANCE, {"of": account}).scalar_one_or_none()
        raise InsufficientFunds(int(held or 0), -amount)


def _change_state(
    connection: Connection, reservation_id: str, before: ReservationState, after: ReservationState
) -> Reservation | None:
    row = connection.execute(
        ledger_statements.CHANGE_STATE,
        {"reservation": reservation_id, "before": before.value, "after": after.value},
    ).one_or_none()
    if row is None:
        return None
    return Reservation(reservation_id, row.owner, row.request_id, row.amount, after, row.expires_at)
