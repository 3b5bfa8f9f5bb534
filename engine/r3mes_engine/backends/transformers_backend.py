"""Real models by the transformers library: continuous batching, one answer per request, paused by its reader."""

from __future__ import annotations

import asyncio
import copy
import itertools
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import torch

from r3mes_engine.adapters.lora import LoraLayers
from r3mes_engine.adapters.shelf import AdapterShelf
from r3mes_engine.backends.continuous_batching import CPU_CACHE_BYTES, ContinuousBatching
from r3mes_engine.backends.json_grammar import JsonGrammar, JsonGrammars
from r3mes_engine.backends.protocol import (
    BackendStats,
    GenerationRequest,
    Report,
    Sampling,
    resolved,
)
from r3mes_engine.backends.recorded_steps import GRAPH_BYTES, CudaRecorder
from r3mes_engine.backends.stop_strings import StopStrings
from r3mes_engine.backends.token_choice import RequestRow
from r3mes_engine.backends.token_text import TokenText
from r3mes_engine.backends.transformers_answer import TransformersAnswer
from r3mes_engine.device import cuda_index
from r3mes_engine.errors import EngineExit, GenerationFailed
from r3mes_engine.hardware.gpu_faults import GpuFault
from r3mes_engine.models.conversion import converted_folder
from r3mes_engine.models.loading import (
    can_load,
    convert_gguf,
    end_tokens,
    load_model,
    load_tokenizer,
    native_quantisation,
    recommended_sampling,
)
from r3mes_engine.models.memory_plan import Plan, Quantisation, QuantisationChoice, memory_plan
from r3mes_engine.models.packed_layers import can_pack, pack
from r3mes_engine.models.process_memory import LARGE_WHILE_LOADING, give_large_back_at_once, give_memory_back
from r3mes_engine.models.shape import model_shape
from r3mes_engine.models.source import ModelSource
from r3mes_engine.settings import DEFAULT_ADAPTER_MB
from r3mes_engine.tools.formats import ToolFormat, tool_format
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import AdapterOffer, Device, FailureCode, ModelOffer

log = logging.getLogger(__name__)


HOST_ADAPTER_MB = 1024
"""Of the computer's memory, for adapters that had to leave a GPU."""


