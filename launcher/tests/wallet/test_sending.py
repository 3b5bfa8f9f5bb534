from __future__ import annotations

import dataclasses
import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_launcher.wallet import fees
from r3mes_launcher.wallet.addresses import encode_address
from r3mes_launcher.wallet.amounts import Coin, parse_gas_price
from r3mes_launcher.wallet.chain_client import ChainClient
from r3mes_launcher.wallet.chain_endpoints import EndpointPool
from r3mes_launcher.wallet.chain_errors import ChainRefusal
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.keys import PrivateKey, account_path
from r3mes_launcher.wallet.message_kinds import message_from_json
from r3mes_launcher.wallet.mnemonic import entropy_of_phrase, passphrase_bytes
from r3mes_launcher.wallet.payment_machine import (
    Accepted,
    Found,
    NoAnswer,
    NotFound,
    Payment,
    PaymentState,
    Refused,
    observe,
    sending,
    sentence,
    should_send,
)
from r3mes_launcher.wallet.profiles import NetworkProfile
from r3mes_launcher.wallet.sender import Sender, refusal_of
from r3mes_launcher.wallet.transactions import sign_transaction
from r3mes_launcher.wallet.wallet_store import WalletStore

ME = "remes19rl4cm2hmr8afy4kldpxz3fka4jguq0arlkp9h"
FRIEND = "remes15f7sdzduxh5umchk433z275xz8gnw8lqhn62sl"
REMES = 1_000_000


def key() -> PrivateKey:
    return PrivateKey.derive(entropy_of_phrase("abandon " * 11 + "about"), passphrase_bytes(""), account_path())


def payment_of(amount: int, to: str = FRIEND, denom: str = "ur3mes") -> Any:
    return message_from_json(
        {
            "@type": "/cosmos.bank.v1beta1.MsgSend",
            "from_address": ME,
            "to_address": to,
            "amount": [{"denom": denom, "amount": str(amount)}],
        }
    )


def sign(unsigned: Any) -> Any:
    with key() as signer:
        return sign_transaction(unsigned, signer)


