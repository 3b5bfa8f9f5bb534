"""The border between serving and whatever makes the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from r3mes_engine.hardware.gpu_faults import GpuFault
from r3mes_engine.tools.delta import ToolDelta
from r3mes_engine.tools.formats import ToolFormat
from r3mes_engine.tools.offer import ToolOffer
from r3mes_protocol.messages import AdapterOffer, ModelOffer

FinishReason = Literal["stop", "length", "tool_calls"]

Report = Callable[[str, float | None], None]
"""(stage, fraction 0 to 1 or None) → told on the way to a loaded model; callable from any thread."""


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    text: str
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    """Of the assistant, as OpenAI's clients write them, but with the arguments as an object where they are one."""
    tool_call_id: str | None = None
    """Of a tool's result: which call it answers."""
    name: str | None = None

    def told(self) -> dict[str, Any]:
        """As chat templates and other servers read it; what is not said is not there, since templates ask `is
        defined`."""
        told: dict[str, Any] = {"role": self.role, "content": self.text}
        if self.tool_calls:
            told["tool_calls"] = [dict(call) for call in self.tool_calls]
        if self.tool_call_id is not None:
            told["tool_call_id"] = self.tool_call_id
        if self.name is not None:
            told["name"] = self.name
        return told


@dataclass(frozen=True, slots=True)
class Sampling:
    """None: the model's own default, or OpenAI's where the model has none (see `resolved`)."""

    temperature: float | None = None
    """0 takes the most likely token at each step; above it, 1 is the model's own distribution."""
    top_p: float | None = None
    seed: int | None = None
    """Same seed, request, model and machine: same answer, as long as the numbers of the batch allow."""
    top_k: int = 0
    """Only so many of the most likely tokens are drawn from; 0: all."""
    min_p: float = 0.0
    """Only tokens at least this fraction as likely as the most likely one; 0: all."""
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    """Taken off a token's score once, and for each time it was made. They count the answer, as OpenAI's do."""
    repetition_penalty: float = 1.0
    """Divides the score of what is in the prompt or in the answer (https://arxiv.org/abs/1909.05858); 1: nothing."""
    logit_bias: tuple[tuple[int, float], ...] = ()
    """(token, what is added to its score)."""


OPENAI_TEMPERATURE = 1.0
OPENAI_TOP_P = 1.0


def resolved(asked: Sampling, model: Sampling) -> Sampling:
    """What the request says, else what the model's makers recommend, else OpenAI's defaults."""

    def first(one: float | None, two: float | None, three: float) -> float:
        return one if one is not None else two if two is not None else three

    temperature = first(asked.temperature, model.temperature, OPENAI_TEMPERATURE)
    return replace(asked, temperature=temperature, top_p=first(asked.top_p, model.top_p, OPENAI_TOP_P))


@dataclass(frozen=True, slots=True)
class Logprob:
    """Of one token, with the most likely ones in its place, best first. Natural logarithms of the model's own
    probabilities, before temperature and penalties."""

    token: bytes
    logprob: float
    top: tuple[tuple[bytes, float], ...] = ()


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    messages: tuple[Message, ...]
    max_new_tokens: int | None
    """None: as many as fit. More than fit is cut to what fits; the answer then ends with `length`."""
    sampling: Sampling
    stop: tuple[str, ...] = ()
    continues: bool = False
    """The last message is the assistant's and is the beginning of the answer; what is made is the rest of it."""
    adapter: str | None = None
    """By name or digest; None: the base model."""
    logprobs: int | None = None
    """How many alternatives to tell with each token's log-probability; None: no log-probabilities."""
    json_schema: str | None = None
    """The answer is one JSON document that this schema, as JSON text, allows."""
    choices: int = 1
    """Answers wanted. A backend makes one for each call of `answer`."""
    ignores_ends: bool = False
    """The answer goes on to its limit, as measurements want it."""
    tools: ToolOffer | None = None
    """What the model may call; its template shows it to the model, and the calls come as text."""
    prompt: str | None = None
    """The text to go on with, as it is: no chat template. `messages` then holds it too, as the user's only one."""


class Answer(Protocol):
    """One answer under way. It makes a bounded number of tokens ahead of its reader and then waits."""

    @property
    def prompt_tokens(self) -> int:
        """Known at the end of the iteration at the latest."""
        ...

    @property
    def completion_tokens(self) -> int:
        """Tokens of the text handed out so far."""
        ...

    @property
    def finish_reason(self) -> FinishReason | None:
        """Known once the iteration has ended."""
        ...

    def __aiter__(self) -> Answer: ...

    async def __anext__(self) -> str:
        """The next text, never empty and never half a character. Raises GenerationFailed."""
        ...

    def take_logprobs(self) -> tuple[Logprob, ...]:
        """Those of the tokens handed out since the last call; empty where none were asked for."""
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
class MayContinueAnswers(Protocol):
    """A backend that can't always go on with what another node began; all others can."""

    @property
    def continues_answers(self) -> bool: ...


@runtime_checkable
class MayBeDown(Protocol):
    """A backend that can be unable to answer for a while."""

    @property
    def problem(self) -> str:
        """A sentence; empty while it can answer."""
        ...


@runtime_checkable
class MayTakeTools(Protocol):
    """A backend whose model may know tools; others take none."""

    @property
    def tool_format(self) -> ToolFormat | None:
        """How the model writes its calls; None where it knows no tools."""
        ...


@runtime_checkable
class TellsCalls(Protocol):
    """An answer whose server reads the calls of tools itself. Its next text may then be empty."""

    def take_calls(self) -> tuple[ToolDelta, ...]:
        """Parts of calls that came with the text handed out last."""
        ...


@runtime_checkable
class MayLoseItsDevice(Protocol):
    """A backend that calculates on a GPU in this process."""

    on_device_fault: Callable[[GpuFault], None]
    """Called on any thread when the GPU, or this process's hold on it, is of no use any more."""


@runtime_checkable
class LoadsAdapters(Protocol):
    """A backend that can get an adapter ready before the first request for it."""

    async def load_adapter(self, name: str) -> None:
        """Gets an adapter of `adapters` onto the GPU, if it is there and there is room. Safe to call for any name."""
        ...


@runtime_checkable
class ManagesAdapters(OffersAdapters, Protocol):
    """A backend whose adapters come and go while it answers."""

    on_adapters_changed: Callable[[], None]
    """Called on the event loop when an adapter came, went, or lies elsewhere now."""

    async def add_adapter(self, path: Path, name: str) -> None:
        """Checks and loads the adapter in a folder. Raises AdapterUnusable, GenerationFailed."""
        ...

    async def remove_adapter(self, name: str) -> None:
        """Answers that use it go on to their end. Raises GenerationFailed."""
        ...
