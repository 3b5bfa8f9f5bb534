"""Every message the wallet signs, by its type URL, and how each becomes JSON and back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any as Json
from typing import NamedTuple

from google.protobuf.any_pb2 import Any
from google.protobuf.message import DecodeError, Message

from r3mes_launcher.sentence import Sentence
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.messages_wire import cosmos_pb2 as wire


class MessageKind(NamedTuple):
    form: type[Message]
    signer: str
    """The field with the address that has to sign."""


KINDS: Mapping[str, MessageKind] = {
    "/cosmos.bank.v1beta1.MsgSend": MessageKind(wire.MsgSend, "from_address"),
    "/cosmos.staking.v1beta1.MsgDelegate": MessageKind(wire.MsgDelegate, "delegator_address"),
    "/cosmos.staking.v1beta1.MsgUndelegate": MessageKind(wire.MsgUndelegate, "delegator_address"),
    "/cosmos.staking.v1beta1.MsgBeginRedelegate": MessageKind(wire.MsgBeginRedelegate, "delegator_address"),
    "/cosmos.staking.v1beta1.MsgCancelUnbondingDelegation": MessageKind(
        wire.MsgCancelUnbondingDelegation, "delegator_address"
    ),
    "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward": MessageKind(
        wire.MsgWithdrawDelegatorReward, "delegator_address"
    ),
    "/cosmos.authz.v1beta1.MsgGrant": MessageKind(wire.MsgGrant, "granter"),
    "/cosmos.authz.v1beta1.MsgRevoke": MessageKind(wire.MsgRevoke, "granter"),
    "/cosmos.feegrant.v1beta1.MsgGrantAllowance": MessageKind(wire.MsgGrantAllowance, "granter"),
    "/cosmos.feegrant.v1beta1.MsgRevokeAllowance": MessageKind(wire.MsgRevokeAllowance, "granter"),
    "/remes.remes.v1.MsgRegisterNode": MessageKind(wire.MsgRegisterNode, "node_address"),
    "/remes.remes.v1.MsgUpdateNodeRegistration": MessageKind(wire.MsgUpdateNodeRegistration, "node_address"),
}

ALLOWANCES: Mapping[str, type[Message]] = {
    "/cosmos.feegrant.v1beta1.BasicAllowance": wire.BasicAllowance,
    "/cosmos.feegrant.v1beta1.PeriodicAllowance": wire.PeriodicAllowance,
    "/cosmos.feegrant.v1beta1.AllowedMsgAllowance": wire.AllowedMsgAllowance,
}
AUTHORIZATIONS: Mapping[str, type[Message]] = {
    "/cosmos.authz.v1beta1.GenericAuthorization": wire.GenericAuthorization,
    "/cosmos.bank.v1beta1.SendAuthorization": wire.SendAuthorization,
    "/cosmos.staking.v1beta1.StakeAuthorization": wire.StakeAuthorization,
}

_NESTED: Mapping[type[Message], tuple[str, Mapping[str, type[Message]]]] = {
    wire.Grant: ("authorization", AUTHORIZATIONS),
    wire.MsgGrantAllowance: ("allowance", ALLOWANCES),
    wire.AllowedMsgAllowance: ("allowance", ALLOWANCES),
}
"""The `Any` field that a form has, and what may be in it."""

_HOLDERS: Mapping[type[Message], tuple[str, type[Message]]] = {wire.MsgGrant: ("grant", wire.Grant)}
"""The field of a form whose own form has such an `Any` field."""

_ALWAYS_WRITTEN: Mapping[type[Message], tuple[str, ...]] = {
    wire.MsgRegisterNode: ("resources",),
    wire.MsgGrant: ("grant",),
    wire.RoleAllocation: ("quota",),
    wire.PeriodicAllowance: ("basic", "period", "period_reset"),
}
"""Fields that the chain's own code writes even when they are empty."""

MAX_NESTING = 4


class ChainMessage(NamedTuple):
    """One message of a transaction: its type and its filled form."""

    type_url: str
    body: Message

    @property
    def signer(self) -> str:
        return str(getattr(self.body, KINDS[self.type_url].signer))


class UnknownMessage(NamedTuple):
    """A message of a type that this wallet does not know: it can be shown as hex, never explained."""

    type_url: str
    value: bytes


def message_from_json(document: Mapping[str, Json]) -> ChainMessage:
    """Reads `{"@type": …, …}`. Raises BAD_MESSAGE for unknown types, unknown or doubtful fields and wrong values."""
    type_url = document.get("@type")
    kind = KINDS.get(type_url) if isinstance(type_url, str) else None
    if kind is None or not isinstance(type_url, str):
        raise WalletError(
            Problem.BAD_MESSAGE,
            "A message has no “@type” that this wallet knows.",
            Sentence("Known: {names}.", names=", ".join(sorted(KINDS))),
        )
    return ChainMessage(type_url, _form_from_json(kind.form, _without_type(document), MAX_NESTING))


def message_to_json(message: ChainMessage | UnknownMessage) -> dict[str, Json]:
    """The message as the chain's REST API writes it: every field, numbers of 64 bits as text."""
    if isinstance(message, UnknownMessage):
        return {"@type": message.type_url, "value": base64.b64encode(message.value).decode(), "unknown": True}
    return {"@type": message.type_url, **_form_to_json(message.body)}


