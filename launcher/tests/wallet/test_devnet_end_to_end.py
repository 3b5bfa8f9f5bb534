"""Every action of the wallet against a gateway with the devnet, each in its own process, over real HTTP."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import os
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from r3mes_launcher.wallet import cli, staking
from r3mes_launcher.wallet.addresses import operator_of_account
from r3mes_launcher.wallet.amounts import Coin
from r3mes_launcher.wallet.chain_client import ChainClient
from r3mes_launcher.wallet.chain_endpoints import EndpointPool
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.keys import PrivateKey, account_path
from r3mes_launcher.wallet.mnemonic import entropy_of_phrase, passphrase_bytes, seed
from r3mes_launcher.wallet.payment_machine import PaymentState, sentence
from r3mes_launcher.wallet.profiles import built_in_profiles
from r3mes_launcher.wallet.sealed_file import FLOOR
from r3mes_launcher.wallet.sender import Sender, refusal_of
from r3mes_launcher.wallet.transactions import sign_transaction
from r3mes_launcher.wallet.wallet_store import WalletStore
from r3mes_protocol.control import parse_api_ready

REMES = 1_000_000
FRIEND = "remes15f7sdzduxh5umchk433z275xz8gnw8lqhn62sl"
PASSWORD = "correct horse"
FAST_BLOCKS_S = "0.03"


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


class Gateway:
    """`python -m r3mes_api` with the devnet, killed at the end whatever it does."""

    def __init__(self, folder: Path, paths: str, port: int = 0, **settings: str) -> None:
        self.file = folder / "devnet.sqlite"
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": paths,
            "R3MES_DEVNET": "1",
            "R3MES_DEVNET_FILE": str(self.file),
            "R3MES_DEVNET_BLOCK_S": FAST_BLOCKS_S,
            **{f"R3MES_DEVNET_{name.upper()}": value for name, value in settings.items()},
        }
        with (folder / "gateway.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "r3mes_api", "--port", str(port)],
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout is not None
        self.url = parse_api_ready(self.process.stdout.readline()).url
        # Without certificates, which take longer to load than the test.
        self.http = httpx.Client(base_url=self.url, verify=False)

    def kill(self) -> None:
        self.http.close()
        self.process.kill()
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def balance(self, address: str) -> int:
        path = f"/cosmos/bank/v1beta1/balances/{address}/by_denom"
        return int(self.http.get(path, params={"denom": "ur3mes"}).json()["balance"]["amount"])


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory, checkout_paths: str) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path_factory.mktemp("devnet"), checkout_paths, unbonding_s="3600")
    yield gateway
    gateway.kill()


class Relay:
    """A node between the wallet and the devnet that may lie, and counts what is broadcast."""

    def __init__(self, url: str) -> None:
        relay = self
        self.lies: dict[str, tuple[bytes, bytes]] = {}
        self.broadcasts = 0
        self.forwards = True
        self.held: threading.Event | None = None
        """If set, a broadcast is answered only when it is."""
        self.reached = threading.Event()
        self.http = http = httpx.Client(verify=False)

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                return None

            def do_GET(self) -> None:
                self.relay(http.get(url + self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.path.endswith("/txs"):
                    relay.broadcasts += 1
                    if relay.held is not None:
                        answer = http.post(url + self.path, content=body) if relay.forwards else None
                        relay.reached.set()
                        relay.held.wait(30)
                        return None if answer is None else self.relay(answer)
                return self.relay(http.post(url + self.path, content=body))

            def relay(self, answer: httpx.Response) -> None:
                content = answer.content
                for path, (true, lie) in relay.lies.items():
                    content = content.replace(true, lie) if path in self.path else content
                self.send_response(answer.status_code)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                with contextlib.suppress(OSError):  # its asker may be gone
                    self.wfile.write(content)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
        self.http.close()


@pytest.fixture
def relay(devnet: Gateway) -> Iterator[Relay]:
    made = Relay(devnet.url)
    yield made
    made.close()


Wallet = Callable[..., Result]


@pytest.fixture
def wallet(
    tmp_path: Path, devnet: Gateway, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Wallet:
    """One command of `r3mes wallet --network devnet`, in this process, with vaults that open quickly."""
    monkeypatch.setattr(cli, "refuse_core_dumps", lambda: True)
    monkeypatch.setattr("r3mes_launcher.wallet.sender.POLL_S", 0.02)
    monkeypatch.setattr("r3mes_launcher.wallet.chain_commands.LOOK_S", 0.02)
    monkeypatch.setattr(
        "r3mes_launcher.wallet.wallet_session.EndpointPool",
        lambda endpoints: EndpointPool(endpoints, transport=httpx.AsyncHTTPTransport(verify=False)),
    )
    parser = argparse.ArgumentParser()
    cli.add_commands(parser)

    def call(command: str, document: dict[str, Any], endpoint: str = "", home: str = "home") -> Result:
        options: list[str] = []
        if command not in ("sign", "derive"):
            where = ["--home", str(tmp_path / home), "--network", "devnet", "--endpoint", endpoint or devnet.url]
            needs_none = command in ("broadcast", "faucet", "validators", "resume", "network", "close-unclear")
            options = where
            document = document if needs_none else {"password": PASSWORD, **document}
        data = json.dumps(document).encode()
        code = cli.run(parser.parse_args([command, *options]), io.BytesIO(data), parameters=FLOOR)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def start_launcher(tmp_path: Path, devnet: Gateway, checkout_paths: str) -> Callable[..., subprocess.Popen[str]]:
    """The real command in its own process."""

    def start(command: str, document: dict[str, Any], home: str = "home", endpoint: str = "") -> subprocess.Popen[str]:
        where = ["--home", str(tmp_path / home), "--network", "devnet", "--endpoint", endpoint or devnet.url]
        child = subprocess.Popen(
            [sys.executable, "-m", "r3mes_launcher.wallet", command, *where],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": checkout_paths},
        )
        assert child.stdin is not None
        child.stdin.write(json.dumps({"password": PASSWORD, **document}))
        child.stdin.close()
        child.stdin = None
        return child

    return start


def finished(child: subprocess.Popen[str]) -> Result:
    out, err = child.communicate(timeout=60)
    return Result(child.returncode, out, err)


def funded(wallet: Wallet, home: str = "home", portions: int = 1) -> str:
    made = wallet("create", {"words": 12}, home=home).answer
    for _ in range(portions):
        assert wallet("faucet", {"address": made["address"]}).answer["paid"]
    return str(made["address"])


def amounts(answer: Any) -> dict[str, int]:
    return {
        name: round(float(answer[name]) * REMES) for name in ("available", "staked", "unbonding", "claimable", "total")
    }


def test_a_life_with_the_wallet(
    wallet: Wallet, devnet: Gateway, start_launcher: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    me = funded(wallet)
    assert devnet.balance(me) == 10_000 * REMES
    first, second = (item["operator"] for item in wallet("validators", {}).answer["validators"][:2])

    # A role, with what it needs.
    before = wallet("roles", {}).answer["roles"]["serving"]
    assert before["missing"] == "1000" and not before["ready"]
    order = {"roles": ["serving"], "resources": {"cpu_cores": 8, "gpu_count": 1}, "confirm": True}
    registered = wallet("register", order).answer
    assert registered["state"] == "included", registered
    assert registered["recorded"][0].startswith("The chain recorded: node type serving; declared stake 1000 REMES")
    update = {"roles": ["serving", "mining"], "resources": {"cpu_cores": 4}, "confirm": True}
    assert wallet("update-registration", update).answer["recorded"] == [
        "The chain records these roles now: mining, serving."
    ]
    staked = wallet("stake", {"validator": first, "amount": "1500", "confirm": True}).answer
    assert staked["state"] == "included" and staked["cards"][0]["title"] == "Stake 1500 REMES"
    assert wallet("roles", {}).answer["roles"]["serving"]["ready"]

    # Rewards come by themselves.
    until = time.monotonic() + 20
    while wallet("balance", {}).answer["claimable"] == "0":
        assert time.monotonic() < until
    assert wallet("claim", {"confirm": True}).answer["state"] == "included"

    # Out, back in again, and over to another.
    assert wallet("unstake", {"validator": first, "amount": "400", "confirm": True}).answer["state"] == "included"
    (running,) = wallet("stakes", {}).answer["unstaking"]
    assert running["amount"] == "400"
    back = {"validator": first, "height": running["height"], "amount": "150", "confirm": True}
    assert wallet("cancel-unstake", back).answer["state"] == "included"
    move = {"from": first, "validator": second, "amount": "250", "confirm": True}
    assert wallet("redelegate", move).answer["state"] == "included"
    held = wallet("stakes", {}).answer
    assert {item["validator"]: item["amount"] for item in held["stakes"]} == {first: "1000", second: "250"}
    assert [item["amount"] for item in held["unstaking"]] == ["250"] and len(held["moving"]) == 1
    hop = wallet("redelegate", {"from": second, "validator": first, "amount": "1", "confirm": True})
    assert hop.code == 1 and "moved to this validator a short time ago" in hop.err

    # Pay, by the real program.
    rent = {"to": FRIEND, "amount": "12,5", "memo": "kira", "confirm": True, "payment_id": "rent"}
    friend_had = devnet.balance(FRIEND)
    paid = finished(start_launcher("send", rent)).answer
    assert paid["state"] == "included" and devnet.balance(FRIEND) == friend_had + 12_500_000
    assert wallet("send", rent).answer["hash"] == paid["hash"]
    assert devnet.balance(FRIEND) == friend_had + 12_500_000, "the same payment id pays once"

    seen = amounts(wallet("balance", {}).answer)
    assert seen["staked"] == 1_250 * REMES and seen["unbonding"] == 250 * REMES
    assert seen["available"] == devnet.balance(me)
    history = wallet("history", {}).answer
    assert len(history["own"]) == 8 and all(item["state"] == "included" for item in history["own"])
    assert {item["tx_hash"] for item in history["chain"]} >= {item["hash"] for item in history["own"]}
    table = wallet("history", {"csv": True}).answer["csv"].splitlines()
    assert len(table) == 1 + len(history["chain"]) and any("Send 12.5 REMES" in line for line in table)


def test_permissions(wallet: Wallet, devnet: Gateway) -> None:
    me, node = funded(wallet), funded(wallet, "other", 0)
    permit = {"other": node, "action": "send", "limit": "5", "recipients": [FRIEND], "days": 3, "confirm": True}
    assert wallet("permit", permit).answer["state"] == "included"
    assert wallet("permit", {"other": node, "action": "claim", "confirm": True}).answer["state"] == "included"
    fees = {"other": node, "limit": "1", "actions": ["send", "register"], "confirm": True}
    assert wallet("pay-fees", fees).answer["state"] == "included"
    given = wallet("permissions", {}).answer
    assert [item["what"]["@type"].rpartition(".")[2] for item in given["given"]] == [
        "SendAuthorization",
        "GenericAuthorization",
    ]
    assert given["fees_paid_for"][0]["grantee"] == node
    received = wallet("permissions", {}, home="other").answer
    assert len(received["received"]) == 2 and received["fees_paid_by"][0]["granter"] == me

    # The node pays with its own coin, and the owner pays the fee.
    assert wallet("send", {"to": node, "amount": "2", "confirm": True}).answer["state"] == "included"
    owner_had = devnet.balance(me)
    order = {"to": FRIEND, "amount": "2", "fee_granter": me, "confirm": True}
    assert wallet("send", order, home="other").answer["state"] == "included"
    assert devnet.balance(node) == 0 and 0 < owner_had - devnet.balance(me) < REMES // 100
    for command, document in (("revoke", {"action": "claim"}), ("stop-paying-fees", {})):
        assert wallet(command, {"other": node, "confirm": True, **document}).answer["state"] == "included"
    refused = wallet("revoke", {"other": node, "action": "claim", "confirm": True})
    assert refused.code == 1 and refused.out == ""
    assert wallet("permissions", {}).answer["fees_paid_for"] == []


def test_refusals_are_sentences_and_cost_nothing(
    wallet: Wallet, devnet: Gateway, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("r3mes_launcher.wallet.chain_endpoints.PAUSE_BETWEEN_ROUNDS_S", 0.0)
    me = funded(wallet)
    validator = wallet("validators", {}).answer["validators"][0]["operator"]
    pay = {"to": FRIEND, "amount": "5", "confirm": True}
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("send", {**pay, "to": FRIEND[:-1] + "q"}, "checksum is wrong"),
        ("send", {**pay, "to": "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"}, "would be lost"),
        ("send", {**pay, "to": validator}, "which cannot hold coins"),
        ("send", {**pay, "amount": "10001"}, "but there is 10000"),
        ("send", {**pay, "amount": "10000"}, "with its fee, but there is 10000"),
        ("send", {**pay, "password": "another one"}, "password is wrong"),
        ("send", {**pay, "memo": "m" * 257}, "longer than 256 bytes"),
        ("stake", {"validator": FRIEND, "amount": "1", "confirm": True}, "begins with"),
        ("unstake", {"validator": validator, "amount": "1", "confirm": True}, "nothing staked with this validator"),
        ("claim", {"confirm": True}, "no rewards to claim"),
        ("cancel-unstake", {"validator": validator, "height": 5, "amount": "1"}, "No unstaking"),
        ("update-registration", {"roles": ["mining"], "confirm": True}, "has no registration"),
        ("register", {"roles": ["proposer"], "confirm": True}, "has to be a validator"),
        ("permit", {"other": me, "action": "claim", "confirm": True}, "to oneself"),
    ]
    for command, document, words in cases:
        result = wallet(command, document, relay.url)
        assert result.code in (1, 2) and result.out == "" and words in result.err, (command, result)
        assert result.err.count("\n") == 1
    # A validator that does not exist: the simulation finds out.
    nobody = operator_of_account(FRIEND, "remes")
    ghost = wallet("stake", {"validator": nobody, "amount": "1", "confirm": True}, relay.url)
    assert ghost.code == 1 and "validator does not exist" in ghost.err
    unclear = wallet("close-unclear", {"payment_id": "rent", "included": True}, relay.url)
    assert unclear.code == 2 and "not one that needs a person" in unclear.err
    # A node that lies about its chain, at each place where it can.
    for path in ("node_info", "blocks/latest"):
        relay.lies = {path: (b"r3mes-devnet-1", b"evil-1")}
        result = wallet("send", pay, relay.url)
        assert result.code == 1 and "evil-1" in result.err and result.out == ""
    relay.lies = {"node/v1beta1/config": (b"0.025000", b"9.025000")}
    assert "price of gas" in wallet("send", pay, relay.url).err
    relay.lies = {}
    relay.close()
    offline = wallet("send", pay, relay.url)
    assert offline.code == 1 and "No node of the network answers" in offline.err
    assert relay.broadcasts == 0
    assert devnet.balance(me) == 10_000 * REMES


def test_a_demo_wallet_signs_for_no_other_chain(wallet: Wallet, tmp_path: Path, devnet: Gateway) -> None:
    funded(wallet)
    profile = next(item for item in built_in_profiles() if item.name == "r3mes-testnet")
    from r3mes_launcher.wallet.transactions import FeeOffer, build_transaction
    from r3mes_launcher.wallet.vault import Vault

    vault = Vault(tmp_path / "home" / "wallet" / "vault", now=time.time, parameters=FLOOR)
    vault.unlock(PASSWORD)
    (record,) = vault.wallets()
    assert record.only_chain_id == "r3mes-devnet-1"
    unsigned = build_transaction(
        [staking.send(record.address, FRIEND, Coin("ur3mes", 1))],
        prefix="remes",
        public_key=bytes.fromhex(record.public_key),
        chain_id=profile.chain_id,
        account_number=1,
        sequence=0,
        fee=FeeOffer((Coin("ur3mes", 5_000),), 200_000),
    )
    with pytest.raises(WalletError, match="signs for r3mes-devnet-1 only"):
        vault.sign_transaction(record.wallet_id, unsigned)
    vault.lock()
    with pytest.raises(WalletError) as caught:
        vault.sign_transaction(record.wallet_id, unsigned)
    assert caught.value.problem is Problem.LOCKED and caught.value.args[0].endswith(".")


def signed_offline(wallet: Wallet, devnet: Gateway, phrase: str, sequence: int, **changes: Any) -> dict[str, str]:
    me = wallet("derive", {"mnemonic": phrase}).answer["address"]
    account = devnet.http.get(f"/cosmos/auth/v1beta1/accounts/{me}").json()["account"]
    message = {
        "@type": "/cosmos.bank.v1beta1.MsgSend",
        "from_address": me,
        "to_address": FRIEND,
        "amount": [{"denom": "ur3mes", "amount": "7"}],
    }
    document = {
        "mnemonic": phrase,
        "chain_id": "r3mes-devnet-1",
        "account_number": account["account_number"],
        "sequence": sequence,
        "fee": {"amount": [{"denom": "ur3mes", "amount": "5000"}], "gas_limit": "200000"},
        "messages": [message],
        **changes,
    }
    return {"tx_bytes": wallet("sign", document).answer["tx_bytes"]}


def test_air_gapped_signing_and_the_chains_own_refusals(wallet: Wallet, devnet: Gateway, phrase: str) -> None:
    me = wallet("derive", {"mnemonic": phrase}).answer["address"]
    assert wallet("faucet", {"address": me}).answer["paid"]
    had = devnet.balance(me)
    # The wrong chain: refused, and costs nothing.
    other = wallet("broadcast", signed_offline(wallet, devnet, phrase, 0, chain_id="other-1"))
    assert other.code == 1 and "the chain id or the account number was another" in other.err
    assert devnet.balance(me) == had
    # Out of gas: the fee is spent, once, and the number is used.
    few = {"amount": [{"denom": "ur3mes", "amount": "1500"}], "gas_limit": "60000"}
    starved = signed_offline(wallet, devnet, phrase, 0, fee=few)
    for _ in range(2):
        failed = wallet("broadcast", starved).answer
        assert failed["state"] == "failed" and "ran out of gas" in failed["reason"]
        assert devnet.balance(me) == had - 1_500
    # A used number.
    used = wallet("broadcast", signed_offline(wallet, devnet, phrase, 0))
    assert used.code == 1 and "came first" in used.err and devnet.balance(me) == had - 1_500
    good = signed_offline(wallet, devnet, phrase, 1)
    hashes = {wallet("broadcast", good).answer["hash"] for _ in range(3)}
    assert len(hashes) == 1 and devnet.balance(me) == had - 1_500 - 5_000 - 7


def test_the_public_chains_role_module_and_the_other_shape_of_errors(
    wallet: Wallet, phrase: str, tmp_path: Path, checkout_paths: str
) -> None:
    gateway = Gateway(tmp_path, checkout_paths, role_records="public", error_shape="response")
    try:
        me = wallet("restore", {"mnemonic": phrase}).answer["address"]
        assert wallet("faucet", {"address": me}, gateway.url).answer["paid"]
        order = {"roles": ["validator", "proposer"], "resources": {"cpu_cores": 8}, "confirm": True}
        recorded = wallet("register", order, gateway.url).answer["recorded"]
        assert recorded[0] == "The chain recorded: node type validator; declared stake 150000 REMES."
        assert recorded[1] == "It did not record: roles validator, proposer."
        assert "locks no coins" in recorded[2]
        had = gateway.balance(me)
        other = signed_offline(wallet, gateway, phrase, 1, chain_id="other-1")
        refused = wallet("broadcast", other, gateway.url)
        assert refused.code == 1 and "the chain id or the account number was another" in refused.err
        assert gateway.balance(me) == had
    finally:
        gateway.kill()


# Two launchers with the same wallet


def key(index: int = 0) -> PrivateKey:
    phrase = "abandon " * 11 + "about"
    return PrivateKey.derive(entropy_of_phrase(phrase), passphrase_bytes(""), account_path(index=index))


def sender_of(url: str, store: WalletStore, now: Callable[[], float] = time.time) -> tuple[Sender, ChainClient]:
    profile = next(item for item in built_in_profiles() if item.demo).model_copy(update={"endpoints": (url,)})
    client = ChainClient(EndpointPool(profile.endpoints))
    return Sender(profile, client, store, now=now, poll_s=0.02), client


async def test_the_later_of_two_launchers_is_told_and_pays_nothing(devnet: Gateway, tmp_path: Path) -> None:
    me = key(1).address("remes")
    devnet.http.post("/devnet/faucet", json={"address": me})
    stores = [WalletStore(tmp_path / f"{name}.sqlite") for name in "ab"]
    senders = [sender_of(devnet.url, store) for store in stores]
    async with asyncio.timeout(20):
        while await senders[0][1].account(me) is None:
            await asyncio.sleep(0.01)
    had, friend_had = devnet.balance(me), devnet.balance(FRIEND)
    message = staking.send(me, FRIEND, Coin("ur3mes", 5))
    plans = [await sender.plan(key(1).public_key, [message]) for sender, _ in senders]
    payments = [
        await sender.settle(sender.commit("pay", plan, lambda unsigned: sign_transaction(unsigned, key(1))), 20)
        for (sender, _), plan in zip(senders, plans, strict=True)
    ]
    assert payments[0].state is PaymentState.INCLUDED
    # The same bytes would be the same payment; these differ in their last block or are the very same.
    if payments[0].tx_hash != payments[1].tx_hash:
        assert payments[1].state is PaymentState.FAILED and payments[1].code == 32
        refusal = refusal_of(payments[1])
        assert refusal is not None and "came first. Nothing was spent." in refusal.message
        assert sentence(payments[1]) == "Refused by the network; nothing was spent."
    assert devnet.balance(FRIEND) == friend_had + 5
    assert had - devnet.balance(me) == 5 + fee_of(plans[0])
    for (_, client), store in zip(senders, stores, strict=True):
        await client.close()
        store.close()


def fee_of(plan: Any) -> int:
    return int(plan.confirmation.decoded.fee.amount[0].amount)


def test_two_launchers_at_once_pay_what_they_say(
    wallet: Wallet, devnet: Gateway, phrase: str, start_launcher: Callable[..., subprocess.Popen[str]]
) -> None:
    place = {"mnemonic": phrase, "index": 2}
    for home in "ab":
        me = wallet("restore", place, home=home).answer["address"]
    wallet("faucet", {"address": me})
    friend_had = devnet.balance(FRIEND)
    children = [start_launcher("send", {"to": FRIEND, "amount": "1", "confirm": True}, home) for home in "ab"]
    answers = [finished(child) for child in children]
    included = [item for item in answers if item.code == 0 and item.answer["state"] == "included"]
    # Planned on one block, both signed the very same bytes: that is one payment, which both wallets then know.
    paid = {item.answer["hash"] for item in included}
    assert included and devnet.balance(FRIEND) == friend_had + len(paid) * REMES, answers
    for item in answers:
        if item not in included:
            said = item.answer["reason"] if item.code == 0 else item.err
            assert "came first" in said, item


# What is killed


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX signal")
@pytest.mark.parametrize("forwards", [False, True])
def test_a_launcher_killed_in_mid_sending_pays_once(
    wallet: Wallet,
    devnet: Gateway,
    relay: Relay,
    start_launcher: Callable[..., subprocess.Popen[str]],
    monkeypatch: pytest.MonkeyPatch,
    forwards: bool,
) -> None:
    """Killed while it waits for the node's answer, whether the node has the bytes already or not."""
    monkeypatch.setattr("r3mes_launcher.wallet.payment_machine.RESEND_S", 0.0)
    funded(wallet)
    friend_had = devnet.balance(FRIEND)
    relay.forwards, relay.held = forwards, threading.Event()
    order = {"to": FRIEND, "amount": "3", "confirm": True, "payment_id": "once"}
    child = start_launcher("send", order, endpoint=relay.url)
    assert relay.reached.wait(30)
    child.kill()
    assert finished(child).out == ""
    relay.held.set()
    (resumed,) = wallet("resume", {}).answer["payments"]
    assert resumed["state"] == "included" and resumed["payment_id"] == "once"
    assert wallet("send", order).answer["hash"] == resumed["hash"]
    assert wallet("resume", {}).answer["payments"] == []
    assert devnet.balance(FRIEND) == friend_had + 3 * REMES and relay.broadcasts == 1


