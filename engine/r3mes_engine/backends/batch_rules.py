"""What the library's continuous batching asks before and after each forward pass: the place where the requests of a
step are known one by one.

The library has one `do_sample` for all requests, and no seed, penalty or grammar per request. It runs greedily here:
the token that a request's own rules chose is made the most likely one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from r3mes_engine.backends.token_choice import RequestRow, choose

OnBatch = Callable[[Sequence[Any]], None]
"""The requests of the next step in the order of their tokens; called on the token loop's thread."""


class BatchRules:
    """Stands in the place of the library's ContinuousBatchingLogitsProcessorList. Used by the token loop's thread."""

    do_processing = True
    tensors_required = 1
    """Lines of the library's own storage for arguments; nothing is kept there, but it reckons with one."""

    def __init__(self, on_batch: OnBatch) -> None:
        self._on_batch = on_batch
        self._rows: list[RequestRow] = []

    def check_kwargs(self, kwargs: dict[str, Any]) -> None:
        """What came with a request, see `ContinuousBatching.add`."""

    def fill_defaults(self, storage: torch.Tensor) -> None:
        storage.zero_()

    def prepare_tensor_args(self, requests_in_batch: Sequence[Any], arg_storage: torch.Tensor) -> torch.Tensor:
        # Called right before the forward pass of the same batch, since batching is synchronous here.
        self._rows = []
        for request in requests_in_batch:
            state = request.state
            # The library warms up with requests of its own, which have no rules.
            row: RequestRow | None = state.logit_processor_kwargs.get("row")
            if request.has_new_token and row is not None:
                row.see(state.initial_tokens, state.generated_tokens)
                self._rows.append(row)
        self._on_batch(requests_in_batch)
        return arg_storage

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, arguments: torch.Tensor) -> torch.Tensor:
        """Scores of shape [requests, vocabulary]."""
        return choose(scores, self._rows)
