"""Stakes of owners: a small chain's REST API that is slow, gone, lying or broken, and what gateways make of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from r3mes_api.setting_kinds import StakePolicy
from r3mes_api.settings_loading import SettingsError, load_settings
from r3mes_api.stakes.book import StakeBook
from r3mes_api.stakes.cache import AWAY_S, StakeCache
from r3mes_api.stakes.chain_answers import BadAnswer, ChainAway, delegated, has_none
from r3mes_api.stakes.chain_reader import ChainReader
from r3mes_api.stakes.standing import (
    Reading,
    StakeState,
    Verdict,
    at_registration,
    in_remes,
    may_stay,
    needed_for,
    standing,
)
from r3mes_protocol.grants import Role

OWNER = "remes1owner"
REMES = 10**6


def page(owner: str, *amounts: int, denom: str = "ur3mes", next_key: str | None = None) -> dict[str, Any]:
    """As Cosmos SDK 0.50 answers."""
    entries = [
        {
            "delegation": {
                "delegator_address": owner,
                "validator_address": f"remesvaloper1{n}",
                "shares": f"{amount}.0",
            },
            "balance": {"denom": denom, "amount": str(amount)},
        }
        for n, amount in enumerate(amounts)
    ]
    return {"delegation_responses": entries, "pagination": {"next_key": next_key, "total": "0"}}


class FakeChain:
    """Answers every request for delegations by `answer`."""

    def __init__(self) -> None:
        self.stakes: dict[str, int] = {}
        self.network = "test-net"
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0
        self.answer: Callable[[str, dict[str, list[str]]], Awaitable[tuple[int, Any]]] = self.honest
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> FakeChain:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def honest(self, owner: str, _: dict[str, list[str]]) -> tuple[int, Any]:
        return 200, page(owner, *([self.stakes[owner]] if owner in self.stakes else []))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            parts = urlsplit(head.split(" ")[1])
            if parts.path.endswith("/node_info"):
                status, document = 200, {"default_node_info": {"network": self.network}}
            else:
                owner = parts.path.rpartition("/")[2]
                self.asked.append(owner)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                try:
                    status, document = await self.answer(owner, parse_qs(parts.query))
                finally:
                    self.at_once -= 1
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            writer.write(
                f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\nlocation: /\r\n".encode()
                + b"connection: close\r\n\r\n"
            )
            writer.write(body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def chain() -> AsyncIterator[FakeChain]:
    fake = await FakeChain().start()
    yield fake
    await fake.stop()


@pytest.fixture
async def read() -> AsyncIterator[Callable[..., Awaitable[int]]]:
    readers: list[ChainReader] = []

    async def ask(*urls: str, network: str | None = None, timeout_s: float = 5.0, owner: str = OWNER) -> int:
        readers.append(ChainReader(urls, denom="ur3mes", network=network, timeout_s=timeout_s))
        return await readers[-1].delegated(owner)

    yield ask
    for reader in readers:
        await reader.close()


# --- reading the chain ---


async def test_all_pages_in_the_staked_coin_add_up(chain: FakeChain, read: Any) -> None:
    async def pages(owner: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        if "pagination.key" not in query:
            return 200, page(owner, 5, 7, next_key="a+/=")
        assert query["pagination.key"] == ["a+/="]
        return 200, page(owner, 100)

    chain.answer = pages
    assert await read(chain.url, network="test-net") == 112


async def test_an_owner_without_delegations_has_none(chain: FakeChain, read: Any) -> None:
    assert await read(chain.url) == 0

    async def older(*_: Any) -> tuple[int, Any]:
        return 404, {"code": 5, "message": "unable to find delegations for address", "details": []}

    chain.answer = older
    assert await read(chain.url) == 0


_LIES: list[tuple[int, Any]] = [
    (200, page("remes1somebodyelse", 10**12)),
    (200, page(OWNER, -5)),
    (200, {"delegation_responses": None}),
    (200, {}),
    (200, []),
    (200, b"<html>welcome</html>"),
    (200, b"x" * 2_000_000),
    (200, {**page(OWNER, 1), "pagination": {"next_key": 5}}),
    # HTTP 500 with a code inside says nothing of the owner, not even with the code of “not found”.
    (500, {"code": 5, "message": "collections: not found", "details": []}),
    (500, {"code": 2, "message": "decoding bech32 failed"}),
    (501, {"code": 12, "message": "Not Implemented"}),
    (404, b"404 page not found"),
    (429, {"message": "slow down"}),
    (302, {}),
]


@pytest.mark.parametrize("number", range(len(_LIES)))
async def test_what_can_t_be_believed_is_asked_of_the_next_address(chain: FakeChain, read: Any, number: int) -> None:
    liar = await FakeChain().start()

    async def lie(*_: Any) -> tuple[int, Any]:
        return _LIES[number]

    liar.answer = lie
    chain.stakes[OWNER] = 42
    try:
        assert await read(liar.url, chain.url) == 42
        assert liar.asked == chain.asked == [OWNER]
        with pytest.raises(ChainAway):
            await read(liar.url)
    finally:
        await liar.stop()


async def test_an_address_of_another_chain_is_not_believed(chain: FakeChain, read: Any) -> None:
    chain.stakes[OWNER] = 42
    chain.network = "mainnet-of-somebody"
    with pytest.raises(ChainAway, match="another chain"):
        await read(chain.url, network="test-net")
    assert chain.asked == []


async def test_slow_and_dead_addresses_cost_their_share_of_the_time(chain: FakeChain, read: Any) -> None:
    slow = await FakeChain().start()

    async def never(*_: Any) -> tuple[int, Any]:
        await asyncio.sleep(60)
        raise AssertionError

    slow.answer = never
    chain.stakes[OWNER] = 42
    started = asyncio.get_running_loop().time()
    assert await read("http://127.0.0.1:1", slow.url, chain.url, timeout_s=1.5) == 42
    assert asyncio.get_running_loop().time() - started < 1.5
    await slow.stop()
    with pytest.raises(ChainAway):
        await read("http://127.0.0.1:1", timeout_s=1)


# --- knowing it ---


def _book(make_chain: Any, policy: StakePolicy = StakePolicy.REQUIRE, **changes: Any) -> StakeBook:
    options = {"fresh_s": 10.0, "stale_s": 100.0, "timeout_s": 1.0, "reads_at_once": 3, **changes}
    return StakeBook(policy, dict.fromkeys(Role, 1000 * REMES), lambda: make_chain, **options)


class Scripted:
    """A chain without a network, and its clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.stakes: dict[str, int] = {}
        self.away = False
        self.reads = self.at_once = self.most_at_once = 0

    def clock(self) -> float:
        return self.now

    async def delegated(self, owner: str) -> int:
        self.reads += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if self.away:
            raise ChainAway("scripted")
        return self.stakes.get(owner, 0)

    async def close(self) -> None:
        pass