def test_no_secret_is_in_any_file_or_word(
    wallet: Wallet, devnet: Gateway, start_launcher: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """After create, pay and lock. What `create` answers has the words, once; nothing else has."""
    made = wallet("create", {"words": 24, "passphrase": "gizli şifre"}).answer
    words = made.pop("words")
    wallet("faucet", {"address": made["address"]})
    paid = finished(start_launcher("send", {"to": FRIEND, "amount": "1", "confirm": True}))
    refused = wallet("send", {"to": FRIEND, "amount": "999999999", "confirm": True})
    locked = wallet("send", {"password": "not the password", "to": FRIEND, "amount": "1"})
    assert paid.code == 0 and refused.code == 1 and locked.code == 2
    listed = wallet("list", {})
    entropy = entropy_of_phrase(" ".join(words))
    with seed(entropy, passphrase_bytes("gizli şifre")) as seed_secret:
        seed_bytes = bytes(seed_secret.view())
    private = PrivateKey.derive(entropy_of_phrase(" ".join(words)), passphrase_bytes("gizli şifre"), account_path())
    assert private.address("remes") == made["address"]
    raw = bytes(private.copy_of_secret().view())
    hidden = {
        "password": PASSWORD.encode(),
        "passphrase": "gizli şifre".encode(),
        **{f"words {place}": " ".join(words[place : place + 3]).encode() for place in range(0, 22)},
        **{f"quoted words {place}": '", "'.join(words[place : place + 2]).encode() for place in range(0, 23)},
    }
    for name, secret in (("entropy", bytes(entropy.view())), ("seed", seed_bytes), ("key", raw)):
        hidden |= {name: secret, f"{name} in hex": secret.hex().encode(), f"{name} in base64": b64encode(secret)}
    files = [path for path in tmp_path.rglob("*") if path.is_file()] + [devnet.file]
    files += [devnet.file.parent / "gateway.log", devnet.file.with_name("devnet.sqlite-wal")]
    assert any(path.suffix == ".sqlite" for path in files) and any(path.name == "vault" for path in files)
    said = json.dumps(made) + "".join(result.out + result.err for result in (paid, refused, locked, listed))
    for name, secret in hidden.items():
        for path in files:
            assert secret not in path.read_bytes(), f"{name} is in {path}"
        assert secret not in said.encode(), f"{name} was said"


async def test_a_killed_node_keeps_its_chain_and_the_payment_happens_once(tmp_path: Path, checkout_paths: str) -> None:
    gateway = Gateway(tmp_path, checkout_paths)
    me = key().address("remes")
    now = time.time()
    store = WalletStore(tmp_path / "store.sqlite")
    try:
        gateway.http.post("/devnet/faucet", json={"address": me})
        until = time.monotonic() + 20
        while not gateway.balance(me):
            assert time.monotonic() < until
        gateway.kill()
        # It is taken by a node whose next block is far away, and which dies before it.
        gateway = Gateway(tmp_path, checkout_paths, block_s="60")
        assert gateway.balance(me) == 10_000 * REMES, "what was in a block is there again"
        sender, client = sender_of(gateway.url, store, lambda: now)
        plan = await sender.plan(key().public_key, [staking.send(me, FRIEND, Coin("ur3mes", 5))])
        payment = await sender.advance(sender.commit("pay", plan, lambda unsigned: sign_transaction(unsigned, key())))
        assert payment.state is PaymentState.PENDING
        await client.close()
        gateway.kill()
        gateway = Gateway(tmp_path, checkout_paths)
        now += 30
        sender, client = sender_of(gateway.url, store, lambda: now)
        (payment,) = await sender.resume(20)
        assert payment.state is PaymentState.INCLUDED and gateway.balance(FRIEND) == 5
        assert await sender.resume(1) == ()
        await client.close()
        # The tester throws the chain away: the wallet goes by what the new one says.
        gateway.kill()
        for file in tmp_path.glob("devnet.sqlite*"):
            file.unlink()
        gateway = Gateway(tmp_path, checkout_paths)
        gateway.http.post("/devnet/faucet", json={"address": me})
        until = time.monotonic() + 20
        while not gateway.balance(me):
            assert time.monotonic() < until
        sender, client = sender_of(gateway.url, store)
        plan = await sender.plan(key().public_key, [staking.send(me, FRIEND, Coin("ur3mes", 6))])
        payment = sender.commit("pay again", plan, lambda unsigned: sign_transaction(unsigned, key()))
        assert (await sender.settle(payment, 20)).state is PaymentState.INCLUDED and gateway.balance(FRIEND) == 6
        await client.close()
    finally:
        gateway.kill()
        store.close()


def test_a_second_gateway_on_the_same_chain_is_refused(devnet: Gateway, checkout_paths: str, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": checkout_paths,
        "R3MES_DEVNET": "1",
        "R3MES_DEVNET_FILE": str(devnet.file),
    }
    done = subprocess.run(
        [sys.executable, "-m", "r3mes_api", "--port", "0"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 78 and done.stdout == ""
    assert "Another gateway keeps its devnet in" in done.stderr and "Traceback" not in done.stderr
