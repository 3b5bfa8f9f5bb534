"""Finding many short phrases in a text at once, word by word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from r3mes_api.adapter_choice.words import Word, without_marks, words_of

T = TypeVar("T")

STEM_MARK = "*"
MAX_SUFFIX_CHARS = 14
"""Longest ending that may follow a stem: `değerlendirilmesindeki` is a long Turkish word, a URL is none."""

MIN_PLAIN_CHARS = 5
"""Shorter words are found with their Turkish marks only: `aşı` (vaccine) without them would be found in `asi`."""


_HEAD_CHARS = 2


class _Term(NamedTuple):
    word: str
    is_stem: bool

    def matches(self, word: Word) -> bool:
        if any(self._matches_text(spelling, self.word) for spelling in word.spellings):
            return True
        plain = without_marks(self.word)
        return plain != self.word and len(plain) >= MIN_PLAIN_CHARS and self._matches_text(word.plain, plain)

    def _matches_text(self, text: str, term: str) -> bool:
        if not self.is_stem:
            return text == term
        return text.startswith(term) and len(text) - len(term) <= MAX_SUFFIX_CHARS


class Found(NamedTuple, Generic[T]):
    start: int
    """Index of the first word, `end` is past the last one."""
    end: int
    phrase: str
    value: T


class PhraseIndex(Generic[T]):
    """Phrases with a value each. A word that ends in `*` stands for itself and every inflection of it.

    Raises ValueError for a phrase without a word.
    """

    def __init__(self, phrases: Iterable[tuple[str, T]]) -> None:
        # By the first word: exact words and stems apart, each also without its Turkish marks.
        self._exact: dict[str, list[tuple[str, tuple[_Term, ...], T]]] = {}
        self._stems: dict[str, list[tuple[str, tuple[_Term, ...], T]]] = {}
        # How long the stems are that begin with these letters: most words of a prompt begin no stem at all.
        self._stem_lengths: dict[str, list[int]] = {}
        for phrase, value in phrases:
            terms = _terms(phrase)
            if not terms:
                raise ValueError(f"the phrase {phrase!r} holds no word")
            first = terms[0]
            table = self._stems if first.is_stem else self._exact
            for key in {first.word, *_plain_key(first.word)}:
                table.setdefault(key, []).append((phrase, terms, value))
                if first.is_stem:
                    lengths = self._stem_lengths.setdefault(key[:_HEAD_CHARS], [])
                    if len(key) not in lengths:
                        lengths.append(len(key))

    def find(self, words: Sequence[Word]) -> Iterator[Found[T]]:
        """Every place of every phrase, overlapping ones included."""
        for start, word in enumerate(words):
            # A word and its plain form may lead to the same phrase; each phrase has terms of its own.
            seen: set[int] = set()
            for phrase, terms, value in self._candidates(word):
                end = start + len(terms)
                if id(terms) in seen or end > len(words):
                    continue
                if all(term.matches(other) for term, other in zip(terms, words[start:end], strict=True)):
                    seen.add(id(terms))
                    yield Found(start, end, phrase, value)

    def _candidates(self, word: Word) -> Iterator[tuple[str, tuple[_Term, ...], T]]:
        for text in {*word.spellings, word.plain}:
            yield from self._exact.get(text, ())
            for length in self._stem_lengths.get(text[:_HEAD_CHARS], ()):
                yield from self._stems.get(text[:length], ())


def _terms(phrase: str) -> tuple[_Term, ...]:
    terms: list[_Term] = []
    for part in phrase.split():
        is_stem = part.endswith(STEM_MARK)
        words = words_of(part.removesuffix(STEM_MARK))
        # A keyword is written in lower case, so it has one spelling.
        terms.extend(_Term(word.spellings[0], is_stem and word is words[-1]) for word in words)
    return tuple(terms)


def _plain_key(word: str) -> tuple[str, ...]:
    plain = without_marks(word)
    return (plain,) if plain != word and len(plain) >= MIN_PLAIN_CHARS else ()
