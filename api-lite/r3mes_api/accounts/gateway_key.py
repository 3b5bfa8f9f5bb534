"""The gateway's own Ed25519 key, which signs receipts. Made at the first start; it can move no money."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from nacl.signing import SigningKey

_SEED_BYTES = 32


class GatewayKeyError(Exception):
    """The key file can't be used; the message says which and what to do."""


def load_or_create_gateway_key(path: Path) -> SigningKey:
    """Reads the key, or makes one that only this user can read. Raises GatewayKeyError."""
    try:
        if not path.exists():
            _create(path)
        return _load(path)
    except OSError as error:
        raise GatewayKeyError(f"The gateway's key {path} can't be used: {error.strerror or error}.") from None


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Written whole under another name first: a start that is killed leaves no half key, and of two starts one wins.
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(bytes(SigningKey.generate()).hex().encode())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _load(path: Path) -> SigningKey:
    try:
        seed = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        seed = b""
    if len(seed) != _SEED_BYTES:
        raise GatewayKeyError(
            f"The gateway's key {path} is damaged. Restore it from a backup, or move it away to make a new one."
        )
    return SigningKey(seed)
