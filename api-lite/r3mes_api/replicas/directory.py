"""What replicas tell one another of themselves and their nodes: what a shared directory has to offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple, Protocol

from pydantic import Field

from r3mes_protocol.grants import Role
from r3mes_protocol.messages import AdapterOffer, Count, Device, EmbeddingOffer, Milliseconds, ModelOffer, Telemetry
from r3mes_protocol.wire import Hex32, Hex64, NodeId, Origin, Sentence, WireModel

MAX_CLAIM = 2**53


class ReplicaHead(WireModel):
    """One running gateway. A restart makes another replica of it."""

    replica_id: Hex32
    url: Annotated[str, Field(max_length=300)]
    """Where other replicas reach it."""
    draining: bool = False
    whole_number: Annotated[int, Field(ge=0)] = 0
    """Rises whenever all entries are told anew."""


class NodePace(WireModel):
    """Seconds, measured by the replica that holds the node."""

    first_s: Annotated[float, Field(ge=0)]
    token_s: Annotated[float, Field(ge=0)]
    gap_s: Annotated[float, Field(ge=0)] | None


class NodeEntry(WireModel):
    """One node whose socket a replica holds."""

    node_id: Hex64
    session_id: Hex32
    gateway: Origin
    """What the node dialled and signs for."""
    claim: Annotated[int, Field(ge=1, le=MAX_CLAIM)]
    """Of two registrations of one node anywhere, the one with the higher claim counts."""
    generation: Annotated[int, Field(ge=1)]
    owner: Sentence | None
    models: tuple[ModelOffer, ...]
    adapters: tuple[AdapterOffer, ...]
    embedding_models: tuple[EmbeddingOffer, ...] = ()
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    device: Device
    engine_version: str
    max_concurrency: Annotated[int, Field(ge=1)]
    max_jobs: Annotated[int, Field(ge=1)]
    endpoint: bool
    continues: bool
    loads_adapters: bool
    draining: bool
    active: Count
    queued: Count
    jobs: Count
    """Of all replicas."""
    free_vram_mb: Count | None
    free_adapter_slots: Count | None
    telemetry: Telemetry | None
    connected_at: Count
    """Unix seconds."""
    pace: NodePace | None
    """None until the replica has seen an answer of the node."""
    rest_ms: Milliseconds
    """How long the node's breaker still lets nobody pass."""


@dataclass(frozen=True, slots=True)
class ReplicaNews:
    """What a replica has told since it was last read."""

    head: ReplicaHead
    version: int
    """To be given to the next read."""
    whole: bool
    """The entries are all there are; otherwise those that changed."""
    entries: Mapping[NodeId, NodeEntry | None]
    """None: the replica holds the node no longer."""


class Seen(NamedTuple):
    """How far a replica has been read."""

    whole_number: int
    version: int


class Directory(Protocol):
    """Shared by all replicas. Every operation is atomic; each raises StateUnavailable when the directory is away."""

    async def claim(self, count: int) -> Sequence[int]:
        """Numbers that are higher than all that were given out before, to any replica."""
        ...

    async def publish(
        self, head: ReplicaHead, entries: Mapping[NodeId, NodeEntry | None], *, whole: bool, ttl_s: float
    ) -> bool:
        """Tells of the replica and of nodes that changed, and that it is alive for so long.

        `whole`: in the place of all that was told before. False, and nothing is kept, where what was told before is
        gone: then all must be told anew.
        """
        ...

    async def read(self, own_id: str, seen: Mapping[str, Seen]) -> list[ReplicaNews]:
        """All other replicas that are alive, each with what is new of it."""
        ...

    async def withdraw(self, replica_id: str) -> None:
        """The replica ends; its nodes vanish at once."""
        ...

    async def close(self) -> None: ...
