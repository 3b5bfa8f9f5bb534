"""Real models by the transformers library: continuous batching, one answer per request, paused by its reader."""

from __future__ import annotations

import asyncio
import copy
import itertools
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import torch

from r3mes_engine.backends.continuous_batching import ContinuousBatching
from r3mes_engine.backends.protocol import (
    BackendStats,
    FinishReason,
    GenerationRequest,
    Report,
    Sampling,
    resolved,
)
from r3mes_engine.backends.sampling import RequestSampler
from r3mes_engine.backends.stop_strings import StopStrings
from r3mes_engine.backends.token_text import TokenText
from r3mes_engine.device import cuda_index, free_vram_mb
from r3mes_engine.errors import EngineExit, GenerationFailed
from r3mes_engine.models.conversion import converted_folder
from r3mes_engine.models.loading import (
    convert_gguf,
    end_tokens,
    load_model,
    load_tokenizer,
    recommended_sampling,
)
from r3mes_engine.models.source import ModelSource
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import Device, FailureCode, ModelOffer

log = logging.getLogger(__name__)

TOKENS_AHEAD = 32
"""An answer whose reader has stopped is paused after this many tokens: some seconds of text, some hundred bytes."""
TOKENS_TO_RESUME = 8
"""A paused answer goes on when its reader is this close to the end of what is there."""
LIVENESS_CHECK_S = 2.0
"""How often a reader that waits for a token makes sure that the token loop still runs."""


class TransformersBackend:
    """One model on one device."""

    def __init__(
        self, source: ModelSource, models_dir: Path, device: Device, threads: int, max_concurrency: int
    ) -> None:
        self._source = source
        self._models_dir = models_dir
        self._device = device
        self._threads = threads
        self._max_concurrency = max_concurrency
        self._process = psutil.Process()
        # One thread and a tokenizer of its own: the library's tokenizers must not be used by two threads at once.
        self._encoding = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prompts")
        self._request_numbers = itertools.count(1)
        self._answers: set[TransformersAnswer] = set()

    def load(self, report: Report) -> None:
        torch.set_num_threads(self._threads)
        source = self._source
        folder = source.path
        if source.kind == "gguf":
            folder = converted_folder(source.path, self._models_dir, convert_gguf, report)
        report("loading the tokenizer", None)
        self._tokenizer = load_tokenizer(folder)
        self._decoder = copy.deepcopy(self._tokenizer)
        report("loading the model", None)
        device = torch.device("cpu")
        if self._device.kind == "cuda":
            device = torch.device("cuda", cuda_index(self._device, torch))
        model = load_model(folder, device)
        self._ends = end_tokens(model, self._tokenizer)
        recommended = recommended_sampling(model)
        self._sampling = source.sampling if recommended == Sampling() else recommended
        context = int(getattr(model.config.get_text_config(), "max_position_embeddings", 0) or 2048)
        self._batching = ContinuousBatching(model, context, self._max_concurrency)
        report("preparing the cache", None)
        try:
            self._batching.start()
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise EngineExit(
                ExitCode.OUT_OF_MEMORY,
                "out_of_memory",
                "The model fits into the memory, but there is no room left to answer with it.",
                "Close other programs that use the memory, or choose a smaller model.",
            ) from error
        self._torch_device = device
        self._offer = ModelOffer(name=source.name, context_tokens=self._batching.request_tokens)

    @property
    def offer(self) -> ModelOffer:
        return self._offer

    async def answer(self, request: GenerationRequest) -> TransformersAnswer:
        # A long conversation takes a while to become tokens: not on the loop that beats and streams.
        loop = asyncio.get_running_loop()
        prompt = await loop.run_in_executor(self._encoding, self._prompt_tokens, request)
        room = self._batching.request_tokens - len(prompt)
        if room < 1:
            raise GenerationFailed(
                FailureCode.CONTEXT_TOO_LONG,
                f"The prompt has {len(prompt)} tokens; this model takes {self._batching.request_tokens - 1} at most.",
                param="messages",
            )
        try:
            self._batching.ensure_alive()
        except (torch.OutOfMemoryError, MemoryError):
            raise GenerationFailed(FailureCode.OUT_OF_MEMORY, "This node's memory is full.") from None
        answer = TransformersAnswer(
            self._batching,
            prompt,
            max_new_tokens=min(request.max_new_tokens or room, room),
            sampler=RequestSampler(resolved(request.sampling, self._sampling), self._torch_device),
            ends=self._ends,
            text=TokenText(self._decode),
            stop=StopStrings(request.stop),
            new_request_id=lambda: f"request-{next(self._request_numbers)}",
            on_closed=self._answers.discard,
        )
        self._answers.add(answer)
        answer.begin()
        return answer

    def stats(self) -> BackendStats:
        return BackendStats(self._process.memory_info().rss // 2**20, free_vram_mb(self._device))

    async def close(self) -> None:
        for answer in tuple(self._answers):
            answer.close()
        self._encoding.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._batching.close)

    def _prompt_tokens(self, request: GenerationRequest) -> list[int]:
        asked = request.messages[:-1] if request.continues else request.messages
        conversation = [{"role": message.role, "content": message.text} for message in asked]
        try:
            tokens = list(
                self._tokenizer.apply_chat_template(
                    conversation, add_generation_prompt=True, tokenize=True, return_dict=False
                )
            )
            if request.continues:
                # Not by the template, which may strip blanks: these are the tokens that the first node had before it.
                tokens += self._tokenizer.encode(request.messages[-1].text, add_special_tokens=False)
        except Exception as error:
            # Templates are programs of the model's makers; they refuse what they do not know in their own ways.
            log.info("the chat template refused a conversation: %s", type(error).__name__)
            raise GenerationFailed(
                FailureCode.INVALID_REQUEST, "messages: this model's chat template refuses them.", param="messages"
            ) from None
        return tokens

    def _decode(self, tokens: Any) -> str:
        text: str = self._decoder.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text


