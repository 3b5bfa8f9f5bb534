"""What a router says, and the record of how an adapter came to be chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class RouterKind(StrEnum):
    OFF = "off"
    """Every prompt gets the default adapter."""
    KEYWORD = "keyword"
    SEMANTIC = "semantic"
    """Keywords where they are sure, otherwise the meaning."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One router's opinion. `topic` is None when it has none; `confidence` is within 0 and 1."""

    topic: str | None
    confidence: float
    runner_up: str | None = None


NO_VERDICT = Verdict(None, 0.0)


@dataclass(frozen=True, slots=True)
class CascadeStep:
    router: str
    outcome: str
    """The topic, or why there is none: `no_match`, `unsure`, `unavailable`, `absent`."""
    confidence: float | None = None
    topic: str | None = None
    """What the router thought of, be it sure or not."""

    def __str__(self) -> str:
        parts = [self.router, self.outcome]
        if self.confidence is not None:
            parts.append(f"{self.confidence:.2f}")
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class AdapterDecision:
    adapter: str | None
    """A name that the network has; None: answer with the base model alone."""
    topic: str
    confidence: float
    steps: tuple[CascadeStep, ...]

    @property
    def record(self) -> str:
        """For the request's decision record, such as `[keyword:coder:0.83]`."""
        return f"[{','.join(map(str, self.steps))}]"


@dataclass(slots=True)
class AdapterRoute:
    """The adapter that a request goes by, and where else it may go; it changes on the way through the network."""

    adapter: str | None
    """None: the base model alone."""
    topic: str
    confidence: float
    steps: list[CascadeStep]
    fallbacks: list[str | None] = field(default_factory=list)
    semantic: bool = False
    """Whether there was a router by meaning to ask."""

    def fall_back(self, why: str) -> bool:
        """Goes to the next fallback; False where there is none left."""
        if not self.fallbacks:
            return False
        self.adapter = self.fallbacks.pop(0)
        self.steps += [CascadeStep("network", why), CascadeStep("default", self.adapter or "base")]
        return True

    @property
    def cascade(self) -> str:
        """Such as `keyword:no_match, semantic:coder:0.87`."""
        return ", ".join(map(str, self.steps))

    def document(self) -> dict[str, Any]:
        return {
            "adapter": self.adapter,
            "topic": self.topic,
            "confidence": round(self.confidence, 3),
            "cascade": self.cascade,
            "semantic": self.semantic,
            "steps": [
                {
                    "router": step.router,
                    "outcome": step.outcome,
                    "topic": step.topic,
                    "confidence": step.confidence,
                }
                for step in self.steps
            ],
        }


class TopicRouter(Protocol):
    """Names the topic of a prompt. Never raises; a router that can't answer has no opinion."""

    @property
    def name(self) -> str: ...

    async def verdict(self, prompt: str) -> Verdict: ...
