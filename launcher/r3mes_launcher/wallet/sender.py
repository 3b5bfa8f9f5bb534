"""Payments from a plan to a block: asked, confirmed, signed, written down, sent, watched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from r3mes_launcher.sentence import Sentence
from r3mes_launcher.wallet import fees
from r3mes_launcher.wallet.addresses import address_of_key
from r3mes_launcher.wallet.amounts import Coin
from r3mes_launcher.wallet.chain_client import ChainClient
from r3mes_launcher.wallet.chain_errors import SEQUENCE_CODE, ChainRefusal
from r3mes_launcher.wallet.confirmation import Confirmation, MoneyWords, confirmation_of, summary_of
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.message_kinds import ChainMessage
from r3mes_launcher.wallet.message_rules import check_message
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire
from r3mes_launcher.wallet.payment_machine import (
    Accepted,
    Found,
    NoAnswer,
    NotFound,
    Payment,
    Refused,
    observe,
    sending,
    should_send,
)
from r3mes_launcher.wallet.profiles import NetworkFacts, NetworkProfile, mismatch
from r3mes_launcher.wallet.transactions import (
    FeeOffer,
    SignedTransaction,
    UnsignedTransaction,
    build_transaction,
    transaction_hash,
)
from r3mes_launcher.wallet.wallet_store import WalletStore

POLL_S = 1.0
"""Blocks come every few seconds."""
EMPTY_SIGNATURE = bytes(64)

Sign = Callable[[UnsignedTransaction], SignedTransaction]
Step = Callable[[str], None]
"""Told each step of sending that has just been done; the tests kill the process there."""


def _unwatched(step: str) -> None:
    return None


@dataclass(frozen=True)
class Plan:
    """A transaction that a person is asked about. Nothing is signed yet."""

    unsigned: UnsignedTransaction
    confirmation: Confirmation
    address: str
    sequence: int


class Sender:
    def __init__(
        self,
        profile: NetworkProfile,
        client: ChainClient,
        store: WalletStore,
        *,
        now: Callable[[], float],
        poll_s: float | None = None,
        step: Step = _unwatched,
    ) -> None:
        """`now` gives Unix seconds. All methods run on one event loop."""
        self._profile = profile
        self._client = client
        self._store = store
        self._now = now
        self._poll_s = POLL_S if poll_s is None else poll_s
        self._step = step

    # The network's facts

    async def check_network(self) -> NetworkFacts:
        """The facts to sign for, pinned at the first contact. Raises WRONG_CHAIN when a node says otherwise later."""
        found = await self._client.facts()
        pinned = self._store.pinned(self._profile.name)
        reason = mismatch(self._profile, pinned, found)
        if reason is not None:
            raise WalletError(
                Problem.WRONG_CHAIN,
                Sentence("{reason} Nothing is signed for it.", reason=reason),
                "The node may be wrong or hostile; use another one, or accept the change if you know its reason.",
            )
        if pinned is None:
            self._store.pin(self._profile.name, found)
            return found
        return pinned

    async def accept_network(self) -> NetworkFacts:
        """Pins what the node says now: its owner has read the difference. The profile's own facts still bind."""
        found = await self._client.facts()
        reason = mismatch(self._profile, None, found)
        if reason is not None:
            raise WalletError(Problem.WRONG_CHAIN, Sentence("{reason} Nothing is signed for it.", reason=reason))
        self._store.pin(self._profile.name, found)
        return found

    def words(self, facts: NetworkFacts) -> MoneyWords:
        return MoneyWords(facts.bond_denom, self._profile.display, self._profile.decimals)

    # Planning

    async def plan(
        self, public_key: bytes, messages: Sequence[ChainMessage], *, memo: str = "", fee_granter: str = ""
    ) -> Plan:
        """Simulates and prices the messages. Costs nothing; raises every refusal that can be known before signing."""
        try:
            return await self._plan(public_key, messages, memo, fee_granter)
        except ChainRefusal as refusal:
            if refusal.code != SEQUENCE_CODE or refusal.codespace != "sdk":
                raise
        # Another program with this wallet paid while this was planned; nothing is signed, so it is planned anew.
        return await self._plan(public_key, messages, memo, fee_granter)

    async def _plan(self, public_key: bytes, messages: Sequence[ChainMessage], memo: str, fee_granter: str) -> Plan:
        address = address_of_key(public_key, self._profile.prefix)
        for message in messages:
            check_message(message, self._profile.prefix, address)
        facts = await self.check_network()
        account = await self._client.account(address)
        if account is None:
            raise WalletError(
                Problem.NOT_ENOUGH_FUNDS,
                "The chain does not know this wallet yet, because it has never received anything.",
                "Receive some coins first.",
            )
        if account.address and account.address != address:
            raise WalletError(Problem.BAD_ANSWER, "The node answered about another account than was asked.")
        block = await self._client.latest_block()
        if block.chain_id != facts.chain_id:
            raise WalletError(
                Problem.WRONG_CHAIN,
                Sentence(
                    "The node's blocks are of {chain_id}, not {expected}.",
                    chain_id=block.chain_id,
                    expected=facts.chain_id,
                ),
            )
        sequence = account.sequence
        if not self._profile.demo:  # whose chain may have begun anew
            sequence = max(sequence, self._store.next_sequence(facts.chain_id, address))

        def build(fee: FeeOffer) -> UnsignedTransaction:
            return build_transaction(
                messages,
                prefix=self._profile.prefix,
                public_key=public_key,
                chain_id=facts.chain_id,
                account_number=account.number,
                sequence=sequence,
                fee=fee,
                memo=memo,
                timeout_height=block.height + self._profile.timeout_blocks,
            )

        balances = {coin.denom: coin.amount for coin in await self._client.balances(address)}
        spent = spent_by(messages)
        guess = fees.simulated_fee(balances, spent, len(messages), facts.gas_price, fee_granter)
        fees.check_funds(balances, spent, guess, self._profile)
        # With its fee: without one the simulation leaves out the gas of paying it.
        used = await self._client.simulate(build(guess).with_signature(EMPTY_SIGNATURE))
        fee = fees.fee_for(fees.gas_limit(used), facts.gas_price, fee_granter)
        fees.check_fee(fee, self._profile)
        fees.check_funds(balances, spent, fee, self._profile)
        unsigned = build(fee)
        confirmation = confirmation_of(
            unsigned,
            self.words(facts),
            self._store.sent_to(facts.chain_id, address),
            unbonding_s=await self._unbonding_s(),
        )
        return Plan(unsigned, confirmation, address, sequence)

    async def _unbonding_s(self) -> int:
        return (await self._client.staking_params()).unbonding_s

    async def most_to_spend(self, address: str) -> Coin:
        """What “max” offers: the staking coin's balance less the reserve for fees."""
        facts = await self.check_network()
        balances = {coin.denom: coin.amount for coin in await self._client.balances(address)}
        have = balances.get(facts.bond_denom, 0)
        return Coin(facts.bond_denom, fees.spendable(have, facts.bond_denom, facts.gas_price))

    # Sending

    def commit(self, payment_id: str, plan: Plan, sign: Sign) -> Payment:
        """Signs what was confirmed and writes it down. From here on it will be paid once, whatever happens.

        `payment_id` belongs to one confirmation: given again, it returns the payment that it made, and signs nothing.
        """
        known = self._store.payment(payment_id)
        if known is not None:
            return known
        signed = sign(plan.unsigned)
        if transaction_hash(signed.tx_bytes) != signed.tx_hash:
            raise WalletError(Problem.BAD_TRANSACTION, "The signed bytes do not have the hash that was given.")
        self._step("signed")
        decoded = plan.confirmation.decoded
        payment = self._store.add(
            Payment(
                payment_id=payment_id,
                chain_id=plan.unsigned.chain_id,
                address=plan.address,
                sequence=plan.sequence,
                timeout_height=decoded.timeout_height,
                tx_hash=signed.tx_hash,
                summary=summary_of(decoded, self._words_of(plan)),
                created_at=self._now(),
            ),
            signed,
            tuple(card.recipient for card in plan.confirmation.cards if card.recipient),
        )
        self._step("written down")
        return payment

    def _words_of(self, plan: Plan) -> MoneyWords:
        facts = self._store.pinned(self._profile.name)
        return self.words(facts) if facts is not None else MoneyWords("", self._profile.display, self._profile.decimals)

    async def advance(self, payment: Payment) -> Payment:
        """One round: sends if due, then looks. Network trouble is no error here; the next round goes on."""
        if should_send(payment, self._now()):
            payment = await self._send(payment)
        if payment.in_flight:
            payment = await self._look(payment)
        return payment

    async def _send(self, before: Payment) -> Payment:
        payment = sending(before, self._now())
        self._store.update(payment)
        self._step("marked as sent")
        seen: Accepted | Refused | NoAnswer
        try:
            refusal = await self._client.broadcast(self._store.tx_bytes(payment.payment_id))
            seen = Accepted() if refusal is None else Refused(refusal.code, refusal.codespace, refusal.log)
        except WalletError:
            seen = NoAnswer()
        self._step("broadcast")
        payment = observe(payment, before, seen)
        self._store.update(payment)
        self._step("answer noted")
        return payment

    async def _look(self, payment: Payment) -> Payment:
        try:
            seen = await self._client.settlement(payment.tx_hash, payment.address)
        except WalletError:
            return payment
        if seen.result is None:
            payment = observe(payment, None, NotFound(seen.height, seen.sequence))
        elif seen.result.height > 0 and seen.result.tx_hash == payment.tx_hash:
            result = seen.result
            payment = observe(
                payment, None, Found(result.code, result.codespace, result.log, result.height, result.gas_used)
            )
        self._step("looked")
        self._store.update(payment)
        self._step("finding noted")
        return payment

    async def settle(self, payment: Payment, timeout_s: float) -> Payment:
        """Rounds until it is settled or `timeout_s` is over; it stays in flight then, and `resume` goes on later."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        payment = await self.advance(payment)
        while payment.in_flight and not payment.unclear and loop.time() < deadline:
            await asyncio.sleep(self._poll_s)
            payment = await self.advance(payment)
        return payment

    async def resume(self, timeout_s: float) -> tuple[Payment, ...]:
        """At the start of the program: goes on with everything that a crash or an outage left in flight."""
        facts = await self.check_network()
        return tuple([await self.settle(payment, timeout_s) for payment in self._store.in_flight(facts.chain_id)])


def refusal_of(payment: Payment) -> ChainRefusal | None:
    """Why it failed, in words; None when it has not."""
    return ChainRefusal(payment.code, payment.codespace, payment.log) if payment.code else None


def spent_by(messages: Sequence[ChainMessage]) -> tuple[Coin, ...]:
    """The coins that leave the balance, fees aside."""
    spent: list[Coin] = []
    for message in messages:
        match message.body:
            case wire.MsgSend() as body:
                spent += [Coin(coin.denom, int(coin.amount)) for coin in body.amount]
            case wire.MsgDelegate() as body:
                spent.append(Coin(body.amount.denom, int(body.amount.amount)))
    return tuple(spent)
