"""The library's continuous batching under supervision: what it can't survive never reaches it, and it is replaced
when it dies.

Token by token it hands over what a request has made so far; pausing and going on, stop strings and text belong to
`transformers_backend`.
"""

from __future__ import annotations

import contextlib
import logging
import queue
from collections.abc import Callable, Sequence
from typing import Any

from transformers import GenerationConfig
from transformers.generation import ContinuousBatchingConfig

from r3mes_engine.backends.sampling import RequestSampler, per_request_sampling

log = logging.getLogger(__name__)

PAGE_TOKENS = 64
CPU_BATCH_TOKENS = 512
"""The defaults of the library are made for GPUs: on a CPU they make it four times slower."""
CPU_CACHE_TOKENS = 16 * 1024
CPU_CACHE_BYTES = 1024 * 2**20
"""The cache has at most so many tokens and at most so many bytes; SmolLM2-135M needs 23 KiB a token, a 7B model up to
512."""
STOP_TIMEOUT_S = 1.0
"""How long the end waits for the step that runs; beyond it the process ends with the step in it."""

OnTokens = Callable[[list[int], str | None, bool], None]
"""(all tokens so far, error or None, whether it was the last call); called on the event loop."""


class ContinuousBatching:
    """One manager at a time. Its methods run on the event loop; the manager has a thread of its own."""

    def __init__(self, model: Any, context_tokens: int, max_requests: int) -> None:
        self._model = model
        self._context_tokens = context_tokens
        self._max_requests = max_requests
        self._manager: Any = None
        self._capacity_tokens = 0

    @property
    def request_tokens(self) -> int:
        """Prompt and answer of one request together have at most this many tokens. Only after `start`."""
        return min(self._context_tokens, self._capacity_tokens)

    def start(self) -> None:
        """Blocks for a moment while the cache is made. Raises torch's OutOfMemoryError."""
        config = self._config()
        manager = self._model.init_continuous_batching(
            # Ends and limits come with each request.
            generation_config=GenerationConfig(do_sample=False, max_new_tokens=1, eos_token_id=-1, pad_token_id=0),
            continuous_batching_config=config,
        )
        manager.logit_processor = per_request_sampling()
        manager.warmup()
        manager.start()
        resolved = manager.continuous_batching_config
        # One block stays in hand: a request that fills the cache to the brim can't be scheduled any more.
        self._capacity_tokens = (resolved.num_blocks - 1) * resolved.page_size
        self._manager = manager

    @property
    def alive(self) -> bool:
        manager = self._manager
        return manager is not None and manager.is_running() and manager.background_thread_status.fatal_error is None

    def ensure_alive(self) -> None:
        """Replaces a manager that died, so that one request's fate is not everybody's."""
        if not self.alive:
            log.error("the token loop died and is started again")
            self.close()
            self.start()

    def add(
        self,
        request_id: str,
        tokens: Sequence[int],
        *,
        max_new_tokens: int,
        ends: Sequence[int],
        sampler: RequestSampler,
        on_tokens: OnTokens,
    ) -> None:
        """`request_id` is new each time. The caller made sure that it fits (`request_tokens`)."""

        def deliver(output: Any) -> None:
            on_tokens(output.generated_tokens, output.error, output.is_finished())

        self._drop_strays()
        self._manager.register_result_handler(request_id, deliver)
        accepted = self._manager.add_request(
            list(tokens),
            request_id=request_id,
            max_new_tokens=max_new_tokens,
            streaming=True,
            eos_token_id=list(ends) or -1,
            sampler=sampler,
        )
        if accepted is None:
            on_tokens([], "the token loop is dead", True)

    def cancel(self, request_id: str) -> None:
        """Takes effect before the next step. A step under way may still deliver its token."""
        if self._manager is None:
            return
        # The library forgets handlers of finished requests only.
        with self._manager.output_router._lock:
            self._manager.output_router.result_handlers.pop(request_id, None)
        self._manager.cancel_request(request_id)

    def _drop_strays(self) -> None:
        # Tokens of a step that ran while its request was cancelled end up here, where nobody would ever fetch them.
        strays = self._manager.output_router.output_queue
        with contextlib.suppress(queue.Empty):
            while True:
                strays.get_nowait()

    def close(self) -> None:
        manager, self._manager = self._manager, None
        if manager is not None:
            manager.stop(block=True, timeout=STOP_TIMEOUT_S, hard_stop=True)

    def _config(self) -> ContinuousBatchingConfig:
        if self._model.device.type == "cpu":
            cache_tokens = min(CPU_CACHE_TOKENS, CPU_CACHE_BYTES // cache_bytes_per_token(self._model.config))
            return ContinuousBatchingConfig(
                page_size=PAGE_TOKENS,
                num_blocks=max(2, cache_tokens // PAGE_TOKENS),
                max_batch_tokens=CPU_BATCH_TOKENS,
                max_requests_per_batch=self._max_requests,
                auto_switch_to_flash=False,
                use_async_batching=False,
            )
        return ContinuousBatchingConfig(
            page_size=PAGE_TOKENS,
            max_requests_per_batch=self._max_requests,
            # Flash kernels are fetched from a hub, and the engine fetches nothing.
            auto_switch_to_flash=False,
            # Sampling decides between forward pass and choice, in Python: neither fits into a recorded graph.
            use_cuda_graph=False,
            use_async_batching=False,
        )


def cache_bytes_per_token(config: Any) -> int:
    """Keys and values of all layers for one token, in the two-byte numbers that models run in here."""
    text = config.get_text_config()
    head_size = int(getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads)
    heads = int(getattr(text, "num_key_value_heads", None) or text.num_attention_heads)
    return 2 * int(text.num_hidden_layers) * heads * head_size * 2
