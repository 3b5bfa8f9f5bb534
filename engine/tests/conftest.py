"""A small gateway that speaks the node session, and engines as real processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from filelock import FileLock
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from r3mes_protocol import NODE_SUBPROTOCOL
from r3mes_protocol.control import Event, parse_event
from r3mes_protocol.frames import Frame, decode_frame
from r3mes_protocol.messages import (
    Adapters,
    Bye,
    Cancel,
    Done,
    Drain,
    Failed,
    Heartbeat,
    Hello,
    Job,
    Limits,
    Register,
    Registered,
    RejectCode,
    Rejected,
    Window,
    parse_node_message,
)
from r3mes_protocol.session_signature import registration_is_signed
from r3mes_protocol.wire import GatewayOrigin, NodeId, SessionId, WireModel

if TYPE_CHECKING:
    import openai

WAIT_S = 60.0
"""Deadline of anything that a test waits for. It is long because the machine may be busy; nothing waits for it in vain
unless the test fails."""


@dataclass
class GatewayRules:
    """How a test gateway behaves; set before a node comes."""

    reject: RejectCode | None = None
    claims: str | None = None
    """Another origin than its own."""
    first_message: str | None = None
    """Instead of a hello."""
    protocol: int = 1
    heartbeat_s: float = 0.2
    limits: Limits = field(default_factory=lambda: Limits(max_jobs=64))
    refill: bool = True
    """Whether credit is given back as soon as payload has come."""


class Session:
    """One node's session, seen from the gateway. Filled on the gateway's thread, read by the test."""

    def __init__(self, gateway: Gateway, socket: ServerConnection) -> None:
        self._gateway = gateway
        self._socket = socket
        self.register: Register | None = None
        self.signed = False
        self.heartbeats: list[tuple[float, Heartbeat]] = []
        self.frames: dict[str, list[tuple[float, Frame]]] = {}
        self.terminals: dict[str, list[Done | Failed]] = {}
        self.others: list[WireModel] = []
        self.frames_after_terminal = 0
        self.closed = False

    def send(self, message: WireModel | str | bytes) -> None:
        data = message.to_json() if isinstance(message, WireModel) else message
        self._gateway.call(self._socket.send(data))

    def close(self, code: int = 1012, reason: str = "restart") -> None:
        self._gateway.call(self._socket.close(code, reason))

    def drop(self) -> None:
        """Breaks the connection without a word."""
        self._gateway.call_soon(self._socket.transport.abort)

    def job(self, *, job_id: str | None = None, deadline_s: float = 60, first_token_s: float = 60, **body: Any) -> str:
        job_id = job_id or secrets.token_hex(8)
        body.setdefault("model", self.register.models[0].name if self.register else "scripted")
        body.setdefault("messages", [{"role": "user", "content": "What is the capital of France?"}])
        self.send(
            Job(
                job_id=job_id,
                completion_id=f"chatcmpl-{job_id}",
                body=body,
                first_token_deadline_ms=round(first_token_s * 1000),
                deadline_ms=round(deadline_s * 1000),
            )
        )
        return job_id

    def cancel(self, job_id: str) -> None:
        self.send(Cancel(job_id=job_id))

    def window(self, job_id: str, size: int) -> None:
        self.send(Window(job_id=job_id, bytes=size))

    def drain(self) -> None:
        self.send(Drain(reason="test"))

    def events(self, job_id: str) -> list[dict[str, Any]]:
        """The SSE events of a job so far."""
        data = b"".join(frame.payload for _, frame in self.frames.get(job_id, []))
        return [json.loads(line[6:]) for line in data.split(b"\n\n") if line]

    def text(self, job_id: str) -> str:
        return "".join(event["choices"][0]["delta"].get("content", "") for event in self.events(job_id))

    def payload_bytes(self, job_id: str) -> int:
        return sum(len(frame.payload) for _, frame in self.frames.get(job_id, []))

    def terminal(self, job_id: str, timeout: float = WAIT_S) -> Done | Failed:
        self.wait(lambda: bool(self.terminals.get(job_id)), f"a terminal of {job_id}", timeout)
        return self.terminals[job_id][0]

    def wait(self, condition: Callable[[], bool], what: str, timeout: float = WAIT_S) -> None:
        self._gateway.wait(condition, what, timeout)


class Gateway:
    """A WebSocket server on its own thread."""

    def __init__(self, rules: GatewayRules | None = None, port: int = 0) -> None:
        self.rules = rules or GatewayRules()
        self.sessions: list[Session] = []
        self.dialled: list[float] = []
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self.call(self._serve(port))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def _serve(self, port: int) -> Any:
        return await serve(
            self._session, "127.0.0.1", port, subprotocols=[NODE_SUBPROTOCOL], compression=None, ping_interval=None
        )

    def call(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

    def call_soon(self, work: Callable[[], object]) -> None:
        self._loop.call_soon_threadsafe(work)

    def close(self) -> None:
        async def stop() -> None:
            self._server.close()
            await self._server.wait_closed()

        self.call(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_S)
        self._loop.close()

    def session(self, number: int = 1) -> Session:
        """The so-manieth session that registered."""

        def registered() -> list[Session]:
            return [session for session in self.sessions if session.register is not None]

        self.wait(lambda: len(registered()) >= number, f"registration {number}")
        return registered()[number - 1]

    def wait(self, condition: Callable[[], bool], what: str, timeout: float = WAIT_S) -> None:
        with self._news:
            if not self._news.wait_for(condition, timeout):
                raise AssertionError(f"there was no {what} within {timeout} s")

    def _tell(self) -> None:
        with self._news:
            self._news.notify_all()

    async def _session(self, socket: ServerConnection) -> None:
        session = Session(self, socket)
        self.dialled.append(time.monotonic())
        self.sessions.append(session)
        self._tell()
        try:
            await self._talk(session, socket)
        except ConnectionClosed:
            pass
        finally:
            session.closed = True
            self._tell()

    async def _talk(self, session: Session, socket: ServerConnection) -> None:
        rules = self.rules
        hello = Hello(
            protocol=rules.protocol,
            session_id=secrets.token_hex(16),
            nonce=secrets.token_hex(32),
            gateway=rules.claims or self.url,
            heartbeat_s=rules.heartbeat_s,
            server_time=int(time.time()),
        )
        await socket.send(rules.first_message or hello.to_json())
        message = parse_node_message(await socket.recv())
        assert isinstance(message, Register)
        if rules.reject is not None:
            await socket.send(Rejected(code=rules.reject, message="the test says so").to_json())
            await socket.close(4001)
            return
        session.signed = registration_is_signed(
            message.signature,
            nonce=hello.nonce,
            session_id=SessionId(hello.session_id),
            gateway=GatewayOrigin(self.url),
            node_id=NodeId(message.node_id),
        )
        await socket.send(Registered(generation=len(self.sessions), limits=rules.limits).to_json())
        session.register = message
        self._tell()
        async for data in socket:
            if isinstance(data, bytes):
                await self._frame(session, socket, decode_frame(data))
            else:
                self._message(session, parse_node_message(data))
            self._tell()

    async def _frame(self, session: Session, socket: ServerConnection, frame: Frame) -> None:
        session.frames_after_terminal += frame.job_id in session.terminals
        session.frames.setdefault(frame.job_id, []).append((time.monotonic(), frame))
        if self.rules.refill:
            # A node that leaves closes its end while its last messages are still to be read.
            with contextlib.suppress(ConnectionClosed):
                await socket.send(Window(job_id=frame.job_id, bytes=len(frame.payload)).to_json())

    def _message(self, session: Session, message: WireModel) -> None:
        if isinstance(message, Heartbeat):
            session.heartbeats.append((time.monotonic(), message))
        elif isinstance(message, Done | Failed):
            session.terminals.setdefault(message.job_id, []).append(message)
        else:
            assert isinstance(message, Drain | Bye | Adapters)
            session.others.append(message)


class EngineProcess:
    """`python -m r3mes_engine …` with its events read as they come."""

    def __init__(
        self,
        arguments: list[str],
        *,
        control: bool,
        environment: dict[str, str] | None = None,
        program: Sequence[str] = ("-m", "r3mes_engine"),
    ) -> None:
        self.events: list[Event] = []
        self.stderr = ""
        self._said_all = False
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, *program, *arguments, *(["--control", "stdio"] if control else [])],
            stdin=subprocess.PIPE if control else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
        )
        self._readers = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_events(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            # Anything on stdout that is no event fails the test that waits, since the reader ends here.
            event = parse_event(line)
            with self._news:
                self.events.append(event)
                self._news.notify_all()
        with self._news:
            self._said_all = True
            self._news.notify_all()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.stderr += line.decode("utf-8", "replace")

    def all(self, kind: str) -> list[Any]:
        return [event for event in self.events if event.event == kind]

    def event(self, kind: str, number: int = 1, timeout: float = WAIT_S) -> Any:
        """The so-manieth event of a kind; waits for it, as long as more may come."""
        self.wait(lambda: len(self.all(kind)) >= number or self._said_all, f"event {kind} {number}", timeout)
        assert len(self.all(kind)) >= number, f"it ended without {kind} {number}: {self.events[-3:]}\n{self.stderr}"
        return self.all(kind)[number - 1]

    def wait(self, condition: Callable[[], bool], what: str, timeout: float = WAIT_S) -> None:
        """Waits for something that the events show."""
        with self._news:
            if not self._news.wait_for(condition, timeout):
                kinds = [event.event for event in self.events]
                raise AssertionError(f"no {what} within {timeout} s; events: {kinds}\n{self.stderr}")

    def command(self, **command: Any) -> None:
        self.write(json.dumps(command).encode() + b"\n")

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def close_stdin(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def exit_code(self, timeout: float = WAIT_S) -> int:
        code = self.process.wait(timeout)
        for reader in self._readers:
            reader.join(WAIT_S)
        return code

    def client(self) -> httpx.Client:
        """Of the loopback server, with the token."""
        ready = self.event("ready")
        return httpx.Client(
            base_url=f"http://127.0.0.1:{ready.port}",
            headers={"Authorization": f"Bearer {ready.token}"},
            timeout=WAIT_S,
            trust_env=False,
        )

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(WAIT_S)
        for reader in self._readers:
            reader.join(WAIT_S)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


StartEngine = Callable[..., EngineProcess]
StartGateway = Callable[..., Gateway]


@pytest.fixture
def start_gateway() -> Iterator[StartGateway]:
    """Starts gateways: `start_gateway(port=0, **rules)`."""
    started: list[Gateway] = []

    def start(port: int = 0, **rules: Any) -> Gateway:
        gateway = Gateway(GatewayRules(**rules), port)
        started.append(gateway)
        return gateway

    yield start
    for gateway in started:
        if gateway._loop.is_running():
            gateway.close()


@pytest.fixture
def gateway(start_gateway: StartGateway) -> Gateway:
    return start_gateway()


@pytest.fixture
def start_engine(tmp_path: Path) -> Iterator[StartEngine]:
    """Starts engines, scripted ones on the CPU unless told otherwise; ends them after the test."""
    started: list[EngineProcess] = []

    def start(
        *more: str,
        gateway: str = "http://127.0.0.1:9",
        backend: str = "scripted",
        device: str | None = "cpu",
        control: bool = True,
        state_dir: Path | None = None,
        environment: dict[str, str] | None = None,
        program: Sequence[str] = ("-m", "r3mes_engine"),
    ) -> EngineProcess:
        arguments = ["serve", "--gateway", gateway, "--state-dir", str(state_dir or tmp_path / "state")]
        arguments += ["--backend", backend, *(["--device", device] if device else []), *more]
        engine = EngineProcess(arguments, control=control, environment=environment, program=program)
        started.append(engine)
        return engine

    yield start
    for engine in started:
        engine.close()


@pytest.fixture
async def openai_client() -> AsyncIterator[Callable[[Any], openai.AsyncOpenAI]]:
    """Serves an application (with the token `secret`) until the test ends, and gives OpenAI's own client for it."""
    import openai

    from r3mes_engine.serving.loopback import LoopbackServer

    servers: list[LoopbackServer] = []
    clients: list[openai.AsyncOpenAI] = []

    def start(application: Any) -> openai.AsyncOpenAI:
        server = LoopbackServer()
        server.start(application)
        servers.append(server)
        address = f"http://127.0.0.1:{server.port}/v1"
        clients.append(openai.AsyncOpenAI(base_url=address, api_key="secret", max_retries=0))
        return clients[-1]

    yield start
    for client in clients:
        await client.close()
    for server in servers:
        await server.stop()


