"""The demo's engine: a process that speaks the engine's control channel and simulates a node. It serves nobody.

It exists so that the demo shows the real supervisor, state machine and log at work without torch, GPU or network.
Everything that it reports is made up, repeatable from its seed, and labelled as simulated.
"""

from __future__ import annotations

import argparse
import os
import queue
import random
import socket
import sys
import threading
import time
from collections.abc import Sequence

from r3mes_protocol import __version__
from r3mes_protocol.control import (
    DrainCommand,
    DrainingEvent,
    LoadingEvent,
    PingCommand,
    PongEvent,
    ReadyEvent,
    RegisteredEvent,
    RequestEvent,
    StartingEvent,
    StatsEvent,
    StopCommand,
    StoppedEvent,
    command_line,
    parse_command,
)
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import Device
from r3mes_protocol.wire import ProtocolError, WireModel

MODEL = "simulated-demo-model"
DEVICE = Device(kind="cpu", name="Simulated device (demo)", memory_mb=0)
NODE_ID = "de30" * 16
STAGES = ("Simulating: reading the weights", "Simulating: warming up")
STEPS_PER_STAGE = 4
STEP_S = 0.1
NO_TOKEN = "none"
BEAT_S = 1.0
BUSY_CHANCE = 0.4
MAX_TOKENS_A_BEAT = 60
ADAPTERS = (None, None, None, "simulated-poetry", "simulated-law")
CANCEL_CHANCE = 0.05
COMMAND_BYTES = 64 * 1024

# What the reader thread hands over when stdin has ended.
_GONE = None


class DemoEngine:
    def __init__(self, gateway: str, seed: int) -> None:
        self._gateway = gateway
        self._random = random.Random(seed)
        self._commands: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._requests = 0
        self._tokens = 0
        self._active = 0

    def run(self) -> int:
        threading.Thread(target=self._read, daemon=True).start()
        self._emit(StartingEvent(version=__version__, pid=os.getpid()))
        for stage in STAGES:
            for part in range(STEPS_PER_STAGE):
                self._emit(LoadingEvent(stage=stage, fraction=part / STEPS_PER_STAGE))
                if self._wait(STEP_S):
                    return self._stop()
        # The contract wants a port; this one takes connections and answers none, as there is nothing to answer with.
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            self._emit(ReadyEvent(port=port, token=NO_TOKEN, model=MODEL, device=DEVICE, node_id=NODE_ID))
            self._log("INFO", "demo: this engine is simulated; its figures are made up")
            self._emit(RegisteredEvent(gateway=self._gateway, session_id="demo", generation=1))
            while not self._wait(BEAT_S):
                self._beat()
        return self._stop()

    def _beat(self) -> None:
        tokens = 0
        self._active = 1 if self._random.random() < BUSY_CHANCE else 0
        if self._active:
            tokens = self._random.randint(MAX_TOKENS_A_BEAT // 3, MAX_TOKENS_A_BEAT)
            self._requests += 1
            self._tokens += tokens
            self._log("INFO", f"demo: simulated request {self._requests}, {tokens} tokens")
            self._emit(self._request(tokens))
        self._emit(
            StatsEvent(
                active=self._active,
                queued=0,
                requests=self._requests,
                completion_tokens=self._tokens,
                tokens_per_second=tokens / BEAT_S,
                memory_mb=0,
            )
        )

    def _request(self, tokens: int) -> RequestEvent:
        first_token_ms = self._random.randint(60, 400)
        return RequestEvent(
            job_id=f"demo-{self._requests}",
            outcome="cancelled" if self._random.random() < CANCEL_CHANCE else "stop",
            prompt_tokens=self._random.randint(8, 400),
            completion_tokens=tokens,
            first_token_ms=first_token_ms,
            duration_ms=first_token_ms + tokens * self._random.randint(8, 14),
            adapter=self._random.choice(ADAPTERS),
        )

    def _stop(self) -> int:
        self._emit(StoppedEvent(exit_code=ExitCode.OK, reason="The simulation was asked to end."))
        return ExitCode.OK

    def _wait(self, seconds: float) -> bool:
        """Lets time pass. True when it is time to end."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._commands.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return False
            if line is _GONE or self._obey(line):
                return True

    def _obey(self, line: bytes) -> bool:
        try:
            command = parse_command(line)
        except ProtocolError as error:
            self._log("WARNING", f"demo: a command that can't be read: {error.reason}")
            return False
        match command:
            case PingCommand():
                self._emit(PongEvent(id=command.id))
            case DrainCommand():
                self._emit(DrainingEvent(active=self._active))
                return True
            case StopCommand():
                return True
        return False

    def _read(self) -> None:
        # os.read and not sys.stdin: a thread that waits inside a buffered reader blocks the interpreter's end.
        held = b""
        while chunk := os.read(0, COMMAND_BYTES):
            *lines, held = (held + chunk).split(b"\n")
            for line in lines:
                self._commands.put(line)
        self._commands.put(_GONE)

    def _emit(self, event: WireModel) -> None:
        sys.stdout.buffer.write(command_line(event))
        sys.stdout.buffer.flush()

    def _log(self, level: str, text: str) -> None:
        sys.stderr.write(f"{level} {text}\n")
        sys.stderr.flush()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="r3mes-demo-engine", description="A simulated engine for the demo.")
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    try:
        return DemoEngine(options.gateway, options.seed).run()
    except BrokenPipeError:
        # The launcher is gone, and with it whoever wanted to know.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 (the interpreter flushes it at its end)
        return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
