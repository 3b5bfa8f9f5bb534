"""Where prompts are paid: credits are set aside before the answer, and what was delivered is settled after it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any

from r3mes_api.accounts.billing import Delivered, Outcome, RunningRequest
from r3mes_api.accounts.idempotency import RENEW_SECONDS, Finished, Fresh, InProgress, fingerprint
from r3mes_api.accounts.order import Order
from r3mes_api.accounts.replay import Replay
from r3mes_api.accounts.replayed_answer import copying, follow, repeat
from r3mes_api.accounts.services import Accounts
from r3mes_api.accounts.settlement import Attempt, affordable_tokens, estimated_prompt_tokens, prompt_token_bound
from r3mes_api.asgi import AnswerRecord, Exchange
from r3mes_api.routing.question import NodePart, Question
from r3mes_api.storage.database import DatabaseUnavailable
from r3mes_protocol.errors import ApiError, ErrorCode

MAX_RESERVED_TOKENS = 1_000_000
"""Longer than any model writes; a request that names more sets no more aside."""

LEAST_UNSTATED_TOKENS = 16
"""An answer without `max_tokens` is cut to what its owner can pay, but not to a stump."""

SETTLE_PAUSES_S = (0.2, 1.0, 5.0, 15.0, 60.0, 300.0)
"""Between tries while the database is away. Then the reservation expires: nobody is charged, and the log says so."""

CLOSE_S = 1.0
"""For the last settlements at the gateway's end; one takes milliseconds. With the drain it stays below 3 s."""

Relay = Callable[[Question], Awaitable[None]]
"""Answers the question; it raises only when the request is interrupted."""


