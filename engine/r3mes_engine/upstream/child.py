"""One start of a server that the engine runs itself."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence

import psutil

log = logging.getLogger(__name__)

END_S = 8.0
"""The guard allows its command five seconds."""
LAST_LINES = 12


class ServerChild:
    """Starts at once. Methods may be called from any thread."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """`environment` is added to the engine's own."""
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "r3mes_engine.upstream.guard", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            # Whoever ends the engine's whole process group leaves the guard to its work.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name="upstream log", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            text = line.decode("utf-8", "replace").rstrip()
            self.last_lines.append(text[:500])
            log.info("%s", text)

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def last_words(self) -> str:
        """The last line that it wrote."""
        self._reader.join(1)
        return next((line for line in reversed(self.last_lines) if line.strip()), "")

    def memory_mb(self) -> int:
        try:
            guard = psutil.Process(self._process.pid)
            family = guard.children(recursive=True)
        except psutil.Error:
            return 0
        total = 0
        for process in family:
            try:
                total += process.memory_info().rss
            except psutil.Error:
                continue
        return int(total) // 2**20

    def end(self) -> None:
        """Blocks until it and its descendants are gone."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            log.error("the server's guard does not end; it is killed")
            self._process.kill()
            self._process.wait()


def free_port() -> int:
    """Of loopback. Somebody may take it before the server does; the next start then takes another."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
