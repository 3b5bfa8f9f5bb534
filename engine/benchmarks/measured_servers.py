"""Servers as children, one at a time: the engine, transformers' own, llama.cpp's and vLLM's."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lora_gguf import write_adapter
from streaming_load import Target

from r3mes_engine.device import model_threads, usable_cores
from r3mes_protocol.control import ReadyEvent, parse_event

START_S = 1200.0
"""vLLM compiles at its first start: two minutes on quiet cores, more than ten on busy ones."""
END_S = 20.0
"""For a server to end by itself."""
PLACES = 16
"""Answers at once."""
PLACE_TOKENS = 512
"""Of llama.cpp's context for each of them; it divides the whole evenly."""
SERVED = "smol"
NO_END = 49_150
"""A token of SmolLM2's that no answer holds (the last but one of its words)."""


class ServerFailed(Exception):
    """With what the server said last."""


@dataclass(frozen=True, slots=True)
class Running:
    process: int
    base: Target
    adapters: tuple[Target, ...] = ()
    """The base model is no part of them."""
    behind: int | None = None
    """The process of the server that it asks itself."""

    @property
    def mixed(self) -> tuple[Target, ...]:
        return (self.base, *self.adapters)


@dataclass(frozen=True, slots=True)
class Setup:
    """What all servers share. A folder of adapters holds each of them in a folder of its own."""

    model: Path
    adapters: Path
    place: Path
    """For logs, keys, and what is made for one server."""
    dtype: str

    @property
    def adapter_names(self) -> list[str]:
        return sorted(folder.name for folder in self.adapters.iterdir())

    @property
    def threads(self) -> int:
        """As many as the engine takes by itself."""
        return model_threads(usable_cores())


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def child(command: Sequence[str], log: Path, more: Mapping[str, str], output: int | None = None) -> Iterator[Any]:
    """With a session of its own, of which nothing is left afterwards."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | more
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output or file, stderr=file, env=environment, cwd=log.parent,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(END_S)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def last_words(log: Path) -> str:
    """What a server that failed wrote: the last line that names an error, or else the last one."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    named = [line for line in lines if re.search(r"\w*(Error|Exception): ", line) and " WARNING " not in line]
    return (named or lines or ["nothing"])[-1][-400:]


def wait_until_it_answers(process: subprocess.Popen[bytes], port: int, path: str, key: str, log: Path) -> None:
    """Raises ServerFailed."""
    ends = time.monotonic() + START_S
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise ServerFailed(f"It ended with {process.returncode}: {last_words(log)}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
            if connection.getresponse().status == http.client.OK:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.3)
    raise ServerFailed(f"It was not ready after {START_S:.0f} s: {last_words(log)}")


@contextmanager
def engine(
    setup: Setup, name: str, *options: str, adapters: bool = False, behind: int | None = None
) -> Iterator[Running]:
    """Ours, with nobody to register with. Raises ServerFailed."""
    state = setup.place / name
    state.mkdir()
    command = [
        sys.executable, "-m", "r3mes_engine", "serve", "--gateway", "http://127.0.0.1:9", "--device", "cpu",
        "--state-dir", str(state), "--max-concurrency", str(PLACES), *options,
    ]  # fmt: skip
    log = setup.place / f"{name}.log"
    # Where the packages are found by the path alone, so are the child's.
    paths = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with child(command, log, paths, subprocess.PIPE) as process:
        for line in process.stdout:
            event = parse_event(line)
            if isinstance(event, ReadyEvent):
                break
        else:
            raise ServerFailed(f"It ended with {process.wait()}: {last_words(log)}")
        token = (state / "http_token").read_text().strip()

        def target(model: str) -> Target:
            return Target(event.port, model, token, {"ignore_eos": True})

        # Its events are few, so that nobody has to read the rest of them.
        names = setup.adapter_names if adapters else []
        yield Running(process.pid, target(event.model), tuple(map(target, names)), behind)


def ours(setup: Setup) -> Any:
    return engine(setup, "ours", "--model", str(setup.model), "--adapters", str(setup.adapters), adapters=True)


