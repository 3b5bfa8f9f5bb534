"""The border between serving and whatever makes the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from r3mes_protocol.messages import AdapterOffer, ModelOffer

FinishReason = Literal["stop", "length"]

Report = Callable[[str, float | None], None]
"""(stage, fraction 0 to 1 or None) → told on the way to a loaded model; callable from any thread."""


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """None: the model's own default, or OpenAI's where the model has none (see `resolved`)."""

    temperature: float | None = None
    """0 takes the most likely token at each step; above it, 1 is the model's own distribution."""
    top_p: float | None = None
    seed: int | None = None
    """Same seed, request, model and machine: same answer, as long as the numbers of the batch allow."""


OPENAI_TEMPERATURE = 1.0
OPENAI_TOP_P = 1.0


def resolved(asked: Sampling, model: Sampling) -> Sampling:
    """What the request says, else what the model's makers recommend, else OpenAI's defaults."""

    def first(one: float | None, two: float | None, three: float) -> float:
        return one if one is not None else two if two is not None else three

    temperature = first(asked.temperature, model.temperature, OPENAI_TEMPERATURE)
    return Sampling(temperature, first(asked.top_p, model.top_p, OPENAI_TOP_P), asked.seed)


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    messages: tuple[Message, ...]
    max_new_tokens: int | None
    """None: as many as fit. More than fit is cut to what fits; the answer then ends with `length`."""
    sampling: Sampling
    stop: tuple[str, ...] = ()
    continues: bool = False
    """The last message is the assistant's and is the beginning of the answer; what is made is the rest of it."""


class Answer(Protocol):
    """One answer under way. It makes a bounded number of tokens ahead of its reader and then waits."""

    prompt_tokens: int
    completion_tokens: int
    """Tokens of the text handed out so far."""
    finish_reason: FinishReason | None
    """Known once the iteration has ended."""

    def __aiter__(self) -> Answer: ...

    async def __anext__(self) -> str:
        """The next text, never empty and never half a character. Raises GenerationFailed."""
        ...

    def close(self) -> None:
        """Stops making tokens, at the next token at the latest. Safe to call twice and after the end."""
        ...


@dataclass(frozen=True, slots=True)
class BackendStats:
    memory_mb: int
    free_vram_mb: int | None = None
    free_adapter_slots: int | None = None
    """Adapters that could be loaded without another one leaving the GPU; None: the backend can't tell."""


class Backend(Protocol):
    """One model. Made idle; `load` comes first and once."""

    def load(self, report: Report) -> None:
        """Blocks until the model can answer; runs on a worker thread. Raises EngineExit."""
        ...

    @property
    def offer(self) -> ModelOffer:
        """What the node offers. Only after `load`."""
        ...

    async def answer(self, request: GenerationRequest) -> Answer:
        """Begins an answer. Raises GenerationFailed for what can never work."""
        ...

    def stats(self) -> BackendStats: ...

    async def close(self) -> None:
        """Ends all answers and frees the model."""
        ...


@runtime_checkable
class OffersAdapters(Protocol):
    """A backend that has adapters as well."""

    @property
    def adapters(self) -> tuple[AdapterOffer, ...]:
        """All that it has, wherever they lie, the most useful first: a gateway may take only so many."""
        ...


@runtime_checkable
class LoadsAdapters(Protocol):
    """A backend that can get an adapter ready before the first request for it."""

    async def load_adapter(self, name: str) -> None:
        """Gets an adapter of `adapters` onto the GPU, if it is there and there is room. Safe to call for any name."""
        ...
