"""Commands that let other accounts act for this wallet, or at its cost."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping

from r3mes_launcher.wallet import permissions
from r3mes_launcher.wallet.addresses import require_account, require_operator
from r3mes_launcher.wallet.amounts import Coin, parse_amount
from r3mes_launcher.wallet.command_steps import Answer, open_wallet, transact
from r3mes_launcher.wallet.json_input import Fields, bad
from r3mes_launcher.wallet.permissions import Action
from r3mes_launcher.wallet.wallet_record import WalletRecord
from r3mes_launcher.wallet.wallet_session import Online, WalletSession

MAX_DAYS = 366
SECONDS_A_DAY = 86_400


async def permit(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record, other = _parties(session, online, fields)
    action = _action(fields.text("action"))
    prefix = online.profile.prefix
    message = permissions.permit(
        record.address,
        other,
        action,
        _expires_at(fields),
        limit=await _limit(online, fields, needed=False),
        recipients=[require_account(str(item), prefix, what="recipient") for item in fields.items("recipients", [])],
        validators=[require_operator(str(item), prefix) for item in fields.items("validators", [])],
    )
    return await transact(session, online, record, fields, [message])


async def revoke(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record, other = _parties(session, online, fields)
    message = permissions.revoke(record.address, other, _action(fields.text("action")))
    return await transact(session, online, record, fields, [message])


async def pay_fees(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record, other = _parties(session, online, fields)
    limit = await _limit(online, fields, needed=True)
    assert limit is not None
    actions = [_action(str(item)) for item in fields.items("actions", [])]
    message = permissions.pay_fees(record.address, other, limit, _expires_at(fields), actions)
    return await transact(session, online, record, fields, [message])


async def stop_paying_fees(session: WalletSession, online: Online, fields: Fields) -> Answer:
    record, other = _parties(session, online, fields)
    message = permissions.stop_paying_fees(record.address, other)
    return await transact(session, online, record, fields, [message])


async def list_permissions(session: WalletSession, online: Online, fields: Fields) -> Answer:
    """What this wallet has given to others, and what others have given to it."""
    record = open_wallet(session, fields)
    fields.done()
    await online.sender.check_network()
    client, address = online.client, record.address
    return {
        "address": address,
        "given": await client.authorizations(granter=address),
        "received": await client.authorizations(grantee=address),
        "fees_paid_for": await client.fee_allowances(granter=address),
        "fees_paid_by": await client.fee_allowances(grantee=address),
    }


def _parties(session: WalletSession, online: Online, fields: Fields) -> tuple[WalletRecord, str]:
    record = open_wallet(session, fields)
    return record, require_account(fields.text("other"), online.profile.prefix, what="other account's address")


def _action(text: str) -> Action:
    try:
        return Action(text)
    except ValueError:
        raise bad(f"Actions are {', '.join(action.value for action in Action)}.") from None


async def _limit(online: Online, fields: Fields, *, needed: bool) -> Coin | None:
    if not needed and not fields.has("limit"):
        return None
    amount = parse_amount(fields.text("limit"), online.profile.decimals)
    return Coin((await online.sender.check_network()).bond_denom, amount)


def _expires_at(fields: Fields) -> float:
    days = fields.count("days", 90)
    if not 0 < days <= MAX_DAYS:
        raise bad(f"A permission lasts 1 to {MAX_DAYS} days.")
    return time.time() + days * SECONDS_A_DAY


PERMISSION_COMMANDS: Mapping[str, tuple[Callable[[WalletSession, Online, Fields], Awaitable[Answer]], str]] = {
    "permit": (permit, "let another account act for this wallet"),
    "revoke": (revoke, "take such a permission back"),
    "pay-fees": (pay_fees, "pay another account's fees, up to a limit"),
    "stop-paying-fees": (stop_paying_fees, "end that"),
    "permissions": (list_permissions, "what was given to others, and by others"),
}
