from __future__ import annotations

import argparse
import base64
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from r3mes_launcher.wallet import cli
from r3mes_launcher.wallet.adr36 import verify_owner
from r3mes_launcher.wallet.sealed_file import FLOOR
from r3mes_protocol.canonical import canonical_json
from r3mes_protocol.grants import parse_signed_grant
from r3mes_protocol.revocations import check_revocation, parse_signed_revocation

FRIEND = "remes15f7sdzduxh5umchk433z275xz8gnw8lqhn62sl"
VALIDATOR = "remesvaloper15f7sdzduxh5umchk433z275xz8gnw8lqexn9yg"
REMES = 1_000_000
KEY_FIELDS = ("mnemonic", "passphrase", "path", "prefix")
SIGN_FIELDS = (*KEY_FIELDS, "chain_id", "account_number", "sequence", "fee", "memo", "timeout_height", "messages")


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


Wallet = Callable[..., Result]


@pytest.fixture
def wallet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Wallet:
    """Runs one command of the wallet in this process; the document goes to its standard input."""
    # The switch is for a process of its own: it would also keep this one's debuggers away.
    monkeypatch.setattr(cli, "refuse_core_dumps", lambda: True)
    parser = argparse.ArgumentParser()
    cli.add_commands(parser)

    def call(command: str, document: Any, *options: str) -> Result:
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        code = cli.run(parser.parse_args([command, *options]), io.BytesIO(data), parameters=FLOOR)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


def pick(case: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: case[name] for name in names}


def test_derive_gives_every_key_of_the_vectors(wallet: Wallet, vectors: dict[str, Any]) -> None:
    for case in vectors["keys"][::5]:
        answer = wallet("derive", {**pick(case, ("mnemonic", "passphrase", "path")), "prefix": "remes"}).answer
        assert answer == pick(case, ("address", "public_key", "operator_address"))


def test_sign_and_decode_every_transaction_of_the_vectors(wallet: Wallet, vectors: dict[str, Any]) -> None:
    for case in vectors["transactions"]:
        assert wallet("sign", pick(case, SIGN_FIELDS)).answer == pick(case, ("tx_bytes", "hash"))
        decoded = wallet("decode", {"tx_bytes": case["tx_bytes"]}).answer
        assert decoded["hash"] == case["hash"] and decoded["auth_info"]["fee"] == case["fee"]
        assert [message["@type"] for message in decoded["body"]["messages"]] == [
            message["@type"] for message in case["messages"]
        ]
        assert wallet("decode", case["tx_bytes"].encode()).answer == decoded
        again = {**pick(case, SIGN_FIELDS), "messages": decoded["body"]["messages"]}
        assert wallet("sign", again).answer["tx_bytes"] == case["tx_bytes"], "what is decoded signs the same again"


def test_numbers_may_be_numbers_or_text(wallet: Wallet, vectors: dict[str, Any]) -> None:
    case = pick(vectors["transactions"][0], SIGN_FIELDS)
    as_numbers = {**case, "account_number": 7, "sequence": 0, "timeout_height": 0}
    as_numbers["fee"] = {"amount": case["fee"]["amount"], "gas": 200000}
    del as_numbers["passphrase"], as_numbers["memo"]
    assert wallet("sign", as_numbers).answer == wallet("sign", case).answer


def test_messages_are_signed_and_checked(wallet: Wallet, vectors: dict[str, Any]) -> None:
    for case in vectors["messages"]:
        signed = wallet("sign-message", {**pick(case, KEY_FIELDS), "message": case["text"]}).answer
        assert signed == pick(case, ("signer", "public_key", "signature"))
        data = base64.b64encode(case["text"].encode()).decode()
        assert wallet("verify-message", {**signed, "data": data}).answer == {"valid": True}
        assert wallet("verify-message", {**signed, "message": case["text"] + "!"}).answer == {"valid": False}
        as_hex = {**signed, "public_key": base64.b64decode(signed["public_key"]).hex(), "data": data}
        assert wallet("verify-message", as_hex).answer == {"valid": True}