class FakeServer:
    """`fake_openai_server.py` in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(FAKE_SERVER), *arguments], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=WAIT_S, trust_env=False)

    def rules(self, **rules: Any) -> None:
        """How it behaves from now on."""
        self._client.post("/test", json=rules).raise_for_status()

    @property
    def seen(self) -> Any:
        return self._client.get("/test").json()

    def wait(self, condition: Callable[[Any], bool], what: str) -> None:
        deadline = time.monotonic() + WAIT_S
        while not condition(self.seen):
            assert time.monotonic() < deadline, f"the server saw no {what}"
            time.sleep(0.02)

    def close(self) -> None:
        self._client.close()
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


FAKE_SERVER = Path(__file__).with_name("fake_openai_server.py")


@pytest.fixture
def start_server() -> Iterator[Callable[..., FakeServer]]:
    """Starts OpenAI-compatible servers: `start_server("--pause", "0.01")`."""
    started: list[FakeServer] = []

    def start(*arguments: str) -> FakeServer:
        server = FakeServer(*arguments)
        started.append(server)
        return server

    yield start
    for server in started:
        server.close()


@dataclass(frozen=True)
class Contract:
    """An engine that every backend's contract is tried on."""

    backend: str
    engine: EngineProcess
    gateway: Gateway


# A server that reads its model and compiles for its processor first takes minutes to come up.
REAL_SERVER_MARKS = (pytest.mark.slow, pytest.mark.model, pytest.mark.timeout(900))
REAL_SERVERS = ("llama-server", "vllm", "vllm-pipeline")


