from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r3mes_engine.errors import ModelUnusable
from r3mes_engine.models.memory_plan import ModelShape, memory_plan, weight_bytes
from r3mes_engine.models.shape import model_shape

GIB = 2**30
SMOL = ModelShape(134_515_008, 106_168_320, 30, 3, 64, 576, 49_152, 8192)
LLAMA_8B = ModelShape(8_030_261_248, 6_979_321_856, 32, 8, 128, 4096, 128_256, 131_072)


def plan(shape: ModelShape, gib: float, **options: Any) -> Any:
    return memory_plan(
        shape, memory=int(gib * GIB), **{"device": "cuda", "native": "bf16", "wanted": "auto", "concurrency": 16,
        "adapters": GIB, **options},
    )  # fmt: skip


def test_known_models_take_what_they_are_known_to_take() -> None:
    assert weight_bytes(SMOL, "bf16", "bf16") == pytest.approx(257 * 2**20, rel=0.01)
    # As bitsandbytes loads it.
    assert weight_bytes(SMOL, "nf4", "bf16") == pytest.approx(105 * 2**20, rel=0.07)
    assert weight_bytes(LLAMA_8B, "bf16", "bf16") == pytest.approx(16.06e9, rel=0.01)
    assert plan(SMOL, 24).cache_tokens * 23_040 == plan(SMOL, 24).cache


@pytest.mark.parametrize(
    ("gib", "kind", "fits"),
    [(80, "bf16", True), (24, "bf16", True), (16, "int8", True), (10, "nf4", True), (5, "nf4", False)],
)  # fmt: skip
def test_the_most_exact_kind_that_fits_is_taken(gib: float, kind: str, fits: bool) -> None:
    got = plan(LLAMA_8B, gib)
    assert (got.quantisation, got.fits) == (kind, fits)
    assert kind in got.sentence
    assert got.sentence.startswith("Of " if fits else "The model does not fit")


def test_what_is_asked_for_is_planned_and_what_is_not_installed_is_not() -> None:
    assert plan(LLAMA_8B, 80, wanted="nf4").quantisation == "nf4"
    assert not plan(LLAMA_8B, 10, wanted="bf16").fits
    assert not plan(LLAMA_8B, 10, can=("fp32", "bf16")).fits
    # A processor without bfloat16 units starts from float32.
    assert plan(SMOL, 4, device="cpu", native="fp32", adapters=2**28, concurrency=4).quantisation == "fp32"
    assert plan(LLAMA_8B, 24, device="cpu", native="fp32").quantisation == "bf16"


@given(
    parameters=st.integers(10**6, 10**11),
    linear=st.floats(0.1, 1),
    layers=st.integers(1, 120),
    heads=st.integers(1, 64),
    context=st.integers(128, 200_000),
    memory=st.integers(0, 200 * GIB),
    concurrency=st.integers(1, 128),
    adapters=st.integers(0, 8 * GIB),
    most_cache=st.none() | st.integers(0, 4 * GIB),
    wanted=st.sampled_from(["auto", "fp32", "bf16", "int8", "nf4"]),
    native=st.sampled_from(["fp32", "bf16"]),
)
def test_a_plan_adds_up_and_more_memory_is_never_worse(
    parameters: int, linear: float, layers: int, heads: int, context: int, memory: int, concurrency: int,
    adapters: int, most_cache: int | None, wanted: Any, native: Any,
) -> None:  # fmt: skip
    shape = ModelShape(parameters, int(parameters * linear), layers, heads, 64, 1024, 32_000, context)

    def at(memory: int) -> Any:
        return memory_plan(
            shape, memory=memory, device="cuda", native=native, wanted=wanted, concurrency=concurrency,
            adapters=adapters, most_cache=most_cache,
        )  # fmt: skip

    got = at(memory)
    assert got.weights + got.cache + got.adapters + got.working + got.free == memory
    assert most_cache is None or got.cache <= most_cache
    if got.fits:
        assert got.free >= memory * 0.05 - 1
        assert got.cache_tokens >= min(context, 2048)
    more = at(memory * 2 + GIB)
    assert more.fits or not got.fits
    if got.fits and wanted != "auto":
        assert more.cache_tokens >= got.cache_tokens


def test_the_shape_is_read_from_headers(tmp_path: Path) -> None:
    import numpy
    from safetensors.numpy import save_file

    config = {"hidden_size": 8, "num_attention_heads": 4, "num_hidden_layers": 2, "vocab_size": 10}
    (tmp_path / "config.json").write_text(json.dumps(config))
    tensors = {"model.embed_tokens.weight": (10, 8), "a.q_proj.weight": (8, 8), "a.norm.weight": (8,)}
    save_file({name: numpy.zeros(shape, "f4") for name, shape in tensors.items()}, tmp_path / "model.safetensors")
    assert model_shape(tmp_path) == ModelShape(152, 64, 2, 4, 2, 8, 10, 2048)
    (tmp_path / "config.json").write_text(json.dumps({**config, "hidden_size": "x"}))
    with pytest.raises(ModelUnusable, match="hidden_size"):
        model_shape(tmp_path)


def test_check_shows_the_plan_of_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import numpy
    from safetensors.numpy import save_file

    from r3mes_engine import cli
    from r3mes_engine.check_command import run_check
    from r3mes_engine.hardware.survey import GpuSurvey

    def check(*arguments: str) -> int:
        options = cli._parser().parse_args(["check", "--model", *arguments])
        return run_check(options, lambda wanted: GpuSurvey((), "", "No usable GPU.", ""))

    config = {"model_type": "llama", "hidden_size": 8, "num_attention_heads": 4, "num_hidden_layers": 2}
    (tmp_path / "config.json").write_text(json.dumps({**config, "vocab_size": 10}))
    (tmp_path / "tokenizer.json").write_text("{}")
    save_file({"a.q_proj.weight": numpy.zeros((8, 8), "f4")}, tmp_path / "model.safetensors")
    assert check(str(tmp_path), "--json", "--quantisation", "bf16") == 10
    plan = json.loads(capsys.readouterr().out)["plan"]
    assert (plan["quantisation"], plan["weights"], plan["fits"]) == ("bf16", 128, True)
    assert check(str(tmp_path)) == 10
    assert "tokens of answers" in capsys.readouterr().out
    assert check(str(tmp_path / "nothing")) == 11