BAD: list[tuple[str, Any, str]] = [
    ("derive", b"", "JSON"),
    ("derive", b"\xff", "UTF-8"),
    ("derive", b"[]", "not a JSON object"),
    ("derive", b"[" * 100_000, "JSON"),
    ("derive", b" " * 1_100_000, "1 MiB"),
    ("derive", b'{"mnemonic": "a", "mnemonic": "b"}', "twice"),
    ("derive", {}, "mnemonic"),
    ("derive", {"mnemonic": 7}, "mnemonic"),
    ("derive", {"mnemonic": "abandon"}, "has 1"),
    ("derive", {"mnemonic": "abandon " * 12}, "checksum"),
    ("derive", {"mnemonic": "PHRASE", "path": "m/44"}, None),
    ("derive", {"mnemonic": "PHRASE", "path": "44'/0"}, "path"),
    ("derive", {"mnemonic": "PHRASE", "prefix": "Remes"}, "prefix"),
    ("derive", {"mnemonic": "PHRASE", "prefix": ""}, "prefix"),
    ("derive", {"mnemonic": "PHRASE", "pasphrase": "typo"}, "pasphrase"),
    ("derive", b'{"mnemonic": "\\ud800"}', "JSON"),
    ("sign", {"chain_id": float("inf")}, "finite"),
    ("sign", {"fee": []}, "chain_id"),
    ("sign", {"sequence": -1}, "sequence"),
    ("sign", {"sequence": 1.5}, "sequence"),
    ("sign", {"sequence": True}, "sequence"),
    ("sign", {"sequence": "٣"}, "sequence"),
    ("sign", {"fee": {"amount": [{"denom": "ur3mes", "amount": "1.5"}], "gas_limit": "9"}}, "whole number"),
    ("sign", {"fee": {"amount": [{"denom": "ur3mes", "amount": 5}], "gas_limit": "9"}}, "text"),
    ("sign", {"messages": []}, "1 to 50"),
    ("sign", {"messages": ["x"]}, "not a JSON object"),
    ("sign", {"messages": [{"@type": "/x.Y"}]}, "@type"),
    ("sign", {"path": "m/44'/118'/0'/0/1"}, "this key's address is"),
    ("sign", {"prefix": "cosmos"}, "begins with"),
    ("sign", {"more": 1}, "more"),
    ("sign-message", {"mnemonic": "PHRASE"}, "either"),
    ("sign-message", {"mnemonic": "PHRASE", "message": "a", "data": "YQ=="}, "either"),
    ("sign-message", {"mnemonic": "PHRASE", "data": "!"}, "base64"),
    ("sign-message", {"mnemonic": "PHRASE", "data": "TX"}, "disguise"),
    ("verify-message", {"signer": "x", "public_key": "é", "signature": "", "message": "a"}, "base64"),
    ("verify-message", {"signer": "x"}, "public_key"),
    ("decode", b"", "transaction"),
    ("decode", b"!!!", "base64"),
    ("decode", {"tx_bytes": "AAAA"}, "TxRaw"),
    ("decode", {"tx_bytes": "YWJj", "x": 1}, "x"),
]


@pytest.mark.parametrize(("command", "document", "words"), BAD)
def test_bad_input_is_exit_2_with_one_sentence(
    wallet: Wallet, vectors: dict[str, Any], phrase: str, command: str, document: Any, words: str | None
) -> None:
    case = vectors["transactions"][0]
    if command == "sign" and document != {"fee": []}:
        document = {**pick(case, SIGN_FIELDS), **document}
    if isinstance(document, dict):
        places = {"PHRASE": phrase, "TX": case["tx_bytes"]}
        document = {
            name: places.get(value, value) if isinstance(value, str) else value for name, value in document.items()
        }
    result = wallet(command, document)
    if words is None:
        assert result.code == 0
        return
    assert result.code == 2 and result.out == "" and words in result.err
    assert result.err.count("\n") == 1 and "Traceback" not in result.err
    assert "abandon" not in result.err


