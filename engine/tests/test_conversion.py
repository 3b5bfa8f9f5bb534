from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy
import pytest
from gguf import GGUFWriter
from safetensors import SafetensorError
from safetensors.numpy import save_file

from r3mes_engine.errors import ModelUnusable
from r3mes_engine.models.conversion import MARKER, converted_folder


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    writer = GGUFWriter(path, "llama")
    writer.add_token_list(["a"])
    writer.add_chat_template("x")
    writer.add_tensor("t", numpy.zeros(32, numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


class Converter:
    """Writes what a real conversion would, and counts how often it was asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, gguf: Path, folder: Path) -> None:
        self.calls += 1
        (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))
        (folder / "tokenizer.json").write_text("{}")
        save_file({"a": numpy.zeros(3, numpy.float32)}, folder / "model.safetensors")


def ignore(stage: str, fraction: float | None) -> None:
    assert stage
    assert fraction is None or 0 <= fraction <= 1


def test_a_file_is_converted_once(gguf: Path, tmp_path: Path) -> None:
    models, convert = tmp_path / "models", Converter()
    first = converted_folder(gguf, models, convert, ignore)
    assert converted_folder(gguf, models, convert, ignore) == first
    assert convert.calls == 1
    assert [path.name for path in models.iterdir()] == [first.name]


def test_another_file_gets_another_folder(gguf: Path, tmp_path: Path) -> None:
    models, convert = tmp_path / "models", Converter()
    first = converted_folder(gguf, models, convert, ignore)
    gguf.write_bytes(gguf.read_bytes() + b"\0")
    assert converted_folder(gguf, models, convert, ignore) != first


@pytest.mark.parametrize("damage", ["model.safetensors", "config.json", MARKER])
def test_a_folder_that_was_damaged_since_is_made_anew(gguf: Path, tmp_path: Path, damage: str) -> None:
    models, convert = tmp_path / "models", Converter()
    folder = converted_folder(gguf, models, convert, ignore)
    (folder / damage).write_bytes(b"damaged")
    assert converted_folder(gguf, models, convert, ignore) == folder
    assert convert.calls == 2


def test_a_conversion_that_fails_leaves_nothing(gguf: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"

    def fail(gguf: Path, folder: Path) -> None:
        (folder / "half").write_bytes(b"x")
        raise ValueError("GGUF model with architecture 'x' is not supported yet.")

    with pytest.raises(ModelUnusable, match="not supported"):
        converted_folder(gguf, models, fail, ignore)
    assert list(models.iterdir()) == []


def test_a_draft_of_a_dead_process_is_removed_and_of_a_live_one_is_kept(gguf: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    abandoned, busy = models / f".converting-{dead.pid}-ab", models / f".converting-{os.getpid()}-cd"
    for draft in (abandoned, busy):
        draft.mkdir(parents=True)
    converted_folder(gguf, models, Converter(), ignore)
    assert not abandoned.exists()
    assert busy.exists()


def test_two_engines_at_once_end_with_one_whole_folder(gguf: Path, tmp_path: Path) -> None:
    models, convert = tmp_path / "models", Converter()

    def slow(source: Path, folder: Path) -> None:
        convert(source, folder)
        # The other engine is faster.
        converted_folder(gguf, models, convert, ignore)

    folder = converted_folder(gguf, models, slow, ignore)
    assert convert.calls == 2
    assert [path.name for path in models.iterdir()] == [folder.name]


def test_a_full_disk_is_said_before_the_work(gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(1, 1, 2**20))
    convert = Converter()
    with pytest.raises(ModelUnusable, match="no room"):
        converted_folder(gguf, tmp_path / "models", convert, ignore)
    assert convert.calls == 0


@pytest.mark.parametrize(
    "problem",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        SafetensorError("I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_disk_that_fills_up_is_not_the_models_fault(gguf: Path, tmp_path: Path, problem: Exception) -> None:
    def fill(source: Path, folder: Path) -> None:
        (folder / "half").write_bytes(b"x")
        raise problem

    with pytest.raises(ModelUnusable, match="the disk is full") as refusal:
        converted_folder(gguf, tmp_path / "models", fill, ignore)
    assert "Free some disk space" in refusal.value.hint
    assert list((tmp_path / "models").iterdir()) == []


def test_a_place_where_nothing_can_be_kept_is_a_sentence(gguf: Path, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(ModelUnusable, match="can't be converted in"):
        converted_folder(gguf, tmp_path / "models", Converter(), ignore)


def test_a_damaged_file_is_refused_before_anything_is_written(gguf: Path, tmp_path: Path) -> None:
    gguf.write_bytes(gguf.read_bytes()[:-60])
    with pytest.raises(ModelUnusable, match="cut off"):
        converted_folder(gguf, tmp_path / "models", Converter(), ignore)
    assert not (tmp_path / "models").exists()
