"""Weights laid out for the processor: the same answers, and nothing in memory twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from r3mes_engine.adapters.lora import LoraLayers
from r3mes_engine.models.packed_layers import HalfEmbedding, HalfLinear, PackedLinear, can_pack, has_halves, pack


def tiny(**more: Any) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=99, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, initializer_range=0.2, **more,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


needs_halves = pytest.mark.skipif(not has_halves(), reason="this PyTorch has no layers of FBGEMM")
pytestmark = pytest.mark.skipif(not can_pack(tiny()), reason="this PyTorch has no layers of oneDNN")


@given(rows=st.integers(1, 200), inputs=st.integers(1, 70), outputs=st.integers(1, 70), bias=st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_packed_layer_makes_what_the_plain_one_makes(rows: int, inputs: int, outputs: int, bias: bool) -> None:
    plain = nn.Linear(inputs, outputs, bias=bias)
    x = torch.randn(1, rows, inputs)
    with torch.no_grad():
        torch.testing.assert_close(PackedLinear(plain)(x), plain(x), atol=1e-5, rtol=1e-5)


@needs_halves
@given(rows=st.integers(1, 200), inputs=st.integers(1, 70), outputs=st.integers(1, 70), bias=st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_layer_of_halves_makes_what_the_plain_one_makes(rows: int, inputs: int, outputs: int, bias: bool) -> None:
    plain = nn.Linear(inputs, outputs, bias=bias)
    with torch.no_grad():
        plain.weight.copy_(plain.weight.bfloat16().float())
    x = torch.randn(1, rows, inputs)
    with torch.no_grad():
        halves = HalfLinear(plain)
        torch.testing.assert_close(halves(x), plain(x), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(halves.weight, plain.weight, atol=2**-25, rtol=0)


class Layers(nn.Module):
    """As much of a model as `pack` looks at."""

    def __init__(self, *layers: nn.Linear) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.table = nn.Embedding.from_pretrained(torch.full((3, 4), 0.1))

    def get_input_embeddings(self) -> nn.Embedding:
        return self.table

    def get_output_embeddings(self) -> None:
        return None


@needs_halves
@pytest.mark.parametrize("weight", [1 + 2**-12, 7e4, float("inf"), float("nan")])
def test_weights_that_float16_does_not_hold_stay_float32(weight: float, tmp_path: Path) -> None:
    layer, other = nn.Linear(8, 8).bfloat16().float(), nn.Linear(8, 8).bfloat16().float()
    with torch.no_grad():
        layer.weight[3, 3] = weight
        # Too small for float16, and for anybody to see beside the others.
        other.weight[3, 3] = 1e-9
    model = Layers(layer, other)
    pack(model, tmp_path)
    assert [type(one) for one in model.layers] == [nn.Linear, HalfLinear]


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("tied", [False, True])
def test_a_packed_model_answers_as_before(tied: bool, half: bool, tmp_path: Path) -> None:
    model = tiny(tie_word_embeddings=tied)
    if half:
        model = model.bfloat16().float()
        model.tie_weights()
    tokens = torch.randint(0, 99, (1, 40))
    with torch.no_grad():
        before = model(tokens).logits
        sizes = LoraLayers(model).sizes
        if half:
            model.to(torch.bfloat16).save_pretrained(tmp_path)
            model.float()
            model.tie_weights()
        pack(model, tmp_path, smallest=0)
        torch.testing.assert_close(model(tokens).logits, before, atol=1e-4, rtol=1e-4)
    assert model.dtype is torch.float32
    assert LoraLayers(model).sizes == sizes
    assert isinstance(model.get_input_embeddings(), HalfEmbedding) is half
    # A table that head and embedding share stays one where it does not fit into halves.
    kept = HalfLinear if half and has_halves() else PackedLinear
    assert isinstance(model.get_output_embeddings(), kept) is (half or not tied)


def test_small_layers_stay_as_they_are(tmp_path: Path) -> None:
    model = tiny()
    pack(model, tmp_path, smallest=48 * 32)
    packed = {path.rpartition(".")[2] for path, module in model.named_modules() if isinstance(module, PackedLinear)}
    assert packed == {"gate_proj", "up_proj", "down_proj", "lm_head"}


def test_other_kinds_of_weights_are_left_alone() -> None:
    assert not can_pack(tiny().bfloat16())


def test_the_embedding_is_that_of_the_file_where_it_is_the_same(tmp_path: Path) -> None:
    model = tiny(tie_word_embeddings=True).bfloat16()
    model.save_pretrained(tmp_path / "same")
    other = tiny(tie_word_embeddings=True).bfloat16()
    other.get_input_embeddings().weight.data[3] += 1
    other.save_pretrained(tmp_path / "other")
    tokens = torch.arange(99).unsqueeze(0)
    wanted = model.get_input_embeddings().weight.detach().float()
    for folder in (tmp_path / "same", tmp_path / "other", tmp_path):
        packed = tiny(tie_word_embeddings=True).bfloat16().float()
        packed.tie_weights()
        pack(packed, folder, smallest=0)
        assert packed.get_input_embeddings()(tokens)[0].equal(wanted)