class Clock:
    """Unix seconds, which move when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1_700_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def make_sender(chain: Any, tmp_path: Path, clock: Clock) -> AsyncIterator[Callable[..., Sender]]:
    chain.fund(ME, 100 * REMES)
    opened: list[tuple[ChainClient, WalletStore]] = []

    def make(store: str = "store", **changes: Any) -> Sender:
        profile = NetworkProfile(**{"name": "net", "title": "Net", "endpoints": (chain.url,), **changes})
        # The chain speaks plain HTTP; loading the system's certificates takes longer than a test.
        client = ChainClient(EndpointPool(profile.endpoints, transport=httpx.AsyncHTTPTransport(verify=False)))
        kept = WalletStore(tmp_path / f"{store}.sqlite")
        opened.append((client, kept))
        return Sender(profile, client, kept, now=clock, poll_s=0.001)

    yield make
    for client, kept in opened:
        await client.close()
        kept.close()


async def plan_of(sender: Sender, amount: int = 5 * REMES, **more: Any) -> Any:
    return await sender.plan(key().public_key, [payment_of(amount)], **more)


async def test_a_payment_from_plan_to_block(make_sender: Callable[..., Sender], chain: Any) -> None:
    sender = make_sender()
    plan = await plan_of(sender, memo="kira")
    assert [card.title for card in plan.confirmation.cards] == ["Send 5 REMES"]
    assert plan.confirmation.memo == "kira" and plan.confirmation.first_time == (FRIEND,)
    assert plan.confirmation.fee == "0.002129 REMES"  # 85,160 gas at 0.025 a piece
    payment = sender.commit("one", plan, sign)
    assert payment.state is PaymentState.PREPARED and chain.broadcasts == 0
    payment = await sender.settle(payment, 20)
    assert payment.state is PaymentState.INCLUDED and payment.height > 100
    assert chain.balance(FRIEND) == 5 * REMES
    assert chain.balance(ME) == 95 * REMES - 2129
    assert sender.commit("one", plan, sign) == payment, "a repeated confirmation pays nothing"
    assert chain.broadcasts == 1
    again = await plan_of(sender)
    assert again.confirmation.first_time == () and again.sequence == 1
    assert "Done, in block" in sentence(payment)


async def test_the_second_window_of_a_launcher_waits(make_sender: Callable[..., Sender], chain: Any) -> None:
    sender, other = make_sender(), make_sender()
    plans = [await plan_of(sender), await plan_of(other)]
    sender.commit("one", plans[0], sign)
    with pytest.raises(WalletError) as caught:
        other.commit("two", plans[1], sign)
    assert caught.value.problem is Problem.IN_FLIGHT


async def test_two_launchers_race_for_one_sequence(make_sender: Callable[..., Sender], chain: Any) -> None:
    one, two = make_sender("one"), make_sender("two")
    plans = [await plan_of(one), await plan_of(two, 6 * REMES)]
    payments = [one.commit("one", plans[0], sign), two.commit("two", plans[1], sign)]
    first = await one.settle(payments[0], 20)
    second = await two.settle(payments[1], 20)
    assert (first.state, second.state) == (PaymentState.INCLUDED, PaymentState.FAILED)
    refusal = refusal_of(second)
    assert refusal is not None and refusal.code == 32 and "Nothing was spent" in refusal.message
    assert chain.balance(FRIEND) == 5 * REMES
    retried = await two.settle(two.commit("three", await plan_of(two, 6 * REMES), sign), 20)
    assert retried.state is PaymentState.INCLUDED and chain.balance(FRIEND) == 11 * REMES


async def test_a_payment_overtaken_while_it_is_planned_is_planned_anew(
    make_sender: Callable[..., Sender], chain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = make_sender("one"), make_sender("two")
    first = one.commit("one", await plan_of(one), sign)
    simulate, simulated = ChainClient.simulate, 0

    async def overtaken(client: ChainClient, tx_bytes: bytes) -> int:
        nonlocal simulated
        simulated += 1
        if simulated == 1:
            assert (await one.settle(first, 20)).state is PaymentState.INCLUDED
        return await simulate(client, tx_bytes)

    monkeypatch.setattr(ChainClient, "simulate", overtaken)
    plan = await plan_of(two, 6 * REMES)
    assert (plan.sequence, simulated) == (1, 2)
    assert (await two.settle(two.commit("two", plan, sign), 20)).state is PaymentState.INCLUDED
    assert chain.balance(FRIEND) == 11 * REMES


async def test_a_payment_that_is_overtaken_again_and_again_is_refused(
    make_sender: Callable[..., Sender], chain: Any
) -> None:
    chain.answers["/cosmos/tx/v1beta1/simulate"] = (
        500,
        {
            "code": 2,
            "message": "account sequence mismatch, expected 1, got 0: incorrect account sequence "
            "[cosmos/cosmos-sdk/baseapp] with gas used: '0'",
        },
    )
    with pytest.raises(ChainRefusal) as caught:
        await plan_of(make_sender())
    assert "came first. Nothing was spent." in caught.value.message


@pytest.mark.parametrize("in_200", [True, False])
@pytest.mark.parametrize(
    "faults",
    [
        ["drop"],
        ["drop_after"],
        ["502"],
        ["502_after", "drop"],
        ["garbage"],
        ["full", "drop_after", "502"],
        ["forget"],
        ["forget", "drop_after", "forget"],
    ],
)
async def test_bad_lines_never_pay_twice(
    make_sender: Callable[..., Sender], chain: Any, clock: Clock, faults: list[str], in_200: bool
) -> None:
    chain.refusals_in_200 = in_200
    chain.faults.extend(faults)
    sender = make_sender()
    payment = sender.commit("one", await plan_of(sender), sign)
    for _ in range(12):
        payment = await sender.advance(payment)
        clock.seconds += 21
        if not payment.in_flight:
            break
    assert payment.state is PaymentState.INCLUDED
    assert chain.balance(FRIEND) == 5 * REMES
    assert len(chain.included) == 1


async def test_a_payment_that_no_block_takes_expires_and_can_be_made_again(
    make_sender: Callable[..., Sender], chain: Any, clock: Clock
) -> None:
    chain.includes = False
    sender = make_sender(timeout_blocks=5)
    payment = sender.commit("one", await plan_of(sender), sign)
    for _ in range(30):
        payment = await sender.advance(payment)
        clock.seconds += 21
    assert payment.state is PaymentState.EXPIRED and "nothing was spent" in sentence(payment)
    assert chain.balance(ME) == 100 * REMES
    chain.includes = True
    payment = await sender.settle(sender.commit("two", await plan_of(sender), sign), 20)
    assert payment.state is PaymentState.INCLUDED and chain.balance(FRIEND) == 5 * REMES


async def test_a_node_without_an_index_leaves_it_to_a_person(
    make_sender: Callable[..., Sender], chain: Any, clock: Clock, tmp_path: Path
) -> None:
    chain.indexes = False
    sender = make_sender(timeout_blocks=5)
    payment = sender.commit("one", await plan_of(sender), sign)
    for _ in range(30):
        payment = await sender.advance(payment)
        clock.seconds += 21
    assert payment.state is PaymentState.PENDING and payment.unclear
    assert "before you pay again" in sentence(payment)
    with pytest.raises(WalletError) as caught:
        sender.commit("two", await plan_of(sender), sign)
    assert caught.value.problem is Problem.IN_FLIGHT
    store = WalletStore(tmp_path / "store.sqlite")
    assert store.close_unclear("one", included=True).state is PaymentState.INCLUDED
    with pytest.raises(WalletError):
        store.close_unclear("one", included=False)
    store.close()


async def test_a_failure_in_the_block_costs_the_fee_and_says_so(make_sender: Callable[..., Sender], chain: Any) -> None:
    chain.extra_gas = 50_000
    sender = make_sender()
    payment = await sender.settle(sender.commit("one", await plan_of(sender), sign), 20)
    assert payment.state is PaymentState.FAILED and payment.code == 11
    refusal = refusal_of(payment)
    assert refusal is not None and "ran out of gas" in refusal.message
    assert "the fee was spent" in sentence(payment)
    assert chain.balance(FRIEND) == 0 and chain.balance(ME) < 100 * REMES


async def refused(sender: Sender, **more: Any) -> WalletError:
    with pytest.raises(WalletError) as caught:
        await plan_of(sender, **more)
    return caught.value


async def test_what_cannot_be_paid_is_refused_before_it_costs(make_sender: Callable[..., Sender], chain: Any) -> None:
    sender = make_sender()
    assert (await refused(sender, amount=101 * REMES)).problem is Problem.NOT_ENOUGH_FUNDS
    assert (await refused(sender, amount=100 * REMES)).problem is Problem.NOT_ENOUGH_FUNDS
    assert (await refused(sender, amount=100 * REMES - 1)).problem is Problem.NOT_ENOUGH_FUNDS
    with pytest.raises(WalletError) as caught:
        await sender.plan(key().public_key, [payment_of(5, encode_address(bytes(20), "cosmos"))])
    assert caught.value.problem is Problem.FOREIGN_PREFIX
    assert (await refused(make_sender("b", max_fee=10))).problem is Problem.FEE_TOO_HIGH
    with pytest.raises(WalletError, match="never received"):
        other = PrivateKey.derive(
            entropy_of_phrase("abandon " * 11 + "about"), passphrase_bytes(""), account_path(9999)
        )
        message = payment_of(5)
        message.body.from_address = other.address("remes")
        await sender.plan(other.public_key, [message])
    assert chain.broadcasts == 0


async def test_nearly_everything_can_be_sent(make_sender: Callable[..., Sender], chain: Any) -> None:
    sender = make_sender()
    plan = await plan_of(sender, 100 * REMES - 2129)
    payment = await sender.settle(sender.commit("one", plan, sign), 20)
    assert payment.state is PaymentState.INCLUDED and chain.balance(ME) == 0


async def test_max_leaves_a_reserve(make_sender: Callable[..., Sender], chain: Any) -> None:
    most = await make_sender().most_to_spend(ME)
    assert most == Coin("ur3mes", 100 * REMES - 3 * 7_500)


async def test_a_node_that_lies_about_its_chain_gets_no_signature(
    make_sender: Callable[..., Sender], chain: Any
) -> None:
    sender = make_sender()
    await sender.check_network()
    chain.node_info_chain_id = "evil-1"
    assert (await refused(sender)).problem is Problem.WRONG_CHAIN
    chain.node_info_chain_id = ""
    chain.denom, chain.gas_price = "uother", "0.025uother"
    assert (await refused(sender)).problem is Problem.WRONG_CHAIN
    await sender.accept_network()
    assert (await sender.check_network()).bond_denom == "uother"
    chain.chain_id = "real-2"
    strict = make_sender("c", chain_id="real-1")
    assert (await refused(strict)).problem is Problem.WRONG_CHAIN
    with pytest.raises(WalletError):
        await strict.accept_network()
    chain.node_info_chain_id = "real-1"
    assert (await refused(strict)).problem is Problem.WRONG_CHAIN, "its blocks tell"
    assert chain.broadcasts == 0


async def test_a_dearer_gas_price_is_asked_about_first(make_sender: Callable[..., Sender], chain: Any) -> None:
    sender = make_sender()
    await sender.check_network()
    chain.gas_price = "0.05ur3mes"
    assert (await refused(sender)).problem is Problem.WRONG_CHAIN
    assert str((await sender.accept_network()).gas_price) == "0.05ur3mes"
    assert (await plan_of(sender)).confirmation.fee == "0.004258 REMES"


async def test_a_signature_for_the_wrong_chain_is_refused_by_the_chain(
    make_sender: Callable[..., Sender], chain: Any
) -> None:
    sender = make_sender()
    plan = await plan_of(sender)
    chain.chain_id = "moved-2"
    payment = await sender.settle(sender.commit("one", plan, sign), 20)
    assert payment.state is PaymentState.FAILED and payment.code == 4
    assert chain.balance(ME) == 100 * REMES


async def test_offline_is_said_and_loses_nothing(
    make_sender: Callable[..., Sender], chain: Any, clock: Clock, monkeypatch: Any
) -> None:
    monkeypatch.setattr("r3mes_launcher.wallet.chain_endpoints.PAUSE_BETWEEN_ROUNDS_S", 0.0)
    sender = make_sender()
    payment = sender.commit("one", await plan_of(sender), sign)
    url = chain.url
    offline = make_sender("store", endpoints=("http://127.0.0.1:9",))
    payment = await offline.advance(payment)
    assert payment.state is PaymentState.SENT and payment.uncertain
    assert (await refused(offline)).problem is Problem.OFFLINE
    clock.seconds += 60
    back = make_sender("store", endpoints=(url,))
    (payment,) = await back.resume(20)
    assert payment.state is PaymentState.INCLUDED and chain.balance(FRIEND) == 5 * REMES


# kill -9

PAYER = """
import asyncio, json, os, signal, sys, time
from pathlib import Path
import httpx
from r3mes_launcher.wallet.chain_client import ChainClient
from r3mes_launcher.wallet.chain_endpoints import EndpointPool
from r3mes_launcher.wallet.keys import PrivateKey, account_path
from r3mes_launcher.wallet.message_kinds import message_from_json
from r3mes_launcher.wallet.mnemonic import entropy_of_phrase, passphrase_bytes
from r3mes_launcher.wallet.profiles import NetworkProfile
from r3mes_launcher.wallet.sender import Sender
from r3mes_launcher.wallet.transactions import sign_transaction
from r3mes_launcher.wallet.wallet_store import WalletStore

