"""What the gateway's tests share: real gateway processes and a node whose every word is scripted."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bech32
import httpx
import psutil
import pytest
import wallycore
import websockets
from nacl.signing import SigningKey
from websockets.asyncio.client import ClientConnection, connect

from r3mes_api.owner_signature import make_owner_verifier
from r3mes_protocol import NODE_SUBPROTOCOL, RESUME_SUBPROTOCOL
from r3mes_protocol.chat import chunk
from r3mes_protocol.control import parse_api_ready
from r3mes_protocol.frames import FrameKind, encode_frame
from r3mes_protocol.grants import Grant, OwnerVerifier, Role, SignedGrant, grant_sign_bytes
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

DEADLINE_S = 60.0
"""Longest wait for anything; a test that needs it has failed."""

START_S = 60.0
"""A store writes its first files meanwhile."""

NOBODY = "postgres"
"""Postgres refuses to run as root; Debian's package makes this user."""


async def eventually(condition: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> Any:
    """Polls until the condition holds and returns its value. An awaitable value is awaited."""
    until = time.monotonic() + deadline_s
    while True:
        value = condition()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"not within {deadline_s:g} s: {what}")
        await asyncio.sleep(0.005)


class GatewayProcess:
    """`python -m r3mes_api` in its own process, with an environment that holds nothing of the developer's."""

    def __init__(self, environment: Mapping[str, str], log: Path, *arguments: str) -> None:
        self.log = log
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "r3mes_api", "--port", "0", *arguments],
                env=gateway_environment(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        self.url = ""
        self.mode = ""

    def wait_ready(self, deadline_s: float = DEADLINE_S) -> GatewayProcess:
        assert self.process.stdout is not None
        lines: list[bytes] = []
        # Windows can't wait for a pipe with select.
        reader = threading.Thread(target=lambda: lines.append(self.process.stdout.readline()), daemon=True)
        reader.start()
        reader.join(deadline_s)
        line = lines[0] if lines else b""
        if not line:
            self.process.kill()
            raise AssertionError(f"the gateway did not get ready:\n{self.log_text()}")
        event = parse_api_ready(line)
        assert event.pid == self.process.pid
        self.url, self.mode = event.url, event.mode
        return self

    def log_text(self) -> str:
        return self.log.read_text(errors="replace")

    def rss_bytes(self) -> int:
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    async def ended(self, deadline_s: float = DEADLINE_S) -> int:
        return int(await asyncio.to_thread(self.process.wait, deadline_s))

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(60)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


def gateway_environment(given: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("R3MES_")}
    return {**kept, **given}


StartGateway = Callable[..., GatewayProcess]


@pytest.fixture
def start_gateway(tmp_path: Path) -> Iterator[StartGateway]:
    """Starts a gateway; settings are given by their field names, `environment` has those without the prefix."""
    started: list[GatewayProcess] = []

    def start(
        *arguments: str, wait: bool = True, environment: Mapping[str, str] | None = None, **settings: object
    ) -> GatewayProcess:
        prefixed = {f"R3MES_{name.upper()}": str(value) for name, value in settings.items()}
        environment = {**prefixed, **(environment or {})}
        gateway = GatewayProcess(environment, tmp_path / f"gateway-{len(started)}.log", *arguments)
        started.append(gateway)
        return gateway.wait_ready() if wait else gateway

    yield start
    for gateway in started:
        gateway.stop()
    for gateway in started:
        assert "Traceback" not in gateway.log_text(), gateway.log_text()


@pytest.fixture(scope="session", autouse=True)
def verify_owner() -> OwnerVerifier:
    """Made for every session: what makes wallycore safe to end with is done there."""
    return make_owner_verifier()


@pytest.fixture(scope="session")
def start_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., GatewayProcess]]:
    """Starts gateways that serve until the session's end."""
    started: list[GatewayProcess] = []

    def start(environment: Mapping[str, str], *arguments: str) -> GatewayProcess:
        log = tmp_path_factory.mktemp("gateway") / "gateway.log"
        started.append(GatewayProcess(environment, log, *arguments))
        # With accounts a start takes three seconds of one core, and a machine that tests has few.
        return started[-1].wait_ready(60.0)

    yield start
    for gateway in started:
        gateway.stop()
    for gateway in started:
        assert "Traceback" not in gateway.log_text(), gateway.log_text()


@pytest.fixture(scope="session")
def lasting_gateway(start_process: Callable[..., GatewayProcess]) -> GatewayProcess:
    return start_process({"R3MES_INFERENCE_MODE": "remote", "R3MES_NODE_AUTH": "open"})


