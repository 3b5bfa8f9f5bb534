"""What the gateway says of itself: health, nodes, models, version and time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from r3mes_api.accounts.opening import FrontDesk
from r3mes_api.accounts.reception import KeyReception
from r3mes_api.adapter_choice.chooser import AUTO_MODEL
from r3mes_api.asgi import Exchange
from r3mes_api.lifecycle import Lifecycle, shutting_down
from r3mes_api.modes.interface import Mode, ModelCard
from r3mes_api.nodes.node import Node
from r3mes_api.setting_kinds import InferenceMode
from r3mes_api.storage.store_checks import StoreChecks
from r3mes_protocol import PROTOCOL_VERSION, __version__
from r3mes_protocol.errors import ApiError, ErrorCode


class StatusRoutes:
    def __init__(
        self,
        mode: Mode,
        lifecycle: Lifecycle,
        clock: Callable[[], float],
        desk: FrontDesk,
        stores: StoreChecks,
        replicas: Callable[[], dict[str, Any]] | None = None,
    ) -> None:
        self._reception = desk.reception
        self._stores = stores
        self._replicas = replicas
        self._mode = mode
        self._lifecycle = lifecycle
        self._clock = clock
        self._started_at = clock()
        self._started_unix = int(time.time())

    async def health(self, exchange: Exchange) -> None:
        """The state of this gateway. It answers 200 as long as the process does."""
        nodes = self._mode.nodes()
        await exchange.json(
            200,
            {
                "status": "ok" if self._lifecycle.accepting else "draining",
                "mode": self._mode.name.value,
                "version": __version__,
                "serving": self._serving(nodes),
                "nodes": len(nodes),
                "requests": self._lifecycle.running,
                **({"replicas": self._replicas()} if self._replicas is not None else {}),
                "uptime_s": round(self._clock() - self._started_at, 3),
            },
        )

    def _serving(self, nodes: list[Node]) -> bool:
        """Whether a prompt has a chance of an answer now."""
        if self._mode.name.has_nodes:
            return any(node.serving and not node.draining for node in nodes)
        return self._mode.name is not InferenceMode.DISABLED

    async def live(self, exchange: Exchange) -> None:
        """Whether the process answers at all."""
        await exchange.json(200, {"status": "ok"})

    async def ready(self, exchange: Exchange) -> None:
        """Whether prompts may be sent here; in local mode that takes an engine that serves.

        Degraded where a store does not answer: what is here goes on without it.
        """
        if not self._lifecycle.accepting:
            raise shutting_down()
        self._mode.check_ready()
        nodes = self._mode.nodes()
        stores = await self._stores.answered()
        await exchange.json(
            200,
            {
                "status": "ready" if all(stores.values()) else "degraded",
                "mode": self._mode.name.value,
                "serving": self._serving(nodes),
                "nodes": len(nodes),
                "stores": {name: "ok" if answered else "away" for name, answered in stores.items()},
            },
        )

    async def models(self, exchange: Exchange) -> None:
        """Models and adapters that can be asked for; `auto` leaves the adapter to the gateway. A model with
        `embedding_dimensions` is for embeddings alone, the others for chat."""
        cards = self._mode.models()
        if cards:
            # Last: there are clients that take the first.
            cards.append(ModelCard(AUTO_MODEL, sum(1 for node in self._mode.nodes() if node.serving)))
        data = [
            {
                "id": card.name,
                "object": "model",
                "created": self._started_unix,
                "owned_by": "r3mes",
                "parent": card.base_model,
                "nodes": card.nodes,
                "context_tokens": card.context_tokens,
                "embedding_dimensions": card.dimensions,
            }
            for card in cards
        ]
        await exchange.json(200, {"object": "list", "data": data})

    async def nodes(self, exchange: Exchange) -> None:
        """Every registered node."""
        now = self._clock()
        data = [_node(node, now) for node in sorted(self._mode.nodes(), key=lambda node: node.generation)]
        await exchange.json(200, {"object": "list", "data": data})

    async def node(self, exchange: Exchange) -> None:
        """One registered node."""
        node_id = exchange.path_values["node_id"]
        for node in self._mode.nodes():
            if node.node_id == node_id:
                await exchange.json(200, _node(node, self._clock()))
                return
        raise ApiError(ErrorCode.NOT_FOUND, "No node of this id is connected to this gateway.", param="node_id")

    async def request(self, exchange: Exchange) -> None:
        """The way of a prompt through the nodes. With accounts it is for the owner of the key that was shown. Without,
        it is for who knows the id: only the one who asked was told it, and none is guessed."""
        found = self._mode.decision(exchange.path_values["request_id"])
        if found is not None and found["owner"] is not None and isinstance(self._reception, KeyReception):
            # Another one's request is not told from one that never was.
            found = found if await self._reception.owner(exchange) == found["owner"] else None
        if found is None:
            raise ApiError(ErrorCode.NOT_FOUND, "Nothing is known of this request any more.", param="request_id")
        await exchange.json(200, found)

    async def version(self, exchange: Exchange) -> None:
        """The program's and the protocol's version."""
        await exchange.json(
            200,
            {
                "name": "r3mes-api",
                "version": __version__,
                "protocol": PROTOCOL_VERSION,
                "mode": self._mode.name.value,
                # The public network's names; this gateway asks no client to be of any version.
                "current_version": __version__,
                "min_version": "0.1.0",
                "update_required": False,
                "update_url": None,
                "critical": False,
            },
        )

    async def time(self, exchange: Exchange) -> None:
        """The gateway's clock, for those whose own may be wrong."""
        now = time.time()
        moment = datetime.fromtimestamp(now, UTC)
        await exchange.json(
            200,
            {
                "unix": int(now),
                "unix_ms": int(now * 1000),
                "iso": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                # The public network's names of the same.
                "server_time": int(now),
                "server_time_iso": moment.isoformat(timespec="milliseconds"),
                "timezone": "UTC",
            },
        )


def _node(node: Node, now: float) -> dict[str, Any]:
    """What anybody may know of a node. Its GPUs' serial numbers are not part of it."""
    return {
        "id": node.node_id,
        "object": "node",
        "generation": node.generation,
        "owner": node.owner,
        "roles": [role.value for role in node.roles],
        "models": list(node.models),
        "embedding_models": list(node.embedding_models),
        "adapters": [
            {"name": offer.name, "base_model": offer.base_model, "residency": offer.residency.value}
            for offer in node.adapters.values()
        ],
        "device": {"kind": node.device.kind, "name": node.device.name, "memory_mb": node.device.memory_mb},
        "engine_version": node.engine_version,
        "stake": _stake(node, now),
        "reached_by": "endpoint" if node.endpoint else "session",
        "status": "draining" if node.draining else "serving" if node.serving else "connected",
        "jobs": node.reserved,
        "active": node.active,
        "queued": node.queued,
        "max_concurrency": node.max_concurrency,
        "load": round(node.load(), 3),
        "free_vram_mb": node.free_vram_mb,
        "telemetry": node.telemetry.model_dump(mode="json") if node.telemetry is not None else None,
        "connected_s": round(now - node.connected_at, 3),
        "last_heard_s": round(now - node.last_heard, 3),
    }


def _stake(node: Node, now: float) -> dict[str, Any] | None:
    """Amounts in base units, as text, since a browser's numbers end at 2^53."""
    found = node.stake
    if found is None:
        return None
    return {
        "state": found.state.value,
        "needed": str(found.needed),
        "delegated": str(found.reading.amount) if found.reading is not None else None,
        "age_s": round(now - found.reading.read_at, 1) if found.reading is not None else None,
    }
