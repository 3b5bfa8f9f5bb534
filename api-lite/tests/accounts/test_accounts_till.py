"""The till at its worst moments: a database that is away, a client that leaves while credits are set aside."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_api.accounts import till as till_module
from r3mes_api.accounts.idempotency import Fresh
from r3mes_api.accounts.identity import ALL_SCOPES, Identity
from r3mes_api.accounts.order import Order
from r3mes_api.accounts.services import Accounts
from r3mes_api.accounts.settlement import estimated_prompt_tokens, prompt_token_bound
from r3mes_api.accounts.till import MAX_RESERVED_TOKENS, Till
from r3mes_api.asgi import AnswerRecord
from r3mes_api.price_list import MAX_PRICE, price_list, read_price_list
from r3mes_api.routing.choice import Target
from r3mes_api.routing.question import Question
from r3mes_api.storage.database import DatabaseUnavailable
from r3mes_protocol.errors import ApiError, ErrorCode

OWNER = "remes1user"
IDENTITY = Identity(OWNER, "k", ALL_SCOPES, False, None)
LOG = logging.getLogger("test.till")
any_backend = pytest.mark.parametrize("backend", ["sqlite+memory"], indirect=True)


class PlayedExchange:
    """As much of one as the till looks at."""

    def __init__(self) -> None:
        self.answer: AnswerRecord | None = AnswerRecord("r")

    def send_through(self, wrap: Any) -> None:
        """Nothing is sent."""


class PlayedPart:
    job_id = "00" * 8
    node_id = "ab" * 32
    node_owner = "remes1miner"
    target = Target("m", None)
    gateway = "https://gateway.example"
    signed_usage = None
    delivered_tokens = 5


def question(limit: int | None = 100, number: int = 0) -> Question:
    return Question(f"r{number}", 0, 0.0, "m", None, {"messages": []}, "x", token_limit=limit, owner=OWNER)


def order(**changes: Any) -> Order:
    return Order(**{"identity": IDENTITY, "asked": {}, "body_bytes": 40, "streams": True, "key": None, **changes})


@pytest.fixture
async def funded(accounts: Accounts) -> Accounts:
    await accounts.ledger.deposit(OWNER, 1000, reference="x", now=accounts.now())
    return accounts


@pytest.fixture
def till(accounts: Accounts) -> Till:
    return Till(accounts, unstated_tokens=4096, log=LOG)


async def completes(paid: Question, exchange: Any) -> None:
    assert paid.parts is not None and exchange.answer is not None
    paid.parts.append(PlayedPart())
    exchange.answer.outcome, exchange.answer.prompt_tokens = "completed", 10


async def balance(accounts: Accounts) -> tuple[int, int]:
    assert (await accounts.ledger.audit()).is_balanced
    found = await accounts.ledger.balance(OWNER)
    return found.available, found.reserved


async def serve(till: Till, asked: Question, relay: Any, **changes: Any) -> None:
    exchange: Any = PlayedExchange()
    await till.serve(exchange, asked, order(**changes), lambda paid: relay(paid, exchange))


@any_backend
async def test_a_settlement_waits_for_the_database(
    funded: Accounts, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(till_module, "SETTLE_PAUSES_S", (0.0, 0.0))
    settle = funded.billing.settle
    tries = 0

    async def away_twice(*arguments: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise DatabaseUnavailable("away")
        return await settle(*arguments)

    monkeypatch.setattr(funded.billing, "settle", away_twice)
    await serve(till, question(), completes)
    await till.close()
    assert tries == 3 and await balance(funded) == (1000 - 10 - 2 * 5, 0)


@any_backend
async def test_a_settlement_that_is_given_up_is_said_and_leaves_the_ledger_balanced(
    funded: Accounts, till: Till, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(till_module, "SETTLE_PAUSES_S", (0.0,))

    async def away(*arguments: Any) -> Any:
        raise DatabaseUnavailable("away")

    monkeypatch.setattr(funded.billing, "settle", away)
    await serve(till, question(), completes)
    await till.close()
    assert "request r0 was not settled: the database is away" in caplog.text
    assert await balance(funded) == (1000 - (20 + 64) - 200, 20 + 64 + 200)


@any_backend
async def test_who_leaves_while_credits_are_set_aside_gets_them_back(
    funded: Accounts, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = funded.billing.reserve
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slowly(**arguments: Any) -> Any:
        begun.set()
        await may_end.wait()
        return await reserve(**arguments)

    async def never(paid: Question, exchange: Any) -> None:
        raise AssertionError("nobody waits for an answer")

    monkeypatch.setattr(funded.billing, "reserve", slowly)
    asking = asyncio.create_task(serve(till, question(), never))
    await begun.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert asking.cancelled()
    may_end.set()
    await till.close()
    assert await balance(funded) == (1000, 0)


@any_backend
async def test_a_database_that_is_away_refuses_before_the_answer(
    funded: Accounts, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(**arguments: Any) -> Any:
        raise DatabaseUnavailable("away")

    monkeypatch.setattr(funded.billing, "reserve", away)
    with pytest.raises(ApiError) as refused:
        await serve(till, question(), completes)
    assert refused.value.code is ErrorCode.ACCOUNTS_UNAVAILABLE


@any_backend
async def test_a_request_that_runs_keeps_its_lease(
    funded: Accounts, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(till_module, "RENEW_SECONDS", 0.001)
    renew, renewed = funded.idempotency.renew, asyncio.Event()
    troubles = [DatabaseUnavailable("away"), ValueError("anything")]

    async def noted(begun: Fresh, *, now: int) -> None:
        if troubles:
            raise troubles.pop(0)
        await renew(begun, now=now)
        renewed.set()

    async def slow(paid: Question, exchange: Any) -> None:
        await renewed.wait()
        await completes(paid, exchange)

    monkeypatch.setattr(funded.idempotency, "renew", noted)
    await serve(till, question(), slow, key="k")
    await till.close()
    await asyncio.sleep(0)
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


@any_backend
async def test_a_refusal_before_any_node_was_asked_costs_nothing_and_leaves_no_record(
    funded: Accounts, till: Till
) -> None:
    async def refused(paid: Question, exchange: Any) -> None:
        exchange.answer.outcome = "NO_SERVING_NODES"

    await serve(till, question(), refused)
    await till.close()
    assert await balance(funded) == (1000, 0)
    assert await funded.usage.records(OWNER, before=None, limit=10) == []


@any_backend
@pytest.mark.parametrize("limit", [MAX_RESERVED_TOKENS, 10**30])
async def test_a_bound_beyond_all_reason_is_too_dear_and_no_error(funded: Accounts, till: Till, limit: int) -> None:
    with pytest.raises(ApiError) as refused:
        await serve(till, question(limit), completes)
    assert refused.value.code is ErrorCode.INSUFFICIENT_CREDITS


@any_backend
async def test_an_answer_without_a_bound_is_cut_to_the_balance_but_not_to_a_stump(funded: Accounts, till: Till) -> None:
    bounds: list[Any] = []

    async def notes(paid: Question, exchange: Any) -> None:
        bounds.append(paid.body["max_tokens"])

    await serve(till, question(None), notes)
    assert bounds == [(1000 - 84) // 2]
    await till.close()
    await funded.ledger.reserve(OWNER, 1000 - 84 - 30, key="k", request_id="k", now=0, expires_at=2**40)
    with pytest.raises(ApiError):
        await serve(till, question(None, number=1), notes)


@any_backend
async def test_each_of_several_choices_may_be_as_long_as_all_can_be_paid(funded: Accounts, till: Till) -> None:
    bounds: list[Any] = []

    async def notes(paid: Question, exchange: Any) -> None:
        bounds.append(paid.body["max_tokens"])

    await serve(till, question(None)._replace(choices=4), notes)
    assert bounds == [(1000 - 84) // 2 // 4]
    with pytest.raises(ApiError) as refused:
        await serve(till, question(200, number=1)._replace(choices=4), notes)
    assert refused.value.code is ErrorCode.INSUFFICIENT_CREDITS


# --- prices ------------------------------------------------------------------------------------------------------

PRICES = st.integers(0, MAX_PRICE)
NAMES = st.text(st.characters(exclude_characters=",", exclude_categories=["Cs", "Cc", "Zs"]), min_size=1, max_size=20)


@given(st.dictionaries(NAMES.filter(lambda name: name == name.strip()), st.tuples(PRICES, PRICES), max_size=5))
def test_a_price_list_is_read_as_it_was_written(prices: dict[str, tuple[int, int]]) -> None:
    text = " , ".join(f"{name} = {prompt}/{answer}" for name, (prompt, answer) in prices.items())
    entries = price_list(text)
    assert {name: (prompt, answer) for name, prompt, answer in read_price_list(entries)} == prices
    assert price_list(",".join(entries)) == entries


@given(st.text(max_size=40))
def test_a_price_list_is_read_or_refused_in_words(text: str) -> None:
    try:
        entries = price_list(text)
    except ValueError as error:
        assert "one price" in str(error) or "name=prompt/completion" in str(error)
    else:
        assert price_list(",".join(entries)) == entries


@given(st.integers(1, 2**20))
def test_a_prompt_of_an_answer_that_broke_off_costs_no_more_than_was_set_aside(size: int) -> None:
    assert estimated_prompt_tokens(size) <= prompt_token_bound(size)
