from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from nacl.signing import SigningKey

from r3mes_launcher.wallet.addresses import encode_address
from r3mes_launcher.wallet.amounts import Coin
from r3mes_launcher.wallet.chain_client import ChainClient
from r3mes_launcher.wallet.chain_endpoints import EndpointPool
from r3mes_launcher.wallet.chain_errors import refusal_of_broadcast
from r3mes_launcher.wallet.chain_shapes import moment, read_account
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.profiles import (
    NetworkFacts,
    built_in_profiles,
    checked_endpoint,
    mismatch,
    parse_profile,
    parse_signed_profile,
    read_profile,
)
from r3mes_protocol.canonical import canonical_json

ME = encode_address(bytes(range(20)), "remes")
VALIDATOR = encode_address(bytes(20), "remesvaloper")


@pytest.fixture
async def client(chain: Any) -> AsyncIterator[ChainClient]:
    made = ChainClient(EndpointPool([chain.url], transport=httpx.AsyncHTTPTransport(verify=False)))
    yield made
    await made.close()


async def test_a_new_a_funded_and_an_unknown_account(client: ChainClient, chain: Any) -> None:
    assert await client.account(ME) is None
    assert await client.balances(ME) == ()
    chain.fund(ME, 5, number=7)
    account = await client.account(ME)
    assert account is not None and (account.number, account.sequence) == (7, 0)
    assert await client.balances(ME) == (Coin("ur3mes", 5),)


BASE = {"address": ME, "pub_key": None, "account_number": "12", "sequence": "3"}


@pytest.mark.parametrize(
    "account",
    [
        {"@type": "/cosmos.auth.v1beta1.BaseAccount", **BASE},
        {"@type": "/injective.types.v1beta1.EthAccount", "base_account": BASE, "code_hash": "x"},
        {
            "@type": "/cosmos.vesting.v1beta1.ContinuousVestingAccount",
            "base_vesting_account": {"base_account": BASE, "original_vesting": [], "end_time": "1"},
            "start_time": "0",
        },
        {"@type": "/cosmos.vesting.v1beta1.DelayedVestingAccount", "base_vesting_account": {"base_account": BASE}},
        {"@type": "/cosmos.auth.v1beta1.ModuleAccount", "base_account": BASE, "name": "m", "permissions": []},
        {"account_number": 12, "sequence": 3, "address": ME},
    ],
)
def test_every_kind_of_account_is_unwrapped(account: dict[str, Any]) -> None:
    read = read_account({"account": account})
    assert (read.address, read.number, read.sequence) == (ME, 12, 3)


@pytest.mark.parametrize(
    "account",
    [
        None,
        [],
        "text",
        {},
        {"base_account": None},
        {**BASE, "account_number": "-1"},
        {**BASE, "sequence": "x"},
        {**BASE, "sequence": True},
    ],
)
def test_other_shapes_are_bad_answers(account: Any) -> None:
    with pytest.raises(WalletError) as caught:
        read_account({"account": account})
    assert caught.value.problem is Problem.BAD_ANSWER


def test_an_endless_nest_ends() -> None:
    nest: dict[str, Any] = {}
    nest["base_account"] = nest
    with pytest.raises(WalletError):
        read_account({"account": nest})


