"""What the commands that ask or pay the chain have in common."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from r3mes_launcher.sentence import Sentence
from r3mes_launcher.wallet.addresses import require_operator
from r3mes_launcher.wallet.amounts import Coin, parse_amount
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.json_input import Fields, bad
from r3mes_launcher.wallet.message_kinds import ChainMessage
from r3mes_launcher.wallet.payment_machine import Payment, sentence
from r3mes_launcher.wallet.sender import Plan, refusal_of
from r3mes_launcher.wallet.wallet_record import WalletRecord
from r3mes_launcher.wallet.wallet_session import Online, WalletSession
from r3mes_protocol.grants import Role

SETTLE_TIMEOUT_S = 60.0
"""How long a command waits for a block; what is not settled then goes on with `resume`."""

Answer = dict[str, Any]


def open_wallet(session: WalletSession, fields: Fields) -> WalletRecord:
    session.unlock(fields.text("password", None if session.vault.is_locked else ""))
    return session.choose(fields.text("wallet", ""))


def validator_of(online: Online, fields: Fields, name: str) -> str:
    return require_operator(fields.text(name), online.profile.prefix)


def roles_of(fields: Fields) -> list[Role]:
    try:
        return [Role(item) for item in fields.items("roles")]
    except ValueError:
        raise bad(Sentence("Roles are {names}.", names=", ".join(role.value for role in Role))) from None


async def amount_of(online: Online, record: WalletRecord, fields: Fields, *, limited: bool = True) -> Coin:
    """“amount” in REMES as text; “max” keeps a reserve for fees."""
    facts = await online.sender.check_network()
    typed = fields.text("amount")
    if typed == "max" and limited:
        return await online.sender.most_to_spend(record.address)
    amount = parse_amount(typed, online.profile.decimals)
    if amount == 0:
        raise WalletError(Problem.BAD_AMOUNT, "The amount is zero.")
    return Coin(facts.bond_denom, amount)


async def transact(
    session: WalletSession, online: Online, record: WalletRecord, fields: Fields, messages: Sequence[ChainMessage]
) -> Answer:
    """Plans; sends only with “confirm”. “payment_id” makes a repeated command pay once."""
    memo, granter = fields.text("memo", ""), fields.text("fee_granter", "")
    confirm, payment_id = fields.flag("confirm"), fields.text("payment_id", "") or secrets.token_hex(16)
    fields.done()
    known = online.store.payment(payment_id)
    if known is not None:
        return payment_answer(await online.sender.settle(known, SETTLE_TIMEOUT_S))
    if not record.public_key:
        raise WalletError(
            Problem.WATCH_ONLY, Sentence("“{name}” is only watched: its key is not here.", name=record.name)
        )
    plan = await online.sender.plan(bytes.fromhex(record.public_key), messages, memo=memo, fee_granter=granter)
    if not confirm:
        return {"sent": False, **plan_answer(plan)}
    payment = online.sender.commit(
        payment_id, plan, lambda unsigned: session.vault.sign_transaction(record.wallet_id, unsigned)
    )
    session.vault.lock()
    return {**payment_answer(await online.sender.settle(payment, SETTLE_TIMEOUT_S)), **plan_answer(plan)}


def plan_answer(plan: Plan) -> Answer:
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


def payment_answer(payment: Payment) -> Answer:
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
