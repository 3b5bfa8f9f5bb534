"""The wallet's side of one network: what is read, what is planned, and payments until they are settled."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import httpx

from r3mes_launcher.core.wallet_messages import messages_for
from r3mes_launcher.core.wallet_orders import FoundAddress, FoundAddresses, Order, PlannedPayment
from r3mes_launcher.core.wallet_state import (
    HistoryEntry,
    NetworkView,
    PaymentEntry,
    RegistrationEntry,
    RoleEntry,
    UnbondingTerms,
    Unit,
)
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.sentence import Sentence, phrase
from r3mes_launcher.wallet import roles, staking
from r3mes_launcher.wallet.account_discovery import Preview, look_up, suggestion
from r3mes_launcher.wallet.amounts import parse_coin
from r3mes_launcher.wallet.chain_client import ChainClient
from r3mes_launcher.wallet.chain_endpoints import EndpointPool
from r3mes_launcher.wallet.chain_shapes import Portfolio, Registration, TransactionResult, Validator, moment
from r3mes_launcher.wallet.confirmation import MoneyWords
from r3mes_launcher.wallet.decoding import transaction_to_json
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.history_csv import history_csv
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire
from r3mes_launcher.wallet.payment_machine import Payment, sentence
from r3mes_launcher.wallet.profiles import NetworkFacts, NetworkProfile
from r3mes_launcher.wallet.sender import Plan, Sender, refusal_of
from r3mes_launcher.wallet.transactions import SignedTransaction
from r3mes_launcher.wallet.wallet_store import WalletStore
from r3mes_protocol.grants import Role

T = TypeVar("T")

POLL_S = 1.0
"""How often a payment on its way is looked for: blocks come every few seconds."""
SLOW_POLL_S = 10.0
EAGER_LOOKS = 60
"""After a minute of looking it is looked for less often: the chain stands still, or the network is away."""
MAX_PLANS = 8
"""Confirmations that may be open at once; an older one has to be planned anew."""
FAUCET_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class ChainReading:
    """One look at the chain for one wallet. What could not be read keeps its default."""

    network: NetworkView
    unit: Unit
    holdings: Portfolio
    validators: tuple[Validator, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    roles: tuple[RoleEntry, ...] = ()
    registration: RegistrationEntry | None = None
    unbonding: UnbondingTerms | None = None


@dataclass(frozen=True, slots=True)
class _Planned:
    plan: Plan
    registration: wire.MsgRegisterNode | None


class WalletChain:
    """Owned by the core's loop. Make it there: the store belongs to the thread that opens it."""

    def __init__(
        self,
        profile: NetworkProfile,
        folder: Path,
        clock: Clock,
        *,
        faucet_url: str = "",
        on_payment: Callable[[Payment], None],
    ) -> None:
        """Raises WalletError when the record of transactions can't be opened."""
        self.profile = profile
        self._clock = clock
        self._faucet_url = faucet_url
        self._on_payment = on_payment
        self._store = WalletStore(folder / f"{profile.name}.sqlite")
        self._client = ChainClient(EndpointPool(profile.endpoints))
        self._sender = Sender(profile, self._client, self._store, now=clock.now)
        self._plans: OrderedDict[str, _Planned] = OrderedDict()
        self._expected: dict[str, wire.MsgRegisterNode] = {}
        self._watches: dict[str, asyncio.Task[None]] = {}

    async def close(self) -> None:
        watches = list(self._watches.values())
        for task in watches:
            task.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
        await self._client.close()
        self._store.close()

    # --- reading -------------------------------------------------------------------------------------------------

    @property
    def view(self) -> NetworkView:
        """What is known without asking anybody."""
        pinned = self._store.pinned(self.profile.name)
        return NetworkView(
            title=self.profile.title,
            prefix=self.profile.prefix,
            chain_id=pinned.chain_id if pinned is not None else self.profile.chain_id,
            demo=self.profile.demo,
            faucet=bool(self._faucet_url),
        )

    async def facts(self) -> NetworkFacts:
        return await self._sender.check_network()

    async def accept(self) -> None:
        """Its owner has read what the node says otherwise, and takes it."""
        await self._sender.accept_network()

    async def read(self, address: str) -> ChainReading:
        """Everything anew. Raises OFFLINE or WRONG_CHAIN; what only decorates may fail alone."""
        facts = await self._sender.check_network()
        held = await staking.portfolio(self._client, address, facts.bond_denom)
        now = self._clock.now()
        terms, validators, history, role_params, registration = await asyncio.gather(
            _or(None, self._terms(now)),
            _or((), self._client.validators()),
            _or((), self._client.history(address)),
            _or({}, self._client.role_params()),
            _or(None, self._client.registration(address)),
        )
        return ChainReading(
            network=replace(self.view, chain_id=facts.chain_id, reachable=True, read_at=now),
            unit=Unit(facts.bond_denom, self.profile.display, self.profile.decimals),
            holdings=held,
            validators=validators,
            history=self._history(facts.chain_id, address, history),
            roles=_role_entries(
                roles.requirements(self.profile, role_params, facts.bond_denom), held.staked, registration
            ),
            registration=_registration_entry(registration, self.profile, facts.bond_denom),
            unbonding=terms,
        )

    async def _terms(self, now: float) -> UnbondingTerms:
        meaning = staking.unbonding_meaning(
            await self._client.staking_params(), await self._client.slashing_params(), now
        )
        return UnbondingTerms(meaning.days, meaning.free_at, meaning.sentences)

    def _history(self, chain_id: str, address: str, found: tuple[TransactionResult, ...]) -> tuple[HistoryEntry, ...]:
        own = {payment.tx_hash: payment.summary for payment in self._store.payments(chain_id, address)}
        return tuple(
            HistoryEntry(
                tx_hash=item.tx_hash,
                at=_moment(item.time),
                height=item.height,
                worked=item.code == 0,
                summary=own.get(item.tx_hash, ""),
                note=item.log if item.code else "",
            )
            for item in found
        )

    async def history_table(self, address: str) -> str:
        """All of the history as CSV."""
        facts = await self._sender.check_network()
        return history_csv(await self._client.history(address), self._store.payments(facts.chain_id, address))

    def payments(self, address: str) -> tuple[PaymentEntry, ...]:
        """What this computer has sent from the address, newest first."""
        chain_id = self.view.chain_id
        return tuple(
            PaymentEntry(payment, sentence(payment), _reason(payment))
            for payment in (self._store.payments(chain_id, address) if chain_id else ())
        )

    async def find(self, found: tuple[Preview, ...]) -> FoundAddresses:
        """What the chain knows of a phrase's addresses; without it, the addresses alone."""
        problem = ""
        try:
            facts = await self._sender.check_network()
            known, denom = await look_up(self._client, found), facts.bond_denom
        except WalletError as error:
            known, denom, problem = found, "", error.message
        return FoundAddresses(
            tuple(
                FoundAddress(
                    str(item.path),
                    item.coin_type,
                    item.index,
                    item.address,
                    item.used,
                    sum(coin.amount for coin in item.balances if coin.denom == denom),
                )
                for item in known
            ),
            str(suggestion(known).path),
            problem,
        )

    # --- planning and paying -------------------------------------------------------------------------------------

    async def most_to_spend(self, address: str) -> int:
        return (await self._sender.most_to_spend(address)).amount

    async def plan(self, order: Order, address: str, public_key: bytes) -> PlannedPayment:
        """Simulated and priced, for its owner to look at. Nothing is signed."""
        facts = await self._sender.check_network()
        made = await messages_for(order, self._client, self.profile, address, facts.bond_denom, self._clock.now())
        plan = await self._sender.plan(public_key, made.messages, memo=made.memo)
        plan_id = secrets.token_hex(16)
        self._plans[plan_id] = _Planned(plan, made.registration)
        while len(self._plans) > MAX_PLANS:
            self._plans.popitem(last=False)
        decoded = json.dumps(transaction_to_json(plan.confirmation.decoded), indent=2, ensure_ascii=False)
        raw = f"{decoded}\n\nBytes to be signed (hex)\n{plan.unsigned.sign_bytes().hex()}"
        return PlannedPayment(plan_id, plan.confirmation, raw)

    async def pay(self, plan_id: str, sign: Callable[[Plan], Awaitable[SignedTransaction]]) -> Payment:
        """Signs exactly what was confirmed, writes it down, and sees it through. Given again, it pays nothing more."""
        known = self._store.payment(plan_id)
        if known is not None:
            return known
        planned = self._plans.get(plan_id)
        if planned is None:
            raise WalletError(Problem.BAD_INPUT, "This confirmation is too old.", "Ask for it again.")
        signed = await sign(planned.plan)
        payment = self._sender.commit(plan_id, planned.plan, lambda _: signed)
        self._plans.pop(plan_id, None)
        if planned.registration is not None:
            self._expected[plan_id] = planned.registration
        self._watch(payment)
        return payment

    def resume(self) -> None:
        """Goes on with what a crash or an outage left in flight. Needs no key: it is signed."""
        chain_id = self.view.chain_id
        for payment in self._store.in_flight(chain_id) if chain_id else ():
            self._watch(payment)

    async def recorded(self, payment: Payment) -> tuple[str, ...]:
        """What the chain really kept of a registration that was included; nothing for other payments."""
        expected = self._expected.pop(payment.payment_id, None)
        if expected is None:
            return ()
        facts = await self._sender.check_network()
        found = await self._client.registration(payment.address)
        return roles.registration_report(expected, found, self.profile, facts.bond_denom).sentences

    def close_unclear(self, payment_id: str, included: bool) -> None:
        """The owner's own finding about a payment that no node could explain."""
        self._store.close_unclear(payment_id, included=included)

    async def ask_faucet(self, address: str) -> None:
        """Asks the demo's chain for coins."""
        try:
            async with httpx.AsyncClient(timeout=FAUCET_TIMEOUT_S, trust_env=False) as http:
                answer = await http.post(self._faucet_url, json={"address": address})
        except httpx.HTTPError as error:
            raise WalletError(
                Problem.OFFLINE, Sentence("The faucet does not answer ({name}).", name=type(error).__name__)
            ) from None
        if answer.status_code >= 400:
            raise WalletError(
                Problem.CHAIN_REFUSED,
                Sentence("The faucet refused (HTTP {status_code}).", status_code=answer.status_code),
                "Wait a while.",
            )

    def _watch(self, payment: Payment) -> None:
        if payment.in_flight and payment.payment_id not in self._watches:
            task = asyncio.create_task(self._settle(payment), name=f"settle {payment.tx_hash[:12]}")
            self._watches[payment.payment_id] = task
            task.add_done_callback(lambda _: self._watches.pop(payment.payment_id, None))

    async def _settle(self, payment: Payment) -> None:
        looks = 0
        while True:
            before = payment
            payment = await self._sender.advance(payment)
            if payment != before:
                self._on_payment(payment)
            if not payment.in_flight or payment.unclear:
                return
            looks += 1
            await self._clock.sleep(POLL_S if looks < EAGER_LOOKS else SLOW_POLL_S)