async def test_staking_answers(client: ChainClient, chain: Any) -> None:
    staking = f"/cosmos/staking/v1beta1/delegators/{ME}"
    chain.answers = {
        "/cosmos/staking/v1beta1/validators": (
            200,
            {
                "validators": [
                    {
                        "operator_address": VALIDATOR,
                        "description": {"moniker": "val\u202e\none"},
                        "tokens": "1000",
                        "commission": {"commission_rates": {"rate": "0.050000000000000000"}},
                        "status": "BOND_STATUS_BONDED",
                        "jailed": False,
                    }
                ],
                "pagination": {"next_key": None, "total": "1"},
            },
        ),
        f"/cosmos/staking/v1beta1/delegations/{ME}": (
            200,
            {
                "delegation_responses": [
                    {
                        "delegation": {"delegator_address": ME, "validator_address": VALIDATOR, "shares": "1000.0"},
                        "balance": {"denom": "ur3mes", "amount": "1000"},
                    }
                ]
            },
        ),
        f"{staking}/unbonding_delegations": (
            200,
            {
                "unbonding_responses": [
                    {
                        "delegator_address": ME,
                        "validator_address": VALIDATOR,
                        "entries": [
                            {
                                "creation_height": "5",
                                "completion_time": "2026-12-14T10:00:00.123456789Z",
                                "initial_balance": "9",
                                "balance": "8",
                                "unbonding_id": "1",
                                "unbonding_on_hold_ref_count": "0",
                            }
                        ],
                    }
                ],
                "pagination": None,
            },
        ),
        f"{staking}/redelegations": (
            200,
            {
                "redelegation_responses": [
                    {
                        "redelegation": {
                            "delegator_address": ME,
                            "validator_src_address": VALIDATOR,
                            "validator_dst_address": VALIDATOR,
                            "entries": None,
                        },
                        "entries": [
                            {"redelegation_entry": {"completion_time": "2026-12-14T10:00:00Z"}, "balance": "1"}
                        ],
                    }
                ]
            },
        ),
        f"/cosmos/distribution/v1beta1/delegators/{ME}/rewards": (
            200,
            {
                "rewards": [
                    {
                        "validator_address": VALIDATOR,
                        "reward": [{"denom": "ur3mes", "amount": "31791.945323487975000000"}],
                    }
                ],
                "total": [],
            },
        ),
    }
    assert (await client.validators())[0].name == "valone"
    assert (await client.delegations(ME))[0].amount == Coin("ur3mes", 1000)
    unbonding = (await client.unbondings(ME))[0]
    assert (unbonding.amount, unbonding.created_height) == (8, 5)
    assert unbonding.completes_at == pytest.approx(1797242400.123456)
    assert (await client.redelegations(ME))[0].destination == VALIDATOR
    assert (await client.rewards(ME))[0].coins == (Coin("ur3mes", 31791),)
    params = await client.staking_params()
    assert (params.unbonding_s, params.max_entries, params.bond_denom) == (1_814_400, 7, "ur3mes")
    assert (await client.slashing_params()).downtime.startswith("0.01")


async def test_registrations_in_both_profiles_of_the_network(client: ChainClient, chain: Any) -> None:
    assert await client.registration(ME) is None  # no such module
    assert await client.role_params() == {}
    one, many = f"/remes/remes/v1/node_registration/{ME}", "/remes/remes/v1/node_registrations"
    chain.answers[one] = (500, {"code": 2, "message": "node not registered", "details": []})
    chain.answers[many] = (200, {"registrations": [], "pagination": None})
    assert await client.registration(ME) is None
    kept = {"node_address": ME, "node_type": "NODE_TYPE_SERVING", "stake": "1000000000ur3mes", "roles": []}
    chain.answers[many] = (200, {"registrations": [kept], "pagination": None})
    found = await client.registration(ME)
    assert found is not None and found.node_type == "NODE_TYPE_SERVING" and found.roles == ()
    chain.answers[one] = (200, {"registration": {**kept, "roles": ["NODE_TYPE_SERVING"], "registered_at_height": "9"}})
    found = await client.registration(ME)
    assert found is not None and found.roles == ("NODE_TYPE_SERVING",) and found.height == 9


async def test_facts_of_a_node(client: ChainClient, chain: Any) -> None:
    facts = await client.facts()
    assert (facts.chain_id, facts.bond_denom, str(facts.gas_price)) == ("r3mes-testnet-1", "ur3mes", "0.025ur3mes")
    chain.gas_price = "0.1uatom,0.002ur3mes"
    assert str((await client.facts()).gas_price) == "0.002ur3mes"
    chain.gas_price = ""
    assert str((await client.facts()).gas_price) == "0ur3mes"
    chain.gas_price = "much"
    with pytest.raises(WalletError) as caught:
        await client.facts()
    assert caught.value.problem is Problem.BAD_ANSWER


