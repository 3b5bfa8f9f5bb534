"""How fast an answer came: measured where its pieces arrive, not where they are drawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    first_word_s: float
    """Seconds from the question to the first word."""
    tokens: int
    seconds: float
    """From the first word to the last one so far."""
    counted: bool = False
    """The gateway counted the tokens; otherwise they are the pieces that came, which may hold more than one each."""

    @property
    def tokens_per_second(self) -> float | None:
        """The first token's wait is no part of it. None while there is too little to say."""
        if self.tokens < 2 or self.seconds <= 0:
            return None
        return (self.tokens - 1) / self.seconds


class AnswerMeter:
    """Times are seconds of a clock that never goes back."""

    def __init__(self, began: float) -> None:
        self._began = began
        self._first: float | None = None
        self._last = began
        self._pieces = 0
        self._counted: int | None = None

    def piece(self, now: float) -> None:
        """Words arrived."""
        if self._first is None:
            self._first = now
        self._last = max(self._last, now)
        self._pieces += 1

    def count(self, tokens: int) -> None:
        """The gateway's own count of the whole answer."""
        self._counted = tokens

    @property
    def figures(self) -> AnswerFigures | None:
        """None before the first word."""
        if self._first is None:
            return None
        counted = self._counted is not None
        tokens = self._counted if self._counted is not None else self._pieces
        return AnswerFigures(max(0.0, self._first - self._began), tokens, self._last - self._first, counted)
