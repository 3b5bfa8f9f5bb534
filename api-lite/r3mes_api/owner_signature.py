"""Checks that a wallet signed something: secp256k1, and the address that belongs to the key."""

from __future__ import annotations

import ctypes
import hashlib
import sys

import wallycore
from bech32 import bech32_decode, bech32_encode, convertbits

from r3mes_protocol.grants import OwnerVerifier

_PUBLIC_KEY_BYTES = 33
_SIGNATURE_BYTES = 64


def make_owner_verifier() -> OwnerVerifier:
    """`owner_signed`, with the library made safe to end with before it is used."""
    _keep_type_table()
    return owner_signed


def address_of(public_key: bytes, prefix: str) -> str:
    """The bech32 address of a compressed key. Raises ValueError for a key that is none."""
    try:
        wallycore.ec_public_key_verify(public_key)
    except ValueError:
        raise ValueError("not a compressed secp256k1 key") from None
    words = convertbits(bytes(wallycore.hash160(public_key)), 8, 5)
    address: str = bech32_encode(prefix, words)
    return address


def address_prefix(address: str) -> str | None:
    """The part before the 1 of a valid 20-byte address, None for anything else."""
    prefix, words = bech32_decode(address)
    if prefix is None or words is None or address != address.lower():
        return None
    data = convertbits(words, 5, 8, False)
    return prefix if data is not None and len(data) == 20 else None


def owner_signed(public_key: bytes, message: bytes, signature: bytes, address: str) -> bool:
    """Whether the owner of `address` signed the SHA-256 of `message`. Never raises.

    `public_key` 33 bytes, `signature` r and s, 64 bytes. A signature with a high s is refused: it is a copy that
    somebody else made of a good one.
    """
    if len(public_key) != _PUBLIC_KEY_BYTES or len(signature) != _SIGNATURE_BYTES:
        return False
    prefix = address_prefix(address)
    if prefix is None:
        return False
    try:
        if address_of(public_key, prefix) != address:
            return False
        if bytes(wallycore.ec_sig_normalize(signature)) != signature:
            return False
        wallycore.ec_sig_verify(public_key, hashlib.sha256(message).digest(), wallycore.EC_FLAG_ECDSA, signature)
    except (ValueError, TypeError, RuntimeError):
        return False
    return True


def _keep_type_table() -> None:
    # When the interpreter ends, wallycore's binding frees its type table and makes a type on the way that warns of a
    # missing __module__. Where warnings are errors that is a segmentation fault, also of a test session that passed.
    # One reference too many keeps the table for ever.
    for name, module in tuple(sys.modules.items()):
        if name.startswith("swig_runtime_data"):
            for value in vars(module).values():
                if type(value).__name__ == "PyCapsule":
                    ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))
