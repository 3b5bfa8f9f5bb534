"""Usage, signed on both ends: the node says what it made, the gateway what it delivered; what is paid is the less.

A node signs a `UsageStatement` when a job ends. The gateway answers with a `DeliveryReceipt` over that very statement.
Either party can show both documents to a third one.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Annotated, Literal

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey
from pydantic import Field, StringConstraints

from r3mes_protocol.canonical import canonical_json
from r3mes_protocol.wire import Hex16, Hex64, Hex128, Name, WireModel

Tokens = Annotated[int, Field(ge=0, le=2**53)]
Origin = Annotated[str, StringConstraints(max_length=300, pattern=r"^https?://[^\s/]+$")]

# The prefixes keep these signatures from meaning anything in another protocol that the keys may sign.
_USAGE_PREFIX = b"r3mes.usage.v1\n"
_RECEIPT_PREFIX = b"r3mes.receipt.v1\n"


class UsageStatement(WireModel):
    """What a node made for one job, up to its terminal or to the cancel that reached it."""

    v: Literal[1] = 1
    gateway: Origin
    job_id: Hex16
    completion_id: Name
    node_id: Hex64
    model: Name
    adapter: Name | None
    prompt_tokens: Tokens
    completion_tokens: Tokens
    response_bytes: Tokens
    response_sha256: Hex64
    """Over the payloads of the job's binary frames in order, as sent."""


class SignedUsage(WireModel):
    statement: UsageStatement
    signature: Hex128


class DeliveryReceipt(WireModel):
    """What of a statement reached the client, and what is paid for."""

    v: Literal[1] = 1
    gateway: Origin
    job_id: Hex16
    completion_id: Name
    node_id: Hex64
    usage_sha256: Hex64 | None
    """SHA-256 of the statement's canonical JSON; null when the node gave none that holds."""
    delivered_tokens: Tokens
    settled_tokens: Tokens
    """The lower of what was made and what was delivered."""
    earned: Tokens
    """Base units credited to the node."""
    issued_at: Tokens
    """Unix time in seconds."""


class SignedReceipt(WireModel):
    receipt: DeliveryReceipt
    gateway_key: Hex64
    signature: Hex128


class UsageProblem(StrEnum):
    WRONG_JOB = "wrong_job"
    WRONG_GATEWAY = "wrong_gateway"
    WRONG_NODE = "wrong_node"
    BAD_SIGNATURE = "bad_signature"


def sign_usage(key: SigningKey, statement: UsageStatement) -> SignedUsage:
    """Signs with the node key. Raises ValueError for the statement of another node."""
    if bytes(key.verify_key).hex() != statement.node_id:
        raise ValueError("a node signs its own usage only")
    return SignedUsage(statement=statement, signature=key.sign(_usage_bytes(statement)).signature.hex())


def check_usage(
    signed: SignedUsage, *, gateway: str, job_id: str, completion_id: str, node_id: str
) -> UsageProblem | None:
    """The first thing that is wrong with a statement for this job; None when it holds. Never raises."""
    statement = signed.statement
    if statement.node_id != node_id:
        return UsageProblem.WRONG_NODE
    if statement.gateway != gateway:
        return UsageProblem.WRONG_GATEWAY
    if (statement.job_id, statement.completion_id) != (job_id, completion_id):
        return UsageProblem.WRONG_JOB
    if not _is_signed(node_id, _usage_bytes(statement), signed.signature):
        return UsageProblem.BAD_SIGNATURE
    return None


def usage_digest(statement: UsageStatement) -> str:
    """64 hexadecimal digits that name this very statement."""
    return hashlib.sha256(_canonical(statement)).hexdigest()


def sign_receipt(key: SigningKey, receipt: DeliveryReceipt) -> SignedReceipt:
    """Signs with the gateway's key."""
    return SignedReceipt(
        receipt=receipt,
        gateway_key=bytes(key.verify_key).hex(),
        signature=key.sign(_RECEIPT_PREFIX + _canonical(receipt)).signature.hex(),
    )


def receipt_is_signed(signed: SignedReceipt, gateway_key: str) -> bool:
    """Whether the holder of `gateway_key` signed this receipt. Never raises."""
    if signed.gateway_key != gateway_key:
        return False
    return _is_signed(gateway_key, _RECEIPT_PREFIX + _canonical(signed.receipt), signed.signature)


def _usage_bytes(statement: UsageStatement) -> bytes:
    return _USAGE_PREFIX + _canonical(statement)


def _canonical(document: WireModel) -> bytes:
    return canonical_json(document.model_dump(mode="json"))


def _is_signed(key: str, message: bytes, signature: str) -> bool:
    try:
        VerifyKey(bytes.fromhex(key)).verify(message, bytes.fromhex(signature))
    except (BadSignatureError, ValueError, TypeError):
        return False
    return True
