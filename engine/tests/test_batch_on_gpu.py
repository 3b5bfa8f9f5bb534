"""The batch, quantised weights and adapters on a CUDA device: `python3 installer test -- -m gpu`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import torch

from r3mes_engine.backends.protocol import GenerationRequest, Message, Sampling
from r3mes_engine.device import choose_device, survey_gpus
from r3mes_engine.models.source import ModelSource
from r3mes_protocol.messages import Residency

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.model,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this computer has no CUDA device"),
]


@pytest.fixture(params=["bf16", "int8", "nf4"])
async def backend(
    request: pytest.FixtureRequest, converted_model: Path, model_adapters: Path, tmp_path: Path
) -> AsyncIterator[Any]:
    from r3mes_engine.backends.transformers_backend import TransformersBackend

    made = TransformersBackend(
        ModelSource("folder", converted_model, "m", Sampling()),
        tmp_path,
        choose_device("cuda", survey_gpus),
        2,
        8,
        adapters_dir=model_adapters,
        quantisation=request.param,
    )
    await asyncio.to_thread(made.load, lambda stage, fraction: None)
    yield made
    await made.close()


async def whole(backend: Any, text: str, sampling: Sampling, **more: Any) -> str:
    answer = await backend.answer(GenerationRequest((Message("user", text),), 16, sampling, **more))
    return "".join([piece async for piece in answer])


async def test_rules_and_adapters_share_a_batch_on_the_gpu(backend: Any) -> None:
    question = "What is the capital of France?"
    greedy = Sampling(temperature=0)
    (offer,) = backend.adapters
    assert offer.residency is Residency.DISK
    plain, sampled, again, changed, made = await asyncio.gather(
        whole(backend, question, greedy),
        whole(backend, question, Sampling(1.0, 0.9, 5, top_k=40, frequency_penalty=0.5)),
        whole(backend, question, Sampling(1.0, 0.9, 5, top_k=40, frequency_penalty=0.5)),
        whole(backend, question, greedy, adapter="fox"),
        whole(backend, question, greedy, json_schema='{"type":"object"}'),
    )
    assert "Paris" in plain
    assert sampled == again != plain
    assert changed != plain
    assert made.startswith("{")
    (offer,) = backend.adapters
    assert offer.residency is Residency.GPU
    assert backend.stats().free_vram_mb is not None
    assert backend._batching.alive


async def test_the_plan_holds_on_the_device(backend: Any) -> None:
    # All that the engine took lies within what it planned to take.
    free, total = torch.cuda.mem_get_info()
    assert free > 0.02 * total
    assert backend.offer.context_tokens == 8192