class TransformersAnswer:
    """One answer. All of it lives on the event loop; tokens arrive by callback, the reader pulls."""

    def __init__(
        self,
        batching: ContinuousBatching,
        prompt: list[int],
        *,
        max_new_tokens: int,
        sampler: RequestSampler,
        ends: list[int],
        text: TokenText,
        stop: StopStrings,
        new_request_id: Callable[[], str],
        on_closed: Callable[[TransformersAnswer], None],
    ) -> None:
        self.prompt_tokens = len(prompt)
        self.completion_tokens = 0
        self.finish_reason: FinishReason | None = None
        self._batching = batching
        self._prompt = prompt
        self._max_new_tokens = max_new_tokens
        self._sampler = sampler
        self._ends = frozenset(ends)
        self._text = text
        self._stop = stop
        self._new_request_id = new_request_id
        self._on_closed = on_closed
        self._request_id: str | None = None
        """Of the running part; None while paused, done or closed."""
        self._made: list[int] = []
        """Tokens of earlier parts and of the running one."""
        self._unread: deque[int] = deque()
        self._finished = False
        self._failure: GenerationFailed | None = None
        self._closed = False
        self._news = asyncio.Event()

    def begin(self) -> None:
        """Starts the first part, or the next one after a pause: the cache still knows most of what was made."""
        request_id = self._new_request_id()
        before = len(self._made)
        self._request_id = request_id

        def on_tokens(tokens: list[int], error: str | None, last: bool) -> None:
            # A part that was cancelled may still say something; the next part makes that token again.
            if self._request_id == request_id:
                self._arrived(tokens[len(self._made) - before :], error, last)

        self._batching.add(
            request_id,
            self._prompt + self._made,
            max_new_tokens=self._max_new_tokens - before,
            ends=tuple(self._ends),
            sampler=self._sampler,
            on_tokens=on_tokens,
        )

    def _arrived(self, tokens: list[int], error: str | None, last: bool) -> None:
        self._made += tokens
        self._unread += tokens
        if error is not None:
            log.error("the token loop failed a request: %s", error)
            code = FailureCode.OUT_OF_MEMORY if "out of memory" in error.lower() else FailureCode.ENGINE_ERROR
            self._failure = GenerationFailed(code, "The model failed while it was answering.")
        if last:
            self._finished = True
            self._request_id = None
        elif len(self._unread) >= TOKENS_AHEAD:
            self._pause()
        self._news.set()

    def _pause(self) -> None:
        if self._request_id is not None:
            request_id, self._request_id = self._request_id, None
            self._batching.cancel(request_id)

    def __aiter__(self) -> TransformersAnswer:
        return self

    async def __anext__(self) -> str:
        while self.finish_reason is None and not self._closed:
            if self._unread:
                if text := self._read_one():
                    return text
            elif self._failure is not None:
                self.close()
                raise self._failure
            elif self._finished:
                self.finish_reason = "length"
                if text := self._rest():
                    return text
            else:
                await self._wait()
        self.close()
        raise StopAsyncIteration

    def _read_one(self) -> str:
        token = self._unread.popleft()
        self._resume_if_low()
        if token in self._ends:
            self.finish_reason = "stop"
            return self._rest()
        self.completion_tokens += 1
        text = self._stop.push(self._text.push(token))
        if self._stop.found:
            self.finish_reason = "stop"
            self._pause()
        return text

    def _rest(self) -> str:
        return self._stop.push(self._text.finish()) + self._stop.finish()

    def _resume_if_low(self) -> None:
        paused = self._request_id is None and not self._finished and not self._closed
        if paused and len(self._unread) <= TOKENS_TO_RESUME:
            self._batching.ensure_alive()
            self.begin()

    async def _wait(self) -> None:
        self._news.clear()
        try:
            await asyncio.wait_for(self._news.wait(), LIVENESS_CHECK_S)
        except TimeoutError:
            if not self._batching.alive:
                self._failure = GenerationFailed(FailureCode.ENGINE_ERROR, "The model stopped while it was answering.")

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._pause()
            self._unread.clear()
            self._on_closed(self)
