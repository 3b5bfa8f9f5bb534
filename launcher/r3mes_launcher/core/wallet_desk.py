"""The open wallet's side of the chain: what is read, planned, paid and watched; and the state that says what is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from r3mes_launcher.core.settings import SettingsStore
from r3mes_launcher.core.state import LogLevel
from r3mes_launcher.core.wallet_lock import LockWatch
from r3mes_launcher.core.wallet_orders import Order, PlannedPayment
from r3mes_launcher.core.wallet_state import WalletState
from r3mes_launcher.core.wallet_vault import (
    VaultThread,
)
from r3mes_launcher.ports.clock import Clock
from r3mes_launcher.ports.session_events import SessionEvents
from r3mes_launcher.sentence import Sentence, sentence_of
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.os_keyring import KeyringPort
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


class WalletDesk:
    """Owned by the core's loop. `tell` hears every new state; every intent raises WalletError."""

    def __init__(self, parts: WalletParts, tell: Callable[[WalletState], None]) -> None:
        self._parts = parts
        self._tell = tell
        vault = Vault(parts.folder / "vault", now=parts.clock.now, parameters=parts.parameters)
        self._thread = VaultThread(vault)
        self._records: dict[str, WalletRecord] = {}
        self._chain: WalletChain | None = None
        self._access: NetworkAccess | None = None
        self._state = WalletState()
        self._tasks: list[asyncio.Task[None]] = []
        self._reading = asyncio.Lock()
        self._closed = False
        self._watch = LockWatch(parts.clock, parts.events, self._lock_by_itself, self._show_watch)

    async def _lock_by_itself(self, because: str) -> None:
        raise NotImplementedError

    @property
    def state(self) -> WalletState:
        return self._state

    def touch(self) -> None:
        """The owner did something in the wallet."""
        self._watch.touch()

    # --- the network -------------------------------------------------------------------------------------------------

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
            self._change(network=replace(self._state.network, problem=sentence_of(error)))
            return
        self._change(network=self._chain.view)
        self._show_payments()
        self._chain.resume()
        await self._refresh_quietly()

    # --- the chain ---------------------------------------------------------------------------------------------------

    async def most_to_spend(self) -> int:
        """What “max” offers, in base units: the balance less a reserve for fees."""
        return await self._network().most_to_spend(self.active_record().address)

    async def plan(self, order: Order) -> PlannedPayment:
        """The transaction of an order, priced, for its owner to look at. Nothing is signed."""
        record = self.active_record()
        if not record.public_key:
            raise WalletError(
                Problem.WATCH_ONLY,
                Sentence("“{name}” is only watched: its key is not here, so it can't sign.", name=record.name),
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

    # --- for the parts beside it -------------------------------------------------------------------------------------

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

    # --- inside ------------------------------------------------------------------------------------------------------

    def _profile(self) -> NetworkProfile:
        return self._network().profile

    def _network(self) -> WalletChain:
        if self._chain is None:
            raise WalletError(Problem.OFFLINE, "There is no network yet.", "Wait until the gateway has started.")
        return self._chain

    def _show_payments(self) -> None:
        record = self._records.get(self._state.active)
        if self._chain is not None and record is not None:
            self._change(payments=self._chain.payments(record.address))

    def _show_watch(self) -> None:
        self._change(auto_lock=self._watch.view)

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
                    problem="" if wrong else sentence_of(error),
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