@settings(
    max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(
    st.sampled_from(["derive", "sign", "sign-message", "verify-message", "decode"]),
    st.dictionaries(
        st.sampled_from([*SIGN_FIELDS, "message", "data", "tx_bytes", "signer", "public_key", "signature"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
            max_leaves=6,
        ),
        max_size=8,
    ),
)
def test_no_document_crashes_a_command(wallet: Wallet, command: str, document: dict[str, Any]) -> None:
    result = wallet(command, document)
    assert result.code in (0, 2)
    assert (result.code == 0) == (result.out != "") and (result.code == 2) == (result.err != "")


def test_the_real_program(phrase: str, vectors: dict[str, Any], checkout_paths: str, tmp_path: Path) -> None:
    def call(command: str, text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "r3mes_launcher.wallet", command],
            input=text,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": checkout_paths},
        )

    done = call("derive", json.dumps({"mnemonic": phrase, "prefix": "remes", "path": "m/44'/118'/0'/0/0"}))
    assert json.loads(done.stdout)["address"] == vectors["keys"][0]["address"] and done.returncode == 0
    bad = call("derive", json.dumps({"mnemonic": phrase + " zoo"}))
    assert (bad.returncode, bad.stdout) == (2, "") and bad.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


# With a vault and a chain


@pytest.fixture
def online(wallet: Wallet, chain: Any, tmp_path: Path) -> Wallet:
    chain.fund("remes19rl4cm2hmr8afy4kldpxz3fka4jguq0arlkp9h", 2_000 * REMES)

    def call(command: str, document: dict[str, Any], *options: str) -> Result:
        where = ["--home", str(tmp_path / "home"), "--endpoint", chain.url]
        return wallet(command, {"password": "correct horse", **document}, *where, *options)

    return call


def test_a_wallet_from_words_to_a_paid_friend(
    online: Wallet, chain: Any, phrase: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("r3mes_launcher.wallet.sender.POLL_S", 0.001)
    made = online("create", {"name": "New", "words": 12}).answer
    assert len(made["words"]) == 12 and not made["backed_up"]
    restored = online("restore", {"mnemonic": phrase, "name": "Old"}).answer
    assert restored["backed_up"] and restored["path"] == "m/44'/118'/0'/0/0"
    assert [item["name"] for item in online("list", {}).answer["wallets"]] == ["New", "Old"]
    assert online("receive", {"wallet": "Old"}).answer["groups"].startswith("remes1 9rl4 cm2h")

    plan = online("send", {"wallet": "Old", "to": FRIEND, "amount": "1.000,5", "memo": "kira"}).answer
    assert plan["sent"] is False and plan["cards"][0]["title"] == "Send 1000.5 REMES"
    assert plan["first_time"] == [FRIEND] and chain.broadcasts == 0
    order = {"wallet": "Old", "to": FRIEND, "amount": "1000,5", "confirm": True, "payment_id": "rent-1"}
    paid = online("send", order).answer
    assert paid["state"] == "included" and chain.balance(FRIEND) == 1_000_500_000
    assert online("send", order).answer["hash"] == paid["hash"], "the same order pays once"
    assert chain.balance(FRIEND) == 1_000_500_000
    most = online("send", {"wallet": "Old", "to": FRIEND, "amount": "max"}).answer
    assert most["cards"][0]["title"].startswith("Send 999.4")
    history = online("history", {"wallet": "Old"}).answer
    assert history["own"][0]["summary"] == "Send 1000.5 REMES" and len(history["chain"]) == 1
    assert "ok" in online("history", {"wallet": "Old", "csv": True}).answer["csv"]
    assert online("network", {}, "--set", "accept=yes").code == 2  # takes no password
    for file in (tmp_path / "home").rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert b"abandon abandon" not in content and b"correct horse" not in content


def test_refusals_have_sentences_and_cost_nothing(online: Wallet, chain: Any, phrase: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("r3mes_launcher.wallet.chain_endpoints.PAUSE_BETWEEN_ROUNDS_S", 0.0)
    assert online("restore", {"mnemonic": phrase}).code == 0
    order = {"to": FRIEND, "amount": "5", "confirm": True}
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"password": "wrong one"}, 2, "password is wrong"),
        ({"to": "remes1x"}, 2, "checksum"),
        ({"to": VALIDATOR[:-1] + "q"}, 2, "checksum"),
        ({"to": "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"}, 2, "would be lost"),
        ({"amount": "1.000"}, 2, "can mean"),
        ({"amount": "0"}, 2, "zero"),
        ({"amount": 5}, 2, "text"),
        ({"amount": "3000"}, 1, "there is 2000"),
        ({"wallet": "Nobody"}, 2, "Say which wallet"),
        ({"typo": 1}, 2, "typo"),
    ]
    for change, code, words in cases:
        result = online("send", {**order, **change})
        assert (result.code, result.out) == (code, "") and words in result.err, result
    assert online("send", order, "--endpoint", "http://rest.example").code == 2
    chain.node_info_chain_id = "other-1"
    result = online("send", order)
    assert result.code == 1 and "other-1" in result.err
    chain.close()
    result = online("send", order)
    assert result.code == 1 and "No node of the network answers" in result.err
    assert chain.broadcasts == 0


def test_a_phrase_is_looked_at_before_it_is_restored(wallet: Wallet, phrase: str, vectors: dict[str, Any]) -> None:
    shown = wallet("preview", {"mnemonic": phrase}).answer["addresses"]
    assert len(shown) == 10 and shown[0]["address"] == vectors["keys"][0]["address"]


def test_secrets_are_refused_on_the_command_line(online: Wallet, phrase: str) -> None:
    result = online("list", {}, "--set", "password=correct horse")
    assert result.code == 2 and "never on the command line" in result.err


