"""The pages of operations: the status page, metrics and the description of the API."""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Callable
from typing import Any

from pydantic_core import to_json

from r3mes_api.asgi import Exchange, Headers
from r3mes_api.lifecycle import Lifecycle
from r3mes_api.modes.interface import Mode
from r3mes_api.nodes.node import Node
from r3mes_api.routes.router import Router
from r3mes_api.setting_kinds import InferenceMode, Switch
from r3mes_api.settings import Settings
from r3mes_api.web.measurements import Measurements
from r3mes_api.web.metrics import CONTENT_TYPE, Gauge, exposition
from r3mes_api.web.openapi import add_description, describe
from r3mes_api.web.process import process_gauges
from r3mes_api.web.status_page import CONTENT_SECURITY_POLICY, PageView, render
from r3mes_protocol import __version__
from r3mes_protocol.errors import ApiError, ErrorCode

_PAGE_HEADERS: Headers = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]


class WebRoutes:
    def __init__(
        self,
        mode: Mode,
        lifecycle: Lifecycle,
        settings: Settings,
        measurements: Measurements,
        router: Router,
        clock: Callable[[], float],
    ) -> None:
        self._mode = mode
        self._lifecycle = lifecycle
        self._settings = settings
        self._measurements = measurements
        self._router = router
        self._clock = clock
        self._started_at = clock()
        self._description: bytes | None = None
        self._more: list[Callable[[], dict[str, Any]]] = []

    def describe_also(self, document: Callable[[], dict[str, Any]]) -> None:
        """Another application's OpenAPI document belongs to this API's too."""
        self._more.append(document)

    async def page(self, exchange: Exchange) -> None:
        """The state of the network as a page for people."""
        now, unix = self._clock(), time.time()
        view = PageView(
            mode=self._mode.name,
            version=__version__,
            accepting=self._lifecycle.accepting,
            uptime_s=now - self._started_at,
            unix=unix,
            network=self._settings.network,
            nodes=self._mode.nodes(),
            models=self._mode.models(),
            adapters=self._mode.adapters(),
            running=self._lifecycle.running,
            tokens_per_minute=self._measurements.tokens_per_minute.series(unix),
            tokens_last_hour=self._measurements.tokens_per_minute.last_hour(unix),
            answers_last_hour=self._measurements.answers_per_minute.last_hour(unix),
            now=now,
            trouble=self._trouble(),
        )
        body = render(view).encode("utf-8", "replace")
        await exchange.whole(200, b"text/html; charset=utf-8", body, _PAGE_HEADERS)

    def _trouble(self) -> str | None:
        if self._mode.name is not InferenceMode.LOCAL:
            return None
        try:
            self._mode.check()
        except ApiError as error:
            return error.message
        return None

    async def metrics(self, exchange: Exchange) -> None:
        """Counters and gauges for Prometheus."""
        if self._settings.metrics is Switch.OFF:
            raise ApiError(ErrorCode.NOT_FOUND, "This gateway tells no metrics; its operator can set R3MES_METRICS=on.")
        body = exposition([*self._measurements.all(), *self._gauges(), *self._mode.gauges(), *process_gauges()])
        await exchange.whole(200, CONTENT_TYPE, body, [(b"cache-control", b"no-store")])

    def _gauges(self) -> list[Gauge]:
        # Each replica counts its own, so that the sum over all of them is right.
        nodes = [node for node in self._mode.nodes() if node.replica is None]
        adapters = self._mode.adapters()
        status = Tally("draining" if node.draining else "serving" if node.serving else "connected" for node in nodes)
        return [
            Gauge("r3mes_build_info", "Always 1.", ("version", "mode"), {(__version__, self._mode.name.value): 1}),
            Gauge("r3mes_accepting", "1 while the gateway takes requests.", (), {(): int(self._lifecycle.accepting)}),
            Gauge("r3mes_requests_running", "Prompts under way.", (), {(): self._lifecycle.running}),
            Gauge(
                "r3mes_nodes",
                "Nodes whose sockets this gateway holds.",
                ("status",),
                {(name,): status[name] for name in ("serving", "draining", "connected")},
            ),
            Gauge(
                "r3mes_nodes_by_stake",
                "Registered nodes by what the chain says of their owners' stakes.",
                ("state",),
                {(state,): count for state, count in Tally(_stake(node) for node in nodes).items()},
            ),
            Gauge(
                "r3mes_adapter_replicas",
                "Adapters on nodes by where they lie.",
                ("residency",),
                {
                    ("gpu",): sum(card.gpu for card in adapters),
                    ("cpu",): sum(card.cpu for card in adapters),
                    ("disk",): sum(card.disk for card in adapters),
                },
            ),
            Gauge(
                "r3mes_adapters_kept_ready",
                "Adapters that are asked for, so that some nodes should have them ready.",
                (),
                {(): sum(1 for card in adapters if card.homes)},
            ),
            Gauge("r3mes_node_jobs", "Jobs on nodes.", (), {(): sum(len(node.jobs) for node in nodes)}),
            Gauge("r3mes_node_places", "Jobs that nodes may have.", (), {(): sum(node.places for node in nodes)}),
        ]

    async def openapi(self, exchange: Exchange) -> None:
        """The description of this API."""
        if self._description is None:
            document = describe(self._router.routes())
            for more in self._more:
                add_description(document, more())
            self._description = to_json(document)
        await exchange.whole(200, b"application/json", self._description)


def _stake(node: Node) -> str:
    return node.stake.state.value if node.stake is not None else "not_asked"
