from __future__ import annotations

import struct
from pathlib import Path

import numpy
import pytest
from gguf import GGMLQuantizationType, GGUFWriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r3mes_engine.errors import ModelUnusable
from r3mes_engine.models import gguf_file
from r3mes_engine.models.gguf_file import check_gguf
from r3mes_protocol.exit_codes import ExitCode

on_files = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=200
)


def write_gguf(path: Path, *, template: bool = True, tokenizer: bool = True) -> Path:
    """A small whole file, written by the format's own library."""
    writer = GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_uint32("llama.context_length", 64)
    writer.add_array("some.numbers", [1, 2, 3])
    if tokenizer:
        writer.add_token_list(["<s>", "</s>", "hello", "ğüş"])
    if template:
        writer.add_chat_template("{{ messages[0]['content'] }}")
    writer.add_tensor("token_embd.weight", numpy.zeros((4, 8), numpy.float32))
    writer.add_tensor("blk.0.q", numpy.zeros((2, 18), numpy.uint8), raw_dtype=GGMLQuantizationType.Q4_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    return write_gguf(tmp_path / "whole.gguf").read_bytes()


def test_a_whole_file_is_summed_up(tmp_path: Path) -> None:
    summary = check_gguf(write_gguf(tmp_path / "tiny.gguf"))
    assert (summary.architecture, summary.name, summary.elements) == ("llama", "tiny", 4 * 8 + 2 * 32)


def test_a_file_cut_off_anywhere_is_refused(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    # The writer fills the last block up to its alignment; the tensors themselves end earlier.
    needed = len(whole) - (-36 % 32)
    for size in range(needed):
        path.write_bytes(whole[:size])
        with pytest.raises(ModelUnusable) as refusal:
            check_gguf(path)
        assert str(path) in refusal.value.message
        assert refusal.value.hint
    path.write_bytes(whole[:needed])
    check_gguf(path)


@on_files
@given(data=st.data())
def test_damaged_bytes_never_raise_anything_else(whole: bytes, tmp_path: Path, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=6)):
        damaged[place] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.gguf"
    path.write_bytes(damaged)
    try:
        check_gguf(path)
    except ModelUnusable as refusal:
        assert refusal.exit_code is ExitCode.MODEL_UNUSABLE


@on_files
@given(content=st.binary(max_size=200))
def test_any_bytes_after_the_magic_are_survived(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<I", 3) + content)
    with pytest.raises(ModelUnusable):
        check_gguf(path)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "not a GGUF"),
        (b"PK\x03\x04" + bytes(100), "not a GGUF"),
        (b"GGUF" + struct.pack("<IQQ", 9, 1, 0), "version is 9"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0), "claims"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 0), "claims"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 1, 1, 2**62), "impossibly long"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "wrong.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelUnusable, match=word):
        check_gguf(path)


def test_texts_that_would_fill_the_memory_together_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "texts.gguf"
    text = struct.pack("<Q", 1000) + b"x" * 1000
    entries = b"".join(struct.pack("<Q", 1) + bytes([65 + number]) + struct.pack("<I", 8) + text for number in range(9))
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, 9) + entries)
    monkeypatch.setattr(gguf_file, "MAX_TEXT_BYTES", 8000)
    with pytest.raises(ModelUnusable, match="impossibly long"):
        check_gguf(path)
    monkeypatch.setattr(gguf_file, "MAX_TEXT_BYTES", 10_000)
    with pytest.raises(ModelUnusable, match="in the middle of its header"):
        check_gguf(path)


def test_a_base_model_and_one_without_tokenizer_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="chat template"):
        check_gguf(write_gguf(tmp_path / "base.gguf", template=False))
    with pytest.raises(ModelUnusable, match="no tokenizer"):
        check_gguf(write_gguf(tmp_path / "bare.gguf", tokenizer=False))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="can't be read"):
        check_gguf(tmp_path / "none.gguf")
