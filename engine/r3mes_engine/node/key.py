"""The node key: Ed25519, made on the first start, readable by its owner alone. It can move no money."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from pathlib import Path

from nacl.signing import SigningKey

from r3mes_engine.errors import EngineExit
from r3mes_protocol.exit_codes import ExitCode

FILE_NAME = "node_key"
_SEED_BYTES = 32


def load_or_create_node_key(state_dir: Path) -> SigningKey:
    """The key of this state folder. Raises EngineExit (13) when its file is damaged or open to others."""
    path = state_dir / FILE_NAME
    for _ in range(2):
        try:
            return _load(path)
        except FileNotFoundError:
            _create(path)
    return _load(path)


def _load(path: Path) -> SigningKey:
    descriptor = _open_checked(path)
    with os.fdopen(descriptor, "rb") as file:
        # One byte more than the longest valid file shows a longer one.
        text = file.read(2 * _SEED_BYTES + 2)
    try:
        seed = bytes.fromhex(text.decode("ascii").strip())
        if len(seed) != _SEED_BYTES:
            raise ValueError
    except ValueError:
        raise _invalid(
            f"The node key {path} is damaged.",
            "Restore it from a backup, or delete it: the node then makes a new key and needs a new grant.",
        ) from None
    return SigningKey(seed)


def _open_checked(path: Path) -> int:
    try:
        # No following of links: the key is a plain file in a folder of its owner.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _invalid(
            f"The node key {path} can't be read: {error.strerror}.", "Let the node's user own it, with mode 0600."
        ) from None
    status = os.fstat(descriptor)
    problem = ""
    if not stat.S_ISREG(status.st_mode):
        problem = "is not a plain file"
    elif sys.platform != "win32" and stat.S_IMODE(status.st_mode) & 0o077:
        problem = f"can be read by other users (mode {stat.S_IMODE(status.st_mode):04o})"
    if problem:
        os.close(descriptor)
        raise _invalid(
            f"The node key {path} {problem}.",
            "If nobody else used this computer, run chmod 600 on it; if in doubt, delete it and make a new grant.",
        )
    return descriptor


def _create(path: Path) -> None:
    """Writes a new key in one step: another process sees the whole file or none, and the first one wins."""
    draft = path.with_name(f".{FILE_NAME}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(bytes(SigningKey.generate()).hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        _publish(draft, path)
    except OSError as error:
        raise _invalid(
            f"The node key can't be written to {path}: {error.strerror}.",
            "Give --state-dir a folder that the node's user may write to.",
        ) from None
    finally:
        draft.unlink(missing_ok=True)


def _publish(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    except OSError:
        # A file system without hard links.
        if not path.exists():
            draft.rename(path)


def _invalid(message: str, hint: str) -> EngineExit:
    return EngineExit(ExitCode.KEY_OR_GRANT_INVALID, "node_key_invalid", message, hint)
