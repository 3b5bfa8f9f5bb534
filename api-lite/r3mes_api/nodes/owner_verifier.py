"""Whether the owner of an address signed a message: secp256k1 by libwally, addresses by bech32."""

from __future__ import annotations

import ctypes
import sys

import bech32
import wallycore

from r3mes_protocol.grants import OwnerVerifier


def make_owner_verifier() -> OwnerVerifier:
    """The one way to the verifier, so that the library is made safe to end with before it is used."""
    _keep_type_table()
    return _owner_signed


def _owner_signed(public_key: bytes, message: bytes, signature: bytes, address: str) -> bool:
    """Checks that `public_key` (33 bytes) belongs to `address` and made `signature` (r and s, 64 bytes). Never raises.

    A Cosmos address is RIPEMD-160 of SHA-256 of the compressed key in bech32; the signature is over SHA-256 of the
    message and must be in its low-S form, or anybody could make a second valid one.
    """
    prefix, words = bech32.bech32_decode(address)
    if prefix is None or words is None:
        return False
    digest = bech32.convertbits(words, 5, 8, False)
    if digest is None or len(public_key) != 33 or len(signature) != 64:
        return False
    try:
        if bytes(digest) != bytes(wallycore.hash160(public_key)):
            return False
        if bytes(wallycore.ec_sig_normalize(signature)) != signature:
            return False
        wallycore.ec_sig_verify(public_key, wallycore.sha256(message), wallycore.EC_FLAG_ECDSA, signature)
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
