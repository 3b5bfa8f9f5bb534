"""Commands that ask the chain, and those that send. What costs something is shown first, and sent with “confirm”."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from r3mes_launcher.wallet import roles, staking
from r3mes_launcher.wallet.addresses import require_account, require_operator
from r3mes_launcher.wallet.amounts import Coin, format_amount, parse_amount
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.history_csv import history_csv
from r3mes_launcher.wallet.json_input import Fields, bad
from r3mes_launcher.wallet.message_kinds import ChainMessage
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire
from r3mes_launcher.wallet.payment_machine import Payment, sentence
from r3mes_launcher.wallet.sender import Plan, refusal_of
from r3mes_launcher.wallet.wallet_record import WalletRecord
from r3mes_launcher.wallet.wallet_session import Online, WalletSession
from r3mes_protocol.grants import Grant, Role

SETTLE_TIMEOUT_S = 60.0
"""How long a command waits for a block; what is not settled then goes on with `resume`."""
MAX_GRANT_DAYS = 366
SECONDS_A_DAY = 86_400

Answer = dict[str, Any]


async def balance(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record = _open(session, fields)
    fields.done()
    facts = await online.sender.check_network()
    held = await staking.portfolio(online.client, record.address, facts.bond_denom)
    profile = online.profile
    amounts = {
        name: format_amount(getattr(held, name), profile.decimals)
        for name in ("available", "staked", "unbonding", "claimable", "total")
    }
    return {"address": record.address, "display": profile.display, "denom": facts.bond_denom, **amounts}


async def send(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record = _open(session, fields)
    recipient = require_account(fields.text("to"), online.profile.prefix, what="recipient's address")
    amount = await _amount(online, record, fields)
    return await _transact(session, online, record, fields, [staking.send(record.address, recipient, amount)])


async def stake(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record = _open(session, fields)
    validator = _validator(online, fields, "validator")
    amount = await _amount(online, record, fields)
    return await _transact(session, online, record, fields, [staking.delegate(record.address, validator, amount)])


async def unstake(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record = _open(session, fields)
    validator = _validator(online, fields, "validator")
    amount = await _amount(online, record, fields, limited=False)
    held = await staking.portfolio(online.client, record.address, amount.denom)
    params = await online.client.staking_params()
    message = staking.undelegate(record.address, validator, amount, held, params)
    meaning = staking.unbonding_meaning(params, await online.client.slashing_params(), time.time())
    answer = await _transact(session, online, record, fields, [message])
    return {**answer, "unbonding": list(meaning.sentences)}


async def redelegate(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record = _open(session, fields)
    source, destination = _validator(online, fields, "from"), _validator(online, fields, "validator")
    amount = await _amount(online, record, fields, limited=False)
    held = await staking.portfolio(online.client, record.address, amount.denom)
    params = await online.client.staking_params()
    message = staking.redelegate(record.address, source, destination, amount, held, params, time.time())
    return await _transact(session, online, record, fields, [message])


async def claim(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record = _open(session, fields)
    rewards = await online.client.rewards(record.address)
    return await _transact(session, online, record, fields, staking.claim(record.address, rewards))


async def register(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """Registers roles and reads back what the chain made of it."""
    record = _open(session, fields)
    facts = await online.sender.check_network()
    chosen = _roles(fields)
    spec = Fields(fields.object("resources") if fields.has("resources") else {}, "resources")
    names = [field.name for field in dataclasses.fields(roles.Resources)]
    try:
        resources = roles.Resources(**{name: spec.count(name, 0) for name in names})
    except ValueError as error:
        raise bad(f"The resources are wrong: {error}.") from None
    spec.done()
    needed = roles.requirements(online.profile, await online.client.role_params(), facts.bond_denom)
    declared = Coin(facts.bond_denom, roles.total_for(chosen, needed))
    held = roles.registered_roles(await online.client.registration(record.address))
    message = roles.register_message(record.address, chosen, resources, declared, held=held)
    answer = await _transact(session, online, record, fields, [message])
    if answer.get("state") == "included":
        found = await online.client.registration(record.address)
        assert isinstance(message.body, wire.MsgRegisterNode)
        report = roles.registration_report(message.body, found, online.profile, facts.bond_denom)
        answer["recorded"] = list(report.sentences)
    return answer


async def role_status(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record = _open(session, fields)
    fields.done()
    facts = await online.sender.check_network()
    needed = roles.requirements(online.profile, await online.client.role_params(), facts.bond_denom)
    delegations = await online.client.delegations(record.address)
    staked = sum(item.amount.amount for item in delegations if item.amount.denom == facts.bond_denom)
    registration = await online.client.registration(record.address)
    decimals = online.profile.decimals
    answer: Answer = {}
    for role, requirement in needed.items():
        current = roles.status(role, requirement, staked, registration)
        answer[role.value] = {
            "needed": format_amount(requirement.total, decimals),
            "staked": format_amount(staked, decimals),
            "missing": format_amount(current.missing, decimals),
            "registered": current.registered,
            "ready": current.ready,
            "notes": [*requirement.notes, roles.NOT_ENFORCED],
        }
    return {"address": record.address, "roles": answer}


async def grant(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """The owner's signed word for a node's key, which the node shows to its gateway."""
    record = _open(session, fields)
    facts = await online.sender.check_network()
    days, begin = fields.count("days", 90), int(time.time())
    if not 0 < days <= MAX_GRANT_DAYS:
        raise bad(f"A grant lasts 1 to {MAX_GRANT_DAYS} days.")
    node, chosen, gateway = fields.text("node_public_key"), _roles(fields), fields.text("gateway")
    fields.done()
    try:
        wanted = Grant(
            network=facts.chain_id,
            owner=record.address,
            node_public_key=node,
            roles=tuple(chosen),
            gateway=gateway,
            not_before=begin,
            not_after=begin + days * SECONDS_A_DAY,
        )
    except ValidationError:
        raise bad("The grant needs “node_public_key” (64 hex digits), “roles”, and “gateway”, an origin.") from None
    return session.vault.sign_grant(record.wallet_id, wanted).model_dump(mode="json")


async def validators(session: WalletSession, online: Online, fields: Fields) -> Answer:
    fields.done()
    return {"validators": [dataclasses.asdict(item) for item in await online.client.validators()]}


async def history(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """What the chain knows of the address, and what this computer has sent; with “csv” as a table."""
    record = _open(session, fields)
    as_csv = fields.flag("csv")
    fields.done()
    facts = await online.sender.check_network()
    if as_csv:
        own = online.store.payments(facts.chain_id, record.address)
        return {"csv": history_csv(await online.client.history(record.address), own)}
    return {
        "chain": [dataclasses.asdict(item) for item in await online.client.history(record.address)],
        "own": [_payment(item) for item in online.store.payments(facts.chain_id, record.address)],
    }


async def resume(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """Goes on with payments that a crash or an outage left in flight. Needs no password: they are signed."""
    fields.done()
    return {"payments": [_payment(item) for item in await online.sender.resume(SETTLE_TIMEOUT_S)]}


async def network(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """What the node says of its chain; with “accept”, pins it."""
    accept = fields.flag("accept")
    fields.done()
    facts = await (online.sender.accept_network() if accept else online.sender.check_network())
    return {
        "chain_id": facts.chain_id,
        "bond_denom": facts.bond_denom,
        "gas_price": str(facts.gas_price),
        "endpoints": list(online.profile.endpoints),
    }


CHAIN_COMMANDS: Mapping[str, tuple[Callable[[WalletSession, Online, Fields], Awaitable[Answer]], str]] = {
    "balance": (balance, "what the wallet has"),
    "send": (send, "pay somebody"),
    "stake": (stake, "delegate to a validator"),
    "unstake": (unstake, "take a stake back"),
    "redelegate": (redelegate, "move a stake to another validator"),
    "claim": (claim, "claim staking rewards"),
    "register": (register, "register the node's roles"),
    "roles": (role_status, "what each role needs and what is missing"),
    "grant": (grant, "let a node's key take part for this wallet"),
    "validators": (validators, "the network's validators"),
    "history": (history, "past transactions"),
    "resume": (resume, "go on with payments that are still on their way"),
    "network": (network, "what the node says of its chain"),
}


# Inside


def _open(session: WalletSession, fields: Fields) -> WalletRecord:
    session.unlock(fields.text("password"))
    return session.choose(fields.text("wallet", ""))


def _validator(online: Online, fields: Fields, name: str) -> str:
    return require_operator(fields.text(name), online.profile.prefix)


def _roles(fields: Fields) -> list[Role]:
    try:
        return [Role(item) for item in fields.items("roles")]
    except ValueError:
        raise bad(f"Roles are {', '.join(role.value for role in Role)}.") from None


async def _amount(online: Online, record: WalletRecord, fields: Fields, *, limited: bool = True) -> Coin:
    """“amount” in REMES as text; “max” keeps a reserve for fees."""
    facts = await online.sender.check_network()
    typed = fields.text("amount")
    if typed == "max" and limited:
        return await online.sender.most_to_spend(record.address)
    amount = parse_amount(typed, online.profile.decimals)
    if amount == 0:
        raise WalletError(Problem.BAD_AMOUNT, "The amount is zero.")
    return Coin(facts.bond_denom, amount)


async def _transact(
    session: WalletSession, online: Online, record: WalletRecord, fields: Fields, messages: Sequence[ChainMessage]
) -> Answer:
    """Plans; sends only with “confirm”. “payment_id” makes a repeated command pay once."""
    memo, granter = fields.text("memo", ""), fields.text("fee_granter", "")
    confirm, payment_id = fields.flag("confirm"), fields.text("payment_id", "") or secrets.token_hex(16)
    fields.done()
    known = online.store.payment(payment_id)
    if known is not None:
        return _payment(await online.sender.settle(known, SETTLE_TIMEOUT_S))
    if not record.public_key:
        raise WalletError(Problem.WATCH_ONLY, f"“{record.name}” is only watched: its key is not here.")
    plan = await online.sender.plan(bytes.fromhex(record.public_key), messages, memo=memo, fee_granter=granter)
    if not confirm:
        return {"sent": False, **_plan(plan)}
    payment = online.sender.commit(
        payment_id, plan, lambda unsigned: session.vault.sign_transaction(record.wallet_id, unsigned)
    )
    session.vault.lock()
    return {**_payment(await online.sender.settle(payment, SETTLE_TIMEOUT_S)), **_plan(plan)}


def _plan(plan: Plan) -> Answer:
    shown = plan.confirmation
    return {
        "cards": [
            {"title": card.title, "lines": list(card.lines), "warnings": list(card.warnings)} for card in shown.cards
        ],
        "fee": shown.fee,
        "gas_limit": shown.gas_limit,
        "memo": shown.memo,
        "chain_id": shown.chain_id,
        "first_time": list(shown.first_time),
        "look_alikes": {address: other.known for address, other in shown.look_alikes},
    }


def _payment(payment: Payment) -> Answer:
    refusal = refusal_of(payment)
    return {
        "sent": True,
        "payment_id": payment.payment_id,
        "state": payment.state.value,
        "says": sentence(payment),
        "reason": refusal.message if refusal is not None else "",
        "hash": payment.tx_hash,
        "height": payment.height,
        "gas_used": payment.gas_used,
        "summary": payment.summary,
    }
