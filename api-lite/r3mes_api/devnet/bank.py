"""Coins and who has them. Pure: every function reads and changes the draft that it is given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from r3mes_api.devnet import addresses
from r3mes_api.devnet.block import Block, Happenings
from r3mes_api.devnet.records import Account, Balance, Draft
from r3mes_api.devnet.refusal import insufficient_funds, invalid_coins, invalid_request
from r3mes_api.devnet.wire import Values

FEE_COLLECTOR = "fee_collector"
BONDED_POOL = "bonded_tokens_pool"
UNBONDING_POOL = "not_bonded_tokens_pool"
REWARDS = "distribution"

_DENOM = re.compile(r"[a-zA-Z][a-zA-Z0-9/:._-]{2,127}")


def amount_of(coin: Values | None) -> tuple[str, int]:
    """Denomination and a positive amount. Raises Refusal 10."""
    if coin is None:
        raise invalid_coins("no coin is given")
    text = coin["amount"]
    if not re.fullmatch(r"-?\d{1,78}", text, re.ASCII):
        raise invalid_coins(f"{text[:40]}{coin['denom'][:40]}")
    if not _DENOM.fullmatch(coin["denom"]) or int(text) <= 0:
        raise invalid_coins(f"{text}{coin['denom'][:128]}")
    return coin["denom"], int(text)


def coins_of(coins: Sequence[Values]) -> dict[str, int]:
    """At least one coin, sorted, each once. Raises Refusal 10."""
    read = [amount_of(coin) for coin in coins]
    names = [denom for denom, _ in read]
    if not read or names != sorted(set(names)):
        raise invalid_coins(coins_text(dict(read)) or "no coins")
    return dict(read)


def coins_text(coins: dict[str, int]) -> str:
    return ",".join(f"{amount}{denom}" for denom, amount in sorted(coins.items()))


def balance(draft: Draft, address: str, denom: str) -> int:
    held = draft.get(Balance, "balance", address, denom)
    return held.amount if held is not None else 0


def _set_balance(draft: Draft, address: str, denom: str, amount: int) -> None:
    if amount:
        draft.put(Balance(amount), "balance", address, denom)
    else:
        draft.drop("balance", address, denom)


def account(draft: Draft, address: str) -> Account:
    """The account, made if it is new."""
    found = draft.get(Account, "account", address)
    if found is None:
        found = Account(draft.count("accounts"))
        draft.put(found, "account", address)
    return found


def mint(draft: Draft, address: str, denom: str, amount: int) -> None:
    """New coins: at the chain's birth and as rewards."""
    account(draft, address)
    _set_balance(draft, address, denom, balance(draft, address, denom) + amount)
    draft.count(f"supply/{denom}", amount)


def move(draft: Draft, source: str, destination: str, denom: str, amount: int) -> None:
    """Raises Refusal 5."""
    have = balance(draft, source, denom)
    if have < amount:
        raise insufficient_funds(f"{have}{denom}", f"{amount}{denom}")
    account(draft, destination)
    _set_balance(draft, source, denom, have - amount)
    _set_balance(draft, destination, denom, balance(draft, destination, denom) + amount)


def transfer(
    draft: Draft, block: Block, happenings: Happenings, source: str, destination: str, coins: dict[str, int]
) -> None:
    """Moves and tells. Raises Refusal 5."""
    for denom, amount in coins.items():
        move(draft, source, destination, denom, amount)
    text = coins_text(coins)
    happenings.tell("coin_spent", spender=source, amount=text)
    happenings.tell("coin_received", receiver=destination, amount=text)
    happenings.tell("transfer", recipient=destination, sender=source, amount=text)


def module(block: Block, name: str) -> str:
    return addresses.module_address(name, block.parameters.prefix)


def send(draft: Draft, block: Block, happenings: Happenings, body: dict[str, Any]) -> None:
    prefix = block.parameters.prefix
    source = addresses.require(body["from_address"], prefix)
    destination = addresses.require(body["to_address"], prefix)
    coins = coins_of(body["amount"])
    if destination in {module(block, name) for name in (FEE_COLLECTOR, BONDED_POOL, UNBONDING_POOL, REWARDS)}:
        raise invalid_request(f"{destination} is not allowed to receive funds")
    transfer(draft, block, happenings, source, destination, coins)
