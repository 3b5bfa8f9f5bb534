"""The connection to another replica, on which jobs of this one run on nodes of that one."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from r3mes_api.nodes.inbox import JobInbox
from r3mes_api.nodes.registry import NodeRegistry
from r3mes_api.nodes.writer import SessionWriter
from r3mes_api.replicas.directory import ReplicaHead
from r3mes_api.replicas.wire import (
    REPLICA_SUBPROTOCOL,
    Beat,
    Join,
    Role,
    decode_piece,
    encode_forward,
    is_proof,
    proof_of,
    read_hello,
    read_terminal,
    read_welcome,
)
from r3mes_api.routing.ledger import Lost, Terminal
from r3mes_api.settings import Settings
from r3mes_api.web.openapi import REPLICA_SESSION_PATH
from r3mes_protocol.limits import INITIAL_WINDOW_BYTES
from r3mes_protocol.messages import Cancel, Failed, FailureCode, Window
from r3mes_protocol.wire import GatewayOrigin, JobId, NodeId, ProtocolError

logger = logging.getLogger(__name__)

FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 5.0
"""Between tries to reach a replica that the directory says is alive."""

CLOSE_S = 0.5


class LinkObserver(Protocol):
    def link_changed(self, replica_id: str) -> None:
        """The other replica can be reached now, or can't any more."""
        ...

    def room_changed(self) -> None: ...


class _Refused(Exception):
    """The other end is not the replica that it should be, or does not know the secret. A sentence for the log."""


