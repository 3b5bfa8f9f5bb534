from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from r3mes_launcher.wallet.adr36 import sign_grant, sign_message, verify_message, verify_owner
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.keys import PrivateKey, account_path
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire
from r3mes_launcher.wallet.mnemonic import entropy_of_phrase, passphrase_bytes
from r3mes_protocol.grants import Grant, GrantProblem, Role, check_grant, parse_signed_grant

NODE = "ab" * 32


@pytest.fixture
def key(phrase: str) -> PrivateKey:
    return PrivateKey.derive(entropy_of_phrase(phrase), passphrase_bytes(""), account_path())


def test_every_message_of_the_cosmjs_vectors(vectors: dict[str, Any], key: PrivateKey) -> None:
    for case in vectors["messages"]:
        data = case["text"].encode()
        signed = sign_message(key, case["prefix"], data)
        assert signed.signer == case["signer"]
        assert base64.b64encode(signed.public_key).decode() == case["public_key"]
        assert base64.b64encode(signed.signature).decode() == case["signature"]
        assert verify_message(signed.signer, signed.public_key, signed.signature, data)
        assert not verify_message(signed.signer, signed.public_key, signed.signature, data + b" ")


def test_a_signature_holds_for_its_signer_only(key: PrivateKey, phrase: str) -> None:
    signed = sign_message(key, "remes", b"hello")
    other = PrivateKey.derive(entropy_of_phrase(phrase), passphrase_bytes(""), account_path(index=1))
    assert not verify_message(other.address("remes"), signed.public_key, signed.signature, b"hello")
    assert not verify_message(other.address("remes"), other.public_key, signed.signature, b"hello")
    assert not verify_message(key.address("cosmos"), signed.public_key, signed.signature, b"hello")
    assert not verify_message("nonsense", signed.public_key, signed.signature, b"hello")
    assert not verify_message(signed.signer, b"\x05" * 33, signed.signature, b"hello")


def test_transactions_are_never_signed_as_messages(vectors: dict[str, Any], key: PrivateKey) -> None:
    for case in vectors["transactions"]:
        raw = base64.b64decode(case["tx_bytes"])
        for disguise in (bytes.fromhex(case["sign_bytes"]), raw, wire.TxRaw.FromString(raw).body_bytes):
            with pytest.raises(WalletError) as caught:
                sign_message(key, "remes", disguise)
            assert caught.value.problem is Problem.LOOKS_LIKE_TRANSACTION
    amino = {"account_number": "1", "chain_id": "x", "fee": {}, "memo": "", "msgs": [{}], "sequence": "0"}
    with pytest.raises(WalletError):
        sign_message(key, "remes", json.dumps(amino).encode())
    with pytest.raises(WalletError):
        sign_message(key, "remes", bytes(70_000))


def grant(owner: str) -> Grant:
    return Grant(
        network="r3mes-testnet-1",
        owner=owner,
        node_public_key=NODE,
        roles=(Role.SERVING,),
        gateway="https://gateway.example",
        not_before=1_000,
        not_after=2_000,
    )


def test_a_grant_passes_the_gateways_check(key: PrivateKey) -> None:
    signed = parse_signed_grant(sign_grant(key, "remes", grant(key.address("remes"))).model_dump_json())

    def check(**changes: Any) -> GrantProblem | None:
        arguments: dict[str, Any] = {
            "node_id": NODE,
            "gateway": "https://gateway.example",
            "role": Role.SERVING,
            "now": 1_500.0,
            "verify_owner": verify_owner,
        }
        return check_grant(changes.pop("signed", signed), **{**arguments, **changes})

    assert check() is None
    assert check(role=Role.MINING) is GrantProblem.WRONG_ROLE
    wider = signed.model_copy(update={"grant": signed.grant.model_copy(update={"not_after": 9_000})})
    assert check(signed=wider) is GrantProblem.BAD_SIGNATURE
    stranger = signed.model_copy(update={"grant": signed.grant.model_copy(update={"owner": key.address("cosmos")})})
    assert check(signed=stranger) is GrantProblem.BAD_SIGNATURE


def test_a_grant_of_another_owner_is_refused(key: PrivateKey) -> None:
    with pytest.raises(WalletError, match="another owner"):
        sign_grant(key, "remes", grant("remes15f7sdzduxh5umchk433z275xz8gnw8lqhn62sl"))
    with pytest.raises(WalletError, match="ends before"):
        sign_grant(key, "remes", grant(key.address("remes")).model_copy(update={"not_after": 1_000}))
