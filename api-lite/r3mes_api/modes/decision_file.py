"""Decision records in a file, for the operator to replay.

The gateway's memory holds the latest alone, and where accounts are on, each of them is for its owner.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from pathlib import Path

from r3mes_api.routing.decision import Decision

logger = logging.getLogger(__name__)

WRITE_EVERY_S = 1.0
"""What a crash may lose; a write for each request would cost more than choosing its node."""

MAX_WAITING = 20_000
"""Records that wait for a disk that takes none, and for requests that run. Beyond it the oldest are lost."""

MAX_BYTES = 64 * 1024 * 1024
"""Of the file; then it becomes NAME.1, in the place of the last one, and a new one begins."""


class DecisionFile:
    """One JSON document a line, as `GET /v1/requests/{id}` answers it. It holds no prompt and no answer."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._waiting: list[Decision] = []
        self._in_trouble = False

    def add(self, decision: Decision) -> None:
        """It is written when its request has ended."""
        self._waiting.append(decision)
        if len(self._waiting) > MAX_WAITING:
            del self._waiting[0]

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            await self.flush()

    async def flush(self) -> None:
        """Writes what has ended. A disk that is full or gone keeps no request from its answer."""
        waiting, self._waiting = self._waiting, []
        ended: list[Decision] = []
        for decision in waiting:
            (self._waiting if decision.total_s is None else ended).append(decision)
        if not ended:
            return
        try:
            await asyncio.to_thread(self._write, ended)
        except OSError as error:
            if not self._in_trouble:
                logger.warning("decision records can't be written to %s: %s", self._path, error)
            self._in_trouble = True
            self._waiting = [*ended, *self._waiting][-MAX_WAITING:]
            return
        if self._in_trouble:
            logger.warning("decision records are written to %s again", self._path)
        self._in_trouble = False

    def _write(self, decisions: Sequence[Decision]) -> None:
        lines = "".join(json.dumps(decision.document(), separators=(",", ":")) + "\n" for decision in decisions)
        if self._path.exists() and self._path.stat().st_size >= self._max_bytes:
            self._path.replace(self._path.with_name(self._path.name + ".1"))
        # It tells who asked for what model: nobody else's business.
        self._path.touch(0o600)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(lines)
