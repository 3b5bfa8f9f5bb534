"""What a person confirms, read from the bytes that will be signed and from nothing else."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from google.protobuf.timestamp_pb2 import Timestamp

from r3mes_launcher.sentence import NumberText, Sentence, as_sentence, joined, phrase
from r3mes_launcher.wallet.addresses import LookAlike, look_alike
from r3mes_launcher.wallet.amounts import Coin, format_amount, parse_coin
from r3mes_launcher.wallet.decoding import DecodedTransaction, decode_unsigned
from r3mes_launcher.wallet.errors import WalletError
from r3mes_launcher.wallet.message_kinds import ChainMessage, UnknownMessage, nested
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire
from r3mes_launcher.wallet.roles import role_words
from r3mes_launcher.wallet.staking import span_of
from r3mes_launcher.wallet.transactions import UnsignedTransaction

_STAKING_WORDS = {
    "AUTHORIZATION_TYPE_DELEGATE": "to stake {amount}",
    "AUTHORIZATION_TYPE_UNDELEGATE": "to unstake {amount}",
    "AUTHORIZATION_TYPE_REDELEGATE": "to move stakes of {amount}",
}


@dataclass(frozen=True)
class MoneyWords:
    """How a network's coin is shown."""

    denom: str
    display: str
    decimals: int

    def amount(self, coin: Coin) -> str:
        if coin.denom != self.denom:
            return Sentence("{amount} {denom} (a coin of another name)", amount=coin.amount, denom=coin.denom)
        return format_amount(coin.amount, self.decimals, self.display)


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
        fee=joined(*(words.amount(coin) for coin in decoded.fee.amount), between=" + ")
        or NumberText(f"0 {words.display}"),
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
    return (
        titles[0] if len(titles) == 1 else Sentence("{first} and {count} more", first=titles[0], count=len(titles) - 1)
    )


def card_of(message: ChainMessage | UnknownMessage, words: MoneyWords, unbonding_s: int | None) -> Card:
    if isinstance(message, UnknownMessage):
        return Card(
            Sentence("Unknown: {kind}", kind=message.type_url),
            (message.value.hex() or "(empty)",),
            ("This wallet does not know what this does. It could move everything you own.",),
            known=False,
        )
    days = span_of(unbonding_s) if unbonding_s is not None else as_sentence("the network's unbonding time")
    match message.body:
        case wire.MsgSend(to_address=to) as body:
            amounts = _amounts(body.amount, words)
            own = (phrase("You send this to yourself."),) if to == body.from_address else ()
            return Card(Sentence("Send {amount}", amount=amounts), (_to(to), _from(body.from_address)), own, to)
        case wire.MsgDelegate() as body:
            return Card(
                Sentence("Stake {amount}", amount=words.amount(_coin(body.amount))),
                (
                    Sentence("with validator {validator}", validator=body.validator_address),
                    phrase("Rewards so far are paid out."),
                ),
                (
                    Sentence(
                        "Staked coins can be spent only {days} after you unstake them, and can be slashed.", days=days
                    ),
                ),
            )
        case wire.MsgUndelegate() as body:
            return Card(
                Sentence("Unstake {amount}", amount=words.amount(_coin(body.amount))),
                (
                    Sentence("from validator {validator}", validator=body.validator_address),
                    phrase("Rewards so far are paid out."),
                ),
                (Sentence("The coins are locked for {days}, earn nothing, and can still be slashed.", days=days),),
            )
        case wire.MsgBeginRedelegate() as body:
            return Card(
                Sentence("Move a stake of {amount}", amount=words.amount(_coin(body.amount))),
                (
                    Sentence("from validator {validator}", validator=body.validator_src_address),
                    Sentence("to validator {validator}", validator=body.validator_dst_address),
                ),
                (Sentence("These coins can't be moved on to a third validator for {days}.", days=days),),
            )
        case wire.MsgCancelUnbondingDelegation() as body:
            return Card(
                Sentence("Stake {amount} again", amount=words.amount(_coin(body.amount))),
                (
                    Sentence("with validator {validator}", validator=body.validator_address),
                    Sentence("from the unstaking of block {creation_height}", creation_height=body.creation_height),
                ),
            )
        case wire.MsgWithdrawDelegatorReward() as body:
            return Card("Claim rewards", (Sentence("from validator {validator}", validator=body.validator_address),))
        case wire.MsgGrant() as body:
            return _permission_card(body, words)
        case wire.MsgRevoke() as body:
            return Card("Take a permission back", (_from(body.grantee), _for(body.msg_type_url)))
        case wire.MsgGrantAllowance() as body:
            held = nested(body)
            lines = (
                _allowance_lines(held, words) if isinstance(held, ChainMessage) else (phrase("an unknown allowance"),)
            )
            return Card(
                "Pay another account's fees",
                (_for(body.grantee), *lines),
                ("It can spend this much of your coins on fees.",),
                body.grantee,
            )
        case wire.MsgRevokeAllowance() as body:
            return Card("Stop paying another account's fees", (_for(body.grantee),))
        case wire.MsgRegisterNode() as body:
            return Card(
                Sentence("Register as {roles}", roles=_roles(body.roles)),
                (
                    Sentence("node {node}", node=body.node_address),
                    Sentence("declared stake {declared}", declared=_declared(body.stake, words)),
                    _resources(body.resources),
                ),
                ("The network records the declared stake; it does not lock these coins by this message.",),
            )
        case wire.MsgUpdateNodeRegistration() as body:
            return Card(
                Sentence("Change the registration to {roles}", roles=_roles(body.roles))
                if body.roles
                else "Change the registration",
                (Sentence("node {node}", node=body.node_address), _resources(body.resources)),
            )
    raise AssertionError(f"a known message without words: {message.type_url}")


