"""Brings a database to the schema of this program, once, however many replicas start at the same moment."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from r3mes_api.storage.database import Database

REVISIONS = ("0001", "0002")
"""Every schema this program knows, in order; the last one is its own."""

_LOCK = 0x72336D65
"""Postgres advisory lock that one migrating replica holds."""


class SchemaTooNew(Exception):
    """The database was written by a newer program; the message says what to do."""


async def migrate(database: Database) -> None:
    """Raises SchemaTooNew, and DatabaseUnavailable when the database does not answer."""
    if await database.read(_revision) != REVISIONS[-1]:
        # An index over millions of rows takes minutes, and so does the wait for a replica that makes it.
        await database.transact(_upgrade, answer_s=None)


def _upgrade(connection: Connection) -> None:
    # Here and not above: Alembic takes megabytes that a gateway with an up-to-date database need not hold.
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    found = _revision(connection)
    if found is not None and found not in REVISIONS:
        raise SchemaTooNew(
            f"The database has schema {found}, this program knows up to {REVISIONS[-1]}. "
            "Start the newer program that wrote it, or restore a backup from before."
        )
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision
