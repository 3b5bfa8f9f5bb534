"""Local: one engine on this machine answers. It registers over loopback as any node does over the network."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from socket import socket

from r3mes_api.asgi import Receive, Scope, Send
from r3mes_api.local.engine_keeper import IN_A_HURRY, IN_ORDER, EngineKeeper
from r3mes_api.modes.remote import RemoteMode
from r3mes_api.nodes.admission import Admission, Admitted, SessionTerms, Watched
from r3mes_api.nodes.registry import Refused
from r3mes_api.nodes.sessions import NodeSessions
from r3mes_api.setting_kinds import InferenceMode
from r3mes_api.settings import Settings
from r3mes_api.web.metrics import Gauge
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.messages import Register, RejectCode
from r3mes_protocol.wire import NodeId

KEY_WAIT_S = 5.0
"""The engine tells its key and dials in the same moment; its word may come a little later than its socket."""

RETRY_AFTER_S = 5


class OwnEngine:
    """The `Entrance` of local mode: it trusts the key that our own child told over our own pipe, and no other."""

    def __init__(self, admission: Admission, node_id: Callable[[float], Awaitable[NodeId | None]]) -> None:
        self._admission = admission
        self._node_id = node_id

    async def admit(self, message: Register, terms: SessionTerms, now: float) -> Admitted | Refused:
        admitted = await self._admission.admit(message, terms, now)
        if isinstance(admitted, Refused):
            return admitted
        expected = await self._node_id(KEY_WAIT_S)
        if expected is None:
            return Refused(RejectCode.REGISTER_TIMEOUT, "The engine of this gateway has not told its key yet.")
        if message.node_id != expected:
            return Refused(RejectCode.GRANT_INVALID, "This gateway runs in local mode and takes its own engine only.")
        return admitted

    async def watch(self, sessions: Watched) -> None:
        await asyncio.Event().wait()

    def gauges(self) -> list[Gauge]:
        return []

    async def close(self) -> None:
        """It holds nothing."""


class LocalMode(RemoteMode):
    """Remote mode with one node, and that node's process."""

    def __init__(
        self,
        sessions: NodeSessions,
        settings: Settings,
        clock: Callable[[], float],
        keeper: EngineKeeper,
        listener: socket,
    ) -> None:
        """`listener` is bound to loopback and takes the engine's session; it belongs to the mode."""
        super().__init__(sessions, settings, clock)
        self._keeper = keeper
        self._listener = listener
        self._port: int = listener.getsockname()[1]

    @property
    def name(self) -> InferenceMode:
        return InferenceMode.LOCAL

    def check(self) -> None:
        if self._registry.has_serving_nodes:
            return
        refusal = self._keeper.state.refusal(RETRY_AFTER_S)
        if refusal is not None:
            raise refusal
        super().check()

    def check_ready(self) -> None:
        self.check()

    def gauges(self) -> list[Gauge]:
        state = self._keeper.state
        return [
            *super().gauges(),
            Gauge("r3mes_engine_up", "1 while the local engine serves.", (), {(): int(state.phase == "serving")}),
            Gauge("r3mes_engine_restarts_total", "Starts after a loss.", (), {(): state.restarts}, "counter"),
        ]

    def listeners(self) -> list[socket]:
        return [self._listener]

    async def node_session(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["server"][1] != self._port:
            raise ApiError(
                ErrorCode.INFERENCE_DISABLED,
                "This gateway runs in local mode and takes no nodes; its operator can start it in remote mode.",
            )
        await super().node_session(scope, receive, send)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(super().run(), name="sessions")
            group.create_task(self._keeper.run(), name="local engine")

    async def started(self) -> None:
        await self._keeper.started()

    async def close(self, *, hurry: bool) -> None:
        # The streams are over: first the engine ends, then whatever is left of its session.
        await self._keeper.stop(IN_A_HURRY if hurry else IN_ORDER)
        await super().close(hurry=hurry)
