"""What the serving nodes offer together. Anybody may ask, and often, so it is counted only when an offer changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from r3mes_api.modes.interface import ModelCard
from r3mes_api.nodes.registry import NodeRegistry
from r3mes_protocol.messages import Residency


@dataclass(frozen=True, slots=True)
class OfferedAdapter:
    name: str
    base_model: str | None
    lies: Counter[Residency]
    """On how many nodes it lies where."""


class Catalogue:
    def __init__(self, registry: NodeRegistry) -> None:
        self._registry = registry
        self._revision = -1
        self._models: list[ModelCard] = []
        self._adapters: list[OfferedAdapter] = []
        self._embedding_models: list[ModelCard] = []

    @property
    def models(self) -> list[ModelCard]:
        """Base models by name."""
        self._count()
        return self._models

    @property
    def adapters(self) -> list[OfferedAdapter]:
        """By name."""
        self._count()
        return self._adapters

    @property
    def embedding_models(self) -> list[ModelCard]:
        """Models for embeddings by name."""
        self._count()
        return self._embedding_models

    def _count(self) -> None:
        if self._revision == self._registry.revision:
            return
        self._revision = self._registry.revision
        models: dict[str, ModelCard] = {}
        embed: dict[str, ModelCard] = {}
        base_models: dict[str, str | None] = {}
        lies: dict[str, Counter[Residency]] = {}
        for node in self._registry:
            if not node.serving:
                continue
            for name, context_tokens in node.models.items():
                known = models.get(name)
                tokens = context_tokens if known is None else max(context_tokens, known.context_tokens or 0)
                models[name] = ModelCard(name, 1 + (known.nodes if known else 0), context_tokens=tokens)
            for name, embeds in node.embedding_models.items():
                nodes = embed[name].nodes if name in embed else 0
                embed[name] = ModelCard(name, nodes + 1, None, embeds.context_tokens, embeds.dimensions)
            for offer in node.adapters.values():
                base_models.setdefault(offer.name, offer.base_model or next(iter(node.models), None))
                lies.setdefault(offer.name, Counter())[offer.residency] += 1
        self._models = [models[name] for name in sorted(models)]
        self._embedding_models = [embed[name] for name in sorted(embed)]
        self._adapters = [OfferedAdapter(name, base_models[name], lies[name]) for name in sorted(lies)]
