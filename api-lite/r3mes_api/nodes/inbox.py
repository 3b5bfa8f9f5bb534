"""What one node has sent for one job and the request has not taken yet."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from r3mes_api.nodes.deadlines import Deadlines
from r3mes_api.routing.ledger import JobLedger, Terminal, Violation
from r3mes_protocol.frames import FrameKind
from r3mes_protocol.messages import Done
from r3mes_protocol.wire import JobId

if TYPE_CHECKING:
    from r3mes_api.nodes.carrier import JobCarrier


GATHERED_BYTES = 16 * 1024
"""So much of a whole answer wakes its reader, so that credit goes back in time: a quarter of the smallest window."""


@dataclass(slots=True)
class Segment:
    kind: FrameKind
    payload: bytes


class JobInbox:
    """Between the task that reads the node's socket and the task that owns the request.

    It holds no more than the credit that the node was given, however slow the request's client is.
    """

    # Slots are read at half the cost of attributes of which the class has a default, and every token reads several.
    __slots__ = (
        "_buffers",
        "_deadlines",
        "_gathers",
        "_loop",
        "_until",
        "_waiter",
        "began_at",
        "carrier",
        "job_id",
        "ledger",
        "line_up_since",
    )

    def __init__(
        self,
        job_id: JobId,
        credit: int,
        loop: asyncio.AbstractEventLoop,
        deadlines: Deadlines | None = None,
        *,
        gathers: bool = False,
    ) -> None:
        """`gathers`: nobody waits for the parts of the answer, so that its reader is woken by the end of it, by
        `GATHERED_BYTES`, and otherwise when deadlines are looked at. To wake a task for each frame costs more than all
        else that is done with a frame."""
        self.job_id = job_id
        self.ledger = JobLedger(credit)
        self._loop = loop
        self._deadlines = deadlines or Deadlines(loop)
        self._gathers = gathers
        self.carrier: JobCarrier
        """The way to the node: another one when the node comes back with the job under another socket."""
        self.began_at = math.inf
        """When the first content came, on the loop's clock; known only of what is gathered."""
        self.line_up_since = -math.inf
        """When the node was last back after a lost socket, on the loop's clock; infinite as long as it is away."""
        self._waiter: asyncio.Future[bool] | None = None
        self._until = 0.0
        # One buffer for each kind, so that many small frames cost no more than their bytes.
        # What came alone stays as it came; it is copied only when a second frame joins it before it is taken.
        self._buffers: list[tuple[FrameKind, bytes | bytearray]] = []

    # --- the session's side ---

    def frame(self, kind: FrameKind, payload: bytes) -> Violation | None:
        """Takes a frame in; a violation ends the job and is returned for the session to act on."""
        had_ended = self.ledger.terminal is not None
        if self.ledger.frame(kind, payload):
            if self._buffers and self._buffers[-1][0] is kind:
                held = self._buffers[-1][1]
                if not isinstance(held, bytearray):
                    held = bytearray(held)
                    self._buffers[-1] = (kind, held)
                held += payload
            else:
                self._buffers.append((kind, payload))
            if not self._gathers:
                self._wake()
            else:
                if kind is FrameKind.CONTENT and self.began_at == math.inf:
                    self.began_at = self._loop.time()
                if len(self._buffers[-1][1]) >= GATHERED_BYTES:
                    self._wake()
            return None
        terminal = self.ledger.terminal
        if had_ended or not isinstance(terminal, Violation):
            return None
        self._wake()
        return terminal

    def end(self, terminal: Terminal) -> bool:
        """Whether this was the first terminal."""
        first = self.ledger.end(terminal)
        if first:
            self._wake()
        return first

    def line_lost(self) -> None:
        """The node's socket is gone, and the node may come back."""
        self.line_up_since = math.inf
        self._wake(False)

    def line_back(self) -> None:
        self.line_up_since = self._loop.time()
        self._wake(False)

    def _wake(self, news: bool = True) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(news)

    # --- the request's side ---

    async def next_within(self, silence_s: float, at_latest: float) -> Segment | Terminal:
        """Raises TimeoutError when the node sends nothing for `silence_s`, or `at_latest` on the loop's clock.

        As long as its socket is lost the node can't send, so that time is no silence.
        """
        began = self._loop.time()
        while (item := self._take()) is None:
            if await self._news(min(at_latest, max(began, self.line_up_since) + silence_s)):
                continue
            # The line may have been lost or come back meanwhile; then the silence ends at another time.
            if self._loop.time() >= min(at_latest, max(began, self.line_up_since) + silence_s):
                raise TimeoutError
        return item

    async def next(self, until: float, *, line_matters: bool = False) -> Segment | Terminal:
        """The next bytes in order, then the terminal. Raises TimeoutError soon after `until` on the loop's clock;
        where the line matters, before it as well when the node's socket is lost or back."""
        while (item := self._take()) is None:
            if not await self._news(until) and (line_matters or self._loop.time() >= until):
                raise TimeoutError
        return item

    def done(self) -> Done | None:
        """The end of the answer, where it has come and all before it was taken."""
        terminal = self.ledger.terminal
        return terminal if isinstance(terminal, Done) and not self._buffers else None

    @property
    def is_away(self) -> bool:
        """Whether the node's socket is lost and the node may come back with the job."""
        return self.line_up_since == math.inf

    def _take(self) -> Segment | Terminal | None:
        if self._buffers:
            kind, buffer = self._buffers.pop(0)
            return Segment(kind, buffer if isinstance(buffer, bytes) else bytes(buffer))
        return self.ledger.terminal

    def _news(self, until: float) -> asyncio.Future[bool]:
        """Done when something came, or with False when the time is up or the line has changed."""
        self._until = until
        self._waiter = self._loop.create_future()
        self._deadlines.watch(self)
        return self._waiter

    def look(self, now: float) -> None:
        """Ends the wait whose time is up, and that for which something was gathered."""
        if self._buffers or now >= self._until:
            self._wake(bool(self._buffers))

    def close(self) -> None:
        """Drops what was not taken; nobody reads it any more."""
        self._deadlines.forget(self)
        self._buffers.clear()
