"""Staking with validators: what one has, what each step means, and what the chain would refuse."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from r3mes_launcher.sentence import NumberText, Sentence, as_sentence, phrase
from r3mes_launcher.wallet.amounts import Coin
from r3mes_launcher.wallet.chain_client import ChainClient
from r3mes_launcher.wallet.chain_shapes import Portfolio, Reward, SlashingParams, StakingParams, Unbonding
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.message_kinds import ChainMessage
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire

MAX_CLAIMS = 20
"""Validators in one claim; more would need more gas than some chains allow in a transaction."""
SECONDS_A_DAY = 86_400


async def portfolio(client: ChainClient, address: str, denom: str) -> Portfolio:
    """Reads everything anew: rows from before a transaction would be wrong."""
    balances = {coin.denom: coin.amount for coin in await client.balances(address)}
    return Portfolio(
        denom=denom,
        available=balances.get(denom, 0),
        delegations=await client.delegations(address),
        unbondings=await client.unbondings(address),
        redelegations=await client.redelegations(address),
        rewards=await client.rewards(address),
    )


@dataclass(frozen=True)
class UnbondingMeaning:
    """What unstaking means, before it is done."""

    days: int
    free_at: float
    sentences: tuple[str, ...]


def unbonding_meaning(params: StakingParams, slashing: SlashingParams, now: float) -> UnbondingMeaning:
    free_at = now + params.unbonding_s
    days, span = -(-params.unbonding_s // SECONDS_A_DAY), span_of(params.unbonding_s)
    return UnbondingMeaning(
        days,
        free_at,
        (
            Sentence(
                "The coins are locked for {span}, until {day}, and earn nothing meanwhile.", span=span, day=day(free_at)
            ),
            Sentence(
                "They can still be slashed: {twice} if the validator signs twice, {offline} if it was offline.",
                twice=percent(slashing.double_sign),
                offline=percent(slashing.downtime),
            ),
            phrase("Rewards so far are paid out at once."),
            phrase("You can cancel it while it runs."),
        ),
    )


def day(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def span_of(seconds: int) -> Sentence:
    """`21 days`, or smaller units for the short times of chains that are made for trying things out."""
    if seconds >= SECONDS_A_DAY:
        count = -(-seconds // SECONDS_A_DAY)
        return as_sentence("1 day") if count == 1 else Sentence("{count} days", count=count)
    if seconds >= 3_600:
        count = -(-seconds // 3_600)
        return as_sentence("1 hour") if count == 1 else Sentence("{count} hours", count=count)
    if seconds >= 60:
        count = -(-seconds // 60)
        return as_sentence("1 minute") if count == 1 else Sentence("{count} minutes", count=count)
    return Sentence("{count} seconds", count=seconds)


def percent(fraction: str) -> NumberText:
    """A fraction as the chain writes it, in percent, without rounding."""
    whole, _, places = fraction.partition(".")
    places = places.ljust(2, "0")
    left, right = (whole + places[:2]).lstrip("0") or "0", places[2:].rstrip("0")
    return NumberText(f"{left}.{right} %" if right else f"{left} %")


# Messages


def delegate(owner: str, validator: str, amount: Coin) -> ChainMessage:
    body = wire.MsgDelegate(delegator_address=owner, validator_address=validator, amount=_coin(amount))
    return ChainMessage("/cosmos.staking.v1beta1.MsgDelegate", body)


def undelegate(owner: str, validator: str, amount: Coin, held: Portfolio, params: StakingParams) -> ChainMessage:
    """Raises STAKING_RULE for what the chain would take and then fail at the cost of a fee."""
    _check_staked(held, validator, amount)
    running = sum(1 for entry in held.unbondings if entry.validator == validator)
    if running >= params.max_entries:
        first = min(entry.completes_at for entry in held.unbondings if entry.validator == validator)
        raise WalletError(
            Problem.STAKING_RULE,
            Sentence(
                "At most {max_entries} unstakings from one validator can run at once.", max_entries=params.max_entries
            ),
            Sentence("The next one ends on {day}.", day=day(first)),
        )
    body = wire.MsgUndelegate(delegator_address=owner, validator_address=validator, amount=_coin(amount))
    return ChainMessage("/cosmos.staking.v1beta1.MsgUndelegate", body)


def redelegate(
    owner: str, source: str, destination: str, amount: Coin, held: Portfolio, params: StakingParams, now: float
) -> ChainMessage:
    """Raises STAKING_RULE, also for coins that came to `source` by a redelegation that still runs."""
    if source == destination:
        raise WalletError(Problem.STAKING_RULE, "Choose another validator than the one the coins are with.")
    _check_staked(held, source, amount)
    arriving = [item for item in held.redelegations if item.destination == source and item.completes_at > now]
    if arriving:
        raise WalletError(
            Problem.STAKING_RULE,
            "Coins were moved to this validator a short time ago; until that is over none can be moved on from it.",
            Sentence(
                "It is over on {day}. Unstaking is possible now.", day=day(max(item.completes_at for item in arriving))
            ),
        )
    pair = [item for item in held.redelegations if (item.source, item.destination) == (source, destination)]
    if len(pair) >= params.max_entries:
        raise WalletError(
            Problem.STAKING_RULE,
            Sentence(
                "At most {max_entries} moves between these two validators can run at once.",
                max_entries=params.max_entries,
            ),
            Sentence("The next one ends on {day}.", day=day(min(item.completes_at for item in pair))),
        )
    body = wire.MsgBeginRedelegate(
        delegator_address=owner, validator_src_address=source, validator_dst_address=destination, amount=_coin(amount)
    )
    return ChainMessage("/cosmos.staking.v1beta1.MsgBeginRedelegate", body)


def cancel_unbonding(owner: str, entry: Unbonding, denom: str, amount: int, now: float) -> ChainMessage:
    if entry.completes_at <= now:
        raise WalletError(Problem.STAKING_RULE, "This unstaking has ended; the coins are free already.")
    if not 0 < amount <= entry.amount:
        raise WalletError(Problem.STAKING_RULE, "That is more than this unstaking holds.")
    body = wire.MsgCancelUnbondingDelegation(
        delegator_address=owner,
        validator_address=entry.validator,
        amount=_coin(Coin(denom, amount)),
        creation_height=entry.created_height,
    )
    return ChainMessage("/cosmos.staking.v1beta1.MsgCancelUnbondingDelegation", body)


def claim(owner: str, rewards: Sequence[Reward]) -> tuple[ChainMessage, ...]:
    """One message for each validator with something to claim, the largest first; at most MAX_CLAIMS."""
    worth = [(sum(coin.amount for coin in reward.coins), reward.validator) for reward in rewards]
    chosen = sorted((item for item in worth if item[0] > 0), key=lambda item: (-item[0], item[1]))[:MAX_CLAIMS]
    if not chosen:
        raise WalletError(Problem.STAKING_RULE, "There are no rewards to claim yet.")
    return tuple(
        ChainMessage(
            "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward",
            wire.MsgWithdrawDelegatorReward(delegator_address=owner, validator_address=validator),
        )
        for _, validator in chosen
    )


def send(owner: str, recipient: str, amount: Coin) -> ChainMessage:
    body = wire.MsgSend(from_address=owner, to_address=recipient, amount=[_coin(amount)])
    return ChainMessage("/cosmos.bank.v1beta1.MsgSend", body)


def _check_staked(held: Portfolio, validator: str, amount: Coin) -> None:
    have = held.staked_with(validator)
    if not 0 < amount.amount <= have:
        raise WalletError(
            Problem.STAKING_RULE,
            "You have nothing staked with this validator." if have == 0 else "That is more than is staked there.",
        )


def _coin(coin: Coin) -> wire.Coin:
    return wire.Coin(denom=coin.denom, amount=str(coin.amount))
