"""Prompts that are paid for, end to end: a real gateway, wallets, nodes that sign, and the ledger afterwards."""

from __future__ import annotations

import asyncio
import secrets
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from nacl.signing import SigningKey

from r3mes_api.accounts.billing import RESERVATION_SECONDS
from r3mes_api.accounts.ledger import Audit, Ledger
from r3mes_api.accounts.settlement import prompt_token_bound
from r3mes_api.storage.database import open_database
from r3mes_api.storage.database_url import database_url
from r3mes_protocol.embeddings import vector_events
from r3mes_protocol.frames import FrameKind
from r3mes_protocol.messages import Done, EmbeddingOffer, FailureCode, Usage
from r3mes_protocol.session_signature import node_id_of
from r3mes_protocol.usage import SignedReceipt, receipt_is_signed

WELCOME = 10_000
PRICES = {"R3MES_PROMPT_PRICE": "1000000", "R3MES_COMPLETION_PRICE": "2000000"}
"""One base unit for a token of the prompt and two for one of the answer."""

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis" + (".exe" if sys.platform == "win32" else ""))

PROMPT = {"model": "test-model", "messages": [{"role": "user", "content": "Hello?"}], "max_tokens": 100}


def settings(folder: Path, **more: str) -> dict[str, str]:
    return {
        "R3MES_INFERENCE_MODE": "remote",
        "R3MES_NODE_AUTH": "grant",
        "R3MES_ACCOUNTS": "on",
        "R3MES_DATA_FOLDER": str(folder),
        "R3MES_WELCOME_CREDITS": str(WELCOME),
        **PRICES,
        **more,
    }


