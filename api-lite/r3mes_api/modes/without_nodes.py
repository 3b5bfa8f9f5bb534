"""What the modes that take no nodes have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from socket import socket
from typing import Any

from r3mes_api.asgi import Receive, Scope, Send
from r3mes_api.modes.interface import AdapterCard
from r3mes_api.nodes.node import Node
from r3mes_api.setting_kinds import InferenceMode
from r3mes_api.web.metrics import Gauge
from r3mes_protocol.errors import ApiError, ErrorCode


class WithoutNodes:
    def __init__(self, name: InferenceMode) -> None:
        self._name = name

    @property
    def name(self) -> InferenceMode:
        return self._name

    def check_ready(self) -> None:
        pass

    def gauges(self) -> list[Gauge]:
        return []

    def listeners(self) -> list[socket]:
        return []

    async def started(self) -> None:
        pass

    def adapters(self) -> list[AdapterCard]:
        return []

    def knows(self, name: str) -> bool:
        return True

    def adapters_offered(self) -> Container[str]:
        return ()

    def nodes(self) -> list[Node]:
        return []

    def decision(self, completion_id: str) -> dict[str, Any] | None:
        return None

    async def node_session(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise ApiError(
            ErrorCode.INFERENCE_DISABLED,
            f"This gateway runs in {self._name} mode and takes no nodes; its operator can start it in remote mode.",
        )

    async def run(self) -> None:
        await asyncio.Event().wait()

    def drain(self) -> None:
        pass

    async def close(self, *, hurry: bool) -> None:
        pass
