from __future__ import annotations

import json
from pathlib import Path

import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from r3mes_engine.errors import ModelUnusable
from r3mes_engine.models.folder import check_folder
from r3mes_engine.models.safetensors_file import MAX_HEADER_BYTES, check_safetensors

on_files = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=200
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole folder of a model that is much too small."""
    path = tmp_path / "model"
    path.mkdir()
    (path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    (path / "tokenizer.json").write_text("{}")
    save_file({"a": numpy.zeros((4, 3), numpy.float32), "b": numpy.ones(5, numpy.int8)}, path / "model.safetensors")
    return path


def shard(folder: Path) -> None:
    """Splits the weights over two files with an index."""
    (folder / "model.safetensors").unlink()
    save_file({"a": numpy.zeros((4, 3), numpy.float32)}, folder / "model-1.safetensors")
    save_file({"b": numpy.ones(5, numpy.int8)}, folder / "model-2.safetensors")
    weight_map = {"a": "model-1.safetensors", "b": "model-2.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))


def refused(folder: Path, word: str) -> None:
    with pytest.raises(ModelUnusable, match=word) as refusal:
        check_folder(folder)
    assert str(folder) in refusal.value.message
    assert refusal.value.hint


def test_whole_folders_pass(folder: Path) -> None:
    check_folder(folder)
    assert check_safetensors(folder / "model.safetensors") == {"a", "b"}
    shard(folder)
    check_folder(folder)


def test_weights_cut_off_anywhere_are_refused(folder: Path) -> None:
    path = folder / "model.safetensors"
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        refused(folder, "damaged")
    path.write_bytes(whole + b"\0")
    refused(folder, "its header says")


@on_files
@given(data=st.data())
def test_damaged_headers_never_raise_anything_else(folder: Path, data: st.DataObject) -> None:
    path = folder / "damaged.safetensors"
    damaged = bytearray((folder / "model.safetensors").read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=6)):
        damaged[place] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged)
    try:
        check_safetensors(path)
    except ModelUnusable as refusal:
        assert str(path) in refusal.message


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]},
        {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]},
        {"dtype": "PICKLE", "shape": [2], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": "2", "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [2], "data_offsets": [0, 8, 9]},
        {"shape": [2], "data_offsets": [0, 8]},
        # Their product would be a number of millions of digits.
        {"dtype": "F32", "shape": [2**60] * 400_000, "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [0, *[2**60] * 400_000], "data_offsets": [0, 8]},
        7,
    ],
)
def test_impossible_tensors_are_refused(tmp_path: Path, entry: object) -> None:
    header = json.dumps({"t": entry}).encode()
    path = tmp_path / "t.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
    with pytest.raises(ModelUnusable, match="damaged"):
        check_safetensors(path)


def test_a_header_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "t.safetensors"
    with path.open("wb") as file:
        file.write((MAX_HEADER_BYTES + 1).to_bytes(8, "little"))
        file.truncate(8 + MAX_HEADER_BYTES + 1)
    with pytest.raises(ModelUnusable, match="in its header"):
        check_safetensors(path)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "consolidated.00.pth", "model.ckpt"])
def test_pickled_weights_are_refused(folder: Path, name: str) -> None:
    (folder / "model.safetensors").rename(folder / name)
    refused(folder, "pickled")


def test_missing_parts_are_named(folder: Path) -> None:
    for name, word in (
        ("tokenizer.json", "no tokenizer"),
        ("model.safetensors", "no weights"),
        ("config.json", "missing"),
    ):
        (folder / name).unlink()
        refused(folder, word)


def test_broken_json_is_named(folder: Path) -> None:
    for name in ("tokenizer.json", "config.json"):
        for content in (b"", b"{", b"[" * 100_000, b"[]", b"\xff\xfe"):
            (folder / name).write_bytes(content)
            refused(folder, name)


def test_an_index_must_lead_to_whole_shards(folder: Path) -> None:
    shard(folder)
    index = folder / "model.safetensors.index.json"
    good = index.read_text()
    for weight_map, word in (
        ({}, "lists no weights"),
        ({"a": "../secret.safetensors"}, "as a file of weights"),
        ({"a": "pytorch_model.bin"}, "as a file of weights"),
        ({"a": 7}, "as a file of weights"),
        ({"a": "model-3.safetensors"}, "is missing"),
        ({"c": "model-1.safetensors"}, "lacks the tensor"),
    ):
        index.write_text(json.dumps({"weight_map": weight_map}))
        refused(folder, word)
    index.write_text(good)
    (folder / "model-2.safetensors").write_bytes(b"not one")
    refused(folder, "model-2.safetensors")
