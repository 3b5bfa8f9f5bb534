"""Letting another account act in one's name (`authz`) or at one's cost (`feegrant`): the messages. Pure.

For a node that has a wallet of its own: it may then claim or register, and needs no coins for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum

from google.protobuf.timestamp_pb2 import Timestamp

from r3mes_launcher.sentence import Sentence
from r3mes_launcher.wallet.amounts import Coin
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.message_kinds import KINDS, ChainMessage, pack
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire

GENERIC = "/cosmos.authz.v1beta1.GenericAuthorization"
SEND = "/cosmos.bank.v1beta1.SendAuthorization"
STAKE = "/cosmos.staking.v1beta1.StakeAuthorization"
BASIC = "/cosmos.feegrant.v1beta1.BasicAllowance"
LIMITED = "/cosmos.feegrant.v1beta1.AllowedMsgAllowance"


class Action(StrEnum):
    """What the other account may do."""

    SEND = "send"
    STAKE = "stake"
    UNSTAKE = "unstake"
    REDELEGATE = "redelegate"
    CLAIM = "claim"
    REGISTER = "register"
    UPDATE_REGISTRATION = "update-registration"


TYPE_URLS = {
    Action.SEND: "/cosmos.bank.v1beta1.MsgSend",
    Action.STAKE: "/cosmos.staking.v1beta1.MsgDelegate",
    Action.UNSTAKE: "/cosmos.staking.v1beta1.MsgUndelegate",
    Action.REDELEGATE: "/cosmos.staking.v1beta1.MsgBeginRedelegate",
    Action.CLAIM: "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward",
    Action.REGISTER: "/remes.remes.v1.MsgRegisterNode",
    Action.UPDATE_REGISTRATION: "/remes.remes.v1.MsgUpdateNodeRegistration",
}
STAKING_TYPES = {
    Action.STAKE: wire.AUTHORIZATION_TYPE_DELEGATE,
    Action.UNSTAKE: wire.AUTHORIZATION_TYPE_UNDELEGATE,
    Action.REDELEGATE: wire.AUTHORIZATION_TYPE_REDELEGATE,
}
assert set(TYPE_URLS.values()) <= set(KINDS)


def permit(
    owner: str,
    other: str,
    action: Action,
    expires_at: float,
    *,
    limit: Coin | None = None,
    recipients: Sequence[str] = (),
    validators: Sequence[str] = (),
) -> ChainMessage:
    """An authorization that ends. Sending needs a limit; staking names its validators. Raises BAD_MESSAGE."""
    if action is Action.SEND:
        if limit is None:
            raise WalletError(Problem.BAD_MESSAGE, "A permission to send needs a limit.")
        sending = wire.SendAuthorization(spend_limit=[_coin(limit)], allow_list=recipients)
        packed = pack(SEND, sending)
    elif action in STAKING_TYPES:
        if not validators:
            raise WalletError(Problem.BAD_MESSAGE, "A permission to stake names the validators.")
        staking = wire.StakeAuthorization(
            max_tokens=_coin(limit) if limit is not None else None,
            allow_list=wire.StakeAuthorization.Validators(address=validators),
            authorization_type=STAKING_TYPES[action],
        )
        packed = pack(STAKE, staking)
    else:
        if limit is not None or recipients or validators:
            raise WalletError(
                Problem.BAD_MESSAGE, Sentence("A permission to {value} has no limits.", value=action.value)
            )
        packed = pack(GENERIC, wire.GenericAuthorization(msg=TYPE_URLS[action]))
    grant = wire.Grant(authorization=packed, expiration=_moment(expires_at))
    return ChainMessage("/cosmos.authz.v1beta1.MsgGrant", wire.MsgGrant(granter=owner, grantee=other, grant=grant))


def revoke(owner: str, other: str, action: Action) -> ChainMessage:
    body = wire.MsgRevoke(granter=owner, grantee=other, msg_type_url=TYPE_URLS[action])
    return ChainMessage("/cosmos.authz.v1beta1.MsgRevoke", body)


def pay_fees(owner: str, other: str, limit: Coin, expires_at: float, actions: Sequence[Action] = ()) -> ChainMessage:
    """Fees of another account up to a limit and a date; with `actions` for these alone."""
    packed = pack(BASIC, wire.BasicAllowance(spend_limit=[_coin(limit)], expiration=_moment(expires_at)))
    if actions:
        names = [TYPE_URLS[action] for action in actions]
        packed = pack(LIMITED, wire.AllowedMsgAllowance(allowance=packed, allowed_messages=names))
    body = wire.MsgGrantAllowance(granter=owner, grantee=other, allowance=packed)
    return ChainMessage("/cosmos.feegrant.v1beta1.MsgGrantAllowance", body)


def stop_paying_fees(owner: str, other: str) -> ChainMessage:
    body = wire.MsgRevokeAllowance(granter=owner, grantee=other)
    return ChainMessage("/cosmos.feegrant.v1beta1.MsgRevokeAllowance", body)


def _moment(seconds: float) -> Timestamp:
    return Timestamp(seconds=math.floor(seconds))


def _coin(coin: Coin) -> wire.Coin:
    return wire.Coin(denom=coin.denom, amount=str(coin.amount))