class TransformersBackend:
    """One model on one device."""

    def __init__(
        self,
        source: ModelSource,
        models_dir: Path,
        device: Device,
        threads: int,
        max_concurrency: int,
        adapters_dir: Path | None = None,
        adapter_mb: int | None = None,
        quantisation: QuantisationChoice = "auto",
        cuda_graphs: bool = False,
    ) -> None:
        """`adapter_mb` is how much memory loaded adapters may take beside the model; None: what the device suggests."""
        self._adapters_dir = adapters_dir
        self._adapter_mb = adapter_mb if adapter_mb is not None else DEFAULT_ADAPTER_MB[device.kind]
        self._quantisation = quantisation
        self._cuda_graphs = cuda_graphs and device.kind == "cuda"
        self.on_adapters_changed: Callable[[], None] = lambda: None
        """Called on the event loop when an adapter came, went, or lies elsewhere now."""
        self.on_device_fault: Callable[[GpuFault], None] = lambda fault: None
        """Called on any thread when the GPU is of no use any more."""
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
        give_large_back_at_once(LARGE_WHILE_LOADING)
        source = self._source
        folder = source.path
        if source.kind == "gguf":
            folder = converted_folder(source.path, self._models_dir, convert_gguf, report)
        report("loading the tokenizer", None)
        self._tokenizer = load_tokenizer(folder)
        self._decoder = copy.deepcopy(self._tokenizer)
        self._tool_format = tool_format(_tool_template(self._tokenizer.chat_template))
        device = torch.device("cpu")
        if self._device.kind == "cuda":
            device = torch.device("cuda", cuda_index(self._device, torch))
        plan = self._plan(folder, device)
        self._kept_in = plan.quantisation
        report("loading the model", None)
        model = load_model(folder, device, plan.quantisation)
        if can_pack(model):
            pack(model, folder)
        give_large_back_at_once()
        give_memory_back()
        self._ends = end_tokens(model, self._tokenizer)
        self._grammars = JsonGrammars(self._tokenizer, int(model.config.get_text_config().vocab_size), self._ends)
        recommended = recommended_sampling(model)
        self._sampling = source.sampling if recommended == Sampling() else recommended
        context = int(getattr(model.config.get_text_config(), "max_position_embeddings", 0) or 2048)
        layers = LoraLayers(model)
        self._batching = ContinuousBatching(
            model,
            layers,
            context,
            self._max_concurrency,
            plan.cache_tokens,
            on_device_fault=lambda fault: self.on_device_fault(fault),
            recorder=CudaRecorder() if self._cuda_graphs else None,
        )
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
        self._shelf = self._filled_shelf(layers, device, model.dtype, report)
        self._offer = ModelOffer(name=source.name, context_tokens=self._batching.request_tokens)

    def _plan(self, folder: Path, device: torch.device) -> Plan:
        """Raises EngineExit (14) for a model that does not fit."""
        cuda = device.type == "cuda"
        memory = torch.cuda.mem_get_info(device)[0] if cuda else psutil.virtual_memory().available
        plan = memory_plan(
            model_shape(folder),
            memory=memory - (GRAPH_BYTES if self._cuda_graphs else 0),
            device="cuda" if cuda else "cpu",
            native=native_quantisation(device),
            wanted=self._quantisation,
            concurrency=self._max_concurrency,
            adapters=self._adapter_mb * 2**20,
            can=can_load(),
            most_cache=None if cuda else CPU_CACHE_BYTES,
        )
        log.info("%s", plan.sentence)
        if not plan.fits:
            raise EngineExit(
                ExitCode.OUT_OF_MEMORY,
                "out_of_memory",
                plan.sentence,
                "Close other programs that use the memory, lower --adapter-memory-mb or --max-concurrency, or choose a "
                "smaller model.",
            )
        return plan

    def _filled_shelf(
        self, layers: LoraLayers, device: torch.device, dtype: torch.dtype, report: Report
    ) -> AdapterShelf:
        shelf = AdapterShelf(
            layers,
            self._source.name,
            device,
            dtype,
            device_bytes=self._adapter_mb * 2**20,
            host_bytes=HOST_ADAPTER_MB * 2**20,
            on_change=lambda: self.on_adapters_changed(),
        )
        if self._adapters_dir is not None:
            report("checking the adapters", None)
            for problem in shelf.discover(self._adapters_dir):
                log.warning("%s", problem)
        return shelf

    @property
    def tool_format(self) -> ToolFormat | None:
        return self._tool_format

    @property
    def quantisation(self) -> Quantisation:
        """How its weights are kept. Only after `load`."""
        return self._kept_in

    @property
    def adapters(self) -> tuple[AdapterOffer, ...]:
        return self._shelf.offers

    async def load_adapter(self, name: str) -> None:
        """As a gateway hints: a name that is not here, or no room, is no error."""
        try:
            await self._shelf.load(name)
        except GenerationFailed as refusal:
            log.info("an adapter was not loaded ahead: %s", refusal.message)

    async def add_adapter(self, path: Path, name: str) -> None:
        """Raises AdapterUnusable, GenerationFailed."""
        await self._shelf.add(path, name)

    async def remove_adapter(self, name: str) -> None:
        """Raises GenerationFailed."""
        self._shelf.remove(name)

    @property
    def offer(self) -> ModelOffer:
        return self._offer

    async def answer(self, request: GenerationRequest) -> TransformersAnswer:
        # A long conversation takes a while to become tokens: not on the loop that beats and streams.
        loop = asyncio.get_running_loop()
        prompt, grammar = await loop.run_in_executor(self._encoding, self._encoded, request)
        room = self._batching.request_tokens - len(prompt)
        if room < 1:
            raise GenerationFailed(
                FailureCode.CONTEXT_TOO_LONG,
                f"The prompt has {len(prompt)} tokens; this model takes {self._batching.request_tokens - 1} at most.",
                param="messages",
            )
        self._batching.ensure_alive()
        adapter = None if request.adapter is None else await self._shelf.lease(request.adapter)
        sampling = resolved(request.sampling, self._sampling)
        seed = secrets.randbits(63) if sampling.seed is None else sampling.seed % 2**63
        row = RequestRow(sampling, prompt, seed=seed, logprobs=request.logprobs, grammar=grammar)
        answer = TransformersAnswer(
            self._batching,
            prompt,
            max_new_tokens=min(request.max_new_tokens or room, room),
            row=row,
            adapter=adapter,
            ends=() if request.ignores_ends else self._ends,
            text=TokenText(self._decode),
            stop=StopStrings(request.stop),
            token_bytes=self._grammars.token_bytes,
            new_request_id=lambda: f"request-{next(self._request_numbers)}",
            on_closed=self._ended,
        )
        self._answers.add(answer)
        try:
            answer.begin()
        except BaseException:
            # It also gives its adapter back.
            answer.close()
            raise
        return answer

    def _ended(self, answer: TransformersAnswer) -> None:
        self._answers.discard(answer)
        if answer.adapter is not None:
            self._shelf.release(answer.adapter.digest)

    def stats(self) -> BackendStats:
        rss_mb = self._process.memory_info().rss // 2**20
        return BackendStats(rss_mb, free_adapter_slots=self._shelf.free_places)

    async def close(self) -> None:
        for answer in tuple(self._answers):
            answer.close()
        self._encoding.shutdown(wait=False, cancel_futures=True)
        self._shelf.close()
        await asyncio.to_thread(self._batching.close)

    def _encoded(self, request: GenerationRequest) -> tuple[list[int], JsonGrammar | None]:
        """Runs on the encoding thread, as all that the tokenizer takes part in."""
        grammar = None
        if request.logprobs is not None:
            self._grammars.prepare()
        if request.json_schema is not None:
            try:
                grammar = self._grammars.grammar(request.json_schema)
            except ValueError as error:
                raise GenerationFailed(
                    FailureCode.INVALID_REQUEST, f"response_format: {error}.", param="response_format"
                ) from None
        return self._prompt_tokens(request), grammar

    def _prompt_tokens(self, request: GenerationRequest) -> list[int]:
        if request.prompt is not None:
            return list(self._tokenizer.encode(request.prompt))
        asked = request.messages[:-1] if request.continues else request.messages
        conversation = [message.told() for message in asked]
        tools = None if request.tools is None else [dict(tool) for tool in request.tools.tools]
        try:
            tokens = list(
                self._tokenizer.apply_chat_template(
                    conversation, tools=tools, add_generation_prompt=True, tokenize=True, return_dict=False
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


def _tool_template(templates: str | dict[str, str]) -> str:
    """Some models have a template of its own for tools, which the library takes where tools are given."""
    if isinstance(templates, str):
        return templates
    return templates.get("tool_use") or templates.get("default") or ""
