"""Commands that ask the chain, and those that send. What costs something is shown first, and sent with “confirm”."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable, Mapping

from pydantic import ValidationError

from r3mes_launcher.wallet import roles, staking
from r3mes_launcher.wallet.addresses import require_account
from r3mes_launcher.wallet.amounts import Coin, format_amount
from r3mes_launcher.wallet.chain_errors import DUPLICATE_CODE, ChainRefusal
from r3mes_launcher.wallet.command_steps import (
    SETTLE_TIMEOUT_S,
    Answer,
    amount_of,
    open_wallet,
    payment_answer,
    roles_of,
    transact,
    validator_of,
)
from r3mes_launcher.wallet.decoding import decode_signed
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.grant_revocation import deliver
from r3mes_launcher.wallet.history_csv import history_csv
from r3mes_launcher.wallet.json_input import Fields, bad
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire
from r3mes_launcher.wallet.transactions import transaction_hash
from r3mes_launcher.wallet.wallet_session import Online, WalletSession
from r3mes_protocol.grants import Grant
from r3mes_protocol.revocations import Revocation

LOOK_S = 0.5
"""Between two looks for a transaction."""
MAX_GRANT_DAYS = 366
SECONDS_A_DAY = 86_400


async def balance(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record = open_wallet(session, fields)
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
    record = open_wallet(session, fields)
    recipient = require_account(fields.text("to"), online.profile.prefix, what="recipient's address")
    amount = await amount_of(online, record, fields)
    return await transact(session, online, record, fields, [staking.send(record.address, recipient, amount)])


async def stake(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record = open_wallet(session, fields)
    validator = validator_of(online, fields, "validator")
    amount = await amount_of(online, record, fields)
    return await transact(session, online, record, fields, [staking.delegate(record.address, validator, amount)])


async def unstake(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record = open_wallet(session, fields)
    validator = validator_of(online, fields, "validator")
    amount = await amount_of(online, record, fields, limited=False)
    held = await staking.portfolio(online.client, record.address, amount.denom)
    params = await online.client.staking_params()
    message = staking.undelegate(record.address, validator, amount, held, params)
    meaning = staking.unbonding_meaning(params, await online.client.slashing_params(), time.time())
    answer = await transact(session, online, record, fields, [message])
    return {**answer, "unbonding": list(meaning.sentences)}


async def redelegate(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record = open_wallet(session, fields)
    source, destination = validator_of(online, fields, "from"), validator_of(online, fields, "validator")
    amount = await amount_of(online, record, fields, limited=False)
    held = await staking.portfolio(online.client, record.address, amount.denom)
    params = await online.client.staking_params()
    message = staking.redelegate(record.address, source, destination, amount, held, params, time.time())
    return await transact(session, online, record, fields, [message])


async def cancel_unstake(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """Stakes coins again that are on their way out; which, is named by the block in which that began."""
    record = open_wallet(session, fields)
    validator, height = validator_of(online, fields, "validator"), fields.count("height")
    amount = await amount_of(online, record, fields, limited=False)
    running = await online.client.unbondings(record.address)
    entry = next((item for item in running if (item.validator, item.created_height) == (validator, height)), None)
    if entry is None:
        raise WalletError(
            Problem.STAKING_RULE,
            "No unstaking from this validator began in that block, or it has ended.",
            "“stakes” lists those that run.",
        )
    message = staking.cancel_unbonding(record.address, entry, amount.denom, amount.amount, time.time())
    return await transact(session, online, record, fields, [message])


async def stakes(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """Each stake, what it has earned, and what is on its way out or being moved."""
    record = open_wallet(session, fields)
    fields.done()
    facts = await online.sender.check_network()
    held = await staking.portfolio(online.client, record.address, facts.bond_denom)
    names = {item.operator: item.name for item in await online.client.validators()}
    decimals = online.profile.decimals
    earned = {
        reward.validator: sum(coin.amount for coin in reward.coins if coin.denom == facts.bond_denom)
        for reward in held.rewards
    }
    return {
        "address": record.address,
        "stakes": [
            {
                "validator": item.validator,
                "name": names.get(item.validator, ""),
                "amount": format_amount(item.amount.amount, decimals),
                "earned": format_amount(earned.get(item.validator, 0), decimals),
            }
            for item in held.delegations
        ],
        "unstaking": [
            {
                "validator": item.validator,
                "amount": format_amount(item.amount, decimals),
                "height": item.created_height,
                "free_at": staking.day(item.completes_at),
            }
            for item in held.unbondings
        ],
        "moving": [
            {"from": item.source, "validator": item.destination, "fixed_until": staking.day(item.completes_at)}
            for item in held.redelegations
        ],
    }


async def claim(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record = open_wallet(session, fields)
    rewards = await online.client.rewards(record.address)
    return await transact(session, online, record, fields, staking.claim(record.address, rewards))


async def register(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """Registers roles and reads back what the chain made of it."""
    record = open_wallet(session, fields)
    facts = await online.sender.check_network()
    chosen = roles_of(fields)
    resources = resources_of(fields)
    needed = roles.requirements(online.profile, await online.client.role_params(), facts.bond_denom)
    declared = Coin(facts.bond_denom, roles.total_for(chosen, needed))
    held = roles.registered_roles(await online.client.registration(record.address))
    message = roles.register_message(record.address, chosen, resources, declared, held=held)
    answer = await transact(session, online, record, fields, [message])
    if answer.get("state") == "included":
        found = await online.client.registration(record.address)
        assert isinstance(message.body, wire.MsgRegisterNode)
        report = roles.registration_report(message.body, found, online.profile, facts.bond_denom)
        answer["recorded"] = list(report.sentences)
    return answer


async def update_registration(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """Changes the roles and resources of a registration that is there."""
    record = open_wallet(session, fields)
    chosen, resources = roles_of(fields), resources_of(fields)
    found = await online.client.registration(record.address)
    if found is None:
        raise WalletError(Problem.STAKING_RULE, "The chain has no registration of this node.", "Register it first.")
    message = roles.update_message(record.address, chosen, resources, held=roles.registered_roles(found))
    answer = await transact(session, online, record, fields, [message])
    if answer.get("state") == "included":
        found = await online.client.registration(record.address)
        names = sorted(role.value for role in roles.registered_roles(found))
        answer["recorded"] = [f"The chain records these roles now: {', '.join(names) or 'none'}."]
    return answer


async def role_status(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record = open_wallet(session, fields)
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
    record = open_wallet(session, fields)
    facts = await online.sender.check_network()
    days, begin = fields.count("days", 90), int(time.time())
    if not 0 < days <= MAX_GRANT_DAYS:
        raise bad(f"A grant lasts 1 to {MAX_GRANT_DAYS} days.")
    node, chosen, gateway = fields.text("node_public_key"), roles_of(fields), fields.text("gateway")
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


async def revoke_grant(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """Takes back every grant for a node's key so far, and tells the gateway; with “offline” it only signs."""
    record = open_wallet(session, fields)
    facts = await online.sender.check_network()
    node, gateway, send = fields.text("node_public_key"), fields.text("gateway"), not fields.flag("offline")
    fields.done()
    try:
        revocation = Revocation(
            network=facts.chain_id,
            owner=record.address,
            node_public_key=node,
            gateway=gateway,
            revoked_at=int(time.time()),
        )
    except ValidationError:
        raise bad("Revoking needs “node_public_key” (64 hex digits) and “gateway”, an origin.") from None
    signed = session.vault.sign_revocation(record.wallet_id, revocation)
    answer: Answer = {"signed": signed.model_dump(mode="json"), "sent": send}
    if send:
        answer["node_leaves"] = await deliver(signed)
    return answer


