"""Acting for another account (`authz`) and paying its fees (`feegrant`). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from r3mes_api.devnet import addresses, bank
from r3mes_api.devnet.block import Block, Happenings
from r3mes_api.devnet.message_forms import (
    ALLOWANCES,
    AUTHORIZATIONS,
    BASIC_ALLOWANCE,
    DELEGATE,
    GENERIC_AUTHORIZATION,
    MESSAGE_ALLOWANCE,
    MESSAGES,
    PERIODIC_ALLOWANCE,
    REDELEGATE,
    SEND,
    SEND_AUTHORIZATION,
    STAKE_AUTHORIZATION,
    UNDELEGATE,
)
from r3mes_api.devnet.records import Draft, Permission
from r3mes_api.devnet.refusal import (
    Refusal,
    authz,
    feegrant,
    invalid_coins,
    invalid_request,
    not_found,
    not_understood,
    unauthorized,
)
from r3mes_api.devnet.wire import Packed, Values, WireError, decode, encode

Execute = Callable[[Draft, Block, Happenings, str, dict[str, Any]], None]

STAKE_MESSAGES = {1: DELEGATE, 2: UNDELEGATE, 3: REDELEGATE}
"""By the number of a StakeAuthorization's action."""


def unpack(packed: Packed | None, forms: Any, what: str) -> Values:
    form = forms.get(packed.type_url) if packed is not None else None
    if packed is None or form is None:
        raise not_understood(f"unable to resolve type URL {packed.type_url[:100] if packed else ''}: {what}")
    try:
        return decode(form, packed.value)
    except WireError as error:
        raise not_understood(str(error)) from None


def microseconds(timestamp: Values | None) -> int | None:
    return None if timestamp is None else timestamp["seconds"] * 1_000_000 + timestamp["nanos"] // 1_000


def _pair(block: Block, body: dict[str, Any]) -> tuple[str, str]:
    prefix = block.parameters.prefix
    return addresses.require(body["granter"], prefix), addresses.require(body["grantee"], prefix)


# authz


def grant(draft: Draft, block: Block, happenings: Happenings, body: dict[str, Any]) -> None:
    granter, grantee = _pair(block, body)
    if granter == grantee:
        raise authz(7, "grantee and granter should be different")
    given = body["grant"] or {"authorization": None, "expiration": None}
    authorization: Packed | None = given["authorization"]
    values = unpack(authorization, AUTHORIZATIONS, "authorization")
    assert authorization is not None
    expires = microseconds(given["expiration"])
    if expires is not None and expires <= block.time_us:
        raise authz(3, "expiration time of authorization should be more than current time")
    message = _message_of(authorization.type_url, values)
    if message not in MESSAGES:
        raise invalid_request(f"{message[:100]} doesn't exist.")
    if authorization.type_url == SEND_AUTHORIZATION:
        bank.coins_of(values["spend_limit"])
    bank.account(draft, grantee)
    kept = Permission(authorization.type_url, authorization.value.hex(), expires)
    draft.put(kept, "authorization", granter, grantee, message)
    happenings.tell(
        "cosmos.authz.v1beta1.EventGrant", msg_type_url=f'"{message}"', granter=f'"{granter}"', grantee=f'"{grantee}"'
    )


def revoke(draft: Draft, block: Block, happenings: Happenings, body: dict[str, Any]) -> None:
    granter, grantee = _pair(block, body)
    if draft.get(Permission, "authorization", granter, grantee, body["msg_type_url"]) is None:
        raise authz(2, "failed to delete grant with given key: authorization not found")
    draft.drop("authorization", granter, grantee, body["msg_type_url"])
    happenings.tell(
        "cosmos.authz.v1beta1.EventRevoke",
        msg_type_url=f'"{body["msg_type_url"]}"',
        granter=f'"{granter}"',
        grantee=f'"{grantee}"',
    )


def execute_for(draft: Draft, block: Block, happenings: Happenings, body: dict[str, Any], execute: Execute) -> None:
    """The messages in a MsgExec, each with the authorization of its signer."""
    grantee = addresses.require(body["grantee"], block.parameters.prefix)
    if not body["msgs"]:
        raise invalid_request("messages cannot be empty")
    for packed in body["msgs"]:
        kind = MESSAGES.get(packed.type_url)
        values = unpack(packed, {url: item.form for url, item in MESSAGES.items()}, "message")
        assert kind is not None
        granter = values[kind.signer]
        if granter != grantee:
            _use(draft, block, granter, grantee, packed.type_url, values)
        execute(draft, block, happenings, packed.type_url, values)


