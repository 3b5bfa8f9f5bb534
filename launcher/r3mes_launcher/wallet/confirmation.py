"""What a person confirms, read from the bytes that will be signed and from nothing else."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from google.protobuf.timestamp_pb2 import Timestamp

from r3mes_launcher.wallet.addresses import LookAlike, look_alike
from r3mes_launcher.wallet.amounts import Coin, format_amount, parse_coin
from r3mes_launcher.wallet.decoding import DecodedTransaction, decode_unsigned
from r3mes_launcher.wallet.errors import WalletError
from r3mes_launcher.wallet.message_kinds import ChainMessage, UnknownMessage, nested
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire
from r3mes_launcher.wallet.staking import span_of
from r3mes_launcher.wallet.transactions import UnsignedTransaction


@dataclass(frozen=True)
class MoneyWords:
    """How a network's coin is shown."""

    denom: str
    display: str
    decimals: int

    def amount(self, coin: Coin) -> str:
        if coin.denom != self.denom:
            return f"{coin.amount} {coin.denom} (a coin of another name)"
        return f"{format_amount(coin.amount, self.decimals)} {self.display}"


@dataclass(frozen=True)
class Card:
    """One message in words. `recipient` is the whole address that gets something, where there is one."""

    title: str
    lines: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    recipient: str = ""
    known: bool = True
    """False for a message of an unknown type: shown as hex, and it needs a second consent."""


@dataclass(frozen=True)
class Confirmation:
    cards: tuple[Card, ...]
    fee: str
    gas_limit: int
    memo: str
    chain_id: str
    last_block: int
    decoded: DecodedTransaction
    first_time: tuple[str, ...]
    """Recipients that this wallet has never sent to."""
    look_alikes: tuple[tuple[str, LookAlike], ...]

    @property
    def needs_second_consent(self) -> bool:
        return any(not card.known for card in self.cards) or bool(self.look_alikes)


def confirmation_of(
    unsigned: UnsignedTransaction,
    words: MoneyWords,
    sent_to_before: frozenset[str],
    *,
    unbonding_s: int | None = None,
) -> Confirmation:
    """Raises BAD_TRANSACTION when the bytes can't be accounted for."""
    decoded = decode_unsigned(unsigned)
    cards = tuple(card_of(message, words, unbonding_s) for message in decoded.messages)
    recipients = tuple(dict.fromkeys(card.recipient for card in cards if card.recipient))
    found = ((address, look_alike(address, sent_to_before)) for address in recipients)
    return Confirmation(
        cards=cards,
        fee=" + ".join(words.amount(coin) for coin in decoded.fee.amount) or f"0 {words.display}",
        gas_limit=decoded.fee.gas_limit,
        memo=decoded.memo,
        chain_id=unsigned.chain_id,
        last_block=decoded.timeout_height,
        decoded=decoded,
        first_time=tuple(address for address in recipients if address not in sent_to_before),
        look_alikes=tuple((address, other) for address, other in found if other is not None),
    )


def summary_of(decoded: DecodedTransaction, words: MoneyWords) -> str:
    """One line for the history."""
    titles = [card_of(message, words, None).title for message in decoded.messages]
    return titles[0] if len(titles) == 1 else f"{titles[0]} and {len(titles) - 1} more"


def card_of(message: ChainMessage | UnknownMessage, words: MoneyWords, unbonding_s: int | None) -> Card:
    if isinstance(message, UnknownMessage):
        return Card(
            f"Unknown: {message.type_url}",
            (message.value.hex() or "(empty)",),
            ("This wallet does not know what this does. It could move everything you own.",),
            known=False,
        )
    days = span_of(unbonding_s) if unbonding_s is not None else "the network's unbonding time"
    match message.body:
        case wire.MsgSend(to_address=to) as body:
            amounts = ", ".join(words.amount(_coin(coin)) for coin in body.amount)
            own = ("You send this to yourself.",) if to == body.from_address else ()
            return Card(f"Send {amounts}", (f"to {to}", f"from {body.from_address}"), own, to)
        case wire.MsgDelegate() as body:
            return Card(
                f"Stake {words.amount(_coin(body.amount))}",
                (f"with validator {body.validator_address}", "Rewards so far are paid out."),
                (f"Staked coins can be spent only {days} after you unstake them, and can be slashed.",),
            )
        case wire.MsgUndelegate() as body:
            return Card(
                f"Unstake {words.amount(_coin(body.amount))}",
                (f"from validator {body.validator_address}", "Rewards so far are paid out."),
                (f"The coins are locked for {days}, earn nothing, and can still be slashed.",),
            )
        case wire.MsgBeginRedelegate() as body:
            return Card(
                f"Move a stake of {words.amount(_coin(body.amount))}",
                (f"from validator {body.validator_src_address}", f"to validator {body.validator_dst_address}"),
                (f"These coins can't be moved on to a third validator for {days}.",),
            )
        case wire.MsgCancelUnbondingDelegation() as body:
            return Card(
                f"Stake {words.amount(_coin(body.amount))} again",
                (f"with validator {body.validator_address}", f"from the unstaking of block {body.creation_height}"),
            )
        case wire.MsgWithdrawDelegatorReward() as body:
            return Card("Claim rewards", (f"from validator {body.validator_address}",))
        case wire.MsgGrant() as body:
            return _permission_card(body, words)
        case wire.MsgRevoke() as body:
            return Card("Take a permission back", (f"from {body.grantee}", f"for {body.msg_type_url}"))
        case wire.MsgGrantAllowance() as body:
            held = nested(body)
            lines = _allowance_lines(held, words) if isinstance(held, ChainMessage) else ("an unknown allowance",)
            return Card(
                "Pay another account's fees",
                (f"for {body.grantee}", *lines),
                ("It can spend this much of your coins on fees.",),
                body.grantee,
            )
        case wire.MsgRevokeAllowance() as body:
            return Card("Stop paying another account's fees", (f"for {body.grantee}",))
        case wire.MsgRegisterNode() as body:
            return Card(
                f"Register as {_roles(body.roles)}",
                (
                    f"node {body.node_address}",
                    f"declared stake {_declared(body.stake, words)}",
                    _resources(body.resources),
                ),
                ("The network records the declared stake; it does not lock these coins by this message.",),
            )
        case wire.MsgUpdateNodeRegistration() as body:
            return Card(
                f"Change the registration to {_roles(body.roles)}" if body.roles else "Change the registration",
                (f"node {body.node_address}", _resources(body.resources)),
            )
    raise AssertionError(f"a known message without words: {message.type_url}")


