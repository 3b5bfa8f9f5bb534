"""AdapterChooser: the routers as the operator wants them, at work for the chat routes."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from r3mes_api.adapter_choice.cascade import RouterCascade, Thresholds
from r3mes_api.adapter_choice.decision import AdapterRoute, CascadeStep, RouterKind
from r3mes_api.adapter_choice.keyword_router import KeywordRouter
from r3mes_api.adapter_choice.semantic_router import ANSWER_SECONDS, SemanticRouter
from r3mes_api.adapter_choice.sentence_model import SentenceModelError, load_sentence_model
from r3mes_api.adapter_choice.topics import Topics

AUTO_MODEL = "auto"
"""The model's name that leaves the adapter to the gateway."""

NO_ADAPTER = "none"
"""The default adapter's name where prompts that no topic claims are for the base model alone."""

EARLIER_PROMPTS = 2
"""A prompt that no topic claims may go on with what was said before it: so many are looked at."""


@dataclass(frozen=True, slots=True)
class RouterPlan:
    """What the operator chose."""

    kind: RouterKind
    topics: Topics
    thresholds: Thresholds = field(default_factory=Thresholds)
    default_adapter: str | None = None
    """None: the topics file's; NO_ADAPTER: the base model alone."""
    sentence_model: Path | None = None
    answer_s: float = ANSWER_SECONDS


class AdapterChooser:
    """Goes by keywords until the sentence model is there; without a usable one it stays at them and says so once."""

    def __init__(self, plan: RouterPlan, log: logging.Logger) -> None:
        self._plan = plan
        self._log = log
        self._keywords = None if plan.kind is RouterKind.OFF else KeywordRouter(plan.topics)
        self._by_keywords = self._cascade = self._make(None)

    def _make(self, semantic: SemanticRouter | None) -> RouterCascade:
        plan = self._plan
        return RouterCascade(plan.topics, self._keywords, semantic, plan.thresholds, self._default_names())

    def _default_names(self) -> tuple[str, ...] | None:
        name = self._plan.default_adapter
        if name is None:
            return None
        return () if name == NO_ADAPTER else self._plan.topics.aliases(name)

    async def run(self) -> None:
        """Loads the sentence model, where one is wanted, and keeps it until cancelled."""
        if self._plan.kind is not RouterKind.SEMANTIC:
            return
        try:
            semantic = await self._loaded()
        except SentenceModelError as error:
            self._log.warning("Adapters are chosen by keywords only: %s.", error)
            return
        self._cascade = self._make(semantic)
        self._log.info("Adapters are chosen by meaning where the keywords are not sure.")
        try:
            await asyncio.Event().wait()
        finally:
            self._cascade = self._by_keywords
            semantic.close()

    async def _loaded(self) -> SemanticRouter:
        """Raises SentenceModelError. Takes many seconds, on a thread that no end of the program waits for."""
        folder, topics = self._plan.sentence_model, self._plan.topics
        if folder is None:
            raise SentenceModelError("R3MES_SENTENCE_MODEL does not say where the sentence model is")
        examples = [(topic.id, example) for topic in topics.topics for example in topic.examples]
        if not examples:
            raise SentenceModelError("the topics file has no examples to compare prompts with")
        loop = asyncio.get_running_loop()
        loading: asyncio.Future[SemanticRouter] = loop.create_future()

        def settle(router: SemanticRouter | None, error: SentenceModelError | None) -> None:
            if loading.done():
                if router is not None:
                    router.close()
            elif router is not None:
                loading.set_result(router)
            elif error is not None:
                loading.set_exception(error)

        def load() -> None:
            router: SemanticRouter | None = None
            problem: SentenceModelError | None = None
            try:
                model = load_sentence_model(folder, [example for _, example in examples])
                example_topics = [topic for topic, _ in examples]
                router = SemanticRouter(model, example_topics, log=self._log, answer_seconds=self._plan.answer_s)
            except SentenceModelError as error:
                problem = error
            try:
                loop.call_soon_threadsafe(settle, router, problem)
            except RuntimeError:
                self._log.debug("the gateway ended while the sentence model was loading")

        threading.Thread(target=load, name="sentence-model", daemon=True).start()
        return await loading

    async def choose(self, prompts: Sequence[str], offered: Container[str]) -> AdapterRoute:
        """`prompts`: what the user said, the newest first. `offered`: adapters that nodes offer now."""
        newest = prompts[0] if prompts else ""
        decision = await self._cascade.choose(newest, offered)
        steps = list(decision.steps)
        default = self._plan.topics.default
        if self._keywords is not None and decision.topic == default:
            for earlier in prompts[1 : 1 + EARLIER_PROMPTS]:
                found = await self._by_keywords.choose(earlier, offered)
                if found.topic != default:
                    steps.append(CascadeStep("earlier", found.topic, found.confidence))
                    decision = found
                    break
        way = list(dict.fromkeys([decision.adapter, self._cascade.default(offered), None]))
        # Nothing comes after the base model, and it is on every way.
        way = way[: way.index(None) + 1]
        semantic = self._cascade is not self._by_keywords
        return AdapterRoute(decision.adapter, decision.topic, decision.confidence, steps, way[1:], semantic)

    def offered_name(self, name: str, offered: Container[str]) -> str:
        """The name under which nodes offer the adapter that a client named; the very name where none does."""
        return self._cascade.resolve_name(name, offered) or name
