"""`r3mes chat`: one answer, or a conversation where a person sits at a terminal."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any, Protocol, TextIO

from r3mes_launcher.core.gateway_client import GatewayClient
from r3mes_launcher.core.interface import ChatError, Core
from r3mes_launcher.core.log_hub import plain_text
from r3mes_launcher.core.state import Actual, ChatDelta, ChatTurn, LauncherState
from r3mes_launcher.terminal.exit_status import ExitStatus, fault_status
from r3mes_launcher.terminal.interrupts import Interrupts
from r3mes_launcher.terminal.line_reader import LineReader
from r3mes_launcher.terminal.printer import Printer
from r3mes_launcher.terminal.state_watcher import StateWatcher

DEFAULT_PROMPT = "Hello! Who are you, and what can you do?"
"""What is asked where nobody is there to ask and no prompt was given."""

MODEL_LISTED_S = 30.0
"""From `serving` to the model's name in the gateway's list."""


class Chat(Protocol):
    def chat(self, turns: Sequence[ChatTurn], model: str = "") -> AsyncIterator[ChatDelta]: ...


class GatewayChat:
    """Asks a gateway without a launcher of one's own."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._client = GatewayClient()

    async def chat(self, turns: Sequence[ChatTurn], model: str = "") -> AsyncGenerator[ChatDelta, None]:
        name = model or await self._client.first_model(self._origin)
        async with contextlib.aclosing(self._client.chat(self._origin, turns, name)) as deltas:
            async for delta in deltas:
                yield delta

    async def close(self) -> None:
        await self._client.close()


class Conversation:
    """Answers go to `output` word by word; everything else goes to the printer."""

    def __init__(self, chat: Chat, interrupts: Interrupts, printer: Printer, output: TextIO) -> None:
        self._chat = chat
        self._interrupts = interrupts
        self._printer = printer
        self._output = output
        self._turns: list[ChatTurn] = []

    async def once(self, prompt: str) -> int:
        """One exchange."""
        self._printer.say(f"> {plain_text(prompt)}")
        ended = asyncio.ensure_future(self._interrupts.arrived.wait())
        answering = asyncio.ensure_future(self._answer(prompt))
        try:
            await asyncio.wait({ended, answering}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                return ExitStatus.INTERRUPTED
            return ExitStatus.OK if answering.result() else ExitStatus.FAILED
        finally:
            await _end(ended, answering)

    async def loop(self, reader: LineReader) -> int:
        """Until Ctrl-D, Ctrl-C at the prompt, or `/quit`. Ctrl-C during an answer stops the answer."""
        self._printer.say("Ask something. Ctrl-C stops an answer, Ctrl-D ends the chat.")
        ended = asyncio.ensure_future(self._interrupts.arrived.wait())
        try:
            while True:
                self._write("> ")
                line = asyncio.ensure_future(reader.next_line())
                await asyncio.wait({ended, line}, return_when=asyncio.FIRST_COMPLETED)
                if not line.done():
                    await _end(line)
                    self._write("\n")
                    return ExitStatus.OK
                prompt = line.result()
                if prompt is None or prompt.strip() == "/quit":
                    self._write("\n" if prompt is None else "")
                    return ExitStatus.OK
                if prompt.strip():
                    await self._answer_or_stop(prompt, ended)
                if ended.done():
                    return ExitStatus.OK
        finally:
            await _end(ended)
            reader.close()

    async def _answer_or_stop(self, prompt: str, ended: asyncio.Future[Any]) -> None:
        answering = asyncio.ensure_future(self._answer(prompt))

        def stop() -> bool:
            answering.cancel()
            return True

        self._interrupts.on_next = stop
        try:
            await asyncio.wait({ended, answering}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._interrupts.on_next = None
            await _end(answering)

    async def _answer(self, prompt: str) -> bool:
        """Prints an answer as it comes. False when there was none."""
        turns = [*self._turns, ChatTurn("user", prompt)]
        parts: list[str] = []
        answer = self._chat.chat(turns)
        try:
            async for delta in answer:
                parts.append(delta.text)
                self._write(_printable(delta.text))
        except ChatError as error:
            self._write("\n" if parts else "")
            self._printer.say(str(error))
            return False
        finally:
            close = getattr(answer, "aclose", None)
            if close is not None:
                await close()
        self._write("\n")
        self._turns = [*turns, ChatTurn("assistant", "".join(parts))]
        return True

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # whoever read this is gone, or the terminal is closed
            self._output.write(text)
            self._output.flush()


async def wait_for_node(core: Core, interrupts: Interrupts) -> int:
    """Until the node serves and the gateway lists its model. Returns an exit code; the state tells why it is not 0."""
    watcher = StateWatcher()
    unsubscribe = core.subscribe(watcher)
    try:
        failure = await _first(interrupts, watcher, lambda state: state.node.actual in (Actual.SERVING, Actual.FAULTED))
        if failure is not None:
            return failure
        if watcher.state.node.actual is Actual.FAULTED:
            return fault_status(watcher.state.node.fault)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MODEL_LISTED_S):
                return await _first(interrupts, watcher, lambda state: bool(state.models)) or ExitStatus.OK
        return ExitStatus.FAILED
    finally:
        unsubscribe()


async def _first(interrupts: Interrupts, watcher: StateWatcher, holds: Callable[[LauncherState], bool]) -> int | None:
    """None when it holds, an exit code when an interrupt came before."""
    waiting = asyncio.ensure_future(watcher.until(holds))
    ended = asyncio.ensure_future(interrupts.arrived.wait())
    try:
        await asyncio.wait({waiting, ended}, return_when=asyncio.FIRST_COMPLETED)
        return None if waiting.done() else ExitStatus.INTERRUPTED
    finally:
        await _end(waiting, ended)


async def _end(*futures: asyncio.Future[Any]) -> None:
    for future in futures:
        future.cancel()
    await asyncio.gather(*futures, return_exceptions=True)


def _printable(text: str) -> str:
    """A model's words, without what a terminal would obey."""
    return "\n".join(plain_text(line) if not line.isprintable() else line for line in text.split("\n"))
