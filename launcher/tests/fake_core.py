"""A core that does what a test tells it, for everything that needs one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from r3mes_launcher.core.chats.chat import Chat, ChatSummary
from r3mes_launcher.core.chats.chat_desk import KeptChats
from r3mes_launcher.core.interface import ChatError, CoreListener
from r3mes_launcher.core.policy.reasons import PauseChoice
from r3mes_launcher.core.state import (
    ChatDelta,
    ChatTurn,
    Desired,
    DeviceChoice,
    GatewayKind,
    GpuReport,
    LauncherState,
    LogLine,
)
from r3mes_launcher.ports.autostart import AutostartEntry, AutostartReading

GATE_S = 60.0
"""Far longer than a test holds the end of a core back."""


class EmptyHistory:
    """Of a launcher that was just installed."""

    async def requests(self, after: int = 0) -> tuple[object, ...]:
        return ()

    async def timeline(self, begin: float, end: float) -> tuple[object, ...]:
        return ()


class FakeChats:
    """Keeps conversations in memory."""

    def __init__(self) -> None:
        self.kept_chats: dict[str, Chat] = {}
        self.keeps = True

    async def kept(self) -> KeptChats:
        return KeptChats(self.keeps, tuple(chat.summary for chat in self.kept_chats.values()))

    async def read(self, chat_id: str) -> Chat:
        if chat_id not in self.kept_chats:
            raise ValueError("This conversation is not there any more.")
        return self.kept_chats[chat_id]

    async def write(self, chat: Chat) -> None:
        if self.keeps:
            self.kept_chats[chat.chat_id] = chat

    async def rename(self, chat_id: str, title: str) -> ChatSummary:
        self.kept_chats[chat_id] = replace(self.kept_chats[chat_id], title=title)
        return self.kept_chats[chat_id].summary

    async def delete(self, chat_id: str) -> None:
        self.kept_chats.pop(chat_id, None)

    async def delete_all(self) -> int:
        count = len(self.kept_chats)
        self.kept_chats.clear()
        return count

    async def choose_keeping(self, keep: bool) -> None:
        self.keeps = keep


class FakeAutostart:
    """Of a computer that starts nothing by itself."""

    async def read(self) -> AutostartReading:
        return AutostartReading(AutostartEntry.OFF)


@dataclass
class FakeCore:
    """A core that does what a test tells it, on a real loop, and notes what it is asked."""

    state: LauncherState = field(default_factory=LauncherState)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    listeners: list[CoreListener] = field(default_factory=list)
    refuse: Exception | None = None
    """What the next intent raises."""
    fail_start: Exception | None = None
    started: threading.Event = field(default_factory=threading.Event)
    closed: int = 0
    asked: list[tuple[tuple[ChatTurn, ...], str]] = field(default_factory=list)
    chats_closed: int = 0
    close_gate: threading.Event | None = None
    loop: asyncio.AbstractEventLoop | None = None
    words: asyncio.Queue[ChatDelta | Exception] | None = None
    thread: str = ""
    history: EmptyHistory = field(default_factory=EmptyHistory)
    chats: FakeChats = field(default_factory=FakeChats)
    autostart: FakeAutostart = field(default_factory=FakeAutostart)
    attended: list[bool] = field(default_factory=list)

    def subscribe(self, listener: CoreListener) -> Callable[[], None]:
        self.listeners.append(listener)
        listener.on_state(self.state)
        return lambda: self.listeners.remove(listener)

    async def start(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.words = asyncio.Queue()
        self.thread = threading.current_thread().name
        if self.fail_start is not None:
            raise self.fail_start
        self.started.set()

    async def close(self) -> None:
        self.closed += 1
        if self.close_gate is not None:
            await asyncio.to_thread(self.close_gate.wait, GATE_S)

    async def _note(self, *call: object) -> None:
        self.calls.append(call)
        if self.refuse is not None:
            error, self.refuse = self.refuse, None
            raise error

    async def set_desired(self, desired: Desired) -> None:
        await self._note("set_desired", desired)

    async def cancel_provisioning(self) -> None:
        await self._note("cancel_provisioning")

    async def pause(self, choice: PauseChoice) -> None:
        await self._note("pause", choice)

    async def resume(self) -> None:
        await self._note("resume")

    async def keep_to_rules(self) -> None:
        self.calls.append(("keep_to_rules",))

    async def serve_anyway(self) -> None:
        await self._note("serve_anyway")

    async def retry(self) -> None:
        await self._note("retry")

    async def choose_device(self, device: DeviceChoice) -> None:
        await self._note("choose_device", device)

    async def choose_model(self, path: str) -> None:
        await self._note("choose_model", path)

    async def choose_gateway(self, kind: GatewayKind, url: str = "") -> None:
        await self._note("choose_gateway", kind, url)

    def attend(self, is_watched: bool) -> None:
        self.attended.append(is_watched)

    async def chat(self, turns: Sequence[ChatTurn], model: str = "") -> AsyncIterator[ChatDelta]:
        self.asked.append((tuple(turns), model))
        assert self.words is not None
        try:
            while True:
                delta = await self.words.get()
                if isinstance(delta, Exception):
                    raise delta
                yield delta
                if delta.finish_reason:
                    return
        finally:
            self.chats_closed += 1

    # From the test's thread.

    def show(self, state: LauncherState) -> None:
        self.state = state
        for listener in list(self.listeners):
            listener.on_state(state)

    def report(self, report: GpuReport) -> None:
        for listener in list(self.listeners):
            listener.on_gpus(report)

    def log(self, lines: Sequence[LogLine]) -> None:
        for listener in list(self.listeners):
            listener.on_logs(lines)

    def say(self, text: str = "", finish_reason: str = "", model: str = "") -> None:
        assert self.loop is not None and self.words is not None
        self.loop.call_soon_threadsafe(self.words.put_nowait, ChatDelta(text, finish_reason, model))

    def break_chat(self, sentence: str) -> None:
        assert self.loop is not None and self.words is not None
        self.loop.call_soon_threadsafe(self.words.put_nowait, ChatError(sentence))
