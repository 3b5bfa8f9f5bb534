"""The wallet in the running launcher: one vault, one network, one state that says what is; intents in, state out.

Owned by the core's loop. What blocks (Argon2id, files, the system's keyring) runs in threads of its own. Secrets come
in as arguments of one call and leave as its result; the state never holds one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from r3mes_launcher.core.settings import SettingsStore
from r3mes_launcher.core.state import LogLevel
from r3mes_launcher.core.wallet_lock import LockWatch
from r3mes_launcher.core.wallet_orders import FoundAddresses, NewWallet, Order, PlannedPayment
from r3mes_launcher.core.wallet_state import ContactEntry, KeyringView, VaultState, WalletEntry, WalletState
from r3mes_launcher.core.wallet_vault import (
    VaultThread,
    addresses_of_phrase,
    confirm_backup,
    create_wallet,
    export_wallet,
    import_wallet,
    restore_wallet,
    watch_wallet,
)
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.ports.session_events import SessionEvents
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.os_keyring import ADVICE, KeyringPort, KeyringState
from r3mes_launcher.wallet.payment_machine import Payment
from r3mes_launcher.wallet.process_guard import refuse_core_dumps
from r3mes_launcher.wallet.profiles import NetworkProfile
from r3mes_launcher.wallet.sealed_file import STANDARD, StretchParameters
from r3mes_launcher.wallet.vault import Vault
from r3mes_launcher.wallet.wallet_record import WalletRecord

if TYPE_CHECKING:
    from r3mes_launcher.core.wallet_chain import ChainReading, WalletChain

Result = TypeVar("Result")

REFRESH_S = 20.0
"""How often an open wallet is read from the chain anew; each payment reads it at once."""


@dataclass(frozen=True, slots=True)
class NetworkAccess:
    """A network that the wallet can reach now."""

    profile: NetworkProfile
    faucet_url: str = ""
    """Where the demo's chain gives coins away; empty on every other network."""


@dataclass(frozen=True, slots=True)
class WalletParts:
    """What the composition root chose."""

    folder: Path
    """The vault and the records of transactions, mode 0700."""
    network: Callable[[str], NetworkAccess | None]
    """The network to use, given the gateway's address: the demo's chain is part of its gateway. None: none yet."""
    keyring: KeyringPort
    clock: Clock
    settings: SettingsStore
    events: SessionEvents
    say: Callable[[str, LogLevel], None]
    parameters: StretchParameters = STANDARD
    guard: Callable[[], bool] = refuse_core_dumps