@pytest.mark.parametrize(
    ("status", "document", "code", "words"),
    [
        (
            200,
            {"tx_response": {"code": 32, "codespace": "sdk", "raw_log": "account sequence mismatch"}},
            32,
            "came first",
        ),
        (
            500,
            {
                "code": 2,
                "message": "transaction 0F is invalid: code=4, data=, log='signature verification failed; please "
                "verify account number (1) and chain-id (x): unauthorized', codespace='sdk'",
            },
            4,
            "signature",
        ),
        (
            500,
            {"code": 2, "message": "tx is invalid: code=13 insufficient fees; got: 10stake required: 5000stake"},
            13,
            "fee",
        ),
        (500, {"code": 13, "message": "failed to marshal error message"}, 0, "failed to marshal"),
        (400, {"code": 3, "message": "invalid empty tx"}, 0, "invalid empty tx"),
        (500, {"code": 2, "message": "code=4 somewhere else"}, 0, "code=4"),
        (500, {}, 0, "no reason"),
        (200, {}, 0, "no reason"),
        (200, {"tx_response": {"code": "odd"}}, 1, "does not understand"),
        (200, {"tx_response": {"code": 7, "codespace": "strange", "raw_log": "a\x00\nb"}}, 7, "strange 7"),
    ],
)
def test_both_shapes_of_refusals(status: int, document: dict[str, Any], code: int, words: str) -> None:
    refusal = refusal_of_broadcast(document, status)
    assert refusal is not None and refusal.code == code
    assert words in str(refusal) and "\x00" not in str(refusal)


def test_an_accepted_broadcast_is_no_refusal() -> None:
    assert refusal_of_broadcast({"tx_response": {"code": 0, "height": "0", "raw_log": ""}}, 200) is None


# Endpoints


def pool_of(handler: Any, *endpoints: str) -> EndpointPool:
    return EndpointPool(endpoints or ("https://a.example", "https://b.example"), transport=httpx.MockTransport(handler))


async def test_reads_move_on_to_a_node_that_answers() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if request.url.host == "a.example":
            raise httpx.ConnectError("down")
        return httpx.Response(200, json={"ok": True})

    pool = pool_of(handler)
    assert (await pool.read("/x")).document == {"ok": True}
    assert (await pool.read("/x")).endpoint == "https://b.example"
    assert asked == ["a.example", "b.example", "b.example"]
    await pool.close()


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(502),
        httpx.Response(429, json={}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[1]),
        httpx.Response(302, headers={"location": "https://evil.example"}),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(200, content=b" " * (9 * 2**20)),
    ],
)
async def test_when_no_node_answers_usefully_we_are_offline(response: httpx.Response, monkeypatch: Any) -> None:
    monkeypatch.setattr("r3mes_launcher.wallet.chain_endpoints.PAUSE_BETWEEN_ROUNDS_S", 0.0)
    pool = pool_of(
        lambda request: httpx.Response(response.status_code, headers=response.headers, content=response.content)
    )
    with pytest.raises(WalletError) as caught:
        await pool.read("/x")
    assert caught.value.problem is Problem.OFFLINE
    await pool.close()


async def test_the_chains_own_errors_are_not_repeated() -> None:
    asked = 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return httpx.Response(500, json={"code": 2, "message": "decoding bech32 failed"})

    pool = pool_of(handler)
    with pytest.raises(WalletError, match="decoding bech32 failed"):
        await ChainClient(pool).balances("remes1x")
    assert asked == 1
    await pool.close()


async def test_a_broadcast_goes_to_one_node_once() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        raise httpx.ReadTimeout("late")

    pool = pool_of(handler)
    for _ in range(2):
        with pytest.raises(WalletError):
            await ChainClient(pool).broadcast(b"tx")
    assert asked == ["a.example", "b.example"]
    await pool.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://rest.example",
        "ftp://x",
        "https://",
        "https://u:p@x",
        "https://x/?a=1",
        "https://x:99999",
        "https://x:0",
        "https://x\n.de",
        "http://10.0.0.1:1317",
        "x",
    ],
)
def test_only_safe_endpoints(url: str) -> None:
    with pytest.raises(ValueError, match=r"endpoint|[Pp]ort"):
        checked_endpoint(url)


