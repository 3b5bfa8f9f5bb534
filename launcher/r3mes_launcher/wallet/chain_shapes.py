"""The chain's answers as frozen values. Every reader raises BAD_ANSWER for a shape it does not know."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from r3mes_launcher.sentence import Sentence, as_sentence, phrase
from r3mes_launcher.wallet.amounts import Coin, floor_of_decimal, parse_integer
from r3mes_launcher.wallet.errors import Problem, WalletError

MAX_ACCOUNT_NESTING = 6
"""Vesting accounts hold base vesting accounts, which hold base accounts; other chains nest likewise."""

_DURATION = re.compile(r"(\d{1,12})(?:\.\d{1,9})?s")


def bad_answer(what: str) -> WalletError:
    return WalletError(
        Problem.BAD_ANSWER,
        Sentence("The node's answer about {what} is not understood.", what=as_sentence(what)),
        "Try another node or update this program.",
    )


@dataclass(frozen=True)
class Account:
    address: str
    number: int
    sequence: int


@dataclass(frozen=True)
class LatestBlock:
    chain_id: str
    height: int
    time: float


@dataclass(frozen=True)
class StakingParams:
    bond_denom: str
    unbonding_s: int
    max_entries: int


@dataclass(frozen=True)
class SlashingParams:
    double_sign: str
    """A fraction of one, as the chain writes it."""
    downtime: str


@dataclass(frozen=True)
class Validator:
    operator: str
    name: str
    tokens: int
    commission: str
    jailed: bool
    bonded: bool


@dataclass(frozen=True)
class Delegation:
    validator: str
    amount: Coin


@dataclass(frozen=True)
class Unbonding:
    validator: str
    amount: int
    created_height: int
    completes_at: float


@dataclass(frozen=True)
class Redelegation:
    source: str
    destination: str
    completes_at: float


@dataclass(frozen=True)
class Reward:
    validator: str
    coins: tuple[Coin, ...]
    """Floored to whole base units."""


@dataclass(frozen=True, slots=True)
class Portfolio:
    """All that a wallet has, in base units of the staking coin."""

    available: int = 0
    delegations: tuple[Delegation, ...] = ()
    unbondings: tuple[Unbonding, ...] = ()
    redelegations: tuple[Redelegation, ...] = ()
    rewards: tuple[Reward, ...] = ()
    denom: str = ""

    @property
    def staked(self) -> int:
        return sum(item.amount.amount for item in self.delegations if item.amount.denom == self.denom)

    @property
    def unbonding(self) -> int:
        return sum(item.amount for item in self.unbondings)

    @property
    def claimable(self) -> int:
        """Whole base units, floored for each validator as the chain pays them."""
        return sum(coin.amount for reward in self.rewards for coin in reward.coins if coin.denom == self.denom)

    @property
    def total(self) -> int:
        return self.available + self.staked + self.unbonding + self.claimable

    def staked_with(self, validator: str) -> int:
        return sum(item.amount.amount for item in self.delegations if item.validator == validator)


@dataclass(frozen=True)
class TransactionResult:
    tx_hash: str
    height: int
    code: int
    codespace: str
    log: str
    gas_used: int
    time: str


@dataclass(frozen=True)
class Registration:
    """What the chain keeps of a node's registration; absent fields were not recorded."""

    address: str
    node_type: str
    stake: str
    roles: tuple[str, ...]
    status: str
    height: int


def field(document: Any, *path: str, what: str) -> Any:
    for name in path:
        if not isinstance(document, dict) or name not in document:
            raise bad_answer(what)
        document = document[name]
    return document


