"""The demo's engine: a process that speaks the engine's control channel and plays a recorded day. It serves nobody.

It exists so that the demo shows the real supervisor, state machine and log at work without torch, GPU or network. What
it reports was recorded, is the same at every run, and is labelled as recorded.
"""

from __future__ import annotations

import argparse
import math
import os
import queue
import socket
import sys
import threading
import time
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from r3mes_launcher.core.recording.recorded_day import (
    RecordedDay,
    RecordedFault,
    RecordedLoss,
    RecordedRequest,
    RecordingError,
    read_day,
)
from r3mes_launcher.sentence import phrase
from r3mes_protocol import __version__
from r3mes_protocol.control import (
    DisconnectedEvent,
    DrainCommand,
    DrainingEvent,
    ErrorEvent,
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

NODE_ID = "de30" * 16
STAGES = (phrase("Recorded: reading the weights"), phrase("Recorded: warming up"))
STEPS_PER_STAGE = 4
STEP_S = 0.1
NO_TOKEN = "none"
BEAT_S = 0.25
PACE_OVER_S = 60.0
"""Recorded seconds over which the tokens a second are counted."""
COMMAND_BYTES = 64 * 1024

# What the reader thread hands over when stdin has ended.
_GONE = None


class DemoEngine:
    def __init__(self, gateway: str, day: RecordedDay, at: float, rate: float) -> None:
        """`at` is the moment of the day now, in seconds; `rate` recorded seconds pass in one."""
        self._gateway = gateway
        self._day = day
        self._rate = rate
        self._at = at
        self._started = time.monotonic()
        self._ends = [request.at for request in day.requests]
        self._commands: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._requests = 0
        self._tokens = 0
        self._active = 0
        self._lost: RecordedLoss | None = None

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
            self._emit(
                ReadyEvent(port=port, token=NO_TOKEN, model=self._day.model, device=self._device(), node_id=NODE_ID)
            )
            self._log("INFO", "demo: this engine plays what was recorded; it serves nobody")
            self._register()
            told = self._moment()
            while not self._wait(BEAT_S):
                now = self._moment()
                fault = self._beat(told, now)
                if fault is not None:
                    return self._fail(fault)
                told = now
        return self._stop()

    def _moment(self) -> float:
        """Recorded seconds since the begin of the first day; the day repeats itself."""
        return self._at + (time.monotonic() - self._started) * self._rate

    def _device(self) -> Device:
        cards = self._day.cards
        return Device(
            kind="cuda",
            name=" + ".join(card.name for card in cards),
            memory_mb=sum(card.memory_total_mb for card in cards),
            gpu_uuids=tuple(card.uuid for card in cards),
        )

    def _beat(self, since: float, until: float) -> RecordedFault | None:
        """What happened between two moments. Returns the fault that ends the engine, if one came."""
        for number, request in self._between(since, until):
            self._requests += 1
            self._tokens += request.completion_tokens
            self._emit(_event(number, request))
        length, now = self._day.length_s, until % self._day.length_s
        self._active = sum(1 for request in self._day.requests if request.begin <= now < request.at)
        recent = sum(request.completion_tokens for _, request in self._between(until - PACE_OVER_S, until))
        self._emit(
            StatsEvent(
                active=self._active,
                queued=0,
                requests=self._requests,
                completion_tokens=self._tokens,
                tokens_per_second=recent / PACE_OVER_S,
                memory_mb=0,
            )
        )
        self._follow_session(now)
        day = math.floor(since / length)
        return next(
            (
                fault
                for fault in self._day.faults
                for turn in (day, day + 1)
                if since < fault.at + turn * length <= until
            ),
            None,
        )

    def _between(self, since: float, until: float) -> list[tuple[int, RecordedRequest]]:
        """The requests that ended after `since` and until `until`, numbered over all days."""
        found: list[tuple[int, RecordedRequest]] = []
        length, count = self._day.length_s, len(self._ends)
        for turn in range(math.floor(since / length), math.floor(until / length) + 1):
            first = bisect_right(self._ends, since - turn * length)
            last = bisect_right(self._ends, until - turn * length)
            found += [(turn * count + place, self._day.requests[place]) for place in range(first, last)]
        return found

    def _follow_session(self, now: float) -> None:
        lost = next((loss for loss in self._day.losses if loss.at <= now < loss.until), None)
        if lost is not None and self._lost is None:
            left = (lost.until - now) / self._rate
            self._emit(DisconnectedEvent(gateway=self._gateway, reason=lost.reason, retry_in_s=left))
        elif lost is None and self._lost is not None:
            self._register()
        self._lost = lost

    def _register(self) -> None:
        self._emit(RegisteredEvent(gateway=self._gateway, session_id="demo", generation=1))

    def _fail(self, fault: RecordedFault) -> int:
        self._log("ERROR", f"demo: {fault.message}")
        self._emit(ErrorEvent(code=fault.code, message=fault.message, hint=fault.hint, exit_code=ExitCode.INTERNAL))
        return ExitCode.INTERNAL

    def _stop(self) -> int:
        self._emit(StoppedEvent(exit_code=ExitCode.OK, reason="The recording was asked to end."))
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


def _event(number: int, request: RecordedRequest) -> RequestEvent:
    return RequestEvent(
        job_id=f"recorded-{number}",
        outcome=request.outcome,
        prompt_tokens=request.prompt_tokens,
        completion_tokens=request.completion_tokens,
        first_token_ms=request.first_token_ms,
        duration_ms=request.duration_ms,
        adapter=request.adapter or None,
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="r3mes-demo-engine", description="Plays a recorded engine for the demo.")
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--recording", required=True, type=Path)
    parser.add_argument("--at", required=True, type=float, help="the moment of the day, in seconds")
    parser.add_argument("--rate", required=True, type=float, help="recorded seconds in one second")
    options = parser.parse_args(argv)
    try:
        day = read_day(options.recording)
    except RecordingError as error:
        sys.stderr.write(f"ERROR {error}\n")
        return ExitCode.CONFIGURATION
    try:
        return DemoEngine(options.gateway, day, options.at, options.rate).run()
    except BrokenPipeError:
        # The launcher is gone, and with it whoever wanted to know.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 (the interpreter flushes it at its end)
        return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