def before(setup: Setup, name: str, other: Running, *, adapters: bool = False) -> Any:
    """Ours with the backend `upstream` before a server that runs, whose own adapters it offers by their names."""
    options = ["--backend", "upstream", "--upstream", f"http://127.0.0.1:{other.base.port}/v1"]
    if other.base.key:
        key = setup.place / f"{name}.key"
        key.write_text(other.base.key + "\n")
        key.chmod(0o600)
        options += ["--upstream-key-file", str(key)]
    return engine(setup, name, *options, "--upstream-model", SERVED, adapters=adapters, behind=other.process)


@contextmanager
def library(setup: Setup) -> Iterator[Running]:
    """`transformers serve`, which takes no `ignore_eos`: its model gets an end that no answer has."""
    endless = setup.place / "endless-model"
    endless.mkdir()
    for file in setup.model.iterdir():
        if file.name != "generation_config.json":
            (endless / file.name).symlink_to(file)
    settings = json.loads((setup.model / "generation_config.json").read_bytes())
    (endless / "generation_config.json").write_text(json.dumps(settings | {"eos_token_id": NO_END}))
    port, log = free_port(), setup.place / "library.log"
    command = [
        str(Path(sys.executable).with_name("transformers")), "serve", str(endless), "--host", "127.0.0.1",
        "--port", str(port), "--device", "cpu", "--dtype", setup.dtype, "--continuous-batching",
        "--attn-implementation", "sdpa", "--cb-block-size", "64", "--cb-num-blocks", "128",
        "--cb-max-batch-tokens", "512",
    ]  # fmt: skip
    threads = {"OMP_NUM_THREADS": str(setup.threads), "OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1"}
    with child(command, log, threads) as process:
        wait_until_it_answers(process, port, "/health", "", log)
        yield Running(process.pid, Target(port, str(endless)))


@contextmanager
def llama(setup: Setup, program: Path, gguf: Path, *, adapters: bool) -> Iterator[Running]:
    """llama.cpp's server. Its adapters are chosen by number with each request, and take turns in it."""
    name = "llama-adapters" if adapters else "llama"
    key, port, log = setup.place / f"{name}.key", free_port(), setup.place / f"{name}.log"
    key.write_text("measured\n")
    files = []
    for adapter in setup.adapter_names if adapters else ():
        file = setup.place / f"{adapter}.gguf"
        write_adapter(setup.model, setup.adapters / adapter, file)
        files += ["--lora", str(file)]
    command = [
        str(program), "--model", str(gguf), "--alias", SERVED, "--host", "127.0.0.1", "--port", str(port),
        "--api-key-file", str(key), "--parallel", str(PLACES), "--ctx-size", str(PLACES * PLACE_TOKENS),
        "--metrics", "--no-webui", "--jinja", *files,
    ]  # fmt: skip

    def target(*chosen: int) -> Target:
        # Without the list a request would get all adapters at once.
        lora = {"lora": [{"id": one, "scale": 1.0} for one in chosen]} if adapters else {}
        return Target(port, SERVED, "measured", {"ignore_eos": True, **lora})

    with child(command, log, {"LLAMA_ARG_THREADS": str(setup.threads)}) as process:
        wait_until_it_answers(process, port, "/v1/models", "measured", log)
        count = len(setup.adapter_names) if adapters else 0
        yield Running(process.pid, target(), tuple(target(number) for number in range(count)))


@contextmanager
def vllm(setup: Setup, python: Path, *, adapters: bool) -> Iterator[Running]:
    """vLLM's server, on the processor."""
    name = "vllm-adapters" if adapters else "vllm"
    port, log = free_port(), setup.place / f"{name}.log"
    lora = [f"{adapter}={setup.adapters / adapter}" for adapter in setup.adapter_names]
    command = [
        str(python), "-m", "vllm.entrypoints.openai.api_server", "--model", str(setup.model),
        "--served-model-name", SERVED, "--host", "127.0.0.1", "--port", str(port), "--max-num-seqs", str(PLACES),
        "--max-model-len", "2048", "--dtype", setup.dtype, "--distributed-executor-backend", "mp",
        *(("--enable-lora", "--max-loras", "4", "--max-lora-rank", "8", "--lora-modules", *lora) if adapters else ()),
    ]  # fmt: skip
    settings = {
        "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": str(setup.threads),
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip

    def target(model: str) -> Target:
        return Target(port, model, "", {"ignore_eos": True})

    with child(command, log, settings) as process:
        wait_until_it_answers(process, port, "/health", "", log)
        names = setup.adapter_names if adapters else []
        yield Running(process.pid, target(SERVED), tuple(map(target, names)))