def test_a_signed_network_is_used_as_it_was_signed(wallet: Wallet, tmp_path: Path) -> None:
    key = SigningKey.generate()
    profile = {"name": "net", "title": "Net", "endpoints": ["http://127.0.0.1:9"], "chain_id": "net-1"}
    signature = base64.b64encode(key.sign(canonical_json(profile)).signature).decode()
    file = tmp_path / "net.json"
    file.write_text(json.dumps({"profile": profile, "signature": signature}))
    where = ("--home", str(tmp_path / "home"), "--network", str(file))
    public = base64.b64encode(bytes(key.verify_key)).decode()
    away = wallet("network", {}, *where, "--network-key", public)
    assert away.code == 1 and "--network-key" not in away.err, "its node does not run, but the profile was read"
    assert "--network-key" in wallet("network", {}, *where).err
    file.write_text(file.read_text().replace("net-1", "net-2"))
    changed = wallet("network", {}, *where, "--network-key", public)
    assert changed.code == 2 and "not signed" in changed.err and changed.out == ""
    named = wallet("network", {}, "--network", "local", "--network-key", public)
    assert named.code == 2 and "no signature to check" in named.err


def test_wallets_travel_in_files(online: Wallet, wallet: Wallet, phrase: str, tmp_path: Path) -> None:
    assert online("restore", {"mnemonic": phrase}).code == 0
    exported = online("export", {"export_password": "another one"}).answer["export"]
    armor = online("export-key", {"export_password": "another one"}).answer["armor"]
    elsewhere = ("--home", str(tmp_path / "elsewhere"), "--network", "local")
    where = {"password": "third password"}
    imported = wallet("import", {**where, "export": exported, "export_password": "another one"}, *elsewhere).answer
    assert imported["kind"] == "phrase"
    assert wallet("import-key", {**where, "armor": armor, "export_password": "another one"}, *elsewhere).code == 2
    by_key = wallet(
        "import-key", {**where, "armor": armor, "export_password": "another one"}, "--home", str(tmp_path / "third")
    ).answer
    assert by_key["kind"] == "key" and by_key["address"] == imported["address"]
    watched = wallet("watch", {**where, "address": FRIEND, "name": "Friend"}, *elsewhere).answer
    assert watched["kind"] == "watch"
    assert wallet("change-password", {**where, "new_password": "fourth password"}, *elsewhere).answer == {
        "changed": True
    }
    assert wallet("list", where, *elsewhere).code == 2


def test_roles_and_a_grant(online: Wallet, chain: Any, phrase: str) -> None:
    assert online("restore", {"mnemonic": phrase}).code == 0
    me = "remes19rl4cm2hmr8afy4kldpxz3fka4jguq0arlkp9h"
    delegated = {
        "delegation_responses": [
            {"delegation": {"validator_address": VALIDATOR}, "balance": {"denom": "ur3mes", "amount": "400000000"}}
        ]
    }
    chain.answers[f"/cosmos/staking/v1beta1/delegations/{me}"] = (200, delegated)
    roles = online("roles", {}).answer["roles"]
    assert roles["serving"]["missing"] == "600" and roles["proposer"]["needed"] == "150000"
    kept = {"node_address": me, "node_type": "NODE_TYPE_SERVING", "stake": "1000000000ur3mes"}
    order = {"roles": ["serving"], "resources": {"cpu_cores": 8}, "confirm": True}
    chain.answers[f"/remes/remes/v1/node_registration/{me}"] = (200, {"registration": kept})
    answer = online("register", order).answer
    assert answer["state"] == "included" and answer["recorded"][1] == "It did not record: roles serving."
    assert online("register", {**order, "resources": {"cpu_cores": 2**40}}).code == 2
    assert online("register", {**order, "roles": ["king"]}).code == 2
    asked = {"node_public_key": "ab" * 32, "roles": ["serving"], "gateway": "https://gateway.example", "days": 30}
    grant = parse_signed_grant(json.dumps(online("grant", asked).answer))
    assert grant.grant.owner == me and grant.grant.not_after - grant.grant.not_before == 30 * 86_400
    assert online("grant", {**asked, "node_public_key": "x"}).code == 2
    assert online("grant", {**asked, "days": 0}).code == 2
    taken_back = {"node_public_key": "ab" * 32, "gateway": "https://gateway.example", "offline": True}
    answer = online("revoke-grant", taken_back).answer
    revoked = parse_signed_revocation(json.dumps(answer["signed"]))
    assert not answer["sent"] and revoked.revocation.owner == me
    terms = {"gateway": "https://gateway.example", "network": grant.grant.network, "now": time.time()}
    assert check_revocation(revoked, verify_owner=verify_owner, **terms) is None
    assert online("revoke-grant", {**taken_back, "gateway": "nowhere"}).code == 2
    # Nothing listens at port 9.
    lost = online("revoke-grant", {"node_public_key": "ab" * 32, "gateway": "http://127.0.0.1:9"})
    assert lost.code != 0 and "can't be reached" in lost.err


def test_imports_are_light(wallet_child: Any) -> None:
    """The command line must not load Qt, and the keyring only when asked."""
    answer = wallet_child(
        "import sys; import r3mes_launcher.wallet.cli; print('PySide6' in sys.modules, 'keyring' in sys.modules)"
    )
    assert answer.stdout.split() == ["False", "False"]
