"""A folder whose files are well made and whose model is not whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from r3mes_engine.errors import ModelUnusable
from r3mes_engine.models.folder import WEIGHTS
from r3mes_engine.models.loading import load_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=99, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256, tie_word_embeddings=True,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(tmp_path)
    return tmp_path


def rewritten(folder: Path, change: Any) -> None:
    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


def test_a_whole_model_is_loaded_and_what_it_does_not_know_is_passed_over(folder: Path) -> None:
    rewritten(folder, lambda tensors: tensors.update({"model.layers.0.rotary_emb.inv_freq": torch.ones(4)}))
    # Its last layer is the table of its embeddings, so the file has it once.
    assert "lm_head.weight" not in load_file(folder / WEIGHTS)
    model = load_model(folder, torch.device("cpu"), "fp32")
    assert model.lm_head.weight is model.model.embed_tokens.weight


def test_missing_weights_are_never_made_up(folder: Path) -> None:
    lost = "model.layers.1.mlp.up_proj.weight"
    rewritten(folder, lambda tensors: tensors.pop(lost))
    with pytest.raises(ModelUnusable, match=f"1 of its weights are missing, such as {lost}") as refusal:
        load_model(folder, torch.device("cpu"), "fp32")
    assert str(folder) in refusal.value.message and refusal.value.hint


def test_the_weights_of_another_model_are_refused(folder: Path) -> None:
    def rename(tensors: dict[str, torch.Tensor]) -> None:
        for name in list(tensors):
            tensors["transformer." + name] = tensors.pop(name)

    rewritten(folder, rename)
    with pytest.raises(ModelUnusable, match="weights are missing"):
        load_model(folder, torch.device("cpu"), "fp32")


def test_weights_of_another_shape_are_refused(folder: Path) -> None:
    name = "model.layers.0.mlp.up_proj.weight"
    rewritten(folder, lambda tensors: tensors.update({name: torch.ones(8, 32)}))
    with pytest.raises(ModelUnusable, match="can't be loaded"):
        load_model(folder, torch.device("cpu"), "fp32")
