"""What an owner's nodes earned on each day, where the owner says when a day begins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import Integer, and_, cast, func, or_, select

from r3mes_api.storage.database import Database
from r3mes_api.storage.tables import deliveries

DAY_SECONDS = 24 * 3600
_EPOCH = date(1970, 1, 1)
_CURSOR = re.compile(r"([0-9]{1,8})-([0-9a-f]{64})")


class EarningRole(StrEnum):
    """What a node earned with. Deliveries are answers to prompts."""

    SERVING = "serving"


@dataclass(frozen=True, slots=True)
class DayEarnings:
    """One node on one day. Amounts are base units."""

    day: date
    role: EarningRole
    node_id: str
    deliveries: int
    settled_tokens: int
    disputed: int
    earned: int

    @property
    def cursor(self) -> str:
        """Its place in the order: the newest day first, on a day by node."""
        return f"{(self.day - _EPOCH).days}-{self.node_id}"


class EarningsByDay:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def days(
        self, node_owner: str, *, since: int, until: int, utc_offset_s: int, after: str | None, limit: int
    ) -> list[DayEarnings]:
        """For `since` <= time < `until`, both Unix seconds; the newest day first, on a day by node.

        A day begins `utc_offset_s` seconds before midnight in UTC. `after` is the cursor of the last row of the page
        before. Raises ValueError for one that is none.
        """
        column = deliveries.c
        day = (column.created_at + utc_offset_s) // DAY_SECONDS
        query = (
            select(
                day,
                column.node_id,
                func.count(),
                func.sum(column.settled_tokens),
                func.sum(cast(column.disputed, Integer)),
                func.sum(column.earned),
            )
            .where(column.node_owner == node_owner, column.created_at >= since, column.created_at < until)
            .group_by(day, column.node_id)
            .order_by(day.desc(), column.node_id)
            .limit(limit)
        )
        if after is not None:
            last_day, last_node = _read_cursor(after)
            query = query.where(or_(day < last_day, and_(day == last_day, column.node_id > last_node)))
        # Postgres adds up in decimals.
        return [
            DayEarnings(
                day=_EPOCH + timedelta(days=int(row[0])),
                role=EarningRole.SERVING,
                node_id=row[1],
                deliveries=row[2],
                settled_tokens=int(row[3]),
                disputed=int(row[4]),
                earned=int(row[5]),
            )
            for row in await self._database.rows(query)
        ]


def _read_cursor(text: str) -> tuple[int, str]:
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise ValueError("This is no cursor of an earlier page.")
    return int(match[1]), match[2]