class ReplicaLink:
    def __init__(
        self,
        peer: ReplicaHead,
        own_id: str,
        *,
        settings: Settings,
        registry: NodeRegistry,
        observer: LinkObserver,
        clock: Callable[[], float],
    ) -> None:
        self.peer = peer
        self.connected = False
        self.window = INITIAL_WINDOW_BYTES
        """Credit of a new job there."""
        self._own_id = own_id
        assert settings.replica_secret is not None
        self._secret = settings.replica_secret
        self._settings = settings
        self._registry = registry
        self._observer = observer
        self._clock = clock
        self._socket: ClientConnection | None = None
        self._writer: SessionWriter | None = None
        self._jobs: dict[JobId, JobInbox] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._told: str | None = None

    @property
    def latency_s(self) -> float:
        """The way there and back, as pings showed it; 0 as long as none has."""
        return self._socket.latency if self._socket is not None else 0.0

    # --- the connection ---

    async def run(self) -> NoReturn:
        """Keeps the connection up until cancelled; then every job on it has its terminal."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                await self._connection()
                wait_s = FIRST_WAIT_S
            except (OSError, WebSocketException, TimeoutError, ProtocolError, _Refused) as error:
                was_up = self.connected
                self._down()
                if was_up:
                    wait_s = FIRST_WAIT_S
                self._tell(error)
            except asyncio.CancelledError:
                self._down()
                raise
            await asyncio.sleep(wait_s)
            wait_s = min(LONGEST_WAIT_S, 2 * wait_s)

    async def until_idle(self) -> None:
        """Returns when no job runs."""
        await self._idle.wait()

    async def _connection(self) -> NoReturn:
        """Raises when it ends."""
        silence_s = self._settings.replica_silence_s
        async with connect(
            _session_url(self.peer.url),
            subprotocols=[Subprotocol(REPLICA_SUBPROTOCOL)],
            compression=None,
            open_timeout=silence_s,
            ping_interval=silence_s / 3,
            ping_timeout=silence_s * 2 / 3,
            close_timeout=CLOSE_S,
            # A job's credit bounds its pieces; the other end's window is not known yet.
            max_size=2**24 + 1024,
            # What lies between replicas is the operator's own network.
            proxy=None,
        ) as socket:
            await self._join(socket)
            self._socket = socket
            await self._serve(socket)

    async def _join(self, socket: ClientConnection) -> None:
        async with asyncio.timeout(self._settings.replica_silence_s):
            hello = read_hello(await socket.recv())
            if hello.replica_id != self.peer.replica_id:
                raise _Refused(
                    f"{self.peer.url} leads to another gateway than the one that gave it as its R3MES_REPLICA_URL"
                )
            nonce = secrets.token_hex(32)
            names = {
                "dialler": self._own_id, "dialler_nonce": nonce, "host": hello.replica_id, "host_nonce": hello.nonce,
            }  # fmt: skip
            proof = proof_of(Role.DIALLER, self._secret, **names)
            await socket.send(Join(replica_id=self._own_id, nonce=nonce, proof=proof).to_json())
            welcome = read_welcome(await socket.recv())
        if not is_proof(welcome.proof, proof_of(Role.HOST, self._secret, **names)):
            raise _Refused(f"{self.peer.url} has another R3MES_REPLICA_SECRET")
        self.window = welcome.window_bytes

    async def _serve(self, socket: ClientConnection) -> NoReturn:
        async def send(message: Any) -> None:
            await socket.send(message["text"])

        self._writer = SessionWriter(
            send, max_bytes=self._settings.session_queue_bytes, timeout_s=self._settings.replica_silence_s
        )
        tasks = [
            asyncio.create_task(work, name=f"replica-{self.peer.replica_id[:8]}")
            for work in (self._writer.run(), self._beat(self._writer), self._read(socket))
        ]
        try:
            self.connected = True
            self._told = None
            logger.info("replica %s at %s is connected", self.peer.replica_id[:8], self.peer.url)
            self._observer.link_changed(self.peer.replica_id)
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
            raise ConnectionError("the connection ended")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _beat(self, writer: SessionWriter) -> NoReturn:
        while True:
            await asyncio.sleep(self._settings.replica_silence_s / 3)
            writer.put(Beat().to_json())

    async def _read(self, socket: ClientConnection) -> None:
        async for frame in socket:
            if isinstance(frame, bytes):
                job_id, kind, payload = decode_piece(frame)
                inbox = self._jobs.get(job_id)
                # The job may have been left while this was on its way.
                if inbox is not None and inbox.frame(kind, payload) is not None:
                    logger.warning("replica %s broke the order of job %s", self.peer.replica_id[:8], job_id)
            else:
                self._ended(*read_terminal(frame))

    def _ended(self, job_id: JobId, terminal: Terminal) -> None:
        inbox = self._take(job_id)
        if inbox is None:
            return
        if isinstance(terminal, Failed) and terminal.code in (FailureCode.CAPACITY, FailureCode.DRAINING):
            self._registry.places.refused(job_id, terminal.capacity, self._clock())
        else:
            self._registry.places.release(job_id)
        inbox.end(terminal)
        self._observer.room_changed()

    def _down(self) -> None:
        if not self.connected:
            return
        self.connected = False
        self._socket = self._writer = None
        jobs, self._jobs = list(self._jobs.values()), {}
        self._idle.set()
        # First its nodes go, so that no job that moves chooses one of them again.
        self._observer.link_changed(self.peer.replica_id)
        for inbox in jobs:
            self._registry.places.release(inbox.job_id)
            inbox.end(Lost.REPLICA_GONE)

    def _tell(self, error: Exception) -> None:
        """Once for each reason."""
        reason = str(error) if isinstance(error, _Refused | ProtocolError) else type(error).__name__
        if reason != self._told:
            self._told = reason
            logger.warning("replica %s at %s is not connected: %s", self.peer.replica_id[:8], self.peer.url, reason)

    # --- jobs ---

    def start(self, inbox: JobInbox, node_id: NodeId, job: str) -> None:
        """Whatever becomes of the job, the inbox gets a terminal."""
        if self._writer is None:
            self._registry.places.release(inbox.job_id)
            inbox.end(Lost.REPLICA_GONE)
            return
        if self._writer.waiting_bytes + len(job) > self._settings.session_queue_bytes // 2:
            # The way there is busy with other jobs. The other half is for credit and cancels, which must get through.
            self._registry.places.refused(inbox.job_id, None, self._clock())
            inbox.end(_way_is_busy(inbox.job_id))
            return
        self._jobs[inbox.job_id] = inbox
        self._idle.clear()
        deadline_ms = int(self._settings.answer_s * 1000)
        self._send(encode_forward(inbox.job_id, node_id, deadline_ms, job))

    def give_credit(self, inbox: JobInbox, size: int) -> None:
        if inbox.job_id in self._jobs and inbox.ledger.terminal is None:
            inbox.ledger.grant(size)
            self._send(Window(job_id=inbox.job_id, bytes=size).to_json())

    def leave_job(self, inbox: JobInbox) -> None:
        inbox.end(Lost.ABANDONED)
        inbox.close()
        if self._take(inbox.job_id) is not None:
            # The other replica holds the place until its node has confirmed; it is the authority.
            self._registry.places.release(inbox.job_id)
            self._send(Cancel(job_id=inbox.job_id).to_json())

    def _take(self, job_id: JobId) -> JobInbox | None:
        inbox = self._jobs.pop(job_id, None)
        if not self._jobs:
            self._idle.set()
        return inbox

    def _send(self, text: str) -> None:
        if self._writer is not None and not self._writer.put(text) and self._socket is not None:
            # It takes no more: the reader ends, and with it the connection.
            self._socket.transport.abort()


@dataclass(slots=True)
class WayToNode:
    """A `JobHolder` for one node of the other replica."""

    link: ReplicaLink
    node_id: NodeId
    gateway: GatewayOrigin

    @property
    def window(self) -> int:
        return self.link.window

    def start_job(self, inbox: JobInbox, job: str) -> None:
        self.link.start(inbox, self.node_id, job)

    def give_credit(self, inbox: JobInbox, size: int) -> None:
        self.link.give_credit(inbox, size)

    def leave_job(self, inbox: JobInbox) -> None:
        self.link.leave_job(inbox)


def _way_is_busy(job_id: JobId) -> Failed:
    return Failed(
        job_id=job_id, code=FailureCode.CAPACITY, message="The way to the other replica is busy.", retryable=True
    )


def _session_url(url: str) -> str:
    parts = urlsplit(url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return f"{scheme}://{parts.netloc}{REPLICA_SESSION_PATH}"