def _coin(coin: wire.Coin) -> Coin:
    return Coin(coin.denom, int(coin.amount))


def _permission_card(body: wire.MsgGrant, words: MoneyWords) -> Card:
    held = nested(body.grant)
    lines = [f"to {body.grantee}"]
    if isinstance(held, ChainMessage):
        match held.body:
            case wire.GenericAuthorization(msg=type_url):
                lines.append(f"to do {type_url} without any limit")
            case wire.SendAuthorization() as sending:
                lines.append("to send up to " + ", ".join(words.amount(_coin(coin)) for coin in sending.spend_limit))
                lines += [f"only to {address}" for address in sending.allow_list]
            case wire.StakeAuthorization() as staking:
                limit = words.amount(_coin(staking.max_tokens)) if staking.HasField("max_tokens") else "any amount"
                action = wire.AuthorizationType.Name(staking.authorization_type).rpartition("_")[2].lower()
                lines.append(f"to {action} {limit}")
                lines += [f"only with {address}" for address in staking.allow_list.address]
                lines += [f"not with {address}" for address in staking.deny_list.address]
    lines.append(f"until {_date(body.grant.expiration)}" if body.grant.HasField("expiration") else "for ever")
    return Card(
        "Let another account act for you",
        tuple(lines),
        ("Whoever holds that account's key can do this in your name, without asking you again.",),
        body.grantee,
    )


def _allowance_lines(held: ChainMessage, words: MoneyWords) -> tuple[str, ...]:
    match held.body:
        case wire.BasicAllowance() as basic:
            return _basic_lines(basic, words)
        case wire.PeriodicAllowance() as periodic:
            each = ", ".join(words.amount(_coin(coin)) for coin in periodic.period_spend_limit)
            return (*_basic_lines(periodic.basic, words), f"up to {each} every {periodic.period.seconds} seconds")
        case wire.AllowedMsgAllowance() as limited:
            inner = nested(limited)
            lines = _allowance_lines(inner, words) if isinstance(inner, ChainMessage) else ("an unknown allowance",)
            return (*lines, *(f"only for {type_url}" for type_url in limited.allowed_messages))
    return ("an unknown allowance",)


def _basic_lines(basic: wire.BasicAllowance, words: MoneyWords) -> tuple[str, ...]:
    limit = ", ".join(words.amount(_coin(coin)) for coin in basic.spend_limit)
    return (
        f"up to {limit} in all" if limit else "without any limit",
        f"until {_date(basic.expiration)}" if basic.HasField("expiration") else "for ever",
    )


def _date(moment: Timestamp) -> str:
    return datetime.datetime.fromtimestamp(moment.seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _declared(stake: str, words: MoneyWords) -> str:
    """The text as it is where it is no amount of coins: it is what will be recorded."""
    try:
        return words.amount(parse_coin(stake))
    except WalletError:
        return stake


def _roles(roles: object) -> str:
    names = [wire.NodeType.Name(role).removeprefix("NODE_TYPE_").lower() for role in roles]  # type: ignore[attr-defined]
    return " and ".join(names)


def _resources(resources: wire.ResourceSpec) -> str:
    return (
        f"{resources.cpu_cores} cores, {resources.memory_gb} GB memory, {resources.gpu_count} GPU with "
        f"{resources.gpu_memory_gb} GB, {resources.storage_gb} GB disk, {resources.network_bandwidth_mbps} Mbit/s"
    )
