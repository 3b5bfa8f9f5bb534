"""How fast a loaded model is: prefill and decode, for several answers at once."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from r3mes_engine.backends.protocol import Answer, Backend, GenerationRequest, Message, Sampling

OnProgress = Callable[[str, float], None]
"""(what, fraction of all)."""

_SYLLABLES = ("ba", "do", "fi", "ga", "ho", "ki", "lu", "ma", "ne", "po", "ri", "sa", "te", "vu", "wo", "ze")
_WORDS_PER_TOKEN = 0.3
"""Made-up words of four syllables are three to four tokens for the vocabularies in use."""


@dataclass(frozen=True, slots=True)
class BatchFigures:
    """Tokens a second of all answers of the batch together."""

    batch: int
    prompt_tokens: int
    """Of all answers."""
    completion_tokens: int
    prefill_tokens_per_second: float
    """Prompt tokens until every answer had its first token, which is a step of decoding too many."""
    decode_tokens_per_second: float
    """From there to the end."""
    first_token_ms: int
    """Until the last answer had its first token."""


async def measured(
    backend: Backend, batches: Sequence[int], prompt_tokens: int, tokens: int, on_progress: OnProgress
) -> list[BatchFigures]:
    """Raises GenerationFailed, also where prompt and answer are longer than the model takes. Every prompt is another
    one, since a cached beginning would not have to be read."""
    words = random.Random(0)
    on_progress("warming up", 0.0)
    await _batch(backend, 1, min(prompt_tokens, 32), min(tokens, 8), words, lambda fraction: None)
    figures = []
    for number, batch in enumerate(batches):

        def progress(fraction: float, batch: int = batch, number: int = number) -> None:
            on_progress(f"{batch} at once", (number + fraction) / len(batches))

        progress(0.0)
        figures.append(await _batch(backend, batch, prompt_tokens, tokens, words, progress))
    on_progress("done", 1.0)
    return figures


async def _batch(
    backend: Backend,
    batch: int,
    prompt_tokens: int,
    tokens: int,
    words: random.Random,
    on_fraction: Callable[[float], None],
) -> BatchFigures:
    requests = [_request(_text(words, prompt_tokens), tokens) for _ in range(batch)]
    answers: list[Answer] = []
    started = time.monotonic()

    async def ask(request: GenerationRequest) -> None:
        # Each at once: a cancellation while others are still waited for closes those that are there.
        answers.append(await backend.answer(request))

    try:
        await asyncio.gather(*map(ask, requests))
        begun: set[int] = set()
        all_begun_at = 0.0
        made_before = 0

        async def read(index: int, answer: Answer) -> None:
            nonlocal all_begun_at, made_before
            async for _ in answer:
                if index not in begun:
                    begun.add(index)
                    if len(begun) == batch:
                        all_begun_at = time.monotonic()
                        made_before = sum(one.completion_tokens for one in answers)
                on_fraction(sum(one.completion_tokens for one in answers) / (batch * tokens))

        await asyncio.gather(*(read(index, answer) for index, answer in enumerate(answers)))
        ended = time.monotonic()
    finally:
        for answer in answers:
            answer.close()
    prompt = sum(answer.prompt_tokens for answer in answers)
    made = sum(answer.completion_tokens for answer in answers)
    return figures_of(batch, prompt, made, made_before, all_begun_at - started, ended - all_begun_at)


def figures_of(
    batch: int, prompt_tokens: int, completion_tokens: int, made_before: int, prefill_s: float, decode_s: float
) -> BatchFigures:
    """`made_before`: tokens that were there when the last answer had its first one. Pure."""
    return BatchFigures(
        batch,
        prompt_tokens,
        completion_tokens,
        round(prompt_tokens / max(prefill_s, 1e-6), 1),
        round((completion_tokens - made_before) / max(decode_s, 1e-6), 1),
        round(prefill_s * 1000),
    )


def _request(text: str, tokens: int) -> GenerationRequest:
    return GenerationRequest(
        (Message("user", text),), tokens, Sampling(temperature=0, top_p=1), prompt=text, ignores_ends=True
    )


def _text(words: random.Random, tokens: int) -> str:
    count = max(1, round(tokens * _WORDS_PER_TOKEN))
    return " ".join("".join(words.choices(_SYLLABLES, k=4)) for _ in range(count))