def key(index):
    phrase = "abandon " * 11 + "about"
    return PrivateKey.derive(entropy_of_phrase(phrase), passphrase_bytes(""), account_path(index=index))

async def pay(index, kill_at, say, later):
    done = 0

    def step(name):
        nonlocal done
        done += 1
        if done == kill_at:
            os.write(say, name.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    def clock():  # a second takes a tenth of a millisecond
        return 1.7e9 + later * 1e6 + time.monotonic() * 1e4

    profile = NetworkProfile(name="net", title="Net", endpoints=(os.environ["CHAIN"],))
    client = ChainClient(EndpointPool(profile.endpoints, transport=httpx.AsyncHTTPTransport(verify=False)))
    store = WalletStore(Path(os.environ["ROOT"]) / f"{index}.sqlite")
    sender = Sender(profile, client, store, now=clock, poll_s=0.001, step=step)
    if later:
        await sender.resume(20)
    if store.payment("the payment") is None:
        signer = key(index)
        message = message_from_json({
            "@type": "/cosmos.bank.v1beta1.MsgSend",
            "from_address": signer.address("remes"),
            "to_address": os.environ["FRIEND"],
            "amount": [{"denom": "ur3mes", "amount": "5000000"}],
        })
        plan = await sender.plan(signer.public_key, [message])
        await sender.settle(sender.commit("the payment", plan, lambda unsigned: sign_transaction(unsigned, signer)), 20)
    state = store.payment("the payment").state
    await client.close()
    store.close()
    return state

def forked(*arguments):
    hear, say = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            state = asyncio.run(pay(*arguments[:2], say, *arguments[2:]))
            os.write(say, state.encode())
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    os.close(say)
    said, status = os.read(hear, 200).decode(), os.waitpid(child, 0)[1]
    os.close(hear)
    return said, status

steps = []
for index in range(int(os.environ["CASES"])):
    said, status = forked(index, index + 1, 0)
    if status == 0:
        break
    assert os.WIFSIGNALED(status), status
    steps.append(said)
    if index % 2:
        # The program starts again and is killed again, before it is left in peace.
        forked(index, 2, 100)
    said, status = forked(index, 0, 200)
    assert (said, status) == ("included", 0), (steps, said, status)
print(json.dumps(steps))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX signal")
@pytest.mark.parametrize("faults", [[], ["drop_after", "502"] * 8])
def test_kill_9_at_each_step_pays_exactly_once(
    chain: Any, tmp_path: Path, wallet_child: Any, faults: list[str]
) -> None:
    cases = 7
    for index in range(cases):
        with PrivateKey.derive(
            entropy_of_phrase("abandon " * 11 + "about"), passphrase_bytes(""), account_path(index=index)
        ) as payer:
            chain.fund(payer.address("remes"), 100 * REMES)
    chain.faults.extend(faults)
    answer = wallet_child(PAYER, CHAIN=chain.url, ROOT=str(tmp_path), FRIEND=FRIEND, CASES=str(cases))
    steps = json.loads(answer.stdout)
    assert {"signed", "written down", "marked as sent", "broadcast", "answer noted", "looked", "finding noted"} <= set(
        steps
    )
    completed = len(steps) + (len(steps) < cases)
    assert chain.balance(FRIEND) == completed * 5 * REMES
    assert len(chain.included) == completed


# The machine


def fresh() -> Payment:
    return Payment("id", "c-1", ME, 4, 1_000, "AB", "Send", 0.0)


observations = st.one_of(
    st.builds(Accepted),
    st.builds(NoAnswer),
    st.builds(Refused, st.sampled_from([4, 5, 13, 19, 20, 30, 32]), st.sampled_from(["sdk", "", "x"]), st.just("log")),
    st.builds(Found, st.sampled_from([0, 5, 11]), st.just("sdk"), st.just("log"), st.integers(1, 2_000), st.just(1)),
    st.builds(NotFound, st.integers(0, 2_000), st.one_of(st.none(), st.integers(0, 9))),
)


@given(st.lists(st.tuples(st.booleans(), observations), max_size=25))
def test_an_end_is_an_end_and_is_only_reached_with_proof(steps: list[tuple[bool, Any]]) -> None:
    payment = fresh()
    tries = 0
    for is_try, seen in steps:
        before = payment
        if is_try and should_send(payment, 1e9 + tries * 100):
            tries += 1
            payment = observe(sending(payment, 1e9 + tries * 100), before, seen)
        else:
            payment = observe(payment, None, seen)
        if not before.in_flight:
            assert payment == before
        elif payment.state is PaymentState.FAILED:
            assert isinstance(seen, Found) or (isinstance(seen, Refused) and not before.uncertain and tries == 1)
        elif payment.state is PaymentState.EXPIRED:
            assert isinstance(seen, NotFound) and seen.height > 1_002
            assert seen.sequence is not None and seen.sequence <= 4
        elif payment.state is PaymentState.INCLUDED:
            assert isinstance(seen, Found) and seen.code == 0
        assert sentence(payment)


def test_a_used_number_is_looked_for_and_not_sent_again() -> None:
    payment = sending(sending(fresh(), 1.0), 50.0)
    payment = observe(payment, sending(fresh(), 1.0), Refused(32, "sdk", "expected 5, got 4"))
    assert payment.state is PaymentState.SENT and not should_send(payment, 1e9)
    assert observe(payment, None, Found(0, "", "", 9, 1)).state is PaymentState.INCLUDED


# Fees


def test_fees() -> None:
    price = parse_gas_price("0.025ur3mes")
    assert fees.gas_limit(71_000) == 85_200 and fees.gas_limit(10) == 50_000
    assert fees.fee_for(85_200, price).amount == (Coin("ur3mes", 2_130),)
    assert fees.fee_for(85_200, parse_gas_price("0ur3mes")).amount == ()
    assert fees.spendable(10, "ur3mes", price) == 0
    assert fees.spendable(10, "other", price) == 10


@given(st.integers(0, 10**15), st.integers(0, 10**12), st.integers(0, 10**15))
def test_max_can_always_be_paid_with_its_fees(balance: int, attos_millions: int, gas: int) -> None:
    price = parse_gas_price("0.025ur3mes")._replace(attos=attos_millions * 10**6)
    most = fees.spendable(balance, "ur3mes", price)
    assert most == 0 or most + 3 * price.fee(fees.RESERVE_GAS).amount == balance


# The store


def test_the_store_keeps_large_numbers_and_refuses_foreign_files(tmp_path: Path) -> None:
    store = WalletStore(tmp_path / "store.sqlite")
    signed = type("Signed", (), {"tx_bytes": b"\x00\xff"})()
    large = dataclasses.replace(fresh(), sequence=2**64 - 1, timeout_height=2**64 - 1)
    store.add(large, signed, (FRIEND,))
    assert store.payment("id") == large and store.tx_bytes("id") == b"\x00\xff"
    assert store.sent_to("c-1", ME) == {FRIEND} and store.in_flight("c-1") == (large,)
    store.close()
    reopened = WalletStore(tmp_path / "store.sqlite")
    assert reopened.payment("id") == large
    reopened.close()
    newer = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    (tmp_path / "junk.sqlite").write_bytes(b"not a database" * 100)
    for name, problem in (("store", Problem.VAULT_TOO_NEW), ("junk", Problem.VAULT_DAMAGED)):
        with pytest.raises(WalletError) as caught:
            WalletStore(tmp_path / f"{name}.sqlite")
        assert caught.value.problem is problem
