"""The vault: one encrypted file with the owner's wallets. Keys never leave it; it signs.

While it is unlocked it remembers the file's key only. Each operation reads the file, opens it, and wipes what it
opened, so two launchers on one file never work from an old copy. All methods block (Argon2id, fsync): call them
in a worker.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import ValidationError

from r3mes_launcher.sentence import Sentence
from r3mes_launcher.wallet.addresses import address_of_key, check_public_key, require_account
from r3mes_launcher.wallet.adr36 import SignedMessage, sign_grant, sign_message, sign_revocation
from r3mes_launcher.wallet.atomic_file import AtomicFile, Step
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.keys import KeyPath, PrivateKey
from r3mes_launcher.wallet.mnemonic import phrase_words, quiz_passed
from r3mes_launcher.wallet.password import new_password_bytes, password_bytes
from r3mes_launcher.wallet.sealed_file import (
    MAX_FILE_BYTES,
    STANDARD,
    KeySource,
    SealedKind,
    StretchParameters,
    new_source,
    read_sealed,
    seal,
    stretch,
    unseal,
)
from r3mes_launcher.wallet.secret import Secret
from r3mes_launcher.wallet.sodium import KEY_BYTES
from r3mes_launcher.wallet.transactions import SignedTransaction, UnsignedTransaction, sign_transaction
from r3mes_launcher.wallet.wallet_record import (
    MAX_CONTACTS,
    MAX_WALLETS,
    Contact,
    VaultContent,
    VaultEntry,
    WalletKind,
    WalletRecord,
    clean_name,
)
from r3mes_protocol.grants import Grant, SignedGrant
from r3mes_protocol.revocations import Revocation, SignedRevocation


class Vault:
    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], float],
        parameters: StretchParameters = STANDARD,
        step: Step | None = None,
    ) -> None:
        """`now` gives the time in Unix seconds; `parameters` are those of files that this vault will write."""
        self._file = AtomicFile(path, max_bytes=MAX_FILE_BYTES, **({} if step is None else {"step": step}))
        self._now = now
        self._parameters = parameters
        self._key: Secret | None = None

    # The file

    @property
    def path(self) -> Path:
        return self._file.path

    def exists(self) -> bool:
        return self.path.exists()

    def has_backup(self) -> bool:
        return self._file.backup_path.exists()

    def create(self, password: str) -> None:
        """A new, empty, unlocked vault. Raises VAULT_EXISTS rather than touch a file or a backup that is there."""
        with new_password_bytes(password) as secret, self._file.exclusive():
            if self.exists() or self.has_backup():
                raise WalletError(
                    Problem.VAULT_EXISTS,
                    Sentence("There is a vault or its backup at {path} already; it is left alone.", path=self.path),
                    "Unlock it, or move it away first.",
                )
            source = new_source(self._parameters)
            key = stretch(secret, source)
            self._write(VaultContent(secrets.token_hex(16), []), key, source)
            self._hold(key)

    def restore_backup(self) -> Path | None:
        """Puts the backup in the place of a damaged or missing file. The damaged one is kept; its path is returned."""
        with self._file.exclusive():
            data = self._file.read_backup()
            read_sealed(data, SealedKind.VAULT)
            kept = None
            if self.exists():
                kept = self.path.with_name(f"{self.path.name}.damaged-{int(self._now())}-{secrets.token_hex(4)}")
                self.path.replace(kept)
            self._file.write(data)
        self.lock()
        return kept

    # Locking

    @property
    def is_locked(self) -> bool:
        return self._key is None

    def unlock(self, password: str) -> None:
        """Raises WRONG_PASSWORD, or what is wrong with the file."""
        sealed = read_sealed(self._file.read(), SealedKind.VAULT)
        with password_bytes(password) as secret:
            key = stretch(secret, sealed.source)
        self._try_key(key)

    def unlock_with_key(self, key: Secret) -> None:
        """Opens with the key that the OS keyring keeps. Raises WRONG_PASSWORD when the password was changed since."""
        if len(key) != KEY_BYTES:
            raise WalletError(Problem.WRONG_PASSWORD, "The key from the system's keyring is not this vault's.")
        self._try_key(key)

    def _try_key(self, key: Secret) -> None:
        try:
            unseal(read_sealed(self._file.read(), SealedKind.VAULT), key).wipe()
        except WalletError:
            key.wipe()
            raise
        self._hold(key)

    def lock(self) -> None:
        if self._key is not None:
            self._key.wipe()
            self._key = None

    def keyring_name(self) -> str:
        """Under which name the OS keyring keeps this file's key. It changes with the password, as the key does."""
        sealed = read_sealed(self._file.read(), SealedKind.VAULT)
        return f"vault-{hashlib.sha256(sealed.source.salt).hexdigest()[:32]}"

    def unlock_key(self) -> Secret:
        """A copy of the file's key, for the OS keyring."""
        return Secret(bytearray(self._held_key().view()))

    def check_password(self, password: str) -> None:
        """Asked again before the words are shown or a wallet leaves. Raises WRONG_PASSWORD."""
        sealed = read_sealed(self._file.read(), SealedKind.VAULT)
        with password_bytes(password) as secret, stretch(secret, sealed.source) as key:
            unseal(sealed, key).wipe()

    def change_password(self, old: str, new: str) -> None:
        """The backup is renewed with it, so that the old password opens nothing any more."""
        with password_bytes(old) as old_secret, new_password_bytes(new) as new_secret, self._file.exclusive():
            sealed = read_sealed(self._file.read(), SealedKind.VAULT)
            with stretch(old_secret, sealed.source) as old_key, unseal(sealed, old_key) as content:
                source = new_source(self._parameters)
                key = stretch(new_secret, source)
                self._file.write(seal(content, key, source, SealedKind.VAULT), keep_backup=False)
        self._hold(key)

    # Wallets

    def vault_id(self) -> str:
        with self._open() as content:
            return content.vault_id

    def wallets(self) -> tuple[WalletRecord, ...]:
        with self._open() as content:
            return tuple(entry.record for entry in content.entries)

    def wallet(self, wallet_id: str) -> WalletRecord:
        with self._open() as content:
            return content.entry(wallet_id).record

    def add_phrase(
        self,
        name: str,
        entropy: Secret,
        passphrase: Secret,
        path: KeyPath,
        prefix: str,
        *,
        backed_up: bool = False,
        only_chain_id: str = "",
    ) -> WalletRecord:
        """Takes both secrets over. Raises DUPLICATE_WALLET when its address is in the vault with its key already."""
        with PrivateKey.derive(entropy, passphrase, path) as key:
            record = self._record(name, WalletKind.PHRASE, prefix, key.public_key, str(path), backed_up, only_chain_id)
        return self._add(VaultEntry(record, entropy, passphrase))

    def add_key(self, name: str, key: PrivateKey, prefix: str, *, only_chain_id: str = "") -> WalletRecord:
        record = self._record(name, WalletKind.KEY, prefix, key.public_key, "", True, only_chain_id)
        return self._add(VaultEntry(record, key.copy_of_secret(), Secret(bytearray())))

    def add_watch(self, name: str, prefix: str, *, address: str = "", public_key: bytes = b"") -> WalletRecord:
        """A wallet that shows and never signs."""
        if public_key:
            check_public_key(public_key)
            record = self._record(name, WalletKind.WATCH, prefix, public_key, "", True, "")
            if address and address != record.address:
                raise WalletError(Problem.BAD_ADDRESS, "The address is not this public key's.")
        else:
            address = require_account(address, prefix)
            record = self._record(name, WalletKind.WATCH, prefix, b"", "", True, "", address)
        return self._add(VaultEntry(record, Secret(bytearray()), Secret(bytearray())))

    def _record(
        self,
        name: str,
        kind: WalletKind,
        prefix: str,
        public_key: bytes,
        path: str,
        backed_up: bool,
        only_chain_id: str,
        address: str = "",
    ) -> WalletRecord:
        return WalletRecord(
            wallet_id=secrets.token_hex(8),
            name=clean_name(name),
            kind=kind,
            prefix=prefix,
            address=address or address_of_key(public_key, prefix),
            public_key=public_key.hex(),
            path=path,
            created_at=int(self._now()),
            backed_up=backed_up,
            only_chain_id=only_chain_id,
        )

    def _add(self, new: VaultEntry) -> WalletRecord:
        with self._changing() as content:
            for entry in content.entries:
                if entry.record.address == new.record.address:
                    if entry.record.kind is not WalletKind.WATCH or new.record.kind is WalletKind.WATCH:
                        raise WalletError(
                            Problem.DUPLICATE_WALLET,
                            Sentence("This wallet is in the vault already, as “{name}”.", name=entry.record.name),
                        )
                    # The key of a watched address has come: it takes the watcher's place.
                    content.entries.remove(entry)
                    break
            if len(content.entries) >= MAX_WALLETS:
                raise WalletError(
                    Problem.VAULT_REFUSED,
                    Sentence("A vault holds at most {max_wallets} wallets.", max_wallets=MAX_WALLETS),
                )
            content.entries.append(new)
        return new.record

    def rename(self, wallet_id: str, name: str) -> WalletRecord:
        return self._replace(wallet_id, name=clean_name(name))

    def confirm_backup(self, wallet_id: str, positions: tuple[int, ...], answers: tuple[str, ...]) -> bool:
        """Checks the quiz; on success the wallet counts as backed up."""
        with self._open() as content:
            entry = content.entry(wallet_id)
            passed = entry.record.kind is WalletKind.PHRASE and quiz_passed(entry.secret, positions, answers)
        if passed:
            self._replace(wallet_id, backed_up=True)
        return passed

    def _replace(self, wallet_id: str, **changes: object) -> WalletRecord:
        with self._changing() as content:
            entry = content.entry(wallet_id)
            entry.record = entry.record.model_copy(update=changes)
        return entry.record

    def remove(self, wallet_id: str, password: str) -> None:
        """Takes a wallet out of the vault; the file's backup still has it until the next change."""
        self.check_password(password)
        with self._changing() as content:
            entry = content.entry(wallet_id)
            content.entries.remove(entry)
            entry.wipe()

    def contacts(self) -> tuple[Contact, ...]:
        with self._open() as content:
            return content.contacts

    def set_contact(self, name: str, address: str, prefix: str, note: str = "") -> None:
        """Adds an address to the book, or renames it there."""
        try:
            contact = Contact(name=clean_name(name), address=require_account(address, prefix), note=note)
        except ValidationError:
            raise WalletError(Problem.BAD_INPUT, "A note has at most 256 characters.") from None
        with self._changing() as content:
            kept = [known for known in content.contacts if known.address != contact.address]
            if len(kept) >= MAX_CONTACTS:
                raise WalletError(
                    Problem.VAULT_REFUSED,
                    Sentence("The address book holds at most {max_contacts} entries.", max_contacts=MAX_CONTACTS),
                )
            content.contacts = (*kept, contact)

    def remove_contact(self, address: str) -> None:
        with self._changing() as content:
            content.contacts = tuple(known for known in content.contacts if known.address != address)

    # Signing

    def sign_transaction(self, wallet_id: str, unsigned: UnsignedTransaction) -> SignedTransaction:
        """Signs what a person has confirmed. Raises WATCH_ONLY or WRONG_CHAIN."""
        with self._key_of(wallet_id, unsigned.chain_id) as (_, key):
            return sign_transaction(unsigned, key)

    def sign_message(self, wallet_id: str, data: bytes) -> SignedMessage:
        with self._key_of(wallet_id, None) as (record, key):
            return sign_message(key, record.prefix, data)

    def sign_grant(self, wallet_id: str, grant: Grant) -> SignedGrant:
        with self._key_of(wallet_id, grant.network) as (record, key):
            return sign_grant(key, record.prefix, grant)

    def sign_revocation(self, wallet_id: str, revocation: Revocation) -> SignedRevocation:
        with self._key_of(wallet_id, revocation.network) as (record, key):
            return sign_revocation(key, record.prefix, revocation)

    @contextlib.contextmanager
    def _key_of(self, wallet_id: str, chain_id: str | None) -> Iterator[tuple[WalletRecord, PrivateKey]]:
        with self._open() as content:
            entry = content.entry(wallet_id)
            record = entry.record
            if record.kind is WalletKind.WATCH:
                raise WalletError(
                    Problem.WATCH_ONLY,
                    Sentence("“{name}” is only watched: its key is not here, so it can't sign.", name=record.name),
                    "Restore it from its words to spend from it.",
                )
            if record.only_chain_id and chain_id not in (None, record.only_chain_id):
                raise WalletError(
                    Problem.WRONG_CHAIN,
                    Sentence(
                        "“{name}” is a wallet of the demo and signs for {only_chain_id} only.",
                        name=record.name,
                        only_chain_id=record.only_chain_id,
                    ),
                )
            with entry.private_key() as key:
                yield record, key

    # Words and files that leave the vault

    def reveal_words(self, wallet_id: str, password: str) -> tuple[str, ...]:
        """The words, after the password was typed again."""
        self.check_password(password)
        with self._open() as content:
            entry = content.entry(wallet_id)
            if entry.record.kind is not WalletKind.PHRASE:
                raise WalletError(
                    Problem.NO_SUCH_WALLET, "This wallet was not made from words, so it has none to show."
                )
            return phrase_words(entry.secret)

    def private_key(self, wallet_id: str, password: str) -> PrivateKey:
        """The key for an armored export, after the password was typed again. The caller wipes it."""
        self.check_password(password)
        with self._key_of(wallet_id, None) as (_, key):
            return PrivateKey(key.copy_of_secret())

    def export(self, wallet_id: str, password: str, export_password: str) -> bytes:
        """One wallet in a file of its own, under a password of its own, that any launcher imports."""
        self.check_password(password)
        with self._open() as content, new_password_bytes(export_password) as secret:
            entry = content.entry(wallet_id)
            source = new_source(self._parameters)
            with stretch(secret, source) as key, VaultContent(secrets.token_hex(16), [entry]).write() as plain:
                return seal(plain, key, source, SealedKind.EXPORT)

    def import_export(self, data: bytes, export_password: str) -> WalletRecord:
        """Adds the wallet of an exported file. It stays “not backed up” if it was."""
        sealed = read_sealed(data, SealedKind.EXPORT)
        with (
            password_bytes(export_password) as secret,
            stretch(secret, sealed.source) as key,
            unseal(sealed, key) as plain,
        ):
            content = VaultContent.read(plain)
        try:
            if len(content.entries) != 1:
                raise WalletError(Problem.VAULT_DAMAGED, "The exported file does not hold exactly one wallet.")
            entry = content.entries[0]
            entry.check_claims()
            entry.record = entry.record.model_copy(update={"wallet_id": secrets.token_hex(8)})
            return self._add(entry)
        finally:
            content.wipe()

    # Inside

    def _hold(self, key: Secret) -> None:
        self.lock()
        self._key = key

    def _held_key(self) -> Secret:
        if self._key is None:
            raise WalletError(Problem.LOCKED, "The wallet is locked.", "Unlock it with your password.")
        return self._key

    @contextlib.contextmanager
    def _open(self) -> Iterator[VaultContent]:
        content, _ = self._read()
        try:
            yield content
        finally:
            content.wipe()

    @contextlib.contextmanager
    def _changing(self) -> Iterator[VaultContent]:
        """The content, written back at the end unless something was raised."""
        with self._file.exclusive():
            content, source = self._read()
            try:
                yield content
                self._write(content, self._held_key(), source)
            finally:
                content.wipe()

    def _read(self) -> tuple[VaultContent, KeySource]:
        key = self._held_key()
        sealed = read_sealed(self._file.read(), SealedKind.VAULT)
        try:
            with unseal(sealed, key) as plain:
                return VaultContent.read(plain), sealed.source
        except WalletError as error:
            if error.problem is not Problem.WRONG_PASSWORD:
                raise
            self.lock()
            raise WalletError(
                Problem.VAULT_CHANGED, "The vault's password was changed by another launcher.", "Unlock it again."
            ) from None

    def _write(self, content: VaultContent, key: Secret, source: KeySource) -> None:
        with content.write() as plain:
            self._file.write(seal(plain, key, source, SealedKind.VAULT))

    def __repr__(self) -> str:
        return f"Vault({str(self.path)!r}, {'locked' if self.is_locked else 'unlocked'})"
