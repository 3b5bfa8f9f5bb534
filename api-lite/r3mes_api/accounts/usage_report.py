"""What owners may see: what they used, what their nodes earned, and the signed papers for both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, cast, func, select

from r3mes_api.accounts.ledger_entry import earned as earned_account
from r3mes_api.storage.database import Database
from r3mes_api.storage.tables import deliveries, ledger_balances, usage_records
from r3mes_protocol.usage import SignedReceipt, SignedUsage


@dataclass(frozen=True, slots=True)
class UsageTotal:
    model: str
    adapter: str | None
    requests: int
    prompt_tokens: int
    completion_tokens: int
    charged: int


@dataclass(frozen=True, slots=True)
class UsageRecord:
    id: int
    request_id: str
    api_key_id: str | None
    model: str
    adapter: str | None
    prompt_tokens: int
    completion_tokens: int
    charged: int
    outcome: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One node's part in a request, with both signatures."""

    id: int
    request_id: str
    attempt: int
    node_id: str
    claimed_tokens: int | None
    delivered_tokens: int
    settled_tokens: int
    earned: int
    disputed: bool
    usage: SignedUsage | None
    receipt: SignedReceipt
    created_at: int


@dataclass(frozen=True, slots=True)
class NodeEarnings:
    node_id: str
    deliveries: int
    settled_tokens: int
    disputed: int
    earned: int
    balance: int
    """What of it is still on the node's account."""


class UsageReport:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def totals(self, owner: str, *, since: int, until: int) -> list[UsageTotal]:
        """By model and adapter, for `since` <= time < `until`."""
        column = usage_records.c
        query = (
            select(
                column.model,
                column.adapter,
                func.count(),
                func.sum(column.prompt_tokens),
                func.sum(column.completion_tokens),
                func.sum(column.charged),
            )
            .where(column.owner == owner, column.created_at >= since, column.created_at < until)
            .group_by(column.model, column.adapter)
            .order_by(column.model, column.adapter)
        )
        rows = await self._database.rows(query)
        # Postgres adds up in decimals.
        return [UsageTotal(row[0], row[1], *(int(value) for value in row[2:])) for row in rows]

    async def records(self, owner: str, *, before: int | None, limit: int) -> list[UsageRecord]:
        """The newest first. `before` is the last id of the page before."""
        query = self._records(owner).order_by(usage_records.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(usage_records.c.id < before)
        return [UsageRecord(*row) for row in await self._database.rows(query)]

    async def record(self, owner: str, request_id: str) -> tuple[UsageRecord, list[Delivery]] | None:
        """One request of this owner with every node's part in it; None when there is none."""
        found = await self._database.rows(self._records(owner).where(usage_records.c.request_id == request_id))
        if not found:
            return None
        parts = await self._database.rows(
            select(deliveries).where(deliveries.c.request_id == request_id).order_by(deliveries.c.attempt)
        )
        return UsageRecord(*found[0]), [_delivery(part) for part in parts]

    async def earnings(self, node_owner: str) -> list[NodeEarnings]:
        """Of every node that delivered for this owner."""
        column = deliveries.c
        query = (
            select(
                column.node_id,
                func.count(),
                func.sum(column.settled_tokens),
                func.sum(cast(column.disputed, Integer)),
                func.sum(column.earned),
            )
            .where(column.node_owner == node_owner)
            .group_by(column.node_id)
            .order_by(column.node_id)
        )
        rows = await self._database.rows(query)
        accounts = {earned_account(node_owner, row[0]): row[0] for row in rows}
        held = await self._database.rows(select(ledger_balances).where(ledger_balances.c.account.in_(accounts)))
        balances = {accounts[row.account]: int(row.balance) for row in held}
        return [
            NodeEarnings(
                node_id=row[0],
                deliveries=row[1],
                settled_tokens=int(row[2]),
                disputed=int(row[3]),
                earned=int(row[4]),
                balance=balances.get(row[0], 0),
            )
            for row in rows
        ]

    async def deliveries(self, node_owner: str, *, before: int | None, limit: int) -> list[Delivery]:
        """What this owner's nodes delivered, the newest first."""
        column = deliveries.c
        query = select(deliveries).where(column.node_owner == node_owner).order_by(column.id.desc()).limit(limit)
        if before is not None:
            query = query.where(column.id < before)
        return [_delivery(row) for row in await self._database.rows(query)]

    def _records(self, owner: str) -> Select[Any]:
        column = usage_records.c
        return select(
            column.id,
            column.request_id,
            column.api_key_id,
            column.model,
            column.adapter,
            column.prompt_tokens,
            column.completion_tokens,
            column.charged,
            column.outcome,
            column.created_at,
        ).where(column.owner == owner)


def _delivery(row: Any) -> Delivery:
    return Delivery(
        id=row.id,
        request_id=row.request_id,
        attempt=row.attempt,
        node_id=row.node_id,
        claimed_tokens=row.claimed_tokens,
        delivered_tokens=row.delivered_tokens,
        settled_tokens=row.settled_tokens,
        earned=row.earned,
        disputed=row.disputed,
        usage=None if row.usage is None else SignedUsage.model_validate_json(row.usage),
        receipt=SignedReceipt.model_validate_json(row.receipt),
        created_at=row.created_at,
    )
