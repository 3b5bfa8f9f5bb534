"""Whether a model fits, in which kind of numbers, and what is left for answers. Pure: sizes in, a plan out.

Sources of the sizes: a key and a value for each token, layer and head; LLM.int8() keeps one byte a weight and a scale
for each row (https://arxiv.org/abs/2208.07339); NF4 keeps half a byte and a float32 scale for 64 weights
(https://arxiv.org/abs/2305.14314). Embeddings and the last layer are never quantised.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

Quantisation = Literal["fp32", "bf16", "int8", "nf4"]
QuantisationChoice = Literal["auto", "fp32", "bf16", "int8", "nf4"]

_WEIGHT_BYTES: dict[Quantisation, float] = {"fp32": 4.0, "bf16": 2.0, "int8": 1.01, "nf4": 0.5625}
_IN_ORDER: tuple[Quantisation, ...] = ("bf16", "int8", "nf4")
"""From the best answers to the smallest weights."""

RUNTIME_BYTES = {"cpu": 400 * 2**20, "cuda": 700 * 2**20}
"""Of the libraries, and on a GPU of its context and their kernels."""
BATCH_TOKENS = 512
SPARE = 0.05
"""Of the device's memory, for what nobody counted."""
LEAST_ANSWER_TOKENS = 2048
"""A model that can't hold one conversation of this length does not fit."""


@dataclass(frozen=True, slots=True)
class ModelShape:
    """What of a model decides how much memory it takes."""

    parameters: int
    linear_parameters: int
    """Of those, how many are in layers that can be quantised."""
    layers: int
    key_value_heads: int
    head_size: int
    hidden_size: int
    vocabulary: int
    context_tokens: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes in bytes."""

    quantisation: Quantisation
    weights: int
    cache: int
    cache_tokens: int
    adapters: int
    working: int
    """Libraries and the numbers of a step."""
    free: int
    """What is left, for what nobody counted."""
    fits: bool
    sentence: str


def memory_plan(
    shape: ModelShape,
    *,
    memory: int,
    device: Literal["cpu", "cuda"],
    native: Quantisation,
    wanted: QuantisationChoice,
    concurrency: int,
    adapters: int,
    can: Collection[Quantisation] = ("fp32", "bf16", "int8", "nf4"),
    most_cache: int | None = None,
) -> Plan:
    """`memory` is free on the device, `native` what it computes in fastest, `can` what is installed, `most_cache` a
    bound in bytes. Of what fits the first kind is taken; where nothing does, the plan of the smallest says so."""
    best_first: list[Quantisation] = [native, *(kind for kind in _IN_ORDER if kind != native and kind in can)]
    order = best_first if wanted == "auto" else [wanted]
    plans = [_plan(shape, kind, native, memory, device, concurrency, adapters, most_cache) for kind in order]
    return next((plan for plan in plans if plan.fits), min(plans, key=lambda plan: plan.weights))


def weight_bytes(shape: ModelShape, quantisation: Quantisation, native: Quantisation) -> int:
    dense = _WEIGHT_BYTES[quantisation if quantisation in ("fp32", "bf16") else native]
    rest = shape.parameters - shape.linear_parameters
    return round(shape.linear_parameters * _WEIGHT_BYTES[quantisation] + rest * dense)


def cache_token_bytes(shape: ModelShape, quantisation: Quantisation, native: Quantisation) -> int:
    """Keys and values are kept in the numbers that are computed in."""
    number = _WEIGHT_BYTES[quantisation if quantisation in ("fp32", "bf16") else native]
    return round(2 * shape.layers * shape.key_value_heads * shape.head_size * number)


def _plan(
    shape: ModelShape,
    quantisation: Quantisation,
    native: Quantisation,
    memory: int,
    device: Literal["cpu", "cuda"],
    concurrency: int,
    adapters: int,
    most_cache: int | None,
) -> Plan:
    weights = weight_bytes(shape, quantisation, native)
    scores = concurrency * shape.vocabulary * 4 * 3
    step = BATCH_TOKENS * shape.hidden_size * 4 * 16
    working = RUNTIME_BYTES[device] + scores + step
    token = cache_token_bytes(shape, quantisation, native)
    room = memory - weights - adapters - working - int(SPARE * memory)
    useful = concurrency * shape.context_tokens * token
    cache = max(0, min(room, useful, useful if most_cache is None else most_cache))
    tokens = cache // token
    fits = tokens >= min(shape.context_tokens, LEAST_ANSWER_TOKENS)
    cache = tokens * token
    free = memory - weights - cache - adapters - working
    plan = Plan(quantisation, weights, cache, tokens, adapters, working, free, fits, "")
    return replace(plan, sentence=_sentence(plan, memory))


def _sentence(plan: Plan, memory: int) -> str:
    parts = f"weights {_size(plan.weights)} ({plan.quantisation}), adapters {_size(plan.adapters)}"
    if not plan.fits:
        needed = plan.weights + plan.adapters + plan.working
        return (
            f"The model does not fit: {parts} and working memory need {_size(needed)} before the first answer, and "
            f"{_size(memory)} are free."
        )
    return (
        f"Of {_size(memory)}: {parts}, {_size(plan.cache)} for {plan.cache_tokens} tokens of answers, "
        f"{_size(plan.working)} to work with, {_size(plan.free)} spare."
    )


def _size(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{round(size / 2**20)} MiB"
