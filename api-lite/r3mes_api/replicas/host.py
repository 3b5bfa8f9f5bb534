"""The other end of a replica's connection: jobs of that replica on nodes of this one."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable

from r3mes_api.asgi import FRAMES, Receive, Scope, Send
from r3mes_api.lifecycle import Lifecycle
from r3mes_api.nodes.inbox import Segment
from r3mes_api.nodes.job import NodeJob
from r3mes_api.nodes.sessions import NodeSessions
from r3mes_api.replicas.wire import (
    MAX_HANDSHAKE_BYTES,
    MAX_TEXT_BYTES,
    REPLICA_SUBPROTOCOL,
    Forward,
    HostHello,
    Role,
    Welcome,
    encode_piece,
    encode_terminal,
    is_proof,
    proof_of,
    read_dialler,
    read_join,
)
from r3mes_api.routing.attempt import blames_node
from r3mes_api.routing.ledger import Lost, Terminal
from r3mes_api.settings import Settings
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.messages import Cancel, Capacity, Done, Failed, FailureCode, Window
from r3mes_protocol.wire import JobId, NodeId, ProtocolError

logger = logging.getLogger(__name__)

MAX_STRANGERS = 16
"""Sockets at once that have not shown yet that they know the secret."""

POLICY_VIOLATION = 1008
GOING_AWAY = 1001


class ReplicaHost:
    def __init__(
        self,
        own_id: str,
        sessions: NodeSessions,
        lifecycle: Lifecycle,
        *,
        settings: Settings,
        clock: Callable[[], float],
    ) -> None:
        assert settings.replica_secret is not None
        self._own_id = own_id
        self._secret = settings.replica_secret
        self._sessions = sessions
        self._lifecycle = lifecycle
        self._settings = settings
        self._clock = clock
        self._strangers = 0
        self._guests: set[_Guest] = set()
        self._closing = False

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application of the address; the handshake has been received. Raises ApiError before it accepts."""
        if self._closing:
            raise ApiError(ErrorCode.SHUTTING_DOWN, "This gateway is shutting down.")
        if REPLICA_SUBPROTOCOL not in scope.get("subprotocols", ()):
            raise ApiError(
                ErrorCode.INVALID_REQUEST, f"This address speaks the WebSocket subprotocol {REPLICA_SUBPROTOCOL}."
            )
        if self._strangers >= MAX_STRANGERS:
            raise ApiError(ErrorCode.NETWORK_BUSY, "Too many replicas are connecting at this moment.", retry_after_s=1)
        self._strangers += 1
        try:
            await send({"type": "websocket.accept", "subprotocol": REPLICA_SUBPROTOCOL})
            replica_id = await self._admit(receive, send)
        finally:
            self._strangers -= 1
        if replica_id is None:
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        frames = scope.get("extensions", {}).get(FRAMES)
        if frames is not None:
            frames.allow(MAX_TEXT_BYTES)
        guest = _Guest(replica_id, send, self._sessions, self._lifecycle, settings=self._settings, clock=self._clock)
        self._guests.add(guest)
        try:
            await guest.run(receive)
        finally:
            self._guests.discard(guest)

    async def _admit(self, receive: Receive, send: Send) -> str | None:
        """The replica at the other end; None for a stranger."""
        nonce = secrets.token_hex(32)
        await send({"type": "websocket.send", "text": HostHello(replica_id=self._own_id, nonce=nonce).to_json()})
        try:
            async with asyncio.timeout(self._settings.register_timeout_s):
                event = await receive()
            text = event.get("text") or ""
            if event["type"] != "websocket.receive" or len(text) > MAX_HANDSHAKE_BYTES:
                return None
            join = read_join(text)
        except (TimeoutError, ProtocolError):
            return None
        names = {
            "dialler": join.replica_id, "dialler_nonce": join.nonce, "host": self._own_id, "host_nonce": nonce,
        }  # fmt: skip
        if not is_proof(join.proof, proof_of(Role.DIALLER, self._secret, **names)):
            logger.warning("a socket at the replicas' address does not know the secret")
            return None
        welcome = Welcome(
            proof=proof_of(Role.HOST, self._secret, **names), window_bytes=self._settings.initial_window_bytes
        )
        await send({"type": "websocket.send", "text": welcome.to_json()})
        logger.info("replica %s may use the nodes of this one", join.replica_id[:8])
        return join.replica_id

    def close(self) -> None:
        self._closing = True
        for guest in tuple(self._guests):
            guest.end()