async def _or(default: T, work: Awaitable[T]) -> T:
    try:
        return await work
    except WalletError:
        return default


def _moment(text: str) -> float | None:
    try:
        return moment(text, phrase("the history"))
    except WalletError:
        return None


def _reason(payment: Payment) -> str:
    refusal = refusal_of(payment)
    return str(refusal) if refusal is not None and not payment.in_flight else ""


def _role_entries(
    needed: dict[Role, roles.Requirement], staked: int, registration: Registration | None
) -> tuple[RoleEntry, ...]:
    entries = []
    for role, requirement in needed.items():
        status = roles.status(role, requirement, staked, registration)
        entries.append(
            RoleEntry(
                role=role.value,
                needed=requirement.total,
                own_minimum=requirement.own_minimum,
                also_needed=tuple(other.value for other in requirement.also_needed),
                staked=staked,
                missing=status.missing,
                registered=status.registered,
                ready=status.ready,
                notes=requirement.notes,
            )
        )
    return tuple(entries)


def _registration_entry(found: Registration | None, profile: NetworkProfile, denom: str) -> RegistrationEntry | None:
    if found is None:
        return None
    held = sorted(role.value for role in roles.registered_roles(found))
    try:
        declared = MoneyWords(denom, profile.display, profile.decimals).amount(parse_coin(found.stake))
    except WalletError:
        declared = found.stake[:80]
    status = found.status.removeprefix("NODE_STATUS_").replace("_", " ").lower()
    return RegistrationEntry(tuple(held), declared, status[:40], found.height)
