"""DATABASE_URL: which databases are understood, and how their drivers want to be called."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

_SQLITE = ("sqlite", "sqlite+aiosqlite", "sqlite+pysqlite")
_POSTGRES = ("postgres", "postgresql", "postgresql+asyncpg")
EXAMPLES = "sqlite:////var/lib/r3mes/gateway.db or postgresql://user@host/database"


class DatabaseUrlError(Exception):
    """The URL names no database that is understood. The message never holds its password."""


def database_url(text: str) -> URL:
    """Raises DatabaseUrlError with a sentence for anything but a SQLite or a Postgres URL."""
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        raise DatabaseUrlError(f"DATABASE_URL is not a URL such as {EXAMPLES}.") from None
    if url.drivername in _SQLITE:
        if url.host:
            raise DatabaseUrlError("DATABASE_URL for SQLite needs three slashes before a path, four for /an/absolute.")
        if url.database in (None, "", ":memory:"):
            raise DatabaseUrlError("DATABASE_URL for SQLite needs a file: accounts must outlive the program.")
        return url.set(drivername="sqlite")
    if url.drivername in _POSTGRES:
        if not url.database:
            raise DatabaseUrlError(f"DATABASE_URL names no database; an example is {EXAMPLES}.")
        return _with_asyncpg_names(url.set(drivername="postgresql+asyncpg"))
    raise DatabaseUrlError(f"DATABASE_URL begins with {url.drivername}://, understood are {EXAMPLES}.")


def sqlite_file(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def _with_asyncpg_names(url: URL) -> URL:
    # libpq's name of the option is what everybody's URL has.
    mode = url.query.get("sslmode")
    if mode is None:
        return url
    return url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
