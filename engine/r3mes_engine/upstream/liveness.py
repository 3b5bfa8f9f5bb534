"""Is the other server alive? Told by its tokens: a process that is up and a page that answers prove nothing. Pure.

Servers that look healthy and make nothing: vllm-project/vllm#53130, sgl-project/sglang#39271.
"""

from __future__ import annotations

STALL_S = 120.0
"""No token anywhere for so long, with answers waiting for one: it is stuck. A prompt of 100,000 tokens takes a large
model on one GPU about half a minute before its first token."""

FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 60.0
HEALTHY_S = 120.0
"""Up for so long, and the next death is a first one again."""


class Progress:
    """When a token was last seen, and for how long one has been wanted. All times are monotonic seconds, passed in."""

    def __init__(self, stall_s: float = STALL_S) -> None:
        self._stall_s = stall_s
        self._wanted = 0
        self._since = 0.0
        """The later of the last token and the moment since when somebody waits."""
        self._counter: int | None = None

    def wants(self, now: float) -> None:
        """An answer begins to wait for its next token."""
        if self._wanted == 0:
            self._since = now
        self._wanted += 1

    def has(self) -> None:
        """It waits no more, with or without a token."""
        self._wanted -= 1

    def token(self, now: float) -> None:
        self._since = now

    def counter(self, now: float, tokens: int | None) -> None:
        """The server's own count, in which other clients' tokens are as well."""
        if tokens is not None and tokens != self._counter:
            self._counter = tokens
            self._since = now

    def restarted(self, now: float) -> None:
        self._since, self._counter = now, None

    def stalled(self, now: float) -> bool:
        return self._wanted > 0 and now - self._since >= self._stall_s


class RestartDelay:
    """Doubles with each death, up to a minute; a server that was up for long begins anew."""

    def __init__(self) -> None:
        self._next = FIRST_DELAY_S

    def died(self, up_s: float) -> float:
        """Seconds to wait before the next start. `up_s`: how long it could answer; 0: never."""
        if up_s >= HEALTHY_S:
            self._next = FIRST_DELAY_S
        delay, self._next = self._next, min(self._next * 2, LONGEST_DELAY_S)
        return delay