async def test_what_is_fresh_is_not_asked_again_and_what_is_old_counts_while_the_chain_is_away() -> None:
    chain = Scripted()
    book = _book(chain, clock=chain.clock)
    chain.stakes[OWNER] = 1000 * REMES
    for _ in range(3):
        assert (await book.standing(OWNER, [Role.SERVING])).state is StakeState.SUFFICIENT
    assert chain.reads == 1
    assert (await book.standing(OWNER, [Role.SERVING, Role.MINING])).state is StakeState.INSUFFICIENT
    chain.now, chain.away = 50.0, True
    found = await book.standing(OWNER, [Role.SERVING])
    assert found.state is StakeState.SUFFICIENT and found.reading == Reading(1000 * REMES, 0.0)
    # It is left alone for a while then.
    await book.standing(OWNER, [Role.SERVING])
    await book.standing("remes1other", [Role.SERVING])
    assert chain.reads == 2
    chain.now = 50.0 + AWAY_S
    assert (await book.standing("remes1other", [Role.SERVING])).state is StakeState.UNKNOWN
    assert chain.reads == 3
    chain.now = 101.0
    assert (await book.standing(OWNER, [Role.SERVING])).state is StakeState.UNKNOWN
    chain.away, chain.now = False, 120.0
    chain.stakes[OWNER] = 5
    assert (await book.standing(OWNER, [Role.SERVING])).state is StakeState.INSUFFICIENT
    lines = "\n".join(line for gauge in book.gauges() for line in gauge.lines())
    assert 'r3mes_stake_reads_total{outcome="failed"} 3' in lines and "r3mes_chain_away 0" in lines


async def test_many_who_wait_for_one_owner_ask_once_and_many_owners_not_all_at_once() -> None:
    chain = Scripted()
    book = _book(chain, clock=chain.clock)
    await asyncio.gather(*(book.standing(OWNER, [Role.SERVING]) for _ in range(50)))
    assert chain.reads == 1
    await asyncio.gather(*(book.standing(f"remes1n{number}", [Role.SERVING]) for number in range(40)))
    assert chain.reads == 41 and chain.most_at_once <= 3


