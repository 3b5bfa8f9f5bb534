"""How long an adapter takes to load while answers go on, and what those answers notice of it.

    python engine/benchmarks/adapter_loads.py MODEL [--adapter FOLDER] [--loads 24] [--streams 4]

MODEL is a folder in Hugging Face's format, or a GGUF file with `--adapter`. It starts an engine of its own on
loopback, opens the streams, and loads and unloads one adapter over the control channel: from its files each time,
since an unloaded adapter leaves the memory. Without `--adapter` it makes one of rank 8 with random weights for all
linear layers of a decoder of Llama's kind. A load takes from the command to its event. A pause is the longest time
between two tokens of one stream while the adapter was on its way, in medians of such times between the loads.
In the second round each load is followed by a short answer through the adapter, whose prompt is a pause of its own;
beside it the same with the base model.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy
from safetensors.numpy import save_file

from r3mes_protocol.control import (
    AdapterEvent,
    Command,
    ErrorEvent,
    Event,
    LoadAdapterCommand,
    ReadyEvent,
    UnloadAdapterCommand,
    command_line,
    parse_event,
)

READY_S = 300.0
EVENT_S = 60.0
"""A load that takes longer than this has failed."""
LONGEST_ANSWER = 4000
"""Tokens; no stream ends within a run."""
TOKENS_BETWEEN = 3
"""That the streams make between two loads, so that each load meets steps of its own."""
NAME = "measured"


class Engine:
    """A real engine as a child, with its control channel."""

    def __init__(self, model: Path, streams: int, state: Path) -> None:
        command = [
            sys.executable, "-m", "r3mes_engine", "serve", "--gateway", "http://127.0.0.1:9", "--device", "cpu",
            "--model", str(model), "--state-dir", str(state), "--max-concurrency", str(streams + 1),
            "--control", "stdio",
        ]  # fmt: skip
        self._log = (state.parent / "log").open("wb")
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log)
        self._events: list[Event] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        ready = self.wait(lambda event: isinstance(event, ReadyEvent), READY_S)
        assert isinstance(ready, ReadyEvent) and ready.token is not None
        self.port, self.token, self.model = ready.port, ready.token, ready.model

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            event = parse_event(line)
            with self._changed:
                self._events.append(event)
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait(self, wanted: Callable[[Event], bool], seconds: float) -> Event:
        """The first such event since the last command. Exits with what the engine said instead."""
        ends = time.monotonic() + seconds
        with self._changed:
            while True:
                for event in self._events:
                    if isinstance(event, ErrorEvent):
                        raise SystemExit(f"The engine said: {event.message} {event.hint}")
                    if wanted(event):
                        return event
                if self._child.poll() is not None or not self._changed.wait(max(0.0, ends - time.monotonic())):
                    raise SystemExit("The engine did not answer.")

    def follow(self, command: Command) -> None:
        """Returns when the command's own event has come."""
        assert self._child.stdin is not None
        with self._changed:
            self._events.clear()
        self._child.stdin.write(command_line(command))
        self._child.stdin.flush()
        self.wait(lambda event: isinstance(event, AdapterEvent), EVENT_S)

    def end(self) -> None:
        self._child.kill()
        self._child.wait()
        self._log.close()


def pieces(engine: Engine, model: str, prompt: str, tokens: int) -> Iterator[float]:
    """When each piece of an answer came."""
    connection = http.client.HTTPConnection("127.0.0.1", engine.port)
    body = {
        "model": model, "messages": [{"role": "user", "content": prompt}], "max_tokens": tokens, "stream": True,
        "temperature": 0, "ignore_eos": True,
    }  # fmt: skip
    connection.request(
        "POST",
        "/v1/chat/completions",
        json.dumps(body),
        {"Content-Type": "application/json", "Authorization": f"Bearer {engine.token}"},
    )
    answer = connection.getresponse()
    if answer.status != http.client.OK:
        raise SystemExit(f"The engine refused: {answer.read(500).decode()}")
    for line in answer:
        if line.startswith(b"data: {") and json.loads(line[6:])["choices"][0]["delta"].get("content"):
            yield time.perf_counter()


@dataclass
class Stream:
    came: list[float] = field(default_factory=list)

    def run(self, engine: Engine, number: int) -> None:
        for moment in pieces(engine, engine.model, f"Tell a long story about {number} ships.", LONGEST_ANSWER):
            self.came.append(moment)

    def gaps(self, begin: float, end: float) -> list[float]:
        """Times between two tokens that have anything to do with this span, in seconds."""
        gaps = itertools.pairwise(list(self.came))
        return [after - before for before, after in gaps if after > begin and before < end]


class Streams:
    def __init__(self, engine: Engine, count: int) -> None:
        self._all = [Stream() for _ in range(count)]
        for number, stream in enumerate(self._all):
            threading.Thread(target=stream.run, args=(engine, number), daemon=True).start()
        self.go_on(TOKENS_BETWEEN)

    def go_on(self, tokens: int) -> None:
        """Returns when each stream has made so many more tokens."""
        wanted = [len(stream.came) + tokens for stream in self._all]
        ends = time.monotonic() + EVENT_S
        while any(len(stream.came) < count for stream, count in zip(self._all, wanted, strict=True)):
            if time.monotonic() > ends:
                raise SystemExit("The streams do not go on.")
            time.sleep(0.005)

    def gaps(self, begin: float, end: float) -> list[float]:
        return [gap for stream in self._all for gap in stream.gaps(begin, end)]


