"""One node's socket: one task owns and reads it, one writer writes it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NoReturn, Protocol

from r3mes_api.asgi import Frames, Receive, Send
from r3mes_api.nodes.admission import Entrance, SessionTerms, read_registration
from r3mes_api.nodes.inbox import JobInbox
from r3mes_api.nodes.registry import Accepted, NodeRegistry, Refused
from r3mes_api.nodes.session_end import NORMAL_CLOSURE, SessionEnd
from r3mes_api.nodes.session_jobs import SessionJobs
from r3mes_api.nodes.writer import SessionWriter
from r3mes_api.routing.ledger import Lost, Violation
from r3mes_api.settings import Settings
from r3mes_protocol.frames import decode_frame
from r3mes_protocol.limits import MAX_FRAME_BYTES
from r3mes_protocol.messages import (
    Acknowledged,
    Adapters,
    Bye,
    CloseCode,
    Done,
    Drain,
    Failed,
    FailureCode,
    Heartbeat,
    Hello,
    Limits,
    LoadAdapter,
    ProtocolError,
    Register,
    Registered,
    RejectCode,
    parse_node_message,
)
from r3mes_protocol.wire import GatewayOrigin, JobId, NodeId, SessionId, WireModel

if TYPE_CHECKING:
    from r3mes_api.endpoints.calls import Endpoint
    from r3mes_api.nodes.carrier import JobHolder

logger = logging.getLogger(__name__)

LOST_SOCKETS = (1005, 1006)
"""Close codes of a socket that ended without a word. A node that leaves on purpose says so, with another code."""

ACKNOWLEDGED_AT_ONCE = 16
"""Terminals are acknowledged together: a node can keep so many, and one small frame for each request would cost."""


class SessionObserver(Protocol):
    """Who is told of what happens on a session beyond the registry."""

    def jobs_to_resume(self, accepted: Accepted) -> dict[JobId, JobInbox]:
        """Hands over the jobs of the session that the new one resumes, and ends those that nobody resumes."""
        ...

    def session_registered(self, session: NodeSession, replaced: SessionId | None) -> None: ...

    def session_left(self, session: NodeSession) -> None: ...

    def keeps_jobs(self, session: NodeSession, jobs: Mapping[JobId, JobInbox]) -> bool:
        """Whether the jobs of a lost socket wait for their node; it is so if they do."""
        ...

    def room_changed(self) -> None:
        """A place on a node may have come free."""
        ...


class NodeSession:
    def __init__(
        self,
        terms: SessionTerms,
        receive: Receive,
        send: Send,
        frames: Frames | None = None,
        *,
        resumes: bool = False,
        settings: Settings,
        registry: NodeRegistry,
        entrance: Entrance,
        observer: SessionObserver,
        clock: Callable[[], float],
    ) -> None:
        self.session_id = terms.session_id
        self.node_id: NodeId | None = None
        self.registered = False
        self._resumes = resumes and settings.resume_grace_s > 0
        """Whether node and gateway both know how to go on after a lost socket."""
        self._terminals: list[JobId] = []
        """Arrived and not acknowledged yet."""
        self._terms = terms
        self._receive = receive
        self._frames = frames
        self._settings = settings
        self._registry = registry
        self._entrance = entrance
        self._observer = observer
        self._clock = clock
        self._writer = SessionWriter(
            send, frames, max_bytes=settings.session_queue_bytes, timeout_s=settings.session_write_timeout_s
        )
        self._owner: asyncio.Task[object] | None = None
        self._ending: SessionEnd | None = None
        self._strays = 0
        self.jobs = SessionJobs(
            registry.places,
            self._send,
            settings=settings,
            gateway=terms.gateway,
            shown_id=self._shown_id,
            room_changed=observer.room_changed,
            clock=clock,
        )
        self.holder: JobHolder = self.jobs
        """Takes the node's jobs: this session's own, or the calls to the node's endpoint."""

    @property
    def gateway(self) -> GatewayOrigin:
        return self._terms.gateway

    # --- the owner task ---

    async def run(self) -> None:
        """Serves the accepted socket until it ends; then every job of it has its terminal."""
        self._owner = asyncio.current_task()
        writing = asyncio.create_task(self._writer.run(), name=f"node-writer-{self.session_id}")
        writing.add_done_callback(self._writer_ended)
        end = SessionEnd(CloseCode.GOING_AWAY, Lost.DISCONNECTED)
        try:
            end = await self._until_end()
        finally:
            self._ending = self._ending or end
            self.jobs.close(self._ending.lost)
            writing.cancel()
            self._leave(end)
        await self._last_words(end)

    async def _until_end(self) -> SessionEnd:
        try:
            await self._serve()
        except SessionEnd as end:
            return end
        except asyncio.CancelledError:
            if self._ending is None or self._owner is None:
                raise
            self._owner.uncancel()
            return self._ending

    def end(self, end: SessionEnd) -> None:
        """Ends the session from outside its task."""
        if self._ending is None and self._owner is not None:
            self._ending = end
            self.jobs.close(end.lost)
            self._owner.cancel()

    def _writer_ended(self, writing: asyncio.Task[None]) -> None:
        if not writing.cancelled() and writing.exception() is not None:
            self.end(SessionEnd(CloseCode.GOING_AWAY, Lost.STUCK))

    def _leave(self, end: SessionEnd) -> None:
        jobs = self.jobs.hand_over()
        self._observer.session_left(self)
        if end.may_come_back and self._resumes and jobs and self._observer.keeps_jobs(self, jobs):
            logger.info("node %s lost its connection; %d jobs wait for it", self._shown_id(), len(jobs))
            return
        removed = self._registry.closed(self.session_id, self._clock())
        if self.registered:
            logger.info("node %s left: %s, %d jobs lost", self._shown_id(), end.lost.value, len(jobs))
        for inbox in jobs.values():
            inbox.end(end.lost)
        if removed is not None:
            self._observer.room_changed()

    async def _last_words(self, end: SessionEnd) -> None:
        if end.last_frame is not None:
            self._writer.put(end.last_frame.to_json())
        try:
            await self._writer.last_words(end.code, self._settings.session_close_timeout_s)
        except Exception as error:
            # The socket is gone or stuck; the server closes it when this task returns.
            logger.debug("no last words to session %s: %s", self.session_id, type(error).__name__)

    def _shown_id(self) -> str:
        return self.node_id[:12] if self.node_id is not None else "unregistered"

    # --- registration ---

    async def _serve(self) -> NoReturn:
        await self._handshake()
        if self._frames is not None:
            # From here on frames are handled as they come; only the end of the socket is waited for.
            self._frames.deliver_to(self._deliver)
        while True:
            self._deliver(await self._next_frame())

    async def _handshake(self) -> None:
        self._say(
            Hello(
                session_id=self._terms.session_id,
                nonce=self._terms.nonce,
                gateway=self._terms.gateway,
                heartbeat_s=self._settings.heartbeat_s,
                server_time=int(time.time()),
            )
        )
        try:
            async with asyncio.timeout(self._settings.register_timeout_s):
                frame = await self._next_frame()
        except TimeoutError:
            raise SessionEnd.rejected(
                RejectCode.REGISTER_TIMEOUT,
                f"No register message within {self._settings.register_timeout_s:g} s.",
            ) from None
        message = read_registration(frame)
        if isinstance(message, Bye):
            raise SessionEnd(NORMAL_CLOSURE, Lost.DISCONNECTED)
        if isinstance(message, Register):
            await self._register(message)
        else:
            self._refuse(message)

    async def _register(self, message: Register) -> None:
        admitted = await self._entrance.admit(message, self._terms, time.time())
        if isinstance(admitted, Refused):
            self._refuse(admitted)
            return
        accepted = self._registry.register(self.session_id, message, admitted.owner, self._clock())
        if isinstance(accepted, Refused):
            self._refuse(accepted)
            return
        self.node_id = NodeId(message.node_id)
        self.registered = True
        held = self._observer.jobs_to_resume(accepted)
        resumed = self.jobs.take_back(held, message.resume) if message.resume is not None else None
        node = self._registry.node(message.node_id)
        if node is not None:
            node.stake = admitted.stake
            node.grant_begins = message.grant.grant.not_before if message.grant is not None else None
        if admitted.endpoint is not None:
            self.holder = self._endpoint_calls(admitted.endpoint)
        self._say(
            Registered(
                generation=accepted.generation,
                limits=Limits(
                    initial_window_bytes=self._settings.initial_window_bytes,
                    max_jobs=self._settings.max_jobs_per_node,
                    max_adapters=self._registry.max_adapters_per_node,
                ),
                resume_grace_s=self._settings.resume_grace_s if self._resumes else None,
                resumed=resumed,
            )
        )
        logger.info("node %s registered, generation %d", self._shown_id(), accepted.generation)
        self._observer.session_registered(self, accepted.replaced)
        self._observer.room_changed()

    def _endpoint_calls(self, endpoint: Endpoint) -> JobHolder:
        # Only a gateway that calls endpoints loads the client.
        from r3mes_api.endpoints.calls import EndpointCalls

        return EndpointCalls(
            endpoint,
            self._registry,
            window=self.jobs.window,
            gateway=self.gateway,
            room_changed=self._observer.room_changed,
            clock=self._clock,
            unix=time.time,
        )

    def _refuse(self, refused: Refused) -> None:
        logger.info("session %s refused: %s", self.session_id, refused.code.value)
        raise SessionEnd.rejected(refused.code, refused.message)

    # --- frames ---

    def _deliver(self, frame: str | bytes) -> None:
        if self._ending is not None:
            return
        self._registry.heard(self.session_id, self._clock())
        try:
            if isinstance(frame, bytes):
                self._binary(frame)
            else:
                self._control(frame)
        except SessionEnd as end:
            self.end(end)

    async def _next_frame(self) -> str | bytes:
        event = await self._receive()
        if event["type"] != "websocket.receive":
            lost = event.get("code") in LOST_SOCKETS
            raise SessionEnd(NORMAL_CLOSURE, Lost.DISCONNECTED, may_come_back=lost)
        data = event.get("bytes")
        frame: str | bytes = data if data is not None else event["text"]
        return frame

    def _binary(self, data: bytes) -> None:
        if len(data) > MAX_FRAME_BYTES:
            inbox = self.jobs.get(JobId(data[:8].hex()))
            if inbox is None:
                raise SessionEnd.broke_protocol(
                    RejectCode.FRAME_TOO_LARGE, f"A binary frame may have {MAX_FRAME_BYTES} bytes at most."
                )
            self._violated(inbox, Violation.TOO_LARGE)
            return
        try:
            frame = decode_frame(data)
        except ProtocolError as error:
            raise SessionEnd.broke_protocol(RejectCode.MALFORMED, error.reason) from None
        inbox = self.jobs.get(frame.job_id)
        if inbox is None:
            self._stray()
            return
        violation = inbox.frame(frame.kind, frame.payload)
        if violation is not None:
            self._violated(inbox, violation)

    def _control(self, text: str) -> None:
        try:
            message = parse_node_message(text)
        except ProtocolError as error:
            raise SessionEnd.broke_protocol(RejectCode.MALFORMED, error.reason) from None
        # The most frequent first: to find that a model is no other model costs pydantic a call.
        if isinstance(message, Done):
            self._terminal(message)
        elif isinstance(message, Heartbeat):
            self._registry.heartbeat(self.session_id, message, self._clock())
            self._acknowledge()
            self._observer.room_changed()
        elif isinstance(message, Failed):
            if self._terminal(message) and message.code is FailureCode.DRAINING:
                self._registry.drain(self.session_id)
        elif isinstance(message, Adapters):
            if not self._registry.adapters_changed(self.session_id, message):
                raise SessionEnd.broke_protocol(
                    RejectCode.MALFORMED,
                    f"More than {self._registry.max_adapters_per_node} adapters; this gateway takes no more of a node.",
                )
            self._observer.room_changed()
        elif isinstance(message, Drain):
            self._registry.drain(self.session_id)
        elif isinstance(message, Bye):
            raise SessionEnd(NORMAL_CLOSURE, Lost.DISCONNECTED)
        else:
            raise SessionEnd.broke_protocol(RejectCode.MALFORMED, "A socket registers once.")

    def _terminal(self, message: Done | Failed) -> bool:
        """Whether it ended a job."""
        if self._resumes:
            self._terminals.append(JobId(message.job_id))
            if len(self._terminals) >= ACKNOWLEDGED_AT_ONCE:
                self._acknowledge()
        if not self.jobs.ended(message):
            self._stray()
            return False
        self._observer.room_changed()
        return True

    def _acknowledge(self) -> None:
        if self._terminals:
            self._say(Acknowledged(job_ids=tuple(self._terminals)))
            self._terminals.clear()

    def _violated(self, inbox: JobInbox, violation: Violation) -> None:
        inbox.end(violation)
        logger.warning("node %s, job %s: it %s", self._shown_id(), inbox.job_id, violation.value)

    def _stray(self) -> None:
        # A few frames may cross with the end of a cancelled job's grace.
        self._strays += 1
        if self._strays > self._settings.stray_frames:
            raise SessionEnd.broke_protocol(RejectCode.MALFORMED, "Too many frames for no known job.")

    # --- what the gateway says ---

    def hint(self, adapter: str, digest: str | None) -> None:
        """Requests for the adapter are to be expected on this node."""
        self._say(LoadAdapter(name=adapter, digest=digest))

    def drain(self, reason: str) -> None:
        self._say(Drain(reason=reason))

    def _say(self, message: WireModel) -> None:
        self._send(message.to_json())

    def _send(self, frame: str) -> None:
        if not self._writer.put(frame):
            self.end(SessionEnd(CloseCode.GOING_AWAY, Lost.STUCK))
