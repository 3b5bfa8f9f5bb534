"""A directory for gateways within one process: what the shared one has to do, in the plainest words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from r3mes_api.replicas.directory import NodeEntry, ReplicaHead, ReplicaNews, Seen
from r3mes_protocol.wire import NodeId


@dataclass(slots=True)
class _Told:
    head: ReplicaHead
    expires_at: float
    version: int = 0
    entries: dict[NodeId, tuple[int, NodeEntry | None]] = field(default_factory=dict)


class MemoryDirectory:
    """`clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._told: dict[str, _Told] = {}
        self._claims = 0

    async def claim(self, count: int) -> Sequence[int]:
        first = self._claims + 1
        self._claims += count
        return range(first, self._claims + 1)

    async def publish(
        self, head: ReplicaHead, entries: Mapping[NodeId, NodeEntry | None], *, whole: bool, ttl_s: float
    ) -> bool:
        self._forget()
        told = self._told.get(head.replica_id)
        if whole:
            told = self._told[head.replica_id] = _Told(head, 0.0, 0 if told is None else told.version)
        elif told is None or told.head.whole_number != head.whole_number:
            return False
        told.head, told.expires_at = head, self._clock() + ttl_s
        for node_id, entry in entries.items():
            told.version += 1
            told.entries[node_id] = (told.version, entry)
        return True

    async def read(self, own_id: str, seen: Mapping[str, Seen]) -> list[ReplicaNews]:
        self._forget()
        news: list[ReplicaNews] = []
        for replica_id, told in self._told.items():
            if replica_id == own_id:
                continue
            known = seen.get(replica_id)
            whole = known is None or known.whole_number != told.head.whole_number
            after = 0 if known is None or whole else known.version
            changed = {node_id: entry for node_id, (version, entry) in told.entries.items() if version > after}
            news.append(ReplicaNews(told.head, told.version, whole, changed))
        return news

    async def withdraw(self, replica_id: str) -> None:
        self._told.pop(replica_id, None)

    async def close(self) -> None:
        pass

    def _forget(self) -> None:
        now = self._clock()
        for replica_id, told in list(self._told.items()):
            if told.expires_at <= now:
                del self._told[replica_id]
