"""An index for what an owner's nodes earned between two times."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index(op.f("ix_deliveries_node_owner_created_at"), "deliveries", ["node_owner", "created_at"])
