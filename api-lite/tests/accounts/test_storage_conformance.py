"""What every store has to keep to: SQLite with memory, and real Postgres with real Redis."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from r3mes_api.accounts.ledger import AlreadyReserved, InsufficientFunds, Ledger
from r3mes_api.accounts.token_bucket import Draw, RatePolicy
from r3mes_api.replicas.directory import Directory, NodeEntry, NodePace, ReplicaHead, Seen
from r3mes_api.storage.database import Database, DatabaseUnavailable, answers, open_database
from r3mes_api.storage.database_url import database_url
from r3mes_api.storage.migrate import REVISIONS, SchemaTooNew, migrate
from r3mes_api.storage.short_lived import ShortLivedState
from r3mes_api.storage.tables import ledger_balances, metadata, owners
from r3mes_protocol.grants import Role
from r3mes_protocol.messages import AdapterOffer, Device, ModelOffer
from r3mes_protocol.wire import NodeId

NOW = 1_800_000_000
OWNER = "remes1owner"

# --- schema ----------------------------------------------------------------------------------------------------


async def test_migrations_make_the_tables_that_the_program_uses(database: Database) -> None:
    def differences(connection: Any) -> list[Any]:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    assert await database.read(differences) == []


async def test_many_replicas_may_migrate_at_once(empty_backend: Any) -> None:
    databases = [open_database(database_url(empty_backend.database_url)) for _ in range(4)]
    await asyncio.gather(*(migrate(database) for database in databases))
    rows = await databases[0].rows(select(text("version_num")).select_from(text("alembic_version")))
    assert [row[0] for row in rows] == [REVISIONS[-1]]
    for database in databases:
        await migrate(database)
        await database.close()


async def test_a_database_of_a_newer_program_is_left_alone(database: Database) -> None:
    def pretend(connection: Connection) -> None:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    await database.transact(pretend)
    with pytest.raises(SchemaTooNew, match="9999"):
        await migrate(database)


async def test_it_says_that_it_answers(database: Database) -> None:
    assert await answers(database)


# --- transactions ----------------------------------------------------------------------------------------------


def add_owner(connection: Connection, address: str = "a") -> None:
    connection.execute(insert(owners).values(address=address, created_at=1, signed_in_at=1))


async def count_owners(database: Database) -> int:
    return len(await database.rows(select(owners)))


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fails(connection: Connection) -> None:
        add_owner(connection)
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        await database.transact(fails)
    assert await count_owners(database) == 0


def add_owner_slowly(connection: Connection) -> None:
    add_owner(connection)
    counting = (
        "SELECT pg_sleep(0.3)"
        if connection.dialect.name == "postgresql"
        else "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT max(i) FROM n"
    )
    connection.execute(text(counting))


async def test_a_caller_who_leaves_does_not_stop_the_transaction(
    database: Database, eventually: Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
) -> None:
    caller = asyncio.create_task(database.transact(add_owner_slowly))
    while not database._running:
        await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert await count_owners(database) == 0

    async def is_done() -> bool:
        return await count_owners(database) == 1

    await eventually(is_done)


NO_OWNERS = "SET session_replication_role = replica; DELETE FROM owners"
"""What other tests left there."""


@pytest.fixture
async def guest(migrated_postgres: str) -> AsyncIterator[tuple[str, Callable[[str], Awaitable[None]]]]:
    """A URL for a role of its own on the database with all tables, and a way to command that server."""
    import asyncpg

    connection = await asyncpg.connect(migrated_postgres)
    await connection.execute(f"{NO_OWNERS}; DROP ROLE IF EXISTS guest")
    await connection.execute("CREATE ROLE guest LOGIN")
    yield migrated_postgres.replace("gateway@", "guest@"), connection.execute
    await connection.execute("DROP OWNED BY guest; DROP ROLE guest")
    await connection.close()


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        ("ALTER ROLE guest CONNECTION LIMIT 0", "no connection left"),
        ("ALTER ROLE guest NOLOGIN", "does not let in"),
        ("GRANT ALL ON owners TO guest; ALTER ROLE guest SET default_transaction_read_only = on", "only be read"),
        ("ALTER ROLE guest SET search_path = public", "its user may not"),
        ("GRANT ALL ON owners TO guest; ALTER ROLE guest SET statement_timeout = 100", "SQLSTATE 57014"),
    ],
)
async def test_trouble_of_the_server_is_told_as_such(guest: Any, trouble: str, says: str) -> None:
    url, command = guest
    await command(trouble)
    database = open_database(database_url(url))
    with pytest.raises(DatabaseUnavailable, match=says):
        await database.transact(add_owner_slowly)
    await database.close()


async def test_trouble_and_its_end_are_logged_once(guest: Any, caplog: pytest.LogCaptureFixture) -> None:
    url, command = guest
    await command("GRANT ALL ON owners TO guest")
    database = open_database(database_url(url))
    database.log = logging.getLogger("test.storage")
    await command("REVOKE ALL ON owners FROM guest")
    for _ in range(3):
        with pytest.raises(DatabaseUnavailable):
            await database.transact(add_owner)
    await command("GRANT ALL ON owners TO guest")
    for address in "bc":
        await database.transact(lambda connection, address=address: add_owner(connection, address))  # type: ignore[misc]
    await database.close()
    assert len(caplog.records) == 2 and "its user may not" in caplog.records[0].message
    assert caplog.records[1].message == "The database can be used again."


async def test_a_database_that_is_not_there_is_told_as_such(postgres: str) -> None:
    database = open_database(database_url(postgres.format(name="nowhere")))
    with pytest.raises(DatabaseUnavailable, match="no database of this name"):
        await migrate(database)
    await database.close()


async def test_a_server_that_hangs_is_not_waited_for(migrated_postgres: str) -> None:
    import asyncpg

    locks = await asyncpg.connect(migrated_postgres)
    database = open_database(database_url(migrated_postgres))
    try:
        await locks.execute(NO_OWNERS)
        await locks.execute("BEGIN; LOCK TABLE owners")
        for work in (database.transact(add_owner, 0.2), database.rows(select(owners), 0.2)):
            with pytest.raises(DatabaseUnavailable, match="does not answer"):
                await work
        await locks.execute("ROLLBACK")
        await database.transact(add_owner)
        assert await count_owners(database) == 1
    finally:
        await locks.close()
        await database.close()


async def test_closing_waits_for_what_is_under_way(backend: Any) -> None:
    database = open_database(database_url(backend.database_url))
    caller = asyncio.create_task(database.transact(add_owner_slowly))
    while not database._running:
        await asyncio.sleep(0)
    await database.close()
    await caller
    again = open_database(database_url(backend.database_url))
    assert await count_owners(again) == 1
    await again.close()


async def test_many_transactions_at_once_all_happen(database: Database) -> None:
    await asyncio.gather(*(database.transact(lambda c, i=i: add_owner(c, str(i))) for i in range(40)))
    assert await count_owners(database) == 40


@pytest.mark.parametrize("table", ["ledger_entries", "ledger_postings"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id + 1", "DELETE FROM {}"])
async def test_the_ledger_is_append_only_in_the_database_itself(
    database: Database, ledger: Ledger, table: str, change: str
) -> None:
    await ledger.deposit(OWNER, 10, reference="x", now=NOW)

    def tamper(connection: Connection) -> None:
        connection.execute(text(change.format(table)))

    with pytest.raises(DBAPIError, match="append-only"):
        await database.transact(tamper)
    assert (await ledger.audit()).is_balanced


async def test_no_balance_may_fall_below_zero(database: Database) -> None:
    def overdraw(connection: Connection) -> None:
        connection.execute(insert(ledger_balances).values(account="a", balance=-1))

    with pytest.raises(IntegrityError):
        await database.transact(overdraw)


# --- ledger ----------------------------------------------------------------------------------------------------


async def reserve(ledger: Ledger, key: str, amount: int, now: int = NOW) -> str:
    reservation = await ledger.reserve(OWNER, amount, key=key, request_id=key, now=now, expires_at=now + 60)
    return reservation.id


async def test_a_deposit_is_made_once(ledger: Ledger) -> None:
    made = await asyncio.gather(*(ledger.deposit(OWNER, 10, reference="same", now=NOW) for _ in range(8)))
    assert sorted(made) == [False] * 7 + [True]
    assert (await ledger.balance(OWNER)).available == 10


async def test_credits_are_spent_once_however_many_ask_at_once(ledger: Ledger) -> None:
    await ledger.deposit(OWNER, 70, reference="x", now=NOW)
    results = await asyncio.gather(*(reserve(ledger, str(i), 10) for i in range(20)), return_exceptions=True)
    assert sum(isinstance(result, str) for result in results) == 7
    assert sum(isinstance(result, InsufficientFunds) for result in results) == 13
    balance = await ledger.balance(OWNER)
    assert (balance.available, balance.reserved) == (0, 70)
    assert (await ledger.audit()).is_balanced


async def test_one_key_reserves_once(ledger: Ledger) -> None:
    await ledger.deposit(OWNER, 70, reference="x", now=NOW)
    results = await asyncio.gather(*(reserve(ledger, "same", 10) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(result, str) for result in results) == 1
    assert sum(isinstance(result, AlreadyReserved) for result in results) == 9
    assert (await ledger.balance(OWNER)).reserved == 10


async def test_a_reservation_ends_once(ledger: Ledger) -> None:
    await ledger.deposit(OWNER, 70, reference="x", now=NOW)
    reservation = await reserve(ledger, "r", 10)
    ends = await asyncio.gather(*(ledger.release(reservation, now=NOW) for _ in range(8)))
    assert sorted(ends) == [False] * 7 + [True]
    assert (await ledger.balance(OWNER)).available == 70


async def test_forgotten_reservations_expire_once_on_any_replica(ledger: Ledger) -> None:
    await ledger.deposit(OWNER, 1000, reference="x", now=NOW)
    for i in range(12):
        await reserve(ledger, str(i), 10, now=NOW + i)
    assert await ledger.expire(now=NOW + 59) == 0
    assert sum(await asyncio.gather(*(ledger.expire(now=NOW + 65) for _ in range(4)))) == 6
    assert (await ledger.balance(OWNER)).reserved == 60
    assert (await ledger.audit()).is_balanced


async def test_the_audit_sees_what_is_wrong(database: Database, ledger: Ledger) -> None:
    await ledger.deposit(OWNER, 10, reference="x", now=NOW)
    assert (await ledger.audit()).is_balanced

    def forge(connection: Connection) -> None:
        connection.execute(text("UPDATE ledger_balances SET balance = balance + 1"))

    await database.transact(forge)
    audit = await ledger.audit()
    assert not audit.is_balanced
    assert audit.wrong_balances == 1

    def make_money(connection: Connection) -> None:
        connection.execute(text("UPDATE ledger_balances SET balance = balance - 1"))
        connection.execute(text("INSERT INTO ledger_postings (entry_id, account, amount) VALUES (1, 'gateway', 5)"))

    await database.transact(make_money)
    audit = await ledger.audit()
    assert (audit.total, audit.unbalanced_entries, audit.wrong_balances) == (5, 1, 0)


@pytest.mark.parametrize("amount", [0, -1, 2**53 + 1])
async def test_a_deposit_has_bounds(ledger: Ledger, amount: int) -> None:
    with pytest.raises(ValueError, match="deposit"):
        await ledger.deposit(OWNER, amount, reference="x", now=NOW)


async def test_lines_come_in_pages_newest_first(ledger: Ledger) -> None:
    for i in range(5):
        await ledger.deposit(OWNER, i + 1, reference=str(i), now=NOW + i)
    await ledger.deposit("remes1other", 99, reference="other", now=NOW)
    first = await ledger.lines(OWNER, before=None, limit=3)
    rest = await ledger.lines(OWNER, before=first[-1].id, limit=3)
    assert [line.amount for line in first + rest] == [5, 4, 3, 2, 1]


# --- short-lived state -----------------------------------------------------------------------------------------


async def test_a_value_can_be_taken_once(state: ShortLivedState) -> None:
    await state.put("k", "ü value", 60)
    taken = await asyncio.gather(*(state.take("k") for _ in range(20)))
    assert sorted(value for value in taken if value is not None) == ["ü value"]
    assert await state.take("never") is None


async def test_a_value_expires(
    state: ShortLivedState, clock: Any, eventually: Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
) -> None:
    await state.put("k", "v", 1)
    clock.now += 1

    async def is_gone() -> bool:
        # Redis goes by its own clock; taking and putting back would start the time anew.
        client = getattr(state, "_client", None)
        return client is None or not await client.exists("r3mes:once:k")

    await eventually(is_gone)
    assert await state.take("k") is None


async def test_a_bucket_empties_and_fills(state: ShortLivedState, clock: Any) -> None:
    draw = [Draw("b", RatePolicy(limit=60, period_s=60, burst=3))]
    decisions = [await state.draw(draw) for _ in range(4)]
    assert [d.allowed for d in decisions] == [True, True, True, False]
    assert [d.remaining for d in decisions] == [2, 1, 0, 0]
    assert decisions[3].retry_after_us == 1_000_000
    clock.now += 0.5
    assert not (await state.draw(draw)).allowed
    clock.now += 0.5
    assert (await state.draw(draw)).allowed
    clock.now += 3600
    assert (await state.draw(draw)).remaining == 2


async def test_a_draw_takes_from_all_buckets_or_from_none(state: ShortLivedState) -> None:
    small, large = RatePolicy(1, 60, 1), RatePolicy(1, 60, 5)
    assert (await state.draw([Draw("small", small), Draw("large", large)])).allowed
    refused = await state.draw([Draw("small", small), Draw("large", large)])
    assert (refused.allowed, refused.limit) == (False, 1)
    assert (await state.draw([Draw("large", large)])).remaining == 3


async def test_draws_at_once_take_no_more_than_there_is(state: ShortLivedState) -> None:
    policy = RatePolicy(1, 3600, 10)
    decisions = await asyncio.gather(*(state.draw([Draw("b", policy)]) for _ in range(50)))
    assert sum(decision.allowed for decision in decisions) == 10


# --- the directory of replicas ---------------------------------------------------------------------------------


def head(number: int, *, whole_number: int = 1, draining: bool = False) -> ReplicaHead:
    return ReplicaHead(
        replica_id=f"{number:032x}", url=f"http://10.0.0.{number}:8000", whole_number=whole_number, draining=draining
    )


def entry(node: int, **changes: Any) -> NodeEntry:
    fields: dict[str, Any] = {
        "node_id": f"{node:064x}",
        "session_id": f"{node:032x}",
        "gateway": "https://gateway.example.org",
        "claim": 1,
        "generation": 1,
        "owner": None,
        "models": (ModelOffer(name="modèle", context_tokens=10),),
        "adapters": (AdapterOffer(name="a"),),
        "roles": (Role.SERVING,),
        "device": Device(kind="cpu", name="c", memory_mb=1),
        "engine_version": "1",
        "max_concurrency": 2,
        "max_jobs": 64,
        "endpoint": False,
        "continues": False,
        "loads_adapters": False,
        "draining": False,
        "active": 0,
        "queued": 0,
        "jobs": 0,
        "free_vram_mb": None,
        "free_adapter_slots": None,
        "telemetry": None,
        "connected_at": NOW,
        "pace": NodePace(first_s=0.1, token_s=0.01, gap_s=None),
        "rest_ms": 0,
    }
    return NodeEntry(**{**fields, **changes})


def entries(*told: NodeEntry) -> dict[NodeId, NodeEntry | None]:
    return {NodeId(one.node_id): one for one in told}


READER = f"{99:032x}"


async def test_replicas_find_one_another_and_their_nodes(directory: Directory) -> None:
    assert await directory.read(READER, {}) == []
    assert await directory.publish(head(1), entries(entry(1), entry(2)), whole=True, ttl_s=60)
    assert await directory.publish(head(2), {}, whole=True, ttl_s=60)
    news = {one.head.replica_id: one for one in await directory.read(READER, {})}
    assert {replica: (one.head, one.whole, one.entries) for replica, one in news.items()} == {
        head(1).replica_id: (head(1), True, entries(entry(1), entry(2))),
        head(2).replica_id: (head(2), True, {}),
    }
    assert [one.head for one in await directory.read(head(1).replica_id, {})] == [head(2)]


async def test_a_reader_gets_what_is_new_and_no_more(directory: Directory) -> None:
    await directory.publish(head(1), entries(entry(1), entry(2), entry(3)), whole=True, ttl_s=60)
    (first,) = await directory.read(READER, {})
    seen = {head(1).replica_id: Seen(first.head.whole_number, first.version)}
    assert await directory.publish(head(1, draining=True), {NodeId(entry(2).node_id): None}, whole=False, ttl_s=60)
    assert await directory.publish(head(1, draining=True), entries(entry(3, active=2)), whole=False, ttl_s=60)
    (second,) = await directory.read(READER, seen)
    assert not second.whole and second.head.draining
    assert second.entries == {NodeId(entry(2).node_id): None, **entries(entry(3, active=2))}
    (third,) = await directory.read(READER, {head(1).replica_id: Seen(1, second.version)})
    assert (third.entries, third.whole, third.version) == ({}, False, second.version)
    (late,) = await directory.read(READER, {})
    assert {node: one for node, one in late.entries.items() if one is not None} == entries(entry(1), entry(3, active=2))


async def test_what_is_told_anew_takes_the_place_of_all_before(directory: Directory) -> None:
    await directory.publish(head(1), entries(entry(1), entry(2)), whole=True, ttl_s=60)
    (first,) = await directory.read(READER, {})
    await directory.publish(head(1, whole_number=2), entries(entry(2)), whole=True, ttl_s=60)
    (second,) = await directory.read(READER, {head(1).replica_id: Seen(1, first.version)})
    assert second.whole and second.entries == entries(entry(2))


async def test_many_nodes_are_read_whole(directory: Directory) -> None:
    many = entries(*(entry(number) for number in range(1, 1300)))
    await directory.publish(head(1), many, whole=True, ttl_s=60)
    (news,) = await directory.read(READER, {})
    assert news.entries == many
    (rest,) = await directory.read(READER, {head(1).replica_id: Seen(1, news.version)})
    assert rest.entries == {}


async def test_a_replica_that_says_nothing_vanishes_with_its_nodes(
    directory: Directory, clock: Any, eventually: Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
) -> None:
    await directory.publish(head(1), entries(entry(1)), whole=True, ttl_s=0.5)
    clock.now += 1

    async def is_gone() -> bool:
        return await directory.read(READER, {}) == []

    await eventually(is_gone)
    # It was only slow: what it told before is gone, so it is asked for all of it.
    assert not await directory.publish(head(1), entries(entry(2)), whole=False, ttl_s=60)
    assert await is_gone()
    assert await directory.publish(head(1, whole_number=2), entries(entry(1), entry(2)), whole=True, ttl_s=60)
    (back,) = await directory.read(READER, {head(1).replica_id: Seen(1, 1)})
    assert back.whole and back.entries == entries(entry(1), entry(2))


async def test_who_has_vanished_is_never_asked_for_changes_only(directory: Directory, clock: Any) -> None:
    """In no millisecond is a replica gone for those who read and still there for the replica itself."""
    for number in range(1, 21):
        await directory.publish(head(1, whole_number=number), entries(entry(1)), whole=True, ttl_s=0.01)
        clock.now += 1
        while await directory.read(READER, {}):
            pass
        told = await directory.publish(head(1, whole_number=number), entries(entry(2)), whole=False, ttl_s=60)
        assert not told, number


async def test_a_replica_that_ends_vanishes_at_once(directory: Directory) -> None:
    await directory.publish(head(1), entries(entry(1)), whole=True, ttl_s=60)
    await directory.withdraw(head(1).replica_id)
    assert await directory.read(READER, {}) == []
    await directory.withdraw(head(1).replica_id)


async def test_claims_rise_whoever_asks(directory: Directory) -> None:
    taken = await asyncio.gather(*(directory.claim(3) for _ in range(20)))
    numbers = [number for claim in taken for number in claim]
    assert len(set(numbers)) == 60 and all(claim[0] < claim[1] < claim[2] for claim in taken)
    assert (await directory.claim(1))[0] > max(numbers)


@pytest.mark.parametrize("backend", ["postgres+redis"], indirect=True)
async def test_claims_rise_though_redis_has_forgotten_all(directory: Directory) -> None:
    (before,) = await directory.claim(1)
    await directory._client.flushdb()  # type: ignore[attr-defined]
    assert (await directory.claim(1))[0] > before
