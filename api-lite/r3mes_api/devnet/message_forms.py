"""The forms of transactions and of every message that this chain executes, with the numbers of real chains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from r3mes_api.devnet.wire import Field, Form, Kind

# cosmos.base, google.protobuf

COIN = Form("Coin", {1: Field("denom"), 2: Field("amount")})
TIMESTAMP = Form("Timestamp", {1: Field("seconds", Kind.INT64), 2: Field("nanos", Kind.INT64)}, "timestamp")
DURATION = Form("Duration", {1: Field("seconds", Kind.INT64), 2: Field("nanos", Kind.INT64)}, "duration")

# cosmos.tx.v1beta1, cosmos.crypto

SECP256K1 = "/cosmos.crypto.secp256k1.PubKey"
PUBLIC_KEY = Form("PubKey", {1: Field("key", Kind.BYTES)})
TX_RAW = Form(
    "TxRaw",
    {
        1: Field("body_bytes", Kind.BYTES),
        2: Field("auth_info_bytes", Kind.BYTES),
        3: Field("signatures", Kind.BYTES, repeated=True),
    },
)
SIGN_DOC = Form(
    "SignDoc",
    {
        1: Field("body_bytes", Kind.BYTES),
        2: Field("auth_info_bytes", Kind.BYTES),
        3: Field("chain_id"),
        4: Field("account_number", Kind.UINT64),
    },
)
TX_BODY = Form(
    "TxBody",
    {
        1: Field("messages", Kind.ANY, repeated=True),
        2: Field("memo"),
        3: Field("timeout_height", Kind.UINT64),
        1023: Field("extension_options", Kind.ANY, repeated=True),
        2047: Field("non_critical_extension_options", Kind.ANY, repeated=True),
    },
)
FEE = Form(
    "Fee",
    {
        1: Field("amount", Kind.FORM, COIN, repeated=True),
        2: Field("gas_limit", Kind.UINT64),
        3: Field("payer"),
        4: Field("granter"),
    },
)
SIGN_MODES = ("SIGN_MODE_UNSPECIFIED", "SIGN_MODE_DIRECT", "SIGN_MODE_TEXTUAL")
SIGN_MODE_DIRECT = 1
SINGLE = Form("ModeInfo.Single", {1: Field("mode", Kind.ENUM, names=SIGN_MODES)})
MODE_INFO = Form("ModeInfo", {1: Field("single", Kind.FORM, SINGLE)})
SIGNER_INFO = Form(
    "SignerInfo",
    {1: Field("public_key", Kind.ANY), 2: Field("mode_info", Kind.FORM, MODE_INFO), 3: Field("sequence", Kind.UINT64)},
)
AUTH_INFO = Form(
    "AuthInfo",
    {1: Field("signer_infos", Kind.FORM, SIGNER_INFO, repeated=True), 2: Field("fee", Kind.FORM, FEE, always=True)},
)

# remes.remes.v1

NODE_TYPES = (
    "NODE_TYPE_UNSPECIFIED",
    "NODE_TYPE_MINING",
    "NODE_TYPE_SERVING",
    "NODE_TYPE_VALIDATOR",
    "NODE_TYPE_PROPOSER",
)
RESOURCES = Form(
    "ResourceSpec",
    {
        number: Field(name, Kind.UINT32)
        for number, name in enumerate(
            ("cpu_cores", "memory_gb", "gpu_count", "gpu_memory_gb", "storage_gb", "network_bandwidth_mbps"), 1
        )
    },
)
QUOTA = Form(
    "ResourceQuota",
    {
        1: Field("role", Kind.ENUM, names=NODE_TYPES),
        2: Field("cpu_cores", Kind.UINT32),
        3: Field("memory_gb", Kind.UINT32),
        4: Field("gpu_count", Kind.UINT32),
        5: Field("gpu_memory_gb", Kind.UINT32),
    },
)
ALLOCATION = Form(
    "RoleAllocation",
    {1: Field("role", Kind.ENUM, names=NODE_TYPES), 2: Field("quota", Kind.FORM, QUOTA, always=True)},
)

# cosmos.authz, cosmos.feegrant

GRANT = Form("Grant", {1: Field("authorization", Kind.ANY), 2: Field("expiration", Kind.FORM, TIMESTAMP)})
VALIDATOR_LIST = Form("StakeAuthorization.Validators", {1: Field("address", repeated=True)})
STAKE_ACTIONS = (
    "AUTHORIZATION_TYPE_UNSPECIFIED",
    "AUTHORIZATION_TYPE_DELEGATE",
    "AUTHORIZATION_TYPE_UNDELEGATE",
    "AUTHORIZATION_TYPE_REDELEGATE",
)
BASIC = Form(
    "BasicAllowance",
    {1: Field("spend_limit", Kind.FORM, COIN, repeated=True), 2: Field("expiration", Kind.FORM, TIMESTAMP)},
)

GENERIC_AUTHORIZATION = "/cosmos.authz.v1beta1.GenericAuthorization"
SEND_AUTHORIZATION = "/cosmos.bank.v1beta1.SendAuthorization"
STAKE_AUTHORIZATION = "/cosmos.staking.v1beta1.StakeAuthorization"
AUTHORIZATIONS: Mapping[str, Form] = {
    GENERIC_AUTHORIZATION: Form("GenericAuthorization", {1: Field("msg")}),
    SEND_AUTHORIZATION: Form(
        "SendAuthorization",
        {1: Field("spend_limit", Kind.FORM, COIN, repeated=True), 2: Field("allow_list", repeated=True)},
    ),
    STAKE_AUTHORIZATION: Form(
        "StakeAuthorization",
        {
            1: Field("max_tokens", Kind.FORM, COIN),
            2: Field("allow_list", Kind.FORM, VALIDATOR_LIST),
            3: Field("deny_list", Kind.FORM, VALIDATOR_LIST),
            4: Field("authorization_type", Kind.ENUM, names=STAKE_ACTIONS),
        },
    ),
}

BASIC_ALLOWANCE = "/cosmos.feegrant.v1beta1.BasicAllowance"
PERIODIC_ALLOWANCE = "/cosmos.feegrant.v1beta1.PeriodicAllowance"
MESSAGE_ALLOWANCE = "/cosmos.feegrant.v1beta1.AllowedMsgAllowance"
ALLOWANCES: Mapping[str, Form] = {
    BASIC_ALLOWANCE: BASIC,
    PERIODIC_ALLOWANCE: Form(
        "PeriodicAllowance",
        {
            1: Field("basic", Kind.FORM, BASIC, always=True),
            2: Field("period", Kind.FORM, DURATION, always=True),
            3: Field("period_spend_limit", Kind.FORM, COIN, repeated=True),
            4: Field("period_can_spend", Kind.FORM, COIN, repeated=True),
            5: Field("period_reset", Kind.FORM, TIMESTAMP, always=True),
        },
    ),
    MESSAGE_ALLOWANCE: Form(
        "AllowedMsgAllowance", {1: Field("allowance", Kind.ANY), 2: Field("allowed_messages", repeated=True)}
    ),
}


class MessageKind(NamedTuple):
    form: Form
    signer: str
    """The field with the address that has to sign."""


SEND = "/cosmos.bank.v1beta1.MsgSend"
DELEGATE = "/cosmos.staking.v1beta1.MsgDelegate"
UNDELEGATE = "/cosmos.staking.v1beta1.MsgUndelegate"
REDELEGATE = "/cosmos.staking.v1beta1.MsgBeginRedelegate"
CANCEL_UNBONDING = "/cosmos.staking.v1beta1.MsgCancelUnbondingDelegation"
WITHDRAW_REWARD = "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward"
AUTHZ_GRANT = "/cosmos.authz.v1beta1.MsgGrant"
AUTHZ_REVOKE = "/cosmos.authz.v1beta1.MsgRevoke"
AUTHZ_EXEC = "/cosmos.authz.v1beta1.MsgExec"
FEE_GRANT = "/cosmos.feegrant.v1beta1.MsgGrantAllowance"
FEE_REVOKE = "/cosmos.feegrant.v1beta1.MsgRevokeAllowance"
REGISTER_NODE = "/remes.remes.v1.MsgRegisterNode"
UPDATE_NODE = "/remes.remes.v1.MsgUpdateNodeRegistration"


def _message(name: str, *names: str, **more: Field) -> Form:
    """Text fields first, numbered from 1 in order; `more` go on from there."""
    fields = [Field(item) for item in names] + list(more.values())
    return Form(name, dict(enumerate(fields, 1)))


_AMOUNT = Field("amount", Kind.FORM, COIN, always=True)
_ROLES = Field("roles", Kind.ENUM, repeated=True, names=NODE_TYPES)
_ALLOCATIONS = Field("role_allocations", Kind.FORM, ALLOCATION, repeated=True)

MESSAGES: Mapping[str, MessageKind] = {
    SEND: MessageKind(
        _message("MsgSend", "from_address", "to_address", amount=Field("amount", Kind.FORM, COIN, repeated=True)),
        "from_address",
    ),
    DELEGATE: MessageKind(
        _message("MsgDelegate", "delegator_address", "validator_address", amount=_AMOUNT), "delegator_address"
    ),
    UNDELEGATE: MessageKind(
        _message("MsgUndelegate", "delegator_address", "validator_address", amount=_AMOUNT), "delegator_address"
    ),
    REDELEGATE: MessageKind(
        _message(
            "MsgBeginRedelegate", "delegator_address", "validator_src_address", "validator_dst_address", amount=_AMOUNT
        ),
        "delegator_address",
    ),
    CANCEL_UNBONDING: MessageKind(
        _message(
            "MsgCancelUnbondingDelegation",
            "delegator_address",
            "validator_address",
            amount=_AMOUNT,
            height=Field("creation_height", Kind.INT64),
        ),
        "delegator_address",
    ),
    WITHDRAW_REWARD: MessageKind(
        _message("MsgWithdrawDelegatorReward", "delegator_address", "validator_address"), "delegator_address"
    ),
    AUTHZ_GRANT: MessageKind(
        _message("MsgGrant", "granter", "grantee", grant=Field("grant", Kind.FORM, GRANT, always=True)), "granter"
    ),
    AUTHZ_REVOKE: MessageKind(_message("MsgRevoke", "granter", "grantee", "msg_type_url"), "granter"),
    AUTHZ_EXEC: MessageKind(_message("MsgExec", "grantee", msgs=Field("msgs", Kind.ANY, repeated=True)), "grantee"),
    FEE_GRANT: MessageKind(
        _message("MsgGrantAllowance", "granter", "grantee", allowance=Field("allowance", Kind.ANY)), "granter"
    ),
    FEE_REVOKE: MessageKind(_message("MsgRevokeAllowance", "granter", "grantee"), "granter"),
    REGISTER_NODE: MessageKind(
        Form(
            "MsgRegisterNode",
            {
                1: Field("node_address"),
                2: Field("node_type", Kind.ENUM, names=NODE_TYPES),
                3: Field("resources", Kind.FORM, RESOURCES, always=True),
                4: Field("stake"),
                5: _ROLES,
                6: _ALLOCATIONS,
                7: Field("resource_proof_ipfs_hash"),
            },
        ),
        "node_address",
    ),
    UPDATE_NODE: MessageKind(
        Form(
            "MsgUpdateNodeRegistration",
            {
                1: Field("node_address"),
                2: Field("resources", Kind.FORM, RESOURCES),
                3: _ROLES,
                4: _ALLOCATIONS,
                5: Field("resource_proof_ipfs_hash"),
            },
        ),
        "node_address",
    ),
}

FORMS: Mapping[str, Form] = {
    **{type_url: kind.form for type_url, kind in MESSAGES.items()},
    **AUTHORIZATIONS,
    **ALLOWANCES,
    SECP256K1: PUBLIC_KEY,
}
"""Every form that may be packed, for showing it."""
