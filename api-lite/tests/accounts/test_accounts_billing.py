"""Billing against both databases: what was delivered is paid once, whatever happens to the request."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from nacl.signing import SigningKey

from r3mes_api.accounts.billing import RESERVATION_SECONDS, Billing, Delivered, Outcome, RunningRequest
from r3mes_api.accounts.services import Accounts
from r3mes_api.accounts.settlement import Attempt, Price
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.usage import UsageStatement, receipt_is_signed, sign_usage, usage_digest

OWNER = "remes1user"
NODE_OWNER = "remes1miner"
GATEWAY = "https://gateway.example"
JOB = "00000000000000aa"
PRICE = Price(prompt_per_million=1_000_000, completion_per_million=2_000_000, node_share_percent=90)


@pytest.fixture
def billing(accounts: Accounts) -> Billing:
    return accounts.billing


async def start(accounts: Accounts, request_id: str = "chatcmpl-1", *, credits: int = 1000, limit: int = 100,
                key: str | None = None) -> RunningRequest:  # fmt: skip
    await accounts.ledger.deposit(OWNER, credits, reference=f"for {request_id}", now=accounts.now())
    return await accounts.billing.reserve(
        owner=OWNER, api_key_id="k", request_id=request_id, price=PRICE, prompt_bound=50, max_completion_tokens=limit,
        key=key,
    )  # fmt: skip


def statement(key: SigningKey, claimed: int, **changes: Any) -> UsageStatement:
    values = {
        "gateway": GATEWAY, "job_id": JOB, "completion_id": "chatcmpl-1", "node_id": bytes(key.verify_key).hex(),
        "model": "m", "adapter": None, "prompt_tokens": 10, "completion_tokens": claimed, "response_bytes": 100,
        "response_sha256": "0" * 64,
    } | changes  # fmt: skip
    return UsageStatement(**values)


def attempt(key: SigningKey, delivered: int, claimed: int | None = None, **changes: Any) -> Attempt:
    usage = None if claimed is None else sign_usage(key, statement(key, claimed, **changes))
    return Attempt(JOB, bytes(key.verify_key).hex(), NODE_OWNER, delivered, usage)


def delivered(*attempts: Attempt, prompt: int = 10, outcome: Outcome = Outcome.COMPLETED) -> Delivered:
    return Delivered("m", None, prompt, outcome, attempts)


async def balances(accounts: Accounts) -> tuple[int, int]:
    assert (await accounts.ledger.audit()).is_balanced
    balance = await accounts.ledger.balance(OWNER)
    return balance.available, balance.reserved


async def earned(accounts: Accounts) -> dict[str, int]:
    return {node.node_id: node.balance for node in await accounts.usage.earnings(NODE_OWNER)}


async def test_an_answer_is_paid_and_its_node_earns(accounts: Accounts, node_key: SigningKey) -> None:
    request = await start(accounts)
    assert await balances(accounts) == (750, 250)
    receipts = await accounts.billing.settle(request, delivered(attempt(node_key, 20, 20)))
    assert receipts is not None
    # 10 prompt tokens at 1 and 20 completion tokens at 2 base units.
    assert await balances(accounts) == (950, 0)
    assert await earned(accounts) == {bytes(node_key.verify_key).hex(): 45}
    [receipt] = receipts
    assert receipt_is_signed(receipt, bytes(accounts.gateway_key.verify_key).hex())
    assert (receipt.receipt.settled_tokens, receipt.receipt.earned) == (20, 45)
    assert receipt.receipt.usage_sha256 == usage_digest(statement(node_key, 20))
    assert await accounts.billing.receipt("chatcmpl-1", 0) == receipt
    found = await accounts.usage.record(OWNER, "chatcmpl-1")
    assert found is not None
    assert (found[0].charged, found[0].outcome, found[1][0].disputed) == (50, "completed", False)


async def test_a_request_is_settled_once_however_often_it_is_tried(accounts: Accounts, node_key: SigningKey) -> None:
    request = await start(accounts)
    work = delivered(attempt(node_key, 20, 20))
    results = await asyncio.gather(*(accounts.billing.settle(request, work) for _ in range(8)))
    assert sum(result is not None for result in results) == 1
    await accounts.billing.release(request)
    assert await balances(accounts) == (950, 0)


async def test_a_second_reservation_of_the_same_request_is_not_billed(accounts: Accounts, node_key: SigningKey) -> None:
    first = await start(accounts, key="one")
    second = await accounts.billing.reserve(
        owner=OWNER, api_key_id="k", request_id="chatcmpl-1", price=PRICE, prompt_bound=50, max_completion_tokens=100,
        key="two",
    )  # fmt: skip
    work = delivered(attempt(node_key, 20, 20))
    results = await asyncio.gather(accounts.billing.settle(first, work), accounts.billing.settle(second, work))
    assert sum(result is not None for result in results) == 1
    assert await balances(accounts) == (950, 0)


async def test_a_client_who_leaves_pays_what_was_delivered(accounts: Accounts, node_key: SigningKey) -> None:
    request = await start(accounts)
    # The node had made 35 tokens when the cancel reached it; 7 had been passed on.
    await accounts.billing.settle(request, delivered(attempt(node_key, 7, 35), outcome=Outcome.CLIENT_LEFT))
    assert await balances(accounts) == (1000 - 10 - 14, 0)


async def test_a_client_who_leaves_before_the_first_token_pays_nothing(
    accounts: Accounts, node_key: SigningKey
) -> None:
    request = await start(accounts)
    await accounts.billing.settle(request, delivered(attempt(node_key, 0), outcome=Outcome.CLIENT_LEFT))
    assert await balances(accounts) == (1000, 0)


async def test_a_failed_try_and_a_continuation_cost_what_one_answer_does(
    accounts: Accounts, node_key: SigningKey
) -> None:
    other, third = SigningKey.generate(), SigningKey.generate()
    request = await start(accounts)
    await accounts.billing.settle(request, delivered(attempt(third, 0), attempt(node_key, 5), attempt(other, 15, 15)))
    assert await balances(accounts) == (950, 0)
    shares = await earned(accounts)
    assert shares[bytes(third.verify_key).hex()] == 0
    # 45 base units, split 5 to 15.
    assert sorted(shares.values()) == [0, 11, 34]


@pytest.mark.parametrize(
    "changes",
    [
        {"job_id": "00000000000000bb"},
        {"completion_id": "chatcmpl-2"},
        {"gateway": "https://other.example"},
    ],
)
async def test_a_statement_for_another_job_earns_nothing_and_is_visible(
    accounts: Accounts, node_key: SigningKey, changes: dict[str, str]
) -> None:
    request = await start(accounts)
    await accounts.billing.settle(request, delivered(attempt(node_key, 20, 20, **changes)))
    # The client got its answer and pays; the node's part stays with the gateway.
    assert await balances(accounts) == (950, 0)
    [node] = await accounts.usage.earnings(NODE_OWNER)
    assert (node.earned, node.disputed) == (0, 1)


async def test_a_claim_below_what_was_delivered_is_what_is_paid(accounts: Accounts, node_key: SigningKey) -> None:
    request = await start(accounts)
    await accounts.billing.settle(request, delivered(attempt(node_key, 20, 12)))
    assert await balances(accounts) == (1000 - 10 - 24, 0)


async def test_a_prompt_is_paid_up_to_what_was_reserved_for_it(accounts: Accounts, node_key: SigningKey) -> None:
    request = await start(accounts)
    await accounts.billing.settle(request, delivered(attempt(node_key, 1, 1), prompt=10**9))
    assert await balances(accounts) == (1000 - 50 - 2, 0)


async def test_without_credits_a_request_is_refused(accounts: Accounts) -> None:
    with pytest.raises(ApiError) as caught:
        await start(accounts, credits=249)
    assert caught.value.code is ErrorCode.INSUFFICIENT_CREDITS
    assert caught.value.status == 402
    assert "250" in caught.value.message
    assert "249" in caught.value.message
    assert await balances(accounts) == (249, 0)


async def test_a_refused_request_gives_everything_back(accounts: Accounts) -> None:
    request = await start(accounts)
    await accounts.billing.release(request)
    assert await balances(accounts) == (1000, 0)
    assert await accounts.billing.settle(request, delivered(attempt(SigningKey.generate(), 20))) is None
    assert await balances(accounts) == (1000, 0)


async def test_a_late_settlement_takes_what_is_still_there(
    accounts: Accounts, node_key: SigningKey, clock: Any
) -> None:
    request = await start(accounts)
    clock.now += RESERVATION_SECONDS
    await accounts.sweep()
    assert await balances(accounts) == (1000, 0)
    # Spent in the meantime, but for 30.
    await accounts.ledger.reserve(
        OWNER, 970, key="other", request_id="other", now=accounts.now(), expires_at=accounts.now() + 60
    )
    assert await accounts.billing.settle(request, delivered(attempt(node_key, 20, 20))) is not None
    assert await balances(accounts) == (0, 970)
    assert await earned(accounts) == {bytes(node_key.verify_key).hex(): 27}
    assert await accounts.billing.settle(request, delivered(attempt(node_key, 20, 20))) is None


async def test_a_node_without_owner_earns_under_its_own_key(accounts: Accounts, node_key: SigningKey) -> None:
    request = await start(accounts)
    node_id = bytes(node_key.verify_key).hex()
    await accounts.billing.settle(request, delivered(Attempt(JOB, node_id, None, 20)))
    assert await balances(accounts) == (950, 0)
    assert await accounts.usage.earnings(NODE_OWNER) == []


async def test_a_free_model_is_recorded_and_moves_nothing(accounts: Accounts, node_key: SigningKey) -> None:
    request = await accounts.billing.reserve(
        owner=OWNER, api_key_id=None, request_id="free", price=Price(0, 0), prompt_bound=10, max_completion_tokens=10
    )
    await accounts.billing.settle(request, delivered(attempt(node_key, 5)))
    assert await balances(accounts) == (0, 0)
    [record] = await accounts.usage.records(OWNER, before=None, limit=10)
    assert (record.request_id, record.completion_tokens, record.charged) == ("free", 5, 0)


async def test_many_requests_at_once_leave_the_ledger_balanced(accounts: Accounts, node_key: SigningKey) -> None:
    requests = await asyncio.gather(*(start(accounts, f"r{i}", credits=250) for i in range(30)))
    work = delivered(attempt(node_key, 20))
    await asyncio.gather(
        *(
            accounts.billing.release(request) if i % 3 == 0 else accounts.billing.settle(request, work)
            for i, request in enumerate(requests)
        )
    )
    assert await balances(accounts) == (30 * 250 - 20 * 50, 0)
    assert await earned(accounts) == {bytes(node_key.verify_key).hex(): 20 * 45}


async def test_totals_are_by_model_and_time(accounts: Accounts, node_key: SigningKey, clock: Any) -> None:
    for i in range(3):
        request = await start(accounts, f"r{i}")
        await accounts.billing.settle(request, delivered(attempt(node_key, 10)))
        clock.now += 100
    begin = 1_800_000_000
    [total] = await accounts.usage.totals(OWNER, since=begin, until=begin + 101)
    assert (total.requests, total.prompt_tokens, total.completion_tokens, total.charged) == (2, 20, 20, 60)
    assert await accounts.usage.totals(OWNER, since=begin + 500, until=begin + 600) == []
