"""A gateway as a real process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil
from patience import DEADLINE_S

from r3mes_protocol.control import parse_api_ready


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
