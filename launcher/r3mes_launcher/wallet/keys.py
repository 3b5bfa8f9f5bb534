"""secp256k1 keys of the owner: derived for one use, wiped after it."""

from __future__ import annotations

import hashlib
import re
from types import TracebackType
from typing import NamedTuple

import wallycore

from r3mes_launcher.wallet.addresses import address_of_key, check_public_key
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.mnemonic import seed
from r3mes_launcher.wallet.secret import Secret

HARDENED = 0x8000_0000
COIN_TYPE_COSMOS = 118
"""What wallets and the faucet of the network use."""
COIN_TYPE_DAEMON = 9999
"""What the chain's own daemon uses for the keys that it makes."""
SIGNATURE_BYTES = 64
PRIVATE_KEY_BYTES = 32
MAX_DEPTH = 10

_STEP = re.compile(r"^(0|[1-9][0-9]{0,9})(['hH]?)$")


class KeyPath(NamedTuple):
    """A BIP-32 path from the master key, as child numbers with the hardened bit."""

    steps: tuple[int, ...]

    def __str__(self) -> str:
        return "/".join(["m", *(f"{step & ~HARDENED}'" if step & HARDENED else str(step) for step in self.steps)])


def account_path(coin_type: int = COIN_TYPE_COSMOS, account: int = 0, index: int = 0) -> KeyPath:
    """The BIP-44 path m/44'/coin'/account'/0/index."""
    for number in (coin_type, account, index):
        if not 0 <= number < HARDENED:
            raise WalletError(Problem.BAD_PATH, "Each number of a key path lies between 0 and 2147483647.")
    return KeyPath((44 | HARDENED, coin_type | HARDENED, account | HARDENED, 0, index))


def parse_path(text: str) -> KeyPath:
    """A path like m/44'/118'/0'/0/0. Raises BAD_PATH."""
    head, _, rest = text.strip().partition("/")
    parts = rest.split("/") if rest else []
    if head != "m" or not 0 < len(parts) <= MAX_DEPTH:
        raise WalletError(Problem.BAD_PATH, "A key path looks like m/44'/118'/0'/0/0.")
    steps: list[int] = []
    for part in parts:
        match = _STEP.match(part)
        if match is None or int(match[1]) >= HARDENED:
            raise WalletError(Problem.BAD_PATH, "A key path looks like m/44'/118'/0'/0/0.")
        steps.append(int(match[1]) | (HARDENED if match[2] else 0))
    return KeyPath(tuple(steps))


class PrivateKey:
    """One private key, held only while it signs: use it in a `with` block."""

    __slots__ = ("_secret", "public_key")

    def __init__(self, secret: Secret) -> None:
        """Takes the 32 bytes over. Raises BAD_KEY when they are not a private key."""
        try:
            if len(secret) != PRIVATE_KEY_BYTES:
                raise ValueError
            wallycore.ec_private_key_verify(secret.view())
        except ValueError:
            secret.wipe()
            raise WalletError(Problem.BAD_KEY, "This is not a secp256k1 private key.") from None
        self._secret = secret
        self.public_key = bytes(wallycore.ec_public_key_from_private_key(secret.view()))

    @classmethod
    def derive(cls, entropy: Secret, passphrase: Secret, path: KeyPath) -> PrivateKey:
        with seed(entropy, passphrase) as seed_secret:
            flags = wallycore.BIP32_FLAG_SKIP_HASH
            master = wallycore.bip32_key_from_seed(seed_secret.view(), wallycore.BIP32_VER_MAIN_PRIVATE, flags)
        # libwally zeroes these structures when the capsule that owns them is freed.
        child = wallycore.bip32_key_from_parent_path(master, list(path.steps), flags | wallycore.BIP32_FLAG_KEY_PRIVATE)
        return cls(Secret(wallycore.bip32_key_get_priv_key(child)))

    def address(self, prefix: str) -> str:
        return address_of_key(self.public_key, prefix)

    def sign(self, message: bytes) -> bytes:
        """64 bytes r and s over SHA-256 of `message`: RFC 6979, low s, no extra entropy, as every Cosmos wallet."""
        digest = hashlib.sha256(message).digest()
        return bytes(wallycore.ec_sig_from_bytes(self._secret.view(), digest, wallycore.EC_FLAG_ECDSA))

    def copy_of_secret(self) -> Secret:
        """The raw key for an export that its owner asked for."""
        return Secret(bytearray(self._secret.view()))

    def wipe(self) -> None:
        self._secret.wipe()

    def __enter__(self) -> PrivateKey:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return f"PrivateKey(public_key={self.public_key.hex()})"


def verify_signature(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this key made this signature over SHA-256 of `message`; a high s is refused, as chains refuse it."""
    check_public_key(public_key)
    if len(signature) != SIGNATURE_BYTES:
        return False
    try:
        if bytes(wallycore.ec_sig_normalize(signature)) != signature:
            return False
        wallycore.ec_sig_verify(public_key, hashlib.sha256(message).digest(), wallycore.EC_FLAG_ECDSA, signature)
    except ValueError:
        return False
    return True
