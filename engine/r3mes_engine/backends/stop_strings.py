"""Stop strings in a text that arrives in pieces."""

from __future__ import annotations

from collections.abc import Sequence


class StopStrings:
    """Lets text through up to the first stop string, and holds back what may be the beginning of one."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self.found = False
        """Whether a stop string has been seen; nothing comes out after it."""

    def push(self, text: str) -> str:
        """The part of the text so far that is sure to belong to the answer and was not given out yet."""
        if self.found:
            return ""
        if not self._stops:
            return text
        self._held += text
        # The first one to be complete counts, so that the answer does not depend on how the text was cut into pieces.
        hits = [(at + len(stop), at) for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if hits:
            self.found = True
            out, self._held = self._held[: min(hits)[1]], ""
            return out
        keep = max(_longest_beginning(self._held, stop) for stop in self._stops)
        out, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return out

    def finish(self) -> str:
        """What was held back, now that no more text comes."""
        out, self._held = self._held, ""
        return "" if self.found else out


def _longest_beginning(text: str, stop: str) -> int:
    """Length of the longest end of `text` with which `stop` begins."""
    for size in range(min(len(text), len(stop) - 1), 0, -1):
        if stop.startswith(text[-size:]):
            return size
    return 0
