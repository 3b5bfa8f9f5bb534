"""The choices of one admitted request, read as one stream."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from r3mes_engine.backends.protocol import Answer, FinishReason, Logprob, TellsCalls
from r3mes_engine.serving.statistics import Statistics
from r3mes_engine.tools.call_reader import ToolCallReader
from r3mes_engine.tools.delta import ToolDelta
from r3mes_protocol.messages import Usage


class Piece(NamedTuple):
    """Text of one choice with the log-probabilities of its tokens where they were asked for, or a part of a tool's
    call; never neither."""

    text: str
    choice: int = 0
    logprobs: tuple[Logprob, ...] = ()
    call: ToolDelta | None = None


class RunningAnswer:
    """Iterate it for pieces; then `finish_reasons` and `usage` are whole."""

    def __init__(
        self,
        answers: Sequence[Answer],
        statistics: Statistics,
        started_at: float,
        on_first: Callable[[], None],
        call_readers: Sequence[ToolCallReader] = (),
    ) -> None:
        """`call_readers`: one for each choice where tools may be called, else none."""
        self._call_readers = call_readers
        self._found: deque[Piece] = deque()
        """What is handed out next."""
        self._all_read = False
        self._answers = answers
        self._statistics = statistics
        self._started_at = started_at
        self._on_first = on_first
        self._counted = 0
        self._reading: dict[asyncio.Future[str | None], int] = {}
        """The next text of each choice that has not ended, where there are several."""
        self._begun = False
        self.first_token_ms: int | None = None

    def __aiter__(self) -> RunningAnswer:
        return self

    async def __anext__(self) -> Piece:
        while not self._found:
            if self._all_read:
                raise StopAsyncIteration
            try:
                piece = await self._next_piece()
            except StopAsyncIteration:
                self._all_read = True
                for choice, reader in enumerate(self._call_readers):
                    self._find(choice, reader.finish())
            else:
                self._take(piece)
        return self._found.popleft()

    def _take(self, piece: Piece) -> None:
        answer = self._answers[piece.choice]
        if self._call_readers:
            self._find(piece.choice, self._call_readers[piece.choice].push(piece.text))
        elif piece.text:
            self._found.append(piece)
        if isinstance(answer, TellsCalls):
            self._find(piece.choice, answer.take_calls())

    def _find(self, choice: int, found: Sequence[str | ToolDelta]) -> None:
        for one in found:
            self._found.append(Piece(one, choice) if isinstance(one, str) else Piece("", choice, call=one))

    async def _next_piece(self) -> Piece:
        try:
            piece = await (self._next_of_one() if len(self._answers) == 1 else self._next_of_several())
        finally:
            self._count()
        if self.first_token_ms is None:
            self.first_token_ms = round((time.monotonic() - self._started_at) * 1000)
            self._on_first()
        return piece

    async def _next_of_one(self) -> Piece:
        (answer,) = self._answers
        return Piece(await answer.__anext__(), 0, answer.take_logprobs())

    async def _next_of_several(self) -> Piece:
        if not self._begun:
            self._begun = True
            for choice in range(len(self._answers)):
                self._read(choice)
        while self._reading:
            done, _ = await asyncio.wait(self._reading, return_when=asyncio.FIRST_COMPLETED)
            reading = min(done, key=self._reading.__getitem__)
            choice = self._reading.pop(reading)
            text = reading.result()
            if text is None:
                continue
            self._read(choice)
            return Piece(text, choice, self._answers[choice].take_logprobs())
        raise StopAsyncIteration

    def _read(self, choice: int) -> None:
        answer = self._answers[choice]

        async def read() -> str | None:
            # StopAsyncIteration can't leave a task.
            return await anext(answer, None)

        self._reading[asyncio.ensure_future(read())] = choice

    async def close(self) -> None:
        """Stops the tokens of all choices."""
        for answer in self._answers:
            answer.close()
        for reading in self._reading:
            reading.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)
        self._reading.clear()

    def _count(self) -> None:
        made = sum(answer.completion_tokens for answer in self._answers)
        if made != self._counted:
            self._statistics.token(time.monotonic(), made - self._counted)
            self._counted = made

    @property
    def usage(self) -> Usage:
        return Usage(
            prompt_tokens=self._answers[0].prompt_tokens,
            completion_tokens=sum(answer.completion_tokens for answer in self._answers),
        )

    @property
    def finish_reasons(self) -> tuple[FinishReason, ...]:
        """Of each choice."""
        return tuple(self._reason(choice, answer) for choice, answer in enumerate(self._answers))

    def _reason(self, choice: int, answer: Answer) -> FinishReason:
        reason = answer.finish_reason or "stop"
        if reason == "stop" and self._call_readers and self._call_readers[choice].called:
            return "tool_calls"
        return reason

    @property
    def finish_reason(self) -> FinishReason:
        """Of the first choice."""
        return self.finish_reasons[0]
