"""Recorded steps on the processor: a stand-in plays a recording by running it again into the same tensor, as a CUDA
graph does. What a GPU makes of it is in test_on_gpu."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from r3mes_engine.adapters.folder import check_adapter
from r3mes_engine.adapters.lora import LoadedAdapter, LoraLayers, read_adapter
from r3mes_engine.backends.continuous_batching import ContinuousBatching
from r3mes_engine.backends.protocol import Sampling
from r3mes_engine.backends.token_choice import RequestRow

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


class Replayed:
    def __init__(self, run: Callable[[], torch.Tensor], scores: torch.Tensor) -> None:
        self._run = run
        self._scores = scores
        self.replays = 0

    @torch.no_grad()
    def replay(self) -> None:
        self._scores.copy_(self._run())
        self.replays += 1

    def reset(self) -> None:
        """The library does so at the end."""


class ReplayRecorder:
    def __init__(self) -> None:
        self.recordings: list[Replayed] = []

    def record(self, run: Callable[[], torch.Tensor], runner: Any) -> tuple[Replayed, torch.Tensor]:
        scores = run()
        self.recordings.append(Replayed(run, scores))
        return self.recordings[-1], scores


@pytest.fixture(scope="module")
def model() -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=99, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256, tie_word_embeddings=False, initializer_range=0.2,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


REQUESTS = [
    ([1, 2, 3], Sampling(0.0, 1.0)),
    (list(range(5, 75)), Sampling(0.0, 1.0, frequency_penalty=0.5)),
    ([7] * 20, Sampling(0.9, 0.9, top_k=20)),
    ([9, 8], Sampling(1.0, 1.0)),
]


async def answers(batching: ContinuousBatching, adapter: LoadedAdapter | None) -> list[list[int]]:
    """Twelve tokens for each request, the last of which uses the adapter where there is one."""
    waiting: list[asyncio.Future[list[int]]] = []
    for number, (prompt, sampling) in enumerate(REQUESTS):
        ended: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()

        def on_tokens(
            tokens: list[int], error: str | None, last: bool, ended: asyncio.Future[list[int]] = ended
        ) -> None:
            assert error is None, error
            if last:
                ended.set_result(list(tokens))

        batching.add(
            f"request-{number}-{id(ended)}",
            prompt,
            max_new_tokens=12,
            ends=(),
            row=RequestRow(sampling, prompt, seed=number),
            adapter=adapter if number == len(REQUESTS) - 1 else None,
            on_tokens=on_tokens,
        )
        waiting.append(ended)
    return list(await asyncio.wait_for(asyncio.gather(*waiting), 60))


async def test_recorded_steps_make_the_same_tokens(model: Any, tmp_path: Path, make_adapter: Any) -> None:
    layers = LoraLayers(model)
    checked = check_adapter(make_adapter(tmp_path / "a", layers.sizes, strength=2.0), layers.sizes, "tiny")
    layers.swap(checked.ranks)
    adapter = read_adapter(checked, torch.device("cpu"), model.dtype)
    plain = ContinuousBatching(model, layers, 256, 4, 1024)
    plain.start()
    try:
        expected = await answers(plain, None), await answers(plain, adapter)
    finally:
        plain.close()
    # What the engine does on a processor is not for recording.
    model.set_attn_implementation("sdpa")
    recorder = ReplayRecorder()
    recorded = ContinuousBatching(model, layers, 256, 4, 1024, recorder=recorder)
    recorded.start()
    try:
        assert await answers(recorded, None) == expected[0]
        played = sum(one.replays for one in recorder.recordings)
        assert played > 5, "most steps have a shape that was there before"
        # A step with an adapter is no recorded one; the others of the batch get the same as ever.
        assert await answers(recorded, adapter) == expected[1]
        assert expected[0][:3] == expected[1][:3] and expected[0][3] != expected[1][3]
        assert await answers(recorded, None) == expected[0]
        assert recorded.alive
    finally:
        recorded.close()
