"""Orders become the chain's messages, checked against what the chain says at this moment."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from r3mes_launcher.core.wallet_orders import (
    CancelUnbondingOrder,
    ClaimOrder,
    MoveStakeOrder,
    NodeResources,
    Order,
    RegisterOrder,
    SendOrder,
    StakeOrder,
    UnstakeOrder,
)
from r3mes_launcher.sentence import Sentence, phrase
from r3mes_launcher.wallet import roles, staking
from r3mes_launcher.wallet.addresses import require_account, require_operator
from r3mes_launcher.wallet.amounts import Coin, parse_coin
from r3mes_launcher.wallet.chain_client import ChainClient
from r3mes_launcher.wallet.chain_shapes import Registration
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.message_kinds import ChainMessage
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire
from r3mes_launcher.wallet.profiles import NetworkProfile
from r3mes_protocol.grants import Role


@dataclass(frozen=True)
class OrderedMessages:
    messages: tuple[ChainMessage, ...]
    memo: str = ""
    registration: wire.MsgRegisterNode | None = None
    """What the chain should have recorded afterwards, to compare with what it has."""


async def messages_for(
    order: Order, client: ChainClient, profile: NetworkProfile, owner: str, denom: str, now: float
) -> OrderedMessages:
    """Raises WalletError for all that can be known to fail before it costs a fee."""
    match order:
        case SendOrder(recipient, amount, memo):
            to = require_account(recipient, profile.prefix, what=phrase("recipient's address"))
            return OrderedMessages((staking.send(owner, to, _coin(denom, amount)),), memo)
        case StakeOrder(validator, amount):
            operator = require_operator(validator, profile.prefix)
            return OrderedMessages((staking.delegate(owner, operator, _coin(denom, amount)),))
        case UnstakeOrder(validator, amount):
            held = await staking.portfolio(client, owner, denom)
            params = await client.staking_params()
            return OrderedMessages((staking.undelegate(owner, validator, _coin(denom, amount), held, params),))
        case MoveStakeOrder(source, destination, amount):
            held = await staking.portfolio(client, owner, denom)
            params = await client.staking_params()
            coin = _coin(denom, amount)
            return OrderedMessages((staking.redelegate(owner, source, destination, coin, held, params, now),))
        case CancelUnbondingOrder(validator, created_height, amount):
            for entry in await client.unbondings(owner):
                if (entry.validator, entry.created_height) == (validator, created_height):
                    return OrderedMessages((staking.cancel_unbonding(owner, entry, denom, amount, now),))
            raise WalletError(Problem.STAKING_RULE, "This unstaking has ended; the coins are free already.")
        case ClaimOrder():
            return OrderedMessages(staking.claim(owner, await client.rewards(owner)))
        case RegisterOrder():
            return await _registration(order, client, profile, owner, denom)


async def _registration(
    order: RegisterOrder, client: ChainClient, profile: NetworkProfile, owner: str, denom: str
) -> OrderedMessages:
    """A first registration, or the change of one that is there: the chain takes the first only once."""
    needed = roles.requirements(profile, await client.role_params(), denom)
    found = await client.registration(owner)
    held = _in_recorded_order(found)
    wanted = (*held, *(role for role in (Role(name) for name in order.roles) if role not in held))
    resources = _resources(order.resources)
    declared = Coin(denom, roles.total_for(wanted, needed))
    if found is None:
        message = roles.register_message(owner, wanted, resources, declared)
        assert isinstance(message.body, wire.MsgRegisterNode)
        return OrderedMessages((message,), registration=message.body)
    change = roles.update_message(owner, wanted, resources, held=frozenset(held))
    kept = parse_coin(found.stake) if found.stake else declared
    expected = roles.register_message(owner, wanted, resources, kept).body
    assert isinstance(expected, wire.MsgRegisterNode)
    return OrderedMessages((change,), registration=expected)


def _in_recorded_order(found: Registration | None) -> tuple[Role, ...]:
    """The recorded roles, the one that the chain keys on first."""
    if found is None:
        return ()
    names = dict.fromkeys((found.node_type, *found.roles))
    return tuple(roles.ROLE_OF_NAME[name] for name in names if name in roles.ROLE_OF_NAME)


def _resources(declared: NodeResources) -> roles.Resources:
    try:
        return roles.Resources(**asdict(declared))
    except ValueError as error:
        raise WalletError(Problem.BAD_INPUT, Sentence("The resources are wrong: {error}.", error=error)) from None


def _coin(denom: str, amount: int) -> Coin:
    if amount <= 0:
        raise WalletError(Problem.BAD_AMOUNT, "The amount is zero.")
    return Coin(denom, amount)
