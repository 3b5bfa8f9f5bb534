"""Owners' signatures: real ones hold, and nothing else does."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def test_an_owners_signature_holds_for_its_message_and_address_alone(
    owner: Any, make_owner: Any, verify_owner: Any
) -> None:
    other = make_owner(b"\x09" * 32)
    message = b"I grant"
    signature = owner.sign(message)
    assert verify_owner(owner.public_key, message, signature, owner.address)
    assert verify_owner(owner.public_key, message, signature, make_owner(prefix="cosmos").address)
    assert not verify_owner(owner.public_key, message + b"!", signature, owner.address)
    assert not verify_owner(owner.public_key, message, other.sign(message), owner.address)
    assert not verify_owner(other.public_key, message, signature, owner.address)
    assert not verify_owner(owner.public_key, message, signature, other.address)
    assert not verify_owner(other.public_key, message, other.sign(message), owner.address)


def test_the_other_form_of_a_signature_is_refused(owner: Any, verify_owner: Any) -> None:
    """Anybody can turn (r, s) into (r, -s), so only the low one counts."""
    signature = owner.sign(b"m")
    high = (ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    assert not verify_owner(owner.public_key, b"m", signature[:32] + high, owner.address)


@given(key=st.binary(max_size=40), signature=st.binary(max_size=70), address=st.text(max_size=60))
def test_nothing_makes_it_raise(verify_owner: Any, key: bytes, signature: bytes, address: str) -> None:
    assert not verify_owner(key, b"m", signature, address)


@given(signature=st.one_of(st.binary(min_size=64, max_size=64), st.sampled_from([bytes(64), b"\xff" * 64])))
def test_no_guess_is_a_signature(make_owner: Any, verify_owner: Any, signature: bytes) -> None:
    owner = make_owner()
    assert not verify_owner(owner.public_key, b"m", signature, owner.address)


def test_a_process_that_verified_ends_well() -> None:
    """Where warnings are errors, wallycore alone ends in a segmentation fault when its modules are freed."""
    code = (
        "import warnings\n"
        "from r3mes_api.owner_signature import make_owner_verifier\n"
        "assert not make_owner_verifier()(b'', b'', b'', '')\n"
        "warnings.simplefilter('error')\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
