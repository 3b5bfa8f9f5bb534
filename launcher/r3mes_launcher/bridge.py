"""The one place where the core's asyncio thread meets Qt: callbacks become signals, intents become coroutines."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from r3mes_launcher.core.chats.answer_figures import AnswerFigures, AnswerMeter
from r3mes_launcher.core.interface import ChatError, Core
from r3mes_launcher.core.state import ChatTurn, GpuReport, LauncherState, LogLine
from r3mes_launcher.ui.coalescer import Coalescer
from r3mes_launcher.ui.core_thread import CoreEndedError, CoreFactory, CoreThread
from r3mes_launcher.ui.core_wording import spoken_error
from r3mes_launcher.wallet.errors import WalletError

Result = TypeVar("Result")

# State, figures and logs reach the window at most ten times a second: nobody reads faster.
STATE_INTERVAL_MS = 100
# Words of an answer come at about thirty frames a second, which reads as a steady flow.
CHAT_INTERVAL_MS = 33
# Lines that wait for the window, at most. A flood beyond it drops the oldest and says how many.
LOG_BACKLOG = 50_000
# Ten minutes of GPU reports: what the charts show.
REPORT_BACKLOG = 600


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Lines in order; `dropped` were lost before the first of them because the window could not keep up."""

    lines: tuple[LogLine, ...]
    dropped: int = 0


class ChatStream(QObject):
    """One answer on its way. Exactly one of `finished` and `failed` ends it; both come after the last `arrived`."""

    arrived = Signal(str)
    finished = Signal(str, str)
    """How it ended (`stop`, `length`, `stopped`) and the model's name."""
    failed = Signal(str)
    """A sentence."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._waiting: list[str] = []
        self._end: tuple[bool, str, str] | None = None
        self._ended = False
        self._cancel: Callable[[], None] = lambda: None
        self._figures: AnswerFigures | None = None
        self._coalescer = Coalescer(CHAT_INTERVAL_MS, self._flush, self)

    @property
    def ended(self) -> bool:
        return self._ended

    @property
    def figures(self) -> AnswerFigures | None:
        """How fast it comes; measured on the core's thread. None before the first word."""
        with self._lock:
            return self._figures

    def stop(self) -> None:
        """Ends the generation. `finished` follows at once with `stopped`, however long the core takes to hear it."""
        if not self._ended:
            self._cancel()
            self.conclude(True, "stopped", "")

    def begin(self, cancel: Callable[[], None]) -> None:
        self._cancel = cancel

    async def run(self, core: Core, turns: Sequence[ChatTurn], model: str) -> None:
        """On the core's thread: carries one answer over."""
        answer = core.chat(turns, model)
        reason, name = "stop", model
        meter = AnswerMeter(time.monotonic())
        try:
            async for delta in answer:
                reason = delta.finish_reason or reason
                name = delta.model or name
                if delta.tokens is not None:
                    meter.count(delta.tokens)
                if delta.text:
                    meter.piece(time.monotonic())
                with self._lock:
                    self._figures = meter.figures
                    if delta.text:
                        self._waiting.append(delta.text)
                if delta.text:
                    self._coalescer.poke()
        except asyncio.CancelledError:
            self.conclude(True, "stopped", name)
            raise
        except ChatError as error:
            self.conclude(False, spoken_error(error), name)
        except Exception as error:
            words = self.tr("The answer broke off unexpectedly ({detail}).")
            self.conclude(False, words.format(detail=f"{type(error).__name__}: {error}"), name)
            raise
        else:
            self.conclude(True, reason, name)
        finally:
            close = getattr(answer, "aclose", None)
            if close is not None:
                await close()

    def conclude(self, worked: bool, text: str, model: str) -> None:
        """From any thread: notes the end; only the first one counts."""
        with self._lock:
            if self._end is None:
                self._end = (worked, text, model)
        self._coalescer.poke()

    def _flush(self) -> None:
        with self._lock:
            text, self._waiting = "".join(self._waiting), []
            end = self._end
        if text and not self._ended:
            self.arrived.emit(text)
        if end is not None and not self._ended:
            self._ended = True
            worked, sentence, model = end
            if worked:
                self.finished.emit(sentence, model)
            else:
                self.failed.emit(sentence)


