"""Billing of one request: credits are set aside before it runs and settled, once, for what was delivered."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from nacl.signing import SigningKey
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from r3mes_api.accounts import ledger_entry, ledger_statements
from r3mes_api.accounts.ledger import (
    AlreadyReserved,
    InsufficientFunds,
    Ledger,
    Reservation,
    ReservationState,
    available_credits,
    post,
    take_for_settlement,
)
from r3mes_api.accounts.settlement import Attempt, Price, Settlement, reservation_amount, settle
from r3mes_api.storage.database import Database
from r3mes_api.storage.tables import deliveries
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.usage import DeliveryReceipt, SignedReceipt, UsageProblem, check_usage, sign_receipt, usage_digest

RESERVATION_SECONDS = 3600
"""Longer than any answer may take, its deadline and the drain of a gateway included."""


class Outcome(StrEnum):
    """How a request ended for its client."""

    COMPLETED = "completed"
    CLIENT_LEFT = "client_left"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What came of a request. `attempts` in the order in which nodes were tried, also those without a token."""

    model: str
    adapter: str | None
    prompt_tokens: int
    """As the node counted; no more than the bound that was reserved for is paid."""
    outcome: Outcome
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class RunningRequest:
    """A request whose credits are set aside. Hand it to `settle` or `release`; forgotten, it expires by itself."""

    request_id: str
    owner: str
    api_key_id: str | None
    reservation: Reservation
    price: Price
    prompt_bound: int


