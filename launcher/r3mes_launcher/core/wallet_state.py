"""What the launcher knows of the wallet, as immutable values: none of them secret, none heavy to import.

Amounts are whole base units of the staking coin; `Unit` says how they are shown. Times are seconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from r3mes_launcher.wallet.amounts import format_amount
from r3mes_launcher.wallet.chain_shapes import Portfolio, Validator
from r3mes_launcher.wallet.payment_machine import Payment


class VaultState(StrEnum):
    LOOKING = "looking"
    ABSENT = "absent"
    LOCKED = "locked"
    OPEN = "open"
    DAMAGED = "damaged"
    """The file can't be used; `WalletState.problem` says why."""


@dataclass(frozen=True, slots=True)
class Unit:
    """How the network's coin is shown."""

    denom: str = ""
    display: str = "REMES"
    decimals: int = 6

    def text(self, amount: int) -> str:
        return format_amount(amount, self.decimals, self.display)


@dataclass(frozen=True, slots=True)
class WalletEntry:
    """The public side of one wallet."""

    wallet_id: str
    name: str
    address: str
    kind: str
    """`phrase`, `key` or `watch`."""
    backed_up: bool
    created_at: int = 0

    @property
    def signs(self) -> bool:
        return self.kind != "watch"


@dataclass(frozen=True, slots=True)
class ContactEntry:
    name: str
    address: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class NetworkView:
    title: str = ""
    prefix: str = "remes"
    chain_id: str = ""
    """Empty until a node has told it."""
    demo: bool = False
    reachable: bool = False
    problem: str = ""
    """Why nothing could be read, one or two sentences."""
    mismatch: str = ""
    """What the node says otherwise than before; nothing is signed until its owner accepts it."""
    faucet: bool = False
    """Whether the network gives coins away: the demo's own does."""
    read_at: float | None = None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A transaction that the chain has: ours, or one that paid us."""

    tx_hash: str
    at: float | None
    height: int
    worked: bool
    summary: str
    """What our own record says of it; empty for somebody else's."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PaymentEntry:
    """A transaction of this computer, with its state in words."""

    payment: Payment
    sentence: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RoleEntry:
    role: str
    needed: int
    own_minimum: int
    also_needed: tuple[str, ...]
    staked: int
    missing: int
    registered: bool
    ready: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegistrationEntry:
    """What the chain keeps of this wallet's node."""

    roles: tuple[str, ...]
    declared: str
    status: str
    height: int


@dataclass(frozen=True, slots=True)
class UnbondingTerms:
    """What unstaking means on this network, as it said when it was asked."""

    days: int
    free_at: float
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GrantEntry:
    """The owner's word for this computer's node."""

    node_id: str
    gateway: str
    roles: tuple[str, ...]
    not_after: float


@dataclass(frozen=True, slots=True)
class KeyringView:
    """Whether the system's keyring keeps the vault's unlock key."""

    enabled: bool = False
    available: bool = False
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class AutoLockView:
    idle_s: float = 600.0
    locks_at: float | None = None
    """None while the vault is locked."""
    unavailable: tuple[str, ...] = ()
    """What this system does not tell, so that the wallet can't lock on it; sentences."""


@dataclass(frozen=True, slots=True)
class WalletState:
    vault: VaultState = VaultState.LOOKING
    problem: str = ""
    """What is wrong with the file, and what to do."""
    has_backup: bool = False
    locked_because: str = ""
    busy: str = ""
    """Long work under way, as a sentence."""
    wallets: tuple[WalletEntry, ...] = ()
    active: str = ""
    contacts: tuple[ContactEntry, ...] = ()
    network: NetworkView = field(default_factory=NetworkView)
    unit: Unit = field(default_factory=Unit)
    holdings: Portfolio | None = None
    validators: tuple[Validator, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    payments: tuple[PaymentEntry, ...] = ()
    """Of the active wallet, newest first."""
    roles: tuple[RoleEntry, ...] = ()
    registration: RegistrationEntry | None = None
    recorded: tuple[str, ...] = ()
    """What the chain made of the last registration of this session, in sentences."""
    unbonding: UnbondingTerms | None = None
    grants: tuple[GrantEntry, ...] = ()
    """Of this computer's node, one for each gateway."""
    keyring: KeyringView = field(default_factory=KeyringView)
    auto_lock: AutoLockView = field(default_factory=AutoLockView)

    @property
    def wallet(self) -> WalletEntry | None:
        """The active one."""
        return next((entry for entry in self.wallets if entry.wallet_id == self.active), None)

    @property
    def grant(self) -> GrantEntry | None:
        """The one for the preferred gateway."""
        return next(iter(self.grants), None)

    @property
    def in_flight(self) -> tuple[PaymentEntry, ...]:
        return tuple(entry for entry in self.payments if entry.payment.in_flight)

    def payment(self, payment_id: str) -> PaymentEntry | None:
        return next((entry for entry in self.payments if entry.payment.payment_id == payment_id), None)

    def validator_name(self, operator: str) -> str:
        """A validator's own name, or the short form of its address."""
        found = next((item.name for item in self.validators if item.operator == operator), "")
        return found or f"{operator[:16]}…{operator[-6:]}"