@dataclass
class Figures:
    took: list[float] = field(default_factory=list)
    longest: list[float] = field(default_factory=list)
    """The longest time between two tokens of a stream, for each load."""
    free: list[float] = field(default_factory=list)
    """Such times between the loads: other programs may want the processor more or less meanwhile."""

    def line(self, what: str) -> str:
        pace = statistics.median(self.free)
        over = sum(gap > 3 * pace for gap in self.longest)
        return (
            f"{what}: {statistics.median(self.took) * 1e3:.0f} ms median, {max(self.took) * 1e3:.0f} ms longest of "
            f"{len(self.took)}; longest pause {max(self.longest) / pace:.2f} times the pace of {pace * 1e3:.0f} ms "
            f"(median {statistics.median(self.longest) / pace:.2f}), {over} over 3"
        )


def measured(streams: Streams, times: int, work: Callable[[], float]) -> Figures:
    """`work` returns how long its part that counts took."""
    figures = Figures()
    for _ in range(times):
        begin = time.perf_counter()
        figures.took.append(work())
        end = time.perf_counter()
        # What was held up ends with the next tokens.
        streams.go_on(1)
        held_up_until = time.perf_counter()
        streams.go_on(TOKENS_BETWEEN)
        figures.longest.append(max(streams.gaps(begin, end)))
        figures.free += streams.gaps(held_up_until, time.perf_counter())
    return figures


def run(engine: Engine, adapter: Path, loads: int, count: int) -> None:
    streams = Streams(engine, count)
    load, unload = LoadAdapterCommand(name=NAME, path=str(adapter)), UnloadAdapterCommand(name=NAME)

    def loaded() -> float:
        begin = time.perf_counter()
        engine.follow(load)
        return time.perf_counter() - begin

    def one_load() -> float:
        took = loaded()
        engine.follow(unload)
        return took

    def load_and_answer() -> float:
        took = loaded()
        list(pieces(engine, NAME, "Hello.", 2))
        engine.follow(unload)
        return took

    def base_answer() -> float:
        begin = time.perf_counter()
        list(pieces(engine, engine.model, "Hello.", 2))
        return time.perf_counter() - begin

    one_load()
    print(measured(streams, loads, one_load).line(f"load beside {count} streams"), flush=True)
    print(measured(streams, loads // 3, base_answer).line("answer of the base model, no load"), flush=True)
    print(measured(streams, loads // 3, load_and_answer).line("load with an answer through it"), flush=True)


def random_adapter(model: Path, folder: Path, rank: int = 8, seed: int = 0) -> Path:
    """Of small random weights, for all linear layers of a decoder of Llama's kind."""
    config: dict[str, Any] = json.loads((model / "config.json").read_bytes())
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    heads = config["num_attention_heads"]
    size = config.get("head_dim") or hidden // heads
    queries, keys = heads * size, (config.get("num_key_value_heads") or heads) * size
    shapes = {
        "self_attn.q_proj": (hidden, queries), "self_attn.k_proj": (hidden, keys), "self_attn.v_proj": (hidden, keys),
        "self_attn.o_proj": (queries, hidden), "mlp.gate_proj": (hidden, inner), "mlp.up_proj": (hidden, inner),
        "mlp.down_proj": (inner, hidden),
    }  # fmt: skip
    dice = numpy.random.default_rng(seed)
    tensors = {}
    for layer in range(config["num_hidden_layers"]):
        for name, (inputs, outputs) in shapes.items():
            for half, shape in (("A", (rank, inputs)), ("B", (outputs, rank))):
                weights = dice.normal(0, 0.01, shape).astype(numpy.float32)
                tensors[f"base_model.model.model.layers.{layer}.{name}.lora_{half}.weight"] = weights
    folder.mkdir()
    save_file(tensors, folder / "adapter_model.safetensors")
    targets = [name.partition(".")[2] for name in shapes]
    told = {"peft_type": "LORA", "r": rank, "lora_alpha": rank, "target_modules": targets, "bias": "none"}
    (folder / "adapter_config.json").write_text(json.dumps(told))
    return folder


@contextmanager
def running(model: Path, streams: int, folder: Path) -> Iterator[Engine]:
    engine = Engine(model, streams, folder / "state")
    try:
        yield engine
    finally:
        engine.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--loads", type=int, default=24)
    parser.add_argument("--streams", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        adapter = (options.adapter or random_adapter(options.model, folder / "adapter")).resolve()
        with running(options.model.resolve(), options.streams, folder) as engine:
            run(engine, adapter, options.loads, options.streams)
    sys.stdout.flush()
    # The streams' threads still read.
    os._exit(0)


if __name__ == "__main__":
    main()
