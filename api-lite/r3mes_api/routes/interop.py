"""Addresses of the public network's first gateway, read-only, for dashboards that know them.

Its writes took anybody's word for who they are, so they are refused: nodes register over the session.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from r3mes_api.asgi import Exchange
from r3mes_api.modes.interface import Mode
from r3mes_api.nodes.node import Node
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.grants import Role

REFUSED_WRITES = {
    "/api/serving-node/register": "Nodes register over the session at /v1/nodes/session, signed with their key.",
    "/api/serving-node/heartbeat": "Nodes tell of their state over the session at /v1/nodes/session.",
    "/api/lora/register": "Nodes tell which adapters they offer over the session at /v1/nodes/session.",
    "/roles/register": "A wallet registers roles on the chain, with a transaction that it signs.",
    "/roles/update": "A wallet changes its roles on the chain, with a transaction that it signs.",
    "/auth/login": "Sign in at /v1/auth/challenge, with a signature of the wallet.",
    "/api-keys/create": "Make a key at /v1/keys, after a sign-in with the wallet's signature.",
    "/api-keys/revoke": "Revoke a key at /v1/keys, after a sign-in with the wallet's signature.",
}
"""Writes of the first gateway that needed no proof of who asks, and where the same is done with one."""

LONGEST_AGE_S = 10 * 365 * 86400.0


class InteropRoutes:
    def __init__(self, mode: Mode, clock: Callable[[], float]) -> None:
        self._mode = mode
        self._clock = clock

    async def serving_nodes(self, exchange: Exchange) -> None:
        """Serving nodes, as `/api/serving-node/list?lora=NAME` had them; without `lora` all of them."""
        query = parse_qs(exchange.scope["query_string"].decode("latin-1"))
        adapter = query.get("lora", [None])[0]
        longest = _age(query.get("max_age_seconds", [None])[0])
        now, unix = self._clock(), time.time()
        await exchange.json(
            200,
            [
                _serving_node(node, unix - (now - node.last_heard))
                for node in self._mode.nodes()
                if node.serving and (adapter is None or adapter in node.adapters) and now - node.last_heard <= longest
            ],
        )

    async def refuse(self, exchange: Exchange) -> None:
        """A write of the first gateway that needed no proof of who asks; it is refused, with the way that has one."""
        raise ApiError(
            ErrorCode.FORBIDDEN,
            f"This gateway takes nobody's word for who they are. {REFUSED_WRITES[exchange.scope['path']]}",
        )

    async def adapters(self, exchange: Exchange) -> None:
        """Adapters that nodes offer now, by name. The gateway knows no file addresses, so `ipfs_hash` is null."""
        await exchange.json(
            200,
            [
                {
                    "id": number,
                    "name": card.name,
                    "ipfs_hash": None,
                    "description": None,
                    "category": None,
                    "version": None,
                    "created_at": None,
                    "base_model": card.base_model,
                    "nodes": card.nodes,
                }
                for number, card in enumerate((card for card in self._mode.models() if card.base_model), start=1)
            ],
        )

    async def network(self, exchange: Exchange) -> None:
        """Figures of the network; null is what this gateway does not know."""
        nodes = self._mode.nodes()
        await exchange.json(
            200,
            {
                "active_miners": sum(1 for node in nodes if Role.MINING in node.roles),
                "total_users": None,
                "total_credits": None,
                "block_height": None,
                "serving_nodes": sum(1 for node in nodes if node.serving),
                "jobs": sum(node.reserved for node in nodes),
                "places": sum(node.places for node in nodes),
            },
        )


def _age(text: str | None) -> float:
    """Raises ApiError INVALID_REQUEST."""
    if text is None:
        return LONGEST_AGE_S
    try:
        seconds = int(text)
    except ValueError:
        seconds = -1
    if seconds < 0:
        raise ApiError(
            ErrorCode.INVALID_REQUEST, "max_age_seconds: a whole number of seconds, 0 or more", param="max_age_seconds"
        )
    return min(seconds, LONGEST_AGE_S)


def _serving_node(node: Node, heard_unix: float) -> dict[str, Any]:
    return {
        "wallet_address": node.owner,
        "node_id": node.node_id,
        # Nodes dial in: none has an address that others could call.
        "endpoint_url": None,
        "available_lora_list": list(node.adapters),
        "status": "draining" if node.draining else "active",
        "current_load": len(node.jobs),
        "last_heartbeat": datetime.fromtimestamp(heard_unix, UTC).isoformat(timespec="seconds"),
    }
