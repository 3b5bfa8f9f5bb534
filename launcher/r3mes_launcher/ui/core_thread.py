"""Runs one core on its own asyncio loop in its own thread. Knows no Qt; the bridge puts Qt around it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from r3mes_launcher.core.interface import Core, CoreListener, StartRefused
from r3mes_launcher.core.state import LogLevel, LogLine
from r3mes_launcher.ui.core_wording import spoken_error
from r3mes_launcher.ui.language import translate

# Called on the core's thread with the loop running, so that slow imports stay away from the window.
CoreFactory = Callable[[], Core]


class CoreThreadListener(CoreListener, Protocol):
    """What the owner of the thread hears. Called on the core's thread; must return at once."""

    def on_crash(self, sentence: str) -> None: ...
    def on_end(self) -> None: ...


class CoreEndedError(Exception):
    """The core is not running any more; the wish was not carried out."""


class CoreThread:
    """One core from its making to its end. `start` once, `stop` any number of times, then `join`."""

    def __init__(self, factory: CoreFactory, listener: CoreThreadListener) -> None:
        self._factory = factory
        self._listener = listener
        self._loop = asyncio.new_event_loop()
        self._core: asyncio.Future[Core] = self._loop.create_future()
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="r3mes-core", daemon=True)
        self._lock = threading.Lock()
        self._accepting = True

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Asks the core to drain and close; returns at once. `on_end` tells when that is done."""
        with self._lock:
            if not self._accepting:
                return
            self._accepting = False
            if self._thread.ident is not None:
                self._loop.call_soon_threadsafe(self._stop.set)
                return
        self._loop.close()  # never started: nothing to close but the loop itself

    def join(self, timeout_s: float) -> bool:
        """Waits for the thread to end. True when it has."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def submit(self, work: Callable[[Core], Coroutine[Any, Any, None]]) -> Callable[[], None]:
        """Runs `work` on the core's loop once the core is made. Returns the way to cancel it. Raises CoreEndedError."""

        def begin() -> None:
            task = self._loop.create_task(self._perform(work))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            holder.append(task)

        def cancel() -> None:
            for task in holder:
                task.cancel()

        holder: list[asyncio.Task[None]] = []
        self._call(begin)

        def cancel_from_outside() -> None:
            with contextlib.suppress(CoreEndedError):
                self._call(cancel)

        return cancel_from_outside

    def _call(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if not self._accepting or self._loop.is_closed():
                raise CoreEndedError("The launcher's core has ended.")
            self._loop.call_soon_threadsafe(callback)

    async def _perform(self, work: Callable[[Core], Awaitable[None]]) -> None:
        await work(await asyncio.shield(self._core))

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._main())
        except BaseException as error:
            self._tell_crash(error)
        finally:
            with self._lock:
                self._accepting = False
            self._listener.on_end()

    async def _main(self) -> None:
        self._loop.set_exception_handler(self._on_loop_error)
        core = self._factory()
        unsubscribe = core.subscribe(self._listener)
        try:
            self._core.set_result(core)
            await core.start()
            await self._stop.wait()
        finally:
            await self._end_tasks()
            try:
                await core.close()
            finally:
                unsubscribe()

    async def _end_tasks(self) -> None:
        with self._lock:
            self._accepting = False
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self._log_traceback(str(context.get("message", "")), error if isinstance(error, BaseException) else None)

    def _tell_crash(self, error: BaseException) -> None:
        if isinstance(error, StartRefused):
            self._listener.on_crash(spoken_error(error))
            return
        self._log_traceback("The launcher's core stopped", error)
        detail = f"{type(error).__name__}: {error}".removesuffix(": ")
        words = translate("CoreThread", "The launcher's core stopped unexpectedly ({detail}).")
        self._listener.on_crash(words.format(detail=detail))

    def _log_traceback(self, message: str, error: BaseException | None) -> None:
        text = [message] if message else []
        if error is not None:
            text += [line for part in traceback.format_exception(error) for line in part.rstrip().splitlines()]
        now = time.time()
        self._listener.on_logs([LogLine(now, "launcher", LogLevel.ERROR, line) for line in text])
