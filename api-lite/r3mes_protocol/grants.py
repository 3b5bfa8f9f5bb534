"""Grants: the owner's word that a node key may take part for it.

The owner signs once, by ADR-36 (https://docs.cosmos.network/sdk/v0.50/build/architecture/adr-036-arbitrary-signature),
so any Cosmos wallet can make a grant. The node key itself can move no money.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter

from r3mes_protocol.canonical import canonical_json
from r3mes_protocol.wire import GatewayOrigin, Hex64, Name, NodeId, Origin, WireModel, parse_json

MAX_GRANT_BYTES = 8 * 1024

CLOCK_SKEW_S = 300
"""How far the owner's clock may be ahead of the gateway's: what a home computer signed a moment ago holds at once."""

Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{1,120}={0,2}$")]
Address = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,83}1[02-9ac-hj-np-z]{6,90}$", max_length=90)]
UnixSeconds = Annotated[int, Field(ge=0, le=253_402_300_799)]


class Role(StrEnum):
    SERVING = "serving"
    MINING = "mining"
    VALIDATOR = "validator"
    PROPOSER = "proposer"


class Grant(WireModel):
    v: Literal[1] = 1
    network: Name
    owner: Address
    node_public_key: Hex64
    roles: Annotated[tuple[Role, ...], Field(min_length=1, max_length=4)]
    gateway: Origin
    not_before: UnixSeconds
    """The first second in which the grant holds, by a clock that may be CLOCK_SKEW_S ahead."""
    not_after: UnixSeconds
    """The first second in which it holds no longer."""


class SignedGrant(WireModel):
    grant: Grant
    public_key: Base64
    """Compressed secp256k1 key of the owner, 33 bytes in base64."""
    signature: Base64
    """r and s, 64 bytes in base64."""


class GrantProblem(StrEnum):
    WRONG_NODE = "wrong_node"
    WRONG_GATEWAY = "wrong_gateway"
    WRONG_NETWORK = "wrong_network"
    WRONG_ROLE = "wrong_role"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    BAD_SIGNATURE = "bad_signature"
    REVOKED = "revoked"


OwnerVerifier = Callable[[bytes, bytes, bytes, str], bool]
"""(public key, message, signature, owner address) → whether the owner of that address signed the message."""

_SIGNED_GRANT = TypeAdapter(SignedGrant)


def parse_signed_grant(data: str | bytes) -> SignedGrant:
    """Raises ProtocolError when this is not a signed grant."""
    return parse_json(_SIGNED_GRANT, data, MAX_GRANT_BYTES)


def grant_sign_bytes(grant: Grant) -> bytes:
    """The ADR-36 sign document whose SHA-256 the owner signs."""
    return adr36_sign_bytes(canonical_json(grant.model_dump(mode="json")), grant.owner)


def adr36_sign_bytes(data: bytes, signer: str) -> bytes:
    return canonical_json(
        {
            "account_number": "0",
            "chain_id": "",
            "fee": {"amount": [], "gas": "0"},
            "memo": "",
            "msgs": [
                {
                    "type": "sign/MsgSignData",
                    "value": {"data": base64.b64encode(data).decode(), "signer": signer},
                }
            ],
            "sequence": "0",
        }
    )


def check_grant(
    signed: SignedGrant,
    *,
    node_id: NodeId,
    gateway: GatewayOrigin,
    role: Role,
    now: float,
    verify_owner: OwnerVerifier,
    network: str | None = None,
) -> GrantProblem | None:
    """The first thing that is wrong with a grant, the cheap checks before the signature; None when it holds."""
    grant = signed.grant
    if grant.node_public_key != node_id:
        return GrantProblem.WRONG_NODE
    if grant.gateway != gateway:
        return GrantProblem.WRONG_GATEWAY
    if network is not None and grant.network != network:
        return GrantProblem.WRONG_NETWORK
    if role not in grant.roles:
        return GrantProblem.WRONG_ROLE
    if not now + CLOCK_SKEW_S >= grant.not_before:
        return GrantProblem.NOT_YET_VALID
    if not now < grant.not_after:
        return GrantProblem.EXPIRED
    signed_bytes = grant_sign_bytes(grant)
    if not signed_by(grant.owner, signed_bytes, signed.public_key, signed.signature, verify_owner):
        return GrantProblem.BAD_SIGNATURE
    return None


def signed_by(owner: str, message: bytes, public_key: str, signature: str, verify_owner: OwnerVerifier) -> bool:
    """Whether the owner signed the message; key and signature are base64 of 33 and 64 bytes."""
    key, proof = _base64_bytes(public_key, 33), _base64_bytes(signature, 64)
    return key is not None and proof is not None and verify_owner(key, message, proof, owner)


def _base64_bytes(text: str, size: int) -> bytes | None:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    # Base64 has spare bits: without this, one signature could be written in several ways.
    return data if len(data) == size and base64.b64encode(data).decode() == text else None
