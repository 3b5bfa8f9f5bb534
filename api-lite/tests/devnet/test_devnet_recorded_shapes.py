"""The answers that were recorded from a real node of Cosmos SDK 0.50, case by case: status, code and words."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest

REMES = 1_000_000
GARBAGE = "cosmos1notanaddress"


def code_of(answer: Any) -> tuple[int, int]:
    """The status, and the code wherever this shape has it."""
    document = answer.json()
    if "tx_response" in document:
        return answer.status_code, document["tx_response"]["code"]
    inner = re.search(r"is invalid: code=(\d+)", document["message"])
    return answer.status_code, int(inner[1]) if inner else document["code"]


async def test_queries(node: Any, make_signer: Callable[[str], Any]) -> None:
    rich, poor = make_signer("rich"), make_signer("poor")
    await node.fund(rich)
    never = await node.get(f"/cosmos/auth/v1beta1/accounts/{poor.address}")
    assert code_of(never) == (404, 5) and never.json()["message"] == f"account {poor.address} not found"
    funded = (await node.get(f"/cosmos/auth/v1beta1/accounts/{rich.address}")).json()["account"]
    assert funded["pub_key"] is None and funded["sequence"] == "0"
    unknown = await node.get(f"/cosmos/bank/v1beta1/balances/{poor.address}")
    assert (unknown.status_code, unknown.json()["balances"]) == (200, [])
    for path in ("auth/v1beta1/accounts/", "bank/v1beta1/balances/", "staking/v1beta1/delegations/"):
        malformed = await node.get(f"/cosmos/{path}{GARBAGE}")
        assert code_of(malformed) == (500, 2) and "decoding bech32 failed" in malformed.json()["message"]
    for path in ("/cosmos/nothing/v1/x", "/remes/remes/v1/nothing", "/cosmos/tx/v1beta1/decode"):
        assert code_of(await node.get(path)) == (501, 12)
    config = await node.get("/cosmos/base/node/v1beta1/config")
    assert config.json()["minimum_gas_price"] == "0.025000000000000000ur3mes"
    missing = await node.get("/cosmos/tx/v1beta1/txs/" + "AB" * 32)
    assert code_of(missing) == (404, 5) and missing.json()["message"].startswith("tx not found")
    old = await node.get("/cosmos/tx/v1beta1/txs?events=message.sender='x'")
    assert code_of(old) == (500, 2) and old.json()["message"] == "query cannot be empty"
    found = await node.get(f"/cosmos/tx/v1beta1/txs?query=transfer.recipient='{rich.address}'")
    assert found.status_code == 200 and len(found.json()["tx_responses"]) == 1


async def test_accepted_is_not_included_and_the_same_bytes_are_known(
    node: Any, make_signer: Callable[[str], Any]
) -> None:
    rich = make_signer("rich")
    await node.fund(rich)
    tx_bytes = node.signed(rich, [rich.send(make_signer("friend").address, 5)])
    taken = await node.broadcast(tx_bytes)
    response = taken.json()["tx_response"]
    assert (taken.status_code, response["code"], response["height"], response["raw_log"]) == (200, 0, "0", "")
    assert code_of(await node.get(f"/cosmos/tx/v1beta1/txs/{response['txhash']}")) == (404, 5)
    for _ in range(2):
        again = await node.broadcast(tx_bytes)
        said = again.json()["tx_response"]
        assert (again.status_code, said["code"], said["codespace"], said["raw_log"]) == (200, 19, "sdk", "")
        node.block()
    included = (await node.get(f"/cosmos/tx/v1beta1/txs/{response['txhash']}")).json()["tx_response"]
    assert included["code"] == 0 and int(included["height"]) > 1 and int(included["gas_used"]) > 60_000


REFUSED: list[tuple[str, int, str]] = [
    ("chain id", 4, "signature verification failed; please verify account number (9) and chain-id (r3mes-devnet-1)"),
    ("account number", 4, "signature verification failed"),
    ("signature", 4, "signature verification failed"),
    ("short signature", 4, "signature verification failed"),
    ("high s", 4, "signature verification failed"),
    ("sequence high", 32, "account sequence mismatch, expected 0, got 4"),
    ("fee low", 13, "insufficient fees; got: 10ur3mes required: 5000ur3mes"),
    ("fee none", 13, "insufficient fees; got:  required: 5000ur3mes"),
    ("fee above balance", 5, "insufficient funds"),
    ("memo", 12, "memo too large"),
    ("timeout", 30, "tx timeout height"),
    ("no messages", 18, "must contain at least one message"),
    ("signer mismatch", 8, "pubKey does not match signer address"),
    ("unknown type", 1, "unable to resolve type URL /x.Y"),
    ("unknown field", 1, "errUnknownField"),
    ("garbage", 1, "tx parse error"),
    ("gas", 11, "out of gas in location"),
]


def refused_bytes(case: str, node: Any, rich: Any, other: Any) -> bytes:
    message = rich.send(other.address, 5)
    options: dict[str, Any] = {
        "chain id": {"chain_id": "x"},
        "account number": {"number": 4},
        "signature": {"signature": bytes(64)},
        "short signature": {"signature": b"abc"},
        "high s": {"high_s": True},
        "sequence high": {"sequence": 4},
        "fee low": {"fee": 10},
        "fee none": {"fee": 0},
        "fee above balance": {"fee": 30_000 * REMES},
        "memo": {"memo": "m" * 257},
        "timeout": {"timeout_height": 1},
        "signer mismatch": {"public_key": other.public_key},
        "gas": {"gas": 40_000},
    }.get(case, {})
    if case == "garbage":
        return b"\x0a\x05hello!!"
    messages = {"no messages": [], "unknown type": [("/x.Y", {"raw": b""})]}.get(case, [message])
    made: bytes = node.signed(rich, messages, **{"gas": 200_000, **options})
    return made + b"\x4a\x01x" if case == "unknown field" else made


@pytest.mark.parametrize(("case", "code", "words"), REFUSED)
@pytest.mark.parametrize("shape", ["message", "response"])
async def test_refused_broadcasts(
    make_node: Callable[..., Any], make_signer: Callable[[str], Any], case: str, code: int, words: str, shape: str
) -> None:
    node = make_node(error_shape=shape)
    rich, other = make_signer("rich"), make_signer("other")
    await node.fund(rich, other)
    await node.fund(rich)
    tx_bytes = refused_bytes(case, node, rich, other)
    if case.startswith("account number"):
        assert node.account(rich).number != 4
    words = words.replace("(9)", f"({node.account(rich).number})")
    before = await node.balance(rich)
    answer = await node.broadcast(tx_bytes)
    assert code_of(answer) == (500 if shape == "message" else 200, code), answer.text
    assert words in answer.text
    if shape == "message":
        assert answer.json()["code"] == 2 and f"codespace='{'undefined' if code == 1 else 'sdk'}'" in answer.text
    node.block()
    assert await node.balance(rich) == before and node.account(rich).sequence == 0


async def test_a_used_sequence_is_refused(node: Any, make_signer: Callable[[str], Any]) -> None:
    rich = make_signer("rich")
    await node.fund(rich)
    assert (await node.included(rich, [rich.send(rich.address, 1)]))["code"] == 0
    answer = await node.broadcast(node.signed(rich, [rich.send(rich.address, 2)], sequence=0))
    assert code_of(answer) == (500, 32) and "expected 1, got 0" in answer.text


@pytest.mark.parametrize(("shape", "status", "code"), [("message", 500, 13), ("response", 200, 9)])
async def test_a_key_without_an_account(
    make_node: Callable[..., Any], make_signer: Callable[[str], Any], shape: str, status: int, code: int
) -> None:
    nobody = make_signer("nobody")
    tx_bytes = nobody.transaction([nobody.send(nobody.address, 5)], sequence=0, number=0)
    answer = await make_node(error_shape=shape).broadcast(tx_bytes)
    assert code_of(answer) == (status, code)
    assert shape == "response" or answer.json()["message"] == "failed to marshal error message"


async def test_what_is_no_transaction_at_all(node: Any, make_signer: Callable[[str], Any]) -> None:
    rich = make_signer("rich")
    await node.fund(rich)
    blocking = await node.broadcast(node.signed(rich, [rich.send(rich.address, 1)]), "BROADCAST_MODE_BLOCK")
    assert code_of(blocking) == (500, 2) and "unsupported return type" in blocking.text
    for route in ("txs", "simulate"):
        for document in ({"tx_bytes": ""}, {"tx_bytes": "!"}, {}, {"tx_bytes": 7}):
            body = {"mode": "BROADCAST_MODE_SYNC", **document}
            answer = await node.http.post(f"/cosmos/tx/v1beta1/{route}", json=body)
            assert code_of(answer) == (400, 3)
    for content in (b"", b"[]", b"{", b"[" * 100_000):
        answer = await node.http.post("/cosmos/tx/v1beta1/txs", content=content)
        assert code_of(answer) == (400, 3)
    anyhow = await node.broadcast(base64.b64decode("AAAA"), "BROADCAST_MODE_ASYNC")
    assert code_of(anyhow) == (200, 0)


FAILS_IN_ITS_BLOCK: list[tuple[str, int | str, int]] = [
    ("remes1malformed", 5, 7),
    ("cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4", 5, 7),
    ("FRIEND", 0, 10),
    ("FRIEND", "-5", 10),
    ("FRIEND", 20_000 * REMES, 5),
]


@pytest.mark.parametrize(("recipient", "amount", "code"), FAILS_IN_ITS_BLOCK)
async def test_what_is_taken_and_fails_costs_the_fee_and_a_sequence(
    node: Any, make_signer: Callable[[str], Any], recipient: str, amount: int | str, code: int
) -> None:
    rich = make_signer("rich")
    await node.fund(rich)
    address = make_signer("friend").address if recipient == "FRIEND" else recipient
    message = rich.send(address, amount)
    simulated = await node.simulate(node.signed(rich, [message]))
    assert simulated.status_code == 500, "a simulation does catch it"
    response = await node.included(rich, [message], gas=200_000)
    assert response["code"] == code and response["raw_log"].startswith("failed to execute message; message index: 0")
    assert await node.balance(rich) == 10_000 * REMES - 5_000 and node.account(rich).sequence == 1


async def test_simulations(node: Any, make_signer: Callable[[str], Any]) -> None:
    rich = make_signer("rich")
    await node.fund(rich)
    message = rich.send(make_signer("friend").address, 5)
    signed = node.signed(rich, [message], gas=200_000)

    async def used(tx_bytes: bytes) -> int:
        return int((await node.simulate(tx_bytes)).json()["gas_info"]["gas_used"])

    with_fee = await used(signed)
    assert await used(node.signed(rich, [message], gas=200_000, signature=bytes(64), chain_id="x")) == with_fee
    without_fee = await used(node.signed(rich, [message], gas=200_000, fee=0))
    assert 26_000 < with_fee - without_fee < 27_500
    for change in ({"sequence": 4}, {"fee": 20_000 * REMES}):
        assert (await node.simulate(node.signed(rich, [message], **change))).status_code == 500
    response = await node.included(rich, [message], gas=200_000)
    assert int(response["gas_used"]) == with_fee + 34


async def test_five_pipelined_sequences_share_a_block(node: Any, make_signer: Callable[[str], Any]) -> None:
    rich, friend = make_signer("rich"), make_signer("friend")
    await node.fund(rich)
    hashes = []
    for amount in range(1, 6):
        sent = await node.broadcast(node.signed(rich, [rich.send(friend.address, amount)]))
        hashes.append(sent.json()["tx_response"]["txhash"])
    node.block()
    answers = [(await node.get(f"/cosmos/tx/v1beta1/txs/{name}")).json()["tx_response"] for name in hashes]
    assert {(answer["code"], answer["height"]) for answer in answers} == {(0, answers[0]["height"])}
    assert await node.balance(friend) == 15
    newest = await node.get(
        f"/cosmos/tx/v1beta1/txs?query=message.sender='{rich.address}'&order_by=ORDER_BY_DESC&limit=2&page=1"
    )
    assert [item["txhash"] for item in newest.json()["tx_responses"]] == hashes[:2:-1]
    assert newest.json()["total"] == "5"
