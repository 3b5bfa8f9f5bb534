"""Text as words that compare right in English and in Turkish, whatever their case.

Turkish has two letters i: `I` is the capital of `ı`, `İ` of `i`. In English `I` is the capital of `i`. The language of
a word in capitals can't be known before it is understood, so such a word keeps both readings.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

# `c++` and `c#` are words; an apostrophe ends one, so that the Turkish suffix in `Python'da` stands apart.
_WORD = re.compile(r"[^\W_]+(?:\+\+|#(?!\w))?")
_DOT_ABOVE = "\u0307"
_TURKISH_CAPITALS = str.maketrans({"I": "ı", "İ": "i"})
_WITHOUT_MARKS = str.maketrans(
    {"ı": "i", "ç": "c", "ğ": "g", "ö": "o", "ş": "s", "ü": "u", "â": "a", "î": "i", "û": "u"}
)


class Word(NamedTuple):
    spellings: tuple[str, ...]
    """Its lower-case readings, the Turkish one second where the two differ."""
    plain: str
    """Without Turkish marks, as it is typed on a foreign keyboard."""


def words_of(text: str) -> list[Word]:
    """The words of a text in order. Takes time linear in its length."""
    composed = unicodedata.normalize("NFC", text).replace(_DOT_ABOVE, "")
    return [_word(match) for match in _WORD.findall(composed)]


def without_marks(text: str) -> str:
    return text.translate(_WITHOUT_MARKS)


def _word(token: str) -> Word:
    lower = token.lower().replace(_DOT_ABOVE, "")
    if lower.isascii() and "I" not in token:
        return Word((lower,), lower)
    turkish = token.translate(_TURKISH_CAPITALS).lower().replace(_DOT_ABOVE, "")
    spellings = (lower,) if turkish == lower else (lower, turkish)
    return Word(spellings, without_marks(lower))
