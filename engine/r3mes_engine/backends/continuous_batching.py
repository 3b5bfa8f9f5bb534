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

import torch
from transformers import GenerationConfig
from transformers.generation import ContinuousBatchingConfig

from r3mes_engine.adapters.lora import LoadedAdapter, LoraLayers
from r3mes_engine.backends import paged_attention
from r3mes_engine.backends.batch_rules import BatchRules
from r3mes_engine.backends.prefix_cache import (
    cache_bytes_per_token,
    key_by_adapter,
    take_memory_as_used,
    trim_kept,
)
from r3mes_engine.backends.recorded_steps import Recorder, record_steps
from r3mes_engine.backends.step_watch import StepWatch
from r3mes_engine.backends.token_choice import RequestRow
from r3mes_engine.errors import GenerationFailed
from r3mes_engine.hardware.gpu_faults import LOST, GpuFault, fault_of, gpu_fault
from r3mes_protocol.messages import FailureCode

log = logging.getLogger(__name__)

PAGE_TOKENS = {"cpu": 16, "cuda": 64}
"""Prefixes are shared in whole pages: the system prompt of a small model fills one of 16. Large ones suit GPUs."""
CPU_BATCH_TOKENS = 512
"""The defaults of the library are made for GPUs: on a CPU they make it four times slower."""
CPU_CACHE_TOKENS = 16 * 1024
CPU_CACHE_BYTES = 384 * 2**20
"""The cache has at most so many tokens and at most so many bytes; SmolLM2-135M needs 23 KiB a token in bfloat16 and 45
in float32, a 7B model up to 512."""
CPU_KEPT_SHARE = 8
"""One part of so many of the cache keeps the prefixes of ended requests: an eighth is a long conversation."""
STOP_TIMEOUT_S = 1.0
"""How long the end waits for the step that runs; beyond it the process ends with the step in it."""

OnTokens = Callable[[list[int], str | None, bool], None]
"""(all tokens so far, error or None, whether it was the last call); called on the event loop."""


