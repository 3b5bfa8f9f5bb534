"""Choosing the next token of each request by its own temperature, top_p and seed.

The library's continuous batching has one `do_sample` for all requests and no seed per request. It runs greedily here,
and this processor marks the token that a sampled request drew, so that "the most likely" is the drawn one.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import LogitsProcessorList
from transformers.generation.continuous_batching.cb_logits_processors import (
    ContinuousBatchingLogitsProcessor,
    ContinuousBatchingLogitsProcessorList,
)

from r3mes_engine.backends.protocol import Sampling


class RequestSampler:
    """The sampling state of one request. Greedy at temperature 0."""

    def __init__(self, sampling: Sampling, device: torch.device) -> None:
        assert sampling.temperature is not None and sampling.top_p is not None
        self._temperature = sampling.temperature
        self._top_p = sampling.top_p
        self._random = torch.Generator(device)
        if sampling.seed is None:
            self._random.seed()
        else:
            # Any integer is a seed for OpenAI's clients; torch takes 64 bits.
            self._random.manual_seed(sampling.seed % 2**63)

    @property
    def greedy(self) -> bool:
        return self._temperature == 0

    def __deepcopy__(self, memo: dict[int, Any]) -> RequestSampler:
        # The manager copies a request's settings when it moves the request; the random state goes on.
        return self

    def draw(self, scores: torch.Tensor) -> torch.Tensor:
        """Scores of shape [vocabulary] → the drawn token, shape [1]."""
        probabilities = torch.softmax(scores / self._temperature, dim=-1)
        if self._top_p >= 1:
            return torch.multinomial(probabilities, 1, generator=self._random)
        ordered, tokens = probabilities.sort(descending=True)
        # The token that crosses the line belongs to the nucleus, so at least one always does.
        outside = ordered.cumsum(-1) - ordered >= self._top_p
        drawn = torch.multinomial(ordered.masked_fill(outside, 0.0), 1, generator=self._random)
        return tokens[drawn]


class _PerRequestSampling(ContinuousBatchingLogitsProcessor):  # type: ignore[misc]
    supported_kwargs = {"sampler": RequestSampler}  # noqa: RUF012
    ignored_kwargs = ()

    def __init__(self) -> None:
        self._samplers: list[RequestSampler | None] = []

    def fill_defaults(self, int32_tensor: torch.Tensor) -> None:
        int32_tensor.zero_()

    def prepare_tensor_args(self, requests_with_new_token: list[Any]) -> torch.Tensor:
        # Called right before the forward pass of the same batch, since batching is synchronous here.
        self._samplers = [request.state.logit_processor_kwargs.get("sampler") for request in requests_with_new_token]
        return torch.zeros(len(self._samplers), dtype=torch.int32)

    def __call__(self, scores: torch.Tensor, tensor_arg: torch.Tensor) -> torch.Tensor:
        """Scores of shape [requests, vocabulary]; a sampled request's drawn token becomes its highest."""
        for row, sampler in enumerate(self._samplers):
            if sampler is not None and not sampler.greedy:
                scores[row, sampler.draw(scores[row])] = torch.inf
        return scores


def per_request_sampling() -> Any:
    """The list of processors that a ContinuousBatchingManager takes in place of its own."""
    processors = ContinuousBatchingLogitsProcessorList(LogitsProcessorList([_PerRequestSampling()]))
    # The list counts this only for the processors that it converted itself.
    processors.tensors_required = 1
    return processors
