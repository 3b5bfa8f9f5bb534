"""Revocations: the owner takes back every grant that it has signed for a node key so far.

Signed by ADR-36 like a grant. Without one, a grant holds until its end, or until its owner signs a newer one for the
same node key: a gateway that has seen the newer one takes the older one no more.
"""

from __future__ import annotations

from typing import Literal

from pydantic import TypeAdapter

from r3mes_protocol.canonical import canonical_json
from r3mes_protocol.grants import (
    CLOCK_SKEW_S,
    MAX_GRANT_BYTES,
    Address,
    Base64,
    GrantProblem,
    OwnerVerifier,
    UnixSeconds,
    adr36_sign_bytes,
    signed_by,
)
from r3mes_protocol.wire import GatewayOrigin, Hex64, Name, Origin, WireModel, parse_json


class Revocation(WireModel):
    v: Literal[1] = 1
    revokes: Literal["grants"] = "grants"
    """So that no other document that an owner signs can be read as a revocation."""
    network: Name
    owner: Address
    node_public_key: Hex64
    gateway: Origin
    revoked_at: UnixSeconds
    """Grants that begin in this second or before hold no longer."""


class SignedRevocation(WireModel):
    revocation: Revocation
    public_key: Base64
    """Compressed secp256k1 key of the owner, 33 bytes in base64."""
    signature: Base64
    """r and s, 64 bytes in base64."""


_SIGNED_REVOCATION = TypeAdapter(SignedRevocation)


def parse_signed_revocation(data: str | bytes) -> SignedRevocation:
    """Raises ProtocolError when this is not a signed revocation."""
    return parse_json(_SIGNED_REVOCATION, data, MAX_GRANT_BYTES)


def revocation_sign_bytes(revocation: Revocation) -> bytes:
    """The ADR-36 sign document whose SHA-256 the owner signs."""
    return adr36_sign_bytes(canonical_json(revocation.model_dump(mode="json")), revocation.owner)


def check_revocation(
    signed: SignedRevocation,
    *,
    gateway: GatewayOrigin | None,
    network: str | None,
    now: float,
    verify_owner: OwnerVerifier,
) -> GrantProblem | None:
    """The first thing that is wrong with it; None when it holds. `gateway` is None where the gateway does not know its
    own address: the owner's signature still names whose grants are meant."""
    revocation = signed.revocation
    if gateway is not None and revocation.gateway != gateway:
        return GrantProblem.WRONG_GATEWAY
    if network is not None and revocation.network != network:
        return GrantProblem.WRONG_NETWORK
    # One from far in the future would also refuse the grants that are signed until then.
    if revocation.revoked_at > now + CLOCK_SKEW_S:
        return GrantProblem.NOT_YET_VALID
    message = revocation_sign_bytes(revocation)
    if not signed_by(revocation.owner, message, signed.public_key, signed.signature, verify_owner):
        return GrantProblem.BAD_SIGNATURE
    return None
