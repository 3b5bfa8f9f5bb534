"""Weights in 8 and 4 bits on the processor: a small model of random numbers, through the same batch."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch

from r3mes_engine.adapters.folder import check_adapter
from r3mes_engine.adapters.lora import LoraLayers, read_adapter
from r3mes_engine.backends.continuous_batching import ContinuousBatching
from r3mes_engine.backends.protocol import Sampling
from r3mes_engine.backends.token_choice import RequestRow, TokenLogprob
from r3mes_engine.errors import EngineExit
from r3mes_engine.models import loading
from r3mes_engine.models.memory_plan import weight_bytes
from r3mes_engine.models.shape import model_shape
from r3mes_protocol.exit_codes import ExitCode

# Not imported here: it takes seconds of each process that collects the tests.
pytestmark = [
    pytest.mark.skipif(find_spec("bitsandbytes") is None, reason="bitsandbytes has no wheel for this platform"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=99, hidden_size=128, intermediate_size=256, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256, tie_word_embeddings=False, initializer_range=0.1,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tiny")
    LlamaForCausalLM(config).save_pretrained(path)
    return path


async def answers(model: Any, adapter_folder: Path | None, make_adapter: Any) -> list[list[TokenLogprob]]:
    """The log-probabilities of four given tokens after one prompt, for the base model and for an adapter."""
    layers = LoraLayers(model)
    adapter = None
    if adapter_folder is not None:
        checked = check_adapter(make_adapter(adapter_folder, layers.sizes), layers.sizes, "tiny")
        layers.swap(checked.ranks)
        adapter = read_adapter(checked, torch.device("cpu"), model.dtype)
    batching = ContinuousBatching(model, layers, 256, 4, 512)
    batching.start()
    rows = []
    waiting = []
    for number, one in enumerate((None, adapter)):
        row = RequestRow(Sampling(0.0, 1.0), [1, 2, 3], seed=1, logprobs=20)
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def on_tokens(made: list[int], error: str | None, last: bool, ended: asyncio.Future[None] = ended) -> None:
            if error is not None:
                ended.set_exception(RuntimeError(error))
            elif last:
                ended.set_result(None)

        batching.add(f"r{number}", [1, 2, 3], max_new_tokens=1, ends=(), row=row, adapter=one, on_tokens=on_tokens)
        rows.append(row)
        waiting.append(ended)
    await asyncio.gather(*waiting)
    await asyncio.to_thread(batching.close)
    return [[told for told in (row.taken(0),) if told is not None] for row in rows]


@pytest.mark.parametrize(("kind", "tolerance"), [("int8", 0.1), ("nf4", 0.8)])
async def test_quantised_weights_answer_nearly_the_same(
    folder: Path, tmp_path: Path, make_adapter: Any, kind: Any, tolerance: float
) -> None:
    cpu = torch.device("cpu")
    dense = loading.load_model(folder, cpu, "fp32")
    small = loading.load_model(folder, cpu, kind)
    shape = model_shape(folder)
    expected = weight_bytes(shape, kind, loading.native_quantisation(cpu))
    assert small.get_memory_footprint() == pytest.approx(expected, rel=0.15)
    exact = await answers(dense, tmp_path / "dense", make_adapter)
    rough = await answers(small, tmp_path / "small", make_adapter)
    for one, other in zip(exact, rough, strict=True):
        near = dict(other[0].top)
        compared = [(logprob, near[token]) for token, logprob in one[0].top[:5] if token in near]
        assert compared
        assert sum(abs(a - b) for a, b in compared) / len(compared) < tolerance
    # The adapter does its work on quantised weights too.
    assert abs(exact[0][0].logprob - exact[1][0].logprob) > 1e-3


def test_without_the_library_the_kind_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "find_spec", lambda name: None)
    assert loading.can_load() == ("fp32", "bf16")
    with pytest.raises(EngineExit) as refusal:
        loading.load_model(folder, torch.device("cpu"), "nf4")
    assert refusal.value.exit_code is ExitCode.CONFIGURATION
