"""Private keys as Cosmos daemons export them (`keys export`): ASCII armor around an encrypted amino key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
import textwrap

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from nacl import bindings, exceptions

from r3mes_launcher.sentence import Sentence
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.keys import PRIVATE_KEY_BYTES, PrivateKey
from r3mes_launcher.wallet.secret import Secret, wipe

BLOCK = "TENDERMINT PRIVATE KEY"
AMINO_SECP256K1 = bytes.fromhex("e1b0f79b20")
MAX_ARMOR_CHARACTERS = 16 * 1024
SALT_BYTES = 16
MIN_EXPORT_PASSWORD = 8
"""What the daemons ask for."""

ARGON2_PASSES, ARGON2_MEMORY_KIB, ARGON2_LANES = 1, 64 * 1024, 4
BCRYPT_COST = 12
BCRYPT_KEY_BYTES = 72
"""What bcrypt uses of a password; the daemons' own code ignores the rest without a word."""
SECRETBOX_NONCE_BYTES = 24

_BCRYPT_ALPHABET = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
)
_HEADER = re.compile(r"([A-Za-z0-9]{1,20}): ?([A-Za-z0-9=,.]{0,100})")
_SALT = re.compile(r"[0-9A-Fa-f]{32}")


def import_armor(text: str, password: str) -> PrivateKey:
    """Raises BAD_ARMOR for text that is no such export, WRONG_PASSWORD when it does not open."""
    headers, sealed = _read_block(text)
    kind, salt = headers.get("type", "secp256k1"), headers.get("salt", "")
    if kind != "secp256k1":
        raise WalletError(
            Problem.BAD_ARMOR, Sentence("The export holds a key of type {kind}, not secp256k1.", kind=kind)
        )
    if not _SALT.fullmatch(salt):
        raise WalletError(Problem.BAD_ARMOR, "The export's salt is missing or wrong.")
    typed = password.encode(errors="surrogatepass")
    try:
        match headers.get("kdf"):
            case "argon2":
                with _argon2_key(typed, bytes.fromhex(salt)) as key:
                    plain = bindings.crypto_aead_chacha20poly1305_ietf_decrypt(
                        sealed, b"", bytes(12), bytes(key.view())
                    )
            case "bcrypt":
                with _bcrypt_key(typed, bytes.fromhex(salt)) as key:
                    plain = bindings.crypto_secretbox_open(
                        sealed[SECRETBOX_NONCE_BYTES:], sealed[:SECRETBOX_NONCE_BYTES], bytes(key.view())
                    )
            case other:
                raise WalletError(
                    Problem.BAD_ARMOR,
                    Sentence("The export is protected with “{other}”, which this wallet does not read.", other=other),
                    "Known are argon2 and bcrypt.",
                )
    except (exceptions.CryptoError, exceptions.ValueError, exceptions.TypeError):
        raise WalletError(Problem.WRONG_PASSWORD, "The export's password is wrong, or the export is damaged.") from None
    with Secret.taking(plain) as content:
        data = content.view()
        if len(data) != len(AMINO_SECP256K1) + PRIVATE_KEY_BYTES or not data.startswith(AMINO_SECP256K1):
            raise WalletError(Problem.BAD_ARMOR, "The export opened, but it holds no secp256k1 key.")
        return PrivateKey(Secret(bytearray(data[len(AMINO_SECP256K1) :])))


def export_armor(key: PrivateKey, password: str) -> str:
    """What `keys import` of a daemon of SDK 0.50 takes."""
    if len(password) < MIN_EXPORT_PASSWORD:
        raise WalletError(
            Problem.WEAK_PASSWORD,
            Sentence(
                "An export's password has at least {min_export_password} characters.",
                min_export_password=MIN_EXPORT_PASSWORD,
            ),
        )
    salt = secrets.token_bytes(SALT_BYTES)
    with key.copy_of_secret() as raw:
        plain = AMINO_SECP256K1 + bytes(raw.view())
    with _argon2_key(password.encode(errors="surrogatepass"), salt) as stretched:
        sealed = bindings.crypto_aead_chacha20poly1305_ietf_encrypt(plain, b"", bytes(12), bytes(stretched.view()))
    wipe(plain)
    lines = textwrap.wrap(base64.b64encode(sealed).decode(), 64)
    checksum = base64.b64encode(crc24(sealed).to_bytes(3, "big")).decode()
    return "\n".join(
        [
            f"-----BEGIN {BLOCK}-----",
            "kdf: argon2",
            f"salt: {salt.hex().upper()}",
            "type: secp256k1",
            "",
            *lines,
            f"={checksum}",
            f"-----END {BLOCK}-----",
            "",
        ]
    )


def crc24(data: bytes) -> int:
    """OpenPGP's checksum of armored data: it finds typing mistakes and protects nothing."""
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc <<= 1
            if crc & 0x1000000:
                crc ^= 0x1864CFB
    return crc & 0xFFFFFF


def _read_block(text: str) -> tuple[dict[str, str], bytes]:
    wrong = WalletError(
        Problem.BAD_ARMOR,
        "This is not a key export of a Cosmos daemon, or a part of it is missing.",
        Sentence("It begins with -----BEGIN {block}----- and ends with -----END {block}-----.", block=BLOCK),
    )
    lines = [line.strip() for line in text.strip().splitlines()] if len(text) <= MAX_ARMOR_CHARACTERS else []
    if len(lines) < 5 or lines[0] != f"-----BEGIN {BLOCK}-----" or lines[-1] != f"-----END {BLOCK}-----":
        raise wrong
    if "" not in lines or not lines[-2].startswith("="):
        raise wrong
    gap = lines.index("")
    headers: dict[str, str] = {}
    for line in lines[1:gap]:
        match = _HEADER.fullmatch(line)
        if match is None or match[1] in headers:
            raise wrong
        headers[match[1]] = match[2]
    try:
        sealed = base64.b64decode("".join(lines[gap + 1 : -2]), validate=True)
        checksum = base64.b64decode(lines[-2][1:], validate=True)
    except binascii.Error:
        raise wrong from None
    if crc24(sealed).to_bytes(3, "big") != checksum:
        raise WalletError(Problem.BAD_ARMOR, "The export is damaged: its checksum is wrong.", "Copy it again, whole.")
    return headers, sealed


def _argon2_key(password: bytes, salt: bytes) -> Secret:
    try:
        return Secret.taking(
            hash_secret_raw(password, salt, ARGON2_PASSES, ARGON2_MEMORY_KIB, ARGON2_LANES, 32, Type.ID)
        )
    except (HashingError, MemoryError):
        raise WalletError(Problem.NOT_ENOUGH_MEMORY, "Opening the export needs 64 MiB of free memory.") from None


def _bcrypt_key(password: bytes, salt: bytes) -> Secret:
    text = base64.b64encode(salt).rstrip(b"=").translate(_BCRYPT_ALPHABET)
    try:
        # Needed once in a wallet's life, if ever.
        import bcrypt

        hashed = bcrypt.hashpw(password[:BCRYPT_KEY_BYTES], b"$2a$%02d$" % BCRYPT_COST + text)
    except ValueError:
        raise WalletError(Problem.WRONG_PASSWORD, "The export's password can't hold a NUL character.") from None
    return Secret.taking(hashlib.sha256(hashed).digest())