@pytest.fixture(scope="module")
def paid_gateway(start_process: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return start_process(settings(tmp_path_factory.mktemp("data"), R3MES_UNSTATED_TOKENS="8000"))


@pytest.fixture
async def gateway(paid_gateway: Any, when_empty: Any) -> Any:
    return await when_empty(paid_gateway)


class Account:
    """A signed-in wallet with an API key."""

    def __init__(self, client: httpx.AsyncClient, url: str, wallet: Any) -> None:
        self.client = client
        self.url = url
        self.wallet = wallet
        self.session: dict[str, str] = {}
        self.key: dict[str, str] = {}

    async def open(self) -> Account:
        challenge = await self.client.post(f"{self.url}/v1/auth/challenge", json={"address": self.wallet.address})
        asked = challenge.json()
        login = await self.client.post(
            f"{self.url}/v1/auth/login",
            json={
                "challenge_id": asked["challenge_id"],
                "address": self.wallet.address,
                "public_key": self.wallet.public_key,
                "signature": self.wallet.sign(asked["text"]),
            },
        )
        assert login.status_code == 200, login.text
        self.session = {"authorization": f"Bearer {login.json()['token']}"}
        made = await self.client.post(f"{self.url}/v1/keys", json={"name": "test"}, headers=self.session)
        assert made.status_code == 201, made.text
        self.key = {"authorization": f"Bearer {made.json()['token']}"}
        return self

    async def get(self, path: str) -> Any:
        reply = await self.client.get(f"{self.url}{path}", headers=self.session)
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def balance(self) -> tuple[int, int]:
        balance = (await self.get("/v1/usage"))["balance"]
        return balance["available"], balance["reserved"]

    async def records(self) -> list[Any]:
        records: list[Any] = (await self.get("/v1/usage/records"))["records"]
        return records

    async def record(self, count: int = 1) -> Any:
        """The newest of `count` billed requests with its deliveries. It is settled after the client has its answer."""
        async with asyncio.timeout(60):
            while len(records := await self.records()) < count:
                await asyncio.sleep(0.01)
        assert len(records) == count
        return await self.get(f"/v1/usage/records/{records[0]['request_id']}")

    async def chat(self, body: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        return await self.client.post(
            f"{self.url}/v1/chat/completions", json=body or PROMPT, headers={**self.key, **headers}
        )


OpenAccount = Callable[..., Awaitable[Account]]


@pytest.fixture
def open_account(client: httpx.AsyncClient, new_wallet: Callable[..., Any]) -> OpenAccount:
    async def open_at(gateway: Any) -> Account:
        return await Account(client, gateway.url, new_wallet()).open()

    return open_at


@pytest.fixture
async def account(open_account: OpenAccount, gateway: Any) -> Account:
    return await open_account(gateway)


@pytest.fixture
def start_owned_node(start_node: Any, make_owner: Any) -> Any:
    """A node with a grant of the wallet, or of one that nobody knows."""

    async def start(gateway: Any, script: Any, wallet: Any = None, **options: Any) -> Any:
        key = SigningKey.generate()
        owner = make_owner(secret=wallet._key if wallet is not None else secrets.token_bytes(32))
        grant = owner.grant(node_id_of(key), gateway.url)
        return await start_node(gateway, script, key=key, grant=grant, **options)

    return start


async def three_words(job: Any) -> None:
    await job.preamble()
    for word in ("one", " two", " three"):
        await job.say(word)
    await job.done(3, signed_usage=job.signed_usage(3))


# --- the whole way ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("streams", [True, False])
async def test_an_answer_is_paid_for_and_its_node_earns(
    gateway: Any, account: Account, open_account: OpenAccount, start_owned_node: Any, streams: bool
) -> None:
    miner = await open_account(gateway)
    node = await start_owned_node(gateway, three_words, miner.wallet)
    reply = await account.chat({**PROMPT, "stream": streams})
    assert reply.status_code == 200 and "three" in reply.text
    assert reply.headers["x-ratelimit-limit-requests"] == "30"
    record = await account.record()
    assert record["request_id"] == reply.headers["x-request-id"]
    assert (record["prompt_tokens"], record["completion_tokens"], record["charged"]) == (1, 3, 7)
    assert (record["outcome"], record["model"]) == ("completed", "test-model")
    assert await account.balance() == (WELCOME - 7, 0)
    [delivery] = record["deliveries"]
    assert (delivery["node_id"], delivery["delivered_tokens"], delivery["disputed"]) == (node.node_id, 3, False)
    receipt = SignedReceipt.model_validate(delivery["receipt"])
    assert receipt_is_signed(receipt, receipt.gateway_key) and receipt.receipt.usage_sha256 is not None
    earnings = await miner.get("/v1/usage/earnings")
    assert [(one["node_id"], one["earned"]) for one in earnings["nodes"]] == [(node.node_id, 6)]
    [mine] = (await miner.get("/v1/usage/deliveries"))["deliveries"]
    assert mine["receipt"] == delivery["receipt"]


async def test_simple_chat_is_paid_for_too(gateway: Any, account: Account, start_owned_node: Any) -> None:
    node = await start_owned_node(gateway, three_words)
    reply = await account.client.post(f"{gateway.url}/chat", json={"message": "Hello?"}, headers=account.key)
    assert reply.text == "one two three"
    assert (await account.record())["charged"] == 7
    # Its request names no bound. 8000 tokens would cost more than there is, so it gets what its owner can pay.
    assert 4900 < node.jobs[0].job.body["max_tokens"] < 5000


async def test_a_client_that_leaves_pays_what_was_delivered(
    gateway: Any, account: Account, start_owned_node: Any
) -> None:
    async def three_and_wait(job: Any) -> None:
        await job.preamble()
        for word in ("one", " two", " three"):
            await job.say(word)
        await asyncio.Event().wait()

    node = await start_owned_node(gateway, three_and_wait)
    async with account.client.stream(
        "POST", f"{gateway.url}/v1/chat/completions", json={**PROMPT, "stream": True}, headers=account.key
    ) as response:
        async for line in response.aiter_lines():
            if "three" in line:
                break
    record = await account.record()
    await asyncio.wait_for(node.jobs[0].cancelled.wait(), 60)
    assert (record["outcome"], record["completion_tokens"]) == ("client_left", 3)
    assert record["charged"] == record["prompt_tokens"] + 2 * 3
    assert await account.balance() == (WELCOME - record["charged"], 0)


async def test_who_leaves_before_a_whole_answer_is_there_pays_nothing(
    gateway: Any, account: Account, start_owned_node: Any
) -> None:
    said = asyncio.Event()

    async def half(job: Any) -> None:
        await job.preamble()
        await job.say("half")
        said.set()
        await asyncio.Event().wait()

    await start_owned_node(gateway, half)
    asking = asyncio.create_task(account.chat())
    await asyncio.wait_for(said.wait(), 60)
    asking.cancel()
    record = await account.record()
    assert (record["outcome"], record["charged"]) == ("client_left", 0)
    assert await account.balance() == (WELCOME, 0)


async def test_a_retry_and_a_continuation_are_billed_as_one_answer(
    gateway: Any, account: Account, start_owned_node: Any
) -> None:
    order: list[str] = []

    async def dies_first_then_breaks_off_then_goes_on(job: Any) -> None:
        place = ("dies", "breaks off", "goes on")[len(order)]
        order.append(place)
        await job.preamble()
        if place == "dies":
            job.node.vanish()
        elif place == "breaks off":
            for word in ("one", " two", " three"):
                await job.say(word)
            await read.wait()
            job.node.vanish()
        else:
            for word in (" four", " five"):
                await job.say(word)
            await job.done(2, signed_usage=job.signed_usage(2))

    read = asyncio.Event()
    for _ in range(3):
        await start_owned_node(gateway, dies_first_then_breaks_off_then_goes_on, continues=True)
    text = ""
    async with account.client.stream(
        "POST", f"{gateway.url}/v1/chat/completions", json={**PROMPT, "stream": True}, headers=account.key
    ) as response:
        async for piece in response.aiter_text():
            text += piece
            if "three" in text:
                read.set()
    assert order == ["dies", "breaks off", "goes on"] and "[DONE]" in text and "error" not in text
    record = await account.record()
    assert (record["completion_tokens"], record["charged"], record["outcome"]) == (5, 0 + 10, "completed")
    assert [part["delivered_tokens"] for part in record["deliveries"]] == [0, 3, 2]
    assert [part["claimed_tokens"] for part in record["deliveries"]] == [None, None, 2]
    assert await account.balance() == (WELCOME - record["charged"], 0)


@pytest.mark.parametrize(
    ("claimed", "changes", "settled", "earned", "disputed"),
    [
        (2, {}, 2, 4, False),
        (9, {}, 3, 6, False),
        (3, {"job_id": "0" * 16}, 3, 0, True),
        (3, {"gateway": "https://other.example"}, 3, 0, True),
    ],
)
async def test_the_less_of_what_was_made_and_delivered_is_paid(
    gateway: Any,
    account: Account,
    start_owned_node: Any,
    claimed: int,
    changes: dict[str, str],
    settled: int,
    earned: int,
    disputed: bool,
) -> None:
    async def claims(job: Any) -> None:
        await job.preamble()
        for word in ("one", " two", " three"):
            await job.say(word)
        await job.done(3, signed_usage=job.signed_usage(claimed, **changes))

    await start_owned_node(gateway, claims)
    assert (await account.chat()).status_code == 200
    record = await account.record()
    [delivery] = record["deliveries"]
    assert (record["completion_tokens"], record["charged"]) == (settled, 1 + 2 * settled)
    assert (delivery["settled_tokens"], delivery["earned"], delivery["disputed"]) == (settled, earned, disputed)


@pytest.mark.parametrize(
    ("claimed", "told", "settled"), [(40, 40, 40), (25, 40, 25), (None, 40, 40), (90_000, 90_000, None)]
)
async def test_embeddings_are_paid_by_their_texts_tokens(
    gateway: Any,
    account: Account,
    open_account: OpenAccount,
    start_owned_node: Any,
    claimed: int | None,
    told: int,
    settled: int | None,
) -> None:
    async def embeds(job: Any) -> None:
        for payload in vector_events([bytes(12)] * len(job.job.body["input"]), 1000):
            await job.frame(FrameKind.CONTENT, payload)
        job.terminal_sent = True
        signed = None if claimed is None else job.signed_usage(0, prompt_tokens=claimed)
        usage = Usage(prompt_tokens=told, completion_tokens=0)
        await job.node.send(Done(job_id=job.job_id, finish_reason="stop", usage=usage, signed_usage=signed))

    miner = await open_account(gateway)
    offer = EmbeddingOffer(name="embedder", dimensions=3, context_tokens=256)
    await start_owned_node(gateway, embeds, miner.wallet, embedding_models=(offer,))
    body = {"model": "embedder", "input": ["a text of some words", "another one"]}
    reply = await account.client.post(f"{gateway.url}/v1/embeddings", json=body, headers=account.key)
    assert reply.status_code == 200, reply.text
    record = await account.record()
    # Whatever a node counts, no more is paid than so many bytes may have.
    bound = prompt_token_bound(len(reply.request.content))
    settled = bound if settled is None else settled
    assert bound < 200
    assert (record["prompt_tokens"], record["completion_tokens"], record["charged"]) == (settled, 0, settled)
    assert (record["outcome"], record["model"]) == ("completed", "embedder")
    [delivery] = record["deliveries"]
    assert (delivery["settled_tokens"], delivery["disputed"]) == (settled, False)
    assert delivery["earned"] == settled * 9 // 10
    assert await account.balance() == (WELCOME - settled, 0)


async def test_embeddings_that_failed_cost_nothing_and_need_a_key(
    gateway: Any, account: Account, start_owned_node: Any
) -> None:
    async def breaks_off(job: Any) -> None:
        await job.frame(FrameKind.CONTENT, b"data: AAAA\n\n")
        await job.fail(FailureCode.ENGINE_ERROR)

    offer = EmbeddingOffer(name="embedder", dimensions=3, context_tokens=256)
    await start_owned_node(gateway, breaks_off, embedding_models=(offer,))
    body = {"model": "embedder", "input": "a text"}
    url = f"{gateway.url}/v1/embeddings"
    assert (await account.client.post(url, json=body)).status_code == 401
    reply = await account.client.post(url, json=body, headers=account.key)
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "NODE_FAILED")
    record = await account.record()
    assert (record["outcome"], record["charged"], record["prompt_tokens"]) == ("failed", 0, 0)
    assert await account.balance() == (WELCOME, 0)


# --- who may -----------------------------------------------------------------------------------------------------


async def test_without_a_key_or_credits_nothing_is_asked_of_a_node(
    gateway: Any, account: Account, start_owned_node: Any
) -> None:
    node = await start_owned_node(gateway, three_words)
    for headers in ({"authorization": ""}, {"authorization": "Bearer r3mes_unknown"}):
        reply = await account.chat(**headers)
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "UNAUTHORIZED")
        assert reply.headers["www-authenticate"] == "Bearer"
    reply = await account.chat({**PROMPT, "max_tokens": WELCOME})
    assert (reply.status_code, reply.json()["error"]["code"]) == (402, "INSUFFICIENT_CREDITS")
    assert await account.balance() == (WELCOME, 0)
    no_chat = await account.client.post(
        f"{gateway.url}/v1/keys", json={"name": "reader", "scopes": ["usage:read"]}, headers=account.session
    )
    reply = await account.chat(authorization=f"Bearer {no_chat.json()['token']}")
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert node.jobs == []
    # A refusal after the reservation gives it back.
    reply = await account.chat({**PROMPT, "model": "no-such-model"})
    assert reply.status_code == 404
    async with asyncio.timeout(60):
        while await account.balance() != (WELCOME, 0):
            await asyncio.sleep(0.01)
    assert await account.records() == []


