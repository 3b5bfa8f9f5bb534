"""What is taken for an adapter of this model, and what is refused before anything of it is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from r3mes_engine.adapters.folder import AdapterUnusable, LayerSize, check_adapter

SIZES = {
    f"model.layers.{layer}.{path}": LayerSize(inputs, outputs)
    for layer in range(2)
    for path, inputs, outputs in (
        ("self_attn.q_proj", 16, 16), ("self_attn.v_proj", 16, 8), ("mlp.down_proj", 32, 16), ("mlp.gate_proj", 16, 32),
    )
}  # fmt: skip
TARGETS = ("q_proj", "v_proj", "down_proj", "gate_proj")


@pytest.fixture
def made(make_adapter: Any) -> Any:
    return lambda folder, **options: make_adapter(folder, SIZES, **{"targets": TARGETS, **options})


def check(folder: Path, name: str | None = None) -> Any:
    return check_adapter(folder, SIZES, "Base-1B", name)


def test_a_whole_adapter_is_described(made: Any, tmp_path: Path) -> None:
    found = check(made(tmp_path / "Pirate talk", base_model_name_or_path="some/Base-1B"))
    assert (found.name, found.base_model, found.scale, found.rank) == ("Pirate-talk", "some/Base-1B", 2.0, 4)
    assert len(found.ranks) == 8
    assert found.parameters == sum(4 * (size.inputs + size.outputs) for size in SIZES.values())
    # The same content is the same adapter whatever its folder is called; another content is another.
    assert check(made(tmp_path / "other", base_model_name_or_path="some/Base-1B")).digest == found.digest
    assert check(made(tmp_path / "third", seed=1, base_model_name_or_path="some/Base-1B")).digest != found.digest


def test_scale_is_as_peft_computes_it(made: Any, tmp_path: Path) -> None:
    assert check(made(tmp_path / "a", alpha=6, rank=4)).scale == 1.5
    assert check(made(tmp_path / "b", alpha=6, rank=4, use_rslora=True)).scale == 3.0


def test_a_folder_of_the_training_computer_says_nothing_of_the_base_model(made: Any, tmp_path: Path) -> None:
    for number, path in enumerate(("/home/x/models/smol", "./out", "C:\\models\\x", "../../x", "", None)):
        assert check(made(tmp_path / str(number), base_model_name_or_path=path)).base_model is None


def test_a_part_of_the_kinds_of_layers_is_enough_where_it_is_meant(made: Any, tmp_path: Path) -> None:
    assert len(check(made(tmp_path / "a", targets=("q_proj", "v_proj"))).ranks) == 4
    assert len(check(made(tmp_path / "b", targets=("q_proj",), target_modules=".*q_proj")).ranks) == 2


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"peft_type": "IA3"}, "only LoRA"),
        ({"r": 0}, "rank"), ({"r": 10_000}, "rank"), ({"r": "4"}, "rank"), ({"r": True}, "rank"),
        ({"lora_alpha": "x"}, "lora_alpha"), ({"lora_alpha": None}, "lora_alpha"),
        ({"bias": "all"}, "bias"), ({"use_dora": True}, "use_dora"), ({"modules_to_save": ["lm_head"]}, "modules_to"),
        ({"rank_pattern": {"q_proj": 2}}, "rank_pattern"), ({"layers_to_transform": [0]}, "layers_to"),
        ({"base_model_name_or_path": "some/Other-7B"}, "Other-7B"),
        ({"target_modules": ["q_proj", "k_proj"]}, "k_proj"),
        ({"target_modules": ["q_proj"]}, "not whole"),
        ({"r": 8}, "shapes"),
    ],
)  # fmt: skip
def test_what_would_not_work_is_refused(made: Any, tmp_path: Path, options: dict[str, Any], word: str) -> None:
    with pytest.raises(AdapterUnusable, match=word):
        check(made(tmp_path / "x", **options))


def test_half_an_adapter_is_refused(made: Any, tmp_path: Path) -> None:
    folder = made(tmp_path / "x")
    weights = folder / "adapter_model.safetensors"
    whole = load_file(weights)

    def refused(tensors: dict[str, Any], word: str) -> None:
        save_file(tensors, weights)
        with pytest.raises(AdapterUnusable, match=word):
            check(folder)

    refused({name: tensor for name, tensor in whole.items() if "layers.1" not in name}, "holds 4")
    refused({name: tensor for name, tensor in whole.items() if "layers.1.mlp.down_proj.lora_B" not in name}, "shapes")
    refused({**whole, "base_model.model.lm_head.lora_A.weight": numpy.zeros((4, 16), numpy.float32)}, "lm_head")
    refused({**whole, "lora_embedding_A": numpy.zeros((4, 16), numpy.float32)}, "embedding")
    refused({name: tensor.astype(numpy.int32) for name, tensor in whole.items()}, "I32")
    refused({name.replace("layers", "blocks"): tensor for name, tensor in whole.items()}, "does not have")
    refused({name: tensor.T.copy() for name, tensor in whole.items()}, "shapes")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(at=st.floats(0, 1), cut=st.booleans(), byte=st.integers(0, 255))
def test_a_damaged_file_is_a_sentence_or_whole(made: Any, tmp_path: Path, at: float, cut: bool, byte: int) -> None:
    folder = made(tmp_path / "x")
    for name in ("adapter_model.safetensors", "adapter_config.json"):
        path = folder / name
        data = bytearray(path.read_bytes())
        place = min(len(data) - 1, int(at * len(data)))
        if cut:
            data = data[:place]
        else:
            data[place] = byte
        path.write_bytes(data)
        try:
            check(folder)
        except AdapterUnusable as problem:
            assert str(problem).endswith(".")


@pytest.mark.parametrize("config", ["", "[]", "{}", "nope", "[" * 100_000])
def test_a_config_that_is_none_is_a_sentence(made: Any, tmp_path: Path, config: str) -> None:
    folder = made(tmp_path / "x")
    (folder / "adapter_config.json").write_text(config)
    with pytest.raises(AdapterUnusable):
        check(folder)


def test_names_are_safe_on_every_screen(made: Any, tmp_path: Path) -> None:
    folder = made(tmp_path / "x")
    assert check(folder, "fox-2.1").name == "fox-2.1"
    for name in ("a b", "x" * 200, "../x", "a\nb"):
        with pytest.raises(AdapterUnusable, match="name"):
            check(folder, name)
    assert json.loads((folder / "adapter_config.json").read_text())["r"] == 4
