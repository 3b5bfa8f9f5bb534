"""One session with a gateway: a socket, from the hello to the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from nacl.signing import SigningKey

from r3mes_engine.errors import EngineExit, GenerationFailed
from r3mes_engine.node.adapter_offers import AdapterOffers
from r3mes_engine.node.connection import Connection, ConnectionLost
from r3mes_engine.node.job import failed
from r3mes_engine.node.jobs import OpenJobs, Origin
from r3mes_engine.node.session import (
    Action,
    AdapterHint,
    CancelJob,
    Ended,
    GatewayDrains,
    Live,
    MoreCredit,
    NodeSession,
    Phase,
    RefuseJob,
    Rejection,
    SendRegister,
    StartJob,
    TerminalsArrived,
    WrongGateway,
    WrongProtocol,
)
from r3mes_engine.serving.chat_service import ChatService
from r3mes_protocol import __version__
from r3mes_protocol.control import RegisteredEvent
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.grants import Role, SignedGrant
from r3mes_protocol.messages import (
    Bye,
    CloseCode,
    Device,
    Drain,
    EmbeddingOffer,
    FailureCode,
    Heartbeat,
    ProtocolError,
    Register,
    RejectCode,
    Rejected,
    Telemetry,
    parse_gateway_message,
)
from r3mes_protocol.session_signature import node_id_of, sign_registration
from r3mes_protocol.wire import GatewayOrigin, WireModel

log = logging.getLogger(__name__)

REGISTER_TIMEOUT_S = 10.0
"""From the open socket to `registered`; the gateway allows the node as much."""

LINGER_S = 1.0
"""A node that moves away from a draining gateway waits so long without a job before it goes."""

_GRANT_PROBLEMS = frozenset(
    {
        RejectCode.SIGNATURE_INVALID,
        RejectCode.GRANT_MISSING,
        RejectCode.GRANT_INVALID,
        RejectCode.GRANT_EXPIRED,
        RejectCode.GRANT_REVOKED,
        RejectCode.ROLE_NOT_GRANTED,
    }
)

OnAdapterHint = Callable[[str, str | None], Awaitable[None]]
"""(name, digest or None) → loads the adapter if the node has it and can. Raises nothing that ends the session."""


class Node(Protocol):
    """What a session needs to know of its node."""

    @property
    def key(self) -> SigningKey: ...

    @property
    def device(self) -> Device: ...

    @property
    def service(self) -> ChatService: ...

    @property
    def jobs(self) -> OpenJobs: ...

    @property
    def emit(self) -> Callable[[WireModel], None]: ...

    @property
    def on_adapter_hint(self) -> OnAdapterHint | None: ...

    @property
    def endpoint(self) -> str | None:
        """Where gateways may call the model's server themselves."""
        ...

    @property
    def embedding_models(self) -> tuple[EmbeddingOffer, ...] | None:
        """None: it takes no jobs of this kind."""
        ...

    @property
    def drain_reason(self) -> str | None:
        """None: the node does not drain."""
        ...

    def grant_for(self, gateway: GatewayOrigin) -> SignedGrant | None: ...

    def has_other_gateways(self) -> bool: ...

    def registered(self) -> None: ...


