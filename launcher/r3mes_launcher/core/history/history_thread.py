"""The one thread that touches the history's file."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from r3mes_launcher.core.history.history_database import HistoryDatabase

Result = TypeVar("Result")

THREAD_NAME = "r3mes-history"


class HistoryThread:
    """Work is done in the order in which it was asked for.

    A daemon, because a network disk may hang for ever; executors of the standard library would wait for it at exit.
    """

    def __init__(self, database: HistoryDatabase) -> None:
        self._database = database
        self._loop = asyncio.get_running_loop()
        self._asked: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)
        self._thread.start()

    def call(self, work: Callable[[sqlite3.Connection], Result]) -> asyncio.Future[Result]:
        """The work in one transaction. The future raises sqlite3.Error."""
        answer: asyncio.Future[Result] = self._loop.create_future()

        def perform() -> None:
            try:
                result = self._database.run(work)
            except Exception as error:
                self._on_loop(_fail, answer, error)
            else:
                self._on_loop(_deliver, answer, result)

        self._asked.put(perform)
        return answer

    async def close(self, timeout_s: float) -> None:
        """After what was asked for before. Leaves a thread that hangs to the end of the process."""
        self._asked.put(None)
        done, _ = await asyncio.wait({self._ended}, timeout=timeout_s)
        if done:
            # Nothing is left for it but to return.
            self._thread.join(timeout_s)

    def _run(self) -> None:
        self._database.open()
        try:
            while (perform := self._asked.get()) is not None:
                perform()
        finally:
            self._database.close()
            self._on_loop(_deliver, self._ended, None)

    def _on_loop(self, act: Callable[..., None], *arguments: Any) -> None:
        # The loop may be closed by the time that a hung disk answers.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(act, *arguments)


def _deliver(answer: asyncio.Future[Result], result: Result) -> None:
    if not answer.done():
        answer.set_result(result)


def _fail(answer: asyncio.Future[Result], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
