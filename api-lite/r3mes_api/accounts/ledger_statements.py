"""The ledger's statements, built once: building one takes longer than running it, and every request runs a dozen."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Executable, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

from r3mes_api.storage.tables import (
    deliveries,
    ledger_balances,
    ledger_entries,
    ledger_postings,
    reservations,
    usage_records,
)

INSERT_RESERVATION = insert(reservations)
INSERT_POSTINGS = insert(ledger_postings)
INSERT_USAGE = insert(usage_records)
INSERT_DELIVERIES = insert(deliveries)

TAKE = (
    update(ledger_balances)
    .where(ledger_balances.c.account == bindparam("of"), ledger_balances.c.balance >= bindparam("taken"))
    .values(balance=ledger_balances.c.balance - bindparam("taken"))
)
"""`taken` from the balance `of` an account that holds it; no row otherwise."""

BALANCE = select(ledger_balances.c.balance).where(ledger_balances.c.account == bindparam("of"))

CHANGE_STATE = (
    update(reservations)
    .where(reservations.c.id == bindparam("reservation"), reservations.c.state == bindparam("before"))
    .values(state=bindparam("after"))
    .returning(reservations.c.owner, reservations.c.request_id, reservations.c.amount, reservations.c.expires_at)
)


def _insert_entry(insert_type: type[SqliteInsert] | type[PostgresInsert]) -> Executable:
    return (
        insert_type(ledger_entries)
        .on_conflict_do_nothing(index_elements=[ledger_entries.c.reference])
        .returning(ledger_entries.c.id)
    )


def _add(insert_type: type[SqliteInsert] | type[PostgresInsert]) -> Executable:
    statement: Any = insert_type(ledger_balances)
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=[ledger_balances.c.account],
        set_={"balance": ledger_balances.c.balance + statement.excluded.balance},
    )


INSERT_ENTRY = {"sqlite": _insert_entry(SqliteInsert), "postgresql": _insert_entry(PostgresInsert)}
"""By dialect: an entry, unless its reference exists; returns its id."""

ADD = {"sqlite": _add(SqliteInsert), "postgresql": _add(PostgresInsert)}
"""By dialect: adds to an account's balance, which begins at nothing."""