async def test_a_request_is_shown_to_its_owner_alone(
    gateway: Any, account: Account, open_account: OpenAccount, start_owned_node: Any
) -> None:
    await start_owned_node(gateway, three_words)
    request_id = (await account.chat()).headers["x-request-id"]
    stranger = await open_account(gateway)
    for headers, status in ((account.key, 200), (stranger.key, 404), ({}, 401)):
        reply = await account.client.get(f"{gateway.url}/v1/requests/{request_id}", headers=headers)
        assert reply.status_code == status, reply.text


async def test_the_api_describes_its_account_routes(gateway: Any, client: httpx.AsyncClient) -> None:
    document = (await client.get(f"{gateway.url}/openapi.json")).json()
    assert {"/v1/auth/login", "/v1/keys", "/v1/usage/earnings", "/v1/chat/completions"} <= document["paths"].keys()
    assert "422" not in document["paths"]["/v1/keys"]["post"]["responses"]
    assert (await client.get(f"{gateway.url}/v1/keys/x/y")).status_code == 404
    wrong = await client.put(f"{gateway.url}/v1/keys")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, POST")
    too_large = await client.post(f"{gateway.url}/v1/auth/login", content=b"x" * 100_000)
    assert too_large.json()["error"]["code"] == "BODY_TOO_LARGE"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not SCHEMATHESIS.exists(), reason="schemathesis is not in this environment")
