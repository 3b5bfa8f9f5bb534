"""The addresses of accounts, validators and modules."""

from __future__ import annotations

import hashlib

from bech32 import bech32_decode, bech32_encode, convertbits

from r3mes_api.devnet.refusal import Refusal, invalid_address

MAX_ADDRESS_CHARACTERS = 128


def encode(payload: bytes, prefix: str) -> str:
    text: str = bech32_encode(prefix, convertbits(payload, 8, 5))
    return text


def payload_of(address: str, prefix: str) -> bytes:
    """The 20 or 32 bytes. Raises Refusal 7, in the SDK's words."""
    if not address:
        raise invalid_address("empty address string is not allowed")
    if len(address) > MAX_ADDRESS_CHARACTERS:
        raise invalid_address("decoding bech32 failed: invalid bech32 string length")
    found, words = bech32_decode(address)
    payload = convertbits(words, 5, 8, False) if words is not None else None
    if found is None or payload is None:
        raise invalid_address("decoding bech32 failed: invalid checksum")
    if found != prefix:
        raise invalid_address(f"invalid Bech32 prefix; expected {prefix}, got {found}")
    if len(payload) not in (20, 32):
        raise invalid_address(f"incorrect address length {len(payload)}")
    return bytes(payload)


def require(address: str, prefix: str) -> str:
    """The address itself. Raises Refusal 7."""
    payload_of(address, prefix)
    return address.lower()


def is_valid(address: str, prefix: str) -> bool:
    try:
        payload_of(address, prefix)
    except Refusal:
        return False
    return True


def module_address(name: str, prefix: str) -> str:
    return encode(hashlib.sha256(name.encode()).digest()[:20], prefix)


def validator_address(name: str, prefix: str) -> str:
    """The operator address of one of this chain's own validators, made from its name."""
    return encode(hashlib.sha256(f"r3mes devnet validator {name}".encode()).digest()[:20], f"{prefix}valoper")
