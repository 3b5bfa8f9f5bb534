"""All node sockets of this gateway: it lets them in, watches over them and opens jobs on them."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Collection, Mapping
from random import Random

from r3mes_api.accounts.client_address import is_trusted, parse_networks
from r3mes_api.asgi import FRAMES, Receive, Scope, Send
from r3mes_api.nodes.admission import Entrance, SessionTerms
from r3mes_api.nodes.carrier import JobHolder, ParkedJobs
from r3mes_api.nodes.deadlines import Deadlines
from r3mes_api.nodes.inbox import JobInbox
from r3mes_api.nodes.job import NodeJob
from r3mes_api.nodes.places import Reservation
from r3mes_api.nodes.registry import Accepted, NodeRegistry
from r3mes_api.nodes.session import NodeSession
from r3mes_api.nodes.session_end import SessionEnd
from r3mes_api.routing.choice import NoChoice, Target
from r3mes_api.routing.ledger import Lost
from r3mes_api.routing.question import Question
from r3mes_api.settings import Settings
from r3mes_api.web.metrics import Gauge
from r3mes_protocol import NODE_SUBPROTOCOL, RESUME_SUBPROTOCOL
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.limits import MAX_JOB_BYTES
from r3mes_protocol.messages import Bye, CloseCode, RejectCode, encode_job
from r3mes_protocol.origin import gateway_origin
from r3mes_protocol.wire import GatewayOrigin, JobId, NodeId, SessionId, utf8_length

logger = logging.getLogger(__name__)

SEND_OFF_S = 60.0
"""For what runs on a node that has to go; most answers are over by then, and the others move to another node."""

SWEEP_S = 1.0
"""How often silent sessions are looked for: far below two heartbeats."""


class NodeSessions:
    """Observes its sessions (`SessionObserver`) and gives requests a way to them."""

    def __init__(
        self, settings: Settings, registry: NodeRegistry, entrance: Entrance, clock: Callable[[], float]
    ) -> None:
        self.registry = registry
        self._settings = settings
        self._entrance = entrance
        self._clock = clock
        self._sessions: dict[SessionId, NodeSession] = {}
        self._parked: dict[SessionId, ParkedJobs] = {}
        """The jobs of nodes that lost their sockets a moment ago."""
        self._unregistered: set[NodeSession] = set()
        self._open: set[NodeSession] = set()
        self._all_left = asyncio.Event()
        self._waiting_for_room: deque[asyncio.Future[None]] = deque()
        self._draining = False
        self._loop = asyncio.get_running_loop()
        self._deadlines = Deadlines(self._loop)
        # Nobody gains by guessing one, and asking the system for each costs more than choosing the node.
        self._job_ids = Random(secrets.randbits(256))
        self.elsewhere: Callable[[Reservation], JobHolder] | None = None
        """The way to a node of another replica, where there are replicas."""
        self._trusted_proxies = parse_networks(",".join(settings.trusted_proxies))
        self.changed: Callable[[], None] | None = None
        """Called when a node has registered or left, where there are replicas."""

    # --- sockets ---

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application of the session's address; the handshake has been received."""
        origin = self._check(scope)
        await send({"type": "websocket.accept", "subprotocol": NODE_SUBPROTOCOL})
        terms = SessionTerms(SessionId(secrets.token_hex(16)), secrets.token_hex(32), origin)
        session = NodeSession(
            terms,
            receive,
            send,
            scope.get("extensions", {}).get(FRAMES),
            resumes=RESUME_SUBPROTOCOL in scope["subprotocols"],
            settings=self._settings,
            registry=self.registry,
            entrance=self._entrance,
            observer=self,
            clock=self._clock,
        )
        self._unregistered.add(session)
        self._open.add(session)
        try:
            await session.run()
        finally:
            self._open.discard(session)
            if not self._open:
                self._all_left.set()

    def _check(self, scope: Scope) -> GatewayOrigin:
        """Raises ApiError for a handshake that is refused before it costs anything."""
        if self._draining:
            raise ApiError(ErrorCode.SHUTTING_DOWN, "This gateway is shutting down; connect to another one.")
        if NODE_SUBPROTOCOL not in scope.get("subprotocols", ()):
            raise ApiError(
                ErrorCode.INVALID_REQUEST, f"This address speaks the WebSocket subprotocol {NODE_SUBPROTOCOL}."
            )
        if len(self._unregistered) >= self._settings.max_unregistered_sockets:
            raise ApiError(
                ErrorCode.NETWORK_BUSY, "Too many nodes are registering at this moment; try again.", retry_after_s=2
            )
        if self._settings.public_url is not None:
            return self._settings.public_url
        host = next((bytes(value).decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        try:
            return gateway_origin(f"{self._scheme(scope)}://{host}")
        except ValueError as error:
            raise ApiError(ErrorCode.INVALID_REQUEST, f"The Host header is no address: {error}.") from None

    def _scheme(self, scope: Scope) -> str:
        """How the node dialled, where a proxy that is believed took the encryption off."""
        client = scope.get("client")
        told = next(
            (bytes(value).decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-proto"), ""
        )
        if told in ("http", "https") and client and is_trusted(client[0], self._trusted_proxies):
            return told
        return str(scope["scheme"])

    async def watch(self) -> None:
        """Ends sessions that fell silent, and lets the entrance look again; runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._entrance.watch(self), name="entrance")
            group.create_task(self._watch_for_silence(), name="silence")

    def gauges(self) -> list[Gauge]:
        return self._entrance.gauges()

    def send_off(self, session_id: SessionId, code: RejectCode, reason: str) -> None:
        """Called at each look of the entrance: what runs may finish until then."""
        session = self._sessions.get(session_id)
        node = self.registry.node(session.node_id) if session is not None and session.node_id is not None else None
        if session is None or node is None or node.session_id != session_id:
            return
        if not node.leaving:
            node.leaving = node.draining = True
            logger.info("node %s is sent off: %s", node.node_id[:12], code.value)
            session.drain(reason)
            self.registry.drain(session_id)
            self._loop.call_later(SEND_OFF_S, session.end, SessionEnd.rejected(code, reason))
        if not node.jobs:
            session.end(SessionEnd.rejected(code, reason))

    async def _watch_for_silence(self) -> None:
        while True:
            await asyncio.sleep(min(SWEEP_S, self._settings.heartbeat_s / 4))
            for session_id in self.registry.dead(self._clock()):
                session = self._sessions.get(session_id)
                if session is not None:
                    session.end(
                        SessionEnd(CloseCode.SILENT, Lost.SILENT, Bye(reason="No heartbeat and no other traffic."))
                    )

    def hint(self, node_id: NodeId, adapter: str) -> None:
        """Tells a node that requests for an adapter which it offers are to be expected."""
        node = self.registry.node(node_id)
        session = self._sessions.get(node.session_id) if node is not None else None
        if node is not None and session is not None and adapter in node.adapters:
            session.hint(adapter, node.adapters[adapter].digest)

    def drain(self) -> None:
        """No new node; those that are here are told to move."""
        self._draining = True
        for parked in tuple(self._parked.values()):
            # Nobody is let in any more, so nobody can come back.
            parked.give_up(Lost.DISCONNECTED)
        for session in self._sessions.values():
            session.drain("This gateway is shutting down.")

    async def close(self) -> None:
        """Says good-bye on every socket and returns when they are all left."""
        self._draining = True
        for parked in tuple(self._parked.values()):
            parked.give_up(Lost.DISCONNECTED)
        for session in tuple(self._open):
            session.end(SessionEnd(CloseCode.GOING_AWAY, Lost.DISCONNECTED, Bye(reason="Shutting down.")))
        try:
            if self._open:
                self._all_left.clear()
                await self._all_left.wait()
        finally:
            await self._entrance.close()

    # --- what sessions tell ---

    def jobs_to_resume(self, accepted: Accepted) -> dict[JobId, JobInbox]:
        dropped = self._parked.get(accepted.dropped) if accepted.dropped is not None else None
        if dropped is not None:
            dropped.give_up(Lost.REPLACED)
        if accepted.resumes is None:
            return {}
        if accepted.resumes == accepted.replaced:
            # The node noticed the loss of its socket before this end of it did.
            return self._sessions[accepted.resumes].jobs.hand_over()
        return self._parked.pop(accepted.resumes).take()

    def keeps_jobs(self, session: NodeSession, jobs: Mapping[JobId, JobInbox]) -> bool:
        if self._draining or not self.registry.suspended(session.session_id, self._clock()):
            return False
        self._parked[session.session_id] = ParkedJobs(
            session.session_id,
            jobs,
            self.registry,
            grace_s=self._settings.resume_grace_s,
            clock=self._clock,
            on_end=self._grace_ended,
        )
        return True

    def _grace_ended(self, session_id: SessionId) -> None:
        del self._parked[session_id]
        self.room_changed()

    def session_registered(self, session: NodeSession, replaced: SessionId | None) -> None:
        self._unregistered.discard(session)
        self._sessions[session.session_id] = session
        if self.changed is not None:
            self.changed()
        older = self._sessions.get(replaced) if replaced is not None else None
        if older is not None:
            older.end(
                SessionEnd(CloseCode.REPLACED, Lost.REPLACED, Bye(reason="This node came back under a new connection."))
            )

    def moved(self, session_id: SessionId) -> None:
        """The node has come back at another replica, where its jobs can't go on; they are not waited for here."""
        parked = self._parked.get(session_id)
        if parked is not None:
            parked.give_up(Lost.MOVED)
        session = self._sessions.get(session_id)
        if session is not None:
            session.end(
                SessionEnd(CloseCode.REPLACED, Lost.MOVED, Bye(reason="This node came back at another replica."))
            )

    def gateway_of(self, session_id: SessionId) -> GatewayOrigin | None:
        """The origin that the session's node dialled."""
        session = self._sessions.get(session_id)
        return session.gateway if session is not None else None

    def session_left(self, session: NodeSession) -> None:
        self._unregistered.discard(session)
        self._sessions.pop(session.session_id, None)
        if self.changed is not None:
            self.changed()

    def room_changed(self) -> None:
        while self._waiting_for_room:
            waiter = self._waiting_for_room.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    @property
    def open_sockets(self) -> int:
        return len(self._open)

    # --- jobs ---

    @property
    def waiting(self) -> int:
        return len(self._waiting_for_room)

    async def room(self, timeout_s: float) -> None:
        """Waits until a place may have come free, first come first served, or until the time-out."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting_for_room.append(waiter)
        try:
            async with asyncio.timeout(timeout_s):
                await waiter
        except TimeoutError:
            pass
        finally:
            if waiter in self._waiting_for_room:
                self._waiting_for_room.remove(waiter)

    def open(
        self, question: Question, excluded: Collection[NodeId], first_token_by: float, answer_by: float
    ) -> NodeJob | NoChoice:
        """Takes a place on the best node and sends it the job. Raises ApiError BODY_TOO_LARGE."""
        now = self._clock()
        job_id = JobId(f"{self._job_ids.getrandbits(64):016x}")
        reservation = self.registry.places.reserve(job_id, question.wanted, now, excluded)
        if isinstance(reservation, NoChoice):
            return reservation
        frame = encode_job(
            job_id,
            question.completion_id,
            {**question.body, "model": reservation.target.model, "adapter": reservation.target.adapter},
            _milliseconds(first_token_by - now),
            _milliseconds(answer_by - now),
            question.kind,
        )
        if (len(frame) if frame.isascii() else utf8_length(frame)) > MAX_JOB_BYTES:
            self.registry.places.release(job_id)
            raise ApiError(ErrorCode.BODY_TOO_LARGE, f"The request is larger than {MAX_JOB_BYTES} bytes for a node.")
        return self._start(reservation, frame, now, gathers=question.whole)

    def open_for_replica(self, job_id: JobId, node_id: NodeId, frame: str) -> NodeJob | None:
        """The job of another replica on a node of this one. None where the node can't take it now."""
        now = self._clock()
        session_id = self.registry.places.reserve_on(job_id, node_id, now)
        if session_id is None:
            return None
        return self._start(Reservation(job_id, node_id, None, session_id, Target("", None), []), frame, now)

    def _start(self, reservation: Reservation, frame: str, now: float, *, gathers: bool = False) -> NodeJob:
        holder = self._holder(reservation)
        inbox = JobInbox(reservation.job_id, holder.window, self._loop, self._deadlines, gathers=gathers)
        inbox.carrier = holder
        holder.start_job(inbox, frame)
        return NodeJob(reservation, inbox, holder.window, now, holder.gateway)

    def _holder(self, reservation: Reservation) -> JobHolder:
        if reservation.replica is None:
            return self._sessions[reservation.session_id].holder
        assert self.elsewhere is not None
        return self.elsewhere(reservation)


def _milliseconds(seconds: float) -> int:
    return max(0, min(int(seconds * 1000), 24 * 3600 * 1000))