class Till:
    def __init__(self, accounts: Accounts, *, unstated_tokens: int, log: logging.Logger) -> None:
        self._accounts = accounts
        self._unstated_tokens = unstated_tokens
        self._log = log
        self._settling: set[asyncio.Task[None]] = set()

    async def serve(self, exchange: Exchange, question: Question, order: Order, relay: Relay) -> None:
        """Has the question answered and paid, or answers what was answered before under the same key.

        Raises ApiError before the answer: INSUFFICIENT_CREDITS, IDEMPOTENCY_CONFLICT, ACCOUNTS_UNAVAILABLE.
        """
        try:
            await self._serve(exchange, question, order, relay)
        except DatabaseUnavailable:
            raise ApiError(
                ErrorCode.ACCOUNTS_UNAVAILABLE, "Accounts are not available now. Try again soon.", retry_after_s=5
            ) from None

    async def _serve(self, exchange: Exchange, question: Question, order: Order, relay: Relay) -> None:
        if order.key is None:
            await self._answer(exchange, question, order, relay, None)
            return
        begun = await self._accounts.idempotency.begin(
            order.identity.owner,
            order.key,
            fingerprint(order.asked),
            request_id=question.completion_id,
            now=self._accounts.now(),
        )
        if isinstance(begun, Finished):
            await repeat(exchange, begun)
        elif isinstance(begun, InProgress):
            await follow(exchange, self._accounts.replays.find(begun.request_id))
        else:
            replay = self._accounts.replays.open(question.completion_id)
            exchange.send_through(copying(replay))
            renewing = asyncio.create_task(self._renew(begun))
            await self._answer(exchange, question, order, relay, _Repeatable(begun, replay, renewing))

    async def _answer(
        self, exchange: Exchange, question: Question, order: Order, relay: Relay, repeatable: _Repeatable | None
    ) -> None:
        try:
            running, question = await self._reserve(question, order, repeatable)
        except BaseException:
            if repeatable is not None:
                self._spawn(self._forget(repeatable))
            raise
        try:
            await relay(question)
        finally:
            assert exchange.answer is not None and question.parts is not None
            bill = _Bill(running, question, order, exchange.answer, tuple(question.parts))
            # In a task of its own: the client has its answer, and one that left does not wait.
            self._spawn(self._end(bill, repeatable))

    async def _renew(self, begun: Fresh) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self._accounts.idempotency.renew(begun, now=self._accounts.now())
            except Exception as error:
                self._log.warning("the lease of an Idempotency-Key was not renewed (%s)", type(error).__name__)

    # --- before the answer ---

    async def _reserve(
        self, question: Question, order: Order, repeatable: _Repeatable | None
    ) -> tuple[RunningRequest, Question]:
        price = self._accounts.highest_price(question.adapter or question.model)
        bound = prompt_token_bound(order.body_bytes)
        # The bound is for each choice, and all of them are paid.
        choices = question.choices
        wanted = self._unstated_tokens if question.token_limit is None else question.token_limit
        tokens = min(wanted, MAX_RESERVED_TOKENS // choices)

        async def reserve(tokens: int) -> RunningRequest:
            return await self._unless_interrupted(
                self._accounts.billing.reserve(
                    owner=order.identity.owner,
                    api_key_id=order.identity.key_id,
                    request_id=question.completion_id,
                    price=price,
                    prompt_bound=bound,
                    max_completion_tokens=choices * tokens,
                    key=None if repeatable is None else repeatable.begun.reservation_key,
                )
            )

        try:
            running = await reserve(tokens)
        except ApiError as error:
            if error.code is not ErrorCode.INSUFFICIENT_CREDITS or question.token_limit is not None:
                raise
            balance = await self._accounts.ledger.balance(order.identity.owner)
            affordable = affordable_tokens(price, available=balance.available, prompt_bound=bound)
            if affordable is None or affordable < choices * LEAST_UNSTATED_TOKENS:
                raise
            tokens = min(affordable // choices, tokens)
            running = await reserve(tokens)
        body = question.body
        if question.token_limit is None:
            body = {**body, "max_tokens": tokens}
        return running, question._replace(body=body, token_limit=tokens, parts=[])

    async def _unless_interrupted(self, reserving: Coroutine[Any, Any, RunningRequest]) -> RunningRequest:
        """A client that leaves at this very moment must not have its credits set aside for an hour."""
        task = asyncio.create_task(reserving)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._spawn(self._give_back(task))
            raise

    async def _give_back(self, reserving: asyncio.Task[RunningRequest]) -> None:
        try:
            running = await reserving
        except (ApiError, DatabaseUnavailable):
            return
        await self._surely(lambda: self._accounts.billing.release(running), running.request_id)

    # --- after it ---

    async def _end(self, bill: _Bill, repeatable: _Repeatable | None) -> None:
        try:
            if repeatable is not None:
                # Whoever follows has all of it; only who comes after the settlement reads it from the database.
                repeatable.replay.end()
            await self._surely(lambda: self._settle(bill), bill.running.request_id)
        finally:
            if repeatable is not None:
                await self._keep_or_forget(repeatable, keep=bill.outcome is Outcome.COMPLETED)

    async def _settle(self, bill: _Bill) -> None:
        if not bill.parts and bill.outcome is not Outcome.COMPLETED:
            await self._accounts.billing.release(bill.running)
            return
        model, adapter = bill.target
        price = self._accounts.price_of(model, adapter)
        await self._accounts.billing.settle(
            replace(bill.running, price=price),
            Delivered(model, adapter, bill.prompt_tokens, bill.outcome, bill.attempts),
        )

    async def _surely(self, work: Callable[[], Awaitable[object]], request_id: str) -> None:
        for pause in (*SETTLE_PAUSES_S, None):
            try:
                await work()
                return
            except DatabaseUnavailable:
                if pause is None:
                    self._log.error("request %s was not settled: the database is away", request_id)
                    return
            except Exception:
                self._log.exception("request %s was not settled", request_id)
                return
            await asyncio.sleep(pause)

    async def _forget(self, repeatable: _Repeatable) -> None:
        repeatable.replay.end()
        await self._keep_or_forget(repeatable, keep=False)

    async def _keep_or_forget(self, repeatable: _Repeatable, *, keep: bool) -> None:
        """What did not come to its end is made anew when it is asked for again; what was delivered of it is paid."""
        idempotency, replay = self._accounts.idempotency, repeatable.replay
        repeatable.renewing.cancel()
        try:
            if keep and replay.status is not None:
                await idempotency.finish(
                    repeatable.begun,
                    status=replay.status,
                    content_type=replay.content_type,
                    body=replay.body,
                    now=self._accounts.now(),
                )
            else:
                await idempotency.abandon(repeatable.begun)
        except DatabaseUnavailable:
            self._log.warning("request %s can't be repeated: the database is away", replay.request_id)
        finally:
            self._accounts.replays.close(replay)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    async def close(self) -> None:
        """Waits for the last settlements. Call it when no request runs any more."""
        if not self._settling:
            return
        _, late = await asyncio.wait(self._settling, timeout=CLOSE_S)
        if late:
            self._log.error("%d requests are not settled; their credits go back when they expire", len(late))


@dataclass(frozen=True, slots=True)
class _Repeatable:
    begun: Fresh
    replay: Replay
    renewing: asyncio.Task[None]
    """Until the answer is kept or given up."""


@dataclass(frozen=True, slots=True)
class _Bill:
    running: RunningRequest
    question: Question
    order: Order
    answer: AnswerRecord
    parts: Sequence[NodePart]

    @property
    def outcome(self) -> Outcome:
        if self.answer.outcome == "completed":
            return Outcome.COMPLETED
        return Outcome.CLIENT_LEFT if self.answer.outcome == "abandoned" else Outcome.FAILED

    @property
    def target(self) -> tuple[str, str | None]:
        """The base model and the adapter that answered."""
        if self.parts:
            return self.parts[-1].target
        return self.question.model or "auto", self.question.adapter

    @property
    def prompt_tokens(self) -> int:
        """As the node counted, which tells it at the end only; of an answer that broke off, by the prompt's length."""
        if self.outcome is Outcome.COMPLETED:
            return self.answer.prompt_tokens
        return estimated_prompt_tokens(self.order.body_bytes)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return tuple(
            Attempt(
                part.job_id,
                part.node_id,
                part.node_owner,
                self._delivered(part),
                part.signed_usage,
                gateway=part.gateway,
                embeds=self.question.kind == "embeddings",
            )
            for part in self.parts
        )

    def _delivered(self, part: NodePart) -> int:
        if not self.order.streams and self.outcome is not Outcome.COMPLETED:
            return 0
        if self.question.kind == "embeddings":
            # All vectors are of the last node, which counted; nobody is charged for more than the texts may have.
            return min(self.prompt_tokens, self.running.prompt_bound) if part is self.parts[-1] else 0
        return part.delivered_tokens