async def validators(session: WalletSession, online: Online, fields: Fields) -> Answer:
    fields.done()
    return {"validators": [dataclasses.asdict(item) for item in await online.client.validators()]}


async def history(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """What the chain knows of the address, and what this computer has sent; with “csv” as a table."""
    record = open_wallet(session, fields)
    as_csv = fields.flag("csv")
    fields.done()
    facts = await online.sender.check_network()
    if as_csv:
        own = online.store.payments(facts.chain_id, record.address)
        return {"csv": history_csv(await online.client.history(record.address), own)}
    return {
        "chain": [dataclasses.asdict(item) for item in await online.client.history(record.address)],
        "own": [payment_answer(item) for item in online.store.payments(facts.chain_id, record.address)],
    }


async def resume(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """Goes on with payments that a crash or an outage left in flight. Needs no password: they are signed."""
    fields.done()
    return {"payments": [payment_answer(item) for item in await online.sender.resume(SETTLE_TIMEOUT_S)]}


async def close_unclear(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """The owner's own finding about a payment that no node could explain; until then no other can be made."""
    payment_id, included = fields.text("payment_id"), fields.flag("included")
    fields.done()
    return payment_answer(online.store.close_unclear(payment_id, included=included))


async def broadcast(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """Sends what was signed elsewhere, with “sign”. Needs no password; the same bytes are never paid twice."""
    tx_bytes = fields.base64("tx_bytes")
    fields.done()
    decoded = decode_signed(tx_bytes)
    await online.sender.check_network()
    tx_hash = transaction_hash(tx_bytes)
    result = await online.client.transaction(tx_hash)
    if result is None:
        refusal = await online.client.broadcast(tx_bytes)
        if refusal is not None and (refusal.codespace, refusal.code) != ("sdk", DUPLICATE_CODE):
            raise refusal
    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    while result is None and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_S)
        result = await online.client.transaction(tx_hash)
    answer: Answer = {"hash": tx_hash, "messages": [message.type_url for message in decoded.messages]}
    if result is None:
        return {**answer, "state": "pending", "says": "A node has it; it waits for its block. Send it again to look."}
    reason = "" if result.code == 0 else ChainRefusal(result.code, result.codespace, result.log).message
    state = "included" if result.code == 0 else "failed"
    return {**answer, "state": state, "height": result.height, "gas_used": result.gas_used, "reason": reason}


async def faucet(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """Free coins of a demo's chain, for an address; waits until they are there."""
    address = require_account(fields.text("address"), online.profile.prefix)
    fields.done()
    if not online.profile.demo:
        raise WalletError(Problem.BAD_INPUT, "Only a demo's network has a faucet.", "Use “--network devnet”.")
    await online.sender.check_network()
    tx_hash = await online.client.ask_faucet(address)
    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    while (result := await online.client.transaction(tx_hash)) is None:
        if time.monotonic() > deadline:
            raise WalletError(Problem.OFFLINE, "The faucet's coins are in no block yet.", "Look at the balance later.")
        await asyncio.sleep(LOOK_S)
    return {"hash": tx_hash, "height": result.height, "paid": result.code == 0}


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


def resources_of(fields: Fields) -> roles.Resources:
    spec = Fields(fields.object("resources") if fields.has("resources") else {}, "resources")
    names = [field.name for field in dataclasses.fields(roles.Resources)]
    try:
        resources = roles.Resources(**{name: spec.count(name, 0) for name in names})
    except ValueError as error:
        raise bad(f"The resources are wrong: {error}.") from None
    spec.done()
    return resources


CHAIN_COMMANDS: Mapping[str, tuple[Callable[[WalletSession, Online, Fields], Awaitable[Answer]], str]] = {
    "balance": (balance, "what the wallet has"),
    "send": (send, "pay somebody"),
    "stake": (stake, "delegate to a validator"),
    "unstake": (unstake, "take a stake back"),
    "redelegate": (redelegate, "move a stake to another validator"),
    "cancel-unstake": (cancel_unstake, "stake coins again that are on their way out"),
    "stakes": (stakes, "each stake, its rewards, and what is on its way out"),
    "claim": (claim, "claim staking rewards"),
    "register": (register, "register the node's roles"),
    "update-registration": (update_registration, "change the node's roles and resources"),
    "roles": (role_status, "what each role needs and what is missing"),
    "grant": (grant, "let a node's key take part for this wallet"),
    "revoke-grant": (revoke_grant, "take back what a node's key was granted"),
    "validators": (validators, "the network's validators"),
    "history": (history, "past transactions"),
    "resume": (resume, "go on with payments that are still on their way"),
    "close-unclear": (close_unclear, "say what became of a payment that no node can explain"),
    "broadcast": (broadcast, "send what was signed elsewhere"),
    "faucet": (faucet, "free coins of a demo's chain"),
    "network": (network, "what the node says of its chain"),
}