@pytest.fixture(scope="session")
def server_arguments(models_state_dir: Path) -> Callable[[str], list[str]]:
    """How an engine runs one of REAL_SERVERS itself. Skips where the program is not here."""

    def arguments(kind: str) -> list[str]:
        variable = "R3MES_TEST_LLAMA_SERVER" if kind == "llama-server" else "R3MES_TEST_VLLM_PYTHON"
        program = os.environ.get(variable)
        if not program:
            pytest.skip(f"{variable} names no program (docs/development.md)")
        common = ["--backend", "upstream", "--upstream-program", program, "--max-concurrency", "4"]
        if kind == "llama-server":
            return [*common, "--upstream-server", "llama-server", "--model", "builtin"]
        from r3mes_engine.models.conversion import converted_folder
        from r3mes_engine.models.loading import convert_gguf
        from r3mes_engine.models.source import checked_model

        source = checked_model("builtin").path
        folder = converted_folder(source, models_state_dir / "models", convert_gguf, lambda stage, done: None)
        split = ["--pipeline-parallel", "2"] if kind == "vllm-pipeline" else []
        # Compiling for the processor would take longer than the tests.
        eager = "--upstream-option=--enforce-eager"
        return [*common, "--upstream-server", "vllm", "--model", str(folder), *split, eager]

    return arguments


