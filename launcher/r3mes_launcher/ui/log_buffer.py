"""The newest log lines and which of them pass a filter. No Qt: the widget only paints what this holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from r3mes_launcher.core.state import LogLevel, LogLine
from r3mes_launcher.ui.figures import clock, day_and_time

CAPACITY = 50_000
_RANK = {level: rank for rank, level in enumerate(LogLevel)}


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What to show: lines with the text in them (case does not matter), of this level or worse, from this source."""

    text: str = ""
    level: LogLevel = LogLevel.DEBUG
    source: str = ""

    @property
    def empty(self) -> bool:
        return not self.text and not self.source and self.level is LogLevel.DEBUG

    def passes(self, line: LogLine) -> bool:
        if self.source and line.source != self.source:
            return False
        if _RANK[line.level] < _RANK[self.level]:
            return False
        return not self.text or self.text.casefold() in line.text.casefold()


class LogBuffer:
    """Keeps the newest `capacity` lines. Shown lines have a number that never changes while they are kept."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._lines: deque[LogLine] = deque(maxlen=capacity)
        self._added = 0
        self._shown: deque[tuple[int, LogLine]] = deque()
        self._filter = LogFilter()
        # Numbers the shown lines from the first one ever shown under this filter.
        self._first_shown = 0
        self._lost = 0

    @property
    def lost(self) -> int:
        """Lines that never came here, because there were too many of them."""
        return self._lost

    @property
    def kept(self) -> int:
        return len(self._lines)

    def lines(self) -> Sequence[LogLine]:
        """All that are kept, whatever the filter shows."""
        return tuple(self._lines)

    @property
    def first(self) -> int:
        """Number of the oldest shown line."""
        return self._first_shown

    @property
    def end(self) -> int:
        """One past the number of the newest shown line."""
        return self._first_shown + len(self._shown)

    @property
    def filter(self) -> LogFilter:
        return self._filter

    def extend(self, lines: Sequence[LogLine], lost: int = 0) -> None:
        """`lost` were left out before the first of them."""
        self._lost += lost
        number = self._added
        self._lines.extend(lines)
        self._added += len(lines)
        if self._filter.empty:
            self._shown.extend(zip(range(number, self._added), lines, strict=True))
        else:
            passes = self._filter.passes
            self._shown.extend((number + index, line) for index, line in enumerate(lines) if passes(line))
        oldest = self._added - len(self._lines)
        while self._shown and self._shown[0][0] < oldest:
            self._shown.popleft()
            self._first_shown += 1

    def choose(self, filter: LogFilter) -> None:
        """Shows the kept lines that pass; their numbers start afresh."""
        self._filter = filter
        oldest = self._added - len(self._lines)
        self._shown = deque(
            (oldest + index, line) for index, line in enumerate(self._lines) if filter.empty or filter.passes(line)
        )
        self._first_shown = 0

    def clear(self) -> None:
        self._lines.clear()
        self._shown.clear()
        self._first_shown = 0
        self._lost = 0

    def shown(self, first: int, end: int) -> Iterator[LogLine]:
        """The shown lines numbered `first` up to before `end`, as far as they are still kept."""
        start = max(0, first - self._first_shown)
        stop = max(start, end - self._first_shown)
        # From the nearer end: a deque is slow in its middle and fast at both ends.
        if start > len(self._shown) // 2:
            backwards = islice(reversed(self._shown), max(0, len(self._shown) - stop), len(self._shown) - start)
            return iter([line for _, line in backwards][::-1])
        return (line for _, line in islice(self._shown, start, stop))


def as_text(lines: Iterable[LogLine], dates: bool = False) -> str:
    """Lines for the clipboard or a file: time, level, source and text. `dates`: the time with its day."""
    # A second has many lines in a flood, and its name is the same for all of them.
    names: dict[int, str] = {}
    written = []
    for line in lines:
        second = int(line.at)
        name = names.get(second)
        if name is None:
            name = names[second] = day_and_time(second) if dates else clock(second)
        written.append(f"{name}  {line.level.value:<7}  {line.source:<8}  {line.text}")
    return "\n".join(written)
