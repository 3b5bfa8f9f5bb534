"""Sign-in, API keys and usage over HTTP."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from nacl.signing import SigningKey
from sqlalchemy import select

from r3mes_api.accounts.api_keys import CACHE_SECONDS, KEEP_SESSION_SECONDS, MAX_KEYS, MAX_SESSIONS, ApiKeys
from r3mes_api.accounts.billing import Delivered, Outcome
from r3mes_api.accounts.client_address import parse_networks
from r3mes_api.accounts.rate_limits import Activity, LimitPair, RatePolicies
from r3mes_api.accounts.routes import MAX_BODY_BYTES, account_application
from r3mes_api.accounts.services import Accounts, AccountSettings, open_accounts
from r3mes_api.accounts.settlement import Attempt, Price
from r3mes_api.accounts.sign_in import CHALLENGE_SECONDS, SESSION_SECONDS
from r3mes_api.accounts.token_bucket import RatePolicy
from r3mes_api.storage.database import DatabaseUnavailable
from r3mes_api.storage.tables import api_keys
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.usage import SignedReceipt, receipt_is_signed

LOG = logging.getLogger("test.accounts")
# What these tests look at is decided before a store is asked.
any_backend = pytest.mark.parametrize("backend", ["sqlite+memory"], indirect=True)
PLENTY = RatePolicy(10_000, 1, 10_000)
# secp256k1's order: s and order - s are two signatures of the same.
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def settings(settings: AccountSettings) -> AccountSettings:
    pair = LimitPair(PLENTY, PLENTY)
    return replace(settings, rate_policies=RatePolicies(dict.fromkeys(Activity, pair)))


def client_of(accounts: Accounts, host: str = "203.0.113.7") -> httpx.AsyncClient:
    application = account_application(accounts, log=LOG)
    transport = httpx.ASGITransport(application, client=(host, 4711), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="https://gateway.example")


@pytest.fixture
async def client(accounts: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(accounts) as opened:
        yield opened


async def sign_in(client: httpx.AsyncClient, wallet: Any, **changes: Any) -> httpx.Response:
    challenge = (await client.post("/v1/auth/challenge", json={"address": wallet.address})).json()
    body = {
        "challenge_id": challenge["challenge_id"], "address": wallet.address, "public_key": wallet.public_key,
        "signature": wallet.sign(challenge["text"]),
    }  # fmt: skip
    return await client.post("/v1/auth/login", json=body | changes)


@pytest.fixture
async def wallet(client: httpx.AsyncClient, new_wallet: Callable[..., Any]) -> Any:
    """Signed in on `client`."""
    made = new_wallet()
    reply = await sign_in(client, made)
    assert reply.status_code == 200, reply.text
    client.headers["authorization"] = f"Bearer {reply.json()['token']}"
    return made


def code(reply: httpx.Response) -> tuple[int, str]:
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "code", "param"}
    return reply.status_code, error["code"]


# --- signing in ------------------------------------------------------------------------------------------------


async def test_a_wallet_signs_in_and_out(client: httpx.AsyncClient, new_wallet: Callable[..., Any], clock: Any) -> None:
    wallet = new_wallet()
    reply = await sign_in(client, wallet)
    body = reply.json()
    assert (body["owner"], body["token_type"]) == (wallet.address, "bearer")
    assert body["expires_at"] == int(clock.now) + SESSION_SECONDS
    assert reply.headers["cache-control"] == "no-store"
    headers = {"authorization": f"Bearer {body['token']}"}
    me = (await client.get("/v1/auth/me", headers=headers)).json()
    assert (me["owner"], me["is_session"], me["scopes"]) == (
        wallet.address, True, ["chat", "keys:write", "usage:read"],
    )  # fmt: skip
    assert (await client.post("/v1/auth/logout", headers=headers)).status_code == 204
    assert code(await client.get("/v1/auth/me", headers=headers)) == (401, "UNAUTHORIZED")


@any_backend
async def test_the_text_says_what_it_is_for(client: httpx.AsyncClient, new_wallet: Callable[..., Any]) -> None:
    wallet = new_wallet()
    texts = [
        (await client.post("/v1/auth/challenge", json={"address": wallet.address})).json()["text"] for _ in range(2)
    ]
    assert texts[0] != texts[1]
    assert texts[0].startswith("Sign in to https://gateway.example\n")
    assert "moves no funds" in texts[0]
    assert wallet.address in texts[0]
    assert "Expires: 2027-01-15T08:05:00Z" in texts[0]


async def test_a_challenge_is_answered_once(client: httpx.AsyncClient, new_wallet: Callable[..., Any]) -> None:
    wallet = new_wallet()
    challenge = (await client.post("/v1/auth/challenge", json={"address": wallet.address})).json()
    body = {
        "challenge_id": challenge["challenge_id"], "address": wallet.address, "public_key": wallet.public_key,
        "signature": wallet.sign(challenge["text"]),
    }  # fmt: skip
    replies = await asyncio.gather(*(client.post("/v1/auth/login", json=body) for _ in range(5)))
    assert sorted(reply.status_code for reply in replies) == [200, 401, 401, 401, 401]


async def test_a_wrong_answer_uses_the_challenge_up(client: httpx.AsyncClient, new_wallet: Callable[..., Any]) -> None:
    wallet = new_wallet()
    challenge = (await client.post("/v1/auth/challenge", json={"address": wallet.address})).json()
    body = {"challenge_id": challenge["challenge_id"], "address": wallet.address, "public_key": wallet.public_key}
    wrong = await client.post("/v1/auth/login", json=body | {"signature": wallet.sign("other text")})
    assert code(wrong) == (401, "UNAUTHORIZED")
    right = await client.post("/v1/auth/login", json=body | {"signature": wallet.sign(challenge["text"])})
    assert code(right) == (401, "UNAUTHORIZED")


@any_backend
async def test_a_foreign_key_or_signature_is_refused(client: httpx.AsyncClient, new_wallet: Callable[..., Any]) -> None:
    wallet, thief = new_wallet(), new_wallet()
    assert code(await sign_in(client, wallet, public_key=thief.public_key)) == (401, "UNAUTHORIZED")
    assert code(await sign_in(client, wallet, address=thief.address)) == (401, "UNAUTHORIZED")
    assert code(await sign_in(client, wallet, signature=thief.sign("x"))) == (401, "UNAUTHORIZED")
    for junk in ("", "AAAA", base64.b64encode(b"\xff" * 64).decode(), base64.b64encode(bytes(64)).decode()):
        assert code(await sign_in(client, wallet, signature=junk)) == (401, "UNAUTHORIZED")
    for junk in ("", base64.b64encode(b"\x04" * 33).decode(), "===="[:2]):
        reply = await sign_in(client, wallet, public_key=junk)
        assert reply.status_code in (400, 401)


@any_backend
async def test_the_other_form_of_a_signature_is_refused(
    client: httpx.AsyncClient, new_wallet: Callable[..., Any]
) -> None:
    wallet = new_wallet()
    challenge = (await client.post("/v1/auth/challenge", json={"address": wallet.address})).json()
    good = base64.b64decode(wallet.sign(challenge["text"]))
    high_s = good[:32] + (ORDER - int.from_bytes(good[32:])).to_bytes(32)
    body = {
        "challenge_id": challenge["challenge_id"], "address": wallet.address, "public_key": wallet.public_key,
        "signature": base64.b64encode(high_s).decode(),
    }  # fmt: skip
    assert code(await client.post("/v1/auth/login", json=body)) == (401, "UNAUTHORIZED")


async def test_an_expired_challenge_is_refused(
    client: httpx.AsyncClient, new_wallet: Callable[..., Any], clock: Any, backend: Any, accounts: Accounts
) -> None:
    wallet = new_wallet()
    challenge = (await client.post("/v1/auth/challenge", json={"address": wallet.address})).json()
    if backend.redis_url is None:
        clock.now += CHALLENGE_SECONDS
    else:
        # Redis goes by its own clock.
        redis = accounts._state._client  # type: ignore[attr-defined]
        key = f"r3mes:once:challenge:{challenge['challenge_id']}"
        assert 0 < await redis.ttl(key) <= CHALLENGE_SECONDS
        await redis.pexpire(key, 0)
    body = {
        "challenge_id": challenge["challenge_id"], "address": wallet.address, "public_key": wallet.public_key,
        "signature": wallet.sign(challenge["text"]),
    }  # fmt: skip
    assert code(await client.post("/v1/auth/login", json=body)) == (401, "UNAUTHORIZED")


@any_backend
async def test_addresses_of_other_networks_are_refused(
    client: httpx.AsyncClient, new_wallet: Callable[..., Any]
) -> None:
    for address in (new_wallet("cosmos").address, new_wallet().address[:-1] + "b", "remes1xxxxxxxx", "notanaddress"):
        reply = await client.post("/v1/auth/challenge", json={"address": address})
        assert code(reply) == (400, "INVALID_REQUEST")
        assert reply.json()["error"]["param"] == "address"


async def test_welcome_credits_are_given_once(
    settings: AccountSettings, clock: Any, new_wallet: Callable[..., Any]
) -> None:
    accounts = await open_accounts(replace(settings, welcome_credits=500), clock=clock, log=LOG)
    wallet = new_wallet()
    async with client_of(accounts) as client:
        for _ in range(2):
            assert (await sign_in(client, wallet)).status_code == 200
    assert (await accounts.ledger.balance(wallet.address)).available == 500
    await accounts.close()


async def test_an_owner_has_a_bounded_number_of_sessions(accounts: Accounts, clock: Any) -> None:
    tokens = []
    for _ in range(MAX_SESSIONS + 3):
        tokens.append((await accounts.keys.open_session("remes1x", seconds=60)).token)
        clock.now += 1
    good = [token for token in tokens if await is_good(accounts.keys, token)]
    assert good == tokens[3:]


async def is_good(keys: ApiKeys, token: str) -> bool:
    try:
        await keys.identify(token)
    except ApiError as error:
        assert error.code is ErrorCode.UNAUTHORIZED
        return False
    return True


async def test_ended_sessions_are_forgotten_and_keys_are_not(accounts: Accounts, clock: Any) -> None:
    session = await accounts.keys.open_session("remes1x", seconds=60)
    identity = await accounts.keys.identify(session.token)
    await accounts.keys.create(identity, name="k", scopes=identity.scopes, expires_at=int(clock.now) + 60)
    clock.now += 60 + KEEP_SESSION_SECONDS - 1
    assert await accounts.keys.forget_sessions() == 0
    clock.now += 1
    assert await accounts.keys.forget_sessions() == 1
    assert [key.name for key in await accounts.keys.list("remes1x")] == ["k"]


# --- API keys --------------------------------------------------------------------------------------------------


async def new_key(client: httpx.AsyncClient, **body: Any) -> Any:
    reply = await client.post("/v1/keys", json={"name": "laptop"} | body)
    assert reply.status_code == 201, reply.text
    return reply.json()


async def test_a_key_is_shown_once_and_only_its_digest_is_kept(
    client: httpx.AsyncClient, wallet: Any, accounts: Accounts
) -> None:
    key = await new_key(client, scopes=["chat"])
    assert key["token"].startswith("r3mes_")
    assert key["token"].startswith(key["hint"])
    [listed] = (await client.get("/v1/keys")).json()["keys"]
    assert listed == {name: value for name, value in key.items() if name != "token"}
    rows = await accounts.database.rows(select(api_keys))
    assert key["hint"] in str(rows)
    assert key["token"] not in str(rows)
    assert "token" not in repr(await accounts.keys.open_session("remes1x", seconds=1))
    me = await client.get("/v1/auth/me", headers={"authorization": "", "x-api-key": key["token"]})
    assert (me.json()["owner"], me.json()["scopes"]) == (wallet.address, ["chat"])


async def test_a_revoked_key_ends_at_once(client: httpx.AsyncClient, wallet: Any) -> None:
    key = await new_key(client)
    headers = {"authorization": f"Bearer {key['token']}"}
    assert (await client.get("/v1/auth/me", headers=headers)).status_code == 200
    for _ in range(2):
        assert (await client.delete(f"/v1/keys/{key['id']}")).status_code == 204
    assert code(await client.get("/v1/auth/me", headers=headers)) == (401, "UNAUTHORIZED")
    [listed] = (await client.get("/v1/keys")).json()["keys"]
    assert listed["revoked_at"] is not None


async def test_another_replica_learns_of_a_revocation_soon(
    settings: AccountSettings, accounts: Accounts, clock: Any
) -> None:
    other = await open_accounts(settings, clock=clock, log=LOG)
    session = await accounts.keys.open_session("remes1x", seconds=3600)
    assert await is_good(other.keys, session.token)
    await accounts.keys.revoke("remes1x", session.key.id)
    clock.now += CACHE_SECONDS
    assert not await is_good(other.keys, session.token)
    await other.close()


async def test_a_key_expires(client: httpx.AsyncClient, wallet: Any, clock: Any) -> None:
    key = await new_key(client, expires_at=int(clock.now) + 100)
    headers = {"authorization": f"Bearer {key['token']}"}
    clock.now += 99
    assert (await client.get("/v1/auth/me", headers=headers)).status_code == 200
    clock.now += 1
    assert code(await client.get("/v1/auth/me", headers=headers)) == (401, "UNAUTHORIZED")
    assert code(await client.post("/v1/keys", json={"name": "x", "expires_at": int(clock.now)})) == (
        400, "INVALID_REQUEST",
    )  # fmt: skip


async def test_a_key_gives_away_no_more_than_it_has(client: httpx.AsyncClient, wallet: Any, clock: Any) -> None:
    end = int(clock.now) + 1000
    maker = await new_key(client, scopes=["keys:write", "chat"], expires_at=end)
    headers = {"authorization": f"Bearer {maker['token']}"}
    more = await client.post("/v1/keys", json={"name": "x", "scopes": ["usage:read"]}, headers=headers)
    assert code(more) == (403, "FORBIDDEN")
    child = (await client.post("/v1/keys", json={"name": "x"}, headers=headers)).json()
    assert child["expires_at"] == end
    chat_only = {"authorization": f"Bearer {child['token']}"}
    for reply in (
        await client.get("/v1/usage", headers=chat_only),
        await client.get("/v1/keys", headers=chat_only),
        await client.post("/v1/keys", json={"name": "y"}, headers=chat_only),
    ):
        assert code(reply) == (403, "FORBIDDEN")


async def test_keys_of_others_are_out_of_reach(
    client: httpx.AsyncClient, wallet: Any, accounts: Accounts, new_wallet: Callable[..., Any]
) -> None:
    key = await new_key(client)
    stranger = await accounts.keys.open_session(new_wallet().address, seconds=60)
    headers = {"authorization": f"Bearer {stranger.token}"}
    assert code(await client.delete(f"/v1/keys/{key['id']}", headers=headers)) == (404, "NOT_FOUND")
    assert (await client.get("/v1/keys", headers=headers)).json() == {"keys": []}
    assert (await client.get("/v1/auth/me", headers={"x-api-key": key["token"]})).status_code == 200


async def test_an_owner_has_a_bounded_number_of_keys(accounts: Accounts) -> None:
    session = await accounts.keys.open_session("remes1x", seconds=60)
    identity = await accounts.keys.identify(session.token)
    made = await asyncio.gather(
        *(
            accounts.keys.create(identity, name=str(i), scopes=identity.scopes, expires_at=None)
            for i in range(MAX_KEYS + 5)
        ),
        return_exceptions=True,
    )
    assert sum(not isinstance(one, BaseException) for one in made) == MAX_KEYS
    refused = [one for one in made if isinstance(one, BaseException)]
    assert all(isinstance(one, ApiError) and one.code is ErrorCode.FORBIDDEN for one in refused)


@any_backend
@pytest.mark.parametrize("token", ["r3mes_wrong", "sk-other", "r3mes_" + "x" * 200, "r3mes_\ufffd"])
async def test_a_wrong_key_is_refused(client: httpx.AsyncClient, token: str) -> None:
    reply = await client.get("/v1/auth/me", headers={"x-api-key": token.encode()})
    assert code(reply) == (401, "UNAUTHORIZED")
    assert reply.headers["www-authenticate"] == "Bearer"
    assert token not in reply.text


# --- usage -----------------------------------------------------------------------------------------------------


async def test_usage_and_earnings_are_told_to_their_owners_only(
    client: httpx.AsyncClient, wallet: Any, accounts: Accounts, new_wallet: Callable[..., Any], node_key: SigningKey
) -> None:
    miner = new_wallet()
    node_id = bytes(node_key.verify_key).hex()
    await accounts.ledger.deposit(wallet.address, 1000, reference="x", now=accounts.now())
    for i in range(3):
        request = await accounts.billing.reserve(
            owner=wallet.address, api_key_id=None, request_id=f"chatcmpl-{i}", price=Price(0, 1_000_000),
            prompt_bound=50, max_completion_tokens=100,
        )  # fmt: skip
        attempt = Attempt("0" * 16, node_id, miner.address, 10 + i)
        await accounts.billing.settle(request, Delivered("m", "law", 5, Outcome.COMPLETED, (attempt,)))

    usage = (await client.get("/v1/usage")).json()
    assert usage["balance"] == {"available": 1000 - 33, "reserved": 0}
    assert usage["totals"] == [
        {"model": "m", "adapter": "law", "requests": 3, "prompt_tokens": 15, "completion_tokens": 33, "charged": 33}
    ]
    first = (await client.get("/v1/usage/records", params={"limit": 2})).json()
    assert [record["request_id"] for record in first["records"]] == ["chatcmpl-2", "chatcmpl-1"]
    rest = (await client.get("/v1/usage/records", params={"limit": 2, "before": first["next_before"]})).json()
    assert [record["request_id"] for record in rest["records"]] == ["chatcmpl-0"]
    assert rest["next_before"] is None
    one = (await client.get("/v1/usage/records/chatcmpl-1")).json()
    receipt = SignedReceipt.model_validate(one["deliveries"][0]["receipt"])
    assert receipt_is_signed(receipt, bytes(accounts.gateway_key.verify_key).hex())
    ledger = (await client.get("/v1/usage/ledger")).json()["lines"]
    assert sum(line["amount"] for line in ledger) == 967

    as_miner = {"authorization": f"Bearer {(await accounts.keys.open_session(miner.address, seconds=60)).token}"}
    earnings = (await client.get("/v1/usage/earnings", headers=as_miner)).json()
    # 90 % of 10, 11 and 12, each rounded down.
    assert (earnings["earned"], earnings["balance"]) == (28, 28)
    assert [node["node_id"] for node in earnings["nodes"]] == [node_id]
    assert len((await client.get("/v1/usage/deliveries", headers=as_miner)).json()["deliveries"]) == 3
    assert code(await client.get("/v1/usage/records/chatcmpl-1", headers=as_miner)) == (404, "NOT_FOUND")
    assert (await client.get("/v1/usage/records", headers=as_miner)).json()["records"] == []
    assert (await client.get("/v1/usage/earnings")).json()["nodes"] == []


# --- what strangers send ---------------------------------------------------------------------------------------


@any_backend
@pytest.mark.parametrize("path", ["/v1/auth/me", "/v1/keys", "/v1/usage", "/v1/usage/ledger", "/v1/usage/earnings"])
async def test_without_a_key_there_is_nothing_to_see(client: httpx.AsyncClient, path: str) -> None:
    assert code(await client.get(path)) == (401, "UNAUTHORIZED")


@any_backend
@pytest.mark.parametrize(
    ("method", "path", "content", "expected"),
    [
        ("POST", "/v1/auth/challenge", b"{", (400, "INVALID_REQUEST")),
        ("POST", "/v1/auth/challenge", b"[1]", (400, "INVALID_REQUEST")),
        ("POST", "/v1/auth/challenge", b"", (400, "INVALID_REQUEST")),
        ("POST", "/v1/auth/challenge", b"\xff\xfe", (400, "INVALID_REQUEST")),
        ("POST", "/v1/auth/challenge", b"[" * 15_000, (400, "INVALID_REQUEST")),
        ("POST", "/v1/auth/challenge", b'{"address": "\\u0000remes"}', (400, "INVALID_REQUEST")),
        ("POST", "/v1/auth/challenge", b'{"address":"' + b"a" * MAX_BODY_BYTES + b'"}', (413, "BODY_TOO_LARGE")),
        ("POST", "/v1/auth/login", b'{"challenge_id": 1}', (400, "INVALID_REQUEST")),
        ("PUT", "/v1/keys", b"", (405, "METHOD_NOT_ALLOWED")),
        ("GET", "/v1/usage/nothing", b"", (404, "NOT_FOUND")),
        ("DELETE", "/v1/keys/not-an-id", b"", (400, "INVALID_REQUEST")),
        ("GET", "/v1/usage/records?limit=0", b"", (400, "INVALID_REQUEST")),
        ("GET", "/v1/usage/records?before=99999999999999999999", b"", (400, "INVALID_REQUEST")),
        ("GET", "/v1/usage/records/%00", b"", (400, "INVALID_REQUEST")),
    ],
)
async def test_bad_requests_get_the_error_body(
    client: httpx.AsyncClient, method: str, path: str, content: bytes, expected: tuple[int, str]
) -> None:
    reply = await client.request(method, path, content=content, headers={"content-type": "application/json"})
    assert code(reply) == expected
    assert "Traceback" not in reply.text


@any_backend
async def test_what_was_sent_is_not_sent_back(client: httpx.AsyncClient) -> None:
    body = {"challenge_id": "0" * 32, "address": "remes1secret!", "public_key": "secret!", "signature": "secret!"}
    reply = await client.post("/v1/auth/login", json=body)
    assert code(reply) == (400, "INVALID_REQUEST")
    assert "secret" not in reply.text


# --- rate limits -----------------------------------------------------------------------------------------------


async def limited(settings: AccountSettings, clock: Any, **changes: Any) -> Accounts:
    tight = RatePolicies({
        Activity.CHAT: LimitPair(RatePolicy(1, 10, 1), RatePolicy(1, 10, 1)),
        Activity.SIGN_IN: LimitPair(RatePolicy(1, 10, 2), PLENTY),
        Activity.ACCOUNT: LimitPair(RatePolicy(1, 10, 5), RatePolicy(1, 10, 3)),
    })  # fmt: skip
    accounts = await open_accounts(replace(settings, rate_policies=tight, **changes), clock=clock, log=LOG)
    if settings.redis_url is not None:
        await accounts._state._client.flushdb()  # type: ignore[attr-defined]
    return accounts


async def test_an_address_is_limited_and_told_when_to_come_back(
    settings: AccountSettings, clock: Any, new_wallet: Callable[..., Any]
) -> None:
    accounts = await limited(settings, clock)
    body = {"address": new_wallet().address}
    async with client_of(accounts) as client, client_of(accounts, "198.51.100.1") as other:
        replies = [await client.post("/v1/auth/challenge", json=body) for _ in range(3)]
        assert [reply.status_code for reply in replies] == [200, 200, 429]
        assert replies[0].headers["x-ratelimit-limit-requests"] == "2"
        assert [reply.headers["x-ratelimit-remaining-requests"] for reply in replies[:2]] == ["1", "0"]
        assert code(replies[2]) == (429, "RATE_LIMITED")
        assert 8 <= int(replies[2].headers["retry-after"]) <= 10
        # A header that no trusted proxy wrote changes nothing.
        spoofed = await client.post("/v1/auth/challenge", json=body, headers={"x-forwarded-for": "9.9.9.9"})
        assert spoofed.status_code == 429
        assert (await other.post("/v1/auth/challenge", json=body)).status_code == 200
    await accounts.close()


async def test_behind_a_trusted_proxy_each_client_has_its_own_limit(
    settings: AccountSettings, clock: Any, new_wallet: Callable[..., Any]
) -> None:
    accounts = await limited(settings, clock, trusted_proxies=parse_networks("10.0.0.0/8"))
    body = {"address": new_wallet().address}
    async with client_of(accounts, "10.0.0.1") as proxy:
        statuses = {
            client: [
                (await proxy.post("/v1/auth/challenge", json=body, headers={"x-forwarded-for": client})).status_code
                for _ in range(3)
            ]
            for client in ("203.0.113.1", "203.0.113.2")
        }
    assert list(statuses.values()) == [[200, 200, 429]] * 2
    await accounts.close()


async def test_a_key_is_limited_whatever_address_it_comes_from(settings: AccountSettings, clock: Any) -> None:
    accounts = await limited(settings, clock)
    token = (await accounts.keys.open_session("remes1x", seconds=60)).token
    statuses = []
    for i in range(4):
        async with client_of(accounts, f"203.0.113.{i}") as client:
            reply = await client.get("/v1/auth/me", headers={"x-api-key": token})
            statuses.append(reply.status_code)
    assert statuses == [200, 200, 200, 429]
    await accounts.close()


async def test_trying_out_keys_is_limited(settings: AccountSettings, clock: Any) -> None:
    accounts = await limited(settings, clock)
    async with client_of(accounts) as client:
        statuses = [
            (await client.get("/v1/auth/me", headers={"x-api-key": f"r3mes_{i}"})).status_code for i in range(7)
        ]
    assert statuses == [401] * 5 + [429] * 2
    await accounts.close()


# --- outages ---------------------------------------------------------------------------------------------------


@any_backend
async def test_an_unforeseen_failure_shows_no_traceback(
    accounts: Accounts, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, wallet: Any
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(accounts.ledger, "balance", fails)
    reply = await client.get("/v1/usage")
    assert code(reply) == (500, "INTERNAL")
    assert "secret" not in reply.text


@any_backend
async def test_a_database_that_is_away_is_said_to_be_away(
    accounts: Accounts, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, wallet: Any
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(accounts.ledger, "balance", away)
    reply = await client.get("/v1/usage")
    assert code(reply) == (503, "ACCOUNTS_UNAVAILABLE")
    assert reply.headers["retry-after"] == "5"
    monkeypatch.setattr(accounts.keys, "identify", away)
    assert code(await client.get("/v1/auth/me")) == (503, "ACCOUNTS_UNAVAILABLE")