def integer(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise bad_answer(what)
    text = str(value)
    if not text.isascii() or not text.isdigit() or len(text) > 78:
        raise bad_answer(what)
    return int(text)


def items(document: Any, name: str, what: str) -> Iterable[Any]:
    """A list; a field that is missing or null is an empty one, as proto JSON may leave it out."""
    value = document.get(name) if isinstance(document, dict) else None
    if value is None:
        return []
    if not isinstance(value, list):
        raise bad_answer(what)
    return value


def coin(document: Any, what: str) -> Coin:
    try:
        return Coin(str(field(document, "denom", what=what)), parse_integer(str(field(document, "amount", what=what))))
    except WalletError:
        raise bad_answer(what) from None


def moment(text: Any, what: str) -> float:
    """Unix seconds of an RFC 3339 time with any number of decimal places."""
    try:
        whole = re.sub(r"\.(\d{1,6})\d*", r".\1", str(text))
        return datetime.datetime.fromisoformat(whole.replace("Z", "+00:00")).timestamp()
    except ValueError:
        raise bad_answer(what) from None


def duration(text: Any, what: str) -> int:
    match = _DURATION.fullmatch(str(text))
    if match is None:
        raise bad_answer(what)
    return int(match[1])


def read_account(document: Any) -> Account:
    """Finds the base account in plain, vesting and other nested accounts."""
    what = phrase("the account")
    layer = field(document, "account", what=what)
    for _ in range(MAX_ACCOUNT_NESTING):
        if isinstance(layer, dict) and "account_number" in layer:
            return Account(
                str(layer.get("address", "")),
                integer(layer["account_number"], what),
                integer(layer.get("sequence", "0"), what),
            )
        inner = (
            next(
                (layer[name] for name in ("base_account", "base_vesting_account", "account", "value") if name in layer),
                None,
            )
            if isinstance(layer, dict)
            else None
        )
        layer = inner
    raise bad_answer(what)


def read_latest_block(document: Any) -> LatestBlock:
    what = phrase("the latest block")
    header = field(document, "block", "header", what=what)
    return LatestBlock(
        str(field(header, "chain_id", what=what)),
        integer(field(header, "height", what=what), what),
        moment(field(header, "time", what=what), what),
    )


def read_staking_params(document: Any) -> StakingParams:
    what = "staking"
    params = field(document, "params", what=what)
    return StakingParams(
        str(field(params, "bond_denom", what=what)),
        duration(field(params, "unbonding_time", what=what), what),
        integer(field(params, "max_entries", what=what), what),
    )


def read_slashing_params(document: Any) -> SlashingParams:
    what = "slashing"
    params = field(document, "params", what=what)
    return SlashingParams(
        str(field(params, "slash_fraction_double_sign", what=what)),
        str(field(params, "slash_fraction_downtime", what=what)),
    )


def read_validator(document: Any) -> Validator:
    what = phrase("the validators")
    name = str(field(document, "description", "moniker", what=what))
    return Validator(
        operator=str(field(document, "operator_address", what=what)),
        name="".join(character for character in name if character.isprintable())[:70],
        tokens=integer(field(document, "tokens", what=what), what),
        commission=str(field(document, "commission", "commission_rates", "rate", what=what)),
        jailed=bool(document.get("jailed")),
        bonded=document.get("status") == "BOND_STATUS_BONDED",
    )


def read_delegation(document: Any) -> Delegation:
    what = phrase("the delegations")
    return Delegation(
        str(field(document, "delegation", "validator_address", what=what)),
        coin(field(document, "balance", what=what), what),
    )


def read_unbondings(document: Any) -> tuple[Unbonding, ...]:
    what = phrase("the unbondings")
    validator = str(field(document, "validator_address", what=what))
    return tuple(
        Unbonding(
            validator,
            integer(field(entry, "balance", what=what), what),
            integer(field(entry, "creation_height", what=what), what),
            moment(field(entry, "completion_time", what=what), what),
        )
        for entry in items(document, "entries", what)
    )


def read_redelegations(document: Any) -> tuple[Redelegation, ...]:
    what = phrase("the redelegations")
    pair = field(document, "redelegation", what=what)
    return tuple(
        Redelegation(
            str(field(pair, "validator_src_address", what=what)),
            str(field(pair, "validator_dst_address", what=what)),
            moment(field(entry, "redelegation_entry", "completion_time", what=what), what),
        )
        for entry in items(document, "entries", what)
    )


def read_rewards(document: Any) -> tuple[Reward, ...]:
    what = phrase("the rewards")
    return tuple(
        Reward(
            str(field(item, "validator_address", what=what)),
            tuple(
                Coin(str(field(part, "denom", what=what)), floor_of_decimal(str(field(part, "amount", what=what))))
                for part in items(item, "reward", what)
            ),
        )
        for item in items(document, "rewards", what)
    )


def read_result(document: Any) -> TransactionResult:
    what = phrase("the transaction")
    return TransactionResult(
        tx_hash=str(field(document, "txhash", what=what)).upper(),
        height=integer(document.get("height") or 0, what),
        code=integer(document.get("code") or 0, what),
        codespace=str(document.get("codespace") or ""),
        log=str(document.get("raw_log") or "")[:2_000],
        gas_used=integer(document.get("gas_used") or 0, what),
        time=str(document.get("timestamp") or ""),
    )


def read_registration(document: Any) -> Registration:
    what = phrase("the node's registration")
    return Registration(
        address=str(field(document, "node_address", what=what)),
        node_type=str(document.get("node_type") or ""),
        stake=str(document.get("stake") or ""),
        roles=tuple(str(role) for role in items(document, "roles", what)),
        status=str(document.get("status") or ""),
        height=integer(document.get("registered_at_height") or 0, what),
    )


def read_permission(document: Any) -> dict[str, Any]:
    """An authorization or an allowance: the two accounts and what the chain says of it, for reading only."""
    what = phrase("the permissions")
    if not isinstance(document, dict):
        raise bad_answer(what)
    shown = {name: str(field(document, name, what=what)) for name in ("granter", "grantee")}
    held = document.get("authorization") or document.get("allowance")
    if not isinstance(held, dict):
        raise bad_answer(what)
    return {**shown, "what": held, "expires": str(document.get("expiration") or held.get("expiration") or "")}
