"""What a vault holds, once open: wallets and contacts in JSON, and the secrets in raw bytes beside it."""

from __future__ import annotations

import json
import re
import struct
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from r3mes_launcher.wallet.addresses import require_account
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.keys import PrivateKey, parse_path
from r3mes_launcher.wallet.secret import Secret
from r3mes_protocol.canonical import canonical_json

MAX_WALLETS = 200
MAX_CONTACTS = 1_000

_NAME = re.compile(r"\S(.{0,62}\S)?")

Name = Annotated[str, Field(min_length=1, max_length=64)]


class WalletKind(StrEnum):
    PHRASE = "phrase"
    KEY = "key"
    WATCH = "watch"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WalletRecord(_Frozen):
    """The public side of one wallet."""

    wallet_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    name: Name
    kind: WalletKind
    prefix: Annotated[str, Field(max_length=30)]
    address: Annotated[str, Field(max_length=90)]
    public_key: Annotated[str, Field(pattern=r"^([0-9a-f]{66})?$")]
    """Hex; empty for an address that is only watched."""
    path: Annotated[str, Field(max_length=120)] = ""
    created_at: int
    backed_up: bool = False
    """Whether the owner has shown that the words are on paper. Keys and watched addresses have none."""
    only_chain_id: Annotated[str, Field(max_length=50)] = ""
    """If set, nothing is signed for any other chain: the demo's wallets can't touch real money."""


class Contact(_Frozen):
    name: Name
    address: Annotated[str, Field(max_length=90)]
    note: Annotated[str, Field(max_length=256)] = ""


class _StoredWallet(_Frozen):
    record: WalletRecord
    secret: tuple[int, int]
    """Offset and length of the phrase's entropy or the private key."""
    passphrase: tuple[int, int]


class _Document(_Frozen):
    v: Literal[1] = 1
    vault_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    wallets: Annotated[tuple[_StoredWallet, ...], Field(max_length=MAX_WALLETS)]
    contacts: Annotated[tuple[Contact, ...], Field(max_length=MAX_CONTACTS)] = ()


class VaultEntry:
    """A wallet with its secrets, while the vault's content is open. Wiped with the content."""

    def __init__(self, record: WalletRecord, secret: Secret, passphrase: Secret) -> None:
        self.record = record
        self.secret = secret
        self.passphrase = passphrase

    def private_key(self) -> PrivateKey:
        if self.record.kind is WalletKind.KEY:
            return PrivateKey(Secret(bytearray(self.secret.view())))
        return PrivateKey.derive(self.secret, self.passphrase, parse_path(self.record.path))

    def check_claims(self) -> None:
        """A file from elsewhere could claim an address that its key does not have. Raises VAULT_DAMAGED."""
        if self.record.kind is WalletKind.WATCH:
            require_account(self.record.address, self.record.prefix)
            return
        with self.private_key() as key:
            if (key.public_key.hex(), key.address(self.record.prefix)) != (self.record.public_key, self.record.address):
                raise WalletError(Problem.VAULT_DAMAGED, "The file names an address that its key does not have.")

    def wipe(self) -> None:
        self.secret.wipe()
        self.passphrase.wipe()

    def __repr__(self) -> str:
        return f"VaultEntry({self.record.wallet_id})"


class VaultContent:
    """All of an opened vault, for the length of one operation."""

    def __init__(self, vault_id: str, entries: list[VaultEntry], contacts: tuple[Contact, ...] = ()) -> None:
        self.vault_id = vault_id
        self.entries = entries
        self.contacts = contacts

    def entry(self, wallet_id: str) -> VaultEntry:
        for entry in self.entries:
            if entry.record.wallet_id == wallet_id:
                return entry
        raise WalletError(Problem.NO_SUCH_WALLET, "This wallet is not in the vault any more.")

    def wipe(self) -> None:
        for entry in self.entries:
            entry.wipe()

    def write(self) -> Secret:
        """The plain content of the file: 4 bytes length, the JSON, the secrets."""
        # Never grown: a buffer that moves leaves a copy behind.
        secrets_part = bytearray(sum(len(entry.secret) + len(entry.passphrase) for entry in self.entries))
        end = 0
        stored = []
        for entry in self.entries:
            places = []
            for secret in (entry.secret, entry.passphrase):
                places.append((end, len(secret)))
                secrets_part[end : end + len(secret)] = secret.view()
                end += len(secret)
            stored.append(_StoredWallet(record=entry.record, secret=places[0], passphrase=places[1]))
        document = _Document(vault_id=self.vault_id, wallets=tuple(stored), contacts=self.contacts)
        text = canonical_json(document.model_dump(mode="json"))
        content = bytearray(struct.pack(">I", len(text)) + text) + secrets_part
        Secret(secrets_part).wipe()
        return Secret(content)

    @classmethod
    def read(cls, content: Secret) -> VaultContent:
        """Raises VAULT_DAMAGED: the password was right, but an older or a broken program wrote something else."""
        data = content.view()
        try:
            (length,) = struct.unpack_from(">I", data)
            document = _Document.model_validate(json.loads(data[4 : 4 + length]))
            pool = memoryview(data)[4 + length :]
            entries = []
            for wallet in document.wallets:
                parts = []
                for offset, size in (wallet.secret, wallet.passphrase):
                    if not (offset >= 0 and size >= 0 and offset + size <= len(pool)):
                        raise ValueError
                    parts.append(Secret(bytearray(pool[offset : offset + size])))
                entries.append(VaultEntry(wallet.record, *parts))
            pool.release()
        except (ValidationError, ValueError, struct.error, RecursionError):
            raise WalletError(Problem.VAULT_DAMAGED, "The opened vault holds something else than wallets.") from None
        return cls(document.vault_id, entries, document.contacts)


def clean_name(name: str) -> str:
    """A name with single blanks. Raises BAD_INPUT for control characters, which could hide what is written."""
    cleaned = " ".join(name.split())
    if not _NAME.fullmatch(cleaned) or not cleaned.isprintable():
        raise WalletError(Problem.BAD_INPUT, "A name has 1 to 64 visible characters.")
    return cleaned
