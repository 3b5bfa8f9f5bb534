"""Alembic's entry. The connection comes from `r3mes_api.storage.migrate`, inside the transaction that it holds."""

from __future__ import annotations

from alembic import context

from r3mes_api.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
