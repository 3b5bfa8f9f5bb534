"""KeywordRouter: the topic whose words a prompt uses. Needs nothing but its data and answers in about 0.1 ms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from r3mes_api.adapter_choice.decision import NO_VERDICT, Verdict
from r3mes_api.adapter_choice.phrases import Found, PhraseIndex
from r3mes_api.adapter_choice.topics import Topics
from r3mes_api.adapter_choice.words import Word, words_of

MAX_HEAD_CHARS = 1_500
MAX_TAIL_CHARS = 500
"""Of a longer prompt only its start and its end are read: the question stands there, a pasted document between."""

STRONG_WEIGHT = 2.0
WEAK_WEIGHT = 1.0


class _Keyword(NamedTuple):
    topic: str
    weight: float


class KeywordRouter:
    """Counts each keyword once. Confidence grows with the evidence and shrinks with that for the runner-up."""

    name = "keyword"

    def __init__(self, topics: Topics) -> None:
        self._order = {topic.id: rank for rank, topic in enumerate(topics.topics)}
        self._keywords = PhraseIndex(
            (phrase, _Keyword(topic.id, weight))
            for topic in topics.topics
            for keywords in topic.keywords.values()
            for phrases, weight in ((keywords.strong, STRONG_WEIGHT), (keywords.weak, WEAK_WEIGHT))
            for phrase in phrases
        )
        self._excluded = PhraseIndex((phrase, topic.id) for topic in topics.topics for phrase in topic.exclude)

    async def verdict(self, prompt: str) -> Verdict:
        return self.judge(prompt)

    def judge(self, prompt: str) -> Verdict:
        scores = self.scores(prompt)
        if not scores:
            return NO_VERDICT
        # Ties go to the topic that stands first in the file, so that the same prompt always gets the same answer.
        ranked = sorted(scores.items(), key=lambda item: (-item[1], self._order[item[0]]))
        (topic, best), *rest = ranked
        runner_up, second = rest[0] if rest else (None, 0.0)
        confidence = (1 - 0.5**best) * best / (best + second)
        return Verdict(topic, confidence, runner_up)

    def scores(self, prompt: str) -> dict[str, float]:
        """Evidence for each topic that has any."""
        words = words_of(_excerpt(prompt))
        excluded = self._excluded_places(words)
        seen: set[tuple[str, str]] = set()
        scores: dict[str, float] = {}
        for found in _longest(self._keywords.find(words)):
            topic, weight = found.value
            if (topic, found.phrase) in seen or any(
                (topic, place) in excluded for place in range(found.start, found.end)
            ):
                continue
            seen.add((topic, found.phrase))
            scores[topic] = scores.get(topic, 0.0) + weight
        return scores

    def _excluded_places(self, words: list[Word]) -> set[tuple[str, int]]:
        return {(found.value, place) for found in self._excluded.find(words) for place in range(found.start, found.end)}


def _longest(found: Iterator[Found[_Keyword]]) -> Iterator[Found[_Keyword]]:
    """One keyword for each word and topic: "stack trace" must not count as "stack" too, nor two stems of one word."""
    covered: set[tuple[str, int]] = set()
    for match in sorted(found, key=lambda match: (match.start - match.end, -match.value.weight, match.start)):
        places = {(match.value.topic, place) for place in range(match.start, match.end)}
        if places.isdisjoint(covered):
            covered |= places
            yield match


def _excerpt(prompt: str) -> str:
    if len(prompt) <= MAX_HEAD_CHARS + MAX_TAIL_CHARS:
        return prompt
    return f"{prompt[:MAX_HEAD_CHARS]}\n{prompt[-MAX_TAIL_CHARS:]}"
