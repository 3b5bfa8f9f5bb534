"""What a person asks the wallet to do on the chain, before it has become a transaction. Amounts are base units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from r3mes_launcher.wallet.confirmation import Confirmation


@dataclass(frozen=True, slots=True)
class SendOrder:
    recipient: str
    amount: int
    memo: str = ""


@dataclass(frozen=True, slots=True)
class StakeOrder:
    validator: str
    amount: int


@dataclass(frozen=True, slots=True)
class UnstakeOrder:
    validator: str
    amount: int


@dataclass(frozen=True, slots=True)
class MoveStakeOrder:
    source: str
    destination: str
    amount: int


@dataclass(frozen=True, slots=True)
class CancelUnbondingOrder:
    validator: str
    created_height: int
    amount: int


@dataclass(frozen=True, slots=True)
class ClaimOrder:
    """All rewards."""


@dataclass(frozen=True, slots=True)
class NodeResources:
    """What a node declares of itself. Whole gigabytes and megabits a second."""

    cpu_cores: int = 0
    memory_gb: int = 0
    gpu_count: int = 0
    gpu_memory_gb: int = 0
    storage_gb: int = 0
    network_bandwidth_mbps: int = 0


@dataclass(frozen=True, slots=True)
class RegisterOrder:
    """`roles` are added to those that the chain has recorded already."""

    roles: tuple[str, ...]
    resources: NodeResources


Order = SendOrder | StakeOrder | UnstakeOrder | MoveStakeOrder | CancelUnbondingOrder | ClaimOrder | RegisterOrder


@dataclass(frozen=True, slots=True)
class PlannedPayment:
    """A transaction that waits for its owner's word. `confirmation` was read from the bytes that would be signed."""

    plan_id: str
    """Becomes the payment's id, so one confirmation can never pay twice."""
    confirmation: Confirmation = field(repr=False)
    raw: str = field(repr=False)
    """The decoded transaction as JSON, and the bytes to be signed in hex."""


@dataclass(frozen=True, slots=True)
class FoundAddress:
    """One address that a phrase opens. `used` is None where the chain could not be asked."""

    path: str
    coin_type: int
    index: int
    address: str
    used: bool | None = None
    amount: int = 0


@dataclass(frozen=True, slots=True)
class FoundAddresses:
    """What a phrase opens, before it is restored."""

    addresses: tuple[FoundAddress, ...]
    suggested: str
    """The path of the address that most likely is the wanted one."""
    problem: str = ""
    """Why the chain could not be asked."""


@dataclass(frozen=True, slots=True)
class NewWallet:
    """A wallet just made. The words are for one look and are kept by nobody but the vault."""

    wallet_id: str
    name: str
    words: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What the launcher knows of this computer's node, for grants and registrations."""

    node_id: str = ""
    gateways: tuple[str, ...] = ()
    """Each of them wants a grant of its own."""
    gpu_count: int = 0
    gpu_memory_gb: int = 0