def _use(draft: Draft, block: Block, granter: str, grantee: str, type_url: str, body: Values) -> None:
    key = ("authorization", granter, grantee, type_url)
    held = draft.get(Permission, *key)
    if held is None:
        raise authz(
            2, f"failed to get grant with given granter: {granter}, grantee: {grantee}: authorization not found"
        )
    if held.expires_us is not None and held.expires_us <= block.time_us:
        raise authz(6, "authorization expired")
    if held.type_url == GENERIC_AUTHORIZATION:
        return
    form = AUTHORIZATIONS[held.type_url]
    values = decode(form, bytes.fromhex(held.value))
    if held.type_url == SEND_AUTHORIZATION:
        if values["allow_list"] and body["to_address"] not in values["allow_list"]:
            raise unauthorized(f"cannot send to {body['to_address'][:100]} address")
        left = _less(bank.coins_of(values["spend_limit"]), bank.coins_of(body["amount"]))
        if left is None:
            raise Refusal(5, "requested amount is more than spend limit: insufficient funds")
        values["spend_limit"] = coin_values(left)
        spent = not left
    else:
        operator = body.get("validator_address") or body.get("validator_dst_address") or ""
        allowed, denied = values["allow_list"], values["deny_list"]
        if (allowed and operator not in allowed["address"]) or (denied and operator in denied["address"]):
            raise unauthorized(f"cannot delegate/undelegate to {operator[:100]} validator")
        spent = False
        if values["max_tokens"] is not None:
            limit, wanted = dict([bank.amount_of(values["max_tokens"])]), dict([bank.amount_of(body["amount"])])
            left = _less(limit, wanted)
            if left is None:
                raise invalid_coins("amount is more than max tokens")
            values["max_tokens"] = next(iter(coin_values(left)), None)
            spent = not left
    if spent:
        draft.drop(*key)
    else:
        draft.put(Permission(held.type_url, encode(form, values).hex(), held.expires_us), *key)


def _message_of(type_url: str, values: Values) -> str:
    if type_url == GENERIC_AUTHORIZATION:
        return str(values["msg"])
    if type_url == SEND_AUTHORIZATION:
        return SEND
    assert type_url == STAKE_AUTHORIZATION
    message = STAKE_MESSAGES.get(values["authorization_type"])
    if message is None:
        raise authz(4, "unknown authorization type")
    return message


# feegrant


def grant_allowance(draft: Draft, block: Block, happenings: Happenings, body: dict[str, Any]) -> None:
    granter, grantee = _pair(block, body)
    if granter == grantee:
        raise invalid_address_pair()
    allowance: Packed | None = body["allowance"]
    _check_allowance(allowance, block, depth=2)
    assert allowance is not None
    if draft.get(Permission, "allowance", granter, grantee) is not None:
        raise invalid_request("fee allowance already exists")
    bank.account(draft, grantee)
    draft.put(Permission(allowance.type_url, allowance.value.hex()), "allowance", granter, grantee)
    happenings.tell("set_feegrant", granter=granter, grantee=grantee)


def invalid_address_pair() -> Refusal:
    return Refusal(7, "cannot self-grant fee authorization: invalid address")


def revoke_allowance(draft: Draft, block: Block, happenings: Happenings, body: dict[str, Any]) -> None:
    granter, grantee = _pair(block, body)
    if draft.get(Permission, "allowance", granter, grantee) is None:
        raise not_found("fee-grant not found")
    draft.drop("allowance", granter, grantee)
    happenings.tell("revoke_feegrant", granter=granter, grantee=grantee)


def use_allowance(
    draft: Draft, block: Block, granter: str, grantee: str, fee: dict[str, int], messages: Iterable[str]
) -> None:
    """Takes a fee out of an allowance, which then has less. Raises when it does not allow it."""
    held = draft.get(Permission, "allowance", granter, grantee)
    if held is None:
        raise not_found(f"{granter} does not allow to pay fees for {grantee}: fee-grant not found")
    left = _accept(Packed(held.type_url, bytes.fromhex(held.value)), block, fee, tuple(messages))
    if left is None:
        draft.drop("allowance", granter, grantee)
    else:
        draft.put(Permission(left.type_url, left.value.hex()), "allowance", granter, grantee)


