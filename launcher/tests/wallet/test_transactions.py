from __future__ import annotations

import base64
import copy
import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r3mes_launcher.wallet.addresses import encode_address
from r3mes_launcher.wallet.amounts import Coin
from r3mes_launcher.wallet.decoding import decode_signed, decode_unsigned, looks_like_transaction, transaction_to_json
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.keys import PrivateKey, account_path, parse_path, verify_signature
from r3mes_launcher.wallet.message_kinds import UnknownMessage, message_from_json, message_to_json
from r3mes_launcher.wallet.message_rules import check_message
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire
from r3mes_launcher.wallet.messages_wire import generate
from r3mes_launcher.wallet.mnemonic import entropy_of_phrase, passphrase_bytes
from r3mes_launcher.wallet.transactions import FeeOffer, UnsignedTransaction, build_transaction, sign_transaction


def key_of(case: dict[str, Any]) -> PrivateKey:
    return PrivateKey.derive(
        entropy_of_phrase(case["mnemonic"]), passphrase_bytes(case["passphrase"]), parse_path(case["path"])
    )


def build(case: dict[str, Any], public_key: bytes) -> UnsignedTransaction:
    fee = case["fee"]
    return build_transaction(
        [message_from_json(document) for document in case["messages"]],
        prefix=case["prefix"],
        public_key=public_key,
        chain_id=case["chain_id"],
        account_number=int(case["account_number"]),
        sequence=int(case["sequence"]),
        fee=FeeOffer(
            tuple(Coin(coin["denom"], int(coin["amount"])) for coin in fee["amount"]),
            int(fee["gas_limit"]),
            fee["payer"],
            fee["granter"],
        ),
        memo=case["memo"],
        timeout_height=int(case["timeout_height"]),
    )


def test_every_transaction_of_the_cosmjs_vectors(vectors: dict[str, Any]) -> None:
    assert len(vectors["transactions"]) >= 20
    for case in vectors["transactions"]:
        with key_of(case) as key:
            unsigned = build(case, key.public_key)
            assert unsigned.sign_bytes().hex() == case["sign_bytes"], case["name"]
            signed = sign_transaction(unsigned, key)
        assert base64.b64encode(signed.tx_bytes).decode() == case["tx_bytes"]
        assert signed.tx_hash == case["hash"]
        decoded = decode_signed(signed.tx_bytes)
        assert decoded.signatures[0].hex() == case["signature"]
        assert decoded.messages == decode_unsigned(unsigned).messages
        document = transaction_to_json(decoded)
        for written, wanted in zip(document["body"]["messages"], case["messages"], strict=True):
            assert contains(written, wanted), (written, wanted)
            assert message_from_json(written) == message_from_json(wanted)
        assert document["auth_info"]["fee"] == case["fee"]


