"""What the wallet checks in a message before it signs.

Chains of SDK 0.50 take a malformed message into a block, fail it there and keep the fee, so nothing is left to them.
"""

from __future__ import annotations

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from r3mes_launcher.sentence import Sentence, as_sentence, phrase
from r3mes_launcher.wallet.addresses import KEY_HASH_BYTES, decode_address, require_account, require_operator
from r3mes_launcher.wallet.amounts import Coin, check_denom, normal_coins, parse_coin, parse_integer
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.message_kinds import ChainMessage, UnknownMessage, nested
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire

ACCOUNT_FIELDS = ("from_address", "to_address", "delegator_address", "granter", "grantee", "node_address")
OPERATOR_FIELDS = ("validator_address", "validator_src_address", "validator_dst_address")
MAX_PROOF_CHARACTERS = 256


def check_message(message: ChainMessage, prefix: str, signer: str | None = None) -> None:
    """Raises what is wrong with the message on a network with this address prefix, or if `signer` can't sign it."""
    body = message.body
    for field in body.DESCRIPTOR.fields:
        if field.name in ACCOUNT_FIELDS:
            _check_written_small(
                require_account(getattr(body, field.name), prefix, what=_words(field.name)), body, field.name
            )
        elif field.name in OPERATOR_FIELDS:
            _check_written_small(require_operator(getattr(body, field.name), prefix), body, field.name)
    if len(decode_address(message.signer).payload) != KEY_HASH_BYTES:
        raise WalletError(Problem.BAD_ADDRESS, "The signing address is a module's, which no key can sign for.")
    if signer is not None and message.signer != signer:
        raise WalletError(
            Problem.BAD_MESSAGE,
            Sentence(
                "The message spends for {signer}, but this key's address is {own}.", signer=message.signer, own=signer
            ),
            "Choose the wallet that owns that address.",
        )
    _check_content(body, prefix)


def _check_content(body: Message, prefix: str) -> None:
    match body:
        case wire.MsgSend():
            require_coins(body.amount)
        case wire.MsgDelegate() | wire.MsgUndelegate():
            require_coin(body.amount)
        case wire.MsgBeginRedelegate():
            require_coin(body.amount)
            if body.validator_src_address == body.validator_dst_address:
                raise WalletError(Problem.BAD_MESSAGE, "A redelegation needs two different validators.")
        case wire.MsgCancelUnbondingDelegation():
            require_coin(body.amount)
            if body.creation_height <= 0:
                raise WalletError(
                    Problem.BAD_MESSAGE, "The unbonding to cancel is named by the height that it began at."
                )
        case wire.MsgGrant():
            _check_pair(body.granter, body.grantee)
            _check_timestamp(body.grant, "expiration")
            _check_authorization(nested(body.grant), prefix)
        case wire.MsgRevoke():
            _check_pair(body.granter, body.grantee)
            _check_type_url(body.msg_type_url)
        case wire.MsgGrantAllowance():
            _check_pair(body.granter, body.grantee)
            _check_allowance(nested(body), depth=2)
        case wire.MsgRevokeAllowance():
            _check_pair(body.granter, body.grantee)
        case wire.MsgRegisterNode():
            _check_registration(body)
        case wire.MsgUpdateNodeRegistration():
            _check_roles(list(body.roles), body.role_allocations)
            _check_proof(body.resource_proof_ipfs_hash)


def require_coin(coin: wire.Coin) -> Coin:
    """The coin of a message, with a known shape and more than nothing in it."""
    check_denom(coin.denom)
    amount = parse_integer(coin.amount)
    if amount == 0:
        raise WalletError(Problem.BAD_AMOUNT, "The amount is zero.")
    return Coin(coin.denom, amount)


def require_coins(coins: object) -> tuple[Coin, ...]:
    """A list of coins that is not empty, in the chain's order."""
    read = tuple(require_coin(coin) for coin in coins)  # type: ignore[attr-defined]
    if not read or normal_coins(read) != read:
        raise WalletError(Problem.BAD_AMOUNT, "The coins have to be sorted by name, each once, and at least one.")
    return read


def _check_written_small(checked: str, body: Message, field: str) -> None:
    if getattr(body, field) != checked:
        raise WalletError(
            Problem.BAD_ADDRESS, Sentence("The {words} has to be in small letters.", words=as_sentence(_words(field)))
        )


def _words(field: str) -> str:
    return {
        "from_address": phrase("sender's address"),
        "to_address": phrase("recipient's address"),
        "delegator_address": phrase("delegator's address"),
        "granter": phrase("granter's address"),
        "grantee": phrase("grantee's address"),
        "node_address": phrase("node's address"),
    }.get(field, field.replace("_", " "))


