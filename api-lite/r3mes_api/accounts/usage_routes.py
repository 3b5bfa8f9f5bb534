"""`/v1/usage`: balance, usage and earnings of an owner. Amounts are base units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Protocol

from fastapi import APIRouter, Path, Query, Request, Response

from r3mes_api.accounts import wire
from r3mes_api.accounts.authenticate import Authenticator
from r3mes_api.accounts.identity import Scope
from r3mes_api.accounts.services import Accounts
from r3mes_protocol.errors import ApiError, ErrorCode

PAGE = 50
MAX_PAGE = 200

REPORT_SECONDS = 30 * 24 * 3600
"""What the totals cover unless asked for another time."""

DAY_PAGE = 500
MAX_DAY_PAGE = 2000

MAX_DAYS_SECONDS = 400 * 24 * 3600
"""A year and the weeks that somebody needs for the tax."""

Before = Annotated[int | None, Query(ge=1, le=2**53)]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]
Time = Annotated[int | None, Query(ge=0, le=253_402_300_799)]
Offset = Annotated[int, Query(ge=-24 * 60, le=24 * 60)]
Cursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,8}-[0-9a-f]{64}$")]
DayLimit = Annotated[int, Query(ge=1, le=MAX_DAY_PAGE)]
RequestId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


def usage_router(accounts: Accounts, authenticator: Authenticator) -> APIRouter:
    router = APIRouter()

    @router.get("")
    async def usage(request: Request, response: Response, since: Time = None, until: Time = None) -> wire.UsageReply:
        """Balance, and what was used by model and adapter; of the last 30 days unless `since` says otherwise."""
        owner = (await authenticator.owner(request, response, Scope.USAGE_READ)).owner
        end = accounts.now() + 1 if until is None else until
        start = max(0, end - REPORT_SECONDS) if since is None else since
        balance = await accounts.ledger.balance(owner)
        totals = await accounts.usage.totals(owner, since=start, until=end)
        return wire.UsageReply(
            owner=owner,
            balance=wire.BalanceReply.model_validate(balance),
            since=start,
            until=end,
            totals=[wire.TotalReply.model_validate(total) for total in totals],
        )

    @router.get("/records")
    async def records(
        request: Request, response: Response, before: Before = None, limit: Limit = PAGE
    ) -> wire.RecordList:
        """Billed requests, the newest first."""
        owner = (await authenticator.owner(request, response, Scope.USAGE_READ)).owner
        found = await accounts.usage.records(owner, before=before, limit=limit)
        return wire.RecordList(
            records=[wire.RecordReply.model_validate(record) for record in found], next_before=_next(found, limit)
        )

    @router.get("/records/{request_id}")
    async def record(request_id: RequestId, request: Request, response: Response) -> wire.RecordWithDeliveries:
        """One billed request, and what each node did for it with both signatures."""
        owner = (await authenticator.owner(request, response, Scope.USAGE_READ)).owner
        found = await accounts.usage.record(owner, request_id)
        if found is None:
            raise ApiError(ErrorCode.NOT_FOUND, "You have no billed request with this id.")
        billed, parts = found
        return wire.RecordWithDeliveries(
            **wire.RecordReply.model_validate(billed).model_dump(),
            deliveries=[wire.DeliveryReply.model_validate(part) for part in parts],
        )

    @router.get("/ledger")
    async def ledger(
        request: Request, response: Response, before: Before = None, limit: Limit = PAGE
    ) -> wire.LedgerList:
        """Everything that moved the available credits, the newest first."""
        owner = (await authenticator.owner(request, response, Scope.USAGE_READ)).owner
        found = await accounts.ledger.lines(owner, before=before, limit=limit)
        return wire.LedgerList(
            lines=[wire.LedgerLineReply.model_validate(line) for line in found], next_before=_next(found, limit)
        )

    @router.get("/earnings")
    async def earnings(request: Request, response: Response) -> wire.EarningsReply:
        """What each node of this owner earned."""
        owner = (await authenticator.owner(request, response, Scope.USAGE_READ)).owner
        nodes = await accounts.usage.earnings(owner)
        return wire.EarningsReply(
            owner=owner,
            earned=sum(node.earned for node in nodes),
            balance=sum(node.balance for node in nodes),
            nodes=[wire.NodeEarningsReply.model_validate(node) for node in nodes],
        )

    @router.get("/earnings/days")
    async def earnings_by_day(
        request: Request,
        response: Response,
        since: Time = None,
        until: Time = None,
        utc_offset_minutes: Offset = 0,
        after: Cursor = None,
        limit: DayLimit = DAY_PAGE,
    ) -> wire.EarningsByDayReply:
        """What each node earned on each day, of the last 30 days unless `since` says otherwise; at most 400 days.

        `utc_offset_minutes` is how far the owner's clock is ahead of UTC: it says when a day begins.
        """
        owner = (await authenticator.owner(request, response, Scope.USAGE_READ)).owner
        end = accounts.now() + 1 if until is None else until
        start = max(0, end - REPORT_SECONDS) if since is None else since
        if end - start > MAX_DAYS_SECONDS:
            raise ApiError(ErrorCode.INVALID_REQUEST, "Ask for 400 days at most.", param="since")
        found = await accounts.earnings.days(
            owner, since=start, until=end, utc_offset_s=utc_offset_minutes * 60, after=after, limit=limit
        )
        return wire.EarningsByDayReply(
            owner=owner,
            since=start,
            until=end,
            utc_offset_minutes=utc_offset_minutes,
            days=[wire.DayEarningsReply.model_validate(one) for one in found],
            next_after=found[-1].cursor if len(found) == limit else None,
        )

    @router.get("/deliveries")
    async def deliveries(
        request: Request, response: Response, before: Before = None, limit: Limit = PAGE
    ) -> wire.DeliveryList:
        """What the nodes of this owner delivered, the newest first, with both signatures."""
        owner = (await authenticator.owner(request, response, Scope.USAGE_READ)).owner
        found = await accounts.usage.deliveries(owner, before=before, limit=limit)
        return wire.DeliveryList(
            deliveries=[wire.DeliveryReply.model_validate(part) for part in found], next_before=_next(found, limit)
        )

    return router


def _next(found: Sequence[_Numbered], limit: int) -> int | None:
    return found[-1].id if len(found) == limit else None