@pytest.mark.parametrize(
    "url", ["https://rest.example/", "http://127.0.0.1:1317", "http://localhost:1", "http://[::1]:5"]
)
def test_safe_endpoints(url: str) -> None:
    assert checked_endpoint(url) == url.rstrip("/")


async def test_no_odd_text_becomes_a_path(client: ChainClient) -> None:
    for text in ("../../x", "a/b", "a?b", "", "ä"):
        with pytest.raises(WalletError):
            await client.account(text)


# Profiles


def test_a_demo_names_its_chain() -> None:
    demo = next(profile for profile in built_in_profiles() if profile.demo)
    assert demo.name == "devnet" and demo.chain_id == "r3mes-devnet-1"
    nameless = demo.model_dump(mode="json") | {"chain_id": ""}
    with pytest.raises(WalletError, match="names its chain"):
        parse_profile(json.dumps(nameless).encode())


def test_built_in_profiles_and_their_role_minimums() -> None:
    profiles = built_in_profiles()
    assert {profile.name for profile in profiles} == {"r3mes-testnet", "local", "devnet"}
    assert profiles[0].role_minimums == {
        "mining": 10**9,
        "serving": 10**9,
        "validator": 10**11,
        "proposer": 5 * 10**10,
    }


def test_signed_profiles() -> None:
    key = SigningKey.generate()
    document = {"name": "net", "title": "Net", "endpoints": ["https://rest.example"], "chain_id": "net-1"}
    import base64
    import json

    signature = base64.b64encode(key.sign(canonical_json(document)).signature).decode()
    signed = json.dumps({"profile": document, "signature": signature}).encode()
    assert parse_signed_profile(signed, bytes(key.verify_key)).chain_id == "net-1"
    for spoiled in (signed.replace(b"net-1", b"net-2"), b"{}", b"[]", b"x", b"[" * 9999, b" " * 100_000):
        with pytest.raises(WalletError) as caught:
            parse_signed_profile(spoiled, bytes(key.verify_key))
        assert caught.value.problem is Problem.UNTRUSTED_PROFILE
    public = base64.b64encode(bytes(key.verify_key)).decode()
    assert read_profile(signed, public).chain_id == "net-1"
    assert read_profile(json.dumps(document).encode()).chain_id == "net-1"
    for data, given, problem, words in (
        (signed, "", Problem.UNTRUSTED_PROFILE, "--network-key"),
        (json.dumps(document).encode(), public, Problem.UNTRUSTED_PROFILE, "not signed"),
        (signed, public[:20], Problem.BAD_PROFILE, "44 characters"),
        (signed, "ü", Problem.BAD_PROFILE, "44 characters"),
    ):
        with pytest.raises(WalletError, match=words) as caught:
            read_profile(data, given)
        assert caught.value.problem is problem
    with pytest.raises(WalletError):
        parse_signed_profile(signed, bytes(SigningKey.generate().verify_key))
    with pytest.raises(WalletError, match="endpoints"):
        parse_profile(canonical_json({**document, "endpoints": ["http://rest.example"]}))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"gas_price_attos": 1}, None),
        ({"gas_price_attos": 10**18}, "price of gas"),
        ({"chain_id": "other-1"}, "belongs to other-1"),
        ({"bond_denom": "stake"}, "staking coin"),
        ({"fee_denom": "stake"}, "fee coin"),
    ],
)
def test_a_node_that_says_something_else_is_noticed(changes: dict[str, Any], words: str | None) -> None:
    profile = built_in_profiles()[0]
    pinned = NetworkFacts(
        chain_id="r3mes-testnet-1", bond_denom="ur3mes", fee_denom="ur3mes", gas_price_attos=25 * 10**15
    )
    reason = mismatch(profile, pinned, pinned.model_copy(update=changes))
    assert reason is None if words is None else reason is not None and words in reason


def test_times_with_nanoseconds() -> None:
    assert moment("1970-01-01T00:00:01.500000000Z", "x") == 1.5
    assert moment("0001-01-01T00:00:00Z", "x") < 0
    with pytest.raises(WalletError):
        moment("soon", "x")