class LiveSession:
    """One socket: the task that calls `run` owns it and everything that belongs to it."""

    def __init__(self, node: Node, gateway: GatewayOrigin, connection: Connection) -> None:
        self._node = node
        self._gateway = gateway
        self._service = node.service
        self._jobs = node.jobs
        self._connection = connection
        self._machine = NodeSession(gateway)
        self._was_live = False
        self._farewell: asyncio.Task[None] | None = None
        self.gateway_leaves = False
        """The gateway has said that it drains."""
        self._heartbeat: asyncio.Task[None] | None = None
        self._heartbeat_s = 10.0
        self._adapters = AdapterOffers()
        self._adapters_changed = asyncio.Event()
        self._hint: asyncio.Task[None] | None = None
        self._end_reason = ""

    async def run(self) -> str:
        """Returns why it ended, as a sentence. Raises EngineExit when this gateway will never take the node."""
        code, goodbye, may_come_back = CloseCode.GOING_AWAY, "", False
        try:
            async with asyncio.timeout(REGISTER_TIMEOUT_S):
                while self._machine.phase is not Phase.LIVE and not self._end_reason:
                    await self._receive_one()
            while not self._end_reason:
                await self._receive_one()
            return self._end_reason
        except TimeoutError:
            return f"the gateway did not register the node within {REGISTER_TIMEOUT_S:.0f} s"
        except ProtocolError as error:
            code, goodbye = CloseCode.PROTOCOL, error.reason
            return f"the gateway broke the protocol ({error.reason})"
        except ConnectionLost as lost:
            # The gateway may close the socket as its way of ending a session that drained.
            may_come_back = not self._end_reason and not lost.by_gateway
            return self._end_reason or lost.reason
        finally:
            await self._end_tasks()
            # A try that never became a session changes nothing for the jobs that wait for one.
            if not self._was_live:
                self._jobs.not_taken_up()
            elif not (may_come_back and self._jobs.line_lost()):
                await self._jobs.abandon()
            await self._connection.close(code, goodbye)

    def leave(self, reason: str) -> None:
        """Tells the gateway, waits until the last job has its terminal, and ends the session."""
        if self._machine.phase is Phase.LIVE:
            if self._farewell is not None:
                self._farewell.cancel()
            self._farewell = asyncio.create_task(self._leave(reason), name="farewell")
        elif not self._jobs.wait_for_a_socket:
            self._end_reason = "the node drains"
            self._farewell = asyncio.create_task(self._connection.close(CloseCode.GOING_AWAY, reason))

    async def _leave(self, reason: str) -> None:
        try:
            await self._connection.send(Drain(reason=reason).to_json())
            await self._jobs.all_said()
            if not self._jobs.unfinished:
                await self._say_goodbye(reason)
        except ConnectionLost:
            log.info("the gateway left before the node had drained")

    async def _move(self) -> None:
        """The gateway drains and another one is there: the node goes to it after the jobs that it has.

        It stays a moment longer, since requests that the gateway let in before may still need a node.
        """
        try:
            while True:
                await self._jobs.all_said()
                await asyncio.sleep(LINGER_S)
                if not self._jobs.unfinished:
                    break
            await self._say_goodbye("Moving to another gateway.")
        except ConnectionLost:
            log.info("the gateway left before the node had moved")

    async def _say_goodbye(self, reason: str) -> None:
        self._end_reason = self._end_reason or "the node drained"
        await self._connection.send(Bye(reason=reason).to_json())
        await self._connection.close(CloseCode.GOING_AWAY, reason)

    async def _receive_one(self) -> None:
        data = await self._connection.receive()
        if isinstance(data, bytes):
            raise ProtocolError("a binary frame from the gateway")
        action = self._machine.receive(parse_gateway_message(data))
        if action is not None:
            await self._act(action)

    async def _act(self, action: Action) -> None:
        if isinstance(action, SendRegister):
            self._heartbeat_s = action.heartbeat_s
            await self._connection.send(self._registration(action).to_json())
        elif isinstance(action, Live):
            self._became_live(action)
        elif isinstance(action, StartJob):
            self._jobs.start(action, self._connection)
        elif isinstance(action, RefuseJob):
            refusal = GenerationFailed(
                FailureCode.CAPACITY, "More jobs than this session allows.", capacity=self._service.capacity
            )
            await self._connection.send(failed(action.job_id, refusal).to_json())
        elif isinstance(action, MoreCredit):
            self._jobs.more_credit(action.job_id)
        elif isinstance(action, TerminalsArrived):
            self._jobs.acknowledged(action.job_ids)
        elif isinstance(action, CancelJob):
            self._jobs.cancel(action.job_id)
        elif isinstance(action, AdapterHint):
            self._follow_hint(action)
        elif isinstance(action, GatewayDrains):
            log.info("the gateway drains: %s", action.reason)
            self.gateway_leaves = True
            if self._node.has_other_gateways() and self._farewell is None:
                self._farewell = asyncio.create_task(self._move(), name="move")
        elif isinstance(action, Rejection):
            self._rejected(action.rejected)
        elif isinstance(action, WrongGateway):
            raise EngineExit(
                ExitCode.CONFIGURATION,
                "wrong_gateway",
                f"The gateway at {self._gateway} calls itself {action.claimed}, so it may not have this "
                "node's signature.",
                f"Use --gateway {action.claimed} if that is the gateway you mean.",
            )
        elif isinstance(action, WrongProtocol):
            raise EngineExit(
                ExitCode.REJECTED_BY_GATEWAY,
                "unsupported_protocol",
                f"The gateway speaks version {action.offered} of the node session, which this engine does not.",
                "Update the engine.",
            )
        elif isinstance(action, Ended):
            self._end_reason = action.reason

    def _registration(self, action: SendRegister) -> Register:
        key, resume = self._node.key, self._jobs.offer(self._gateway)
        if resume is not None:
            self._machine.offer(self._jobs.credits())
        registration = Register(
            node_id=node_id_of(key),
            endpoint=self._node.endpoint,
            models=(self._service.offer,),
            roles=(Role.SERVING,),
            max_concurrency=self._service.capacity.max_concurrency,
            device=self._node.device,
            engine_version=__version__,
            loads_adapters=self._node.on_adapter_hint is not None,
            continues_answers=self._service.continues_answers,
            embedding_models=self._node.embedding_models,
            grant=self._node.grant_for(self._gateway),
            resume=resume,
            signature=sign_registration(
                key, nonce=action.nonce, session_id=action.session_id, gateway=self._gateway, resume=resume
            ),
        )
        return self._adapters.register(registration, self._service.adapters)

    def _became_live(self, live: Live) -> None:
        self._was_live = True
        origin = Origin(self._gateway, self._machine.session_id, live.grace_s)
        resumed = self._jobs.begin(origin, self._connection, live.resumed, self._machine.end_job)
        if resumed:
            log.info("%d jobs go on", resumed)
        self._node.registered()
        self._heartbeat = asyncio.create_task(self._beat(), name="heartbeat")
        self._node.emit(
            RegisteredEvent(gateway=self._gateway, session_id=self._machine.session_id, generation=live.generation)
        )
        if self._node.drain_reason is not None:
            self.leave(self._node.drain_reason)

    def _rejected(self, rejected: Rejected) -> None:
        if rejected.code.worth_retrying:
            self._end_reason = f"the gateway refused for now ({rejected.code.value}): {rejected.message}"
            return
        grant_problem = rejected.code in _GRANT_PROBLEMS
        raise EngineExit(
            ExitCode.KEY_OR_GRANT_INVALID if grant_problem else ExitCode.REJECTED_BY_GATEWAY,
            rejected.code.value,
            f"The gateway {self._gateway} rejected this node ({rejected.code.value}): {rejected.message}",
            "Make a new grant for this node in the wallet." if grant_problem else "Ask the gateway's operator.",
        )

    async def _beat(self) -> None:
        """Heartbeats. Tokens are made on other threads, so a busy model does not hold them up."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                await self._connection.send(self._heartbeat_message().to_json())
                due = loop.time() + self._heartbeat_s
                while True:
                    await self._tell_adapters()
                    try:
                        async with asyncio.timeout_at(due):
                            await self._adapters_changed.wait()
                    except TimeoutError:
                        break
        except ConnectionLost:
            return

    async def _tell_adapters(self) -> None:
        self._adapters_changed.clear()
        for message in self._adapters.news(self._service.adapters, self._machine.limits.max_adapters):
            await self._connection.send(message.to_json())

    def adapters_changed(self) -> None:
        self._adapters_changed.set()

    def _follow_hint(self, hint: AdapterHint) -> None:
        """One at a time: a gateway hints again where it matters, and loading must not push out what was just loaded."""
        load = self._node.on_adapter_hint
        if load is None or (self._hint is not None and not self._hint.done()):
            return
        self._hint = asyncio.create_task(self._load(load, hint), name="adapter hint")

    async def _load(self, load: OnAdapterHint, hint: AdapterHint) -> None:
        try:
            await load(hint.name, hint.digest)
        except Exception:
            # A hint is a favour; whatever goes wrong with it, the jobs go on.
            log.exception("the adapter %s could not be loaded ahead of its requests", hint.name)
        self.adapters_changed()

    def _heartbeat_message(self) -> Heartbeat:
        capacity, stats, gpu = self._service.capacity, self._service.backend_stats(), self._service.gpu
        return Heartbeat(
            active=capacity.active,
            queued=capacity.queued,
            free_vram_mb=stats.free_vram_mb,
            free_adapter_slots=stats.free_adapter_slots,
            draining=self._service.draining,
            telemetry=Telemetry(
                tokens_per_second=round(self._service.announced_pace(), 2),
                temperature_c=None if gpu is None else gpu.temperature_c,
                power_w=None if gpu is None else gpu.power_w,
                gpu_utilisation_percent=None if gpu is None else gpu.utilisation_percent,
            ),
        )

    async def _end_tasks(self) -> None:
        tasks = [task for task in (self._heartbeat, self._hint, self._farewell) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
