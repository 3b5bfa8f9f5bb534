"""The node key's signature over one session, so that a registration can't be replayed anywhere else."""

from __future__ import annotations

import re

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from r3mes_protocol import NODE_SUBPROTOCOL
from r3mes_protocol.canonical import canonical_json
from r3mes_protocol.messages import Resume
from r3mes_protocol.wire import GatewayOrigin, NodeId, SessionId

_NODE_ID = re.compile("[0-9a-f]{64}")
_SIGNATURE = re.compile("[0-9a-f]{128}")


def registration_bytes(
    nonce: str, session_id: SessionId, gateway: GatewayOrigin, node_id: NodeId, resume: Resume | None = None
) -> bytes:
    """What the node key signs."""
    document: dict[str, object] = {
        "gateway": gateway, "node_id": node_id, "nonce": nonce, "session_id": session_id,
    }  # fmt: skip
    if resume is not None:
        document["resume"] = resume.model_dump(mode="json")
    # The prefix keeps this signature from meaning anything in another protocol that the key may sign.
    return f"{NODE_SUBPROTOCOL} register\n".encode() + canonical_json(document)


def node_id_of(key: SigningKey) -> NodeId:
    return NodeId(bytes(key.verify_key).hex())


def sign_registration(
    key: SigningKey, *, nonce: str, session_id: SessionId, gateway: GatewayOrigin, resume: Resume | None = None
) -> str:
    """128 hexadecimal digits. `gateway` must be the origin that the node itself dialled."""
    return key.sign(registration_bytes(nonce, session_id, gateway, node_id_of(key), resume)).signature.hex()


def registration_is_signed(
    signature: str,
    *,
    nonce: str,
    session_id: SessionId,
    gateway: GatewayOrigin,
    node_id: NodeId,
    resume: Resume | None = None,
) -> bool:
    """Whether the holder of `node_id` signed just this session. Never raises."""
    # `bytes.fromhex` forgives blanks and upper case, and so one signature would have many spellings.
    if not (_NODE_ID.fullmatch(node_id) and _SIGNATURE.fullmatch(signature)):
        return False
    try:
        key = VerifyKey(bytes.fromhex(node_id))
        key.verify(registration_bytes(nonce, session_id, gateway, node_id, resume), bytes.fromhex(signature))
    except (BadSignatureError, ValueError, TypeError):
        return False
    return True