async def test_schemathesis_finds_nothing_in_the_account_routes(gateway: Any, account: Account) -> None:
    # An address has a checksum and an expiry lies in the future, which a schema has no words for.
    process = await asyncio.create_subprocess_exec(
        *(SCHEMATHESIS, "run", f"{gateway.url}/openapi.json", "--max-examples=10", "--no-color"),
        *("--include-path-regex", "^/v1/(auth|keys|usage)", "--exclude-path", "/v1/auth/logout"),
        *("--exclude-checks", "positive_data_acceptance", "-H", f"Authorization: {account.session['authorization']}"),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode(errors="replace")[-8000:]


# --- sent again ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("streams", [True, False])
async def test_a_request_that_is_sent_again_is_answered_and_billed_once(
    gateway: Any, account: Account, start_owned_node: Any, streams: bool
) -> None:
    node = await start_owned_node(gateway, three_words)
    body = {**PROMPT, "stream": streams}
    key = {"idempotency-key": secrets.token_hex(8)}
    first = await account.chat(body, **key)
    again = await account.chat(body, **key)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["x-request-id"] == first.headers["x-request-id"]
    assert again.headers["content-type"] == first.headers["content-type"]
    other = await account.chat({**body, "max_tokens": 50}, **key)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert len(node.jobs) == 1 and (await account.record())["charged"] == 7


async def test_who_lost_the_connection_gets_the_rest_by_the_same_key(
    gateway: Any, account: Account, start_owned_node: Any
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def waits(job: Any) -> None:
        await job.preamble()
        await job.say("one")
        begun.set()
        await go_on.wait()
        await job.say(" two")
        await job.done(2)

    node = await start_owned_node(gateway, waits)
    body = {**PROMPT, "stream": True}
    key = {"idempotency-key": secrets.token_hex(8)}
    first = asyncio.create_task(account.chat(body, **key))
    await asyncio.wait_for(begun.wait(), 60)
    follower = asyncio.create_task(account.chat(body, **key))
    first.cancel()
    # The follower has the first word already when the second one is made.
    await asyncio.sleep(0.1)
    go_on.set()
    text = (await follower).text
    assert "one" in text and " two" in text and text.endswith("data: [DONE]\n\n")
    assert len(node.jobs) == 1 and not node.jobs[0].cancelled.is_set()
    record = await account.record()
    assert (record["outcome"], record["completion_tokens"]) == ("completed", 2)


async def test_what_failed_is_tried_again_under_the_same_key(
    gateway: Any, account: Account, start_owned_node: Any
) -> None:
    key = {"idempotency-key": secrets.token_hex(8)}
    failed = await account.chat(**key)
    assert failed.status_code == 503
    await start_owned_node(gateway, three_words)
    async with asyncio.timeout(60):
        while (reply := await account.chat(**key)).status_code == 409:
            await asyncio.sleep(0.02)
    assert reply.status_code == 200
    assert (await account.record())["charged"] == 7


# --- too often ---------------------------------------------------------------------------------------------------


async def test_addresses_are_limited_without_accounts(start_process: Any, client: httpx.AsyncClient) -> None:
    gateway = start_process(
        {
            "R3MES_INFERENCE_MODE": "mock",
            "R3MES_MOCK_FIRST_TOKEN_S": "0",
            "R3MES_MOCK_TOKENS_PER_SECOND": "10000",
            "R3MES_ADDRESS_REQUESTS_PER_MINUTE": "1",
            "R3MES_ADDRESS_BURST": "2",
        }
    )

    async def ask(forwarded_for: str | None = None) -> httpx.Response:
        headers = {} if forwarded_for is None else {"x-forwarded-for": forwarded_for}
        return await client.post(f"{gateway.url}/chat", json={"message": "hi"}, headers=headers)

    assert {(await ask()).status_code for _ in range(5)} == {200}, "this machine itself is not limited"
    assert [(await ask("203.0.113.7")).status_code for _ in range(3)] == [200, 200, 429]
    refused = await ask("198.51.100.1, 203.0.113.7")
    assert refused.json()["error"]["code"] == "RATE_LIMITED", "what a client claims of itself is not believed"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    other = await ask("2001:db8::1")
    assert (other.status_code, other.headers["x-ratelimit-remaining-requests"]) == (200, "1")


async def test_keys_are_limited_wherever_they_are_used(
    start_process: Any, tmp_path: Path, open_account: OpenAccount
) -> None:
    gateway = start_process(
        settings(
            tmp_path,
            R3MES_INFERENCE_MODE="mock",
            R3MES_MOCK_FIRST_TOKEN_S="0",
            R3MES_MOCK_TOKENS_PER_SECOND="10000",
            R3MES_KEY_REQUESTS_PER_MINUTE="1",
            R3MES_KEY_BURST="2",
            R3MES_ANONYMOUS_CHAT="on",
        )
    )
    account = await open_account(gateway)
    assert [(await account.chat()).status_code for _ in range(3)] == [200, 200, 429]
    assert (await account.chat()).headers["retry-after"]
    # Who shows no key is welcome here, and pays nothing.
    assert (await account.client.post(f"{gateway.url}/v1/chat/completions", json=PROMPT)).status_code == 200
    assert await account.balance() == (WELCOME, 0)


# --- ends --------------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def audited(url: str, *, after_s: int = 0, now: int = 0) -> Audit:
    database = open_database(database_url(url))
    try:
        ledger = Ledger(database)
        if after_s:
            await ledger.expire(now=now + after_s)
        return await ledger.audit()
    finally:
        await database.close()


async def test_a_gateway_that_is_killed_in_mid_answer_leaves_the_ledger_balanced(
    backend: Any, start_process: Any, tmp_path: Path, open_account: OpenAccount, start_owned_node: Any
) -> None:
    environment = settings(tmp_path / "data", DATABASE_URL=backend.database_url)
    gateway = start_process(environment)
    account = await open_account(gateway)
    said = asyncio.Event()

    async def half(job: Any) -> None:
        await job.preamble()
        await job.say("half")
        said.set()
        await asyncio.Event().wait()

    await start_owned_node(gateway, half)
    asking = asyncio.create_task(account.chat({**PROMPT, "stream": True}))
    await asyncio.wait_for(said.wait(), 60)
    gateway.process.kill()
    gateway.process.wait(60)
    with pytest.raises(httpx.HTTPError):
        await asking
    audit = await audited(backend.database_url)
    assert audit.is_balanced and audit.open_reservations > 200
    # The next gateway goes on with the same accounts; the forgotten reservation ends by itself.
    again = start_process(environment)
    account.url = again.url
    assert await account.balance() == (WELCOME - audit.open_reservations, audit.open_reservations)
    await start_owned_node(again, three_words)
    assert (await account.chat()).status_code == 200
    assert (await account.record())["charged"] == 7
    lines = (await account.get("/v1/usage/ledger"))["lines"]
    now = max(line["created_at"] for line in lines)
    audit = await audited(backend.database_url, after_s=RESERVATION_SECONDS, now=now)
    assert audit.is_balanced and audit.open_reservations == 0
    assert await account.balance() == (WELCOME - 7, 0)


async def test_a_gateway_that_is_told_to_end_settles_first(
    start_process: Any, tmp_path: Path, open_account: OpenAccount, start_owned_node: Any
) -> None:
    gateway = start_process(settings(tmp_path))
    account = await open_account(gateway)
    begun = asyncio.Event()

    async def slowly(job: Any) -> None:
        await job.preamble()
        begun.set()
        for word in ("one", " two", " three"):
            await job.say(word)
            await asyncio.sleep(0.05)
        await job.done(3)

    await start_owned_node(gateway, slowly)
    asking = asyncio.create_task(account.chat({**PROMPT, "stream": True}))
    await asyncio.wait_for(begun.wait(), 60)
    gateway.terminate()
    assert (await asking).text.endswith("data: [DONE]\n\n")
    assert await gateway.ended() == 0
    audit = await audited(f"sqlite:///{tmp_path / 'gateway.db'}")
    assert audit.is_balanced and audit.open_reservations == 0


async def test_stores_that_cannot_be_opened_are_said_in_words(start_gateway: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    gateway = start_gateway(accounts="on", data_folder=tmp_path / "file" / "x", wait=False)
    assert await gateway.ended() == 78
    assert "R3MES_DATA_FOLDER names a folder" in gateway.log_text()
    gateway = start_gateway(accounts="on", wait=False)
    assert await gateway.ended() == 78
    assert "R3MES_DATA_FOLDER: is missing" in gateway.log_text()
