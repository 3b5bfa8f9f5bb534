"""Keeps the node registered with its gateway: one session after another, jobs in, frames out."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from nacl.signing import SigningKey

from r3mes_engine.errors import EngineExit, GenerationFailed
from r3mes_engine.node.adapter_offers import AdapterOffers
from r3mes_engine.node.connection import Connection, ConnectionLost
from r3mes_engine.node.job import CreditGate, JobRun, failed
from r3mes_engine.node.reconnect import ReconnectPolicy
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
    WrongGateway,
    WrongProtocol,
)
from r3mes_engine.node.usage import UsageMeter
from r3mes_engine.serving.chat_service import ChatService
from r3mes_protocol import __version__
from r3mes_protocol.control import DisconnectedEvent, RegisteredEvent
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.grants import Role, SignedGrant
from r3mes_protocol.messages import (
    Bye,
    CloseCode,
    Device,
    Done,
    Drain,
    Failed,
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
from r3mes_protocol.wire import GatewayOrigin, JobId, NodeId, WireModel

log = logging.getLogger(__name__)

REGISTER_TIMEOUT_S = 10.0
"""From the open socket to `registered`; the gateway allows the node as much."""

_GRANT_PROBLEMS = frozenset(
    {
        RejectCode.SIGNATURE_INVALID,
        RejectCode.GRANT_MISSING,
        RejectCode.GRANT_INVALID,
        RejectCode.GRANT_EXPIRED,
        RejectCode.ROLE_NOT_GRANTED,
    }
)

Dial = Callable[[GatewayOrigin], Awaitable[Connection]]

OnAdapterHint = Callable[[str, str | None], Awaitable[None]]
"""(name, digest or None) → loads the adapter if the node has it and can. Raises nothing that ends the session."""


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    gateway: GatewayOrigin
    key: SigningKey
    device: Device


class NodeAgent:
    """The owner of the session. `run` ends when the node has drained, or with EngineExit when it may not serve."""

    def __init__(
        self,
        identity: NodeIdentity,
        service: ChatService,
        policy: ReconnectPolicy,
        dial: Dial,
        emit: Callable[[WireModel], None],
        grant: SignedGrant | None,
        on_adapter_hint: OnAdapterHint | None = None,
    ) -> None:
        self._identity = identity
        self._service = service
        self._policy = policy
        self._dial = dial
        self._emit = emit
        self._on_adapter_hint = on_adapter_hint
        self.grant = grant
        """Shown at the next registration."""
        self._draining = asyncio.Event()
        self._drain_reason = ""
        self._live: _LiveSession | None = None

    @property
    def node_id(self) -> NodeId:
        return node_id_of(self._identity.key)

    def adapters_changed(self) -> None:
        """Something about the adapters is new: the gateway hears it now and not at the next heartbeat."""
        if self._live is not None:
            self._live.adapters_changed()

    async def run(self) -> None:
        """Stays until `drain` has been called and no job is left."""
        while not self._draining.is_set():
            reason = await self._one_session()
            if self._draining.is_set():
                return
            delay = self._policy.lost(time.monotonic())
            log.info("the session is gone (%s); the next try is in %.1f s", reason, delay)
            self._emit(DisconnectedEvent(gateway=self._identity.gateway, reason=reason, retry_in_s=round(delay, 3)))
            try:
                await asyncio.wait_for(self._draining.wait(), delay)
            except TimeoutError:
                continue

    async def drain(self, reason: str) -> None:
        """Tells the gateway, lets the running jobs end, says goodbye. Returns when `run` is about to end."""
        if self._draining.is_set():
            return
        self._draining.set()
        self._drain_reason = reason
        if self._live is not None:
            await self._live.drain(reason)

    async def _one_session(self) -> str:
        """Returns why it ended, as a sentence."""
        try:
            connection = await self._dial_unless_draining()
        except ConnectionLost as lost:
            return lost.reason
        if connection is None:
            return "the node drains"
        if self._draining.is_set():
            # The drain came while the socket was being opened, so no session was there to hear of it.
            await connection.close(CloseCode.GOING_AWAY, self._drain_reason)
            return "the node drains"
        session = _LiveSession(self, connection)
        self._live = session
        try:
            return await session.run()
        finally:
            self._live = None

    async def _dial_unless_draining(self) -> Connection | None:
        dialling = asyncio.ensure_future(self._dial(self._identity.gateway))
        stop = asyncio.ensure_future(self._draining.wait())
        try:
            await asyncio.wait({dialling, stop}, return_when=asyncio.FIRST_COMPLETED)
            if dialling.done():
                return dialling.result()
            return None
        finally:
            stop.cancel()
            if not dialling.done():
                dialling.cancel()
                await asyncio.gather(dialling, return_exceptions=True)


class _LiveSession:
    """One socket: the task that calls `run` owns it and everything that belongs to it."""

    def __init__(self, agent: NodeAgent, connection: Connection) -> None:
        self._agent = agent
        self._identity = agent._identity
        self._service = agent._service
        self._connection = connection
        self._machine = NodeSession(self._identity.gateway)
        self._gates: dict[JobId, CreditGate] = {}
        self._work: dict[JobId, asyncio.Task[Done | Failed]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._cancelled: set[JobId] = set()
        self._heartbeat: asyncio.Task[None] | None = None
        self._heartbeat_s = 10.0
        self._adapters = AdapterOffers()
        self._adapters_changed = asyncio.Event()
        self._hint: asyncio.Task[None] | None = None
        self._end_reason = ""

    async def run(self) -> str:
        code, goodbye = CloseCode.GOING_AWAY, ""
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
            return self._end_reason or lost.reason
        finally:
            await self._end_all()
            await self._connection.close(code, goodbye)

    async def drain(self, reason: str) -> None:
        """Tells the gateway and waits until the last job has its terminal, then ends the session."""
        if self._machine.phase is not Phase.LIVE:
            self._end_reason = "the node drains"
            await self._connection.close(CloseCode.GOING_AWAY, reason)
            return
        try:
            await self._connection.send(Drain(reason=reason).to_json())
            while self._running:
                await asyncio.wait(self._running)
            await self._connection.send(Bye(reason=reason).to_json())
        except ConnectionLost:
            log.info("the gateway left before the node had drained")
        self._end_reason = "the node drained"
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
            self._start_job(action)
        elif isinstance(action, RefuseJob):
            refusal = GenerationFailed(
                FailureCode.CAPACITY, "More jobs than this session allows.", capacity=self._service.capacity
            )
            await self._connection.send(failed(action.job_id, refusal).to_json())
        elif isinstance(action, MoreCredit):
            self._gates[action.job_id].opened()
        elif isinstance(action, CancelJob):
            self._cancelled.add(action.job_id)
            self._work[action.job_id].cancel()
        elif isinstance(action, AdapterHint):
            self._follow_hint(action)
        elif isinstance(action, GatewayDrains):
            log.info("the gateway drains: %s", action.reason)
        elif isinstance(action, Rejection):
            self._rejected(action.rejected)
        elif isinstance(action, WrongGateway):
            raise EngineExit(
                ExitCode.CONFIGURATION,
                "wrong_gateway",
                f"The gateway at {self._identity.gateway} calls itself {action.claimed}, so it may not have this "
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
        identity = self._identity
        registration = Register(
            node_id=node_id_of(identity.key),
            models=(self._service.offer,),
            roles=(Role.SERVING,),
            max_concurrency=self._service.capacity.max_concurrency,
            device=identity.device,
            engine_version=__version__,
            loads_adapters=self._agent._on_adapter_hint is not None,
            continues_answers=True,
            grant=self._agent.grant,
            signature=sign_registration(
                identity.key, nonce=action.nonce, session_id=action.session_id, gateway=identity.gateway
            ),
        )
        return self._adapters.register(registration, self._service.adapters)

    def _became_live(self, live: Live) -> None:
        self._agent._policy.registered(time.monotonic())
        self._heartbeat = asyncio.create_task(self._beat(), name="heartbeat")
        self._agent._emit(
            RegisteredEvent(
                gateway=self._identity.gateway, session_id=self._machine.session_id, generation=live.generation
            )
        )

    def _rejected(self, rejected: Rejected) -> None:
        if rejected.code.worth_retrying:
            self._end_reason = f"the gateway refused for now ({rejected.code.value}): {rejected.message}"
            return
        grant_problem = rejected.code in _GRANT_PROBLEMS
        raise EngineExit(
            ExitCode.KEY_OR_GRANT_INVALID if grant_problem else ExitCode.REJECTED_BY_GATEWAY,
            rejected.code.value,
            f"The gateway {self._identity.gateway} rejected this node ({rejected.code.value}): {rejected.message}",
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
        load = self._agent._on_adapter_hint
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
        capacity, stats = self._service.capacity, self._service.backend_stats()
        return Heartbeat(
            active=capacity.active,
            queued=capacity.queued,
            free_vram_mb=stats.free_vram_mb,
            free_adapter_slots=stats.free_adapter_slots,
            draining=self._service.draining,
            telemetry=Telemetry(tokens_per_second=round(self._service.tokens_per_second(), 2)),
        )

    def _start_job(self, start: StartJob) -> None:
        job_id = JobId(start.job.job_id)
        gate = CreditGate(start.credit)
        meter = UsageMeter(self._identity.key, self._identity.gateway, start.job)
        run = JobRun(start.job, gate, start.payload_bytes, self._service, self._connection.send, meter)
        self._gates[job_id] = gate
        # The work is a task of its own: one that is cancelled before its first step still gets its terminal.
        work = asyncio.create_task(run.run(), name=f"work {job_id}")
        self._work[job_id] = work
        running = asyncio.create_task(self._see_through(job_id, work), name=f"job {job_id}")
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def _see_through(self, job_id: JobId, work: asyncio.Task[Done | Failed]) -> None:
        """Sends the job's one terminal, whatever becomes of the work."""
        terminal: Done | Failed
        try:
            terminal = await work
        except asyncio.CancelledError:
            if job_id not in self._cancelled:
                raise
            terminal = failed(job_id, GenerationFailed(FailureCode.CANCELLED, "The gateway cancelled the job."))
        except ConnectionLost:
            return
        except Exception:
            log.exception("job %s failed", job_id)
            terminal = failed(job_id, GenerationFailed(FailureCode.ENGINE_ERROR, "The engine failed; see its log."))
        finally:
            del self._gates[job_id], self._work[job_id]
            self._cancelled.discard(job_id)
            owed = self._machine.end_job(job_id)
        if owed:
            try:
                await self._connection.send(terminal.to_json())
            except ConnectionLost:
                return

    async def _end_all(self) -> None:
        # The work as well: a task that was to see it through may be cancelled before it ever looked at it.
        tasks: list[asyncio.Task[Any]] = [*self._running, *self._work.values()]
        tasks += [task for task in (self._heartbeat, self._hint) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
