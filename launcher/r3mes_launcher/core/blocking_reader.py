"""Asks something that may block, or hang for ever, on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class BlockingReader(Generic[Value]):
    """The one thread that calls `read`, and `close` at the end.

    A daemon, because a driver may hang for ever; executors of the standard library would wait for it at exit.
    """

    def __init__(self, read: Callable[[], Value], close: Callable[[], None], name: str) -> None:
        self._read = read
        self._close = close
        self._loop = asyncio.get_running_loop()
        self._asked: SimpleQueue[asyncio.Future[Value] | None] = SimpleQueue()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def ask(self) -> asyncio.Future[Value]:
        answer: asyncio.Future[Value] = self._loop.create_future()
        self._asked.put(answer)
        return answer

    async def close(self, timeout_s: float) -> None:
        self._asked.put(None)
        await asyncio.wait({self._ended}, timeout=timeout_s)

    def _run(self) -> None:
        try:
            while (answer := self._asked.get()) is not None:
                self._answer(answer)
        finally:
            self._close()
            self._on_loop(self._ended.set_result, None)

    def _answer(self, answer: asyncio.Future[Value]) -> None:
        try:
            value = self._read()
        except Exception as error:
            self._on_loop(_fail, answer, error)
        else:
            self._on_loop(_deliver, answer, value)

    def _on_loop(self, act: Callable[..., None], *arguments: Any) -> None:
        # The loop may be closed by the time that a hung driver answers.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(act, *arguments)


def _deliver(answer: asyncio.Future[Value], value: Value) -> None:
    if not answer.done():
        answer.set_result(value)


def _fail(answer: asyncio.Future[Any], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
