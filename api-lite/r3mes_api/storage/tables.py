"""The tables. A change here needs a migration; a test compares the two.

Times are Unix seconds, amounts are integers in base units, ids are text chosen by the program.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts up by itself only in a column that is called INTEGER.
_Serial = BigInteger().with_variant(Integer, "sqlite")

owners = Table(
    "owners",
    metadata,
    Column("address", String(90), primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("signed_in_at", BigInteger, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", String(90), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", String(100), nullable=False),
    Column("hint", String(16), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    CheckConstraint("kind IN ('key', 'session')", name="kind"),
    Index(None, "owner", "kind"),
    Index(None, "expires_at"),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("reference", String(200), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

ledger_postings = Table(
    "ledger_postings",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("entry_id", _Serial, ForeignKey("ledger_entries.id"), nullable=False, index=True),
    Column("account", String(200), nullable=False),
    Column("amount", BigInteger, nullable=False),
    CheckConstraint("amount <> 0", name="amount"),
    Index(None, "account", "id"),
)

ledger_balances = Table(
    "ledger_balances",
    metadata,
    Column("account", String(200), primary_key=True),
    Column("balance", BigInteger, nullable=False),
    CheckConstraint("balance >= 0", name="balance"),
)

reservations = Table(
    "reservations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("owner", String(90), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    CheckConstraint("amount >= 0", name="amount"),
    CheckConstraint("state IN ('open', 'settled', 'released', 'expired')", name="state"),
    Index(None, "state", "expires_at"),
    Index(None, "request_id"),
)

usage_records = Table(
    "usage_records",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("request_id", String(64), nullable=False, unique=True),
    Column("reservation_id", String(32), ForeignKey("reservations.id"), nullable=False, unique=True),
    Column("owner", String(90), nullable=False),
    Column("api_key_id", String(32)),
    Column("model", String(128), nullable=False),
    Column("adapter", String(128)),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("charged", BigInteger, nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "owner", "id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("request_id", String(64), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("job_id", String(16), nullable=False),
    Column("node_id", String(64), nullable=False),
    Column("node_owner", String(90)),
    Column("claimed_tokens", BigInteger),
    Column("delivered_tokens", BigInteger, nullable=False),
    Column("settled_tokens", BigInteger, nullable=False),
    Column("earned", BigInteger, nullable=False),
    Column("disputed", Boolean, nullable=False),
    Column("usage", Text),
    Column("receipt", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "request_id", "attempt", unique=True),
    Index(None, "node_id", "id"),
    Index(None, "node_owner", "id"),
    Index(None, "node_owner", "created_at"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("owner", String(90), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("lease_until", BigInteger, nullable=False),
    Column("status", Integer),
    Column("content_type", String(100)),
    Column("body", LargeBinary),
    Column("expires_at", BigInteger, nullable=False, index=True),
)
