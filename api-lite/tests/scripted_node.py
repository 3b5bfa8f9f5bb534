"""A node whose every word is scripted: it speaks the node's side of the session to a real gateway."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import websockets
from nacl.signing import SigningKey
from patience import DEADLINE_S
from websockets.asyncio.client import ClientConnection, connect

from r3mes_protocol import NODE_SUBPROTOCOL, RESUME_SUBPROTOCOL
from r3mes_protocol.chat import chunk
from r3mes_protocol.frames import FrameKind, encode_frame
from r3mes_protocol.grants import Role, SignedGrant
from r3mes_protocol.messages import (
    Acknowledged,
    AdapterOffer,
    Bye,
    Cancel,
    Capacity,
    Device,
    Done,
    Drain,
    EmbeddingOffer,
    Failed,
    FailureCode,
    Heartbeat,
    Hello,
    Job,
    LoadAdapter,
    ModelOffer,
    Register,
    Registered,
    Rejected,
    Resume,
    Usage,
    Window,
    parse_gateway_message,
)
from r3mes_protocol.origin import gateway_origin, session_url
from r3mes_protocol.session_signature import node_id_of, sign_registration
from r3mes_protocol.sse import encode_event
from r3mes_protocol.usage import SignedUsage, UsageStatement, sign_usage
from r3mes_protocol.wire import JobId, WireModel


@dataclass
class ScriptedJob:
    """One job as the node sees it, with what a script needs to answer it."""

    node: ScriptedNode
    job: Job
    credit: int
    cancelled: asyncio.Event
    credit_changed: asyncio.Event
    received_at: float
    cancelled_at: float | None = None
    terminal_sent: bool = False

    @property
    def job_id(self) -> JobId:
        return JobId(self.job.job_id)

    def event(self, content: str | None, finish_reason: Any = None, role: Any = None) -> bytes:
        body = self.job.body
        return encode_event(
            chunk(self.job.completion_id, body["model"], 1, content=content, finish_reason=finish_reason, role=role)
        )

    async def frame(self, kind: FrameKind, payload: bytes, *, mind_credit: bool = True) -> None:
        while mind_credit and self.credit < len(payload):
            self.credit_changed.clear()
            await self.credit_changed.wait()
        self.credit -= len(payload)
        await self.node.send_bytes(encode_frame(self.job_id, kind, payload))

    async def preamble(self) -> None:
        await self.frame(FrameKind.PREAMBLE, self.event("", role="assistant"))

    async def say(self, content: str) -> None:
        await self.frame(FrameKind.CONTENT, self.event(content))

    def signed_usage(self, completion_tokens: int, **changes: Any) -> SignedUsage:
        fields: dict[str, Any] = {
            "gateway": self.node.origin,
            "job_id": self.job_id,
            "completion_id": self.job.completion_id,
            "node_id": self.node.node_id,
            "model": self.job.body["model"],
            "adapter": None,
            "prompt_tokens": 1,
            "completion_tokens": completion_tokens,
            "response_bytes": 0,
            "response_sha256": "0" * 64,
        }
        return sign_usage(self.node.key, UsageStatement(**{**fields, **changes}))

    async def done(
        self,
        completion_tokens: int = 1,
        reason: Any = "stop",
        *,
        tail: bool = True,
        signed_usage: SignedUsage | None = None,
    ) -> None:
        if tail:
            await self.frame(FrameKind.TAIL, self.event(None, finish_reason=reason))
        self.terminal_sent = True
        usage = Usage(prompt_tokens=1, completion_tokens=completion_tokens)
        await self.node.send(Done(job_id=self.job_id, finish_reason=reason, usage=usage, signed_usage=signed_usage))

    async def fail(
        self,
        code: FailureCode,
        message: str = "scripted",
        *,
        retryable: bool = True,
        capacity: Capacity | None = None,
    ) -> None:
        self.terminal_sent = True
        await self.node.send(
            Failed(job_id=self.job_id, code=code, message=message, retryable=retryable, capacity=capacity)
        )

    async def answer(self, *words: str, pause_s: float = 0.0) -> None:
        await self.preamble()
        for word in words:
            await self.say(word)
            await asyncio.sleep(pause_s)
        await self.done(len(words))


Script = Callable[[ScriptedJob], Awaitable[None]]


async def say_hello(job: ScriptedJob) -> None:
    await job.answer("Hello", " from", " ", job.node.name)


class ScriptedNode:
    """Speaks the node's side of the session; what it does with a job is up to its script."""

    def __init__(
        self,
        gateway_url: str,
        script: Script = say_hello,
        *,
        name: str = "node",
        key: SigningKey | None = None,
        models: tuple[str, ...] = ("test-model",),
        embedding_models: tuple[EmbeddingOffer, ...] | None = None,
        adapters: tuple[AdapterOffer, ...] = (),
        roles: tuple[Role, ...] = (Role.SERVING,),
        max_concurrency: int = 8,
        grant: SignedGrant | None = None,
        confirms_cancel: bool = True,
        beats: bool = True,
        continues: bool = False,
        loads_adapters: bool = False,
        endpoint: str | None = None,
        resumes: bool = False,
        resume: Resume | None = None,
    ) -> None:
        self.origin = gateway_origin(gateway_url)
        self.name = name
        self.key = key or SigningKey.generate()
        self.script = script
        self.models = models
        self.embedding_models = embedding_models
        self.adapters = adapters
        self.roles = roles
        self.max_concurrency = max_concurrency
        self.grant = grant
        self.confirms_cancel = confirms_cancel
        self.beats = beats
        self.continues = continues
        self.resumes = resumes or resume is not None
        self.resume = resume
        self.loads_adapters = loads_adapters
        self.hints: list[LoadAdapter] = []
        self.endpoint = endpoint
        self.hello: Hello | None = None
        self.registered: Registered | None = None
        self.rejected: Rejected | None = None
        self.draining = False
        self.acknowledged: list[str] = []
        self.bye: Bye | None = None
        self.jobs: list[ScriptedJob] = []
        self.script_errors: list[BaseException] = []
        self._by_id: dict[str, ScriptedJob] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._reader: asyncio.Task[None] | None = None
        self.socket: ClientConnection | None = None

    @property
    def node_id(self) -> str:
        return node_id_of(self.key)

    async def dial(self) -> Hello:
        """Connects and reads the hello; nothing is sent yet."""
        self.socket = await connect(
            session_url(self.origin),
            subprotocols=[
                websockets.Subprotocol(offered)
                for offered in (NODE_SUBPROTOCOL, *([RESUME_SUBPROTOCOL] if self.resumes else []))
            ],
            compression=None,
            ping_interval=None,
            max_size=4 * 1024 * 1024,
            close_timeout=1,
        )
        hello = parse_gateway_message(await self.socket.recv())
        assert isinstance(hello, Hello)
        self.hello = hello
        return hello

    def registration(self, **changes: Any) -> Register:
        assert self.hello is not None
        fields: dict[str, Any] = {
            "node_id": self.node_id,
            "models": tuple(ModelOffer(name=model, context_tokens=2048) for model in self.models),
            "embedding_models": self.embedding_models,
            "available_loras": self.adapters,
            "roles": self.roles,
            "max_concurrency": self.max_concurrency,
            "device": Device(kind="cpu", name="scripted", memory_mb=1),
            "engine_version": "0.0",
            "continues_answers": self.continues,
            "loads_adapters": self.loads_adapters,
            "endpoint": self.endpoint,
            "grant": self.grant,
            "resume": self.resume,
            "signature": sign_registration(
                self.key,
                nonce=self.hello.nonce,
                session_id=self.hello.session_id,
                gateway=self.origin,
                resume=self.resume,
            ),
        }
        return Register(**{**fields, **changes})

    async def connect(self) -> ScriptedNode:
        """Registers and serves until closed; a refusal is left in `rejected`."""
        await self.dial()
        await self.send(self.registration())
        assert self.socket is not None
        answer = parse_gateway_message(await self.socket.recv())
        if isinstance(answer, Rejected):
            self.rejected = answer
            return self
        assert isinstance(answer, Registered), answer
        self.registered = answer
        self._reader = asyncio.create_task(self._read())
        if self.beats:
            self._spawn(self._beat())
        return self

    async def _beat(self) -> None:
        assert self.hello is not None
        while True:
            await asyncio.sleep(self.hello.heartbeat_s)
            active = sum(1 for job in self.jobs if not job.terminal_sent)
            await self.heartbeat(active=active)

    async def heartbeat(self, *, active: int = 0, queued: int = 0, draining: bool = False) -> None:
        await self.send(Heartbeat(active=active, queued=queued, draining=draining, available_loras=self.adapters))

    async def _read(self) -> None:
        assert self.socket is not None
        with suppress(websockets.ConnectionClosed):
            async for data in self.socket:
                await self._message(parse_gateway_message(data))

    async def _message(self, message: Any) -> None:
        if isinstance(message, Job):
            assert self.registered is not None
            job = ScriptedJob(
                self,
                message,
                self.registered.limits.initial_window_bytes,
                asyncio.Event(),
                asyncio.Event(),
                time.monotonic(),
            )
            self.jobs.append(job)
            self._by_id[message.job_id] = job
            self._spawn(self._serve(job))
        elif isinstance(message, Window):
            job = self._by_id[message.job_id]
            job.credit += message.bytes
            job.credit_changed.set()
        elif isinstance(message, Cancel):
            job = self._by_id[message.job_id]
            job.cancelled_at = time.monotonic()
            job.cancelled.set()
        elif isinstance(message, LoadAdapter):
            self.hints.append(message)
        elif isinstance(message, Drain):
            self.draining = True
        elif isinstance(message, Acknowledged):
            self.acknowledged += message.job_ids
        elif isinstance(message, Bye):
            self.bye = message
        elif isinstance(message, Rejected):
            self.rejected = message
        else:
            raise AssertionError(f"unexpected {message}")

    async def _serve(self, job: ScriptedJob) -> None:
        serving = asyncio.ensure_future(self.script(job))
        stopping = asyncio.ensure_future(job.cancelled.wait())
        try:
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
            if job.cancelled.is_set() and not job.terminal_sent and self.confirms_cancel:
                serving.cancel()
                await job.fail(FailureCode.CANCELLED, retryable=False)
        except websockets.ConnectionClosed:
            pass
        except Exception as error:
            self.script_errors.append(error)
        finally:
            serving.cancel()
            stopping.cancel()

    def _spawn(self, work: Any) -> None:
        async def guarded() -> None:
            with suppress(websockets.ConnectionClosed):
                await work

        task = asyncio.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def send(self, message: WireModel) -> None:
        await self.send_text(message.to_json())

    async def send_text(self, text: str) -> None:
        assert self.socket is not None
        await self.socket.send(text)

    async def send_bytes(self, data: bytes) -> None:
        assert self.socket is not None
        await self.socket.send(data)

    async def receive(self) -> Any:
        """The next message, for tests that did not `connect` and read themselves."""
        assert self.socket is not None
        return parse_gateway_message(await asyncio.wait_for(self.socket.recv(), DEADLINE_S))

    async def close_code(self) -> int | None:
        """Waits for the gateway to close the socket."""
        assert self.socket is not None
        await asyncio.wait_for(self.socket.wait_closed(), DEADLINE_S)
        return self.socket.close_code

    def vanish(self) -> None:
        """Like a machine that loses its power: no good-bye, not even a close frame."""
        assert self.socket is not None
        self.socket.transport.abort()

    async def close(self) -> None:
        for task in (*self._tasks, *([self._reader] if self._reader is not None else [])):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task
        if self.socket is not None:
            await self.socket.close()
        assert not self.script_errors, self.script_errors