class _Guest:
    """One other replica that is connected. The task that serves its socket owns it."""

    def __init__(
        self,
        replica_id: str,
        send: Send,
        sessions: NodeSessions,
        lifecycle: Lifecycle,
        *,
        settings: Settings,
        clock: Callable[[], float],
    ) -> None:
        self._replica_id = replica_id
        self._send = send
        self._sessions = sessions
        self._lifecycle = lifecycle
        self._settings = settings
        self._clock = clock
        self._owner: asyncio.Task[object] | None = None
        self._jobs: dict[JobId, _ForwardedJob] = {}
        self._ending = False

    async def run(self, receive: Receive) -> None:
        """Until the socket ends or says nothing for too long; then its jobs are left."""
        self._owner = asyncio.current_task()
        why = "the connection ended"
        try:
            while True:
                async with asyncio.timeout(self._settings.replica_silence_s):
                    event = await receive()
                if event["type"] != "websocket.receive":
                    break
                await self._message(event.get("text") or "")
        except TimeoutError:
            why = "it fell silent"
        except ProtocolError as error:
            why = error.reason
        except asyncio.CancelledError:
            if not self._ending or self._owner is None:
                raise
            self._owner.uncancel()
            why = "this gateway ends"
        finally:
            tasks = [job.task for job in self._jobs.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            logger.info("replica %s left: %s", self._replica_id[:8], why)
        try:
            async with asyncio.timeout(self._settings.session_close_timeout_s):
                await self._send({"type": "websocket.close", "code": GOING_AWAY})
        except Exception as error:
            logger.debug("no last words to replica %s: %s", self._replica_id[:8], type(error).__name__)

    def end(self) -> None:
        if not self._ending and self._owner is not None:
            self._ending = True
            self._owner.cancel()

    async def _message(self, text: str) -> None:
        message, job = read_dialler(text)
        if isinstance(message, Forward):
            await self._forward(message, job)
        elif isinstance(message, Window):
            running = self._jobs.get(JobId(message.job_id))
            if running is not None:
                running.job.taken(message.bytes)
        elif isinstance(message, Cancel):
            running = self._jobs.get(JobId(message.job_id))
            if running is not None:
                running.task.cancel()

    async def _forward(self, forward: Forward, frame: str) -> None:
        job_id, node_id = JobId(forward.job_id), NodeId(forward.node_id)
        job = None
        code = FailureCode.DRAINING
        capacity = None
        try:
            self._lifecycle.check()
            job = self._sessions.open_for_replica(job_id, node_id, frame)
            node = self._sessions.registry.node(node_id)
            if job is None and node is not None and node.replica is None and not node.draining:
                code = FailureCode.CAPACITY
                capacity = Capacity(active=len(node.jobs), queued=node.queued, max_concurrency=node.max_concurrency)
        except ApiError:
            # This gateway has all the requests that it can have, or it ends.
            job = None
        if job is None:
            refusal = Failed(
                job_id=job_id, code=code, message="The node can't take the job now.", retryable=True, capacity=capacity
            )
            await self._send({"type": "websocket.send", "text": refusal.to_json()})
            return
        forwarded = self._jobs[job_id] = _ForwardedJob(job, self, self._clock() + forward.deadline_ms / 1000)
        self._lifecycle.enter(forwarded)

    # --- the relay, a task for each job ---

    async def relay(self, forwarded: _ForwardedJob) -> None:
        job = forwarded.job
        try:
            terminal = await self._pieces(job, forwarded.until)
            self._judge(job, terminal)
            await self._send({"type": "websocket.send", "text": encode_terminal(job.job_id, terminal)})
        except asyncio.CancelledError:
            if forwarded.shutting_down:
                text = encode_terminal(job.job_id, Lost.REPLICA_GONE)
                await self._send({"type": "websocket.send", "text": text})
            raise

    def left(self, forwarded: _ForwardedJob) -> None:
        """The relay is over, or was cancelled before it began."""
        forwarded.job.leave()
        del self._jobs[forwarded.job.job_id]
        self._lifecycle.leave(forwarded)

    async def _pieces(self, job: NodeJob, until: float) -> Terminal:
        while True:
            try:
                item = await job.inbox.next(until)
            except TimeoutError:
                return Lost.ABANDONED
            if not isinstance(item, Segment):
                return item
            # What waits here is bounded by the job's credit, which only the other end's client renews.
            await self._send({"type": "websocket.send", "bytes": encode_piece(job.job_id, item.kind, item.payload)})

    def _judge(self, job: NodeJob, terminal: Terminal) -> None:
        registry, now = self._sessions.registry, self._clock()
        if isinstance(terminal, Done):
            registry.memory.succeeded(job.node_id, now)
        elif blames_node(terminal):
            registry.memory.failed(job.node_id, now)


class _ForwardedJob:
    """Counts as a running request: a gateway that drains finishes it."""

    def __init__(self, job: NodeJob, guest: _Guest, until: float) -> None:
        self.job = job
        self.until = until
        self.shutting_down = False
        self.task = asyncio.create_task(guest.relay(self), name=f"forwarded-{job.job_id}")
        self.task.add_done_callback(lambda _: guest.left(self))

    def shut_down(self) -> None:
        self.shutting_down = True
        self.task.cancel()

    def look(self, now: float) -> None:
        """The deadline is the relay's."""
