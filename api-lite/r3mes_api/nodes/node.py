"""One live registration: what the node offers, how busy it is and what it holds for this gateway."""

from __future__ import annotations

from dataclasses import dataclass, field

from r3mes_api.routing.breaker import Breaker
from r3mes_api.routing.cost import cold_ms
from r3mes_api.routing.pace import Pace
from r3mes_api.stakes.standing import Standing
from r3mes_protocol.grants import Role
from r3mes_protocol.messages import AdapterOffer, Device, EmbeddingOffer, Residency, Telemetry
from r3mes_protocol.wire import JobId, NodeId, SessionId


@dataclass(slots=True, eq=False)
class Node:
    """One live registration."""

    node_id: NodeId
    session_id: SessionId
    generation: int
    owner: str | None
    models: dict[str, int]
    """Names and context lengths in tokens, in the node's order."""
    adapters: dict[str, AdapterOffer]
    roles: tuple[Role, ...]
    device: Device
    engine_version: str
    max_concurrency: int
    max_jobs: int
    connected_at: float
    last_heard: float
    breaker: Breaker
    pace: Pace
    endpoint: bool = False
    """Called at an address of its own."""
    continues: bool = False
    loads_adapters: bool = False
    draining: bool = False
    leaving: bool = False
    """The gateway sends it off: whatever its heartbeats say, it gets nothing new."""
    stake: Standing | None = None
    grant_begins: int | None = None
    """`not_before` of the grant that it showed; None without one."""
    embedding_models: dict[str, EmbeddingOffer] = field(default_factory=dict)
    active: int = 0
    queued: int = 0
    free_vram_mb: int | None = None
    free_adapter_slots: int | None = None
    telemetry: Telemetry | None = None
    full_until: float = 0.0
    last_chosen: int = 0
    jobs: set[JobId] = field(default_factory=set)
    warming: dict[str, float] = field(default_factory=dict)
    """Adapters that requests made the node load, and when they should be ready."""
    replica: str | None = None
    """The replica that holds the node's socket; None for this gateway."""
    jobs_there: int = 0
    """What that replica says of the node's jobs, those of other gateways included."""
    hop_ms: float = 0.0
    """The way to that replica and back."""

    serving: bool = field(init=False)
    places: int = field(init=False)
    """Jobs that it may have at once."""

    def __post_init__(self) -> None:
        self.serving = Role.SERVING in self.roles
        self.places = min(self.max_concurrency, self.max_jobs)

    @property
    def offered_names(self) -> tuple[str, ...]:
        """Of all that it may be asked for."""
        return (*self.models, *self.adapters, *self.embedding_models)

    def has_capacity(self, jobs: int) -> None:
        """The node told how many jobs it can have at once."""
        self.max_concurrency = jobs
        self.places = min(jobs, self.max_jobs)

    @property
    def reserved(self) -> int:
        """Its jobs, as far as this gateway knows."""
        return max(len(self.jobs), self.jobs_there)

    def load(self) -> float:
        # The node may have work of its own, and its report is older than our own reservations.
        return max(self.reserved, self.active + self.queued) / self.places

    def load_with_room(self, now: float) -> float | None:
        # What the node reports is a load, never a reason to leave it out: its own refusal is the authority.
        reserved = max(len(self.jobs), self.jobs_there)
        if now < self.full_until or reserved >= self.places:
            return None
        return max(reserved, self.active + self.queued) / self.places

    def cold_ms(self, adapter: str, now: float) -> float:
        return cold_ms(self.adapters[adapter].residency, self.free_adapter_slots, self.warming.get(adapter), now)

    def is_asked(self, adapter: str, now: float) -> None:
        """A request for the adapter goes to the node, which has to get it ready."""
        cold = self.cold_ms(adapter, now)
        if cold and adapter not in self.warming:
            self.warming[adapter] = now + cold / 1000.0

    def set_adapters(self, adapters: dict[str, AdapterOffer]) -> bool:
        """What the node offers now; whether there are other names among it than before."""
        before, self.adapters = self.adapters, adapters
        for name in list(self.warming):
            old, new = before.get(name), adapters.get(name)
            if old is None or new is None or old.residency is not new.residency:
                del self.warming[name]
        return before.keys() != adapters.keys()

    def adapter_slots(self) -> int | None:
        """How many adapters fit onto the GPU; None where the node does not tell."""
        if self.free_adapter_slots is None:
            return None
        on_gpu = sum(1 for offer in self.adapters.values() if offer.residency is Residency.GPU)
        return on_gpu + self.free_adapter_slots