def contains(whole: Any, part: Any) -> bool:
    """Whether every field of `part` is in `whole`, which also has the fields at their defaults."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and contains(whole[name], part[name]) for name in part)
    if isinstance(part, list):
        return len(whole) == len(part) and all(contains(*pair) for pair in zip(whole, part, strict=True))
    return bool(whole == part)


def test_the_signed_bytes_are_the_sent_bytes(vectors: dict[str, Any]) -> None:
    case = vectors["transactions"][0]
    with key_of(case) as key:
        unsigned = build(case, key.public_key)
        signed = sign_transaction(unsigned, key)
    raw = wire.TxRaw.FromString(signed.tx_bytes)
    assert raw.body_bytes == unsigned.body_bytes and raw.auth_info_bytes == unsigned.auth_info_bytes
    document = wire.SignDoc(
        body_bytes=raw.body_bytes, auth_info_bytes=raw.auth_info_bytes, chain_id=case["chain_id"], account_number=7
    )
    assert verify_signature(key.public_key, document.SerializeToString(), raw.signatures[0])
    assert signed.tx_hash == hashlib.sha256(signed.tx_bytes).hexdigest().upper()


@pytest.fixture(scope="module")
def cases(vectors: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {case["name"]: case for case in vectors["transactions"]}


ME = "remes19rl4cm2hmr8afy4kldpxz3fka4jguq0arlkp9h"
FOREIGN = encode_address(bytes(20), "cosmos")
MODULE = encode_address(bytes(32), "remes")
OPERATOR = encode_address(bytes(20), "remesvaloper")


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("send", {"to_address": FOREIGN}, Problem.FOREIGN_PREFIX),
        ("send", {"to_address": OPERATOR}, Problem.FOREIGN_PREFIX),
        ("send", {"to_address": "remes1qqqq"}, Problem.BAD_ADDRESS),
        ("send", {"to_address": ""}, Problem.BAD_ADDRESS),
        ("send", {"to_address": MODULE.upper()}, Problem.BAD_ADDRESS),
        ("send", {"from_address": MODULE}, Problem.BAD_ADDRESS),
        ("send", {"from_address": encode_address(bytes(20), "remes")}, Problem.BAD_MESSAGE),
        ("send", {"amount": []}, Problem.BAD_AMOUNT),
        ("send", {"amount": [{"denom": "ur3mes", "amount": "0"}]}, Problem.BAD_AMOUNT),
        ("send", {"amount": [{"denom": "ur3mes", "amount": "-1"}]}, Problem.BAD_AMOUNT),
        ("send", {"amount": [{"denom": "ur3mes", "amount": "1.5"}]}, Problem.BAD_AMOUNT),
        ("send", {"amount": [{"denom": "ur3mes", "amount": "01"}]}, Problem.BAD_AMOUNT),
        ("send", {"amount": [{"denom": "ur3mes", "amount": 1}]}, Problem.BAD_MESSAGE),
        ("send", {"amount": [{"denom": "u", "amount": "1"}]}, Problem.BAD_AMOUNT),
        ("send", {"amount": [{"denom": "b12", "amount": "1"}, {"denom": "a12", "amount": "1"}]}, Problem.BAD_AMOUNT),
        ("send", {"amount": [{"denom": "ur3mes", "amount": str(2**255)}]}, Problem.BAD_AMOUNT),
        ("send", {"extra": "field"}, Problem.BAD_MESSAGE),
        ("send", {"@type": "/cosmos.gov.v1.MsgVote"}, Problem.BAD_MESSAGE),
        ("send", {"@type": 7}, Problem.BAD_MESSAGE),
        ("delegate", {"validator_address": ME}, Problem.FOREIGN_PREFIX),
        ("delegate", {"amount": None}, Problem.BAD_AMOUNT),
        (
            "redelegate",
            {"validator_dst_address": "remesvaloper15f7sdzduxh5umchk433z275xz8gnw8lqzng4zy"},
            Problem.BAD_ADDRESS,
        ),
        ("cancel", {"creation_height": "0"}, Problem.BAD_MESSAGE),
        ("grant_generic", {"grantee": ME}, Problem.BAD_MESSAGE),
        ("grant_generic", {"grant": {}}, Problem.BAD_MESSAGE),
        ("grant_generic", {"grant": {"authorization": {"@type": "/x.y.Z"}}}, Problem.BAD_MESSAGE),
        ("grant_generic", {"grant": {"authorization": "text"}}, Problem.BAD_MESSAGE),
        ("revoke", {"msg_type_url": "MsgSend"}, Problem.BAD_MESSAGE),
        (
            "allowance_basic",
            {"allowance": {"@type": "/cosmos.authz.v1beta1.GenericAuthorization"}},
            Problem.BAD_MESSAGE,
        ),
        ("register", {"roles": []}, Problem.BAD_MESSAGE),
        ("register", {"node_type": "NODE_TYPE_MINING"}, Problem.BAD_MESSAGE),
        ("register", {"node_type": "NODE_TYPE_UNSPECIFIED"}, Problem.BAD_MESSAGE),
        ("register", {"role_allocations": []}, Problem.BAD_MESSAGE),
        ("register", {"stake": "1000"}, Problem.BAD_AMOUNT),
        ("register", {"roles": ["NODE_TYPE_SERVING", "NODE_TYPE_SERVING"]}, Problem.BAD_MESSAGE),
    ],
)
def test_bad_messages_are_refused_before_signing(
    cases: dict[str, dict[str, Any]], name: str, change: dict[str, Any], problem: Problem
) -> None:
    document = {**copy.deepcopy(cases[name]["messages"][0]), **change}
    with pytest.raises(WalletError) as caught:
        check_message(message_from_json(document), "remes", ME)
    assert caught.value.problem is problem, caught.value


def test_same_validator_twice_is_no_redelegation(cases: dict[str, dict[str, Any]]) -> None:
    document = dict(cases["redelegate"]["messages"][0])
    document["validator_dst_address"] = document["validator_src_address"]
    with pytest.raises(WalletError, match="two different validators"):
        check_message(message_from_json(document), "remes")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"memo": "ç" * 129}, "memo"),
        ({"chain_id": ""}, "chain id"),
        ({"chain_id": "a\nb"}, "chain id"),
        ({"account_number": -1}, "account number"),
        ({"sequence": 2**64}, "sequence"),
        ({"timeout_height": -1}, "timeout height"),
        ({"fee": {"amount": [], "gas_limit": 0, "payer": "", "granter": ""}}, "gas limit"),
        ({"fee": {"amount": [], "gas_limit": 9, "payer": "", "granter": FOREIGN}}, "fee granter"),
        ({"fee": {"amount": [], "gas_limit": 9, "payer": MODULE, "granter": ""}}, "fee payer"),
        ({"fee": {"amount": [{"denom": "aaa", "amount": 0}], "gas_limit": 9, "payer": "", "granter": ""}}, "once"),
        ({"messages": []}, "1 to 50"),
    ],
)
def test_bad_envelopes_are_refused(cases: dict[str, dict[str, Any]], change: dict[str, Any], words: str) -> None:
    case = {**cases["send"], **change}
    with key_of(case) as key, pytest.raises(WalletError, match=words):
        build(case, key.public_key)


def test_another_key_does_not_sign(cases: dict[str, dict[str, Any]], phrase: str) -> None:
    with key_of(cases["send"]) as key:
        unsigned = build(cases["send"], key.public_key)
    other = PrivateKey.derive(entropy_of_phrase(phrase), passphrase_bytes(""), account_path(9999))
    with other, pytest.raises(WalletError, match="another key"):
        sign_transaction(unsigned, other)


def test_unknown_messages_are_shown_as_bytes_and_hidden_fields_are_refused(cases: dict[str, dict[str, Any]]) -> None:
    raw = wire.TxRaw.FromString(base64.b64decode(cases["send"]["tx_bytes"]))
    body = wire.TxBody.FromString(raw.body_bytes)
    body.messages[0].type_url = "/evil.v1.MsgTakeAll"
    raw.body_bytes = body.SerializeToString()
    unknown = decode_signed(raw.SerializeToString()).messages[0]
    assert isinstance(unknown, UnknownMessage)
    assert message_to_json(unknown)["unknown"] is True

    hidden = base64.b64decode(cases["send"]["tx_bytes"])
    raw = wire.TxRaw.FromString(hidden)
    for spoiled in (
        hidden + b"\x52\x01x",  # an unknown field of TxRaw
        wire.TxRaw(
            body_bytes=raw.body_bytes + b"\xfa\x7f\x01x", auth_info_bytes=raw.auth_info_bytes, signatures=raw.signatures
        ).SerializeToString(),  # extension options
        wire.TxRaw(
            body_bytes=raw.body_bytes + b"\x12\x01a\x12\x01b", auth_info_bytes=raw.auth_info_bytes
        ).SerializeToString(),  # the memo twice
        b"",
        b"\xff" * 40,
        bytes(300_000),
    ):
        with pytest.raises(WalletError) as caught:
            decode_signed(spoiled)
        assert caught.value.problem is Problem.BAD_TRANSACTION


@given(st.binary(max_size=200))
def test_garbage_never_crashes_the_decoder(data: bytes) -> None:
    looks_like_transaction(data)
    try:
        decode_signed(data)
    except WalletError:
        return


@settings(max_examples=40)
@given(
    amount=st.integers(1, 2**255 - 1),
    sequence=st.integers(0, 2**64 - 1),
    account=st.integers(0, 2**64 - 1),
    gas=st.integers(1, 2**63 - 1),
    memo=st.text(max_size=64),
    timeout=st.integers(0, 2**64 - 1),
    recipient=st.binary(min_size=20, max_size=20),
)
def test_any_payment_decodes_to_what_was_asked(
    amount: int, sequence: int, account: int, gas: int, memo: str, timeout: int, recipient: bytes
) -> None:
    with PrivateKey.derive(entropy_of_phrase("abandon " * 11 + "about"), passphrase_bytes(""), account_path()) as key:
        unsigned = build_transaction(
            [
                message_from_json(
                    {
                        "@type": "/cosmos.bank.v1beta1.MsgSend",
                        "from_address": ME,
                        "to_address": encode_address(recipient, "remes"),
                        "amount": [{"denom": "ur3mes", "amount": str(amount)}],
                    }
                )
            ],
            prefix="remes",
            public_key=key.public_key,
            chain_id="r3mes-testnet-1",
            account_number=account,
            sequence=sequence,
            fee=FeeOffer((Coin("ur3mes", 5),), gas),
            memo=memo,
            timeout_height=timeout,
        )
        signed = sign_transaction(unsigned, key)
    decoded = decode_signed(signed.tx_bytes)
    document = message_to_json(decoded.messages[0])
    assert document["amount"] == [{"denom": "ur3mes", "amount": str(amount)}]
    assert document["to_address"] == encode_address(recipient, "remes")
    assert (decoded.memo, decoded.sequence, decoded.timeout_height, decoded.fee.gas_limit) == (
        memo,
        sequence,
        timeout,
        gas,
    )
    assert verify_signature(key.public_key, unsigned.sign_bytes(), decoded.signatures[0])


def test_the_generated_code_is_fresh(tmp_path: Path) -> None:
    pytest.importorskip("grpc_tools", reason="grpcio-tools is not installed, so the generated code was not compared")
    generate.generate(tmp_path)
    for name in generate.GENERATED:
        fresh = (tmp_path / generate.PROTO.parent / name).read_text()
        assert fresh == (generate.PACKAGE_FOLDER / name).read_text(), f"{name} is not what cosmos.proto says"
