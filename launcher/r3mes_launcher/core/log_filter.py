"""Which lines of the log somebody wants."""

from __future__ import annotations

from dataclasses import dataclass

from r3mes_launcher.core.state import LogLevel, LogLine

_RANK = {level: rank for rank, level in enumerate(LogLevel)}


@dataclass(frozen=True, slots=True)
class LogWish:
    """Lines of this level or worse, of this process (all when empty), with this text in them whatever its case."""

    level: LogLevel = LogLevel.DEBUG
    process: str = ""
    search: str = ""

    def wants(self, line: LogLine) -> bool:
        if _RANK[line.level] < _RANK[self.level] or (self.process and line.source != self.process):
            return False
        return not self.search or self.search.casefold() in line.text.casefold()
