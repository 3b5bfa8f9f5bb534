"""The encrypted container of vaults and exports: Argon2id and XChaCha20-Poly1305, with bounds on all that is read.

    magic │ length of the header, 4 bytes │ header, canonical JSON │ sealed content │ SHA-256 of all before it

All that lies before the sealed content is its associated data. The digest at the end is no protection, only the way to
tell a damaged file from a wrong password without a second of Argon2id.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import struct
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from r3mes_launcher.sentence import Sentence
from r3mes_launcher.wallet import sodium
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.secret import Secret
from r3mes_protocol.canonical import canonical_json

MAGIC = b"R3MES-WALLET\n"
VERSION = 1
SALT_BYTES = 16
DIGEST_BYTES = 32
MAX_HEADER_BYTES = 2_048
MAX_FILE_BYTES = 4 * 1024 * 1024

MIN_MEMORY_KIB = 19 * 1024
MIN_PASSES = 2
MAX_MEMORY_KIB = 1024 * 1024
MAX_PASSES = 10
MAX_WORK_KIB = 4 * 1024 * 1024
"""Memory times passes: what a hostile file may make us compute, about 20 s on a slow computer."""


class SealedKind(StrEnum):
    VAULT = "vault"
    EXPORT = "export"


class StretchParameters(NamedTuple):
    """The cost of Argon2id with one lane."""

    memory_kib: int
    passes: int


STANDARD = StretchParameters(256 * 1024, 3)
"""libsodium's “moderate”: about one second."""
FLOOR = StretchParameters(MIN_MEMORY_KIB, MIN_PASSES)


class _Stretch(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    name: Literal["argon2id"] = "argon2id"
    memory_kib: Annotated[int, Field(ge=MIN_MEMORY_KIB, le=MAX_MEMORY_KIB)]
    passes: Annotated[int, Field(ge=MIN_PASSES, le=MAX_PASSES)]
    salt: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{22}==$")]


class _Header(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    v: Literal[1] = 1
    kind: Literal["vault", "export"]
    cipher: Literal["xchacha20-poly1305"] = "xchacha20-poly1305"
    kdf: _Stretch
    nonce: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{32}$")]


class KeySource(NamedTuple):
    """What, with the password, makes the key. Kept with the key, so that a session writes without the password."""

    parameters: StretchParameters
    salt: bytes


class SealedFile(NamedTuple):
    """A container whose shape and digest are right; nothing of it is decrypted yet."""

    kind: SealedKind
    source: KeySource
    nonce: bytes
    associated: bytes
    content: bytes


def read_sealed(data: bytes, kind: SealedKind) -> SealedFile:
    """Raises VAULT_DAMAGED, VAULT_TOO_NEW or VAULT_REFUSED; cheap and bounded whatever the bytes are."""
    if not data.startswith(MAGIC) or not len(MAGIC) + 4 <= len(data) <= MAX_FILE_BYTES:
        raise WalletError(Problem.VAULT_DAMAGED, "This is not a wallet file of R3MES.")
    if not hmac.compare_digest(hashlib.sha256(data[:-DIGEST_BYTES]).digest(), data[-DIGEST_BYTES:]):
        raise WalletError(
            Problem.VAULT_DAMAGED,
            "The wallet file is damaged: some of it is missing or changed.",
            "Restore its backup.",
        )
    start = len(MAGIC) + 4
    (length,) = struct.unpack_from(">I", data, len(MAGIC))
    end = start + length
    if length > MAX_HEADER_BYTES or end + sodium.TAG_BYTES + DIGEST_BYTES > len(data):
        raise WalletError(Problem.VAULT_DAMAGED, "The wallet file is damaged: its header is too long.")
    header = _read_header(data[start:end])
    if header.kind != kind:
        raise WalletError(
            Problem.VAULT_REFUSED,
            Sentence("This file is a wallet {kind}, not a wallet {kind2}.", kind=header.kind, kind2=kind),
        )
    if header.kdf.memory_kib * header.kdf.passes > MAX_WORK_KIB:
        raise WalletError(Problem.VAULT_REFUSED, "The wallet file asks for more work than any honest one.")
    source = KeySource(
        StretchParameters(header.kdf.memory_kib, header.kdf.passes), base64.b64decode(header.kdf.salt, validate=True)
    )
    nonce = base64.b64decode(header.nonce, validate=True)
    return SealedFile(kind, source, nonce, data[:end], data[end:-DIGEST_BYTES])


def _read_header(text: bytes) -> _Header:
    try:
        document = json.loads(text)
        if isinstance(document, dict) and isinstance(document.get("v"), int) and document["v"] > VERSION:
            raise WalletError(
                Problem.VAULT_TOO_NEW, "The wallet file was written by a newer version.", "Update this program."
            )
        header = _Header.model_validate(document)
        if canonical_json(header.model_dump()) != text:
            raise ValueError
    except (ValidationError, ValueError, RecursionError):
        raise WalletError(
            Problem.VAULT_REFUSED,
            "The wallet file's header has values that no honest file has.",
            "It is not opened, so that it can take neither memory nor time.",
        ) from None
    return header


def stretch(password: Secret, source: KeySource) -> Secret:
    """The key of a password: about a second and 256 MiB, so run it beside the event loop. Raises NOT_ENOUGH_MEMORY."""
    memory_bytes = source.parameters.memory_kib * 1024
    key = sodium.argon2id(password.view(), source.salt, source.parameters.passes, memory_bytes)
    if key is None:
        raise WalletError(
            Problem.NOT_ENOUGH_MEMORY,
            Sentence(
                "Too little free memory: unlocking needs {memory_bytes} MiB for a second.",
                memory_bytes=memory_bytes // 2**20,
            ),
            "Close other programs and try again.",
        )
    return Secret(key)


def new_source(parameters: StretchParameters) -> KeySource:
    return KeySource(parameters, secrets.token_bytes(SALT_BYTES))


def seal(content: Secret, key: Secret, source: KeySource, kind: SealedKind) -> bytes:
    """The whole file, with a fresh nonce."""
    nonce = secrets.token_bytes(sodium.NONCE_BYTES)
    header = _Header(
        kind=kind.value,
        kdf=_Stretch(
            memory_kib=source.parameters.memory_kib,
            passes=source.parameters.passes,
            salt=base64.b64encode(source.salt).decode(),
        ),
        nonce=base64.b64encode(nonce).decode(),
    )
    text = canonical_json(header.model_dump())
    associated = MAGIC + struct.pack(">I", len(text)) + text
    data = associated + sodium.encrypt(content.view(), associated, nonce, key.view())
    if len(data) + DIGEST_BYTES > MAX_FILE_BYTES:
        raise WalletError(Problem.VAULT_REFUSED, "The vault would grow beyond 4 MiB.", "Remove wallets from it.")
    return data + hashlib.sha256(data).digest()


def unseal(sealed: SealedFile, key: Secret) -> Secret:
    """Raises WRONG_PASSWORD when the key is not this file's."""
    plain = sodium.decrypt(sealed.content, sealed.associated, sealed.nonce, key.view())
    if plain is None:
        raise WalletError(Problem.WRONG_PASSWORD, "The password is wrong.", "Mind Caps Lock and the keyboard layout.")
    return Secret(plain)
