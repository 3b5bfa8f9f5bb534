"""What the engine's tests share; what they are made of has modules of its own beside this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from engine_process import EngineProcess, FakeServer
from filelock import FileLock
from small_gateway import Gateway, GatewayRules

from r3mes_protocol.messages import Limits

if TYPE_CHECKING:
    import openai

StartGateway = Callable[..., Gateway]
StartEngine = Callable[..., EngineProcess]


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
        # Compiling for the processor would take longer than the tests. In stages `--enforce-eager` is no way round it:
        # with it and a cache of a given size vLLM 0.32 leaves out the warm-up that makes the second stage's input.
        plain = ["--enforce-eager"] if not split else ["--compilation-config", '{"backend": "eager"}']
        options = [f"--upstream-option={option}" for option in plain]
        return [*common, "--upstream-server", "vllm", "--model", str(folder), *split, *options]

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
