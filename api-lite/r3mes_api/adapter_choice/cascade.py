"""RouterCascade: keywords when they are sure, else the meaning, else keywords that are less sure, else the default."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from r3mes_api.adapter_choice.decision import NO_VERDICT, AdapterDecision, CascadeStep, TopicRouter, Verdict
from r3mes_api.adapter_choice.keyword_router import KeywordRouter
from r3mes_api.adapter_choice.semantic_router import SemanticRouter
from r3mes_api.adapter_choice.sentence_model import SentenceModelError, load_sentence_model
from r3mes_api.adapter_choice.topics import Topics, bundled_topics, first_available, load_topics


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which confidence on an opinion counts; measured on the labelled prompts of the tests."""

    keyword_certain: float = 0.85
    """Two strong keywords and nothing else: the meaning need not be asked."""
    keyword: float = 0.45
    """One weak keyword and nothing else."""
    semantic: float = 0.4
    """The topic is clearly nearer than the others."""


class RouterCascade:
    """Chooses the adapter for a prompt among those that the network has. Falls back to the default adapter always."""

    def __init__(
        self,
        topics: Topics,
        keyword_router: KeywordRouter,
        semantic_router: TopicRouter | None = None,
        thresholds: Thresholds | None = None,
    ) -> None:
        self._topics = topics
        self._keyword_router = keyword_router
        self._semantic_router = semantic_router
        self._thresholds = thresholds or Thresholds()

    async def choose(self, prompt: str, available: Collection[str]) -> AdapterDecision:
        """`available`: the adapter names that nodes have or can load now."""
        keyword = self._keyword_router.judge(prompt)
        verdict = keyword if keyword.confidence >= self._thresholds.keyword else NO_VERDICT
        steps: tuple[CascadeStep, ...] = (_step("keyword", keyword, self._thresholds.keyword),)
        if self._semantic_router is not None and keyword.confidence < self._thresholds.keyword_certain:
            semantic = await self._semantic_router.verdict(prompt)
            steps += (_step(self._semantic_router.name, semantic, self._thresholds.semantic),)
            if semantic.confidence >= self._thresholds.semantic:
                verdict = semantic
        return self._resolve(verdict, steps, available)

    def resolve_name(self, name: str, available: Collection[str]) -> str | None:
        """The name under which the network has an adapter that a client named itself, or None."""
        return self._topics.available_name(name, available)

    def close(self) -> None:
        if isinstance(self._semantic_router, SemanticRouter):
            self._semantic_router.close()

    def _resolve(self, verdict: Verdict, steps: tuple[CascadeStep, ...], available: Collection[str]) -> AdapterDecision:
        default = self._topics.default_topic
        if verdict.topic is not None:
            names = self._topics.topic(verdict.topic).names
            adapter = first_available(names, available)
            if adapter is not None or verdict.topic == default.id:
                return AdapterDecision(adapter, verdict.topic, verdict.confidence, steps)
            steps += (CascadeStep("network", "absent"),)
        steps += (CascadeStep("default", default.id),)
        return AdapterDecision(first_available(default.names, available), default.id, 0.0, steps)


def _step(router: str, verdict: Verdict, threshold: float) -> CascadeStep:
    if verdict.topic is None:
        return CascadeStep(router, "no_match")
    if verdict.confidence < threshold:
        return CascadeStep(router, "unsure", verdict.confidence)
    return CascadeStep(router, verdict.topic, verdict.confidence)


async def open_cascade(*, topics_file: Path | None, sentence_model: Path | None, log: logging.Logger) -> RouterCascade:
    """The cascade as the settings want it. Without a usable sentence model it goes by keywords, and says so once.

    Raises TopicsFileError for a topics file that can't be used.
    """
    topics = bundled_topics() if topics_file is None else load_topics(topics_file)
    semantic = None
    if sentence_model is not None:
        try:
            semantic = await asyncio.to_thread(_load_semantic_router, sentence_model, topics, log)
        except SentenceModelError as error:
            log.warning("Adapters are chosen by keywords only: %s.", error)
    return RouterCascade(topics, KeywordRouter(topics), semantic)


def _load_semantic_router(folder: Path, topics: Topics, log: logging.Logger) -> SemanticRouter:
    examples = [(topic.id, example) for topic in topics.topics for example in topic.examples]
    model = load_sentence_model(folder, [example for _, example in examples])
    return SemanticRouter(model, [topic for topic, _ in examples], log=log)
