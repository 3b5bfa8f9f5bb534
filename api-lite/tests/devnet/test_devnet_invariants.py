"""What holds whatever anybody sends: coins are neither made nor lost, and nothing stops the chain."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wallycore
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r3mes_api.devnet import bank
from r3mes_api.devnet.chain import Chain
from r3mes_api.devnet.message_forms import DELEGATE, FORMS, MESSAGES, TX_BODY, TX_RAW, UNDELEGATE
from r3mes_api.devnet.parameters import ChainParameters
from r3mes_api.devnet.records import Balance, Counter, Delegation, Draft, Unbonding, Validator
from r3mes_api.devnet.refusal import Refusal
from r3mes_api.devnet.storage import ChainStorage, StorageError
from r3mes_api.devnet.transaction import read_transaction
from r3mes_api.devnet.wire import Field, Form, Kind, Packed, WireError, decode, encode, rfc3339, to_json

REMES = 1_000_000
VECTORS = Path(__file__).resolve().parents[3] / "launcher" / "tests" / "wallet" / "vectors" / "cosmjs.json"


# The wire format


def values_of(form: Form, depth: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """Anything that a form can hold."""
    fields = {}
    for field in form.fields.values():
        match field.kind:
            case Kind.TEXT:
                value: st.SearchStrategy[Any] = st.text(max_size=12)
            case Kind.BYTES:
                value = st.binary(max_size=12)
            case Kind.UINT32 | Kind.ENUM:
                value = st.integers(0, 2**32 - 1)
            case Kind.UINT64:
                value = st.integers(0, 2**64 - 1)
            case Kind.INT64:
                value = st.integers(-(2**63), 2**63 - 1)
            case Kind.FORM:
                assert field.form is not None
                value = st.none() | values_of(field.form, depth - 1) if depth else st.none()
            case Kind.ANY:
                value = st.none() | st.builds(Packed, st.sampled_from([*FORMS, "/x.Y"]), st.binary(max_size=8))
        fields[field.name] = (
            st.lists(value.filter(lambda item: item is not None), max_size=3) if field.repeated else value
        )
    return st.fixed_dictionaries(fields)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_what_is_written_reads_back_and_can_be_shown(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(list(FORMS.values())))
    values = data.draw(values_of(form))
    written = encode(form, values)
    assert encode(form, decode(form, written)) == written
    json.dumps(to_json(form, decode(form, written), FORMS))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([TX_RAW, TX_BODY, *FORMS.values()]), st.binary(max_size=60))
def test_no_bytes_crash_the_reader(form: Form, data: bytes) -> None:
    try:
        values = decode(form, data)
    except WireError:
        return
    json.dumps(to_json(form, values, FORMS))


@settings(max_examples=25, deadline=None)
@given(st.integers())
def test_every_time_can_be_shown(microseconds: int) -> None:
    assert rfc3339(microseconds).endswith("Z")


def test_transactions_that_cosmjs_wrote_are_read() -> None:
    """Bytes of another implementation: read, written again alike, and shown as they were meant."""
    read = 0
    for case in json.loads(VECTORS.read_text())["transactions"]:
        transaction = read_transaction(base64.b64decode(case["tx_bytes"]))
        assert transaction.tx_hash == case["hash"]
        assert encode(TX_BODY, transaction.body) == transaction.body_bytes
        # Signed elsewhere, so what is signed has to be the same here.
        signed = transaction.sign_bytes(case["chain_id"], int(case["account_number"]))
        digest = hashlib.sha256(signed).digest()
        wallycore.ec_sig_verify(transaction.public_key, digest, wallycore.EC_FLAG_ECDSA, transaction.signatures[0])
        assert transaction.sequence == int(case["sequence"]) and transaction.body["memo"] == case["memo"]
        for message in transaction.messages:
            kind = MESSAGES[message.type_url]
            assert encode(kind.form, message.body) in transaction.body_bytes
        shown = transaction.to_json()
        assert [item["@type"] for item in shown["body"]["messages"]] == [item["@type"] for item in case["messages"]]
        read += 1
    assert read > 10


# Coins


def check_coins(chain: Chain) -> None:
    """Raises AssertionError unless every coin is where it belongs."""
    records = chain.latest().records
    held = sum(item.amount for key, item in records.under("balance") if isinstance(item, Balance))
    supply = records.get(Counter, "counter", "supply/ur3mes")
    assert supply is not None and held == supply.value
    delegations = [(key, item) for key, item in records.under("delegation") if isinstance(item, Delegation)]
    staked = sum(item.amount for _, item in delegations)
    block = chain.block
    assert staked == bank.balance(records, bank.module(block, bank.BONDED_POOL), "ur3mes")
    for key, validator in records.under("validator"):
        assert isinstance(validator, Validator)
        assert validator.tokens == sum(item.amount for name, item in delegations if name[2] == key[1])
    leaving = sum(
        entry.balance for _, item in records.under("unbonding") if isinstance(item, Unbonding) for entry in item.entries
    )
    assert leaving == bank.balance(records, bank.module(block, bank.UNBONDING_POOL), "ur3mes")
    assert all(item.amount > 0 for _, item in records.under("balance") if isinstance(item, Balance))


def mostly(usual: list[str], odd: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([*usual * 8, *odd])


accounts = mostly(["NODE0", "NODE1", "NODE2"], ["VAL0", "garbage", ""])
operators = mostly(["VAL0", "VAL1", "VAL2"], ["NODE0", "garbage", ""])
amounts = mostly(["1", "5", "1000000", "7000000"], ["99999999999999999", "0", "-3", "x", "١"])
coins = st.fixed_dictionaries({"denom": mostly(["ur3mes"], ["uother"]), "amount": amounts})
USUAL = ["MsgSend", "MsgDelegate", "MsgUndelegate", "MsgBeginRedelegate", "MsgWithdrawDelegatorReward"]
USUAL += ["MsgCancelUnbondingDelegation"]


def messages() -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    def value_of(field: Field, depth: int) -> st.SearchStrategy[Any]:
        if field.name in ("amount", "max_tokens", "spend_limit"):
            return coins
        if field.name.startswith("validator_") or field.name == "address":
            return operators
        if "address" in field.name or field.name in ("granter", "grantee", "allow_list"):
            return accounts
        match field.kind:
            case Kind.TEXT:
                return st.sampled_from(["", "1000000000ur3mes", *MESSAGES])
            case Kind.FORM:
                assert field.form is not None
                return (st.none() | fill(field.form, depth - 1)) if depth else st.none()
            case Kind.ANY:
                return st.none() | st.builds(Packed, st.sampled_from([*FORMS, "/x.Y"]), st.binary(max_size=4))
            case Kind.BYTES:
                return st.binary(max_size=4)
            case Kind.INT64:
                return st.sampled_from([2, 2, 2, 3])
            case _:
                return st.sampled_from([0, 1, 2, 3, 7, 2**31])

    def fill(form: Form, depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
        fields: dict[str, st.SearchStrategy[Any]] = {}
        for field in form.fields.values():
            value = value_of(field, depth)
            some = value.filter(lambda item: item is not None)
            fields[field.name] = st.lists(some, min_size=1, max_size=2) if field.repeated else value
        return st.fixed_dictionaries(fields)

    names = [url for url in MESSAGES for _ in range(6 if url.rpartition(".")[2] in USUAL else 1)]
    return st.sampled_from(names).flatmap(lambda url: st.tuples(st.just(url), fill(MESSAGES[url].form)))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.lists(messages(), min_size=1, max_size=2)), min_size=5, max_size=16),
    st.data(),
)
async def test_coins_are_neither_made_nor_lost(
    make_node: Callable[..., Any],
    make_signer: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
    plan: list[Any],
    data: st.DataObject,
) -> None:
    node = make_node(unbonding_s=20)
    signers = [make_signer(f"signer {index}") for index in range(3)]
    await node.fund(*signers, amount=100 * REMES)
    names = {f"NODE{index}": signer.address for index, signer in enumerate(signers)}
    validators = [key[1] for key, _ in node.chain.latest().records.under("validator")]
    names |= {f"VAL{index}": operator for index, operator in enumerate(validators)}

    def named(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: named(item) for name, item in value.items()}
        if isinstance(value, list):
            return [named(item) for item in value]
        return names.get(value, value) if isinstance(value, str) else value

    # Everybody has staked, and is on the way out with a part of it, before anything odd happens.
    for signer in signers:
        body = {"delegator_address": signer.address, "amount": {"denom": "ur3mes", "amount": "20000000"}}
        part = {**body, "amount": {"denom": "ur3mes", "amount": "8000000"}}
        kinds = ((DELEGATE, body, 0), (DELEGATE, body, 1), (UNDELEGATE, part, 0))
        begin = [(kind, {**held, "validator_address": validators[place]}) for kind, held, place in kinds]
        node.chain.receive(node.signed(signer, begin, gas=2_000_000))
    node.block()
    for place, chosen in plan:
        signer = signers[place]
        mine = [(url, {**named(body), MESSAGES[url].signer: signer.address}) for url, body in chosen]
        sequence = node.account(signer).sequence
        try:
            node.chain.receive(node.signed(signer, mine, gas=2_000_000))
        except Refusal:
            assert node.account(signer).sequence == sequence
        else:
            assert node.account(signer).sequence == sequence + 1
        if data.draw(st.booleans()):
            node.block(data.draw(st.sampled_from([0.5, 5.0, 30.0])))
            check_coins(node.chain)
    node.block()
    check_coins(node.chain)
    assert node.chain.waiting == 0
    assert not caplog.records, "no message met a fault in the chain's own code"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.integers(0, 10**9), st.data())
async def test_changed_bytes_are_never_taken(
    make_node: Callable[..., Any], make_signer: Callable[..., Any], seed: int, data: st.DataObject
) -> None:
    node, rich = make_node(), make_signer("rich")
    await node.fund(rich)
    tx_bytes = bytearray(node.signed(rich, [rich.send(make_signer("friend").address, 5)]))
    place = random.Random(seed).randrange(len(tx_bytes))
    tx_bytes[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Refusal):
        node.chain.receive(bytes(tx_bytes))
    node.block()
    check_coins(node.chain)


async def test_what_cannot_be_read_inside_is_in_its_block_all_the_same(
    node: Any, make_signer: Callable[..., Any]
) -> None:
    rich = make_signer("rich")
    await node.fund(rich)
    inner = Packed("/cosmos.bank.v1beta1.MsgSend", b"\xff\xff")
    for _ in range(40):
        exec_form = MESSAGES["/cosmos.authz.v1beta1.MsgExec"].form
        inner = Packed("/cosmos.authz.v1beta1.MsgExec", encode(exec_form, {"grantee": rich.address, "msgs": [inner]}))
    message = ("/cosmos.authz.v1beta1.MsgExec", {"grantee": rich.address, "msgs": [inner]})
    response = await node.included(rich, [message])
    assert response["code"] == 4
    far = {"authorization": None, "expiration": {"seconds": 2**62, "nanos": 0}}
    grant = {"granter": rich.address, "grantee": make_signer("x").address, "grant": far}
    assert (await node.included(rich, [("/cosmos.authz.v1beta1.MsgGrant", grant)]))["code"] != 0


# The file

MAKER = """
import os, sys, time
from pathlib import Path
from r3mes_api.devnet.parameters import ChainParameters
from r3mes_api.devnet.service import Devnet
from r3mes_api.devnet.faucet import Faucet
devnet = Devnet(ChainParameters(), Path(sys.argv[1]), 1.0)
faucet = Faucet(devnet.chain)
while True:
    for _ in range(3):
        faucet.pay({"address": sys.argv[2], "amount": "1"})
    block = devnet.chain.make_block(int(time.time() * 1e6))
    print(block.height, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX signal")
def test_a_killed_chain_is_whole(tmp_path: Path, make_signer: Callable[..., Any]) -> None:
    address = make_signer("rich").address
    file = tmp_path / "devnet.sqlite"
    seen = 0
    for lines in (3, 1, 7):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        child = subprocess.Popen(
            [sys.executable, "-c", MAKER, str(file), address], stdout=subprocess.PIPE, env=environment
        )
        assert child.stdout is not None
        for _ in range(lines):
            seen = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        child.wait(60)
        child.stdout.close()
        storage = ChainStorage(file)
        chain = Chain(ChainParameters(), storage, 0)
        assert chain.block.height >= seen, "what was said to be in a block is in it"
        check_coins(chain)
        total, _ = storage.search((), newest_first=True, limit=1, offset=0)
        assert bank.balance(chain.latest().records, address, "ur3mes") == total == 3 * chain.block.height
        storage.close()


def test_files_that_are_no_devnet_are_refused(tmp_path: Path) -> None:
    def opened(path: Path, chain_id: str = "r3mes-devnet-1") -> None:
        storage = ChainStorage(path)
        try:
            Chain(ChainParameters(chain_id=chain_id), storage, 0)
        finally:
            storage.close()

    good = tmp_path / "good.sqlite"
    opened(good)
    opened(good)
    with pytest.raises(StorageError, match="holds r3mes-devnet-1, not other-1"):
        opened(good, "other-1")
    junk = tmp_path / "junk.sqlite"
    junk.write_bytes(b"not a database" * 100)
    with pytest.raises(StorageError, match="is no devnet"):
        opened(junk)
    newer = sqlite3.connect(good, isolation_level=None)
    newer.execute("UPDATE records SET value = '{}' WHERE key LIKE '%account%'")
    newer.close()
    with pytest.raises(StorageError, match="can't be read"):
        opened(good)
    other = sqlite3.connect(good, isolation_level=None)
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(StorageError, match="another version"):
        opened(good)
    with pytest.raises(StorageError, match="can't be opened"):
        opened(tmp_path)
    held = ChainStorage(tmp_path / "held.sqlite")
    with pytest.raises(StorageError, match="Another gateway"):
        opened(tmp_path / "held.sqlite")
    held.close()


async def test_a_full_disk_stops_no_chain(node: Any, make_signer: Callable[..., Any]) -> None:
    rich = make_signer("rich")
    await node.fund(rich)
    node.chain.receive(node.signed(rich, [rich.send(rich.address, 5)]))
    height = node.chain.block.height
    node.chain.storage._database.execute("PRAGMA query_only = ON")
    with pytest.raises(StorageError, match="can't be written"):
        node.block()
    assert node.chain.block.height == height and node.chain.waiting == 1
    node.chain.storage._database.execute("PRAGMA query_only = OFF")
    node.block()
    assert node.chain.block.height == height + 1 and node.account(rich).sequence == 1
    check_coins(node.chain)


def test_drafts_stand_on_each_other() -> None:
    chain = Chain(ChainParameters(), ChainStorage(None), 0)
    base = chain.latest().records
    upper = base.draft()
    upper.put(Balance(5), "balance", "a", "x")
    assert base.get(Balance, "balance", "a", "x") is None
    assert [key for key, _ in upper.under("balance", "a")] == [("balance", "a", "x")]
    base.take(upper)
    lower = Draft(base)
    lower.drop("balance", "a", "x")
    assert list(lower.under("balance", "a")) == [] and base.get(Balance, "balance", "a", "x") == Balance(5)
    chain.storage.close()