@pytest.fixture(
    scope="session",
    params=[
        "scripted",
        "upstream",
        pytest.param("transformers", marks=pytest.mark.model),
        *(pytest.param(kind, marks=REAL_SERVER_MARKS) for kind in REAL_SERVERS),
    ],
)
def contract(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contract]:
    """One engine for each backend, with a gateway, for all tests of the contract."""
    if request.param == "transformers":
        engine, gateway = request.getfixturevalue("model_engine"), request.getfixturevalue("model_gateway")
        yield Contract("transformers", engine, gateway)
        return
    if request.param in REAL_SERVERS:
        more = request.getfixturevalue("server_arguments")(request.param)
        state, gateway = tmp_path_factory.mktemp("contract"), Gateway(GatewayRules())
        engine = EngineProcess(
            ["serve", "--gateway", gateway.url, "--state-dir", str(state), "--device", "cpu", *more], control=True
        )
        try:
            engine.event("ready", timeout=800)
            yield Contract(request.param, engine, gateway)
        finally:
            engine.close()
            gateway.close()
        return
    gateway = Gateway(GatewayRules())
    server = FakeServer("--pause", "0.002") if request.param == "upstream" else None
    more = ["--scripted-tokens-per-second", "500"] if server is None else ["--upstream", server.url]
    state = tmp_path_factory.mktemp("contract")
    engine = EngineProcess(
        [
            *("serve", "--gateway", gateway.url, "--state-dir", str(state), "--device", "cpu"),
            *("--backend", request.param, *more),
        ],
        control=True,
    )
    engine.event("ready")
    yield Contract(request.param, engine, gateway)
    engine.close()
    if server is not None:
        server.close()
    gateway.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test with the real model waits for its conversion, and all of them for a computer that may be busy."""
    for item in items:
        if item.get_closest_marker("model") is not None and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(CONVERSION_S + 60))


CONVERT = """
import sys
from pathlib import Path
from r3mes_engine.models.conversion import converted_folder
from r3mes_engine.models.loading import convert_gguf
from r3mes_engine.models.source import checked_model
print(converted_folder(checked_model("builtin").path, Path(sys.argv[1]), convert_gguf, lambda stage, fraction: None))
"""
CONVERSION_S = 240.0
"""Converting the model takes half a minute of processor time, on a computer that may be busy."""


@pytest.fixture(scope="session")
def converted_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the embedded model, converted once for all workers of a test run."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "converted-models"
    done = folder.with_suffix(".done")
    with FileLock(folder.with_suffix(".lock"), timeout=CONVERSION_S):
        if not done.exists():
            subprocess.run([sys.executable, "-c", CONVERT, str(folder)], check=True, timeout=CONVERSION_S)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def models_state_dir(converted_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of all engines with the real model."""
    state = tmp_path_factory.mktemp("engine-state")
    (state / "models").symlink_to(converted_models, target_is_directory=True)
    return state