class Bridge(QObject):
    """One running core as Qt sees it. Lives on the GUI thread; none of its methods waits."""

    state_changed = Signal(object)
    """LauncherState: always the newest, the ones between are skipped."""
    gpus_changed = Signal(object)
    """GpuReport: every one of them, so that the charts have no holes."""
    logs_arrived = Signal(object)
    """LogBatch."""
    failed = Signal(str)
    """An intent did not work and nobody else took the error: a sentence."""
    crashed = Signal(str)
    """The core ended by itself: a sentence."""
    ended = Signal()
    """The core has closed and its thread is at its end. Comes after every other signal."""

    _posted = Signal()

    def __init__(self, factory: CoreFactory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._state: LauncherState | None = None
        self._reports: deque[GpuReport] = deque(maxlen=REPORT_BACKLOG)
        self._lines: deque[LogLine] = deque(maxlen=LOG_BACKLOG)
        self._dropped = 0
        self._posts: deque[Callable[[], None]] = deque()
        self._streams: list[ChatStream] = []
        self._coalescer = Coalescer(STATE_INTERVAL_MS, self._flush, self)
        self._posted.connect(self._on_posted, Qt.ConnectionType.QueuedConnection)
        self._thread = CoreThread(factory, self)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Asks the core to drain and end. Returns at once; `ended` tells when."""
        self._thread.stop()

    def join(self, timeout_s: float) -> bool:
        """Waits for the core's thread. After `ended` it takes no time."""
        return self._thread.join(timeout_s)

    @property
    def running(self) -> bool:
        return self._thread.alive

    # Intents: from the GUI thread. Which there are is the window's affair (`ui/current_bridge.py`).

    def wish(self, intent: Callable[[Core], Awaitable[object]]) -> None:
        """An intent that tells nothing but its failure, by `failed`."""
        self.ask(intent, lambda _: None, self.failed.emit)

    def ask(
        self,
        question: Callable[[Core], Awaitable[Result]],
        done: Callable[[Result], None],
        failed: Callable[[str], None],
    ) -> None:
        """Any intent, such as the wallet's. The question may hold a secret: it is dropped with its answer."""

        async def perform(core: Core) -> None:
            try:
                result = await question(core)
            except (ValueError, OSError, WalletError) as error:
                # Foreseeable: the core's sentence, or the system's own words for a file.
                sentence = spoken_error(error)
            except Exception as error:
                sentence = self.tr("That did not work ({detail}).").format(detail=f"{type(error).__name__}: {error}")
            else:
                self._post(lambda: done(result))
                return
            self._post(lambda: failed(sentence))

        try:
            self._thread.submit(perform)
        except CoreEndedError as error:
            sentence = spoken_error(error)
            self._post(lambda: failed(sentence))

    def attend(self, is_watched: bool) -> None:
        """Whether the window can be seen. A core that has ended needs not know it."""

        async def tell(core: Core) -> None:
            core.attend(is_watched)

        with contextlib.suppress(CoreEndedError):
            self._thread.submit(tell)

    def chat(self, turns: Sequence[ChatTurn], model: str = "") -> ChatStream:
        """Asks for one answer. The stream belongs to the bridge until it has ended."""
        stream = ChatStream(self)
        self._streams.append(stream)
        stream.finished.connect(self._forget_streams)
        stream.failed.connect(self._forget_streams)

        async def run(core: Core) -> None:
            await stream.run(core, tuple(turns), model)

        try:
            stream.begin(self._thread.submit(run))
        except CoreEndedError as error:
            stream.conclude(False, spoken_error(error), model)
        return stream

    # CoreThreadListener: on the core's thread.

    def on_state(self, state: LauncherState) -> None:
        with self._lock:
            self._state = state
        self._coalescer.poke()

    def on_gpus(self, report: GpuReport) -> None:
        with self._lock:
            self._reports.append(report)
        self._coalescer.poke()

    def on_logs(self, lines: Sequence[LogLine]) -> None:
        with self._lock:
            self._dropped += max(0, len(self._lines) + len(lines) - LOG_BACKLOG)
            self._lines.extend(lines)
        self._coalescer.poke()

    def on_crash(self, sentence: str) -> None:
        self._post(lambda: self.crashed.emit(sentence))

    def on_end(self) -> None:
        self._post(self._on_ended)

    # On the GUI thread.

    def _post(self, callback: Callable[[], None]) -> None:
        self._posts.append(callback)
        self._posted.emit()

    @Slot()
    def _on_posted(self) -> None:
        while self._posts:
            self._posts.popleft()()

    def _on_ended(self) -> None:
        self._coalescer.flush_now()
        for stream in list(self._streams):
            stream.conclude(True, "stopped", "")
        self.ended.emit()

    @Slot()
    def _forget_streams(self) -> None:
        self._streams = [stream for stream in self._streams if not stream.ended]

    def _flush(self) -> None:
        with self._lock:
            state, self._state = self._state, None
            reports = list(self._reports)
            self._reports.clear()
            batch = LogBatch(tuple(self._lines), self._dropped) if self._lines else None
            self._lines.clear()
            self._dropped = 0
        if state is not None:
            self.state_changed.emit(state)
        for report in reports:
            self.gpus_changed.emit(report)
        if batch is not None:
            self.logs_arrived.emit(batch)