async def test_a_chain_that_hangs_holds_nobody_longer_than_the_time_out() -> None:
    chain = Scripted()

    async def hang(_: str) -> int:
        await asyncio.Event().wait()
        return 0

    chain.delegated = hang  # type: ignore[method-assign]
    book = _book(chain, clock=chain.clock, timeout_s=0.05)
    found = await asyncio.wait_for(book.standing(OWNER, [Role.SERVING]), 60)
    assert found.state is StakeState.UNKNOWN
    await book.close()


# --- the pure parts ---

_ROLES = st.lists(st.sampled_from(Role), min_size=1, max_size=6)


@given(
    st.sampled_from(StakePolicy),
    st.none() | st.builds(Reading, st.integers(0, 10**14), st.floats(0, 1000)),
    _ROLES,
    st.floats(0, 2000),
    st.floats(1, 1000),
)
def test_only_the_chains_own_word_keeps_out_or_throws_out(
    policy: StakePolicy, reading: Reading | None, roles: list[Role], now: float, stale_s: float
) -> None:
    minimums = {Role.SERVING: 1, Role.MINING: 10, Role.VALIDATOR: 0, Role.PROPOSER: 10**13}
    needed = needed_for(roles, minimums)
    found = standing(reading, needed, now, stale_s)
    verdict, stays = at_registration(policy, found), may_stay(policy, found)
    known = reading is not None and now - reading.read_at < stale_s
    if policy is not StakePolicy.REQUIRE or needed == 0:
        assert verdict is Verdict.ADMIT and stays
    elif not known:
        assert found.state is StakeState.UNKNOWN and verdict is Verdict.LATER and stays
    else:
        assert reading is not None
        enough = reading.amount >= needed
        assert (verdict is Verdict.ADMIT) == stays == enough
    assert needed == sum(minimums[role] for role in set(roles))


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 9), st.floats(0, 100)), max_size=40))
def test_the_cache_is_bounded_and_keeps_what_came_last(events: list[tuple[str, int, float]]) -> None:
    cache, now, last = StakeCache(10.0, max_owners=3), 0.0, {}
    for owner, amount, passed in events:
        now += passed
        last[owner] = Reading(amount, now)
        cache.put(owner, last[owner])
        assert cache.get(owner) == last[owner] and not cache.due(owner, now) and cache.due(owner, now + 10.1)
        assert len(cache) <= 3
        assert all(cache.get(other) in (None, reading) for other, reading in last.items())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda i: (
            st.lists(i, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "delegation_responses",
                        "delegation",
                        "balance",
                        "amount",
                        "denom",
                        "delegator_address",
                        "pagination",
                        "next_key",
                        "code",
                    ]
                ),
                i,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
    st.integers(100, 599),
)
def test_no_answer_breaks_the_reader_and_no_stake_is_made_up(document: Any, status: int) -> None:
    try:
        amount, key = delegated(document, OWNER, "ur3mes")
    except BadAnswer:
        pass
    else:
        assert amount >= 0 and isinstance(key, str)
    assert not has_none(status, document) or status == 404


@given(st.integers(0, 10**15))
def test_amounts_are_written_as_people_write_them(amount: int) -> None:
    text = in_remes(amount)
    whole, _, rest = text.partition(".")
    assert int(whole) * REMES + int((rest or "0").ljust(6, "0")) == amount and not rest.endswith("0")


def test_the_settings_that_belong_together_are_asked_for_together() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"R3MES_STAKE_POLICY": "require", "R3MES_NODE_AUTH": "open"})
    assert "R3MES_CHAIN_URLS: is missing" in str(refused.value) and "NODE_AUTH=grant" in str(refused.value)
    for wrong in ("ftp://chain", "https://user:secret@chain", "chain:1317"):
        with pytest.raises(SettingsError) as refused:
            load_settings({"R3MES_CHAIN_URLS": wrong})
        assert "R3MES_CHAIN_URLS" in str(refused.value)


# --- whole gateways ---


@pytest.fixture
def start_staked(start_gateway: Any, chain: FakeChain) -> Callable[..., Any]:
    def start(policy: str, **settings: Any) -> Any:
        given = {"stake_fresh_s": 0.2, "stake_timeout_s": 1, "network": "test-net"}
        return start_gateway(
            inference_mode="remote", stake_policy=policy, chain_urls=chain.url, **{**given, **settings}
        )

    return start