class ContinuousBatching:
    """One manager at a time. Its methods run on the event loop; the manager has a thread of its own."""

    def __init__(
        self,
        model: Any,
        layers: LoraLayers,
        context_tokens: int,
        max_requests: int,
        cache_tokens: int = CPU_CACHE_TOKENS,
        on_device_fault: Callable[[GpuFault], None] = lambda fault: None,
        recorder: Recorder | None = None,
    ) -> None:
        """`cache_tokens` is for how many tokens of all requests together there is memory. `on_device_fault` is called
        once, on any thread. With a `recorder` the forward passes of steps are recorded and played back."""
        self._recorder = recorder
        self._on_device_fault = on_device_fault
        self._fault: GpuFault | None = None
        self._cache_tokens = cache_tokens
        self._model = model
        self._layers = layers
        self._adapters: dict[str, LoadedAdapter] = {}
        """Of the requests that the manager has, by their ids."""
        self._next_batch: list[Any] = []
        self._context_tokens = context_tokens
        self._max_requests = max_requests
        self._manager: Any = None
        self._dead: Any = None
        """The manager whose token loop has failed: it fails its requests first, and says so of itself later."""
        self._capacity_tokens = 0
        self._on_cpu = model.device.type == "cpu"
        self._steps = 0
        """That have ended."""
        # A processor never hangs; a large model's step may take it minutes.
        self._step_watch = None if self._on_cpu else StepWatch()
        # What is recorded is of one shape, and the own attention looks at each request.
        self._own_attention = (
            self._on_cpu and recorder is None and paged_attention.supports(model.config.get_text_config())
        )

    @property
    def request_tokens(self) -> int:
        """Prompt and answer of one request together have at most this many tokens. Only after `start`."""
        return min(self._context_tokens, self._capacity_tokens)

    def start(self) -> None:
        """Blocks for a moment while the cache is made. Raises torch's OutOfMemoryError."""
        config = self._config()
        if self._own_attention:
            # The library makes its manager for attention that it knows.
            self._model.set_attn_implementation("sdpa")
        manager = self._model.init_continuous_batching(
            # Ends and limits come with each request.
            generation_config=GenerationConfig(do_sample=False, max_new_tokens=1, eos_token_id=-1, pad_token_id=0),
            continuous_batching_config=config,
        )
        manager.logit_processor = BatchRules(self._batch_prepared)
        if self._own_attention:
            paged_attention.register()
            self._model.set_attn_implementation(paged_attention.NAME)
        if self._recorder is not None:
            manager.batch_processor = manager._create_batch_processor()
            record_steps(manager.batch_processor, self._recorder, self._batch_has_adapters)
        manager.warmup()
        self._next_batch = []
        processor = manager.batch_processor
        manager._generation_step = lambda: self._watched_step(manager)
        fail = manager._handle_critical_error
        manager._handle_critical_error = lambda *details: self._loop_failed(manager, fail, *details)
        if self._on_cpu:
            take_memory_as_used(processor.cache)
        if self._own_attention:
            paged_attention.hand_over_steps(processor, self._model.dtype)
        key_by_adapter(processor.cache, self._adapters)
        manager.start()
        resolved = manager.continuous_batching_config
        # One block stays in hand: a request that fills the cache to the brim can't be scheduled any more.
        self._capacity_tokens = (resolved.num_blocks - 1) * resolved.page_size
        self._manager = manager

    @property
    def alive(self) -> bool:
        manager = self._manager
        if manager is None or manager is self._dead:
            return False
        return manager.is_running() and manager.background_thread_status.fatal_error is None

    def ensure_alive(self) -> None:
        """Replaces a manager that died, so that one request's fate is not everybody's. Raises GenerationFailed, at once
        where the GPU is what failed: another manager of this process would die as well."""
        if self._fault is not None:
            raise GenerationFailed(FailureCode.ENGINE_ERROR, self._fault.message)
        if not self.alive:
            log.error("the token loop died and is started again")
            self.close()
            try:
                self.start()
            except Exception as error:
                self._look_for_fault(gpu_fault(error))
                if is_out_of_memory(error):
                    raise GenerationFailed(FailureCode.OUT_OF_MEMORY, "This node's memory is full.") from None
                log.exception("the token loop can't be started again")
                raise GenerationFailed(FailureCode.ENGINE_ERROR, "The model can't be started again.") from None

    def look(self, now: float) -> None:
        """To be called every few seconds by whoever waits for a token. A step without an end is a fault of the GPU."""
        if self._step_watch is not None and self._step_watch.is_stuck(now, self._steps):
            self._look_for_fault(LOST)

    def add(
        self,
        request_id: str,
        tokens: Sequence[int],
        *,
        max_new_tokens: int,
        ends: Sequence[int],
        row: RequestRow,
        adapter: LoadedAdapter | None = None,
        on_tokens: OnTokens,
    ) -> None:
        """`request_id` is new each time. The caller made sure that it fits (`request_tokens`)."""

        def deliver(output: Any) -> None:
            if output.is_finished():
                self._adapters.pop(request_id, None)
            if output.error is not None:
                self._look_for_fault(fault_of(output.error))
            on_tokens(output.generated_tokens, output.error, output.is_finished())

        self._drop_strays()
        if adapter is not None:
            self._adapters[request_id] = adapter
        self._manager.register_result_handler(request_id, deliver)
        accepted = self._manager.add_request(
            list(tokens),
            request_id=request_id,
            max_new_tokens=max_new_tokens,
            streaming=True,
            eos_token_id=list(ends) or -1,
            row=row,
            adapter=adapter,
        )
        if accepted is None:
            self._adapters.pop(request_id, None)
            on_tokens([], "the token loop is dead", True)

    def cancel(self, request_id: str) -> None:
        """Takes effect before the next step. A step under way may still deliver its token."""
        if self._manager is None:
            return
        # The library forgets handlers of finished requests only.
        with self._manager.output_router._lock:
            self._manager.output_router.result_handlers.pop(request_id, None)
        self._manager.cancel_request(request_id)
        self._adapters.pop(request_id, None)

    # --- on the token loop's thread ----------------------------------------------------------------------------

    def _batch_prepared(self, requests: Sequence[Any]) -> None:
        self._next_batch = list(requests)

    def _batch_has_adapters(self) -> bool:
        return any(one.state.logit_processor_kwargs.get("adapter") is not None for one in self._next_batch)

    def _loop_failed(self, manager: Any, fail: Callable[..., None], *details: Any) -> None:
        """Known before the first of its requests hears of it: whoever asks again at once gets a manager that lives."""
        self._dead = manager
        fail(*details)

    def _watched_step(self, manager: Any) -> None:
        try:
            self._step(manager)
        except Exception as error:
            self._look_for_fault(gpu_fault(error))
            raise
        self._steps += 1

    def _look_for_fault(self, fault: GpuFault | None) -> None:
        if fault is not None and self._fault is None:
            self._fault = fault
            self._on_device_fault(fault)

    def _step(self, manager: Any) -> None:
        """One forward pass. A lack of memory costs one request, not the manager and all the others."""
        processor = manager.batch_processor
        try:
            spans = [(one.state.logit_processor_kwargs["adapter"], one.query_length) for one in self._next_batch]
            if self._recorder is not None:
                # Steps are padded to few lengths.
                padded = processor.inputs_and_outputs.num_q_tokens
                spans.append((None, padded - sum(length for _, length in spans)))
            self._layers.route(spans)
            if self._on_cpu:
                trim_kept(processor.cache, self._capacity_tokens // CPU_KEPT_SHARE)
            processor._generation_step(self._model)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            shed_one(processor, self._next_batch)
        finally:
            self._next_batch = []

    # -----------------------------------------------------------------------------------------------------------

    def _drop_strays(self) -> None:
        # Tokens of a step that ran while its request was cancelled end up here, where nobody would ever fetch them.
        strays = self._manager.output_router.output_queue
        with contextlib.suppress(queue.Empty):
            while True:
                strays.get_nowait()

    def close(self) -> None:
        manager, self._manager = self._manager, None
        self._adapters.clear()
        if manager is not None:
            manager.stop(block=True, timeout=STOP_TIMEOUT_S, hard_stop=True)

    def _config(self) -> ContinuousBatchingConfig:
        page_tokens = PAGE_TOKENS["cpu" if self._on_cpu else "cuda"]
        if self._on_cpu:
            cache_tokens = min(
                CPU_CACHE_TOKENS,
                CPU_CACHE_BYTES // cache_bytes_per_token(self._model.config, self._model.dtype.itemsize),
            )
            return ContinuousBatchingConfig(
                page_size=page_tokens,
                num_blocks=max(2, cache_tokens // page_tokens),
                max_batch_tokens=CPU_BATCH_TOKENS,
                max_requests_per_batch=self._max_requests,
                auto_switch_to_flash=False,
                use_async_batching=False,
            )
        return ContinuousBatchingConfig(
            page_size=page_tokens,
            num_blocks=max(2, self._cache_tokens // page_tokens),
            max_requests_per_batch=self._max_requests,
            # Flash kernels are fetched from a hub, and the engine fetches nothing.
            auto_switch_to_flash=False,
            # The library's own graphs hold the choice of tokens as well, which is made in Python here.
            use_cuda_graph=self._recorder is not None,
            use_async_batching=False,
        )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch or Python had no memory left; on a CPU torch says so with a plain RuntimeError."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    said = str(error).lower()
    return "out of memory" in said or "can't allocate memory" in said


def shed_one(processor: Any, requests: Sequence[Any]) -> None:
    """After a step that had no memory: ends the request that needs most and lets the others begin that step anew.

    `requests` are the library's FutureRequestStates of the step; the token loop is between two steps.
    """
    if not requests:
        raise RuntimeError("out of memory without a request")
    victim = max(requests, key=lambda one: (one.query_length, one.state.position_offset))
    log.error("a step had no memory: one of its %d requests is ended", len(requests))
    for one in requests:
        state = one.state
        processor.scheduler.finish_request(state.request_id)
        if one is victim:
            processor.output_router.fail_and_deliver(state, RuntimeError("out of memory"))
        else:
            # The same request with its tokens as a longer prompt, as the library itself moves requests.
            processor.scheduler.add_waiting_request(state.create_equivalent_initial_request())
    processor.scheduler.block_new_requests = False
    processor.inputs_and_outputs.requests_in_batch = []
    processor.inputs_and_outputs.num_request_in_batch = 0
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
