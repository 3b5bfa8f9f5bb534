"""What this gateway knows of the nodes of other replicas, and who holds each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from r3mes_api.replicas.directory import NodeEntry, ReplicaHead, ReplicaNews, Seen
from r3mes_protocol.wire import NodeId


class Holder(NamedTuple):
    replica_id: str
    entry: NodeEntry


@dataclass(slots=True)
class _View:
    head: ReplicaHead
    version: int
    listed_at: float
    """When the directory last had the replica."""
    reachable: bool = False
    entries: dict[NodeId, NodeEntry] = field(default_factory=dict)


class ReplicaViews:
    """Of several registrations of one node, the one with the highest claim counts."""

    def __init__(self, *, forget_after_s: float) -> None:
        self._forget_after_s = forget_after_s
        self._views: dict[str, _View] = {}

    def heads(self) -> list[ReplicaHead]:
        return [view.head for view in self._views.values()]

    def seen(self) -> dict[str, Seen]:
        return {name: Seen(view.head.whole_number, view.version) for name, view in self._views.items()}

    def learn(self, news: Iterable[ReplicaNews], now: float) -> set[NodeId]:
        """The whole of what the directory has now. Returns the nodes of which something may be different."""
        changed: set[NodeId] = set()
        listed: set[str] = set()
        for one in news:
            replica_id = one.head.replica_id
            listed.add(replica_id)
            view = self._views.get(replica_id)
            if view is None:
                view = self._views[replica_id] = _View(one.head, one.version, now)
            if one.whole:
                changed |= view.entries.keys()
                view.entries.clear()
            for node_id, entry in one.entries.items():
                changed.add(node_id)
                if entry is None:
                    view.entries.pop(node_id, None)
                else:
                    view.entries[node_id] = entry
            if one.head.draining != view.head.draining:
                changed |= view.entries.keys()
            view.head, view.version, view.listed_at = one.head, one.version, now
        for replica_id, view in list(self._views.items()):
            # A directory that has just come back empty has not heard yet of those who are connected all the same.
            patience_s = self._forget_after_s if view.reachable else 0.0
            if replica_id not in listed and now - view.listed_at >= patience_s:
                changed |= view.entries.keys()
                del self._views[replica_id]
        return changed

    def reach(self, replica_id: str, reachable: bool) -> set[NodeId]:
        """The replica is connected now, or it is not. Returns the nodes of which something is different."""
        view = self._views.get(replica_id)
        if view is None or view.reachable is reachable:
            return set()
        view.reachable = reachable
        return set(view.entries)

    def usable(self, node_id: NodeId) -> Holder | None:
        """Where the node is now, as far as it can be asked there."""
        best = self.newest(node_id)
        if best is None:
            return None
        view = self._views[best.replica_id]
        return best if view.reachable and not view.head.draining else None

    def newest(self, node_id: NodeId) -> Holder | None:
        best: Holder | None = None
        for replica_id, view in self._views.items():
            entry = view.entries.get(node_id)
            if entry is not None and (best is None or entry.claim > best.entry.claim):
                best = Holder(replica_id, entry)
        return best

    def nodes_by_replica(self) -> Mapping[str, int]:
        return {name: len(view.entries) for name, view in self._views.items()}
