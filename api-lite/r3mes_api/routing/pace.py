"""How fast a node answers, learnt from its answers. Pure; durations are passed in."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque

WINDOW = 32
"""Answers that are remembered: an hour of a quiet node, a minute of a busy one."""

USUAL_FIRST_S = 0.5
USUAL_TOKEN_S = 0.05
"""What is believed of a node that has not answered yet: a middling card."""

SLOWEST_TOKEN_S = 10.0
SLOWEST_FIRST_S = 120.0
"""One figure, however odd, must not make a node unreachable for good."""

MOSTLY = 0.8
"""An answer whose time was spent so far in waiting for its node shows the node's pace."""

LESSONS_APART_S = 0.1
"""A full window takes in no more than one answer within this time: a node that gives thousands a minute is known by a
few of them, and its window tells of seconds and not of a blink."""

GAPS_TO_JUDGE = 3
"""A stream tells its own pace after so many gaps between its pieces."""

PATIENCE = 20
"""A node is stalled after so many times its own longest usual gap. A batch that takes in a long prompt pauses for
some tens of tokens."""


class MedianWindow:
    """The last `WINDOW` values, also in order, so that a further one costs two searches and no sorting."""

    __slots__ = ("_ordered", "_values")

    def __init__(self) -> None:
        self._values: deque[float] = deque()
        self._ordered: list[float] = []

    def __len__(self) -> int:
        return len(self._values)

    def add(self, value: float) -> float:
        """The median, the new value included."""
        ordered = self._ordered
        if len(ordered) == WINDOW:
            del ordered[bisect_left(ordered, self._values.popleft())]
        self._values.append(value)
        insort(ordered, value)
        middle = len(ordered) // 2
        return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


class Pace:
    """Windowed medians, so that neither a hiccup nor old days count."""

    __slots__ = ("_firsts", "_gaps", "_next_lesson", "_tokens", "first_s", "gap_s", "token_s")

    def __init__(self) -> None:
        self._firsts = MedianWindow()
        self._tokens = MedianWindow()
        self._gaps = MedianWindow()
        self.first_s = USUAL_FIRST_S
        """From the job to the first content."""
        self.token_s = USUAL_TOKEN_S
        self.gap_s: float | None = None
        """The longest pause within an answer; None until an answer had one."""
        self._next_lesson = 0.0

    @property
    def is_measured(self) -> bool:
        return bool(self._firsts)

    def believe(self, first_s: float, token_s: float, gap_s: float | None) -> None:
        """What another gateway measured counts until this one has seen an answer."""
        if not self._firsts:
            self.first_s, self.token_s, self.gap_s = first_s, token_s, gap_s

    def answered(self, now: float, first_s: float, rest_s: float, tokens: int, longest_gap_s: float) -> None:
        """One whole answer: until its first content, from there to its end, and the longest pause within."""
        if len(self._firsts) == WINDOW:
            if now < self._next_lesson:
                return
            self._next_lesson = now + LESSONS_APART_S
        self.first_s = self._firsts.add(min(max(first_s, 0.0), SLOWEST_FIRST_S))
        if tokens > 1:
            self.token_s = self._tokens.add(min(max(rest_s, 0.0) / (tokens - 1), SLOWEST_TOKEN_S))
            self.gap_s = self._gaps.add(longest_gap_s)


def stall_after(pace: Pace, gaps: int, longest_gap_s: float, shortest_s: float, longest_s: float) -> float:
    """Seconds of silence in the middle of an answer that are a stall.

    `gaps` and `longest_gap_s` are what this answer has shown so far. Without any knowledge of the node the whole
    `longest_s` is waited.
    """
    known = pace.gap_s
    if gaps >= GAPS_TO_JUDGE:
        known = max(known or 0.0, longest_gap_s)
    elif known is not None:
        known = max(known, longest_gap_s)
    if known is None:
        return longest_s
    return min(longest_s, max(shortest_s, PATIENCE * known))


class Timing:
    """The times of one answer: when its silence is a stall, and what it teaches of the node."""

    __slots__ = (
        "_asked_at",
        "_floor_s",
        "_gaps",
        "_limit_s",
        "_longest_s",
        "_pace",
        "_waited_s",
        "first_at",
        "stall_s",
    )

    def __init__(self, pace: Pace, asked_at: float, first_at: float, floor_s: float, limit_s: float) -> None:
        self._pace = pace
        self._asked_at = asked_at
        self.first_at = first_at
        """When the first content came."""
        self._floor_s = floor_s
        self._limit_s = limit_s
        self._gaps = 0
        self._longest_s = self._waited_s = 0.0
        self.stall_s = stall_after(pace, 0, 0.0, floor_s, limit_s)

    def heard(self, waited_s: float) -> None:
        """A piece of the answer came after so long a wait."""
        self._gaps += 1
        self._waited_s += waited_s
        if waited_s > self._longest_s or self._gaps == GAPS_TO_JUDGE:
            self._longest_s = max(self._longest_s, waited_s)
            self.stall_s = stall_after(self._pace, self._gaps, self._longest_s, self._floor_s, self._limit_s)

    def gathered(self, waited_s: float) -> None:
        """Pieces came since the first content that nobody looked at: time of the node, and no pause to judge it by."""
        self._waited_s += waited_s
        self._longest_s = max(self._longest_s, waited_s)

    def whole(self, now: float, tokens: int) -> None:
        """The answer is complete. An answer whose client was slow says nothing of the node."""
        took = now - self.first_at
        if self._waited_s >= MOSTLY * took:
            self._pace.answered(now, self.first_at - self._asked_at, took, tokens, self._longest_s)