def _check_pair(granter: str, grantee: str) -> None:
    if granter == grantee:
        raise WalletError(Problem.BAD_MESSAGE, "Giving a permission to oneself has no effect; the chain refuses it.")


def _check_timestamp(holder: Message, field: str) -> None:
    if not holder.HasField(field):
        return
    moment: Timestamp = getattr(holder, field)
    if moment.seconds <= 0 or not 0 <= moment.nanos < 10**9:
        raise WalletError(Problem.BAD_MESSAGE, Sentence("The {field} is not a date after 1970.", field=field))


def _check_type_url(type_url: str) -> None:
    if not type_url.startswith("/") or not type_url.isascii() or not 3 < len(type_url) <= 200 or " " in type_url:
        raise WalletError(Problem.BAD_MESSAGE, "A message type looks like /cosmos.bank.v1beta1.MsgSend.")


def _check_authorization(held: ChainMessage | UnknownMessage | None, prefix: str) -> None:
    if not isinstance(held, ChainMessage):
        raise WalletError(Problem.BAD_MESSAGE, "The grant holds no authorization that this wallet knows.")
    match held.body:
        case wire.GenericAuthorization(msg=type_url):
            _check_type_url(type_url)
        case wire.SendAuthorization() as sending:
            require_coins(sending.spend_limit)
            for address in sending.allow_list:
                require_account(address, prefix, what=phrase("allowed address"))
        case wire.StakeAuthorization() as staking:
            if staking.authorization_type == wire.AUTHORIZATION_TYPE_UNSPECIFIED:
                raise WalletError(Problem.BAD_MESSAGE, "The staking authorization names no action.")
            if staking.HasField("max_tokens"):
                require_coin(staking.max_tokens)
            chosen = staking.WhichOneof("validators")
            addresses = list(getattr(staking, chosen).address) if chosen else []
            if not addresses:
                raise WalletError(Problem.BAD_MESSAGE, "The staking authorization names no validator.")
            for address in addresses:
                require_operator(address, prefix)


def _check_allowance(held: ChainMessage | UnknownMessage | None, depth: int) -> None:
    if not isinstance(held, ChainMessage) or depth == 0:
        raise WalletError(Problem.BAD_MESSAGE, "The message holds no fee allowance that this wallet knows.")
    match held.body:
        case wire.BasicAllowance() as basic:
            _check_basic(basic)
        case wire.PeriodicAllowance() as periodic:
            _check_basic(periodic.basic)
            if periodic.period.seconds <= 0:
                raise WalletError(Problem.BAD_MESSAGE, "The allowance's period is not a time.")
            require_coins(periodic.period_spend_limit)
            if periodic.period_can_spend:
                require_coins(periodic.period_can_spend)
        case wire.AllowedMsgAllowance() as limited:
            if not limited.allowed_messages:
                raise WalletError(Problem.BAD_MESSAGE, "The allowance is for no message at all.")
            for type_url in limited.allowed_messages:
                _check_type_url(type_url)
            _check_allowance(nested(limited), depth - 1)


def _check_basic(basic: wire.BasicAllowance) -> None:
    if basic.spend_limit:
        require_coins(basic.spend_limit)
    _check_timestamp(basic, "expiration")


def _check_registration(body: wire.MsgRegisterNode) -> None:
    roles = list(body.roles)
    if not roles or body.node_type == wire.NODE_TYPE_UNSPECIFIED:
        raise WalletError(Problem.BAD_MESSAGE, "A registration needs at least one role, and its node type.")
    if body.node_type != roles[0]:
        raise WalletError(Problem.BAD_MESSAGE, "The node type has to be the first of the roles: the chain keys on it.")
    _check_roles(roles, body.role_allocations)
    if parse_coin(body.stake).amount == 0:
        raise WalletError(Problem.BAD_AMOUNT, "The declared stake is zero.")
    _check_proof(body.resource_proof_ipfs_hash)


def _check_roles(roles: list[wire.NodeType], allocations: object) -> None:
    known = set(wire.NodeType.values()) - {wire.NODE_TYPE_UNSPECIFIED}
    if len(set(roles)) != len(roles) or not set(roles) <= known:
        raise WalletError(Problem.BAD_MESSAGE, "The roles have to be known ones, each once.")
    given = [allocation.role for allocation in allocations]  # type: ignore[attr-defined]
    if given and given != roles:
        raise WalletError(Problem.BAD_MESSAGE, "The allocations have to be one a role, in the order of the roles.")
    if not given and roles:
        raise WalletError(Problem.BAD_MESSAGE, "Each role needs its allocation of resources.")


def _check_proof(text: str) -> None:
    if len(text) > MAX_PROOF_CHARACTERS or not text.isprintable():
        raise WalletError(Problem.BAD_MESSAGE, "The resource proof is no IPFS hash.")
