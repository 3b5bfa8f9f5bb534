"""Random interleavings of everything that moves money: none is made, none is lost, nothing is billed twice."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from nacl.signing import SigningKey

from r3mes_api.accounts.billing import RESERVATION_SECONDS, Billing, Delivered, Outcome, RunningRequest
from r3mes_api.accounts.ledger import Ledger
from r3mes_api.accounts.settlement import Attempt, Price
from r3mes_api.accounts.token_bucket import Draw, RatePolicy
from r3mes_api.storage.database import Database, open_database
from r3mes_api.storage.database_url import database_url, sqlite_file
from r3mes_api.storage.memory_state import MemoryState
from r3mes_api.storage.redis_state import open_redis
from r3mes_protocol.errors import ApiError

OWNERS = ("remes1a", "remes1b")
NODES = (("11" * 32, "remes1miner"), ("22" * 32, None))
PRICE = Price(500_000, 3_000_000, 80)
GATEWAY_KEY = SigningKey(b"\x03" * 32)


class World:
    """A ledger with its clock, and what was put into it."""

    def __init__(self, database: Database) -> None:
        self.now = 1_800_000_000
        self.database = database
        self.ledger = Ledger(database)
        self.billing = Billing(
            database, self.ledger, gateway="https://g", gateway_key=GATEWAY_KEY, clock=lambda: self.now
        )
        self.deposits = 0
        self.charges: dict[str, list[int]] = {}

    async def reserve(self, owner: str, request_id: str, prompt: int, limit: int) -> RunningRequest | None:
        try:
            return await self.billing.reserve(
                owner=owner, api_key_id=None, request_id=request_id, price=PRICE, prompt_bound=prompt,
                max_completion_tokens=limit,
            )  # fmt: skip
        except ApiError:
            return None

    async def settle(self, request: RunningRequest, counts: list[int]) -> None:
        attempts = tuple(
            Attempt(f"{i:016x}", *NODES[i % 2], delivered) for i, delivered in enumerate(counts)
        )  # fmt: skip
        receipts = await self.billing.settle(request, Delivered("m", None, 10, Outcome.COMPLETED, attempts))
        if receipts is not None:
            self.charges.setdefault(request.request_id, []).append(sum(counts))

    async def check(self) -> None:
        audit = await self.ledger.audit()
        assert audit.is_balanced, audit
        assert all(len(charged) == 1 for charged in self.charges.values())
        held = 0
        for owner in OWNERS:
            balance = await self.ledger.balance(owner)
            held += balance.available + balance.reserved
        assert 0 <= held <= self.deposits
        records = [
            record
            for owner in OWNERS
            for record in await UsageOf(self.database).records(owner)
        ]  # fmt: skip
        assert {request_id for request_id, _ in records} == set(self.charges)
        # What is not with the users any more is what they were charged.
        assert held + sum(charged for _, charged in records) == self.deposits


class UsageOf:
    def __init__(self, database: Database) -> None:
        from r3mes_api.accounts.usage_report import UsageReport

        self._report = UsageReport(database)

    async def records(self, owner: str) -> list[tuple[str, int]]:
        return [(r.request_id, r.charged) for r in await self._report.records(owner, before=None, limit=1000)]


class LedgerMachine(RuleBasedStateMachine):
    """Every step is an event of some gateway; late, repeated and out of turn as they come."""

    requests: Bundle[RunningRequest | None] = Bundle("requests")
    template: Path
    folder: Path
    count = 0

    def __init__(self) -> None:
        super().__init__()
        LedgerMachine.count += 1
        path = self.folder / f"{LedgerMachine.count}.db"
        shutil.copy(self.template, path)
        self.loop = asyncio.new_event_loop()
        self.world = World(open_database(sqlite_file(path)))
        self.references = 0
        for owner in OWNERS:
            self.deposit(owner, 3000, False)

    def run_async(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    @rule(owner=st.sampled_from(OWNERS), amount=st.integers(1, 1000), repeated=st.booleans())
    def deposit(self, owner: str, amount: int, repeated: bool) -> None:
        self.references += not repeated
        made = self.run_async(
            self.world.ledger.deposit(owner, amount, reference=str(self.references), now=self.world.now)
        )
        self.world.deposits += amount * made

    @rule(
        target=requests,
        owner=st.sampled_from(OWNERS),
        request_id=st.integers(0, 6).map(lambda i: f"r{i}"),
        prompt=st.integers(0, 100),
        limit=st.integers(1, 300),
    )
    def reserve(self, owner: str, request_id: str, prompt: int, limit: int) -> RunningRequest | None:
        return self.run_async(self.world.reserve(owner, request_id, prompt, limit))

    @rule(request=requests, counts=st.lists(st.integers(0, 400), max_size=3))
    def settle(self, request: RunningRequest | None, counts: list[int]) -> None:
        if request is not None:
            self.run_async(self.world.settle(request, counts))

    @rule(request=requests)
    def release(self, request: RunningRequest | None) -> None:
        if request is not None:
            self.run_async(self.world.billing.release(request))

    @rule(pairs=st.lists(st.tuples(requests, st.booleans()), min_size=2, max_size=5))
    def many_at_once(self, pairs: list[tuple[RunningRequest | None, bool]]) -> None:
        async def together() -> None:
            await asyncio.gather(
                *(
                    self.world.settle(request, [7, 5]) if settle else self.world.billing.release(request)
                    for request, settle in pairs
                    if request is not None
                )
            )

        self.run_async(together())

    @rule(seconds=st.sampled_from([1, RESERVATION_SECONDS]))
    def time_passes(self, seconds: int) -> None:
        self.world.now += seconds
        self.run_async(self.world.ledger.expire(now=self.world.now))

    @invariant()
    def nothing_is_made_or_lost(self) -> None:
        self.run_async(self.world.check())

    def teardown(self) -> None:
        self.run_async(self.world.database.close())
        self.loop.close()


def test_no_interleaving_makes_or_loses_money(migrated_sqlite: Path, tmp_path: Path) -> None:
    LedgerMachine.template, LedgerMachine.folder = migrated_sqlite, tmp_path
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=30,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # Shrinking runs the database for minutes; the failing steps are few enough to read.
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
        ),
    )


@pytest.mark.parametrize("seed", range(2))
async def test_truly_concurrent_gateways_make_and_lose_nothing(backend: Any, seed: int) -> None:
    import random

    dice = random.Random(seed)
    # Two gateways with their own connections on one database.
    worlds = [World(open_database(database_url(backend.database_url))) for _ in range(2)]
    first = worlds[0]
    for owner in OWNERS:
        await first.ledger.deposit(owner, 2000, reference=owner, now=first.now)
    first.deposits = 4000

    async def client(number: int) -> None:
        world = dice.choice(worlds)
        request = await world.reserve(dice.choice(OWNERS), f"r{number % 20}-{seed}", 20, dice.randint(1, 60))
        if request is None:
            return
        ends = [first.billing.release(request), first.settle(request, [5, dice.randint(0, 70)])]
        dice.shuffle(ends)
        again = first.settle(request, [3])
        await asyncio.gather(*ends, again, first.ledger.expire(now=first.now + dice.choice([0, 10_000])))

    await asyncio.gather(*(client(number) for number in range(30)))
    await first.ledger.expire(now=first.now + 10_000)
    await first.check()
    assert (await first.ledger.audit()).open_reservations == 0
    for world in worlds:
        await world.database.close()


# --- memory and Redis decide alike -----------------------------------------------------------------------------

POLICIES = (RatePolicy(7, 3, 4), RatePolicy(1, 60, 1), RatePolicy(1000, 1, 50))
STEPS = st.lists(
    st.tuples(
        st.integers(0, 5_000_000),
        st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True),
        st.integers(1, 5),
    ),
    min_size=1,
    max_size=25,
)


def test_memory_and_redis_decide_alike(own_redis: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(STEPS)
    def alike(steps: list[tuple[int, list[int], int]]) -> None:
        asyncio.run(play(steps))

    async def play(steps: list[tuple[int, list[int], int]], pause_s: float = 0) -> None:
        now_us = 1_800_000_000_000_000
        memory = MemoryState(lambda: now_us / 1_000_000)
        # What it decides is looked at, not how fast.
        shared = open_redis(own_redis, clock_us=lambda: now_us, answer_s=30)
        await shared._client.flushdb()
        for wait, chosen, cost in steps:
            now_us += wait
            draws = [Draw(str(i), POLICIES[i], cost) for i in chosen]
            assert await shared.draw(draws) == await memory.draw(draws)
            await asyncio.sleep(pause_s)
        await shared.close()

    alike()
    # A bucket that is full again in a millisecond, on a machine that takes longer for a step.
    asyncio.run(play([(0, [2], 1)] * 3, pause_s=0.01))
