"""One answer of the other server, read no faster than it is wanted."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

import aiohttp

from r3mes_engine.backends.protocol import FinishReason, Logprob
from r3mes_engine.tools.delta import ToolDelta
from r3mes_engine.upstream.event_reader import DONE, EventReader, Step
from r3mes_engine.upstream.failures import broken
from r3mes_engine.upstream.liveness import Progress
from r3mes_protocol.sse import SseDecoder
from r3mes_protocol.wire import ProtocolError

REST_S = 0.2
"""After the last event: a response that ends properly leaves its connection for the next request."""


class UpstreamAnswer:
    def __init__(
        self, response: aiohttp.ClientResponse, progress: Progress, on_closed: Callable[[UpstreamAnswer], None]
    ) -> None:
        self._response = response
        self._progress = progress
        self._on_closed = on_closed
        self._decoder = SseDecoder()
        self._events = EventReader()
        self._steps: deque[Step] = deque()
        self._logprobs: list[Logprob] = []
        self._calls: list[ToolDelta] = []
        self._ended = False
        self._closed = False

    @property
    def prompt_tokens(self) -> int:
        return self._events.prompt_tokens

    @property
    def completion_tokens(self) -> int:
        return self._events.completion_tokens

    @property
    def finish_reason(self) -> FinishReason | None:
        return self._events.finish_reason if self._ended else None

    def __aiter__(self) -> UpstreamAnswer:
        return self

    async def __anext__(self) -> str:
        # What comes without a token, such as comments, changes nothing about the wait for one.
        self._progress.wants(time.monotonic())
        try:
            while not self._steps:
                if self._ended or self._closed:
                    raise StopAsyncIteration
                await self._read()
        finally:
            self._progress.has()
        # Whatever came in one piece goes on in one piece.
        steps = list(self._steps)
        self._steps.clear()
        for step in steps:
            self._logprobs.extend(step.logprobs)
            self._calls.extend(step.calls)
        return "".join(step.text for step in steps)

    async def _read(self) -> None:
        try:
            chunk = await self._response.content.readany()
        except (aiohttp.ClientError, OSError) as error:
            if self._closed:
                return
            raise broken(f"broke the connection off ({type(error).__name__})") from None
        try:
            for data in self._decoder.feed(chunk):
                if data == DONE:
                    await self._end()
                    return
                step = self._events.read(data)
                if step is not None:
                    # A comment that keeps the connection open is no sign of life.
                    self._progress.token(time.monotonic())
                    self._steps.append(step)
        except ProtocolError as error:
            raise broken(f"sent too much at once ({error.reason})") from None
        if not chunk:
            await self._end()

    async def _end(self) -> None:
        self._events.check_ended()
        self._ended = True
        try:
            async with asyncio.timeout(REST_S):
                while await self._response.content.readany():
                    pass
        except (TimeoutError, aiohttp.ClientError, OSError):
            return

    def break_off(self) -> None:
        """The server is stuck: whoever waits for a token is told so."""
        # Closing alone wakes nobody.
        self._response.content.set_exception(aiohttp.ClientConnectionError("it is stuck"))
        self._response.close()

    def take_calls(self) -> tuple[ToolDelta, ...]:
        taken = tuple(self._calls)
        self._calls.clear()
        return taken

    def take_logprobs(self) -> tuple[Logprob, ...]:
        taken = tuple(self._logprobs)
        self._logprobs.clear()
        return taken

    def close(self) -> None:
        """Closing the connection is what tells the server to stop; one that is read to its end is used again."""
        if self._closed:
            return
        self._closed = True
        self._response.close()
        self._on_closed(self)
