"""The wallet in the running launcher: one vault, one network, one state that says what is; intents in, state out.

Owned by the core's loop. What blocks (Argon2id, files, the system's keyring) runs in threads of its own. Secrets come
in as arguments of one call and leave as its result; the state never holds one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from r3mes_launcher.core.state import LogLevel
from r3mes_launcher.core.wallet_desk import NetworkAccess, WalletDesk, WalletParts
from r3mes_launcher.core.wallet_orders import FoundAddresses, NewWallet
from r3mes_launcher.core.wallet_state import ContactEntry, KeyringView, VaultState, WalletEntry, WalletState
from r3mes_launcher.core.wallet_vault import (
    addresses_of_phrase,
    confirm_backup,
    create_wallet,
    export_wallet,
    import_wallet,
    restore_wallet,
    watch_wallet,
)
from r3mes_launcher.sentence import joined, phrase, sentence_of
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.os_keyring import ADVICE, KeyringState
from r3mes_launcher.wallet.vault import Vault
from r3mes_launcher.wallet.wallet_record import WalletRecord

__all__ = ["NetworkAccess", "WalletParts", "WalletService"]


_LOOKING = phrase("Looking…")
_RESTORING = phrase("Restoring the wallet…")


class WalletService(WalletDesk):
    """What a person may do with the wallet: the vault's intents here, the chain's from the desk."""

    _sought_keyring = False

    # --- its life ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        parts = self._parts
        parts.guard()
        self._watch.choose(parts.settings.current.wallet_idle_s)
        self._change(keyring=KeyringView(enabled=parts.settings.current.wallet_keyring))
        await self._look()
        self._spawn(self._refresh_often(), "read the wallet's network")
        self._seek_keyring()
        self._watch.start()

    async def close(self) -> None:
        """Locks. Payments on their way go on at the next start."""
        self._closed = True
        await self._watch.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._chain is not None:
            await self._chain.close()
        with contextlib.suppress(WalletError, RuntimeError):
            await self._thread.call(Vault.lock)
        await asyncio.to_thread(self._thread.close)

    # --- the vault ---------------------------------------------------------------------------------------------------

    async def create(self, name: str, password: str, words: int = 24, passphrase: str = "") -> NewWallet:
        """A new wallet, in a new vault where there is none. Its words are in the answer, once."""
        profile = self._profile()
        made = await self._work(
            phrase("Making the wallet…"), lambda vault: create_wallet(vault, profile, name, password, words, passphrase)
        )
        await self._opened(made.wallet_id)
        return made

    async def preview(self, phrase: str, passphrase: str = "") -> FoundAddresses:
        """The addresses that a phrase opens, with what lies there. Nothing is kept."""
        profile = self._profile()
        found = await self._work(_LOOKING, lambda _: addresses_of_phrase(profile, phrase, passphrase))
        return await self._network().find(found)

    async def restore(self, name: str, password: str, phrase: str, passphrase: str, path: str) -> WalletEntry:
        profile = self._profile()
        return await self._add(
            _RESTORING,
            lambda vault: restore_wallet(vault, profile, name, password, phrase, passphrase, path),
        )

    async def watch(self, name: str, password: str, address: str) -> WalletEntry:
        """A wallet that shows and never signs."""
        profile = self._profile()
        return await self._add(
            phrase("Adding the address…"), lambda vault: watch_wallet(vault, profile, name, password, address)
        )

    async def import_file(self, path: Path, password: str, export_password: str, name: str = "") -> WalletEntry:
        """An encrypted export of a launcher, or the armored key of a Cosmos daemon."""
        profile = self._profile()
        return await self._add(
            phrase("Importing the wallet…"),
            lambda vault: import_wallet(vault, profile, path, password, export_password, name),
        )

    async def export_file(
        self, wallet_id: str, path: Path, password: str, export_password: str, *, armored: bool = False
    ) -> None:
        """One wallet in a file of its own, mode 0600; `armored` is the form of Cosmos daemons."""
        await self._work(
            phrase("Writing the export…"),
            lambda vault: export_wallet(vault, wallet_id, path, password, export_password, armored),
        )

    async def unlock(self, password: str) -> None:
        await self._unlock(lambda vault: vault.unlock(password))

    async def unlock_with_keyring(self) -> None:
        name = await self._work(phrase("Asking the system's keyring…"), Vault.keyring_name)
        fetched = await self._parts.keyring.fetch(name)
        if fetched.key is None:
            advice = ADVICE[fetched.state]
            self._change(keyring=replace(self._state.keyring, sentence=joined(advice.message, advice.hint)))
            raise WalletError(Problem.KEYRING, advice.message, advice.hint)
        key = fetched.key
        await self._unlock(lambda vault: vault.unlock_with_key(key))

    async def _unlock(self, open_it: Callable[[Vault], None]) -> None:
        try:
            await self._work(phrase("Opening the wallet…"), open_it)
        except WalletError as error:
            if error.problem is Problem.VAULT_UNWRITABLE:
                # It may still open after its time-out, and nobody would lock it again.
                self._thread.lock_later()
            if error.problem in (Problem.VAULT_DAMAGED, Problem.VAULT_TOO_NEW, Problem.VAULT_REFUSED):
                self._change(
                    vault=VaultState.DAMAGED,
                    problem=sentence_of(error),
                    has_backup=await self._thread.call(Vault.has_backup),
                )
            raise
        await self._opened(self._parts.settings.current.wallet_active)

    async def lock(self, because: str = "") -> None:
        await self._thread.call(Vault.lock)
        self._watch.stop_watching()
        self._records = {}
        if self._state.vault is VaultState.OPEN:
            network = self._chain.view if self._chain is not None else self._state.network
            self._change_to(
                WalletState(
                    vault=VaultState.LOCKED,
                    locked_because=because,
                    network=network,
                    grants=self._state.grants,
                    keyring=self._state.keyring,
                    auto_lock=replace(self._state.auto_lock, locks_at=None),
                )
            )

    async def confirm_backup(self, wallet_id: str, positions: Sequence[int], answers: Sequence[str]) -> bool:
        """The quiz. True marks the wallet as backed up."""
        passed = await self._work("", lambda vault: confirm_backup(vault, wallet_id, positions, answers))
        if passed:
            await self._show_wallets()
        return passed

    async def reveal_words(self, wallet_id: str, password: str) -> tuple[str, ...]:
        return await self._work(phrase("Checking the password…"), lambda vault: vault.reveal_words(wallet_id, password))

    async def rename(self, wallet_id: str, name: str) -> None:
        await self._work("", lambda vault: vault.rename(wallet_id, name))
        await self._show_wallets()

    async def remove(self, wallet_id: str, password: str) -> None:
        await self._work(phrase("Removing the wallet…"), lambda vault: vault.remove(wallet_id, password))
        await self._show_wallets()

    async def choose(self, wallet_id: str) -> None:
        """Makes another wallet the active one."""
        if wallet_id not in self._records:
            raise WalletError(Problem.NO_SUCH_WALLET, "This wallet is not in the vault any more.")
        self._parts.settings.change(wallet_active=wallet_id)
        self._change(active=wallet_id, holdings=None, history=(), payments=(), roles=(), registration=None, recorded=())
        self._show_payments()
        await self._refresh_quietly()

    async def change_password(self, old: str, new: str) -> None:
        before = await self._work("", Vault.keyring_name)
        await self._work(phrase("Changing the password…"), lambda vault: vault.change_password(old, new))
        await self._opened(self._state.active)
        if self._state.keyring.enabled:
            await self._parts.keyring.forget(before)
            await self.use_keyring(True)

    async def use_keyring(self, on: bool) -> None:
        """Lets the system's keyring keep the unlock key, or takes it back. Raises KEYRING with what to do."""
        name = await self._work("", Vault.keyring_name)
        if on:
            with await self._work("", Vault.unlock_key) as key:
                state = await self._parts.keyring.store(name, key)
        else:
            state = await self._parts.keyring.forget(name)
        advice, kept = ADVICE[state], on and state is KeyringState.READY
        self._parts.settings.change(wallet_keyring=kept)
        sentence = joined(advice.message, advice.hint) if on else ""
        self._change(keyring=replace(self._state.keyring, enabled=kept, sentence=sentence))
        if on and not kept:
            raise WalletError(Problem.KEYRING, advice.message, advice.hint)

    async def choose_auto_lock(self, idle_s: float) -> None:
        """Raises BAD_INPUT for less than half a minute or more than eight hours."""
        try:
            self._watch.choose(idle_s)
        except ValueError as error:
            raise WalletError(Problem.BAD_INPUT, f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
        self._parts.settings.change(wallet_idle_s=idle_s)

    async def restore_backup(self) -> str:
        """Puts the file's backup in its place. Returns where the damaged one was kept; empty when there was none."""
        kept = await self._work(phrase("Restoring the backup…"), Vault.restore_backup)
        await self._look()
        return "" if kept is None else str(kept)

    async def save_contact(self, name: str, address: str, note: str = "") -> None:
        prefix = self._profile().prefix
        await self._work("", lambda vault: vault.set_contact(name, address.strip(), prefix, note))
        await self._show_contacts()

    async def remove_contact(self, address: str) -> None:
        await self._work("", lambda vault: vault.remove_contact(address))
        await self._show_contacts()

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _add(self, busy: str, make: Callable[[Vault], WalletRecord]) -> WalletEntry:
        record = await self._work(busy, make)
        await self._opened(record.wallet_id)
        return _entry(record)

    async def _opened(self, active: str) -> None:
        self._watch.watch()
        self._change(vault=VaultState.OPEN, problem="", locked_because="", active=active)
        self._seek_keyring()
        await self._show_wallets()
        await self._show_contacts()
        self._spawn(self._refresh_quietly(), "read the wallet after it opened")

    async def _look(self) -> None:
        exists, backup = await self._thread.call(lambda vault: (vault.exists(), vault.has_backup()))
        if exists:
            self._change(vault=VaultState.LOCKED, problem="", has_backup=backup)
        elif backup:
            self._change(
                vault=VaultState.DAMAGED, problem="The wallet's file is gone, but its backup is there.", has_backup=True
            )
        else:
            self._change(vault=VaultState.ABSENT, problem="", has_backup=False)

    def _seek_keyring(self) -> None:
        """Once, where there is a vault that it could open: its library takes ten megabytes."""
        if not self._sought_keyring and self._state.vault is not VaultState.ABSENT:
            self._sought_keyring = True
            self._spawn(self._look_at_keyring(), "look for a keyring")

    async def _look_at_keyring(self) -> None:
        state = await self._parts.keyring.look()
        sentence = "" if state is KeyringState.READY else joined(ADVICE[state].message, ADVICE[state].hint)
        self._change(keyring=replace(self._state.keyring, available=state is KeyringState.READY, sentence=sentence))

    async def _show_wallets(self) -> None:
        records = await self._thread.call(Vault.wallets)
        self._records = {record.wallet_id: record for record in records}
        active = self._state.active
        if active not in self._records:
            active = next(iter(self._records), "")
        if active and active != self._parts.settings.current.wallet_active:
            self._parts.settings.change(wallet_active=active)
        moved = active != self._state.active
        self._change(wallets=tuple(_entry(record) for record in records), active=active)
        if moved:
            self._change(holdings=None, history=(), roles=(), registration=None)
        self._show_payments()

    async def _show_contacts(self) -> None:
        contacts = await self._thread.call(Vault.contacts)
        shown = sorted((ContactEntry(item.name, item.address, item.note) for item in contacts), key=_by_name)
        self._change(contacts=tuple(shown))

    async def _lock_by_itself(self, because: str) -> None:
        self._parts.say(because, LogLevel.INFO)
        await self.lock(because)


def _entry(record: WalletRecord) -> WalletEntry:
    return WalletEntry(
        record.wallet_id, record.name, record.address, record.kind.value, record.backed_up, record.created_at
    )


def _by_name(contact: ContactEntry) -> str:
    return contact.name.casefold()
