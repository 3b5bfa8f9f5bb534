"""Embeddings beside chat: one batch at a time on a thread of its own, within a bounded queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from r3mes_engine.hardware.gpu_faults import GpuFault, gpu_fault
from r3mes_protocol.embeddings import EmbeddingRequest, embedding_answer, invalid
from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.messages import EmbeddingOffer

if TYPE_CHECKING:
    import numpy

MAX_WAITING = 32
"""Requests; a client that sends more at once is told to come back."""
SLICE = 32
"""Texts that are calculated in one go: after each, a request whose client has left ends."""


class EmbedsTexts(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    @property
    def most_tokens(self) -> int: ...
    def tokens_of(self, texts: Sequence[str]) -> list[int]: ...
    def vectors(self, texts: Sequence[str], dimensions: int | None) -> list[numpy.ndarray[Any, Any]]: ...


class Embeddings(NamedTuple):
    vectors: list[bytes]
    """One for each text: 32-bit floats, little-endian."""
    tokens: int


class EmbeddingService:
    """Lives on one event loop."""

    def __init__(self, model: EmbedsTexts, on_device_fault: Callable[[GpuFault], None] = lambda fault: None) -> None:
        self._model = model
        self._on_device_fault = on_device_fault
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embeddings")
        self._waiting = 0

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def offer(self) -> EmbeddingOffer:
        model = self._model
        return EmbeddingOffer(name=model.name, dimensions=model.dimensions, context_tokens=model.most_tokens)

    async def answer(self, request: EmbeddingRequest) -> dict[str, Any]:
        """The body of the answer. Raises ApiError."""
        made = await self.made(request)
        return embedding_answer(self._model.name, made.vectors, request.encoding, made.tokens)

    async def made(self, request: EmbeddingRequest) -> Embeddings:
        """Raises ApiError."""
        model = self._model
        if request.model != model.name:
            message = f"The model {request.model[:100]!r} makes no embeddings here; {model.name!r} does."
            raise ApiError(ErrorCode.MODEL_NOT_FOUND, message, param="model")
        if request.dimensions is not None and request.dimensions > model.dimensions:
            raise invalid("dimensions", f"this model makes vectors of {model.dimensions} numbers")
        if self._waiting >= MAX_WAITING:
            raise ApiError(ErrorCode.NETWORK_BUSY, f"{self._waiting} requests for embeddings wait already.")
        self._waiting += 1
        try:
            return await self._calculated(request)
        finally:
            self._waiting -= 1

    async def _calculated(self, request: EmbeddingRequest) -> Embeddings:
        loop, model = asyncio.get_running_loop(), self._model
        vectors: list[numpy.ndarray[Any, Any]] = []
        try:
            tokens = await loop.run_in_executor(self._thread, model.tokens_of, request.inputs)
            for index, count in enumerate(tokens):
                if count > model.most_tokens:
                    raise ApiError(
                        ErrorCode.CONTEXT_TOO_LONG,
                        f"input.{index} has {count} tokens; this model takes {model.most_tokens} at most.",
                        param="input",
                    )
            for start in range(0, len(request.inputs), SLICE):
                texts = request.inputs[start : start + SLICE]
                vectors += await loop.run_in_executor(self._thread, model.vectors, texts, request.dimensions)
        except ApiError:
            raise
        except Exception as error:
            if (fault := gpu_fault(error)) is None:
                raise
            self._on_device_fault(fault)
            raise ApiError(ErrorCode.INTERNAL, fault.message) from None
        return Embeddings([vector.astype("<f4").tobytes() for vector in vectors], sum(tokens))

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
