"""Keeps the registry and the shared directory in step: what is here is told, what is elsewhere is learnt."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from r3mes_api.nodes.carrier import JobHolder
from r3mes_api.nodes.node import Node
from r3mes_api.nodes.places import Reservation
from r3mes_api.nodes.sessions import NodeSessions
from r3mes_api.replicas.directory import Directory, NodeEntry, ReplicaHead
from r3mes_api.replicas.entries import described, mark_of, node_elsewhere
from r3mes_api.replicas.link import ReplicaLink, WayToNode
from r3mes_api.replicas.views import ReplicaViews
from r3mes_api.settings import Settings
from r3mes_api.storage.short_lived import StateUnavailable
from r3mes_protocol.wire import GatewayOrigin, NodeId, SessionId

logger = logging.getLogger(__name__)

TOLD_IN_A_LIFETIME = 3
"""How often a replica says that it is alive before others would forget it."""

MAX_TOMBSTONES = 1000
"""Nodes that are gone stay in the directory as such; beyond so many, and more than are here, all is told anew."""

LAST_WORD_S = 0.5

USUAL_HOP_MS = 1.0
"""The way to another replica before a ping has measured it."""


class NodeSharing:
    """Observes its links (`LinkObserver`); one task runs it."""

    def __init__(
        self,
        replica_id: str,
        sessions: NodeSessions,
        directory: Directory,
        *,
        settings: Settings,
        clock: Callable[[], float],
    ) -> None:
        assert settings.replica_url is not None
        self.replica_id = replica_id
        self.reachable: bool | None = None
        """Whether the directory answered the last time; None before the first."""
        self.draining = False
        self._url = settings.replica_url
        self._sessions = sessions
        self._registry = sessions.registry
        self._directory = directory
        self._settings = settings
        self._clock = clock
        self._views = ReplicaViews(forget_after_s=settings.replica_ttl_s)
        self._links: dict[str, tuple[ReplicaLink, asyncio.Task[Any]]] = {}
        self._retiring: set[asyncio.Task[Any]] = set()
        self._claims: dict[SessionId, int] = {}
        self._told: dict[NodeId, tuple[object, ...]] = {}
        self._told_draining = False
        self._told_at = float("-inf")
        self._tombstones = 0
        self._tell_all = True
        self._whole_number = 0
        self._changed = asyncio.Event()
        self._crowded: set[NodeId] = set()
        """Nodes that are here and elsewhere too; looked at again until one of the two is gone."""
        sessions.elsewhere = self._way_to
        sessions.changed = self._changed.set

    async def run(self) -> None:
        """Until cancelled; then all links are closed."""
        try:
            while True:
                await self._round()
                try:
                    async with asyncio.timeout(self._settings.replica_sync_s):
                        await self._changed.wait()
                except TimeoutError:
                    pass
                self._changed.clear()
        finally:
            tasks = [*(task for _, task in self._links.values()), *self._retiring]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def drain(self) -> None:
        """The others send nothing more here."""
        self.draining = True
        self._changed.set()

    async def withdraw(self) -> None:
        """The others need not wait until this replica is forgotten."""
        try:
            async with asyncio.timeout(LAST_WORD_S):
                await self._directory.withdraw(self.replica_id)
        except (StateUnavailable, TimeoutError):
            logger.debug("the directory of replicas did not hear the last word")

    def peers(self) -> list[tuple[ReplicaHead, bool, int]]:
        """The other replicas: whether each is connected, and how many nodes it holds."""
        nodes = self._views.nodes_by_replica()
        return [
            (head, head.replica_id in self._links and self._links[head.replica_id][0].connected, nodes[head.replica_id])
            for head in self._views.heads()
        ]

    # --- one round ---

    async def _round(self) -> None:
        try:
            await self._tell()
            news = await self._directory.read(self.replica_id, self._views.seen())
        except StateUnavailable as error:
            if self.reachable is not False:
                logger.warning(
                    "Redis does not answer (%s): the nodes of this replica go on, and those of replicas that are "
                    "connected; new replicas are not found.",
                    error,
                )
            self.reachable = False
            # It may forget everything meanwhile.
            self._tell_all = True
            return
        if self.reachable is False:
            logger.warning("Redis answers again: the replicas find one another as before.")
        self.reachable = True
        changed = self._views.learn(news, self._clock())
        self._keep_links()
        self._settle(changed | self._crowded)

    async def _tell(self) -> None:
        await self._claim()
        now, unix = self._clock(), time.time()
        here = {node.node_id: node for node in self._registry if node.replica is None}
        gone = self._told.keys() - here.keys()
        if self._tombstones + len(gone) > max(MAX_TOMBSTONES, len(here)):
            self._tell_all = True
        marks = {node_id: mark_of(node, now) for node_id, node in here.items() if node.session_id in self._claims}
        changed = [node_id for node_id, mark in marks.items() if self._tell_all or self._told.get(node_id) != mark]
        due = now - self._told_at >= self._settings.replica_ttl_s / TOLD_IN_A_LIFETIME
        if not (changed or gone or due or self._tell_all or self.draining is not self._told_draining):
            return
        entries: dict[NodeId, NodeEntry | None] = {} if self._tell_all else dict.fromkeys(gone)
        for node_id in changed:
            node = here[node_id]
            gateway = self._sessions.gateway_of(node.session_id)
            if gateway is not None:
                entries[node_id] = described(node, gateway, self._claims[node.session_id], now, unix)
        whole, draining = self._tell_all, self.draining
        self._whole_number += whole
        head = ReplicaHead(
            replica_id=self.replica_id, url=self._url, draining=draining, whole_number=self._whole_number
        )
        if not await self._directory.publish(head, entries, whole=whole, ttl_s=self._settings.replica_ttl_s):
            # It was away for longer than this replica's time, or it forgot.
            self._tell_all = True
            self._changed.set()
            return
        self._tell_all = False
        self._told, self._told_at, self._told_draining = marks, now, draining
        self._tombstones = 0 if whole else self._tombstones + len(gone)

    async def _claim(self) -> None:
        """A number for each new registration, in the order in which all replicas ask for them."""
        live = self._registry.sessions
        new = [session_id for session_id in live if session_id not in self._claims]
        if len(self._claims) > len(live) - len(new):
            self._claims = {session_id: self._claims[session_id] for session_id in live if session_id in self._claims}
        if new:
            self._claims.update(zip(new, await self._directory.claim(len(new)), strict=True))

    # --- nodes elsewhere ---

    def _settle(self, node_ids: Iterable[NodeId]) -> None:
        """Brings the registry in step with what is known of these nodes."""
        now = self._clock()
        for node_id in node_ids:
            newest = self._views.newest(node_id)
            session_id = self._registry.session_of(node_id)
            moved = session_id if newest is not None and self._is_older(session_id, newest.entry) else None
            if moved is not None:
                self._registry.closed(moved, now)
            current = self._registry.node(node_id)
            if current is None or current.replica is not None:
                self._crowded.discard(node_id)
                self._settle_elsewhere(node_id, current, now)
            elif newest is not None:
                self._crowded.add(node_id)
            else:
                self._crowded.discard(node_id)
            if moved is not None:
                # Last, so that what it was doing can go on with it where it is now.
                self._sessions.moved(moved)
        self._sessions.room_changed()

    def _is_older(self, session_id: SessionId | None, entry: NodeEntry) -> bool:
        claim = self._claims.get(session_id) if session_id is not None else None
        return claim is not None and entry.claim > claim

    def _settle_elsewhere(self, node_id: NodeId, current: Node | None, now: float) -> None:
        usable = self._views.usable(node_id)
        if usable is None:
            if current is not None and current.replica is not None:
                self._registry.drop_elsewhere(node_id, current.replica, now)
            return
        link = self._links[usable.replica_id][0]
        hop_ms = 1000 * link.latency_s or USUAL_HOP_MS
        node = node_elsewhere(usable.entry, usable.replica_id, hop_ms, now, time.time())
        self._registry.put_elsewhere(node, now)
        pace = usable.entry.pace
        if pace is not None:
            node.pace.believe(pace.first_s, pace.token_s, pace.gap_s)

    def _way_to(self, reservation: Reservation) -> JobHolder:
        assert reservation.replica is not None
        # The registry has no node whose replica is not connected.
        link, _ = self._links[reservation.replica]
        newest = self._views.newest(reservation.node_id)
        assert newest is not None
        return WayToNode(link, reservation.node_id, GatewayOrigin(newest.entry.gateway))

    # --- links ---

    def _keep_links(self) -> None:
        heads = {head.replica_id: head for head in self._views.heads()}
        for replica_id, head in heads.items():
            if replica_id not in self._links:
                link = ReplicaLink(
                    head,
                    self.replica_id,
                    settings=self._settings,
                    registry=self._registry,
                    observer=self,
                    clock=self._clock,
                )
                self._links[replica_id] = (link, asyncio.create_task(link.run(), name=f"replica-{replica_id[:8]}"))
        for replica_id in self._links.keys() - heads.keys():
            link, task = self._links.pop(replica_id)
            retiring = asyncio.create_task(_retire(link, task))
            self._retiring.add(retiring)
            retiring.add_done_callback(self._retiring.discard)

    def link_changed(self, replica_id: str) -> None:
        known = self._links.get(replica_id)
        if known is not None:
            self._settle(self._views.reach(replica_id, known[0].connected))

    def room_changed(self) -> None:
        self._sessions.room_changed()


async def _retire(link: ReplicaLink, task: asyncio.Task[Any]) -> None:
    """The directory has forgotten the replica. What runs there may end in its own time."""
    try:
        await link.until_idle()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