@pytest.fixture(scope="session")
def model_gateway() -> Iterator[Gateway]:
    # A small window lets a job run out of credit after some dozen tokens.
    gateway = Gateway(GatewayRules(limits=Limits(max_jobs=64, initial_window_bytes=4096)))
    yield gateway
    gateway.close()


@pytest.fixture(scope="session")
def converted_model(converted_models: Path) -> Path:
    """The embedded model as a Hugging Face folder."""
    (folder,) = converted_models.iterdir()
    return folder


@dataclass(frozen=True)
class TinyModel:
    """A Hugging Face folder and what an adapter of it needs to know."""

    folder: Path
    sizes: Mapping[str, Any]
    """As LoraLayers' sizes."""


@pytest.fixture(scope="session")
def tiny_model(converted_model: Path, tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    """Two layers of random numbers under the embedded model's tokenizer and chat template: all of an engine is in use,
    and a request takes milliseconds. Its context is longer than the cache of an engine on a processor."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = json.loads((converted_model / "config.json").read_text())
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=tokenizer["vocab_size"], hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64 * 1024, tie_word_embeddings=True,
        initializer_range=0.2, bos_token_id=tokenizer["bos_token_id"], eos_token_id=tokenizer["eos_token_id"],
        pad_token_id=tokenizer["pad_token_id"],
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("tiny") / "tiny-llama"
    LlamaForCausalLM(config).save_pretrained(folder)
    for file in converted_model.iterdir():
        if file.suffix != ".safetensors" and not (folder / file.name).exists():
            (folder / file.name).write_bytes(file.read_bytes())
    parts = {
        "self_attn": {"q_proj": (64, 64), "k_proj": (64, 32), "v_proj": (64, 32), "o_proj": (64, 64)},
        "mlp": {"gate_proj": (64, 128), "up_proj": (64, 128), "down_proj": (128, 64)},
    }
    sizes = {
        f"model.layers.{layer}.{part}.{name}": SimpleNamespace(inputs=inputs, outputs=outputs)
        for layer in range(2)
        for part, layers in parts.items()
        for name, (inputs, outputs) in layers.items()
    }
    return TinyModel(folder, sizes)


@pytest.fixture(scope="session")
def model_adapters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small adapter, `fox`, for the embedded model."""
    folder = tmp_path_factory.mktemp("adapters")
    sizes = {
        f"model.layers.{layer}.self_attn.{name}": SimpleNamespace(inputs=576, outputs=outputs)
        for layer in range(30)
        for name, outputs in (("q_proj", 576), ("v_proj", 192))
    }
    lora_folder(folder / "fox", sizes, rank=2, strength=2.0, targets=("q_proj", "v_proj"))
    return folder


@pytest.fixture(scope="session")
def model_engine(models_state_dir: Path, model_gateway: Gateway, model_adapters: Path) -> Iterator[EngineProcess]:
    """One engine with the embedded model, registered with `model_gateway`, for all tests that need a real model."""
    engine = EngineProcess(
        [
            "serve",
            "--gateway",
            model_gateway.url,
            "--state-dir",
            str(models_state_dir),
            "--device",
            "cpu",
            "--adapters",
            str(model_adapters),
        ],
        control=True,
    )
    engine.event("ready", timeout=110)
    yield engine
    engine.close()


def lora_folder(
    folder: Path,
    sizes: Mapping[str, Any],
    *,
    seed: int = 0,
    rank: int = 4,
    alpha: float = 8,
    strength: float = 0.5,
    targets: Sequence[str] = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
    **config: Any,
) -> Path:
    """A LoRA of random numbers in PEFT's format. `sizes` are LoraLayers' sizes of the base model."""
    import numpy
    from safetensors.numpy import save_file

    random = numpy.random.default_rng(seed)
    tensors = {}
    for layer, size in sizes.items():
        if layer.rpartition(".")[2] in targets:
            a = random.standard_normal((rank, size.inputs)) / size.inputs**0.5
            b = random.standard_normal((size.outputs, rank)) * strength / rank
            tensors[f"base_model.model.{layer}.lora_A.weight"] = a.astype(numpy.float32)
            tensors[f"base_model.model.{layer}.lora_B.weight"] = b.astype(numpy.float32)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "adapter_model.safetensors")
    described = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": rank,
        "lora_alpha": alpha,
        "target_modules": list(targets),
        "bias": "none",
        **config,
    }
    (folder / "adapter_config.json").write_text(json.dumps(described))
    return folder


@pytest.fixture(scope="session")
def make_adapter() -> Callable[..., Path]:
    """Makes small adapters from nothing: `make_adapter(folder, sizes, seed=0, rank=4, …)`."""
    return lora_folder
