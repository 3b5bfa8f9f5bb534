"""From tokens to text as they come, without ever giving out half a character."""

from __future__ import annotations

from collections.abc import Callable, Sequence

REPLACEMENT = "\ufffd"

MAX_HELD = 3
"""Unfinished bytes at the end of a text become at most this many replacement characters: a character of UTF-8 has
four bytes. More of them in a row are the model's own and final."""

WINDOW_TOKENS = 8
"""Tokens kept as context when the window is cut: enough for blanks and bytes that depend on their neighbours."""

Decode = Callable[[Sequence[int]], str]


class TokenText:
    """Decodes a growing list of tokens; the cost of a token does not grow with the text."""

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self._window: list[int] = []
        self._given = 0
        """How many characters of the window's text were given out already."""

    def push(self, token: int) -> str:
        """The text that is certain now; often the token's own, empty while a character is not whole."""
        self._window.append(token)
        text = self._decode(self._window)
        piece = self._take(text, _certain(text))
        if len(self._window) >= 4 * WINDOW_TOKENS and self._given == len(text):
            self._cut_window(text)
        return piece

    def finish(self) -> str:
        """What was held back, now that no more tokens come."""
        text = self._decode(self._window)
        return self._take(text, len(text))

    def _take(self, text: str, end: int) -> str:
        # Some decoders change what they said before, after bytes that are no UTF-8: what was given out stays.
        if end <= self._given:
            return ""
        piece, self._given = text[self._given : end], end
        return piece

    def _cut_window(self, text: str) -> None:
        """Forgets old tokens, at a place where the rest reads the same without them."""
        rest = self._window[-WINDOW_TOKENS:]
        rest_text = self._decode(rest)
        if rest_text and text.endswith(rest_text):
            self._window, self._given = rest, len(rest_text)


def _certain(text: str) -> int:
    """How many characters of the text no further token can change."""
    kept = len(text)
    while kept and text[kept - 1] == REPLACEMENT and len(text) - kept < MAX_HELD:
        kept -= 1
    return kept