def _coin(coin: wire.Coin) -> Coin:
    return Coin(coin.denom, int(coin.amount))


def _amounts(coins: Iterable[wire.Coin], words: MoneyWords) -> str:
    return joined(*(words.amount(_coin(coin)) for coin in coins), between=", ")


def _permission_card(body: wire.MsgGrant, words: MoneyWords) -> Card:
    held = nested(body.grant)
    lines: list[str] = [_to(body.grantee)]
    if isinstance(held, ChainMessage):
        match held.body:
            case wire.GenericAuthorization(msg=type_url):
                lines.append(Sentence("to do {type_url} without any limit", type_url=type_url))
            case wire.SendAuthorization() as sending:
                limit = _amounts(sending.spend_limit, words)
                lines.append(Sentence("to send up to {amount}", amount=limit))
                lines += [Sentence("only to {address}", address=address) for address in sending.allow_list]
            case wire.StakeAuthorization() as staking:
                limit = (
                    words.amount(_coin(staking.max_tokens))
                    if staking.HasField("max_tokens")
                    else as_sentence("any amount")
                )
                kind = wire.AuthorizationType.Name(staking.authorization_type)
                lines.append(Sentence(_STAKING_WORDS.get(kind, phrase("to act with {amount}")), amount=limit))
                lines += [Sentence("only with {address}", address=address) for address in staking.allow_list.address]
                lines += [Sentence("not with {address}", address=address) for address in staking.deny_list.address]
    lines.append(_until(body.grant.expiration if body.grant.HasField("expiration") else None))
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
            each = _amounts(periodic.period_spend_limit, words)
            return (
                *_basic_lines(periodic.basic, words),
                Sentence("up to {each} every {seconds} seconds", each=each, seconds=periodic.period.seconds),
            )
        case wire.AllowedMsgAllowance() as limited:
            inner = nested(limited)
            lines = (
                _allowance_lines(inner, words) if isinstance(inner, ChainMessage) else (phrase("an unknown allowance"),)
            )
            return (
                *lines,
                *(Sentence("only for {type_url}", type_url=type_url) for type_url in limited.allowed_messages),
            )
    return (phrase("an unknown allowance"),)


def _basic_lines(basic: wire.BasicAllowance, words: MoneyWords) -> tuple[str, ...]:
    limit = _amounts(basic.spend_limit, words)
    return (
        Sentence("up to {limit} in all", limit=limit) if limit else phrase("without any limit"),
        _until(basic.expiration if basic.HasField("expiration") else None),
    )


def _to(address: str) -> str:
    return Sentence("to {address}", address=address)


def _from(address: str) -> str:
    return Sentence("from {address}", address=address)


def _for(subject: str) -> str:
    return Sentence("for {subject}", subject=subject)


def _until(moment: Timestamp | None) -> str:
    return phrase("for ever") if moment is None else Sentence("until {date}", date=_date(moment))


def _date(moment: Timestamp) -> str:
    return datetime.datetime.fromtimestamp(moment.seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _declared(stake: str, words: MoneyWords) -> str:
    """The text as it is where it is no amount of coins: it is what will be recorded."""
    try:
        return words.amount(parse_coin(stake))
    except WalletError:
        return stake


def _roles(roles: object) -> str:
    names = [as_sentence(role_words(wire.NodeType.Name(role))) for role in roles]  # type: ignore[attr-defined]
    return reduce(lambda before, name: Sentence("{before} and {name}", before=before, name=name), names)


def _resources(resources: wire.ResourceSpec) -> str:
    return Sentence(
        "{cpu_cores} cores, {memory_gb} GB memory, {gpu_count} GPU with {gpu_memory_gb} GB, "
        "{storage_gb} GB disk, {network_bandwidth_mbps} Mbit/s",
        cpu_cores=resources.cpu_cores,
        memory_gb=resources.memory_gb,
        gpu_count=resources.gpu_count,
        gpu_memory_gb=resources.gpu_memory_gb,
        storage_gb=resources.storage_gb,
        network_bandwidth_mbps=resources.network_bandwidth_mbps,
    )
