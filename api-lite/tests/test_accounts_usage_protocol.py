"""Signed usage and receipts: whoever changes one bit of them is found out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from r3mes_protocol.usage import (
    DeliveryReceipt,
    SignedReceipt,
    SignedUsage,
    UsageProblem,
    UsageStatement,
    check_usage,
    receipt_is_signed,
    sign_receipt,
    sign_usage,
    usage_digest,
)

NODE = SigningKey(b"\x01" * 32)
GATEWAY_KEY = SigningKey(b"\x02" * 32)
NODE_ID = bytes(NODE.verify_key).hex()
GATEWAY_ID = bytes(GATEWAY_KEY.verify_key).hex()

STATEMENT = UsageStatement(
    gateway="https://gateway.example", job_id="0123456789abcdef", completion_id="chatcmpl-1", node_id=NODE_ID,
    model="SmolLM2", adapter=None, prompt_tokens=12, completion_tokens=34, response_bytes=560,
    response_sha256="ab" * 32,
)  # fmt: skip
GOLDEN_DIGEST = "c59d96881de825f8dd5ded2a51a2fe700dc05b1bc8a25d55667d99af15d8e378"
GOLDEN_SIGNATURE = (
    "16c27153f83dad06b8742659558d0515e9b0e1a233b559bb6039b792034530dc"
    "12ebfcdcd1477a3c174fa4900b680971c2bd2ba9f446873ce140130063c5ea02"
)
RECEIPT = DeliveryReceipt(
    gateway="https://gateway.example", job_id="0123456789abcdef", completion_id="chatcmpl-1", node_id=NODE_ID,
    usage_sha256=usage_digest(STATEMENT), delivered_tokens=30, settled_tokens=30, earned=54, issued_at=1_800_000_000,
)  # fmt: skip


def check(signed: SignedUsage, **changes: str) -> UsageProblem | None:
    job: dict[str, Any] = {
        "gateway": STATEMENT.gateway, "job_id": STATEMENT.job_id, "completion_id": STATEMENT.completion_id,
        "node_id": NODE_ID,
    }  # fmt: skip
    return check_usage(signed, **(job | changes))


def test_a_statement_holds_for_its_job_only() -> None:
    signed = sign_usage(NODE, STATEMENT)
    assert check(signed) is None
    assert check(SignedUsage.model_validate_json(signed.to_json())) is None
    assert check(signed, job_id="f" * 16) is UsageProblem.WRONG_JOB
    assert check(signed, completion_id="other") is UsageProblem.WRONG_JOB
    assert check(signed, gateway="https://other.example") is UsageProblem.WRONG_GATEWAY
    assert check(signed, node_id=GATEWAY_ID) is UsageProblem.WRONG_NODE


def test_a_node_signs_its_own_usage_only() -> None:
    with pytest.raises(ValueError, match="its own"):
        sign_usage(GATEWAY_KEY, STATEMENT)


@given(
    st.sampled_from(["prompt_tokens", "completion_tokens", "response_bytes"]),
    st.integers(0, 2**53),
)
def test_changed_numbers_are_found_out(field: str, value: int) -> None:
    signed = sign_usage(NODE, STATEMENT)
    changed = SignedUsage(statement=STATEMENT.model_copy(update={field: value}), signature=signed.signature)
    assert check(changed) is (None if getattr(STATEMENT, field) == value else UsageProblem.BAD_SIGNATURE)


@given(st.integers(0, 511))
def test_a_changed_signature_is_found_out(bit: int) -> None:
    signature = bytearray.fromhex(sign_usage(NODE, STATEMENT).signature)
    signature[bit // 8] ^= 1 << bit % 8
    assert check(SignedUsage(statement=STATEMENT, signature=signature.hex())) is UsageProblem.BAD_SIGNATURE


def test_a_receipt_names_the_statement_and_its_signer() -> None:
    signed = sign_receipt(GATEWAY_KEY, RECEIPT)
    assert receipt_is_signed(SignedReceipt.model_validate_json(signed.to_json()), GATEWAY_ID)
    assert not receipt_is_signed(signed, NODE_ID)
    more = signed.model_copy(update={"receipt": RECEIPT.model_copy(update={"earned": 55})})
    assert not receipt_is_signed(more, GATEWAY_ID)


def test_one_key_can_not_pass_off_a_receipt_as_usage() -> None:
    # A node that is its own gateway signs both kinds with one key.
    receipt = sign_receipt(NODE, RECEIPT)
    assert check(SignedUsage(statement=STATEMENT, signature=receipt.signature)) is UsageProblem.BAD_SIGNATURE


def test_the_signed_bytes_never_change() -> None:
    # Both ends have to agree on these over versions.
    assert usage_digest(STATEMENT) == GOLDEN_DIGEST
    assert sign_usage(NODE, STATEMENT).signature == GOLDEN_SIGNATURE