@pytest.fixture
def when_empty(client: httpx.AsyncClient) -> Callable[[GatewayProcess], Awaitable[GatewayProcess]]:
    """For gateways that serve many tests: waits until the nodes and requests of the test before have left."""

    async def wait(gateway: GatewayProcess) -> GatewayProcess:
        async def empty() -> bool:
            health = (await client.get(f"{gateway.url}/health")).json()
            return bool(health["nodes"] == 0 and health["requests"] == 0)

        await eventually(empty, "the gateway is empty")
        return gateway

    return wait


@pytest.fixture
async def remote_gateway(lasting_gateway: GatewayProcess, when_empty: Any) -> Any:
    """In remote mode and open to any node; one process serves all tests, and each finds it empty."""
    return await when_empty(lasting_gateway)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=DEADLINE_S) as http:
        yield http


# --- the scripted node -----------------------------------------------------------------------------------------


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


StartNode = Callable[..., Awaitable[ScriptedNode]]


@pytest.fixture
async def start_node() -> AsyncIterator[StartNode]:
    """Starts and registers a node; `register=False` leaves it to the test."""
    nodes: list[ScriptedNode] = []

    async def start(
        gateway: GatewayProcess, script: Script = say_hello, *, register: bool = True, **options: Any
    ) -> ScriptedNode:
        node = ScriptedNode(gateway.url, script, **options)
        nodes.append(node)
        return await node.connect() if register else node

    yield start
    for node in nodes:
        await node.close()


# --- the way between nodes and gateways ------------------------------------------------------------------------------


class Cable:
    """A TCP proxy in front of the gateway. `cut` ends all its connections at once."""

    def __init__(self) -> None:
        self.target = 0
        self.is_up = True
        self.cuts = 0
        self.connections = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def lay(self) -> str:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_up:
            writer.transport.abort()
            return
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        both = {writer, far_writer}
        self._writers |= both

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with suppress(OSError):
                while data := await source.read(65536):
                    sink.write(data)
                    await sink.drain()
            for end in both:
                end.transport.abort()

        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
        self._writers -= both

    def cut(self) -> None:
        self.cuts += 1
        for writer in self._writers:
            writer.transport.abort()

    async def take_up(self) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()


@pytest.fixture
async def cable() -> AsyncIterator[Cable]:
    laid = Cable()
    yield laid
    await laid.take_up()


# --- stores that the tests start -------------------------------------------------------------------------------


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"a server for the tests did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)


def stop_server(process: subprocess.Popen[bytes]) -> None:
    # Nothing of it is kept, so it need not tidy up.
    process.send_signal(signal.SIGQUIT if os.name == "posix" else signal.SIGTERM)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(60)


def postgres_binaries() -> Path | None:
    on_path = shutil.which("postgres")
    found = [Path(on_path).resolve().parent] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(found) if (folder / "initdb").exists()), None)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    # Not below pytest's own folder: a path of a Unix socket is short, and another user has to reach it.
    folder = Path(tempfile.mkdtemp(prefix="r3mes-", dir="/tmp" if os.name == "posix" else None))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(server_folder: Path) -> Iterator[str]:
    """URL of a server of its own; `{name}` stands for the database."""
    binaries = postgres_binaries()
    if binaries is None:
        pytest.skip("needs Postgres: apt-get install postgresql")
    folder = server_folder / "postgres"
    folder.mkdir()
    # Postgres refuses to run as root.
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        shutil.chown(folder, NOBODY, NOBODY)
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "gateway", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"],
        check=True, capture_output=True, cwd=folder, **user,
    )  # fmt: skip
    log = server_folder / "postgres.log"
    options = {
        "listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off", "max_connections": "200",
        "shared_buffers": "32MB", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0",
    }  # fmt: skip
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, *arguments], stdout=output, stderr=output, cwd=folder, **user
        )
    try:
        wait_until(lambda: b"database system is ready" in log.read_bytes(), process, log)
        yield f"postgresql://gateway@/{{name}}?host={folder}"
    finally:
        stop_server(process)


