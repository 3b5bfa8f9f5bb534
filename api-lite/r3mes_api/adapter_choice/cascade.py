"""RouterCascade: keywords when they are sure, else the meaning, else keywords that are less sure, else the default."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from r3mes_api.adapter_choice.decision import NO_VERDICT, AdapterDecision, CascadeStep, TopicRouter, Verdict
from r3mes_api.adapter_choice.keyword_router import KeywordRouter
from r3mes_api.adapter_choice.semantic_router import SemanticRouter
from r3mes_api.adapter_choice.topics import Topics, first_available


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which confidence on an opinion counts; measured on the labelled prompts of the tests."""

    keyword_certain: float = 0.85
    """Two strong keywords and nothing else: the meaning need not be asked."""
    keyword: float = 0.45
    """One weak keyword and nothing else."""
    semantic: float = 0.4
    """The topic is clearly nearer than the others."""


def asks_meaning(keyword: Verdict, thresholds: Thresholds) -> bool:
    """Whether the keywords leave a doubt."""
    return keyword.confidence < thresholds.keyword_certain


def settled(keyword: Verdict, semantic: Verdict | None, thresholds: Thresholds) -> Verdict:
    """What the routers settle on. `semantic` is None where it was not asked or there is none."""
    if semantic is not None and asks_meaning(keyword, thresholds) and semantic.confidence >= thresholds.semantic:
        return semantic
    return keyword if keyword.confidence >= thresholds.keyword else NO_VERDICT


class RouterCascade:
    """Chooses the adapter for a prompt among those that the network has. Falls back to the default adapter always."""

    def __init__(
        self,
        topics: Topics,
        keyword_router: KeywordRouter | None,
        semantic_router: TopicRouter | None = None,
        thresholds: Thresholds | None = None,
        default_names: tuple[str, ...] | None = None,
    ) -> None:
        """Without routers every prompt gets the default adapter. `default_names`: its names, best first, in the place
        of those in the topics file; an empty one is the base model alone."""
        self._topics = topics
        self._default_names = topics.default_topic.names if default_names is None else default_names
        self._keyword_router = keyword_router
        self._semantic_router = semantic_router
        self._thresholds = thresholds or Thresholds()

    async def choose(self, prompt: str, available: Container[str]) -> AdapterDecision:
        """`available`: the adapter names that nodes have or can load now."""
        if self._keyword_router is None:
            return self._resolve(NO_VERDICT, (), available)
        keyword = self._keyword_router.judge(prompt)
        semantic: Verdict | None = None
        steps: tuple[CascadeStep, ...] = (_step("keyword", keyword, self._thresholds.keyword),)
        if self._semantic_router is not None and asks_meaning(keyword, self._thresholds):
            semantic = await self._semantic_router.verdict(prompt)
            steps += (_step(self._semantic_router.name, semantic, self._thresholds.semantic),)
        return self._resolve(settled(keyword, semantic, self._thresholds), steps, available)

    def resolve_name(self, name: str, available: Container[str]) -> str | None:
        """The name under which the network has an adapter that a client named itself, or None."""
        return self._topics.available_name(name, available)

    def default(self, available: Container[str]) -> str | None:
        """The default adapter under the name that the network has it by; None: the base model alone."""
        return first_available(self._default_names, available)

    def close(self) -> None:
        if isinstance(self._semantic_router, SemanticRouter):
            self._semantic_router.close()

    def _resolve(self, verdict: Verdict, steps: tuple[CascadeStep, ...], available: Container[str]) -> AdapterDecision:
        default = self._topics.default_topic
        if verdict.topic is not None:
            is_default = verdict.topic == default.id
            names = self._default_names if is_default else self._topics.topic(verdict.topic).names
            adapter = first_available(names, available)
            if adapter is not None or is_default:
                return AdapterDecision(adapter, verdict.topic, verdict.confidence, steps)
            steps += (CascadeStep("network", "absent"),)
        steps += (CascadeStep("default", default.id),)
        return AdapterDecision(self.default(available), default.id, 0.0, steps)


def _step(router: str, verdict: Verdict, threshold: float) -> CascadeStep:
    if verdict.topic is None:
        return CascadeStep(router, "no_match")
    if verdict.confidence < threshold:
        return CascadeStep(router, "unsure", verdict.confidence, verdict.topic)
    return CascadeStep(router, verdict.topic, verdict.confidence, verdict.topic)