async def test_little_stake_is_refused_enough_is_let_in_and_shown(
    start_staked: Any, chain: FakeChain, start_node: Any, owner: Any, client: httpx.AsyncClient, until: Any, ask: Any
) -> None:
    # The node is quiet for longer than its usual pace while the chain comes back.
    gateway = start_staked("require", stall_floor_s=30)
    grants = {"network": "test-net"}

    async def register() -> Any:
        node = await start_node(gateway, register=False, key=node_key)
        node.grant = owner.grant(node.node_id, node.origin, **grants)
        return await node.connect()

    node_key = SigningKey.generate()
    chain.stakes[owner.address] = 999_999_999
    poor = await register()
    assert poor.rejected.code.value == "stake_insufficient" and not poor.rejected.code.worth_retrying
    assert "1000 REMES" in poor.rejected.message and "999.999999" in poor.rejected.message

    chain.stakes[owner.address] = 1000 * REMES
    await asyncio.sleep(0.25)
    node = await register()
    assert node.registered is not None
    shown = (await client.get(f"{gateway.url}/v1/nodes/{node.node_id}")).json()["stake"]
    assert shown["state"] == "sufficient" and shown["delegated"] == shown["needed"] == "1000000000"
    metrics = (await client.get(f"{gateway.url}/metrics")).text
    assert 'r3mes_nodes_by_stake{state="sufficient"} 1' in metrics and "r3mes_chain_away 0" in metrics

    # The chain goes away: who is here stays, and serves.
    async def broken(*_: Any) -> tuple[int, Any]:
        return 500, {"code": 13, "message": "internal"}

    chain.answer = broken

    async def away() -> bool:
        return "r3mes_chain_away 1" in (await client.get(f"{gateway.url}/metrics")).text

    await until(away, "the gateway knows that the chain is away")
    assert (await ask(gateway)).done
    stranger = await start_node(gateway, register=False)
    rich = type(owner)(b"\x09" * 32)
    stranger.grant = rich.grant(stranger.node_id, stranger.origin, **grants)
    await stranger.connect()
    assert stranger.rejected.code.value == "stake_unknown" and stranger.rejected.code.worth_retrying

    # The owner unstakes: the answer that runs is finished, then the node has to go.
    go_on = asyncio.Event()

    async def slow(job: Any) -> None:
        await job.say("first half")
        await go_on.wait()
        await job.say(", second half")
        await job.done()

    node.script = slow
    running = asyncio.create_task(ask(gateway))
    await until(lambda: len(node.jobs) == 2, "an answer runs")
    chain.stakes[owner.address] = 5
    chain.answer = chain.honest
    await until(lambda: node.draining, "the node is told")
    refused = await ask(gateway)
    assert refused.error["code"] == "NO_SERVING_NODES"
    go_on.set()
    assert (await running).text == "first half, second half"
    assert await node.close_code() == 4001


async def test_warn_lets_everybody_in_and_says_so(
    start_staked: Any, chain: FakeChain, start_node: Any, owner: Any, client: httpx.AsyncClient, until: Any
) -> None:
    gateway = start_staked("warn")
    node = await start_node(gateway, register=False)
    node.grant = owner.grant(node.node_id, node.origin)
    await node.connect()
    assert node.registered is not None
    assert (await client.get(f"{gateway.url}/v1/nodes")).json()["data"][0]["stake"]["state"] == "insufficient"
    assert "stake insufficient" in (await client.get(gateway.url)).text
    chain.stakes[owner.address] = 10**15

    async def sufficient() -> bool:
        return bool((await client.get(f"{gateway.url}/v1/nodes")).json()["data"][0]["stake"]["state"] == "sufficient")

    await until(sufficient, "it is asked again")
    assert node.bye is None and not node.draining


async def test_the_emulated_chain_is_read_like_a_real_one(start_gateway: Any, start_node: Any, owner: Any) -> None:
    devnet = start_gateway(inference_mode="disabled", devnet="true")
    network = httpx.get(f"{devnet.url}/cosmos/base/tendermint/v1beta1/node_info", timeout=60).json()[
        "default_node_info"
    ]["network"]
    gateway = start_gateway(inference_mode="remote", stake_policy="require", chain_urls=devnet.url, network=network)
    node = await start_node(gateway, register=False)
    node.grant = owner.grant(node.node_id, node.origin, network=network)
    await node.connect()
    assert node.rejected.code.value == "stake_insufficient" and "delegated 0" in node.rejected.message