class RedisServer:
    """A Redis of the tests' own, reached by a Unix socket; it can be killed and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        binary = shutil.which("redis-server")
        if binary is None:
            pytest.skip("needs Redis: apt-get install redis-server")
        self._binary = binary
        self._folder = folder
        self._socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}"

    def start(self) -> RedisServer:
        log = self._folder / "redis.log"
        self._socket.unlink(missing_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [self._binary, "--port", "0", "--unixsocket", self._socket, "--save", "", "--appendonly", "no"],
                stdout=output, stderr=output, cwd=self._folder,
            )  # fmt: skip
        wait_until(self._answers, self._process, log)
        return self

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            return connection.connect_ex(str(self._socket)) == 0

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(60)

    def stop(self) -> None:
        if self._process is not None:
            stop_server(self._process)


@pytest.fixture(scope="session")
def redis(server_folder: Path) -> Iterator[str]:
    """URL of a server of its own."""
    server = RedisServer(server_folder)
    try:
        yield server.start().url
    finally:
        server.stop()


@pytest.fixture
def mortal_redis() -> Iterator[RedisServer]:
    """A server that the test may kill and start again."""
    folder = Path(tempfile.mkdtemp(prefix="r3mes-", dir="/tmp" if os.name == "posix" else None))
    server = RedisServer(folder)
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


# --- grants with real keys -------------------------------------------------------------------------------------


class Owner:
    """A wallet that can sign grants, as a test needs it: a secp256k1 key and its address."""

    def __init__(self, secret: bytes = b"\x07" * 32, prefix: str = "remes") -> None:
        self._secret = secret
        self.public_key = bytes(wallycore.ec_public_key_from_private_key(secret))
        words = bech32.convertbits(bytes(wallycore.hash160(self.public_key)), 8, 5)
        self.address: str = bech32.bech32_encode(prefix, words)

    def sign(self, message: bytes) -> bytes:
        digest = wallycore.sha256(message)
        return bytes(wallycore.ec_sig_from_bytes(self._secret, digest, wallycore.EC_FLAG_ECDSA))

    def grant(self, for_node: str, for_gateway: str, **changes: Any) -> SignedGrant:
        fields: dict[str, Any] = {
            "network": "test-net",
            "owner": self.address,
            "node_public_key": for_node,
            "roles": (Role.SERVING,),
            "gateway": for_gateway,
            "not_before": int(time.time()) - 60,
            "not_after": int(time.time()) + 3600,
        }
        grant = Grant(**{**fields, **changes})
        return SignedGrant(
            grant=grant,
            public_key=base64.b64encode(self.public_key).decode(),
            signature=base64.b64encode(self.sign(grant_sign_bytes(grant))).decode(),
        )


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture(scope="session")
def make_owner() -> type[Owner]:
    return Owner


# --- reading answers -------------------------------------------------------------------------------------------


def prompt(text: str = "Hello?", **changes: Any) -> dict[str, Any]:
    return {"model": "test-model", "messages": [{"role": "user", "content": text}], **changes}


@dataclass
class Streamed:
    """A stream as a client saw it."""

    status: int
    events: list[Any]
    done: bool
    error: dict[str, Any] | None

    @property
    def text(self) -> str:
        return "".join(
            choice["delta"].get("content") or "" for event in self.events for choice in event.get("choices", [])
        )

    @property
    def finish_reason(self) -> str | None:
        reasons = [choice["finish_reason"] for event in self.events for choice in event.get("choices", [])]
        return next((reason for reason in reasons if reason), None)


async def stream_chat(client: httpx.AsyncClient, url: str, body: dict[str, Any] | None = None) -> Streamed:
    """Reads a whole stream; an error before it has its status and body."""
    request = {**(body or prompt()), "stream": True}
    async with client.stream("POST", f"{url}/v1/chat/completions", json=request) as response:
        if response.status_code != 200:
            await response.aread()
            return Streamed(response.status_code, [], False, response.json()["error"])
        events: list[Any] = []
        done = False
        error = None
        async for line in response.aiter_lines():
            if not line.startswith("data: "):
                continue
            assert not done, "something follows [DONE]"
            data = line.removeprefix("data: ")
            if data == "[DONE]":
                done = True
                continue
            event = json.loads(data)
            if "error" in event:
                error = event["error"]
            else:
                events.append(event)
        return Streamed(200, events, done, error)


@pytest.fixture
def ask(client: httpx.AsyncClient) -> Callable[..., Awaitable[Streamed]]:
    async def stream(gateway: GatewayProcess, body: dict[str, Any] | None = None) -> Streamed:
        return await stream_chat(client, gateway.url, body)

    return stream


@pytest.fixture
def until() -> Callable[..., Awaitable[Any]]:
    return eventually


@pytest.fixture
def chat_prompt() -> Callable[..., dict[str, Any]]:
    return prompt
