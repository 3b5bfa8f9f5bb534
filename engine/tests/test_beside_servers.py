"""The comparison with other servers: its client against a real process, its table, and adapters as GGUF."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy
import pytest
from safetensors.numpy import save_file

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SERVER = Path(__file__).with_name("fake_openai_server.py")


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The modules import each other as scripts do."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("beside_servers")


@pytest.fixture
def server() -> Iterator[Any]:
    with subprocess.Popen([sys.executable, str(SERVER)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())
        process.kill()


def test_a_server_is_measured_and_told(beside: Any, server: Any, tmp_path: Path) -> None:
    process, port = server
    running = beside.Running(process, beside.Target(port, "fake", more={"ignore_eos": True}))
    with (tmp_path / "out").open("w+") as file:
        report = beside.Report(file=file)
        rounds = beside.Rounds([1, 4], 6, 2, report)
        relay = beside.Running(process, running.base, behind=process)
        rounds.measure(
            (beside.LLAMA, running, [running.base]), (beside.BEFORE + beside.LLAMA, relay, [running.base])
        )  # fmt: skip
        file.seek(0)
        lines = [json.loads(line) for line in file]
    assert [(line["server"] == beside.LLAMA, line["streams"]) for line in lines] == [
        (True, 1), (False, 1), (False, 1), (True, 1), (True, 4), (False, 4), (False, 4), (True, 4),
    ]  # fmt: skip
    # Three answers, one after another, at one stream; one each at four.
    assert [line["tokens"] for line in lines] == [18] * 4 + [24] * 4
    assert all(line["memory_mib"] > 1 and line["tokens_per_s"] > 0 for line in lines)
    told = beside.table(report, [1, 4, 8]).splitlines()
    assert [line.count("|") for line in told] == [8] * 4
    assert "–" in told[-1] and told[-1].startswith(f"| {beside.BEFORE}{beside.LLAMA} |")


def test_who_fails_costs_its_own_rows(beside: Any, server: Any) -> None:
    process, port = server
    report = beside.Report()
    rounds = beside.Rounds([1], 2, 1, report)
    wrong = beside.Running(process, beside.Target(port, "nobody"))
    with beside.told(report, beside.VLLM):
        rounds.measure((beside.VLLM, wrong, [wrong.base]))
    assert beside.VLLM not in report.seen
    assert "nobody answered 404" in beside.table(report, [1]).splitlines()[-1]


def level(beside: Any, pace: float) -> Any:
    return beside.Level(8, 384, pace, 1.0, 30.0, 800.0, 0.0, 40.0)


def test_ratios_are_of_ours_to_the_others_and_of_a_relay_to_what_it_asks(beside: Any) -> None:
    report = beside.Report()
    for row, pace in (
        (beside.OURS, 40.0), (beside.OURS_MIXED, 30.0), (beside.LIBRARY, 20.0), (beside.VLLM, 80.0),
        (beside.BEFORE + beside.VLLM, 76.0), (beside.VLLM_MIXED, 10.0),
    ):  # fmt: skip
        report.add(row, level(beside, pace))
    ratios = {line.split(" | ")[0]: line.split(" | ")[5] for line in beside.table(report, [8]).splitlines()[2:]}
    assert ratios == {
        f"| {beside.OURS}": "–", f"| {beside.OURS_MIXED}": "–", f"| {beside.LIBRARY}": "2.00",
        f"| {beside.VLLM}": "0.50",
        f"| {beside.BEFORE}{beside.VLLM}": "0.95", f"| {beside.VLLM_MIXED}": "3.00",
    }  # fmt: skip


def test_an_adapter_as_gguf_computes_the_same(beside: Any, tmp_path: Path) -> None:
    """With rows of queries turned by Hugging Face's rule (halves of a head) and by llama.cpp's (neighbours)."""
    lora_gguf = importlib.import_module("lora_gguf")
    heads, size, width, rank = 3, 4, 6, 2
    dice = numpy.random.default_rng(1)
    down = dice.normal(size=(rank, width)).astype(numpy.float32)
    up = dice.normal(size=(heads * size, rank)).astype(numpy.float32)
    name = "base_model.model.model.layers.0.self_attn.q_proj.lora_"
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    save_file({f"{name}A.weight": down, f"{name}B.weight": up}, adapter / "adapter_model.safetensors")
    (adapter / "adapter_config.json").write_text(json.dumps({"lora_alpha": 16}))
    (tmp_path / "config.json").write_text(json.dumps({"num_attention_heads": heads}))
    assert lora_gguf.write_adapter(tmp_path, adapter, tmp_path / "adapter.gguf") == 2
    read = gguf.GGUFReader(str(tmp_path / "adapter.gguf"))
    tensors = {tensor.name: numpy.array(tensor.data, numpy.float32) for tensor in read.tensors}
    assert set(tensors) == {"blk.0.attn_q.weight.lora_a", "blk.0.attn_q.weight.lora_b"}
    assert read.fields["adapter.lora.alpha"].contents() == 16.0
    words = dice.normal(size=width).astype(numpy.float32)
    ours = (up @ (down @ words)).reshape(heads, 2, size // 2)
    theirs = tensors["blk.0.attn_q.weight.lora_b"] @ (tensors["blk.0.attn_q.weight.lora_a"] @ words)
    numpy.testing.assert_allclose(theirs.reshape(heads, size // 2, 2), ours.swapaxes(1, 2), atol=0.05)


def test_another_model_s_adapter_is_refused(beside: Any) -> None:
    lora_gguf = importlib.import_module("lora_gguf")
    with pytest.raises(ValueError, match="no layer of a model of Llama's kind"):
        lora_gguf.tensor_of("base_model.model.encoder.layer.0.query.lora_A.weight", None, {})
