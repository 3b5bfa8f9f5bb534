"""SemanticRouter: the topic whose examples mean nearly what a prompt means."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from math import exp
from typing import Protocol

from r3mes_api.adapter_choice.decision import NO_VERDICT, Verdict

MAX_PROMPT_CHARS = 2_000
"""Small sentence models read 256 word pieces and no more."""

NEIGHBOURS = 3
"""A topic is as near as its nearest examples are on average: one odd example must not decide."""

SOFTNESS = 0.05
"""By how much one topic must be nearer than the others to be e times as likely. A model that does not know the prompt's
language finds all topics equally near, so it is never sure then, however high its similarities are."""

ANSWER_SECONDS = 0.5
"""The user waits for this before the first token, so a busy machine goes on without an opinion."""

MAX_WAITING = 16
"""Prompts in line for the one worker thread; a longer line could not be served in time."""


class ExampleModel(Protocol):
    """A sentence model that knows some examples. Called in a worker thread, never by two at a time."""

    def similarities(self, prompt: str) -> list[float]:
        """The cosine between the prompt and each example, in the examples' order."""
        ...


class SemanticRouter:
    """Asks the model in one worker thread. After its first failure it has no opinion any more, and says so once."""

    name = "semantic"

    def __init__(
        self,
        model: ExampleModel,
        example_topics: Sequence[str],
        *,
        log: logging.Logger,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._model = model
        self._example_topics = example_topics
        self._log = log
        self._answer_seconds = answer_seconds
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="semantic-router")
        self._waiting = 0
        self._failed = False

    async def verdict(self, prompt: str) -> Verdict:
        if self._failed or self._waiting >= MAX_WAITING:
            return NO_VERDICT
        self._waiting += 1
        answer = asyncio.get_running_loop().run_in_executor(self._worker, self._judge, prompt[:MAX_PROMPT_CHARS])
        answer.add_done_callback(self._no_longer_waiting)
        try:
            async with asyncio.timeout(self._answer_seconds):
                return await asyncio.shield(answer)
        except TimeoutError:
            return NO_VERDICT

    def close(self) -> None:
        """Lets the worker thread end. A prompt that it is at is finished first."""
        self._failed = True
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _no_longer_waiting(self, _: object) -> None:
        self._waiting -= 1

    def _judge(self, prompt: str) -> Verdict:
        try:
            similarities = self._model.similarities(prompt)
            return nearest_topic(self._example_topics, similarities)
        except Exception as error:
            if not self._failed:
                self._failed = True
                self._log.warning(
                    "The sentence model stopped working (%s); adapters are chosen by keywords now.",
                    type(error).__name__,
                )
            return NO_VERDICT


def nearest_topic(topics: Sequence[str], similarities: Sequence[float]) -> Verdict:
    """The topic whose nearest examples are nearest; the confidence is its share of a softmax over all topics.

    `topics` names the topic of each similarity. Raises ValueError when the two differ in length.
    """
    by_topic = sorted(zip(topics, similarities, strict=True), key=lambda pair: pair[0])
    scores = {
        topic: _mean_of_highest([similarity for _, similarity in pairs])
        for topic, pairs in groupby(by_topic, key=lambda pair: pair[0])
    }
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    if not ranked:
        return NO_VERDICT
    topic, best = ranked[0]
    confidence = 1 / sum(exp((score - best) / SOFTNESS) for _, score in ranked)
    return Verdict(topic, confidence, ranked[1][0] if len(ranked) > 1 else None)


def _mean_of_highest(values: list[float]) -> float:
    highest = sorted(values, reverse=True)[:NEIGHBOURS]
    return sum(highest) / len(highest)
