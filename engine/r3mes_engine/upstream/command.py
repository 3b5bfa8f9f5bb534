"""The command line of a server that the engine runs itself. Pure.

vLLM's arguments: https://docs.vllm.ai/en/stable/cli/serve; llama.cpp's: its tools/server/README.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from r3mes_protocol.messages import Device

LocalKind = Literal["vllm", "llama-server"]

MAX_ADAPTER_RANK = 64
"""vLLM keeps room for this rank in each of its adapter places; a larger one is refused when it is loaded."""
ADAPTER_PLACES = 4
"""Different adapters in one batch of vLLM."""


@dataclass(frozen=True, slots=True)
class LocalServer:
    """What to run, as the operator said it."""

    kind: LocalKind
    program: str
    """vllm: a Python that has vLLM; llama-server: the program."""
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    ray_address: str | None = None
    """Of a Ray cluster that is there; None: worker processes on this machine (`mp`)."""
    options: tuple[str, ...] = ()
    """Further ones, as they are; they come last, so they win."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    path: Path
    name: str
    """Under which the server is to know it."""


def command_line(
    server: LocalServer, model: LocalModel, port: int, key_file: Path, concurrency: int, *, adapters: bool
) -> list[str]:
    """`key_file` is what `key_file_text` is written to."""
    if server.kind == "llama-server":
        return [
            *(server.program, "--model", str(model.path), "--alias", model.name),
            *("--host", "127.0.0.1", "--port", str(port), "--api-key-file", str(key_file)),
            *("--parallel", str(concurrency), "--metrics", "--no-webui", "--jinja"),
            *server.options,
        ]
    executor = "mp" if server.ray_address is None else "ray"
    lora = ("--enable-lora", "--max-loras", str(ADAPTER_PLACES), "--max-lora-rank", str(MAX_ADAPTER_RANK))
    return [
        # Not `vllm serve`, which builds of the CPU package do not have.
        *(server.program, "-m", "vllm.entrypoints.openai.api_server", "--config", str(key_file)),
        *("--model", str(model.path), "--served-model-name", model.name),
        *("--host", "127.0.0.1", "--port", str(port), "--max-num-seqs", str(concurrency)),
        *("--tensor-parallel-size", str(server.tensor_parallel)),
        *("--pipeline-parallel-size", str(server.pipeline_parallel)),
        *("--distributed-executor-backend", executor),
        *(lora if adapters else ()),
        *server.options,
    ]


def key_file_text(kind: LocalKind, key: str) -> str:
    """vLLM reads its key from a configuration file in YAML, of which JSON is a part; llama.cpp from a plain one."""
    return key + "\n" if kind == "llama-server" else json.dumps({"api-key": key}) + "\n"


def key_file_name(kind: LocalKind) -> str:
    return "upstream_key" if kind == "llama-server" else "upstream_key.yaml"


def environment(server: LocalServer, device: Device, threads: int, *, adapters: bool) -> dict[str, str]:
    """What is added to the environment of the engine itself."""
    if server.kind == "llama-server":
        return {"LLAMA_ARG_THREADS": str(threads)}
    added = {
        # Models come from disk alone, and nobody is told what is served.
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
    }
    if adapters:
        added["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] = "True"
    if server.ray_address is not None:
        added["RAY_ADDRESS"] = server.ray_address
    if device.kind == "cpu":
        added |= {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": str(threads)}
    return added