class WalletService:
    """`tell` hears every new state. Every intent raises WalletError, whose words are for the person."""

    def __init__(self, parts: WalletParts, tell: Callable[[WalletState], None]) -> None:
        self._parts = parts
        self._tell = tell
        self._vault = Vault(parts.folder / "vault", now=parts.clock.now, parameters=parts.parameters)
        self._thread = VaultThread(self._vault)
        self._records: dict[str, WalletRecord] = {}
        self._chain: WalletChain | None = None
        self._access: NetworkAccess | None = None
        self._state = WalletState()
        self._tasks: list[asyncio.Task[None]] = []
        self._reading = asyncio.Lock()
        self._closed = False
        self._watch = LockWatch(parts.clock, parts.events, self._lock_by_itself, self._show_watch)

    @property
    def state(self) -> WalletState:
        return self._state

    # --- its life ------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        parts = self._parts
        parts.guard()
        self._watch.choose(parts.settings.current.wallet_idle_s)
        self._change(keyring=KeyringView(enabled=parts.settings.current.wallet_keyring))
        await self._look()
        self._spawn(self._refresh_often(), "read the wallet's network")
        self._spawn(self._look_at_keyring(), "look for a keyring")
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

    def follow_gateway(self, url: str) -> None:
        """The gateway has moved, and with it perhaps the network. Empty while there is none."""
        access = self._parts.network(url)
        # A gateway that starts again is no other network: what was read stays until it answers.
        if access is not None and access != self._access:
            self._access = access
            self._spawn(self._use(access), "use a network")

    async def _use(self, access: NetworkAccess) -> None:
        chain, self._chain = self._chain, None
        if chain is not None:
            await chain.close()
        if self._closed or access is not self._access:
            return
        # Imported here: a launcher that starts has its gateway and its engine to start first.
        from r3mes_launcher.core.wallet_chain import WalletChain

        try:
            self._chain = WalletChain(
                access.profile,
                self._parts.folder,
                self._parts.clock,
                faucet_url=access.faucet_url,
                on_payment=self._on_payment,
            )
        except WalletError as error:
            self._change(network=replace(self._state.network, problem=str(error)))
            return
        self._change(network=self._chain.view)
        self._show_payments()
        self._chain.resume()
        await self._refresh_quietly()

    # --- the vault -----------------------------------------------------------------------------------------------

    async def create(self, name: str, password: str, words: int = 24, passphrase: str = "") -> NewWallet:
        """A new wallet, in a new vault where there is none. Its words are in the answer, once."""
        profile = self._profile()
        made = await self._work(
            "Making the wallet…", lambda vault: create_wallet(vault, profile, name, password, words, passphrase)
        )
        await self._opened(made.wallet_id)
        return made

    async def preview(self, phrase: str, passphrase: str = "") -> FoundAddresses:
        """The addresses that a phrase opens, with what lies there. Nothing is kept."""
        profile = self._profile()
        found = await self._work("Looking…", lambda _: addresses_of_phrase(profile, phrase, passphrase))
        return await self._network().find(found)

    async def restore(self, name: str, password: str, phrase: str, passphrase: str, path: str) -> WalletEntry:
        profile = self._profile()
        return await self._add(
            "Restoring the wallet…",
            lambda vault: restore_wallet(vault, profile, name, password, phrase, passphrase, path),
        )

    async def watch(self, name: str, password: str, address: str) -> WalletEntry:
        """A wallet that shows and never signs."""
        profile = self._profile()
        return await self._add(
            "Adding the address…", lambda vault: watch_wallet(vault, profile, name, password, address)
        )

    async def import_file(self, path: Path, password: str, export_password: str, name: str = "") -> WalletEntry:
        """An encrypted export of a launcher, or the armored key of a Cosmos daemon."""
        profile = self._profile()
        return await self._add(
            "Importing the wallet…",
            lambda vault: import_wallet(vault, profile, path, password, export_password, name),
        )

    async def export_file(
        self, wallet_id: str, path: Path, password: str, export_password: str, *, armored: bool = False
    ) -> None:
        """One wallet in a file of its own, mode 0600; `armored` is the form of Cosmos daemons."""
        await self._work(
            "Writing the export…",
            lambda vault: export_wallet(vault, wallet_id, path, password, export_password, armored),
        )

    async def unlock(self, password: str) -> None:
        await self._unlock(lambda vault: vault.unlock(password))

    async def unlock_with_keyring(self) -> None:
        name = await self._work("Asking the system's keyring…", Vault.keyring_name)
        fetched = await self._parts.keyring.fetch(name)
        if fetched.key is None:
            advice = ADVICE[fetched.state]
            self._change(keyring=replace(self._state.keyring, sentence=f"{advice.message} {advice.hint}".strip()))
            raise WalletError(Problem.KEYRING, advice.message, advice.hint)
        key = fetched.key
        await self._unlock(lambda vault: vault.unlock_with_key(key))

    async def _unlock(self, open_it: Callable[[Vault], None]) -> None:
        try:
            await self._work("Opening the wallet…", open_it)
        except WalletError as error:
            if error.problem is Problem.VAULT_UNWRITABLE:
                # It may still open after its time-out, and nobody would lock it again.
                self._thread.lock_later()
            if error.problem in (Problem.VAULT_DAMAGED, Problem.VAULT_TOO_NEW, Problem.VAULT_REFUSED):
                self._change(vault=VaultState.DAMAGED, problem=str(error), has_backup=self._vault.has_backup())
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
                    grant=self._state.grant,
                    keyring=self._state.keyring,
                    auto_lock=replace(self._state.auto_lock, locks_at=None),
                )
            )

    def touch(self) -> None:
        """The owner did something in the wallet."""
        self._watch.touch()

    async def confirm_backup(self, wallet_id: str, positions: Sequence[int], answers: Sequence[str]) -> bool:
        """The quiz. True marks the wallet as backed up."""
        passed = await self._work("", lambda vault: confirm_backup(vault, wallet_id, positions, answers))
        if passed:
            await self._show_wallets()
        return passed

    async def reveal_words(self, wallet_id: str, password: str) -> tuple[str, ...]:
        return await self._work("Checking the password…", lambda vault: vault.reveal_words(wallet_id, password))

    async def rename(self, wallet_id: str, name: str) -> None:
        await self._work("", lambda vault: vault.rename(wallet_id, name))
        await self._show_wallets()

    async def remove(self, wallet_id: str, password: str) -> None:
        await self._work("Removing the wallet…", lambda vault: vault.remove(wallet_id, password))
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
        await self._work("Changing the password…", lambda vault: vault.change_password(old, new))
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
        sentence = f"{advice.message} {advice.hint}".strip() if on else ""
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
        kept = await self._work("Restoring the backup…", Vault.restore_backup)
        await self._look()
        return "" if kept is None else str(kept)

    async def save_contact(self, name: str, address: str, note: str = "") -> None:
        prefix = self._profile().prefix
        await self._work("", lambda vault: vault.set_contact(name, address.strip(), prefix, note))
        await self._show_contacts()

    async def remove_contact(self, address: str) -> None:
        await self._work("", lambda vault: vault.remove_contact(address))
        await self._show_contacts()

    # --- the chain -----------------------------------------------------------------------------------------------

    async def most_to_spend(self) -> int:
        """What “max” offers, in base units: the balance less a reserve for fees."""
        return await self._network().most_to_spend(self.active_record().address)

    async def plan(self, order: Order) -> PlannedPayment:
        """The transaction of an order, priced, for its owner to look at. Nothing is signed."""
        record = self.active_record()
        if not record.public_key:
            raise WalletError(
                Problem.WATCH_ONLY,
                f"“{record.name}” is only watched: its key is not here, so it can't sign.",
                "Restore it from its words to spend from it.",
            )
        self.touch()
        return await self._network().plan(order, record.address, bytes.fromhex(record.public_key))

    async def pay(self, plan_id: str) -> Payment:
        """Signs and sends exactly what was shown. Repeated, it pays once."""
        self.touch()
        wallet_id = self.active_record().wallet_id
        payment = await self._network().pay(
            plan_id,
            lambda plan: self._thread.call(lambda vault: vault.sign_transaction(wallet_id, plan.unsigned)),
        )
        self._show_payments()
        return payment

    async def refresh(self) -> None:
        """Raises what is wrong with the network."""
        self.touch()
        await self._refresh()

    async def accept_network(self) -> None:
        await self._network().accept()
        await self._refresh()

    async def ask_faucet(self) -> None:
        await self._network().ask_faucet(self.active_record().address)
        await self._refresh_quietly()

    async def history_table(self) -> str:
        return await self._network().history_table(self.active_record().address)

    async def close_unclear(self, payment_id: str, included: bool) -> None:
        self._network().close_unclear(payment_id, included)
        self._show_payments()

    # --- for the parts beside it ---------------------------------------------------------------------------------

    def active_record(self) -> WalletRecord:
        """Raises LOCKED."""
        record = self._records.get(self._state.active)
        if record is None:
            raise WalletError(Problem.LOCKED, "The wallet is locked.", "Unlock it with your password.")
        return record

    async def with_vault(self, work: Callable[[Vault], Result]) -> Result:
        """Work that signs something else than a transaction."""
        self.touch()
        return await self._work("", work)

    async def chain_id(self) -> str:
        return (await self._network().facts()).chain_id

    def show(self, **changes: Any) -> None:
        """What another part knows of the wallet's state."""
        self._change(**changes)

    # --- inside --------------------------------------------------------------------------------------------------

    def _profile(self) -> NetworkProfile:
        return self._network().profile

    def _network(self) -> WalletChain:
        if self._chain is None:
            raise WalletError(Problem.OFFLINE, "There is no network yet.", "Wait until the gateway has started.")
        return self._chain

    async def _add(self, busy: str, make: Callable[[Vault], WalletRecord]) -> WalletEntry:
        record = await self._work(busy, make)
        await self._opened(record.wallet_id)
        return _entry(record)

    async def _opened(self, active: str) -> None:
        self._watch.watch()
        self._change(vault=VaultState.OPEN, problem="", locked_because="", active=active)
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

    async def _look_at_keyring(self) -> None:
        state = await self._parts.keyring.look()
        sentence = "" if state is KeyringState.READY else f"{ADVICE[state].message} {ADVICE[state].hint}".strip()
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

    def _show_payments(self) -> None:
        record = self._records.get(self._state.active)
        if self._chain is not None and record is not None:
            self._change(payments=self._chain.payments(record.address))

    def _show_watch(self) -> None:
        self._change(auto_lock=self._watch.view)

    async def _lock_by_itself(self, because: str) -> None:
        self._parts.say(because, LogLevel.INFO)
        await self.lock(because)

    def _on_payment(self, payment: Payment) -> None:
        self._show_payments()
        if not payment.in_flight:
            self._spawn(self._after(payment), "read the wallet after a payment")

    async def _after(self, payment: Payment) -> None:
        if self._chain is not None:
            with contextlib.suppress(WalletError):
                sentences = await self._chain.recorded(payment)
                if sentences:
                    self._change(recorded=sentences)
        await self._refresh_quietly()

    async def _refresh_often(self) -> None:
        while True:
            await self._parts.clock.sleep(REFRESH_S)
            await self._refresh_quietly()

    async def _refresh_quietly(self) -> None:
        with contextlib.suppress(WalletError):
            await self._refresh()

    async def _refresh(self) -> None:
        async with self._reading:
            chain, record = self._chain, self._records.get(self._state.active)
            if chain is None or record is None:
                return
            try:
                reading = await chain.read(record.address)
            except WalletError as error:
                wrong = error.problem is Problem.WRONG_CHAIN
                view = replace(
                    chain.view,
                    read_at=self._state.network.read_at,
                    problem="" if wrong else str(error),
                    mismatch=error.message if wrong else "",
                )
                if chain is self._chain:
                    self._change(network=view)
                raise
            # Another wallet, another network or a lock may have come meanwhile.
            if chain is self._chain and self._state.active == record.wallet_id and self._records:
                self._take(reading)

    def _take(self, reading: ChainReading) -> None:
        self._change(
            network=reading.network,
            unit=reading.unit,
            holdings=reading.holdings,
            validators=reading.validators or self._state.validators,
            history=reading.history,
            roles=reading.roles,
            registration=reading.registration,
            unbonding=reading.unbonding or self._state.unbonding,
        )
        self._show_payments()

    async def _work(self, busy: str, work: Callable[[Vault], Result]) -> Result:
        async with self._busy(busy):
            return await self._thread.call(work)

    @asynccontextmanager
    async def _busy(self, sentence: str) -> AsyncIterator[None]:
        if not sentence:
            yield
            return
        self._change(busy=sentence)
        try:
            yield
        finally:
            self._change(busy="")

    def _spawn(self, work: Any, name: str) -> None:
        if self._closed:
            work.close()
            return
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)
        task.add_done_callback(self._on_task_end)

    def _on_task_end(self, task: asyncio.Task[None]) -> None:
        if task in self._tasks:
            self._tasks.remove(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._parts.say(f"The wallet met an error of its own ({type(error).__name__}).", LogLevel.ERROR)

    def _change(self, **changes: Any) -> None:
        self._change_to(replace(self._state, **changes))

    def _change_to(self, state: WalletState) -> None:
        if state != self._state:
            self._state = state
            self._tell(state)


def _entry(record: WalletRecord) -> WalletEntry:
    return WalletEntry(
        record.wallet_id, record.name, record.address, record.kind.value, record.backed_up, record.created_at
    )


def _by_name(contact: ContactEntry) -> str:
    return contact.name.casefold()
