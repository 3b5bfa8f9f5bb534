"""Engines, and the servers that they relay, as real processes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from r3mes_protocol.control import Event, parse_event

WAIT_S = 60.0
"""Deadline of anything that a test waits for. It is long because the machine may be busy; nothing waits for it in vain
unless the test fails."""


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


FAKE_SERVER = Path(__file__).with_name("fake_openai_server.py")


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