def pack(type_url: str, form: Message) -> Any:
    return Any(type_url=type_url, value=form.SerializeToString(deterministic=True))


def unpack(packed: Any) -> ChainMessage | UnknownMessage:
    """Raises BAD_TRANSACTION when a known type holds bytes that are no such message."""
    kind = KINDS.get(packed.type_url)
    if kind is None:
        return UnknownMessage(packed.type_url, packed.value)
    return ChainMessage(packed.type_url, parse(kind.form, packed.value))


def parse(form: type[Message], data: bytes) -> Message:
    """Bytes as a form, if writing it again gives the same bytes: nothing hidden, doubled or unknown inside."""
    message = form()
    try:
        message.ParseFromString(data)
    except DecodeError:
        raise WalletError(Problem.BAD_TRANSACTION, Sentence("These bytes are no {name}.", name=form.__name__)) from None
    if message.SerializeToString(deterministic=True) != data or _has_unknown(message):
        raise WalletError(
            Problem.BAD_TRANSACTION,
            Sentence("The {name} holds fields that this wallet does not know or would not write.", name=form.__name__),
        )
    return message


def _has_unknown(message: Message) -> bool:
    """Whether discarding unknown fields, at any depth, changes the message."""
    clean = type(message)()
    clean.CopyFrom(message)
    clean.DiscardUnknownFields()
    return clean.SerializeToString(deterministic=True) != message.SerializeToString(deterministic=True)


def nested(message: Message) -> ChainMessage | UnknownMessage | None:
    """The allowance or authorization inside a form; None when the form has no place for one."""
    place = _NESTED.get(type(message))
    if place is None:
        return None
    field, known = place
    packed: Any = getattr(message, field)
    form = known.get(packed.type_url)
    if form is None:
        return UnknownMessage(packed.type_url, packed.value)
    return ChainMessage(packed.type_url, parse(form, packed.value))


def _without_type(document: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in document.items() if name != "@type"}


def _form_from_json(form: type[Message], fields: Mapping[str, Json], depth: int) -> Message:
    """json_format reads leaves; sub-messages with an `Any` inside are read here, as their types are not registered."""
    # Imported when somebody reads or writes JSON: a wallet that rests in the tray needs no more memory for it.
    from google.protobuf.json_format import ParseDict
    from google.protobuf.json_format import ParseError as JsonParseError

    if depth == 0:
        raise WalletError(Problem.BAD_MESSAGE, "The message is nested too deeply.")
    remaining = dict(fields)
    built: dict[str, Message] = {}
    place, holder = _NESTED.get(form), _HOLDERS.get(form)
    if place is not None and place[0] in remaining:
        built[place[0]] = _any_from_json(remaining.pop(place[0]), place[1], depth)
    if holder is not None and isinstance(remaining.get(holder[0]), dict):
        built[holder[0]] = _form_from_json(holder[1], remaining.pop(holder[0]), depth - 1)
    message = form()
    try:
        ParseDict(remaining, message)
    except (JsonParseError, TypeError, ValueError, RecursionError) as error:
        # json_format names the field and the value; the value is public transaction data.
        raise WalletError(
            Problem.BAD_MESSAGE,
            Sentence("The {name} is not well formed: {error}.", name=form.__name__, error=str(error)[:300]),
        ) from None
    for name, value in built.items():
        getattr(message, name).CopyFrom(value)
    _write_always(message)
    return message


def _any_from_json(document: Json, known: Mapping[str, type[Message]], depth: int) -> Message:
    type_url = document.get("@type") if isinstance(document, dict) else None
    form = known.get(type_url) if isinstance(type_url, str) else None
    if form is None or not isinstance(type_url, str):
        raise WalletError(
            Problem.BAD_MESSAGE,
            "An allowance or authorization has no “@type” that this wallet knows.",
            Sentence("Known: {names}.", names=", ".join(sorted(known))),
        )
    return pack(type_url, _form_from_json(form, _without_type(document), depth - 1))


def _write_always(message: Message) -> None:
    for name in _ALWAYS_WRITTEN.get(type(message), ()):
        getattr(message, name).SetInParent()
    for field, value in message.ListFields():
        if field.message_type is None or isinstance(value, Any):
            continue
        for item in [value] if isinstance(value, Message) else value:
            _write_always(item)


def _form_to_json(message: Message) -> dict[str, Json]:
    from google.protobuf.json_format import MessageToDict

    bare = type(message)()
    bare.CopyFrom(message)
    inner: dict[str, Json] = {}
    place, holder = _NESTED.get(type(message)), _HOLDERS.get(type(message))
    held = nested(message)
    if place is not None and held is not None:
        inner[place[0]] = message_to_json(held)
        bare.ClearField(place[0])
    if holder is not None and message.HasField(holder[0]):
        inner[holder[0]] = _form_to_json(getattr(message, holder[0]))
        bare.ClearField(holder[0])
    fields: dict[str, Json] = MessageToDict(
        bare, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return {**fields, **inner}
