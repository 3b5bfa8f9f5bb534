"""The gateway as an ASGI application: HTTP to the routes, WebSockets to the mode, and its life from start to end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from r3mes_api.accounts.opening import FrontDesk
from r3mes_api.adapter_choice.chooser import AdapterChooser
from r3mes_api.asgi import Application, Receive, Scope, Send, error_headers
from r3mes_api.lifecycle import Lifecycle
from r3mes_api.modes.interface import Mode
from r3mes_api.tracing import Tracing
from r3mes_api.web.openapi import NODE_SESSION_PATH, REPLICA_SESSION_PATH
from r3mes_protocol.errors import ApiError, ErrorCode

if TYPE_CHECKING:
    from r3mes_api.devnet.service import Devnet
    from r3mes_api.replicas.group import ReplicaGroup


class Gateway:
    def __init__(
        self,
        mode: Mode,
        chooser: AdapterChooser,
        lifecycle: Lifecycle,
        http: Application,
        desk: FrontDesk,
        devnet: Devnet | None,
        replicas: ReplicaGroup | None,
        tracing: Tracing | None,
    ) -> None:
        self._tracing = tracing
        self._desk = desk
        self.mode = mode
        self._chooser = chooser
        self.lifecycle = lifecycle
        self._http = http
        self._devnet = devnet
        self._replicas = replicas

    async def run(self) -> None:
        """Background work, until cancelled or until a part of it fails."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.mode.run(), name="mode")
            group.create_task(self._chooser.run(), name="adapter chooser")
            group.create_task(self.lifecycle.watch(), name="requests")
            if self._devnet is not None:
                group.create_task(self._devnet.run(), name="devnet")
            if self._desk.accounts is not None:
                group.create_task(self._desk.accounts.sweep_for_ever(), name="accounts")
            if self._replicas is not None:
                group.create_task(self._replicas.run(), name="replicas")

    def drain(self) -> None:
        """Nothing new from now on; nodes and other replicas are told."""
        self.lifecycle.stop_accepting()
        if self._replicas is not None:
            self._replicas.drain()
        self.mode.drain()

    async def close(self, *, hurry: bool) -> None:
        """When no request runs any more."""
        if self._replicas is not None:
            await self._replicas.close()
        await self.mode.close(hurry=hurry)
        if self._tracing is not None:
            await self._tracing.close(hurry=hurry)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            return self._http(scope, receive, send)
        if scope["type"] == "websocket":
            return self._websocket(scope, receive, send)
        raise RuntimeError(f"unexpected ASGI scope {scope['type']}")

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (await receive())["type"] != "websocket.connect":
            return
        try:
            if scope["path"] == NODE_SESSION_PATH:
                await self.mode.node_session(scope, receive, send)
            elif self._replicas is not None and scope["path"] == REPLICA_SESSION_PATH:
                await self._replicas.serve(scope, receive, send)
            else:
                raise ApiError(ErrorCode.NOT_FOUND, "There is no WebSocket at this address.")
        except ApiError as error:
            body = error.to_json()
            headers = [(b"content-type", b"application/json"), *error_headers(error)]
            await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
            await send({"type": "websocket.http.response.body", "body": body})
