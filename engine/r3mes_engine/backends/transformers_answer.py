"""One answer of a real model: paused while its reader rests, ended by its own rules."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence

from r3mes_engine.adapters.lora import LoadedAdapter
from r3mes_engine.backends.continuous_batching import ContinuousBatching
from r3mes_engine.backends.protocol import FinishReason, Logprob
from r3mes_engine.backends.stop_strings import StopStrings
from r3mes_engine.backends.token_choice import RequestRow
from r3mes_engine.backends.token_text import TokenText
from r3mes_engine.errors import GenerationFailed
from r3mes_protocol.messages import FailureCode

log = logging.getLogger(__name__)

TOKENS_AHEAD = 32
"""An answer whose reader has stopped is paused after this many tokens: some seconds of text, some hundred bytes."""
TOKENS_TO_RESUME = 8
"""A paused answer goes on when its reader is this close to the end of what is there."""
LIVENESS_CHECK_S = 2.0
"""How often a reader that waits for a token makes sure that the token loop still runs and comes forward."""


class TransformersAnswer:
    """One answer. All of it lives on the event loop; tokens arrive by callback, the reader pulls."""

    def __init__(
        self,
        batching: ContinuousBatching,
        prompt: list[int],
        *,
        max_new_tokens: int,
        row: RequestRow,
        adapter: LoadedAdapter | None,
        ends: Sequence[int],
        text: TokenText,
        stop: StopStrings,
        token_bytes: Callable[[int], bytes],
        new_request_id: Callable[[], str],
        on_closed: Callable[[TransformersAnswer], None],
    ) -> None:
        self.prompt_tokens = len(prompt)
        self.completion_tokens = 0
        self.finish_reason: FinishReason | None = None
        self._batching = batching
        self._prompt = prompt
        self._max_new_tokens = max_new_tokens
        self._row = row
        self.adapter = adapter
        self._ends = frozenset(ends)
        self._text = text
        self._stop = stop
        self._token_bytes = token_bytes
        self._logprobs: list[Logprob] = []
        self._new_request_id = new_request_id
        self._on_closed = on_closed
        self._request_id: str | None = None
        """Of the running part; None while paused, done or closed."""
        self._made: list[int] = []
        """Tokens of earlier parts and of the running one."""
        self._unread: deque[int] = deque()
        self._finished = False
        self._failure: GenerationFailed | None = None
        self._closed = False
        self._news = asyncio.Event()

    def begin(self) -> None:
        """Starts the first part, or the next one after a pause: the cache still knows most of what was made."""
        request_id = self._new_request_id()
        before = len(self._made)
        self._request_id = request_id

        def on_tokens(tokens: list[int], error: str | None, last: bool) -> None:
            # A part that was cancelled may still say something; the next part makes that token again.
            if self._request_id == request_id:
                self._arrived(tokens[len(self._made) - before :], error, last)

        self._batching.add(
            request_id,
            self._prompt + self._made,
            max_new_tokens=self._max_new_tokens - before,
            ends=tuple(self._ends),
            row=self._row,
            adapter=self.adapter,
            on_tokens=on_tokens,
        )

    def _arrived(self, tokens: list[int], error: str | None, last: bool) -> None:
        if self._row.failure:
            self._fail(FailureCode.INVALID_REQUEST, f"This request can't be answered: {self._row.failure}.")
            return
        self._made += tokens
        self._unread += tokens
        if error is not None:
            log.error("the token loop failed a request: %s", error)
            code = FailureCode.OUT_OF_MEMORY if "out of memory" in error.lower() else FailureCode.ENGINE_ERROR
            self._failure = GenerationFailed(code, "The model failed while it was answering.")
        if last:
            self._finished = True
            self._request_id = None
        elif len(self._unread) >= TOKENS_AHEAD:
            self._pause()
        self._news.set()

    def _fail(self, code: FailureCode, message: str) -> None:
        self._failure = self._failure or GenerationFailed(code, message)
        self._pause()
        self._finished = True
        self._news.set()

    def _pause(self) -> None:
        if self._request_id is not None:
            request_id, self._request_id = self._request_id, None
            self._batching.cancel(request_id)

    def __aiter__(self) -> TransformersAnswer:
        return self

    async def __anext__(self) -> str:
        while self.finish_reason is None and not self._closed:
            if self._unread:
                if text := self._read_one():
                    return text
            elif self._failure is not None:
                self.close()
                raise self._failure
            elif self._finished:
                self.finish_reason = "length"
                if text := self._rest():
                    return text
            else:
                await self._wait()
        self.close()
        raise StopAsyncIteration

    def _read_one(self) -> str:
        token = self._unread.popleft()
        self._resume_if_low()
        if token in self._ends:
            self.finish_reason = "stop"
            return self._rest()
        self._note_logprob(self.completion_tokens)
        self.completion_tokens += 1
        text = self._stop.push(self._text.push(token))
        if self._stop.found:
            self.finish_reason = "stop"
            self._pause()
        return text

    def _note_logprob(self, position: int) -> None:
        if self._row.logprobs is None or (told := self._row.taken(position)) is None:
            return
        top = tuple((self._token_bytes(token), logprob) for token, logprob in told.top)
        self._logprobs.append(Logprob(self._token_bytes(told.token), told.logprob, top))

    def take_logprobs(self) -> tuple[Logprob, ...]:
        if not self._logprobs:
            return ()
        taken, self._logprobs = tuple(self._logprobs), []
        return taken

    def _rest(self) -> str:
        return self._stop.push(self._text.finish()) + self._stop.finish()

    def _resume_if_low(self) -> None:
        paused = self._request_id is None and not self._finished and not self._closed
        if paused and len(self._unread) <= TOKENS_TO_RESUME:
            self._batching.ensure_alive()
            self.begin()

    async def _wait(self) -> None:
        self._news.clear()
        try:
            async with asyncio.timeout(LIVENESS_CHECK_S):
                await self._news.wait()
        except TimeoutError:
            self._batching.look(asyncio.get_running_loop().time())
            if not self._batching.alive:
                self._failure = GenerationFailed(FailureCode.ENGINE_ERROR, "The model stopped while it was answering.")

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._pause()
            self._unread.clear()
            self._on_closed(self)
