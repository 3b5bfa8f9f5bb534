from __future__ import annotations

import base64
import hashlib
import secrets
import textwrap

import pytest
from nacl.secret import SecretBox

from r3mes_launcher.wallet.cosmos_armor import AMINO_SECP256K1, crc24, export_armor, import_armor
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.keys import PrivateKey
from r3mes_launcher.wallet.secret import Secret

RAW = hashlib.sha256(b"a key for tests").digest()
PASSWORD = "password of the export"


def armor(headers: dict[str, str], sealed: bytes) -> str:
    lines = ["-----BEGIN TENDERMINT PRIVATE KEY-----", *(f"{name}: {value}" for name, value in headers.items()), ""]
    lines += textwrap.wrap(base64.b64encode(sealed).decode(), 64)
    lines += ["=" + base64.b64encode(crc24(sealed).to_bytes(3, "big")).decode()]
    return "\n".join([*lines, "-----END TENDERMINT PRIVATE KEY-----"])


def raw_of(key: PrivateKey) -> bytes:
    return bytes(key.copy_of_secret().view())


def test_the_checksum_is_openpgps() -> None:
    assert crc24(b"123456789") == 0x21CF02
    assert crc24(b"") == 0xB704CE


def test_exports_read_back_and_open_with_other_libraries() -> None:
    text = export_armor(PrivateKey(Secret(bytearray(RAW))), PASSWORD)
    assert raw_of(import_armor(text, PASSWORD)) == RAW
    assert raw_of(import_armor("\r\n" + text.replace("\n", "\r\n"), PASSWORD)) == RAW
    kdf = pytest.importorskip("cryptography.hazmat.primitives.kdf.argon2", reason="cryptography is not installed")
    aead = pytest.importorskip("cryptography.hazmat.primitives.ciphers.aead")
    lines = text.splitlines()
    salt = bytes.fromhex(next(line for line in lines if line.startswith("salt: "))[6:])
    sealed = base64.b64decode("".join(lines[lines.index("") + 1 : -2]))
    key = kdf.Argon2id(salt=salt, length=32, iterations=1, lanes=4, memory_cost=65536).derive(PASSWORD.encode())
    assert aead.ChaCha20Poly1305(key).decrypt(bytes(12), sealed, None) == AMINO_SECP256K1 + RAW


def test_old_daemons_exports_open() -> None:
    import bcrypt

    salt = secrets.token_bytes(16)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    own = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    text = base64.b64encode(salt).decode().rstrip("=").translate(str.maketrans(alphabet, own))
    key = hashlib.sha256(bcrypt.hashpw(PASSWORD.encode(), f"$2a$12${text}".encode())).digest()
    sealed = bytes(SecretBox(key).encrypt(AMINO_SECP256K1 + RAW))
    exported = armor({"type": "secp256k1", "kdf": "bcrypt", "salt": salt.hex().upper()}, sealed)
    assert raw_of(import_armor(exported, PASSWORD)) == RAW
    with pytest.raises(WalletError) as caught:
        import_armor(exported, "another password")
    assert caught.value.problem is Problem.WRONG_PASSWORD


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda text: "", Problem.BAD_ARMOR),
        (lambda text: text[:-30], Problem.BAD_ARMOR),
        (lambda text: "x" * 20_000, Problem.BAD_ARMOR),
        (lambda text: text.replace("argon2", "scrypt"), Problem.BAD_ARMOR),
        (lambda text: text.replace("secp256k1", "ed25519"), Problem.BAD_ARMOR),
        (lambda text: text.replace("salt: ", "salt: 0"), Problem.BAD_ARMOR),
        (lambda text: text.replace("kdf: argon2", "kdf: argon2\nkdf: bcrypt"), Problem.BAD_ARMOR),
        (lambda text: text.replace("\n\n", "\n\nAAAA"), Problem.BAD_ARMOR),
        (lambda text: text.replace("-----BEGIN T", "-----BEGIN X"), Problem.BAD_ARMOR),
        (lambda text: text.replace("kdf: argon2", "kdf: bcrypt"), Problem.WRONG_PASSWORD),
    ],
)
def test_other_texts_are_refused(change: object, problem: Problem) -> None:
    text = export_armor(PrivateKey(Secret(bytearray(RAW))), PASSWORD)
    with pytest.raises(WalletError) as caught:
        import_armor(change(text), PASSWORD)  # type: ignore[operator]
    assert caught.value.problem is problem


def test_a_wrong_password_and_a_short_one() -> None:
    text = export_armor(PrivateKey(Secret(bytearray(RAW))), PASSWORD)
    with pytest.raises(WalletError) as caught:
        import_armor(text, PASSWORD + " ")
    assert caught.value.problem is Problem.WRONG_PASSWORD
    with pytest.raises(WalletError, match="at least 8"):
        export_armor(PrivateKey(Secret(bytearray(RAW))), "short")
