"""Idempotency keys: sent again, a request gets the same answer, and is billed once even when gateways die."""

from __future__ import annotations

import asyncio

import pytest

from r3mes_api.accounts.idempotency import (
    KEEP_SECONDS,
    LEASE_SECONDS,
    MAX_STORED_BYTES,
    Finished,
    Fresh,
    Idempotency,
    InProgress,
    fingerprint,
)
from r3mes_api.accounts.ledger import Ledger
from r3mes_api.accounts.replay import Replay, Replays, ReplayTooLong
from r3mes_api.storage.database import Database
from r3mes_protocol.errors import ApiError, ErrorCode

NOW = 1_800_000_000
OWNER = "remes1user"
BODY = fingerprint({"model": "m", "messages": []})


@pytest.fixture
def idempotency(database: Database) -> Idempotency:
    return Idempotency(database)


async def begin(idempotency: Idempotency, request_id: str = "r1", now: int = NOW, body: str = BODY) -> object:
    return await idempotency.begin(OWNER, "key", body, request_id=request_id, now=now)


async def fresh(idempotency: Idempotency, request_id: str = "r1", now: int = NOW) -> Fresh:
    begun = await begin(idempotency, request_id, now)
    assert isinstance(begun, Fresh)
    return begun


def test_the_order_of_keys_makes_no_other_request() -> None:
    assert fingerprint({"a": 1, "b": {"c": 2, "d": 3}}) == fingerprint({"b": {"d": 3, "c": 2}, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 1.5})


async def test_one_of_many_at_once_goes_on(idempotency: Idempotency) -> None:
    results = await asyncio.gather(*(begin(idempotency, f"r{i}") for i in range(10)))
    assert sum(isinstance(result, Fresh) for result in results) == 1
    assert sum(isinstance(result, InProgress) for result in results) == 9
    assert len({result.request_id for result in results if isinstance(result, InProgress)}) == 1


async def test_a_finished_answer_is_given_again(idempotency: Idempotency) -> None:
    first = await fresh(idempotency)
    await idempotency.finish(first, status=200, content_type="text/event-stream", body=b"data: x\n\n", now=NOW)
    assert await begin(idempotency, "r2") == Finished("r1", 200, "text/event-stream", b"data: x\n\n")


async def test_another_body_under_the_same_key_is_refused(idempotency: Idempotency) -> None:
    await fresh(idempotency)
    with pytest.raises(ApiError) as caught:
        await begin(idempotency, body=fingerprint({"model": "other"}))
    assert (caught.value.code, caught.value.status) == (ErrorCode.IDEMPOTENCY_CONFLICT, 409)


async def test_keys_of_owners_are_apart(idempotency: Idempotency) -> None:
    await fresh(idempotency)
    assert isinstance(await idempotency.begin("remes1other", "key", BODY, request_id="r", now=NOW), Fresh)


async def test_a_refused_request_may_be_tried_again(idempotency: Idempotency) -> None:
    await idempotency.abandon(await fresh(idempotency))
    assert (await fresh(idempotency, "r2")).attempt == 2


async def test_a_dead_gateways_request_is_taken_over_and_its_credits_go_back(
    idempotency: Idempotency, ledger: Ledger
) -> None:
    await ledger.deposit(OWNER, 100, reference="x", now=NOW)
    first = await fresh(idempotency)
    held = await ledger.reserve(OWNER, 60, key=first.reservation_key, request_id="r1", now=NOW, expires_at=NOW + 10**6)
    later = NOW + LEASE_SECONDS
    assert isinstance(await begin(idempotency, "r2", later - 1), InProgress)
    second = await fresh(idempotency, "r2", later)
    assert second.reservation_key != first.reservation_key
    assert (await ledger.balance(OWNER)).available == 100
    # The first gateway was only slow: it comes too late to bill or to answer.
    assert not await ledger.release(held.id, now=later)
    await idempotency.finish(first, status=200, content_type="t", body=b"old", now=later)
    assert isinstance(await begin(idempotency, "r3", later), InProgress)
    await idempotency.finish(second, status=200, content_type="t", body=b"new", now=later)
    assert await begin(idempotency, "r3", later) == Finished("r2", 200, "t", b"new")


async def test_a_lease_is_renewed_as_long_as_its_request_runs(idempotency: Idempotency) -> None:
    first = await fresh(idempotency)
    await idempotency.renew(first, now=NOW + LEASE_SECONDS - 1)
    assert isinstance(await begin(idempotency, "r2", NOW + 2 * LEASE_SECONDS - 2), InProgress)
    second = await fresh(idempotency, "r2", NOW + 2 * LEASE_SECONDS - 1)
    # A gateway that was only slow does not take it back, and one that gave up does not bring it back.
    await idempotency.renew(first, now=NOW + 10 * LEASE_SECONDS)
    await idempotency.abandon(second)
    await idempotency.renew(second, now=NOW + 10 * LEASE_SECONDS)
    assert (await fresh(idempotency, "r3", NOW)).attempt == 3


async def test_a_long_answer_is_not_kept_and_not_made_again(idempotency: Idempotency) -> None:
    body = b"x" * (MAX_STORED_BYTES + 1)
    await idempotency.finish(await fresh(idempotency), status=200, content_type="t", body=body, now=NOW)
    assert await begin(idempotency, "r2") == Finished("r1", 200, "t", None)


async def test_old_keys_are_forgotten(idempotency: Idempotency) -> None:
    await idempotency.finish(await fresh(idempotency), status=200, content_type="t", body=b"", now=NOW)
    assert await idempotency.forget(now=NOW + KEEP_SECONDS - 1) == 0
    assert await idempotency.forget(now=NOW + KEEP_SECONDS) == 1
    assert (await fresh(idempotency, "r2", NOW + KEEP_SECONDS)).attempt == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "a\x00"])
async def test_a_key_has_bounds(idempotency: Idempotency, key: str) -> None:
    with pytest.raises(ApiError) as caught:
        await idempotency.begin(OWNER, key, BODY, request_id="r", now=NOW)
    assert caught.value.param == "Idempotency-Key"


# --- following an answer under way -----------------------------------------------------------------------------


async def read(replay: Replay) -> bytes:
    return b"".join([piece async for piece in replay.follow()])


async def test_followers_get_all_of_it_whenever_they_come() -> None:
    replays = Replays()
    replay = replays.open("r1")
    early = [asyncio.create_task(read(replay)) for _ in range(3)]
    waiting = asyncio.create_task(replay.started())
    await asyncio.sleep(0)
    replay.start(200, "text/event-stream")
    replay.write(b"a")
    await asyncio.sleep(0)
    found = replays.find("r1")
    assert found is replay
    middle = asyncio.create_task(read(found))
    replay.write(b"b")
    replays.close(replay)
    assert await waiting == 200
    assert [await task for task in [*early, middle]] == [b"ab"] * 4
    assert await read(replay) == b"ab"
    assert replays.find("r1") is None


async def test_an_answer_that_outgrows_what_is_kept_can_not_be_followed() -> None:
    replay = Replay("r1", max_bytes=3)
    follower = asyncio.create_task(read(replay))
    replay.write(b"abc")
    await asyncio.sleep(0)
    replay.write(b"d")
    replay.write(b"e" * 1000)
    with pytest.raises(ReplayTooLong):
        await follower
    assert replay.body == b"abcd"


async def test_an_answer_that_never_began_has_no_status() -> None:
    replay = Replay("r1")
    waiting = asyncio.create_task(replay.started())
    await asyncio.sleep(0)
    replay.end()
    assert await waiting is None
