"""This gateway as one of several."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

from r3mes_api.asgi import Receive, Scope, Send
from r3mes_api.lifecycle import CannotStart, Lifecycle
from r3mes_api.nodes.sessions import NodeSessions
from r3mes_api.replicas.directory import Directory
from r3mes_api.replicas.host import ReplicaHost
from r3mes_api.replicas.redis_directory import open_redis_directory
from r3mes_api.replicas.sharing import NodeSharing
from r3mes_api.settings import Settings
from r3mes_api.storage.redis_state import RedisUrlError

CLOSE_S = 0.5


class ReplicaGroup:
    def __init__(
        self,
        sessions: NodeSessions,
        lifecycle: Lifecycle,
        directory: Directory,
        *,
        settings: Settings,
        clock: Callable[[], float],
    ) -> None:
        self.replica_id = secrets.token_hex(16)
        """A new one at each start: what was told of the one before is not believed of this one."""
        self._directory = directory
        self._sharing = NodeSharing(self.replica_id, sessions, directory, settings=settings, clock=clock)
        self._host = ReplicaHost(self.replica_id, sessions, lifecycle, settings=settings, clock=clock)

    async def run(self) -> None:
        await self._sharing.run()

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._host.serve(scope, receive, send)

    async def directory_answers(self) -> bool:
        """The last time; it is asked several times a second. Before the first answer nobody knows of a fault."""
        return self._sharing.reachable is not False

    def state(self) -> dict[str, Any]:
        """For whoever operates the gateways."""
        return {
            "id": self.replica_id,
            "directory": {True: "ok", False: "away", None: "unknown"}[self._sharing.reachable],
            "others": [
                {"id": head.replica_id, "connected": connected, "draining": head.draining, "nodes": nodes}
                for head, connected, nodes in self._sharing.peers()
            ],
        }

    def drain(self) -> None:
        self._sharing.drain()

    async def close(self) -> None:
        """When no request runs any more."""
        self._host.close()
        await self._sharing.withdraw()
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._directory.close()
        except Exception:  # noqa: S110
            pass


def open_replica_group(
    sessions: NodeSessions, lifecycle: Lifecycle, settings: Settings, clock: Callable[[], float]
) -> ReplicaGroup:
    """Raises CannotStart."""
    assert settings.redis_url is not None
    try:
        directory = open_redis_directory(settings.redis_url)
    except RedisUrlError as error:
        raise CannotStart(f"The replicas' directory can't be opened. {error}") from None
    return ReplicaGroup(sessions, lifecycle, directory, settings=settings, clock=clock)
