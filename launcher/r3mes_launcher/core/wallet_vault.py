"""The vault as the core uses it: on a thread of its own, so that nobody waits for Argon2id or for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from r3mes_launcher.core.wallet_files import read_limited, write_private
from r3mes_launcher.core.wallet_orders import NewWallet
from r3mes_launcher.sentence import Sentence
from r3mes_launcher.wallet.account_discovery import Preview, previews
from r3mes_launcher.wallet.cosmos_armor import MAX_ARMOR_CHARACTERS, export_armor, import_armor
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.keys import account_path, parse_path
from r3mes_launcher.wallet.mnemonic import entropy_of_phrase, new_entropy, passphrase_bytes, phrase_words
from r3mes_launcher.wallet.profiles import NetworkProfile
from r3mes_launcher.wallet.sealed_file import MAX_FILE_BYTES
from r3mes_launcher.wallet.vault import Vault
from r3mes_launcher.wallet.wallet_record import WalletRecord

Result = TypeVar("Result")

VAULT_TIMEOUT_S = 60.0
"""Argon2id takes a second or two, also on a slow computer. Longer means that the disk or the memory is in trouble."""


class VaultThread:
    """Calls run in the order in which they were asked for, so a lock that comes during an unlock comes after it."""

    def __init__(self, vault: Vault, timeout_s: float = VAULT_TIMEOUT_S) -> None:
        self._vault = vault
        self._timeout_s = timeout_s
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wallet-vault")

    async def call(self, work: Callable[[Vault], Result]) -> Result:
        """Raises what `work` raises; VAULT_UNWRITABLE when it takes too long. It goes on in its thread then."""
        future = asyncio.get_running_loop().run_in_executor(self._executor, work, self._vault)
        # Shielded: work that has begun writes its file to the end, also when nobody waits for it any more.
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.shield(future)
        except TimeoutError:
            future.add_done_callback(_look_at)
            raise WalletError(
                Problem.VAULT_UNWRITABLE,
                Sentence("The wallet's file did not answer within {timeout_s:.0f} seconds.", timeout_s=self._timeout_s),
                "The disk may be busy or full. Try again; nothing was lost.",
            ) from None

    def lock_later(self) -> None:
        """Locks behind whatever runs now."""
        self._executor.submit(self._vault.lock)

    def close(self) -> None:
        """Waits for the call that runs; those that wait behind it are dropped."""
        self._executor.shutdown(wait=True, cancel_futures=True)


def _look_at(future: asyncio.Future[Result]) -> None:
    """So that a late error is not reported as one that nobody looked at."""
    if not future.cancelled():
        future.exception()


# What a person does with the vault. All of it blocks: it is work for the thread above.


def open_or_create(vault: Vault, password: str) -> None:
    """The password counts only while the vault is locked or not there yet."""
    if not vault.is_locked:
        return
    if vault.exists():
        vault.unlock(password)
    else:
        vault.create(password)


def create_wallet(
    vault: Vault, profile: NetworkProfile, name: str, password: str, words: int, passphrase: str
) -> NewWallet:
    entropy, extra = new_entropy(words), passphrase_bytes(passphrase)
    shown = phrase_words(entropy)
    open_or_create(vault, password)
    path = account_path(profile.coin_type)
    record = vault.add_phrase(name, entropy, extra, path, profile.prefix, only_chain_id=_only_chain(profile))
    return NewWallet(record.wallet_id, record.name, shown)


def addresses_of_phrase(profile: NetworkProfile, phrase: str, passphrase: str) -> tuple[Preview, ...]:
    with entropy_of_phrase(phrase) as entropy, passphrase_bytes(passphrase) as extra:
        return previews(entropy, extra, profile.prefix, profile.coin_type)


def restore_wallet(
    vault: Vault, profile: NetworkProfile, name: str, password: str, phrase: str, passphrase: str, path: str
) -> WalletRecord:
    entropy, extra = entropy_of_phrase(phrase), passphrase_bytes(passphrase)
    open_or_create(vault, password)
    return vault.add_phrase(
        name,
        entropy,
        extra,
        parse_path(path),
        profile.prefix,
        backed_up=True,
        only_chain_id=_only_chain(profile),
    )


def watch_wallet(vault: Vault, profile: NetworkProfile, name: str, password: str, address: str) -> WalletRecord:
    open_or_create(vault, password)
    return vault.add_watch(name, profile.prefix, address=address.strip())


def import_wallet(
    vault: Vault, profile: NetworkProfile, path: Path, password: str, export_password: str, name: str
) -> WalletRecord:
    """An encrypted export of a launcher, or the armored key of a Cosmos daemon."""
    data = read_limited(path, MAX_FILE_BYTES)
    if not data.lstrip().startswith(b"-----BEGIN"):
        open_or_create(vault, password)
        return vault.import_export(data, export_password)
    text = data[: MAX_ARMOR_CHARACTERS + 1].decode("ascii", "replace")
    with import_armor(text, export_password) as key:
        open_or_create(vault, password)
        return vault.add_key(name or path.stem, key, profile.prefix, only_chain_id=_only_chain(profile))


def export_wallet(vault: Vault, wallet_id: str, path: Path, password: str, export_password: str, armored: bool) -> None:
    """One wallet in a file of its own, mode 0600; `armored` is the form of Cosmos daemons."""
    if armored:
        with vault.private_key(wallet_id, password) as key:
            data = export_armor(key, export_password).encode("ascii")
    else:
        data = vault.export(wallet_id, password, export_password)
    write_private(path, data)


def confirm_backup(vault: Vault, wallet_id: str, positions: Sequence[int], answers: Sequence[str]) -> bool:
    return vault.confirm_backup(wallet_id, tuple(positions), tuple(answers))


def _only_chain(profile: NetworkProfile) -> str:
    """The demo's wallets sign for the demo's chain and no other."""
    return profile.chain_id if profile.demo else ""
