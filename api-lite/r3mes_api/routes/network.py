"""The network as this gateway sees it, for programs: adapters and totals."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from r3mes_api.asgi import Exchange
from r3mes_api.lifecycle import Lifecycle
from r3mes_api.modes.interface import AdapterCard, Mode
from r3mes_api.settings import Settings
from r3mes_api.web.measurements import Measurements


class NetworkRoutes:
    def __init__(
        self,
        mode: Mode,
        lifecycle: Lifecycle,
        settings: Settings,
        measurements: Measurements,
        clock: Callable[[], float],
    ) -> None:
        self._mode = mode
        self._lifecycle = lifecycle
        self._settings = settings
        self._measurements = measurements
        self._clock = clock
        self._started_at = clock()

    async def adapters(self, exchange: Exchange) -> None:
        """Every adapter that a serving node offers, and where it lies."""
        await exchange.json(200, {"object": "list", "data": [_adapter(card) for card in self._mode.adapters()]})

    async def network(self, exchange: Exchange) -> None:
        """Totals: nodes, models, adapters, work under way, and what was answered in the last hour."""
        nodes, unix = self._mode.nodes(), time.time()
        cards = self._mode.models()
        measured = self._measurements
        await exchange.json(
            200,
            {
                "object": "network",
                "network": self._settings.network,
                "mode": self._mode.name.value,
                "accepting": self._lifecycle.accepting,
                "uptime_s": round(self._clock() - self._started_at, 3),
                "nodes": len(nodes),
                "serving_nodes": sum(1 for node in nodes if node.serving and not node.draining),
                "draining_nodes": sum(1 for node in nodes if node.draining),
                "models": sum(1 for card in cards if card.base_model is None),
                "adapters": sum(1 for card in cards if card.base_model is not None),
                "jobs": sum(node.reserved for node in nodes),
                "places": sum(node.places for node in nodes),
                "requests": self._lifecycle.running,
                "answers_last_hour": measured.answers_per_minute.last_hour(unix),
                "tokens_last_hour": measured.tokens_per_minute.last_hour(unix),
                "tokens_per_minute": measured.tokens_per_minute.series(unix),
            },
        )


def _adapter(card: AdapterCard) -> dict[str, Any]:
    return {
        "id": card.name,
        "object": "adapter",
        "base_model": card.base_model,
        "nodes": card.nodes,
        "residency": {"gpu": card.gpu, "cpu": card.cpu, "disk": card.disk},
        "homes": card.homes,
        "heat": round(card.heat, 3),
    }