def _accept(allowance: Packed, block: Block, fee: dict[str, int], messages: tuple[str, ...]) -> Packed | None:
    """What is left of the allowance; None when it is used up."""
    form = ALLOWANCES[allowance.type_url]
    values = decode(form, allowance.value)
    if allowance.type_url == MESSAGE_ALLOWANCE:
        if not set(messages) <= set(values["allowed_messages"]):
            raise feegrant(7, "message does not exist in allowed messages: message not allowed")
        left = _accept(values["allowance"], block, fee, messages)
        if left is None:
            return None
        values["allowance"] = left
        return Packed(allowance.type_url, encode(form, values))
    if allowance.type_url == BASIC_ALLOWANCE:
        return Packed(allowance.type_url, encode(form, values)) if _accept_basic(values, block, fee) else None
    basic = values["basic"] or decode(ALLOWANCES[BASIC_ALLOWANCE], b"")
    expires = microseconds(basic["expiration"])
    if expires is not None and expires < block.time_us:
        raise feegrant(3, "absolute limit: fee allowance expired")
    reset = microseconds(values["period_reset"]) or 0
    can_spend = bank.coins_of(values["period_can_spend"]) if values["period_can_spend"] else {}
    if block.time_us >= reset:
        can_spend = bank.coins_of(values["period_spend_limit"])
        if basic["spend_limit"]:
            total = bank.coins_of(basic["spend_limit"])
            can_spend = {denom: min(amount, total.get(denom, 0)) for denom, amount in can_spend.items()}
        period = values["period"]["seconds"] * 1_000_000 if values["period"] else 0
        next_reset = reset + period if reset + period > block.time_us else block.time_us + period
        values["period_reset"] = {"seconds": next_reset // 1_000_000, "nanos": next_reset % 1_000_000 * 1_000}
    left_now = _less(can_spend, fee)
    if left_now is None:
        raise feegrant(2, "period limit: fee limit exceeded")
    values["period_can_spend"] = coin_values(left_now)
    values["basic"] = basic
    if not _accept_basic(basic, block, fee):
        return None
    assert allowance.type_url == PERIODIC_ALLOWANCE
    return Packed(allowance.type_url, encode(form, values))


def _accept_basic(values: Values, block: Block, fee: dict[str, int]) -> bool:
    """Whether something is left."""
    expires = microseconds(values["expiration"])
    if expires is not None and expires < block.time_us:
        raise feegrant(3, "basic allowance: fee allowance expired")
    if not values["spend_limit"]:
        return True
    left = _less(bank.coins_of(values["spend_limit"]), fee)
    if left is None:
        raise feegrant(2, "basic allowance: fee limit exceeded")
    values["spend_limit"] = coin_values(left)
    return bool(left)


def _check_allowance(allowance: Packed | None, block: Block, depth: int) -> None:
    values = unpack(allowance, ALLOWANCES, "allowance")
    assert allowance is not None
    if allowance.type_url == MESSAGE_ALLOWANCE:
        if not values["allowed_messages"]:
            raise feegrant(6, "allowed messages shouldn't be empty: allowed messages are empty")
        if depth == 1:
            raise not_understood("an allowance is nested too deeply")
        _check_allowance(values["allowance"], block, depth - 1)
        return
    basic = values if allowance.type_url == BASIC_ALLOWANCE else values["basic"] or {}
    if basic.get("spend_limit"):
        bank.coins_of(basic["spend_limit"])
    expires = microseconds(basic.get("expiration"))
    if expires is not None and expires <= block.time_us:
        raise invalid_request("expiration is before current block time")
    if allowance.type_url == PERIODIC_ALLOWANCE:
        bank.coins_of(values["period_spend_limit"])
        if not values["period"] or values["period"]["seconds"] <= 0:
            raise feegrant(4, "negative clock step: invalid duration")


def _less(have: dict[str, int], spend: dict[str, int]) -> dict[str, int] | None:
    """What is left, without coins of which nothing is; None when it does not suffice."""
    left = dict(have)
    for denom, amount in spend.items():
        left[denom] = left.get(denom, 0) - amount
        if left[denom] < 0:
            return None
    return {denom: amount for denom, amount in left.items() if amount}


def coin_values(coins: dict[str, int]) -> list[Values]:
    return [{"denom": denom, "amount": str(amount)} for denom, amount in sorted(coins.items())]
