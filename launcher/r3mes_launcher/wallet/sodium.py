"""libsodium on our own buffers: PyNaCl's functions leave copies of what they open in freed memory.

The calls are those of `nacl.bindings`, which goes through the same two names.
"""

from __future__ import annotations

from typing import Any

from nacl._sodium import ffi, lib

KEY_BYTES = 32
NONCE_BYTES = 24
TAG_BYTES = 16

_lib: Any = lib
_ffi: Any = ffi


def argon2id(password: bytearray, salt: bytes, passes: int, memory_bytes: int) -> bytearray | None:
    """32 bytes; None when there is not enough memory. Releases the interpreter lock while it works."""
    key = bytearray(KEY_BYTES)
    failed = _lib.crypto_pwhash(
        _ffi.from_buffer(key, require_writable=True),
        len(key),
        _ffi.from_buffer(password),
        len(password),
        salt,
        passes,
        memory_bytes,
        _lib.crypto_pwhash_alg_argon2id13(),
    )
    return None if failed else key


def encrypt(plain: bytearray, associated: bytes, nonce: bytes, key: bytearray) -> bytes:
    """XChaCha20-Poly1305 with its tag at the end."""
    _check(nonce, key)
    sealed = bytearray(len(plain) + TAG_BYTES)
    _lib.crypto_aead_xchacha20poly1305_ietf_encrypt(
        _ffi.from_buffer(sealed, require_writable=True),
        _ffi.NULL,
        _ffi.from_buffer(plain),
        len(plain),
        associated,
        len(associated),
        _ffi.NULL,
        nonce,
        _ffi.from_buffer(key),
    )
    return bytes(sealed)


def decrypt(sealed: bytes, associated: bytes, nonce: bytes, key: bytearray) -> bytearray | None:
    """None when the tag does not fit."""
    _check(nonce, key)
    if len(sealed) < TAG_BYTES:
        return None
    plain = bytearray(len(sealed) - TAG_BYTES)
    failed = _lib.crypto_aead_xchacha20poly1305_ietf_decrypt(
        _ffi.from_buffer(plain, require_writable=True),
        _ffi.NULL,
        _ffi.NULL,
        sealed,
        len(sealed),
        associated,
        len(associated),
        nonce,
        _ffi.from_buffer(key),
    )
    return None if failed else plain


def _check(nonce: bytes, key: bytearray) -> None:
    if len(nonce) != NONCE_BYTES or len(key) != KEY_BYTES:
        raise ValueError("a key has 32 bytes and a nonce 24")
