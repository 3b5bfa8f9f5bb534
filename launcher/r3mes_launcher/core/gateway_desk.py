"""The gateway in use: the local one or those of the network, which of them answers, and what it offers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace

from r3mes_launcher.core.gateway_client import GatewayClient
from r3mes_launcher.core.gateway_monitor import GatewayMonitor, GatewayReport
from r3mes_launcher.core.interface import ChatError
from r3mes_launcher.core.local_gateway import LocalGateway
from r3mes_launcher.core.state import (
    Actual,
    AdapterOffer,
    ChatDelta,
    ChatTurn,
    Desired,
    GatewayKind,
    GatewayState,
    NodeState,
)
from r3mes_launcher.sentence import Sentence, joined

GATEWAY_WAIT_S = 20.0
"""A chat that is asked while the local gateway still starts waits for it no longer than this."""

_ON_ITS_WAY = (Actual.PROVISIONING, Actual.SUSPENDED, Actual.STARTING, Actual.REGISTERING, Actual.BACKING_OFF)

MakeLocal = Callable[[Callable[[GatewayState], None]], LocalGateway]


@dataclass(frozen=True, slots=True)
class GatewayView:
    """What front ends are shown."""

    gateway: GatewayState
    models: tuple[str, ...] = ()
    adapters: tuple[AdapterOffer, ...] = ()


class GatewayDesk:
    """Owned by the core's loop. `follow` hears of another address, `show` of everything that can be seen."""

    def __init__(
        self,
        client: GatewayClient,
        make_local: MakeLocal,
        follow: Callable[[GatewayState, tuple[str, ...]], None],
        show: Callable[[GatewayView], None],
    ) -> None:
        self._client = client
        self._make_local = make_local
        self._follow = follow
        self._show = show
        self._monitor = GatewayMonitor(client, self._on_report)
        self._report = GatewayReport()
        self._base = GatewayState()
        self._view = GatewayView(self._base)
        self._fallbacks: tuple[str, ...] = ()
        self._node_at = ""
        self._local: LocalGateway | None = None
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        """Of the gateway that was chosen, whether it answers or not; empty before the local one has an address."""
        return self._base.url

    @property
    def order(self) -> tuple[str, ...]:
        """All that the node may use, the preferred one first."""
        return (self._base.url, *self._fallbacks) if self._base.url else ()

    @property
    def is_remote(self) -> bool:
        return self._base.kind is GatewayKind.REMOTE

    def follow_node(self, origin: str) -> None:
        """Where the node is registered; empty for nowhere. What this computer serves is offered there alone."""
        if origin != self._node_at:
            self._node_at = origin
            self._ask()

    def _ask(self) -> None:
        # A local gateway has something to say exactly while it does not answer.
        order = self.order if not self._base.message else ()
        # The preferred one may answer again long before the node goes back to it.
        self._monitor.watch(*sorted(order, key=lambda origin: origin != self._node_at))

    def start(self) -> None:
        self._monitor.start()

    def look_now(self) -> None:
        self._monitor.look_now()

    def retry(self) -> None:
        if self._local is not None:
            self._local.retry()
        self._monitor.look_now()

    async def close_local(self) -> None:
        if self._local is not None:
            await self._local.close()

    async def close_monitor(self) -> None:
        await self._monitor.close()

    async def use(self, kind: GatewayKind, origin: str, fallbacks: tuple[str, ...]) -> None:
        if kind is GatewayKind.LOCAL and self._local is not None:
            return
        if kind is GatewayKind.LOCAL:
            self._fallbacks = ()
            self._local = self._make_local(self._on_base)
            self._local.start()
            return
        local, self._local = self._local, None
        self._fallbacks = tuple(each for each in fallbacks if each != origin)
        self._on_base(GatewayState(kind=GatewayKind.REMOTE, url=origin))
        if local is not None:
            await local.close()

    async def chat(
        self, turns: Sequence[ChatTurn], model: str, node: Callable[[], NodeState]
    ) -> AsyncGenerator[ChatDelta, None]:
        """Raises ChatError. `node` tells why no model can be asked yet."""
        origin = await self._answering()
        name = model or await self._first_model(origin, node)
        async with contextlib.aclosing(self._client.chat(origin, turns, name)) as deltas:
            async for delta in deltas:
                yield delta

    async def _answering(self) -> str:
        try:
            async with asyncio.timeout(GATEWAY_WAIT_S):
                while not self._base.url or self._base.message:
                    if self._local is not None and self._local.given_up:
                        raise ChatError(self._base.message)
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            message = self._view.gateway.message or "There is no gateway."
            raise ChatError(message) from None
        return self._view.gateway.url

    async def _first_model(self, origin: str, node: Callable[[], NodeState]) -> str:
        if self._view.models:
            return self._view.models[0]
        before = node()
        try:
            return await self._client.first_model(origin)
        except ChatError:
            if before.desired is Desired.SERVING and before.actual in _ON_ITS_WAY:
                raise ChatError(joined("No model can be asked yet.", before.reason)) from None
            raise

    def _on_base(self, base: GatewayState) -> None:
        if base.kind is GatewayKind.LOCAL and self._local is None:
            return  # the last words of one that was left for a remote gateway
        self._base = base
        self._ask()
        self._follow(base, self._fallbacks)
        self._look()

    def _on_report(self, report: GatewayReport) -> None:
        self._report = report
        self._look()

    def _look(self) -> None:
        base, report = self._base, self._report
        known = report if report.origin in (base.url, *self._fallbacks) else GatewayReport()
        message = base.message or known.message
        if known.reachable and known.origin != base.url:
            message = Sentence(
                "{url} did not answer, so {origin} is used. It goes back by itself.", url=base.url, origin=known.origin
            )
        gateway = replace(
            base, url=known.origin or base.url, reachable=known.reachable, message=message, order=self.order
        )
        self._view = GatewayView(gateway, known.models, known.adapters)
        self._changed.set()
        self._show(self._view)
