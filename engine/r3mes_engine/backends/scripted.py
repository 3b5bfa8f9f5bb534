"""A backend that recites, at a set pace and length: for tests and the demo. It needs no model and no torch."""

from __future__ import annotations

import asyncio

import psutil

from r3mes_engine.backends.protocol import BackendStats, FinishReason, GenerationRequest, Logprob, Report
from r3mes_engine.backends.stop_strings import StopStrings
from r3mes_engine.errors import GenerationFailed
from r3mes_protocol.messages import FailureCode, ModelOffer

MODEL_NAME = "scripted"
CONTEXT_TOKENS = 8192
DEFAULT_TOKENS = 64
DEFAULT_TOKENS_PER_SECOND = 20.0
_PASSAGE = (
    "This answer is scripted: no model has made it. It comes word by word, at an even pace, so that everything "
    "around a model can be tried without one. Each word counts as one token, and “quotes”, ğüşöç and 日本語 are in it "
    "so that more than plain letters travel. "
)
_WORDS = tuple(word + " " for word in _PASSAGE.split(" ") if word)


class ScriptedBackend:
    """`tokens` words at `tokens_per_second` (0: as fast as the reader takes them)."""

    def __init__(self, tokens: int, tokens_per_second: float) -> None:
        self._tokens = tokens
        self._pause_s = 1 / tokens_per_second if tokens_per_second > 0 else 0.0
        self._process = psutil.Process()

    def load(self, report: Report) -> None:
        report("reading the script", 1.0)

    @property
    def offer(self) -> ModelOffer:
        return ModelOffer(name=MODEL_NAME, context_tokens=CONTEXT_TOKENS)

    async def answer(self, request: GenerationRequest) -> ScriptedAnswer:
        for param, wanted in (
            ("adapter", request.adapter),
            ("logprobs", request.logprobs),
            ("response_format", request.json_schema),
            ("logit_bias", request.sampling.logit_bias or None),
        ):
            if wanted is not None:
                raise GenerationFailed(
                    FailureCode.INVALID_REQUEST, f"{param}: a scripted answer has none.", param=param
                )
        prompt_tokens = sum(len(message.text.split()) for message in request.messages)
        if prompt_tokens >= CONTEXT_TOKENS:
            raise GenerationFailed(
                FailureCode.CONTEXT_TOO_LONG,
                f"The prompt has {prompt_tokens} tokens; the model takes {CONTEXT_TOKENS - 1} at most.",
                param="messages",
            )
        room = CONTEXT_TOKENS - prompt_tokens
        limit = min(request.max_new_tokens or room, room)
        said = len(request.messages[-1].text.split()) if request.continues else 0
        return ScriptedAnswer(prompt_tokens, said, self._tokens, limit, self._pause_s, StopStrings(request.stop))

    def stats(self) -> BackendStats:
        return BackendStats(memory_mb=self._process.memory_info().rss // 2**20)

    async def close(self) -> None:
        return None


class ScriptedAnswer:
    def __init__(
        self, prompt_tokens: int, said: int, tokens: int, limit: int, pause_s: float, stop: StopStrings
    ) -> None:
        """`said` words of the script were said before; `limit` counts from here."""
        self.prompt_tokens = prompt_tokens
        self.completion_tokens = 0
        self.finish_reason: FinishReason | None = None
        self._said = said
        self._tokens = max(0, tokens - said)
        self._limit = limit
        self._pause_s = pause_s
        self._stop = stop
        self._closed = False

    def __aiter__(self) -> ScriptedAnswer:
        return self

    async def __anext__(self) -> str:
        while self.finish_reason is None and not self._closed:
            if self.completion_tokens >= min(self._tokens, self._limit):
                self.finish_reason = "stop" if self._tokens <= self._limit else "length"
                if rest := self._stop.finish():
                    return rest
                break
            # Without a pace this still lets the rest of the loop run.
            await asyncio.sleep(self._pause_s)
            text = self._stop.push(_WORDS[(self._said + self.completion_tokens) % len(_WORDS)])
            self.completion_tokens += 1
            if self._stop.found:
                self.finish_reason = "stop"
            if text:
                return text
        raise StopAsyncIteration

    def take_logprobs(self) -> tuple[Logprob, ...]:
        return ()

    def close(self) -> None:
        self._closed = True