class Billing:
    """`clock` gives Unix seconds. `gateway_key` signs the receipts, `gateway` is the origin that nodes dial."""

    def __init__(
        self, database: Database, ledger: Ledger, *, gateway: str, gateway_key: SigningKey, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._gateway = gateway
        self._gateway_key = gateway_key
        self._clock = clock

    async def reserve(
        self,
        *,
        owner: str,
        api_key_id: str | None,
        request_id: str,
        price: Price,
        prompt_bound: int,
        max_completion_tokens: int,
        key: str | None = None,
    ) -> RunningRequest:
        """Sets aside the most that the request can cost.

        `key` makes it happen once: the idempotency key's where the client sent one, else the request's own id.
        Raises ApiError INSUFFICIENT_CREDITS, and IDEMPOTENCY_CONFLICT when this key was billed before.
        """
        now = math.floor(self._clock())
        amount = reservation_amount(price, prompt_bound=prompt_bound, max_completion_tokens=max_completion_tokens)
        try:
            reservation = await self._ledger.reserve(
                owner,
                amount,
                key=key or f"request:{request_id}",
                request_id=request_id,
                now=now,
                expires_at=now + RESERVATION_SECONDS,
            )
        except InsufficientFunds as error:
            raise ApiError(
                ErrorCode.INSUFFICIENT_CREDITS,
                f"This request can cost up to {amount} base units and {error.available} are available. "
                "Ask for fewer tokens (max_tokens) or add credits.",
            ) from None
        except AlreadyReserved:
            raise ApiError(
                ErrorCode.IDEMPOTENCY_CONFLICT, "A request with this Idempotency-Key was billed before."
            ) from None
        return RunningRequest(request_id, owner, api_key_id, reservation, price, prompt_bound)

    async def release(self, request: RunningRequest) -> None:
        """Nothing was delivered and no node is to be remembered: the request was refused."""
        await self._ledger.release(request.reservation.id, now=math.floor(self._clock()))

    async def settle(self, request: RunningRequest, delivered: Delivered) -> tuple[SignedReceipt, ...] | None:
        """Charges what was delivered, pays the nodes, and signs a receipt for each attempt.

        None when the request was settled or called off before: however often this is called, it is billed once.
        """
        now = math.floor(self._clock())
        attempts = tuple(self._checked(request, attempt) for attempt in delivered.attempts)
        prompt_tokens = min(delivered.prompt_tokens, request.prompt_bound)

        def work(connection: Connection) -> tuple[SignedReceipt, ...] | None:
            reservation = take_for_settlement(connection, request.reservation.id)
            if reservation is None:
                return None
            late = reservation.state is ReservationState.EXPIRED
            limit = reservation.amount
            if late:
                # The credits went back when the reservation expired, and may have been spent since.
                limit = min(limit, available_credits(connection, reservation.owner))
            settlement = settle(reserved=limit, price=request.price, prompt_tokens=prompt_tokens, attempts=attempts)
            self._post(connection, reservation, settlement, attempts, late=late, now=now)
            receipts = tuple(
                self._receipt(request, attempt, earned, now)
                for attempt, earned in zip(attempts, settlement.earned, strict=True)
            )
            self._record(connection, request, delivered, settlement, attempts, receipts, now)
            return receipts

        try:
            return await self._database.transact(work)
        except IntegrityError:
            # Another reservation of the same request was settled: that is its bill.
            await self._ledger.release(request.reservation.id, now=now)
            return None

    async def receipt(self, request_id: str, attempt: int) -> SignedReceipt | None:
        query = select(deliveries.c.receipt).where(
            deliveries.c.request_id == request_id, deliveries.c.attempt == attempt
        )
        rows = await self._database.rows(query)
        return SignedReceipt.model_validate_json(rows[0].receipt) if rows else None

    def _checked(self, request: RunningRequest, attempt: Attempt) -> Attempt:
        if attempt.usage is None:
            return attempt
        problem: UsageProblem | None = check_usage(
            attempt.usage,
            gateway=attempt.gateway or self._gateway,
            job_id=attempt.job_id,
            completion_id=request.request_id,
            node_id=attempt.node_id,
        )
        if problem is None:
            return attempt
        return replace(attempt, usage=None, disputed=True)

    def _post(
        self,
        connection: Connection,
        reservation: Reservation,
        settlement: Settlement,
        attempts: Sequence[Attempt],
        *,
        late: bool,
        now: int,
    ) -> None:
        shares = [
            (ledger_entry.earned(attempt.node_owner, attempt.node_id), earned)
            for attempt, earned in zip(attempts, settlement.earned, strict=True)
        ]
        if late:
            entry = ledger_entry.settle_late(
                reservation.owner, settlement.charge, shares, settlement.gateway_share, reservation.id
            )
        else:
            entry = ledger_entry.settle(
                reservation.owner,
                reservation.amount,
                settlement.charge,
                shares,
                settlement.gateway_share,
                reservation.id,
            )
        if entry.postings:
            post(connection, entry, now)

    def _receipt(self, request: RunningRequest, attempt: Attempt, earned: int, now: int) -> SignedReceipt:
        return sign_receipt(
            self._gateway_key,
            DeliveryReceipt(
                gateway=self._gateway,
                job_id=attempt.job_id,
                completion_id=request.request_id,
                node_id=attempt.node_id,
                usage_sha256=None if attempt.usage is None else usage_digest(attempt.usage.statement),
                delivered_tokens=attempt.delivered_tokens,
                settled_tokens=attempt.settled_tokens,
                earned=earned,
                issued_at=now,
            ),
        )

    def _record(
        self,
        connection: Connection,
        request: RunningRequest,
        delivered: Delivered,
        settlement: Settlement,
        attempts: Sequence[Attempt],
        receipts: Sequence[SignedReceipt],
        now: int,
    ) -> None:
        connection.execute(
            ledger_statements.INSERT_USAGE,
            {
                "request_id": request.request_id,
                "reservation_id": request.reservation.id,
                "owner": request.owner,
                "api_key_id": request.api_key_id,
                "model": delivered.model,
                "adapter": delivered.adapter,
                "prompt_tokens": settlement.prompt_tokens,
                "completion_tokens": settlement.completion_tokens,
                "charged": settlement.charge,
                "outcome": delivered.outcome.value,
                "created_at": now,
            },
        )
        if not attempts:
            return
        connection.execute(
            ledger_statements.INSERT_DELIVERIES,
            [
                {
                    "request_id": request.request_id,
                    "attempt": number,
                    "job_id": attempt.job_id,
                    "node_id": attempt.node_id,
                    "node_owner": attempt.node_owner,
                    "claimed_tokens": attempt.claimed_tokens,
                    "delivered_tokens": attempt.delivered_tokens,
                    "settled_tokens": attempt.settled_tokens,
                    "earned": settlement.earned[number],
                    "disputed": attempt.disputed,
                    "usage": None if attempt.usage is None else attempt.usage.to_json(),
                    "receipt": receipt.to_json(),
                    "created_at": now,
                }
                for number, (attempt, receipt) in enumerate(zip(attempts, receipts, strict=True))
            ],
        )
