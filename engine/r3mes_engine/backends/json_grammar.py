"""Answers that are JSON, by llguidance: it tells which tokens may come next in microseconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy
import torch
from llguidance import LLMatcher, LLTokenizer
from llguidance.hf import from_tokenizer


class JsonGrammars:
    """Makes the grammar of one answer after another. Not for two threads at once."""

    def __init__(self, tokenizer: Any, vocabulary: int, ends: Sequence[int]) -> None:
        """`vocabulary` is the number of scores that the model gives, which may be more than the tokenizer's tokens."""
        self._hf_tokenizer = tokenizer
        self._vocabulary = max(vocabulary, len(tokenizer))
        self._ends = list(ends) or None
        self._made: LLTokenizer | None = None

    @property
    def _tokenizer(self) -> LLTokenizer:
        """Made when the first request needs it: it takes half a second and, of 49,000 tokens, 38 MiB."""
        if self._made is None:
            self._made = from_tokenizer(self._hf_tokenizer, n_vocab=self._vocabulary, eos_token=self._ends)
        return self._made

    def prepare(self) -> None:
        """Before `token_bytes` is called where nobody may wait."""
        _ = self._tokenizer

    def grammar(self, schema: str) -> JsonGrammar:
        """Of a JSON schema. Raises ValueError that says what is wrong with it."""
        try:
            # Blanks at will let a small model write nothing but blanks.
            text = LLMatcher.grammar_from_json_schema(schema, overrides={"whitespace_flexible": False})
        except ValueError as error:
            raise ValueError(_one_line(str(error))) from None
        matcher = LLMatcher(self._tokenizer, text, log_level=0)
        if matcher.is_error():
            raise ValueError(_one_line(matcher.get_error()))
        return JsonGrammar(matcher)

    def token_bytes(self, token: int) -> bytes:
        """What one token stands for; it may be a part of a character."""
        made: bytes = self._tokenizer.decode_bytes([token])
        return made


class JsonGrammar:
    def __init__(self, matcher: LLMatcher) -> None:
        self._matcher = matcher
        self._followed: list[int] = []

    def follow(self, made: Sequence[int]) -> None:
        done = len(self._followed)
        if self._followed != made[:done]:
            self._matcher.reset()
            self._followed, done = [], 0
        for token in made[done:]:
            self._matcher.consume_token(token)
            self._followed.append(token)

    def forbid(self, scores: torch.Tensor) -> None:
        if self._matcher.is_error():
            raise ValueError(_one_line(self._matcher.get_error()))
        bits = numpy.frombuffer(self._matcher.compute_bitmask(), numpy.uint8)
        allowed = torch.from_numpy(numpy.unpackbits(bits, bitorder="little")[: len(scores)].astype(bool))
        scores[: len(allowed)].masked_fill_(~allowed.to(scores.device), -torch.inf)
        scores[len(allowed) :] = -torch.inf


def _one_line(text: str) -> str:
    # Behind it the library prints what its parser holds.
    text = text.partition("<state>")[0]
    return " ".join(text.split())[:300]
