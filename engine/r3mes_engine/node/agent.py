"""Keeps the node registered with one of its gateways: one session after another, jobs in, frames out."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from nacl.signing import SigningKey

from r3mes_engine.embeddings.service import EmbeddingService
from r3mes_engine.errors import EngineExit
from r3mes_engine.node.connection import Connection, ConnectionLost
from r3mes_engine.node.jobs import OpenJobs
from r3mes_engine.node.live_session import REGISTER_TIMEOUT_S, LiveSession, OnAdapterHint
from r3mes_engine.node.reconnect import GatewayOrder, ReconnectPolicy
from r3mes_engine.serving.chat_service import ChatService
from r3mes_protocol.control import DisconnectedEvent, ErrorEvent
from r3mes_protocol.grants import SignedGrant
from r3mes_protocol.messages import CloseCode, Device, Hello, ProtocolError, parse_gateway_message
from r3mes_protocol.session_signature import node_id_of
from r3mes_protocol.wire import GatewayOrigin, NodeId, WireModel

log = logging.getLogger(__name__)

OVER_CHECK_S = 0.2
"""How late a drain may notice that there is nothing left to come back for."""

BETTER_CHECK_S = 300.0
"""How often a node that is served by a less preferred gateway looks for a better one. Rarely: a move costs the node's
places until its jobs are done."""

Dial = Callable[[GatewayOrigin], Awaitable[Connection]]


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    gateway: GatewayOrigin
    """The preferred one."""
    key: SigningKey
    device: Device
    other_gateways: tuple[GatewayOrigin, ...] = ()
    """In the order of preference, for when the preferred one is away."""


class NodeAgent:
    """The owner of the session. `run` ends when the node has drained, or with EngineExit when it may not serve."""

    def __init__(
        self,
        identity: NodeIdentity,
        service: ChatService,
        policy: ReconnectPolicy,
        dial: Dial,
        emit: Callable[[WireModel], None],
        grants: Sequence[SignedGrant] = (),
        on_adapter_hint: OnAdapterHint | None = None,
        endpoint: str | None = None,
        embeddings: EmbeddingService | None = None,
    ) -> None:
        self.key = identity.key
        self.endpoint = endpoint
        self.device = identity.device
        self.service = service
        self.emit = emit
        self.on_adapter_hint = on_adapter_hint
        self.jobs = OpenJobs(service, identity.key, embeddings)
        # Gateways call an address of its own for chat alone.
        self.embedding_models = None if embeddings is None or endpoint is not None else (embeddings.offer,)
        self.drain_reason: str | None = None
        self._order = GatewayOrder((identity.gateway, *identity.other_gateways), policy)
        self._dial = dial
        self._grants = list(grants)
        self._draining = asyncio.Event()
        self._is_running = False
        self._ended = asyncio.Event()
        self._live: LiveSession | None = None

    @property
    def node_id(self) -> NodeId:
        return node_id_of(self.key)

    def use_grant(self, grant: SignedGrant) -> None:
        """Shown at the next registration with its gateway, in the place of an older one for the same."""
        others = [held for held in self._grants if held.grant.gateway != grant.grant.gateway]
        self._grants = [grant, *others]

    def grant_for(self, gateway: GatewayOrigin) -> SignedGrant | None:
        """A grant for another gateway is shown where there is no better one: the gateway then says what is wrong."""
        exact = (held for held in self._grants if held.grant.gateway == gateway)
        return next(exact, self._grants[0] if self._grants else None)

    def has_other_gateways(self) -> bool:
        return self._order.has_others

    def registered(self) -> None:
        self._order.registered(time.monotonic())

    def adapters_changed(self) -> None:
        """Something about the adapters is new: the gateway hears it now and not at the next heartbeat."""
        if self._live is not None:
            self._live.adapters_changed()

    async def run(self) -> None:
        """Stays until `drain` has been called and no job is left."""
        self._is_running = True
        try:
            while not self._is_over:
                gateway = self._order.current
                reason = await self._one_session(gateway)
                if self._is_over:
                    return
                delay = self._order.lost(time.monotonic())
                log.info("the session is gone (%s); %s is dialled in %.1f s", reason, self._order.current, delay)
                self.emit(DisconnectedEvent(gateway=gateway, reason=reason, retry_in_s=round(delay, 3)))
                await self._pause(delay)
        finally:
            await self.jobs.abandon()
            self._ended.set()

    @property
    def _is_over(self) -> bool:
        # A socket that is lost in the middle of a drain is worth a few more tries: its jobs may go on.
        return self._draining.is_set() and not self.jobs.wait_for_a_socket

    async def _pause(self, delay_s: float) -> None:
        if self._draining.is_set():
            await asyncio.sleep(delay_s)
            return
        try:
            async with asyncio.timeout(delay_s):
                await self._draining.wait()
        except TimeoutError:
            return

    async def drain(self, reason: str) -> None:
        """Tells the gateway, lets the running jobs end, says goodbye. Returns when `run` is about to end."""
        if self._draining.is_set():
            return
        self.drain_reason = reason
        self._draining.set()
        if self._live is not None:
            self._live.leave(reason)
        if self._is_running:
            await self._ended.wait()

    async def _one_session(self, gateway: GatewayOrigin) -> str:
        """Returns why it ended, as a sentence."""
        try:
            connection = await self._dial_unless_over(gateway)
        except ConnectionLost as lost:
            return lost.reason
        if connection is None:
            return "the node drains"
        if self._is_over:
            # The drain came while the socket was being opened, so no session was there to hear of it.
            await connection.close(CloseCode.GOING_AWAY, self.drain_reason or "")
            return "the node drains"
        session = LiveSession(self, gateway, connection)
        self._live = session
        looking = asyncio.create_task(self._look_for_better(session), name="better gateways")
        try:
            return await session.run()
        except EngineExit as problem:
            if not self._order.refused():
                raise
            # One gateway that does not want this node is no reason to leave the others without it.
            self.emit(ErrorEvent(code=problem.code, message=problem.message, hint=problem.hint))
            return problem.message
        finally:
            self._live = None
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            if session.gateway_leaves:
                self._order.leaves()

    async def _look_for_better(self, session: LiveSession) -> None:
        """Leaves the session for a better gateway as soon as one says hello."""
        while self._order.better:
            await asyncio.sleep(BETTER_CHECK_S)
            for gateway in self._order.better:
                if await self._says_hello(gateway) and not self._draining.is_set():
                    log.info("%s is there again", gateway)
                    self._order.returns_to(gateway)
                    session.leave("Moving to a gateway that is preferred.")
                    return

    async def _says_hello(self, gateway: GatewayOrigin) -> bool:
        try:
            connection = await self._dial(gateway)
        except ConnectionLost:
            return False
        try:
            async with asyncio.timeout(REGISTER_TIMEOUT_S):
                hello = parse_gateway_message(await connection.receive())
            return isinstance(hello, Hello) and hello.gateway == gateway
        except (ConnectionLost, ProtocolError, TimeoutError):
            return False
        finally:
            await connection.close(CloseCode.GOING_AWAY, "only looking")

    async def _dial_unless_over(self, gateway: GatewayOrigin) -> Connection | None:
        dialling = asyncio.ensure_future(self._dial(gateway))
        stop = asyncio.ensure_future(self._draining.wait())
        try:
            while not dialling.done() and not self._is_over:
                waited = {dialling} if stop.done() else {dialling, stop}
                # With a drain under way the jobs that wait for a socket bound the wait.
                timeout = OVER_CHECK_S if stop.done() else None
                await asyncio.wait(waited, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if dialling.done():
                return dialling.result()
            return None
        finally:
            stop.cancel()
            if not dialling.done():
                dialling.cancel()
                await asyncio.gather(dialling, return_exceptions=True)
