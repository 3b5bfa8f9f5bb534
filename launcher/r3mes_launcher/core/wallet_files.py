"""Files that a person chooses for exports and imports."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from r3mes_launcher.sentence import Sentence
from r3mes_launcher.system_cause import system_cause
from r3mes_launcher.wallet.errors import Problem, WalletError


def read_limited(path: Path, limit: int) -> bytes:
    """Raises BAD_INPUT when there is no such file, or when it is larger than what it should hold."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise WalletError(
            Problem.BAD_INPUT,
            Sentence("{name} can't be read: {cause}.", name=path.name, cause=system_cause(error)),
        ) from None
    if len(data) > limit:
        raise WalletError(Problem.BAD_INPUT, Sentence("{name} is too large for an exported wallet.", name=path.name))
    return data


def write_private(path: Path, data: bytes) -> None:
    """Whole or not at all, readable by its owner only. Raises VAULT_UNWRITABLE."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise WalletError(
            Problem.VAULT_UNWRITABLE,
            Sentence("{name} can't be written: {cause}.", name=path.name, cause=system_cause(error)),
        ) from None
